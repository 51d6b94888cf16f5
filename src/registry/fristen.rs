//! The dates of an Akte where it is written, and where somebody asks for them.
//!
//! Whatever opens, changes, closes or reopens an Akte writes its dates in the same commit. A
//! document does not (what lies in an Akte never changes the Akte): the last entry is looked up
//! when dates are computed. Nothing here waits for the daily run: who asks gets the dates of now.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::{Config, actor::Reader, error::Error, gesperrt, plan::plan, sicht::Sicht, write::put};
use crate::{
    domain::{
        access::Verb,
        akte::{Akte, Zustand},
        aktenplan::{Aktenplan, Folge, Planeinheit},
        aktentyp::{Aktentyp, Aktentypen},
        aussonderung::{self, Transferfrist, Umstaende, transferfrist_bis},
        dokument::Dokument,
        frist::{self, Grund, Lage, Regel, Tatsachen, Vorgaben},
        fristenstand::{self, Grundlage},
        record::{Index, Parts},
        sperre::{self, Gesperrt},
        zeit::Zeitpunkt,
    },
    ledger::{Change, View},
};

/// Documents of a reopened Akte that are looked at for a change; of more it counts as changed.
const DOKUMENTE_MAX: usize = 2_000;
/// Rows fetched at once.
const CHUNK: usize = 500;

/// What dates are computed with, the same for every Akte.
pub(super) struct Rechenwerk<'a> {
    typen: &'a Aktentypen,
    vorgaben: Vorgaben,
    transferfrist: Transferfrist,
    pub(super) heute: NaiveDate,
}

/// What they are computed with of one Akte.
pub(super) struct Unterlagen {
    regeln: Vec<Regel>,
    tatsachen: Tatsachen,
    sperren: Vec<frist::Sperre>,
}

impl<'a> Rechenwerk<'a> {
    pub(super) fn neu(config: &'a Config, plan: &Aktenplan, heute: NaiveDate) -> Self {
        Self {
            typen: &config.typen,
            vorgaben: config.fristen.vorgaben(plan),
            transferfrist: config.fristen.transferfrist(),
            heute,
        }
    }

    /// The version of the type that the Akte's fields fit; none: it has none, or it is gone.
    fn typ(&self, akte: &Akte) -> Option<&'a Aktentyp> {
        let (name, version) = akte.typ.as_deref().zip(akte.typ_version)?;
        self.typen.version(name, version).map(AsRef::as_ref)
    }

    /// `unit` none: the plan has no such unit any more, so that its fallback rule holds.
    pub(super) fn unterlagen(
        &self,
        akte: &Akte,
        unit: Option<&Planeinheit>,
        letzte: Zeitpunkt,
        sperren: Vec<frist::Sperre>,
    ) -> Unterlagen {
        Unterlagen {
            regeln: unit.map(fristenstand::regeln).unwrap_or_default(),
            tatsachen: fristenstand::tatsachen(akte, letzte, self.typ(akte)),
            sperren,
        }
    }

    pub(super) const fn grundlage<'u>(&'u self, unterlagen: &'u Unterlagen) -> Grundlage<'u> {
        Grundlage {
            regeln: unterlagen.regeln.as_slice(),
            vorgaben: &self.vorgaben,
            transferfrist: self.transferfrist,
            tatsachen: &unterlagen.tatsachen,
            sperren: unterlagen.sperren.as_slice(),
            heute: self.heute,
        }
    }
}

/// When something last came into the Akte: its newest document, else its own making. A document
/// that waited in the Posteingang counts when it was filed.
pub(super) fn letzte_eintragung(view: &View<'_>, akte: &Akte) -> Result<Zeitpunkt, Error> {
    let prefix = Parts::new().id(akte.id);
    let rows = view.scan(Index::DokumentAkte, &prefix, None, true, 1)?;
    let Some(row) = rows.first() else { return Ok(akte.angelegt) };
    let dokument = view.get::<Dokument>(&row.key)?;
    Ok(dokument.map_or(akte.angelegt, |d| d.value.geaendert.max(akte.angelegt)))
}

