//! The filing plan as everyone signed on may read it.

use super::{
    actor::Member,
    ansicht::{AktenplanAnsicht, PlaneinheitAnsicht, Seite},
    eingabe::Blatt,
    error::Error,
    sicht::Sicht,
};
use crate::{
    domain::{
        aktenplan::{Aktenplan, Planeinheit},
        record::{Index, Parts},
    },
    ledger::{Stored, View},
};

/// The plan in force.
pub(super) fn plan(view: &View<'_>) -> Result<Aktenplan, Error> {
    let found = view.kind::<Aktenplan>(None, 1)?.pop();
    found.map(|p| p.value).ok_or_else(|| {
        let text = "Es ist noch kein Aktenplan geladen. Die Administration lädt ihn beim \
                    Einrichten.";
        Error::zustand("aktenplan_fehlt", text)
    })
}

/// Everyone's view of a unit: a plan is no secret.
fn ansicht(unit: Stored<Planeinheit>, plan: &Aktenplan) -> PlaneinheitAnsicht {
    let Stored { seq, value: u, .. } = unit;
    let fallback = u.blatt && u.regel.is_none();
    let regel = if fallback { Some(plan.ausweichregel.clone()) } else { u.regel };
    PlaneinheitAnsicht {
        nummer: u.nummer,
        uebergeordnet: u.uebergeordnet,
        bezeichnung: u.bezeichnung,
        blatt: u.blatt,
        stillgelegt: u.stillgelegt,
        schutzklasse: u.schutzklasse,
        aussonderungsart: u.aussonderungsart,
        vorschlag: u.vorschlag,
        aktentyp: u.aktentyp,
        stichworte: u.stichworte,
        beispiele: u.beispiele,
        regel,
        weitere_regeln: u.weitere_regeln,
        ausweichregel: fallback,
        version: seq,
    }
}

impl Member {
    /// The plan's own data.
    ///
    /// # Errors
    /// `aktenplan_fehlt`.
    pub fn aktenplan(&self) -> Result<AktenplanAnsicht, Error> {
        self.0.read(|s| {
            let p = plan(s.view)?;
            Ok(AktenplanAnsicht {
                kennung: p.kennung,
                name: p.name,
                stand: p.stand,
                quelle: p.quelle,
                grammatik: p.grammatik,
                ausweichregel: p.ausweichregel,
            })
        })
    }

    /// The units, in the order of their numbers; with `unter` only those directly below it
    /// (empty: the top).
    ///
    /// # Errors
    /// `nicht_gefunden` for an unknown unit above.
    pub fn planeinheiten(
        &self,
        unter: Option<&str>,
        blatt: &Blatt,
    ) -> Result<Seite<PlaneinheitAnsicht>, Error> {
        self.0.read(|s| {
            let (index, prefix) = match unter {
                None => (Index::PlanNummer, Parts::new()),
                Some(above) => {
                    if !above.is_empty() {
                        einheit(s, above)?;
                    }
                    (Index::PlanBaum, Parts::new().text(above))
                }
            };
            let plan = plan(s.view)?;
            let (after, limit) = (blatt.nach.as_deref(), blatt.menge());
            let rows = s.view.scan(index, &prefix, after, false, limit)?;
            let full = rows.len() == limit;
            let weiter = rows.last().filter(|_| full).map(|r| r.place.clone());
            let mut eintraege = Vec::with_capacity(rows.len());
            for row in rows {
                if let Some(unit) = s.get::<Planeinheit>(&row.key)? {
                    eintraege.push(ansicht(unit, &plan));
                }
            }
            Ok(Seite { eintraege, weiter })
        })
    }

    /// One unit.
    ///
    /// # Errors
    /// `nicht_gefunden`.
    pub fn planeinheit(&self, nummer: &str) -> Result<PlaneinheitAnsicht, Error> {
        self.0.read(|s| Ok(ansicht(einheit(s, nummer)?, &plan(s.view)?)))
    }
}

fn einheit(sicht: &Sicht<'_, '_>, nummer: &str) -> Result<Stored<Planeinheit>, Error> {
    sicht.get::<Planeinheit>(nummer)?.ok_or_else(Error::nicht_gefunden)
}
