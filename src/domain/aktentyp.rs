//! The types of Akten: which fields a file of some field of work has, as JSON Schema 2020-12.
//!
//! Our own types are compiled in from `schemas/akten/`; a city adds more, but never changes ours.
//! A version that files were made with stays as it is; what changes is a new version. What may
//! stand in a schema is in `schemas/akten/README.md`; [`Aktentyp::lesen`] refuses everything else,
//! references to the network first of all. Nothing here reads a file or opens a connection.

mod lesen;
mod pruefung;
#[cfg(test)]
mod tests;

pub use pruefung::{FELDER_BYTES_MAX, FELDER_TIEFE_MAX, Feldbefund, ordnen};

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock},
};

use serde_json::{Map, Value};

use super::access::Schutzklasse;

/// The fields of one Akte: names and values as its type has them.
pub type Felder = Map<String, Value>;

/// The type of files that have none of their own.
pub const SACHAKTE: &str = "sachakte";

/// A schema that is refused, for the operator who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{quelle}: {text}")]
pub struct Error {
    /// Name of the file.
    pub quelle: String,
    /// What is wrong.
    pub text: String,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wertart {
    /// One of few words, or a number or code of a fixed form: compared as a whole.
    Kennung,
    /// Words.
    Text,
    /// A day.
    Datum,
    /// An instant.
    Zeit,
    /// A number.
    Zahl,
    /// Yes or no.
    JaNein,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fachfeld {
    /// Key in `felder`.
    pub name: String,
    /// What people call it.
    pub titel: String,
    /// What belongs there.
    pub beschreibung: String,
    /// What it holds.
    pub art: Wertart,
    /// True: a list of them.
    pub mehrfach: bool,
    /// True: it must be there.
    pub pflicht: bool,
    /// Found by `typ.name:wert`.
    pub suche: bool,
    /// Hits are counted by it.
    pub facette: bool,
}

/// A type of Vorgang or document that belongs to a type of Akte.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unterart {
    /// Its name in records.
    pub kennung: String,
    /// What people call it.
    pub bezeichnung: String,
}

/// One version of a type.
pub struct Aktentyp {
    /// Its name in records and plans.
    pub kennung: String,
    /// From 1 on.
    pub version: u32,
    /// What people call it.
    pub bezeichnung: String,
    /// Its fields in the order of their names.
    pub felder: Vec<Fachfeld>,
    /// Which Vorgänge belong there.
    pub vorgangstypen: Vec<Unterart>,
    /// Which documents belong there.
    pub dokumenttypen: Vec<Unterart>,
    /// Anchors of rules (`aktenplan::ANKER`) and the field that fills each.
    pub anker: BTreeMap<String, String>,
    /// The wall that the law puts before such files.
    pub schutzklasse: Option<Schutzklasse>,
    /// The schema as it was read.
    pub quelle: Value,
    schema: jsonschema::Validator,
}

impl fmt::Debug for Aktentyp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Aktentyp({} {})", self.kennung, self.version)
    }
}

/// One value of a field, as the index takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fachwert {
    /// `typ.feld`.
    pub feld: String,
    /// As people write it: days as `JJJJ-MM-TT`, yes and no as `ja` and `nein`.
    pub wert: String,
    /// Its words are found one by one too.
    pub worte: bool,
    /// Hits are counted by it.
    pub facette: bool,
}

impl Aktentyp {
    /// The field of that name.
    #[must_use]
    pub fn feld(&self, name: &str) -> Option<&Fachfeld> {
        let at = self.felder.binary_search_by(|feld| feld.name.as_str().cmp(name)).ok()?;
        self.felder.get(at)
    }

    /// The values that are found and counted.
    #[must_use]
    pub fn suchwerte(&self, felder: &Felder) -> Vec<Fachwert> {
        let mut found = Vec::new();
        for (name, value) in felder {
            let Some(feld) = self.feld(name).filter(|feld| feld.suche || feld.facette) else {
                continue;
            };
            found.extend(worte(value).into_iter().map(|wert| Fachwert {
                feld: format!("{}.{name}", self.kennung),
                wert,
                worte: feld.art == Wertart::Text,
                facette: feld.facette,
            }));
        }
        found
    }
}

/// A value as people read it: one text, or several of a list.
#[must_use]
pub fn worte(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(yes) => vec![if *yes { "ja" } else { "nein" }.to_owned()],
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(worte).collect(),
        other => vec![other.to_string()],
    }
}

