//! What the registry and the stores refuse, as problems: the one place where kinds become codes.
//!
//! A finer reason (`akte_geschlossen`, `vier_augen`) stands in `fehler`, so that the table of codes
//! stays short and a program can still tell the cases apart.

use super::problem::{Code, Fehler, Problem};
use crate::{
    blob,
    registry::{self, Art},
};

impl From<registry::Error> for Problem {
    fn from(refusal: registry::Error) -> Self {
        let code = match (refusal.art, refusal.code) {
            (Art::NichtGefunden, _) => Code::NichtGefunden,
            (Art::NichtErlaubt, _) => Code::NichtErlaubt,
            (Art::Veraltet, _) => Code::Veraltet,
            (Art::Zustand, _) => Code::ZustandVerbietet,
            (Art::Konflikt, "idempotenz_abweichung") => Code::IdempotencyKeyVergeben,
            (Art::Konflikt, "in_bearbeitung") => Code::InBearbeitung,
            (Art::Konflikt, _) => Code::Konflikt,
            (Art::Ungueltig, "pruefsumme_falsch" | "sha256_abweichung") => Code::PruefsummeFalsch,
            (Art::Ungueltig, "cursor_ungueltig") => Code::CursorUngueltig,
            (Art::Ungueltig, _) => Code::EingabeUngueltig,
            (Art::Voll, "speicher_voll") => Code::SpeicherVoll,
            (Art::Voll, _) => Code::Ausgelastet,
            (Art::NurLesen, _) => Code::NurLesend,
            (Art::Unbekannt, _) => Code::AusgangUnbekannt,
            (Art::Kollision | Art::Intern, _) => Code::Intern,
        };
        let registry::Error { code: reason, text, fehler, .. } = refusal;
        let finer = matches!(
            code,
            Code::NichtErlaubt | Code::ZustandVerbietet | Code::Konflikt
        ) && reason != code.name();
        let finer = finer.then(|| Fehler {
            zeiger: String::new(),
            code: reason.to_owned(),
            text: text.clone(),
        });
        let places = fehler.into_iter().map(|place| Fehler {
            zeiger: place.zeiger,
            code: place.code.to_owned(),
            text: place.text,
        });
        let problem = Self::new(code, text).with_errors(finer).with_errors(places);
        match code.retryable() {
            true => problem.retry_after_s(2),
            false => problem,
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
            other => {
                tracing::error!(error = %other, "blob store");
                Self::from(Code::Intern).retry_after_s(30)
            }
        }
    }
}
