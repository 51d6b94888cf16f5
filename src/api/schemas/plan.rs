//! The JSON of answers about versions of the filing plan.
#![expect(missing_docs, reason = "fields have the names of the domain, and are explained there")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::words::{Datum, Id};

#[derive(ToSchema)]
pub struct Zeilenbefund {
    pub datei: String,
    pub zeile: u64,
    pub spalte: String,
    pub text: String,
}

#[derive(ToSchema)]
pub struct PlanAenderung {
    pub nummer: String,
    pub bezeichnung: String,
    pub bisher: Option<String>,
    pub wandel: Vec<String>,
}

#[derive(ToSchema)]
pub struct Uebergang {
    pub alt: String,
    pub neu: String,
    pub art: String,
}

/// What a new version of the plan would do, or does once a second person has released `antrag`.
#[derive(ToSchema)]
pub struct Planbericht {
    pub befunde: Vec<Zeilenbefund>,
    pub hinweise: Vec<Zeilenbefund>,
    pub zahlen: BTreeMap<String, u64>,
    pub aenderungen: Vec<PlanAenderung>,
    pub konkordanz: Vec<Uebergang>,
    pub antrag: Option<Id>,
}

#[derive(ToSchema)]
pub struct Planuebergang {
    pub alt: String,
    pub neu: String,
    pub art: String,
    pub seit: Datum,
}

/// `heute`: the units in force to which the number leads.
#[derive(ToSchema)]
pub struct Planuebergaenge {
    pub nummer: String,
    pub nachfolger: Vec<Planuebergang>,
    pub vorgaenger: Vec<Planuebergang>,
    pub heute: Vec<String>,
}
