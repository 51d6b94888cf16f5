//! Who may do what: the nouns of the rule. The rule itself is one pure function, `darf`.
//!
//! Nothing else decides on access: the registry asks `darf` for each object, inside the decision,
//! with the rights as they are then.

mod darf;
#[cfg(test)]
mod tests;

pub use darf::{Anker, anker, darf, sieht};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::organisation::{Rollenzuweisung, Schluessel};

/// The roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rolle {
    /// Clerk of an OE: reads and works on its files.
    Sachbearbeitung,
    /// Registry of an OE: also opens, moves and corrects files.
    Registratur,
    /// A scan station.
    Scanstelle,
    /// A Fachverfahren (specialised application).
    Fachverfahren,
    /// The archive: sees offered files, and only while they are offered.
    Archiv,
    /// Audit: sees the log and runs the check, never content.
    Revision,
    /// Runs the house; reads no content.
    Administration,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Read content and metadata.
    Lesen,
    /// Push a document.
    Einliefern,
    /// Open an Akte or a Vorgang.
    Anlegen,
    /// Change metadata.
    Aendern,
    /// File from the Posteingang.
    Ablegen,
    /// Close.
    Schliessen,
    /// Reopen.
    Oeffnen,
    /// Strike out.
    Stornieren,
    /// Change shares, level, OE of an Akte.
    Freigeben,
    /// Read the log of an object.
    Protokoll,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 10] = [
        Self::Lesen,
        Self::Einliefern,
        Self::Anlegen,
        Self::Aendern,
        Self::Ablegen,
        Self::Schliessen,
        Self::Oeffnen,
        Self::Stornieren,
        Self::Freigeben,
        Self::Protokoll,
    ];
}

/// A wall: files of these kinds are seen only by those admitted behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schutzklasse {
    /// Personnel files (§ 50 BeamtStG, § 106 BBG).
    Personal,
    /// Social data (§ 35 SGB I, § 67 SGB X).
    Sozial,
    /// Youth welfare (§ 61 ff. SGB VIII).
    Jugend,
    /// Tax secrecy (§ 30 AO).
    Steuer,
}

/// Grade of state secrecy (xdomea code list Vertraulichkeitsstufe); above VS-NfD is refused.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stufe {
    /// 003 offen
    #[default]
    Offen,
    /// 004 VS - Nur für den Dienstgebrauch
    VsNfd,
}

/// With whom an Akte is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empfaenger {
    /// One person.
    Person(Uuid),
    /// All clerks of an OE.
    Oe(Uuid),
}

impl Empfaenger {
    /// Its id.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::Person(id) | Self::Oe(id) => id,
        }
    }
}

/// A share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freigabe {
    /// With whom.
    pub fuer: Empfaenger,
    /// True: may also work on it.
    pub bearbeiten: bool,
}

/// The rights of an object, as interned in a Rechteklasse.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rechte {
    /// The OE in charge.
    pub oe: Uuid,
    /// Level.
    pub stufe: Stufe,
    /// Wall.
    pub schutzklasse: Option<Schutzklasse>,
    /// Shares, sorted, without doubles.
    pub freigaben: Vec<Freigabe>,
}

impl Rechte {
    /// A text that is equal for equal sets, whatever the order of the shares.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut shares = self.freigaben.clone();
        shares.sort_unstable();
        shares.dedup();
        format!("{}|{:?}|{:?}|{:?}", self.oe, self.stufe, self.schutzklasse, shares)
    }
}

/// Who asks: a person or a machine, as read from the ledger for this request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wer {
    /// A signed-on person.
    Person {
        /// Its id.
        id: Uuid,
        /// Its OE.
        oe: Option<Uuid>,
        /// Roles.
        rollen: Vec<Rollenzuweisung>,
        /// Walls it is admitted behind.
        schutzklassen: Vec<Schutzklasse>,
        /// Level.
        stufe: Stufe,
    },
    /// A machine with a key.
    Maschine(Box<Schluessel>),
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urteil {
    /// Granted.
    Ja,
    /// It may know that the object exists, but not do this.
    Nein,
    /// To it the object does not exist; the answer must equal that for an unknown id.
    Verborgen,
}