/// All types, in all their versions.
#[derive(Clone, Debug, Default)]
pub struct Aktentypen {
    typen: BTreeMap<String, BTreeMap<u32, Arc<Aktentyp>>>,
    /// Names that belong to the program: a city's type can't be called so.
    eigene: Vec<String>,
}

/// Our own.
const EIGENE: [(&str, &str); 11] = [
    ("auslaenderakte.json", include_str!("../../schemas/akten/auslaenderakte.json")),
    ("bauakte.json", include_str!("../../schemas/akten/bauakte.json")),
    ("fahrerlaubnisakte.json", include_str!("../../schemas/akten/fahrerlaubnisakte.json")),
    ("gewerbeakte.json", include_str!("../../schemas/akten/gewerbeakte.json")),
    ("jugendhilfeakte.json", include_str!("../../schemas/akten/jugendhilfeakte.json")),
    ("personalakte.json", include_str!("../../schemas/akten/personalakte.json")),
    ("rechnungsakte.json", include_str!("../../schemas/akten/rechnungsakte.json")),
    ("sachakte.json", include_str!("../../schemas/akten/sachakte.json")),
    ("sitzungsvorlage.json", include_str!("../../schemas/akten/sitzungsvorlage.json")),
    ("sozialhilfeakte.json", include_str!("../../schemas/akten/sozialhilfeakte.json")),
    ("vergabeakte.json", include_str!("../../schemas/akten/vergabeakte.json")),
];

impl Aktentypen {
    /// The types of the program.
    ///
    /// # Panics
    /// Never: a test reads them all.
    #[must_use]
    pub fn eigene() -> Arc<Self> {
        static TYPEN: LazyLock<Arc<Aktentypen>> = LazyLock::new(|| {
            let mut typen = Aktentypen::default();
            for (quelle, text) in EIGENE {
                #[expect(clippy::panic, reason = "compiled in, and read by a test")]
                if let Err(error) = typen.dazu(quelle, text) {
                    panic!("{error}");
                }
            }
            typen.eigene = typen.typen.keys().cloned().collect();
            Arc::new(typen)
        });
        Arc::clone(&TYPEN)
    }

    /// Adds the type that a file holds.
    ///
    /// # Errors
    /// If the schema is refused, or its name and version are taken.
    pub fn dazu(&mut self, quelle: &str, text: &str) -> Result<(), Error> {
        let refused = |text: String| Error { quelle: quelle.to_owned(), text };
        let typ = Aktentyp::lesen(text).map_err(refused)?;
        if self.eigene.contains(&typ.kennung) {
            let text = format!(
                "x-aktentyp.kennung: {} is a type of the program; take another name",
                typ.kennung
            );
            return Err(refused(text));
        }
        let versions = self.typen.entry(typ.kennung.clone()).or_default();
        if versions.contains_key(&typ.version) {
            let text =
                format!("x-aktentyp: {} version {} is there twice", typ.kennung, typ.version);
            return Err(refused(text));
        }
        versions.insert(typ.version, Arc::new(typ));
        Ok(())
    }

    /// The newest version of a type.
    #[must_use]
    pub fn neueste(&self, kennung: &str) -> Option<&Arc<Aktentyp>> {
        self.typen.get(kennung)?.values().next_back()
    }

    /// One version of a type.
    #[must_use]
    pub fn version(&self, kennung: &str, version: u32) -> Option<&Arc<Aktentyp>> {
        self.typen.get(kennung)?.get(&version)
    }

    /// All of them, each in its newest version, by name.
    pub fn alle(&self) -> impl Iterator<Item = &Arc<Aktentyp>> {
        self.typen.values().filter_map(|versions| versions.values().next_back())
    }

    /// The versions that there are of a type, ascending.
    pub fn versionen(&self, kennung: &str) -> impl Iterator<Item = u32> {
        self.typen.get(kennung).into_iter().flat_map(|versions| versions.keys().copied())
    }

    /// The city's own types in all their versions, in a fixed order.
    pub fn der_stadt(&self) -> impl Iterator<Item = &Arc<Aktentyp>> {
        let own = self.typen.iter().filter(|(name, _)| !self.ist_eigener(name));
        own.flat_map(|(_, versions)| versions.values())
    }

    /// True if the type is the program's own.
    #[must_use]
    pub fn ist_eigener(&self, kennung: &str) -> bool {
        self.eigene.iter().any(|name| name == kennung)
    }

    /// The field `typ.feld`, in the newest version that has it.
    #[must_use]
    pub fn feld(&self, name: &str) -> Option<&Fachfeld> {
        let (kennung, name) = name.split_once('.')?;
        self.typen.get(kennung)?.values().rev().find_map(|typ| typ.feld(name))
    }
}
