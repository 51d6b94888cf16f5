//! An entry: who did what to which object, when, why, and the new state of each changed record.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::{
    record::{Kind, Record},
    zeit::Zeitpunkt,
};

/// The form of an entry's body as this version writes it.
pub const BODY_FORM: u16 = 1;

/// `SHA-256(form, seq, previous seal, SHA-256(salt + body))`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seal(pub [u8; 32]);

impl std::fmt::Display for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A place in the journal. Seq 0 with a zero seal is the place before the first entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Number of the last entry.
    pub seq: u64,
    /// Its seal.
    pub seal: Seal,
}

/// What an entry concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Name of the kind.
    pub kind: String,
    /// Key within the kind.
    pub key: String,
}

/// The new state of one record; `state` none: it is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Name of the kind.
    pub kind: String,
    /// Key within the kind.
    pub key: String,
    /// Form of the state.
    pub form: u16,
    /// The whole new state.
    pub state: Option<Box<RawValue>>,
}

/// What a decision wants to have written; the writer adds seq, salt and seal.
#[derive(Clone, Debug)]
pub struct Draft {
    /// When, by the caller's clock; never written smaller than the last entry's.
    pub time: Zeitpunkt,
    /// Who: `person:<id>`, `schluessel:<id>`, `system` ...
    pub actor: String,
    /// For whom, where the actor acts for another.
    pub on_behalf_of: Option<String>,
    /// The credential used.
    pub credential_id: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// What was done, e.g. `akte_angelegt`.
    pub action: String,
    /// To what.
    pub subject: Subject,
    /// Why.
    pub reason: Option<String>,
    /// The changed records.
    pub records: Vec<Change>,
    /// Entries whose bodies are to be erased by this one.
    pub erases: Vec<u64>,
}

/// A body as it stands in the journal, JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// When (never before the entry before it).
    pub time: Zeitpunkt,
    /// Who.
    pub actor: String,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// The credential used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_id: Option<String>,
    /// The request that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Name and version of the software that wrote it.
    pub software: String,
    /// The commit it belongs to.
    pub commit: uuid::Uuid,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: Subject,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The changed records.
    #[serde(default)]
    pub records: Vec<Change>,
    /// Entries whose bodies this one orders to be erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erases: Vec<u64>,
}

/// An entry as read back; `body` none: it was erased.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place and seal.
    pub position: Position,
    /// What it says.
    pub body: Option<Body>,
}

impl Change {
    /// The record as it is now.
    ///
    /// # Errors
    /// If the state can't be written as JSON (a programmer's error).
    pub fn put<R: Record>(record: &R) -> Result<Self, serde_json::Error> {
        Ok(Self {
            kind: R::KIND.name().into(),
            key: record.key(),
            form: R::FORM,
            state: Some(serde_json::value::to_raw_value(record)?),
        })
    }

    /// The record is gone.
    #[must_use]
    pub fn delete(kind: Kind, key: impl Into<String>) -> Self {
        Self { kind: kind.name().into(), key: key.into(), form: 0, state: None }
    }
}
