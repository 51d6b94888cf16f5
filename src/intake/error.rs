//! Why a push is not taken: what the registry refuses, and what only a push can do wrong.

use crate::{blob, registry, registry::Feldfehler};

/// The kinds that the registry does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grund {
    /// As the registry says.
    Registry(registry::Art),
    /// The same Idempotency-Key is being served at this moment; ask again after so many seconds.
    InBearbeitung {
        /// Seconds.
        retry_after_s: u64,
    },
    /// The key's bound is reached; ask again after so many seconds.
    Begrenzt {
        /// Seconds.
        retry_after_s: u64,
    },
    /// The file is larger than any may be.
    ZuGross,
    /// The disk is full: nothing was kept, later may do.
    Voll,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct Error {
    /// Kind.
    pub grund: Grund,
    /// Stable code, snake_case.
    pub code: &'static str,
    /// What to do, German.
    pub text: String,
    /// The wrong places, where the metadata is wrong.
    pub fehler: Vec<Feldfehler>,
}

impl Error {
    pub(super) fn new(grund: Grund, code: &'static str, text: impl Into<String>) -> Self {
        Self { grund, code, text: text.into(), fehler: Vec::new() }
    }
}

impl From<registry::Error> for Error {
    fn from(error: registry::Error) -> Self {
        let registry::Error { art, code, text, fehler } = error;
        Self { grund: Grund::Registry(art), code, text, fehler }
    }
}

impl From<blob::Error> for Error {
    fn from(error: blob::Error) -> Self {
        match error {
            blob::Error::Full(cause) => {
                tracing::warn!(%cause, "a push found no room");
                let text = "Der Speicher ist voll. Es wurde nichts behalten; wiederholen Sie es \
                            später.";
                Self::new(Grund::Voll, "speicher_voll", text)
            }
            other => registry::Error::from(other).into(),
        }
    }
}
