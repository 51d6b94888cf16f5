//! Proposes where a document belongs, and says how sure it is.
//!
//! First what is exact ([`exact`]): numbers of our own in the text. Then the model: it knows the
//! plan's words from the first day, learns from documents that people filed, ranks plan units with
//! a calibrated probability and the reason, answers with the branch (Produktgruppe) alone where
//! the unit is unsure, and says "weiß nicht" below a threshold that held-out documents have set.
//! It never decides, never learns from its own guesses, and knows no rights:
//! what it names (similar documents by id) the caller must filter before anyone sees it.
//!
//! A model holds hashed features and ids of documents, no words and no names. Hashes of words are
//! still derived from the documents: to forget one, learn again without it; nothing of it is left.
//! Equal documents in equal order give an equal model, byte for byte.

mod corpus;
mod datei;
mod exact;
mod karte;
mod klassen;
mod kopf;
mod lernen;
mod linear;
mod merkmale;
mod modell;
mod stapel;
mod tafel;
mod teile;

pub use corpus::Filed;
pub use datei::{SUM, Summend};
pub use exact::{Fund, Fundart, exact};
pub use karte::{Karte, Messung, Zeile, scanned};
pub use klassen::Klasse;
pub use kopf::{Kopf, Typ, kopf};
pub use lernen::Lernen;
pub use modell::{Antwort, Gruppe, Modell, Rang, Vorschlag};
pub use stapel::Sicher;

/// A text and what is known beside it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text<'a> {
    /// The text itself.
    pub text: &'a str,
    /// Subject, if it is known apart from the text.
    pub betreff: Option<&'a str>,
    /// Sender, likewise.
    pub absender: Option<&'a str>,
}

/// Why a model file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no model, or of another version.
    #[error("not a model of this version")]
    Foreign,
    /// Its checksum or its contents don't fit.
    #[error("the model is damaged")]
    Damaged,
}
