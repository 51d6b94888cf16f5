//! The list of sources of a plan (`quellen.csv`): every law and recommendation that a rule names,
//! with the date at which it was looked up.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::{
    Befund,
    tabelle::{self, Spalten},
    zeile::{LAENDER, Zeile},
};

const SPALTEN: Spalten = Spalten {
    alle: &["kuerzel", "titel", "land", "stand", "art", "vermerk"],
    noetig: &["kuerzel", "titel", "stand", "art"],
};
const ARTEN: &[&str] = &["gesetz", "verordnung", "verwaltungsvorschrift", "empfehlung"];

/// A law, an ordinance, an administrative rule or a recommendation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quelle {
    /// Line of the CSV.
    pub zeile: u64,
    /// How rules name it, e.g. `BWO`; a recommendation: how its text begins.
    pub kuerzel: String,
    /// Full title.
    pub titel: String,
    /// The Land it holds in; none: everywhere.
    pub land: Option<String>,
    /// As of.
    pub stand: NaiveDate,
}

impl Quelle {
    /// True if a rule's legal basis names this source. A short name counts as a whole word only:
    /// `AO` is not in `KAOS`.
    #[must_use]
    pub fn belegt(&self, rechtsgrundlage: &str) -> bool {
        if self.kuerzel.starts_with("Empfehlung") {
            return rechtsgrundlage.starts_with(&self.kuerzel);
        }
        let ends = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        rechtsgrundlage.match_indices(&self.kuerzel).any(|(at, name)| {
            let (before, rest) = rechtsgrundlage.split_at(at);
            ends(before.chars().next_back())
                && ends(rest.get(name.len()..).and_then(|after| after.chars().next()))
        })
    }
}

/// The sources of the plan that comes with the program.
///
/// # Errors
/// Never in a released version: a test reads it.
pub fn muster() -> Result<Vec<Quelle>, Vec<Befund>> {
    read(include_str!("../../../aktenplan/muster/quellen.csv"))
}

/// Reads the list.
///
/// # Errors
/// Everything that is wrong with it, in the order of the rows.
pub fn read(csv: &str) -> Result<Vec<Quelle>, Vec<Befund>> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    let mut names = HashSet::new();
    tabelle::rows(csv, &SPALTEN, |row| match row {
        Ok(row) => {
            if let Some(source) = source(row, &mut wrong) {
                if !names.insert(source.kuerzel.clone()) {
                    let text = format!("{} steht doppelt", source.kuerzel);
                    wrong.push(Befund { zeile: row.line, spalte: "kuerzel".into(), text });
                }
                found.push(source);
            }
        }
        Err(finding) => wrong.push(finding),
    });
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn source(row: &Zeile<'_>, wrong: &mut Vec<Befund>) -> Option<Quelle> {
    let before = wrong.len();
    let mut cell = |column: &str, sound: &dyn Fn(&str) -> bool| {
        let text = row.get(column).unwrap_or_default();
        if !sound(text) {
            let text =
                if text.is_empty() { "fehlt".into() } else { format!("{text:?} geht nicht") };
            wrong.push(Befund { zeile: row.line, spalte: column.into(), text });
        }
        text.to_owned()
    };
    let there = |text: &str| !text.is_empty();
    let date =
        |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    let kuerzel = cell("kuerzel", &there);
    let titel = cell("titel", &there);
    let land = cell("land", &|text| text.is_empty() || LAENDER.contains(&text));
    let stand = cell("stand", &|text| date(text).is_some());
    cell("art", &|text| ARTEN.contains(&text));
    let stand = date(&stand)?;
    let land = (!land.is_empty()).then_some(land);
    let quelle = Quelle { zeile: row.line, kuerzel, titel, land, stand };
    (wrong.len() == before).then_some(quelle)
}
