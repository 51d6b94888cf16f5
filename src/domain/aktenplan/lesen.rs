//! Reads a filing plan from `plan.toml` and `plan.csv`, the columns of which
//! `aktenplan/README.md` explains.
//!
//! Either the whole plan is sound, or it is refused with everything that is wrong, row by row. It
//! never guesses: a fraction, an unknown anchor or a rule without a law is a finding.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    ANKER, Aktenplan, Aussonderungsart, Folge, Fristart, Planeinheit, Regel, baum,
    tabelle::{self, Spalten},
    zeile::{WALLS, YES_NO, Zeile},
};
use crate::domain::aktenzeichen::{Grammatik, Teile, normal};

const SPALTEN: Spalten =
    Spalten { alle: COLUMNS, noetig: &["nummer", "uebergeordnet", "bezeichnung"] };

/// The columns of `plan.csv`, in the order in which it is written.
pub(super) const COLUMNS: &[&str] = &[
    "nummer",
    "uebergeordnet",
    "ebene",
    "bezeichnung",
    "dauer",
    "einheit",
    "anker",
    "rechtsgrundlage",
    "land",
    "stand",
    "art",
    "rundung",
    "folge",
    "von",
    "bis",
    "wenn",
    "offen_solange",
    "aussonderungsart",
    "vorschlag",
    "schutzklasse",
    "aktentyp",
    "stichworte",
    "beispiele",
    "eigen",
    "stillgelegt",
    "vermerk",
];

/// The deepest plan.
pub(super) const DEPTH_MAX: u32 = 12;

/// Something that is wrong, or that the reader did otherwise than the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Befund {
    /// Line of the CSV; 0: `plan.toml`, or the plan as a whole.
    pub zeile: u64,
    /// Column or key.
    pub spalte: String,
    /// What, for people.
    pub text: String,
}

impl std::fmt::Display for Befund {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zeile {}, {}: {}", self.zeile, self.spalte, self.text)
    }
}

/// Where a unit stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stelle {
    /// Line of its first row; its further rules follow line by line.
    pub zeile: u64,
    /// The notes of its rows, in their order; empty where a row has none.
    pub vermerke: Vec<String>,
}

/// A plan that is sound.
#[derive(Clone, Debug)]
pub struct Gelesen {
    /// The plan.
    pub plan: Aktenplan,
    /// Its units, sorted by their numbers.
    pub einheiten: Vec<Planeinheit>,
    /// Where each unit stands, in the same order.
    pub stellen: Vec<Stelle>,
    /// What was read otherwise than written (an `A` or `V` that became `B`).
    pub hinweise: Vec<Befund>,
}

