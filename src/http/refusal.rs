//! What the registry and the stores refuse, as problems: the one place where kinds become codes.
//!
//! A finer reason (`akte_geschlossen`, `vier_augen`) stands in `fehler`, so that the table of codes
//! stays short and a program can still tell the cases apart.

use uuid::Uuid;

use super::problem::{Code, Fehler, Problem};
use crate::{
    blob,
    follow::{self, Follow},
    identity,
    intake::{self, Grund},
    registry::{self, Art, Feldfehler},
};

/// What a search has to leave out, as the registry asks for it: one rule for REST and pages.
///
/// # Errors
/// `index_holt_auf` while nobody can search; else as the ledger says.
pub fn stale(follow: &Follow) -> Result<Vec<Uuid>, registry::Error> {
    follow.stale().map_err(|error| match error {
        follow::Error::Behind => {
            let text = "Der Suchindex holt gerade auf. Wiederholen Sie es in Kürze.";
            registry::Error::new(Art::Voll, "index_holt_auf", text)
        }
        other => registry::Error::intern(other),
    })
}

/// The code of a refusal of the registry.
fn code_of(art: Art, reason: &str) -> Code {
    match (art, reason) {
        (Art::NichtGefunden, _) => Code::NichtGefunden,
        (Art::NichtErlaubt, _) => Code::NichtErlaubt,
        (Art::Veraltet, _) => Code::Veraltet,
        (Art::OhneText, _) => Code::KeinText,
        (Art::Zustand, "text_offen") => Code::TextOffen,
        (Art::Zustand, "gesperrt") => Code::Gesperrt,
        (Art::Zustand, _) => Code::ZustandVerbietet,
        (Art::Konflikt, "zweite_person") => Code::ZweitePerson,
        (Art::Konflikt, "idempotenz_abweichung") => Code::IdempotencyKeyVergeben,
        (Art::Konflikt, _) => Code::Konflikt,
        (Art::Ungueltig, "cursor") => Code::CursorUngueltig,
        (Art::Ungueltig, "datei_leer") => Code::DateiLeer,
        (Art::Ungueltig, "digest_falsch") => Code::PruefsummeFalsch,
        (Art::Ungueltig, "idempotenz_fehlt") => Code::IdempotencyKeyFehlt,
        (Art::Ungueltig, "idempotenz_schluessel") => Code::AnfrageUngueltig,
        (Art::Ungueltig, _) => Code::EingabeUngueltig,
        (Art::Voll, "speicher_voll") => Code::SpeicherVoll,
        (Art::Voll, _) => Code::Ausgelastet,
        (Art::NurLesen, _) => Code::NurLesend,
        (Art::Unbekannt, _) => Code::AusgangUnbekannt,
        (Art::Intern, "inhalt_beschaedigt") => Code::BlobBeschaedigt,
        (Art::Kollision | Art::Intern, _) => Code::Intern,
    }
}

fn problem(code: Code, reason: &str, text: String, places: Vec<Feldfehler>) -> Problem {
    let finer = matches!(
        code,
        Code::NichtErlaubt | Code::KeinText | Code::ZustandVerbietet | Code::Konflikt
    );
    let finer = (finer && reason != code.name()).then(|| Fehler {
        zeiger: String::new(),
        code: reason.to_owned(),
        text: text.clone(),
    });
    let places = places.into_iter().map(|place| Fehler {
        zeiger: place.zeiger,
        code: place.code.to_owned(),
        text: place.text,
    });
    let problem = Problem::new(code, text).with_errors(finer).with_errors(places);
    if code.retryable() { problem.retry_after_s(2) } else { problem }
}

impl From<registry::Error> for Problem {
    fn from(refusal: registry::Error) -> Self {
        let registry::Error { art, code: reason, text, fehler } = refusal;
        // One wrong place is reported as a kind with a place; its code is what tells it apart.
        let place = fehler.first().map_or(reason, |place| place.code);
        problem(code_of(art, place), reason, text, fehler)
    }
}

impl From<intake::Error> for Problem {
    fn from(refusal: intake::Error) -> Self {
        let intake::Error { grund, code: reason, text, fehler } = refusal;
        let place = fehler.first().map_or(reason, |place| place.code);
        let (code, retry) = match grund {
            Grund::Registry(art) => (code_of(art, place), None),
            Grund::InBearbeitung { retry_after_s } => (Code::InBearbeitung, Some(retry_after_s)),
            Grund::Begrenzt { retry_after_s } if reason == "tagesmenge_erreicht" => {
                (Code::TagesmengeErschoepft, Some(retry_after_s))
            }
            Grund::Begrenzt { retry_after_s } => (Code::ZuVieleUploads, Some(retry_after_s)),
            Grund::ZuGross => (Code::ZuGross, None),
            Grund::Voll => (Code::SpeicherVoll, Some(30)),
        };
        let problem = problem(code, reason, text, fehler);
        match retry {
            Some(seconds) => problem.retry_after_s(seconds),
            None => problem,
        }
    }
}

impl From<identity::sessions::Error> for Problem {
    fn from(error: identity::sessions::Error) -> Self {
        match error {
            identity::sessions::Error::Unreachable(cause) => {
                tracing::warn!(cause, "the sessions are not reachable");
                let text = "Die Datenbank ist zurzeit nicht erreichbar. Wiederholen Sie es in \
                            einigen Sekunden.";
                Self::new(Code::Ausgelastet, text).retry_after_s(2)
            }
            identity::sessions::Error::Fault(cause) => {
                tracing::error!(cause, "sessions");
                Self::from(Code::Intern)
            }
        }
    }
}

impl From<blob::Error> for Problem {
    fn from(error: blob::Error) -> Self {
        match error {
            blob::Error::Full(cause) => {
                tracing::warn!(cause, "no room for blobs");
                Self::from(Code::SpeicherVoll).retry_after_s(30)
            }
            blob::Error::Damaged { digest, what } => {
                tracing::error!(%digest, what, "a blob is damaged");
                Self::from(Code::BlobBeschaedigt)
            }
            blob::Error::NotFound(digest) => {
                tracing::error!(%digest, "a blob is missing");
                Self::from(Code::BlobBeschaedigt)
            }
            error @ blob::Error::Unreachable(_) => registry::Error::from(error).into(),
            other => {
                tracing::error!(error = %other, "blob store");
                Self::from(Code::Intern).retry_after_s(30)
            }
        }
    }
}
