//! What an OE works with of the filing plan: the branches that the Registratur has set for it.
//!
//! There is one plan for all; this is a view of it. It opens nothing and hides nothing: where files
//! may be opened, and who reads them, is a matter of rights.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::record::{Kind, Record};

/// Branches that one OE may have.
pub const ZWEIGE_MAX: usize = 200;

/// The branches of one OE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fachsicht {
    /// Whose.
    pub oe: Uuid,
    /// Numbers of units, each with all below it, at most [`ZWEIGE_MAX`]; none: as the OE above.
    pub planeinheiten: Vec<String>,
}

impl Record for Fachsicht {
    const KIND: Kind = Kind::Fachsicht;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.oe.to_string()
    }
}
