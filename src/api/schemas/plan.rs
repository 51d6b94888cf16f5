//! The JSON of answers about versions and views of the filing plan, and about types of Akten.
#![expect(missing_docs, reason = "fields have the names of the domain, and are explained there")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::words::{Datum, Id, Schutzklasse};

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

/// `version` 0: nobody has set any. None: the branches of the OE above count.
#[derive(ToSchema)]
pub struct Fachsicht {
    pub oe: Id,
    pub planeinheiten: Vec<String>,
    pub version: u64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Wertart {
    Kennung,
    Text,
    Datum,
    Zeit,
    Zahl,
    JaNein,
}

#[derive(ToSchema)]
pub struct Fachfeld {
    pub name: String,
    pub titel: String,
    pub beschreibung: String,
    pub art: Wertart,
    /// True: a list of them.
    pub mehrfach: bool,
    pub pflicht: bool,
    /// True: `typ.feld:wert` finds it.
    pub suche: bool,
    /// True: hits are counted by it.
    pub facette: bool,
}

#[derive(ToSchema)]
pub struct Unterart {
    pub kennung: String,
    pub bezeichnung: String,
}

/// A type of Akten. `anker`: the anchor of a rule and the field that fills it.
#[derive(ToSchema)]
pub struct Aktentyp {
    pub kennung: String,
    pub version: u32,
    /// All versions that there are; new files have the last.
    pub versionen: Vec<u32>,
    pub bezeichnung: String,
    /// True: the city has written it.
    pub eigen: bool,
    pub felder: Vec<Fachfeld>,
    pub vorgangstypen: Vec<Unterart>,
    pub dokumenttypen: Vec<Unterart>,
    pub anker: BTreeMap<String, String>,
    pub schutzklasse: Option<Schutzklasse>,
    /// The JSON Schema that values are held against; not in lists.
    #[schema(value_type = Option<Object>)]
    pub schema: Option<String>,
}
