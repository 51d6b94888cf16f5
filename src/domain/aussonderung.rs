//! The way of an Akte or Vorgang from zdA to the archive or to destruction.
//!
//! One pure function, [`schritt`], says which step is allowed from which state; whoever asks
//! brings the day and the dates of `domain::frist`. It never decides for the archive and never
//! skips a receipt. Who may ask for a step (four eyes) is not its business.

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    akte::Zustand,
    aktenplan::{Aussonderungsart, Einheit, Folge},
    frist::{Fristen, Lage, Zaehlung, letzter_tag},
};

/// Why a step is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not lead on from this state.
    #[error("nicht möglich im Zustand {0:?}")]
    Zustand(Zustand),
    /// Vorgänge are still open.
    #[error("{0} Vorgänge sind noch offen")]
    VorgaengeOffen(u64),
    /// The Transferfrist is over: new matter opens a Folgeakte.
    #[error("die Transferfrist ist abgelaufen; legen Sie eine Folgeakte an")]
    Transferfrist,
    /// A hold forbids it, to everybody.
    #[error("eine Sperre verbietet es")]
    Gesperrt,
    /// A minimum is not over, or not known to be.
    #[error("die Aufbewahrungsfrist ist nicht abgelaufen ({0:?})")]
    Frist(Lage),
    /// The archive has not decided so.
    #[error("es fehlt die Bewertung des Archivs")]
    Bewertung,
    /// `B` is a question, not a decision.
    #[error("bewertet wird mit A oder V")]
    KeineEntscheidung,
    /// The archive still has time to answer, or the Land does not take silence for an answer.
    #[error("das Schweigen des Archivs gilt hier nicht als Antwort")]
    Schweigen,
    /// The calendar ends before the Transferfrist.
    #[error("die Transferfrist reicht hinter das Jahr 9999")]
    Kalender,
}

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stand {
    /// Its state.
    pub zustand: Zustand,
    /// The closing from which its period counts.
    #[serde(default)]
    pub geschlossen_am: Option<NaiveDate>,
    /// Reopened by mistake: the closing that holds again if nothing was added.
    #[serde(default)]
    pub irrtuemlich_geoeffnet: Option<NaiveDate>,
    /// What the archive has decided, for this object or ahead for its unit; `B` never stands here.
    #[serde(default)]
    pub bewertung: Option<Aussonderungsart>,
}

impl Stand {
    /// New, and open.
    #[must_use]
    pub const fn offen() -> Self {
        Self {
            zustand: Zustand::Offen,
            geschlossen_am: None,
            irrtuemlich_geoeffnet: None,
            bewertung: None,
        }
    }
}

/// How long a closed object can be reopened; 0: not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transferfrist {
    /// How long.
    pub dauer: u32,
    /// Of what.
    pub einheit: Einheit,
}

/// The last day on which an object can be reopened; none: it can't be, or no closing day is known.
///
/// # Errors
/// [`Error::Kalender`]
pub fn transferfrist_bis(
    stand: &Stand,
    transferfrist: Transferfrist,
) -> Result<Option<NaiveDate>, Error> {
    let Transferfrist { dauer, einheit } = transferfrist;
    let Some(closed) = stand.geschlossen_am.filter(|_| dauer > 0) else { return Ok(None) };
    let last = letzter_tag(closed, Zaehlung::Ereignis, dauer, einheit);
    last.map(Some).map_err(|_| Error::Kalender)
}

