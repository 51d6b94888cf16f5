//! The ways to narrow a search: values among the hits, and the filters that are set, each with the
//! address that adds it or takes it away.

use super::show;
use crate::registry::{Facette, Facetten};

/// Values of a facet that are shown.
const VALUES: usize = 8;

/// Fields of types that are shown.
const GROUPS: usize = 4;

/// Names and values of the form, as the address carries them.
pub type Paare<'a> = [(&'static str, &'a str); 8];

/// A facet's name, its values, and how one of them is called.
type Told<'a> = (&'static str, &'a [Facette], fn(&Facette) -> String);

/// One facet.
#[derive(Clone, Debug)]
pub struct Gruppe {
    /// What is told apart.
    pub name: String,
    /// Most hits first.
    pub werte: Vec<Wert>,
}

/// One value, or one filter that is set.
#[derive(Clone, Debug)]
pub struct Wert {
    /// For people.
    pub name: String,
    /// Hits that have it.
    pub anzahl: u64,
    /// The search with it, or without.
    pub pfad: String,
}

/// The facets that tell hits apart: those with one value only are left out.
#[must_use]
pub fn gruppen(facets: &Facetten, paare: &Paare<'_>) -> Vec<Gruppe> {
    let all: [Told<'_>; 5] = [
        ("Art", &facets.art, |f| art(&f.wert).to_owned()),
        ("Dokumenttyp", &facets.typ, |f| show::wort(&f.wert)),
        ("Aktenplan", &facets.planeinheit, named),
        ("Organisationseinheit", &facets.oe, named),
        ("Jahr", &facets.jahr, |f| f.wert.clone()),
    ];
    let told = all.into_iter().filter(|(_, values, _)| values.len() > 1);
    let mut groups: Vec<Gruppe> = told
        .map(|(name, values, label)| {
            let value = |f: &Facette| {
                let (from, to) = (format!("{}-01-01", f.wert), format!("{}-12-31", f.wert));
                let set: &[(&str, &str)] = match name {
                    "Art" => &[("art", &f.wert)],
                    "Dokumenttyp" => &[("typ", &f.wert)],
                    "Aktenplan" => &[("planeinheit", &f.wert)],
                    "Organisationseinheit" => &[("oe", &f.wert)],
                    _ => &[("von", &from), ("bis", &to)],
                };
                Wert { name: label(f), anzahl: f.anzahl, pfad: with(paare, set) }
            };
            Gruppe { name: name.to_owned(), werte: values.iter().take(VALUES).map(value).collect() }
        })
        .collect();
    let fields = facets.felder.iter().filter(|facet| facet.werte.len() > 1);
    groups.extend(fields.take(GROUPS).map(|facet| Gruppe {
        name: facet.bezeichnung.clone(),
        werte: facet.werte.iter().take(VALUES).map(|f| fachwert(&facet.feld, f, paare)).collect(),
    }));
    groups
}

/// A value of a type's field: there is no filter of its own for it, so it goes into the words.
fn fachwert(feld: &str, f: &Facette, paare: &Paare<'_>) -> Wert {
    let words = paare.iter().find(|(name, _)| *name == "q").map_or("", |(_, words)| words);
    let value: String = f.wert.chars().filter(|c| !"\"„“”«»".contains(*c)).collect();
    let words = format!("{words} {feld}:\"{value}\"");
    Wert { name: show::wort(&f.wert), anzahl: f.anzahl, pfad: with(paare, &[("q", words.trim())]) }
}

/// The filters that are set; the address of each is the search without it.
#[must_use]
pub fn gesetzt(paare: &Paare<'_>) -> Vec<Wert> {
    let set =
        paare.iter().filter(|(name, value)| !value.is_empty() && !["q", "ordnung"].contains(name));
    set.map(|(field, value)| {
        let date = || super::felder::datum(value).map_or((*value).to_owned(), |d| show::tag(&d));
        let name = match *field {
            "art" => art(value).to_owned(),
            "typ" => format!("Typ {}", show::wort(value)),
            "planeinheit" => format!("Aktenplan {value}"),
            "oe" => format!("OE {value}"),
            "von" => format!("ab {}", date()),
            _ => format!("bis {}", date()),
        };
        Wert { name, anzahl: 0, pfad: with(paare, &[(field, "")]) }
    })
    .collect()
}

/// The same search with other values: an address without a cursor, which was another search's.
#[must_use]
pub fn with(paare: &Paare<'_>, set: &[(&str, &str)]) -> String {
    let other = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let all = paare.map(|(name, value)| (name, other(name).unwrap_or(value)));
    format!("/suche{}", show::query(&all))
}

fn named(f: &Facette) -> String {
    match &f.bezeichnung {
        Some(name) => format!("{} {name}", f.wert),
        None => f.wert.clone(),
    }
}

fn art(word: &str) -> &str {
    match word {
        "dokument" => "Dokumente",
        "akte" => "Akten",
        "vorgang" => "Vorgänge",
        other => other,
    }
}