/// Computes with the plan as the tables have it, for a decision.
fn mit_grundlage<T>(
    view: &View<'_>,
    config: &Config,
    akte: &Akte,
    heute: NaiveDate,
    then: impl FnOnce(&Grundlage<'_>) -> T,
) -> Result<T, Error> {
    let werk = Rechenwerk::neu(config, &plan(view)?, heute);
    let unit = view.get::<Planeinheit>(&akte.planeinheit)?.map(|unit| unit.value);
    let (letzte, sperren) = (letzte_eintragung(view, akte)?, gesperrt::zeitraeume(view, akte.id)?);
    let unterlagen = werk.unterlagen(akte, unit.as_ref(), letzte, sperren);
    Ok(then(&werk.grundlage(&unterlagen)))
}

/// The changes that go with holds set or released: of each Akte, with its holds as they are then.
pub(super) fn staende(
    view: &View<'_>,
    config: &Config,
    akten: Vec<(&Akte, Vec<frist::Sperre>)>,
    heute: NaiveDate,
) -> Result<Vec<Change>, Error> {
    let werk = Rechenwerk::neu(config, &plan(view)?, heute);
    let one = |(akte, sperren): (&Akte, Vec<frist::Sperre>)| {
        let unit = view.get::<Planeinheit>(&akte.planeinheit)?.map(|unit| unit.value);
        let letzte = letzte_eintragung(view, akte)?;
        let unterlagen = werk.unterlagen(akte, unit.as_ref(), letzte, sperren);
        let g = werk.grundlage(&unterlagen);
        put(&g.stand(akte, g.rechnen().fristen))
    };
    akten.into_iter().map(one).collect()
}

/// The change that goes with the opening of an Akte.
pub(super) fn erster_stand(
    config: &Config,
    (plan, unit): (&Aktenplan, &Planeinheit),
    akte: &Akte,
    heute: NaiveDate,
) -> Result<Change, Error> {
    let werk = Rechenwerk::neu(config, plan, heute);
    // Nobody has set a hold on what does not exist.
    let unterlagen = werk.unterlagen(akte, Some(unit), akte.angelegt, vec![]);
    let g = werk.grundlage(&unterlagen);
    put(&g.stand(akte, g.rechnen().fristen))
}

/// The change that goes with a change of the Akte.
pub(super) fn stand(
    view: &View<'_>,
    config: &Config,
    akte: &Akte,
    heute: NaiveDate,
) -> Result<Change, Error> {
    let stand = mit_grundlage(view, config, akte, heute, |g| g.stand(akte, g.rechnen().fristen))?;
    put(&stand)
}

/// What counts when a step is asked for.
pub(super) fn umstaende(
    view: &View<'_>,
    config: &Config,
    akte: &Akte,
    heute: NaiveDate,
) -> Result<Umstaende, Error> {
    mit_grundlage(view, config, akte, heute, |g| g.umstaende(g.rechnen().fristen))
}

/// True if a document of the Akte was changed, or came, behind that entry.
pub(super) fn dokumente_seit(view: &View<'_>, akte: Uuid, seq: u64) -> Result<bool, Error> {
    let prefix = Parts::new().id(akte);
    let (mut after, mut seen): (Option<Vec<u8>>, usize) = (None, 0);
    loop {
        let rows = view.scan(Index::DokumentAkte, &prefix, after.as_deref(), true, CHUNK)?;
        for row in &rows {
            if view.get::<Dokument>(&row.key)?.is_some_and(|d| d.seq > seq) {
                return Ok(true);
            }
        }
        seen = seen.saturating_add(rows.len());
        match rows.last() {
            Some(_) if seen >= DOKUMENTE_MAX => return Ok(true),
            Some(last) if rows.len() == CHUNK => after = Some(last.place.clone()),
            _ => return Ok(false),
        }
    }
}

/// A refused step, for the clerk.
pub(super) fn verweigert(error: &aussonderung::Error) -> Error {
    match error {
        aussonderung::Error::Transferfrist => {
            let text = "Die Transferfrist dieser Akte ist abgelaufen; sie lässt sich nicht mehr \
                        öffnen. Legen Sie eine Folgeakte an.";
            Error::zustand("transferfrist_abgelaufen", text)
        }
        aussonderung::Error::Zustand(_) => {
            let text = "Nur eine geschlossene Akte lässt sich wieder öffnen. Legen Sie sonst \
                        eine Folgeakte an.";
            Error::zustand("akte_nicht_geschlossen", text)
        }
        aussonderung::Error::Gesperrt => gesperrt::verweigert(None),
        other => Error::zustand("schritt_nicht_moeglich", format!("Das geht nicht: {other}.")),
    }
}

/// A reason of a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fristgrund {
    /// The sentence, with law, paragraph and the rule's validity.
    pub text: String,
    /// Law and paragraph of the rule that it is about.
    pub rechtsgrundlage: Option<String>,
}