/// What else counts when a step is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Umstaende {
    /// The day in Europe/Berlin.
    pub heute: NaiveDate,
    /// The object's dates as of that day.
    pub fristen: Fristen,
    /// A hold is in force on that day.
    pub gesperrt: bool,
    /// Vorgänge of the Akte that are open.
    pub vorgaenge_offen: u64,
    /// The Transferfrist of its unit.
    pub transferfrist: Transferfrist,
    /// From this day on the archive's silence is an answer; none: never.
    pub schweigen_gilt_ab: Option<NaiveDate>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schritt {
    /// Closing begins (a bulk zdA checks what is still open).
    SchliessungBeginnen,
    /// It is given up.
    SchliessungAbbrechen,
    /// zdA.
    Schliessen {
        /// Nothing was added since it was opened.
        unveraendert: bool,
    },
    /// Reopened within the Transferfrist.
    Wiederoeffnen {
        /// By mistake, so that the period does not restart if nothing is added.
        irrtuemlich: bool,
    },
    /// The daily job: the Transferfrist is over.
    InAufbewahrung,
    /// The daily job: the period is over.
    Reifen,
    /// The daily job: by a new rule the period is not over after all.
    Zurueckstellen,
    /// 0501, or the list.
    Anbieten,
    /// 0502, or the archive in the product.
    Bewerten(Aussonderungsart),
    /// The archive has not answered in time.
    SchweigenGilt,
    /// 0503. In two steps, without an offer, only where the archive had decided before.
    Abgeben,
    /// 0506 for this very object.
    Uebernehmen,
    /// 0506 with an error for this object: it stays, and can be handed over again.
    Zurueckweisen,
    /// Our copy goes after the archive's receipt.
    Loeschen,
    /// Destroyed without being handed over.
    Vernichten,
}

/// The stand after a step.
///
/// # Errors
/// Why the step is refused; nothing has changed then.
pub fn schritt(stand: &Stand, schritt: Schritt, um: &Umstaende) -> Result<Stand, Error> {
    use Zustand as Z;
    let to = |zustand| Stand { zustand, ..*stand };
    match (schritt, stand.zustand) {
        (Schritt::SchliessungBeginnen, Z::Offen) => Ok(to(Z::InSchliessung)),
        (Schritt::SchliessungAbbrechen, Z::InSchliessung) => Ok(to(Z::Offen)),
        (Schritt::Schliessen { unveraendert }, Z::Offen | Z::InSchliessung) => {
            schliessen(stand, unveraendert, um)
        }
        (Schritt::Wiederoeffnen { irrtuemlich }, Z::Geschlossen) => {
            if transferfrist_vorbei(stand, um)? {
                return Err(Error::Transferfrist);
            }
            let before = stand.geschlossen_am.filter(|_| irrtuemlich);
            let open = to(Z::Offen);
            Ok(Stand { geschlossen_am: None, irrtuemlich_geoeffnet: before, ..open })
        }
        (Schritt::Wiederoeffnen { .. }, Z::Aufbewahrung) => Err(Error::Transferfrist),
        (Schritt::InAufbewahrung, Z::Geschlossen) if transferfrist_vorbei(stand, um)? => {
            Ok(to(Z::Aufbewahrung))
        }
        (Schritt::Reifen, Z::Aufbewahrung) if um.fristen.reif(um.heute) => {
            Ok(to(Z::Aussonderungsreif))
        }
        (Schritt::Reifen, Z::Aufbewahrung) => Err(Error::Frist(um.fristen.lage)),
        (Schritt::Zurueckstellen, Z::Aussonderungsreif) if !um.fristen.abgelaufen(um.heute) => {
            Ok(to(Z::Aufbewahrung))
        }
        (Schritt::Anbieten, Z::Aussonderungsreif | Z::Aufbewahrung) => {
            let may = um.fristen.anbietbar(um.heute);
            if may { Ok(to(Z::Angeboten)) } else { Err(Error::Frist(um.fristen.lage)) }
        }
        (Schritt::Bewerten(art), Z::Angeboten) => bewerten(stand, art),
        (Schritt::SchweigenGilt, Z::Angeboten) => {
            let may = um.schweigen_gilt_ab.is_some_and(|day| day <= um.heute);
            if may { bewerten(stand, Aussonderungsart::V) } else { Err(Error::Schweigen) }
        }
        // Two steps: nobody has looked at the period since the rules may have changed.
        (Schritt::Abgeben, Z::Aussonderungsreif) if !um.fristen.anbietbar(um.heute) => {
            Err(Error::Frist(um.fristen.lage))
        }
        (Schritt::Abgeben, Z::Bewertet | Z::Aussonderungsreif) => {
            decided(stand, Aussonderungsart::A)?;
            free(um)?;
            Ok(to(Z::Abgegeben))
        }
        (Schritt::Uebernehmen, Z::Abgegeben) => Ok(to(Z::Uebernommen)),
        (Schritt::Zurueckweisen, Z::Abgegeben) => Ok(to(Z::Bewertet)),
        (Schritt::Loeschen, Z::Uebernommen) => {
            free(um)?;
            Ok(to(Z::Geloescht))
        }
        (Schritt::Vernichten, Z::Bewertet | Z::Aussonderungsreif) => vernichten(stand, um),
        (_, zustand) => Err(Error::Zustand(zustand)),
    }
}

