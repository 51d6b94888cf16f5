//! The filing plan as everyone signed on may read it.

use super::{
    actor::Member,
    ansicht::{AktenplanAnsicht, PlaneinheitAnsicht, Seite},
    eingabe::Blatt,
    error::Error,
    fachsicht,
    plan_bestand::in_kraft,
};
use crate::{domain::aktenplan::Aktenplan, ledger::View};

/// The plan in force, as the tables have it.
pub(super) fn plan(view: &View<'_>) -> Result<Aktenplan, Error> {
    Ok(in_kraft(view)?.value)
}

impl Member {
    /// The plan's own data.
    ///
    /// # Errors
    /// `aktenplan_fehlt`.
    pub fn aktenplan(&self) -> Result<AktenplanAnsicht, Error> {
        self.0.read(|s| {
            let p = self.0.registry.0.plan.of(s.view)?.plan.clone();
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
    /// (empty: the top), with `oe` (Kürzel or id) only what that OE works with.
    ///
    /// # Errors
    /// `nicht_gefunden` for an unknown unit above, `oe_unbekannt`, `aktenplan_fehlt`.
    pub fn planeinheiten(
        &self,
        unter: Option<&str>,
        oe: Option<&str>,
        blatt: &Blatt,
    ) -> Result<Seite<PlaneinheitAnsicht>, Error> {
        self.0.read(|s| {
            let bestand = self.0.registry.0.plan.of(s.view)?;
            let above = unter.filter(|above| !above.is_empty());
            if above.is_some_and(|above| bestand.roh(above).is_none()) {
                return Err(Error::nicht_gefunden());
            }
            let nur = oe.map(|oe| fachsicht::einheiten(s, &bestand, oe)).transpose()?;
            Ok(bestand.seite(unter, nur.as_ref(), blatt))
        })
    }

    /// One unit.
    ///
    /// # Errors
    /// `nicht_gefunden`, `aktenplan_fehlt`.
    pub fn planeinheit(&self, nummer: &str) -> Result<PlaneinheitAnsicht, Error> {
        self.0.read(|s| {
            let bestand = self.0.registry.0.plan.of(s.view)?;
            bestand.einheit(nummer).ok_or_else(Error::nicht_gefunden)
        })
    }
}
