//! The JSON about holds.
#![expect(missing_docs, reason = "fields have the names of the domain, and are explained there")]

use utoipa::ToSchema;

use super::words::{Datum, Id, Zeit};

/// The caller must have the right to change every Akte named.
#[derive(ToSchema)]
pub struct SperreNeu {
    /// 1 to 200 ids.
    pub akten: Vec<Id>,
    pub grund: String,
    /// First day; none: today.
    pub von: Option<Datum>,
    /// Last day, not before today; none: until it is released.
    pub bis: Option<Datum>,
}

/// The first person asked for the release.
#[derive(ToSchema)]
pub struct Aufhebung {
    pub von: Id,
    pub am: Zeit,
    pub grund: String,
}

/// A second person released it.
#[derive(ToSchema)]
pub struct Aufgehoben {
    pub beantragt: Aufhebung,
    pub freigegeben_von: Id,
    pub am: Zeit,
}

#[derive(ToSchema)]
pub struct Sperre {
    pub id: Id,
    pub grund: String,
    pub von: Datum,
    /// None: until it is released.
    pub bis: Option<Datum>,
    /// It binds today.
    pub in_kraft: bool,
    /// Those of its Akten that the caller reads.
    pub akten: Vec<Id>,
    pub gesetzt_von: Id,
    pub gesetzt_am: Zeit,
    pub aufhebung: Option<Aufhebung>,
    pub aufgehoben: Option<Aufgehoben>,
    pub version: u64,
}