/// What the daily job does with an object: as far as it goes on its own, so that days off are
/// caught up with. Run twice it changes nothing more; nothing here is irrevocable. `um.heute` is
/// never before the day of the run before: the caller sees to it, else a clock that steps back over
/// New Year would take objects to and fro.
///
/// # Errors
/// [`Error::Kalender`]
pub fn tageslauf(stand: &Stand, um: &Umstaende) -> Result<Stand, Error> {
    let mut now = *stand;
    for job in [Schritt::InAufbewahrung, Schritt::Zurueckstellen, Schritt::Reifen] {
        match schritt(&now, job, um) {
            Ok(next) => now = next,
            Err(Error::Kalender) => return Err(Error::Kalender),
            Err(_) => {}
        }
    }
    Ok(now)
}

fn schliessen(stand: &Stand, unveraendert: bool, um: &Umstaende) -> Result<Stand, Error> {
    if um.vorgaenge_offen > 0 {
        return Err(Error::VorgaengeOffen(um.vorgaenge_offen));
    }
    // Reopened by mistake and unchanged: the former closing was the right one.
    let former = stand.irrtuemlich_geoeffnet.filter(|_| unveraendert);
    Ok(Stand {
        zustand: Zustand::Geschlossen,
        geschlossen_am: Some(former.unwrap_or(um.heute)),
        irrtuemlich_geoeffnet: None,
        ..*stand
    })
}

/// True from the day after its last day. An object of which no closing day is known is not let
/// through: its period has no beginning.
fn transferfrist_vorbei(stand: &Stand, um: &Umstaende) -> Result<bool, Error> {
    let Some(closed) = stand.geschlossen_am else { return Ok(false) };
    let last = transferfrist_bis(stand, um.transferfrist)?;
    Ok(last.map_or(closed <= um.heute, |last| last < um.heute))
}

fn bewerten(stand: &Stand, art: Aussonderungsart) -> Result<Stand, Error> {
    if art == Aussonderungsart::B {
        return Err(Error::KeineEntscheidung);
    }
    Ok(Stand { zustand: Zustand::Bewertet, bewertung: Some(art), ..*stand })
}

fn vernichten(stand: &Stand, um: &Umstaende) -> Result<Stand, Error> {
    // The law itself may spare the archive's decision, but not go against one.
    let by_law = um.fristen.folge == Some(Folge::LoeschenOhneAnbietung);
    if !by_law || stand.bewertung == Some(Aussonderungsart::A) {
        decided(stand, Aussonderungsart::V)?;
    }
    free(um)?;
    if !um.fristen.vernichtbar(um.heute) {
        return Err(Error::Frist(um.fristen.lage));
    }
    Ok(Stand { zustand: Zustand::Vernichtet, ..*stand })
}

fn decided(stand: &Stand, art: Aussonderungsart) -> Result<(), Error> {
    if stand.bewertung == Some(art) { Ok(()) } else { Err(Error::Bewertung) }
}

fn free(um: &Umstaende) -> Result<(), Error> {
    if um.gesperrt { Err(Error::Gesperrt) } else { Ok(()) }
}