/// The dates of an Akte as of a day, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FristenAnsicht {
    /// Whose.
    pub akte_id: Uuid,
    /// The day that is asked about: today.
    pub stichtag: NaiveDate,
    /// State of the Akte.
    pub zustand: Zustand,
    /// Date of zdA.
    pub geschlossen_am: Option<NaiveDate>,
    /// Last day on which it can be reopened; none: it can't be, or is open.
    pub wiederoeffnen_bis: Option<NaiveDate>,
    /// Last day of the minimum.
    pub ende: Option<NaiveDate>,
    /// Last day of the maximum.
    pub hoechstens: Option<NaiveDate>,
    /// From when on is warned of it.
    pub warnung: Option<NaiveDate>,
    /// First day on which something is due.
    pub faellig: Option<NaiveDate>,
    /// What is due then.
    pub folge: Option<Folge>,
    /// From when on its use is restricted.
    pub eingeschraenkt_ab: Option<NaiveDate>,
    /// Day on which it is reported for its age.
    pub meldetag: Option<NaiveDate>,
    /// The situation.
    pub lage: Lage,
    /// True: no rule applies but the plan's fallback.
    pub ausweichregel: bool,
    /// True: a hold is in force today.
    pub gesperrt: bool,
    /// Until when; none: no hold, or one without end.
    pub gesperrt_bis: Option<NaiveDate>,
    /// Why.
    pub gruende: Vec<Fristgrund>,
}

/// Law and paragraph of the rule that a reason is about.
fn rechtsgrundlage(grund: &Grund<'_>) -> Option<String> {
    match grund {
        Grund::Regel { regel, .. } => Some(regel.rechtsgrundlage.clone()),
        _ => None,
    }
}

/// The reasons as sentences; holds in force that moved no date, because it was due before; why
/// there are no dates, where that is so.
fn gruende(
    gruende: &[Grund<'_>],
    grundlage: &Grundlage<'_>,
    fehler: Option<&frist::Error>,
) -> Vec<Fristgrund> {
    let reason = |grund: &Grund<'_>| Fristgrund {
        text: grund.to_string(),
        rechtsgrundlage: rechtsgrundlage(grund),
    };
    let fault = fehler.map(|why| Fristgrund {
        text: format!("Die Fristen lassen sich nicht berechnen: {why}"),
        rechtsgrundlage: None,
    });
    let named = |hold: &frist::Sperre| {
        gruende.iter().any(|grund| match grund {
            Grund::Sperre { von, bis, .. } => (*von, Some(*bis)) == (hold.von, hold.bis),
            Grund::SperreOhneEnde { von } => (*von, None) == (hold.von, hold.bis),
            _ => false,
        })
    };
    let in_force = |hold: &&frist::Sperre| hold.gilt_am(grundlage.heute) && !named(hold);
    let holds = grundlage
        .sperren
        .iter()
        .filter(in_force)
        .map(|hold| Fristgrund { text: hold.to_string(), rechtsgrundlage: None });
    gruende.iter().map(reason).chain(holds).chain(fault).collect()
}

impl Sicht<'_, '_> {
    fn fristen(
        &self,
        config: &Config,
        akte: &Akte,
        heute: NaiveDate,
    ) -> Result<FristenAnsicht, Error> {
        mit_grundlage(self.view, config, akte, heute, |g| {
            let rechnung = g.rechnen();
            let f = rechnung.fristen;
            let stand = akte.stand();
            let open = stand.zustand == Zustand::Geschlossen;
            let last = transferfrist_bis(&stand, g.transferfrist).ok().flatten();
            let held = sperre::gesperrt(g.sperren, heute);
            FristenAnsicht {
                akte_id: akte.id,
                stichtag: heute,
                zustand: akte.zustand,
                geschlossen_am: akte.geschlossen_am,
                wiederoeffnen_bis: last.filter(|day| open && heute <= *day),
                ende: f.ende,
                hoechstens: f.hoechstens,
                warnung: f.warnung,
                faellig: f.faellig,
                folge: f.folge,
                eingeschraenkt_ab: f.eingeschraenkt_ab,
                meldetag: f.meldetag,
                lage: f.lage,
                ausweichregel: f.ausweichregel,
                gesperrt: held.is_some(),
                gesperrt_bis: match held {
                    Some(Gesperrt::Bis(day)) => Some(day),
                    Some(Gesperrt::OhneEnde) | None => None,
                },
                gruende: gruende(&rechnung.gruende, g, rechnung.fehler.as_ref()),
            }
        })
    }
}

impl Reader {
    /// The dates of an Akte as of today, and why: for whoever reads it.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `aktenplan_fehlt`.
    pub fn fristen(&self, id: Uuid) -> Result<FristenAnsicht, Error> {
        let (config, heute) = (&self.0.registry.0.config, self.0.registry.now().datum());
        self.0.read(|s| s.fristen(config, &s.akte(id, Verb::Lesen)?.0.value, heute))
    }
}