/// The plan that comes with the program.
///
/// # Errors
/// Never in a released version: a test reads it.
pub fn muster() -> Result<Gelesen, Vec<Befund>> {
    read(
        include_str!("../../../aktenplan/muster/plan.toml"),
        include_str!("../../../aktenplan/muster/plan.csv"),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kopf {
    kennung: String,
    name: String,
    stand: NaiveDate,
    quelle: String,
    grammatik: String,
    geschaeftszeichen: String,
    gesperrte_ebenen: u32,
    ausweichregel: Regel,
}

/// Reads a plan from the contents of its two files.
///
/// # Errors
/// Everything that is wrong with it, in the order of the rows.
pub fn read(toml: &str, csv: &str) -> Result<Gelesen, Vec<Befund>> {
    read_units(head(toml)?, csv)
}

/// Reads the units of a plan whose own data are known.
///
/// # Errors
/// As [`read`].
pub fn read_units(plan: Aktenplan, csv: &str) -> Result<Gelesen, Vec<Befund>> {
    let mut reader = Leser { stand: plan.stand, ..Leser::default() };
    tabelle::rows(csv, &SPALTEN, |row| match row {
        Ok(row) => reader.row(row),
        Err(finding) => reader.befunde.push(finding),
    });
    reader.finish(plan)
}

/// Reads a plan from the bytes of its two files, in whatever encoding a spreadsheet writes.
///
/// # Errors
/// As [`read`]; also a file that is too large or wrongly encoded.
pub fn read_bytes(toml: &[u8], csv: &[u8]) -> Result<Gelesen, Vec<Befund>> {
    let text = |bytes| tabelle::decode(bytes).map_err(|finding| vec![finding]);
    read(&text(toml)?, &text(csv)?)
}

fn head(text: &str) -> Result<Aktenplan, Vec<Befund>> {
    let finding = |spalte: &str, text: String| Befund { zeile: 0, spalte: spalte.into(), text };
    let head: Kopf =
        toml::from_str(text).map_err(|e| vec![finding("plan.toml", e.message().into())])?;
    let mut findings = Vec::new();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if head.kennung.is_empty() || !head.kennung.chars().all(plain) {
        findings.push(finding("kennung", "nur a-z, 0-9 und Bindestrich".into()));
    }
    for (key, value) in [("name", &head.name), ("quelle", &head.quelle)] {
        if value.trim().is_empty() {
            findings.push(finding(key, "fehlt".into()));
        }
    }
    if let Err(error) = Grammatik::parse(&head.grammatik, &head.geschaeftszeichen) {
        findings.push(finding("grammatik", error.to_string()));
    }
    let rule = &head.ausweichregel;
    if rule.dauer.is_none_or(|years| years == 0)
        || rule.art != Fristart::Mindest
        || rule.folge != Folge::Anbieten
        || !ANKER.contains(&rule.anker.as_str())
        || rule.land.is_some()
        || rule.hat_grenzen()
    {
        let text = "muss eine Mindestfrist mit Dauer und Anker sein, die anbietet, ohne Land und \
                    ohne von, bis, wenn, offen_solange";
        findings.push(finding("ausweichregel", text.into()));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(Aktenplan {
        kennung: head.kennung,
        name: head.name,
        stand: head.stand,
        quelle: head.quelle,
        grammatik: head.grammatik,
        geschaeftszeichen: head.geschaeftszeichen,
        gesperrte_ebenen: head.gesperrte_ebenen,
        ausweichregel: head.ausweichregel,
    })
}

#[derive(Default)]
pub(super) struct Leser {
    pub(super) stand: NaiveDate,
    /// Depth down to which the city adds nothing.
    gesperrt: u32,
    /// Units with their line and, where the file names it, their depth.
    units: Vec<((Stelle, Option<u32>), Planeinheit)>,
    pub(super) befunde: Vec<Befund>,
    pub(super) hinweise: Vec<Befund>,
}

impl Leser {
    /// The plan, if nothing is wrong with it as a whole.
    pub(super) fn finish(mut self, plan: Aktenplan) -> Result<Gelesen, Vec<Befund>> {
        self.gesperrt = plan.gesperrte_ebenen;
        self.tree();
        self.grammar(&plan);
        if !self.befunde.is_empty() {
            self.befunde.sort_by_key(|b| b.zeile);
            return Err(self.befunde);
        }
        let mut units = self.units;
        units.sort_by(|a, b| a.1.ordnung.cmp(&b.1.ordnung));
        let (stellen, einheiten) = units.into_iter().map(|((at, _), unit)| (at, unit)).unzip();
        Ok(Gelesen { plan, einheiten, stellen, hinweise: self.hinweise })
    }

    pub(super) fn row(&mut self, row: &Zeile<'_>) {
        let Some(number) = row.get("nummer") else {
            return self.finding(row.line, "nummer", "fehlt");
        };
        let rule = self.rule(row);
        let Some(title) = row.get("bezeichnung") else {
            return self.further(row, number, rule);
        };
        let key = Teile::read(number).filter(|_| number.len() <= 64);
        let Some(key) = key.map(|parts| parts.sort_key()) else {
            return self.finding(row.line, "nummer", "ist keine Nummer");
        };
        if title.chars().count() > 200 {
            self.finding(row.line, "bezeichnung", "länger als 200 Zeichen");
        }
        let list = |column, mark: char| {
            let cell = row.get(column).unwrap_or_default();
            let items = cell.split(mark).map(str::trim).filter(|item| !item.is_empty());
            items.map(Into::into).collect()
        };
        let depth = row.get("ebene").map(|text| self.parsed(row, "ebene", text.parse().ok()));
        let unit = Planeinheit {
            nummer: number.into(),
            uebergeordnet: row.get("uebergeordnet").map(Into::into),
            bezeichnung: title.into(),
            blatt: true,
            regel: rule,
            weitere_regeln: Vec::new(),
            aussonderungsart: Aussonderungsart::B,
            vorschlag: self.proposal(row),
            schutzklasse: self.choice(row, "schutzklasse", WALLS),
            aktentyp: self.file_type(row),
            stichworte: list("stichworte", ','),
            beispiele: list("beispiele", '|'),
            eigen: self.choice(row, "eigen", YES_NO).unwrap_or(false),
            stillgelegt: self.choice(row, "stillgelegt", YES_NO).unwrap_or(false),
            ordnung: hex::encode(key),
        };
        let vermerke = vec![row.get("vermerk").unwrap_or_default().to_owned()];
        self.units.push(((Stelle { zeile: row.line, vermerke }, depth.flatten()), unit));
    }

    /// A row without a title adds a rule to the unit of the row above.
    fn further(&mut self, row: &Zeile<'_>, number: &str, rule: Option<Regel>) {
        let taken = [
            "uebergeordnet",
            "ebene",
            "eigen",
            "vorschlag",
            "schutzklasse",
            "aktentyp",
            "stichworte",
            "beispiele",
        ];
        let last = self.units.last_mut().filter(|(_, unit)| unit.nummer == number);
        let Some(((at, _), unit)) = last else {
            return self.finding(row.line, "bezeichnung", "fehlt");
        };
        match (rule, &unit.regel) {
            (Some(rule), Some(first)) => {
                // Of another time, or under another condition, there may be a rule beside it.
                let case = |r: &Regel| (r.land.clone(), r.art, r.wenn.clone());
                let same = |r: &Regel| case(r) == case(&rule) && r.gilt_mit(&rule);
                if same(first) || unit.weitere_regeln.iter().any(same) {
                    let text = "für dieses Land, diese Fristart und diese Zeit gibt es schon eine \
                                Regel";
                    return self.finding(row.line, "land", text);
                }
                unit.weitere_regeln.push(rule);
                at.vermerke.push(row.get("vermerk").unwrap_or_default().to_owned());
            }
            (None, _) => self.finding(row.line, "dauer", "fehlt: weitere Zeile ohne Regel"),
            (_, None) => self.finding(row.line, "dauer", "die erste Zeile der Einheit hat keine"),
        }
        if let Some(column) = taken.iter().find(|column| row.get(column).is_some()) {
            self.finding(row.line, column, "gehört in die erste Zeile der Einheit");
        }
    }

    /// Numbers are unique, parents exist, nothing is its own ancestor; depth fits the file's word;
    /// rules stand on leaves only.
    fn tree(&mut self) {
        let mut findings: Vec<(u64, &str, String)> = Vec::new();
        let mut parents: HashMap<&str, Option<&str>> = HashMap::new();
        let mut spellings: HashSet<String> = HashSet::new();
        for ((Stelle { zeile: line, .. }, _), unit) in &self.units {
            if !spellings.insert(normal(&unit.nummer)) {
                findings.push((*line, "nummer", format!("{} steht doppelt", unit.nummer)));
            }
            parents.insert(&unit.nummer, unit.uebergeordnet.as_deref());
        }
        // A leaf of the plan keeps its rule when the city adds units of its own below it.
        let units = self.units.iter().map(|(_, unit)| unit);
        let alive = units.filter(|unit| !unit.stillgelegt && !unit.eigen);
        let inner: HashSet<String> = alive.filter_map(|u| u.uebergeordnet.clone()).collect();
        let shut: HashSet<&str> = self
            .units
            .iter()
            .map(|(_, unit)| unit)
            .filter(|unit| unit.stillgelegt)
            .map(|unit| &*unit.nummer)
            .collect();
        for ((Stelle { zeile: line, .. }, named), unit) in &self.units {
            let mut depth = 1_u32;
            let mut above = unit.uebergeordnet.as_deref();
            while let Some(number) = above {
                depth += 1;
                let Some(next) = parents.get(number) else {
                    findings.push((*line, "uebergeordnet", format!("{number} gibt es nicht")));
                    break;
                };
                if depth > DEPTH_MAX {
                    let text = format!("mehr als {DEPTH_MAX} Ebenen, oder ein Kreis");
                    findings.push((*line, "uebergeordnet", text));
                    break;
                }
                above = *next;
            }
            if unit.eigen && depth <= self.gesperrt {
                let text = format!("die Ebenen bis {} gehören dem Plan", self.gesperrt);
                findings.push((*line, "eigen", text));
            }
            let above = unit.uebergeordnet.as_deref().filter(|above| shut.contains(above));
            if let Some(above) = above.filter(|_| !unit.stillgelegt) {
                findings.push((*line, "stillgelegt", format!("{above} darüber ist stillgelegt")));
            }
            if named.is_some_and(|named| named != depth) {
                findings.push((*line, "ebene", format!("die Einheit steht auf Ebene {depth}")));
            }
            if unit.regel.is_some() && inner.contains(&unit.nummer) {
                let text = "Regeln stehen nur auf der untersten Ebene";
                findings.push((*line, "dauer", text.into()));
            }
        }
        for (line, column, text) in findings {
            self.finding(line, column, text);
        }
        baum::blaetter(&mut self.units.iter_mut().map(|(_, unit)| unit).collect::<Vec<_>>());
    }

    /// Each leaf's number can be written and read back, and a Geschäftszeichen is never taken for
    /// the Aktenzeichen of another unit.
    fn grammar(&mut self, plan: &Aktenplan) {
        let Ok(grammar) = Grammatik::parse(&plan.grammatik, &plan.geschaeftszeichen) else {
            return;
        };
        let numbers: HashSet<&str> = self.units.iter().map(|(_, u)| u.nummer.as_str()).collect();
        let mut findings = Vec::new();
        for ((at, _), unit) in self.units.iter().filter(|(_, unit)| unit.blatt) {
            let line = at.zeile;
            let file = grammar.lies_aktenzeichen(&grammar.aktenzeichen(&unit.nummer, 1, 2000));
            if file.is_none_or(|fields| fields.plan != unit.nummer) {
                findings.push((line, "passt nicht in die Grammatik des Aktenzeichens"));
            }
            let matter = grammar.geschaeftszeichen("OE", &unit.nummer, 1, 1, 2000);
            let taken = matter.ok().and_then(|text| grammar.lies_aktenzeichen(&text));
            if taken.is_some_and(|fields| numbers.contains(fields.plan.as_str())) {
                findings.push((line, "ihr Geschäftszeichen liest sich als Aktenzeichen"));
            }
        }
        for (line, text) in findings {
            self.finding(line, "nummer", text);
        }
    }
}
