//! The hits of a search counted by what they are, with names that people know.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{error::Error, klassen::Klasse, sicht::Sicht};
use crate::{
    domain::{aktenplan::Planeinheit, aktentyp::Aktentypen},
    search::Facets,
};

/// Values of one facet that are told, those with most hits.
const VALUES_MAX: usize = 50;

/// Fields of types that are told, those with most hits.
const FELDER_MAX: usize = 20;

/// One value and how many hits have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facette {
    /// The value, as the filter of the same name takes it.
    pub wert: String,
    /// Its name, where it has one besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bezeichnung: Option<String>,
    /// Hits that have it.
    pub anzahl: u64,
}

/// The hits of a question, all pages together. Values with most hits first, years the latest
/// first; at most 50 of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facetten {
    /// `dokument`, `akte`, `vorgang`.
    pub art: Vec<Facette>,
    /// Type.
    pub typ: Vec<Facette>,
    /// Plan units one level below the one that is filtered by.
    pub planeinheit: Vec<Facette>,
    /// Kürzel of the OE.
    pub oe: Vec<Facette>,
    /// Year of the date.
    pub jahr: Vec<Facette>,
    /// Fields of types, those with most hits first, at most 20.
    pub felder: Vec<Feldfacette>,
}

/// One field of a type of Akten, and the hits by its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feldfacette {
    /// `typ.feld`, as the search text takes it.
    pub feld: String,
    /// What people call it.
    pub bezeichnung: String,
    /// At most 50, most hits first.
    pub werte: Vec<Facette>,
}

impl Facetten {
    /// Names what the index counted. `unit`: the plan unit that is filtered by.
    pub(super) fn of(
        s: &Sicht<'_, '_>,
        typen: &Aktentypen,
        facets: Facets,
        readable: &[Klasse],
        unit: &str,
    ) -> Result<Self, Error> {
        let arten = [(1, "dokument"), (2, "akte"), (3, "vorgang")];
        let art = arten.iter().filter_map(|(code, wert)| Some((*wert, facets.art.get(code)?)));
        let of_oe: HashMap<u64, uuid::Uuid> = readable.iter().map(|k| (k.nummer, k.oe)).collect();
        let mut oes: BTreeMap<uuid::Uuid, u64> = BTreeMap::new();
        for (klasse, anzahl) in facets.klasse {
            if let Some(oe) = of_oe.get(&klasse) {
                *oes.entry(*oe).or_default() += anzahl;
            }
        }
        let mut oe = Vec::with_capacity(oes.len());
        for (id, anzahl) in oes {
            if let Some(found) = s.oe(id)? {
                let bezeichnung = Some(found.value.name);
                oe.push(Facette { wert: found.value.kuerzel, bezeichnung, anzahl });
            }
        }
        let plain = |wert: String, anzahl| Facette { wert, bezeichnung: None, anzahl };
        let jahr = facets.jahr.into_iter().rev().take(VALUES_MAX);
        Ok(Self {
            art: art.map(|(wert, anzahl)| plain(wert.to_owned(), *anzahl)).collect(),
            typ: most(facets.typ.into_iter().map(|(wert, anzahl)| plain(wert, anzahl)).collect()),
            planeinheit: most(Plan::new(s, unit).count(facets.planeinheit)?),
            oe: most(oe),
            jahr: jahr.map(|(jahr, anzahl)| plain(jahr.to_string(), anzahl)).collect(),
            felder: felder(typen, facets.felder),
        })
    }
}

/// The fields that types count by now; what the index still has of others is not told.
fn felder(
    typen: &Aktentypen,
    counted: BTreeMap<String, BTreeMap<String, u64>>,
) -> Vec<Feldfacette> {
    let mut all = Vec::new();
    for (feld, values) in counted {
        let Some(known) = typen.feld(&feld).filter(|feld| feld.facette) else { continue };
        let sum: u64 = values.values().sum();
        let value = |(wert, anzahl)| Facette { wert, bezeichnung: None, anzahl };
        let werte = most(values.into_iter().map(value).collect());
        all.push((sum, Feldfacette { feld, bezeichnung: known.titel.clone(), werte }));
    }
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.feld.cmp(&b.1.feld)));
    all.truncate(FELDER_MAX);
    all.into_iter().map(|(_, facette)| facette).collect()
}

/// Those with most hits, equal ones by value.
fn most(mut values: Vec<Facette>) -> Vec<Facette> {
    values.sort_by(|a, b| b.anzahl.cmp(&a.anzahl).then_with(|| a.wert.cmp(&b.wert)));
    values.truncate(VALUES_MAX);
    values
}

/// The plan below one unit.
struct Plan<'a, 'b, 'c> {
    s: &'a Sicht<'b, 'c>,
    unit: &'a str,
    units: HashMap<String, Option<Planeinheit>>,
}

impl<'a, 'b, 'c> Plan<'a, 'b, 'c> {
    fn new(s: &'a Sicht<'b, 'c>, unit: &'a str) -> Self {
        Self { s, unit, units: HashMap::new() }
    }

    fn get(&mut self, nummer: &str) -> Result<Option<&Planeinheit>, Error> {
        if !self.units.contains_key(nummer) {
            let found = self.s.get::<Planeinheit>(nummer)?.map(|unit| unit.value);
            self.units.insert(nummer.to_owned(), found);
        }
        Ok(self.units.get(nummer).and_then(Option::as_ref))
    }

    /// The highest unit above that still lies below the one that is filtered by.
    fn branch(&mut self, nummer: &str) -> Result<String, Error> {
        let mut branch = nummer.to_owned();
        while let Some(above) = self.get(&branch)?.and_then(|unit| unit.uebergeordnet.clone()) {
            if above.len() <= self.unit.len() || !above.starts_with(self.unit) {
                break;
            }
            branch = above;
        }
        Ok(branch)
    }

    fn count(mut self, leaves: BTreeMap<String, u64>) -> Result<Vec<Facette>, Error> {
        let mut branches: BTreeMap<String, u64> = BTreeMap::new();
        for (nummer, anzahl) in leaves {
            *branches.entry(self.branch(&nummer)?).or_default() += anzahl;
        }
        let mut found = Vec::with_capacity(branches.len());
        for (wert, anzahl) in branches {
            let bezeichnung = self.get(&wert)?.map(|unit| unit.bezeichnung.clone());
            found.push(Facette { wert, bezeichnung, anzahl });
        }
        Ok(found)
    }
}
