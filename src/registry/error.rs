//! What the registry refuses, and how it says so: a kind for the program, a stable code for the
//! client, a German sentence for the clerk that says what to do. Internal causes go to the log,
//! never into the answer.

use serde::Serialize;

use crate::{blob, ledger, search};

/// The kinds of refusal; the API maps each to one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Art {
    /// Unknown, or hidden from the caller: the two must not be told apart.
    NichtGefunden,
    /// Known to the caller, but not allowed.
    NichtErlaubt,
    /// The state named by If-Match is not the present one.
    Veraltet,
    /// The object's state forbids it (closed, struck out).
    Zustand,
    /// The document is there, its text is not and will not be; the code says why.
    OhneText,
    /// It contradicts what is already there.
    Konflikt,
    /// The input is wrong; `fehler` names the places.
    Ungueltig,
    /// The condemned or missing blob must be staged again; never leaves the intake.
    Kollision,
    /// Queue or disk full, or a store not reachable: later may do, nothing was written.
    Voll,
    /// Nothing can be written at present.
    NurLesen,
    /// Nobody knows whether it was written.
    Unbekannt,
    /// A fault of ours.
    Intern,
}

/// One wrong place in the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feldfehler {
    /// JSON pointer (RFC 6901), e.g. `/betreff`.
    pub zeiger: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what is right, German.
    pub text: String,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct Error {
    /// Kind.
    pub art: Art,
    /// Stable code, snake_case.
    pub code: &'static str,
    /// What to do, German.
    pub text: String,
    /// The wrong places, for `Ungueltig`.
    pub fehler: Vec<Feldfehler>,
}

impl Error {
    /// A refusal of that kind.
    #[must_use]
    pub fn new(art: Art, code: &'static str, text: impl Into<String>) -> Self {
        Self { art, code, text: text.into(), fehler: Vec::new() }
    }

    /// The one answer for everything unknown or hidden.
    #[must_use]
    pub fn nicht_gefunden() -> Self {
        let text = "Das gibt es nicht, oder Sie haben keinen Zugriff darauf. Prüfen Sie die \
                    Kennung, oder bitten Sie die zuständige Stelle um Freigabe.";
        Self::new(Art::NichtGefunden, "nicht_gefunden", text)
    }

    /// Known, but not allowed.
    #[must_use]
    pub fn nicht_erlaubt() -> Self {
        let text = "Dazu fehlt Ihnen das Recht. Wenden Sie sich an Ihre Registratur oder an die \
                    Administration.";
        Self::new(Art::NichtErlaubt, "nicht_erlaubt", text)
    }

    /// Stale If-Match.
    #[must_use]
    pub fn veraltet() -> Self {
        let text = "Der Stand wurde inzwischen geändert. Laden Sie ihn neu und wiederholen Sie \
                    die Änderung.";
        Self::new(Art::Veraltet, "version_veraltet", text)
    }

    /// The state forbids it.
    #[must_use]
    pub fn zustand(code: &'static str, text: impl Into<String>) -> Self {
        Self::new(Art::Zustand, code, text)
    }

    /// It contradicts what is there.
    #[must_use]
    pub fn konflikt(code: &'static str, text: impl Into<String>) -> Self {
        Self::new(Art::Konflikt, code, text)
    }

    /// One wrong place in the input.
    #[must_use]
    pub fn ungueltig(zeiger: &str, code: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self::eingabe(vec![Feldfehler { zeiger: zeiger.into(), code, text }])
    }

    /// Several wrong places.
    #[must_use]
    pub fn eingabe(fehler: Vec<Feldfehler>) -> Self {
        let text = "Die Angaben sind nicht gültig. Berichtigen Sie die genannten Felder.".into();
        Self { art: Art::Ungueltig, code: "angaben_ungueltig", text, fehler }
    }

    /// A fault of ours: the cause goes to the log only.
    #[must_use]
    pub fn intern(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "registry: internal fault");
        let text = "Ein interner Fehler ist aufgetreten. Wiederholen Sie es später; bleibt der \
                    Fehler, nennen Sie dem Betrieb die request_id.";
        Self::new(Art::Intern, "interner_fehler", text)
    }

    /// The engine under journal and tables does not answer. The ledger has told of it once.
    fn unreachable(cause: &str) -> Self {
        tracing::debug!(cause, "the ledger's engine is not reachable");
        let text = "Die Datenbank ist zurzeit nicht erreichbar. Es wurde nichts geschrieben; \
                    wiederholen Sie es in einigen Sekunden.";
        Self::new(Art::Voll, "speicher_nicht_erreichbar", text)
    }

    /// The blob has to be staged again (condemned or gone meanwhile).
    pub(crate) fn kollision() -> Self {
        Self::new(Art::Kollision, "blob_verurteilt", "Die Bytes werden neu geschrieben.")
    }
}

impl From<ledger::Error> for Error {
    fn from(cause: ledger::Error) -> Self {
        use ledger::{Error as L, journal, table};
        match cause {
            L::Table(table::Error::Unreachable(cause))
            | L::Journal(journal::Error::Unreachable(cause)) => Self::unreachable(&cause),
            other => Self::intern(other),
        }
    }
}

impl From<search::Error> for Error {
    fn from(cause: search::Error) -> Self {
        Self::intern(cause)
    }
}

impl From<blob::Error> for Error {
    fn from(cause: blob::Error) -> Self {
        match cause {
            // The store has told of it once.
            blob::Error::Unreachable(cause) => {
                tracing::debug!(%cause, "the blob store is not reachable");
                let text = "Der Speicher der Dokumente ist zurzeit nicht erreichbar. Es ging \
                            nichts verloren; wiederholen Sie es in einigen Sekunden.";
                Self::new(Art::Voll, "speicher_nicht_erreichbar", text)
            }
            other => Self::intern(other),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self::intern(cause)
    }
}

impl From<ledger::CommitError<Error>> for Error {
    fn from(cause: ledger::CommitError<Error>) -> Self {
        use ledger::CommitError as C;
        match cause {
            C::Refused(refusal) => refusal,
            C::Full => Self::new(
                Art::Voll,
                "voll",
                "Zurzeit kann nichts angenommen werden. Es wurde nichts geschrieben; \
                 wiederholen Sie es in einigen Sekunden.",
            ),
            C::Unreachable(cause) => Self::unreachable(&cause),
            C::ReadOnly(cause) => {
                tracing::warn!(%cause, "refused: read-only");
                let text = "Zurzeit kann nur gelesen werden. Der Betrieb ist verständigt; \
                            wiederholen Sie es später.";
                Self::new(Art::NurLesen, "nur_lesen", text)
            }
            C::Unknown(cause) => {
                tracing::error!(%cause, "outcome unknown");
                let text = "Es ist nicht bekannt, ob die Änderung gespeichert wurde. Prüfen Sie \
                            den Stand, bevor Sie sie wiederholen.";
                Self::new(Art::Unbekannt, "ausgang_unbekannt", text)
            }
            C::Duplicate { .. } => Self::intern("commit id used twice"),
            C::Ledger(cause) => cause.into(),
        }
    }
}
