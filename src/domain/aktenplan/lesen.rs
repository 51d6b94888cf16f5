//! Reads a filing plan from `plan.toml` and `plan.csv`, the columns of which
//! `aktenplan/README.md` explains.
//!
//! Either the whole plan is sound, or it is refused with everything that is wrong, row by row. It
//! never guesses: a fraction, an unknown anchor or a rule without a law is a finding.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    Aktenplan, Aussonderungsart, Folge, Fristart, Planeinheit, Regel,
    zeile::{ANKER, WALLS, YES_NO, Zeile},
};
use crate::domain::aktenzeichen::{Grammatik, Teile, normal};

const COLUMNS: &[&str] = &[
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
    "aussonderungsart",
    "vorschlag",
    "schutzklasse",
    "aktentyp",
    "stichworte",
    "beispiele",
    "stillgelegt",
    "vermerk",
];

/// The largest plan, in rows; real ones have two to six thousand units.
const ROWS_MAX: usize = 50_000;
/// The deepest plan.
const DEPTH_MAX: u32 = 12;

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

/// A plan that is sound.
#[derive(Clone, Debug)]
pub struct Gelesen {
    /// The plan.
    pub plan: Aktenplan,
    /// Its units, sorted by their numbers.
    pub einheiten: Vec<Planeinheit>,
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
    let plan = head(toml)?;
    let mut reader = Leser { stand: plan.stand, ..Leser::default() };
    reader.rows(csv);
    reader.tree();
    reader.grammar(&plan);
    if !reader.befunde.is_empty() {
        reader.befunde.sort_by_key(|b| b.zeile);
        return Err(reader.befunde);
    }
    let mut einheiten: Vec<Planeinheit> = reader.units.into_iter().map(|(_, u)| u).collect();
    einheiten.sort_by(|a, b| a.ordnung.cmp(&b.ordnung));
    Ok(Gelesen { plan, einheiten, hinweise: reader.hinweise })
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
    {
        let text = "muss eine Mindestfrist mit Dauer und Anker sein, die anbietet, ohne Land";
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
    /// Units with their line and, where the file names it, their depth.
    units: Vec<((u64, Option<u32>), Planeinheit)>,
    pub(super) befunde: Vec<Befund>,
    pub(super) hinweise: Vec<Befund>,
}

impl Leser {
    fn rows(&mut self, text: &str) {
        // Excel writes a byte order mark, and semicolons where the country is Germany.
        let text = text.trim_start_matches('\u{FEFF}');
        let first = text.lines().next().unwrap_or_default();
        let delimiter = if first.contains(';') { b';' } else { b',' };
        let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let columns = match csv.headers() {
            Ok(columns) => columns.clone(),
            Err(error) => return self.finding(1, "Kopfzeile", error.to_string()),
        };
        let mut known = HashSet::new();
        for column in &columns {
            if !COLUMNS.contains(&column) {
                self.finding(1, column, "unbekannte Spalte");
            } else if !known.insert(column.to_owned()) {
                self.finding(1, column, "Spalte steht doppelt");
            }
        }
        for column in ["nummer", "uebergeordnet", "bezeichnung"] {
            if !known.contains(column) {
                self.finding(1, column, "Spalte fehlt");
            }
        }
        if !self.befunde.is_empty() {
            return;
        }
        for (count, record) in csv.records().enumerate() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    self.finding(line, "Zeile", "hat mehr oder weniger Spalten als die Kopfzeile");
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            if count >= ROWS_MAX {
                return self.finding(line, "Zeile", format!("mehr als {ROWS_MAX} Zeilen"));
            }
            let cells = columns.iter().zip(record.iter().map(str::trim));
            let cells = cells.filter(|(_, cell)| !cell.is_empty()).collect();
            self.row(&Zeile { line, cells });
        }
    }

    fn row(&mut self, row: &Zeile<'_>) {
        for (column, cell) in &row.cells {
            if cell.chars().any(char::is_control) {
                return self.finding(row.line, column, "enthält Steuerzeichen");
            }
        }
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
            stillgelegt: self.choice(row, "stillgelegt", YES_NO).unwrap_or(false),
            ordnung: hex::encode(key),
        };
        self.units.push(((row.line, depth.flatten()), unit));
    }

    /// A row without a title adds a rule to the unit of the row above.
    fn further(&mut self, row: &Zeile<'_>, number: &str, rule: Option<Regel>) {
        let taken = [
            "uebergeordnet",
            "ebene",
            "vorschlag",
            "schutzklasse",
            "aktentyp",
            "stichworte",
            "beispiele",
        ];
        let Some((_, unit)) = self.units.last_mut().filter(|(_, unit)| unit.nummer == number)
        else {
            return self.finding(row.line, "bezeichnung", "fehlt");
        };
        match (rule, &unit.regel) {
            (Some(rule), Some(first)) => {
                let same = |r: &Regel| (r.land.as_ref(), r.art) == (rule.land.as_ref(), rule.art);
                if same(first) || unit.weitere_regeln.iter().any(same) {
                    let text = "für dieses Land und diese Fristart gibt es schon eine Regel";
                    return self.finding(row.line, "land", text);
                }
                unit.weitere_regeln.push(rule);
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
        for ((line, _), unit) in &self.units {
            if !spellings.insert(normal(&unit.nummer)) {
                findings.push((*line, "nummer", format!("{} steht doppelt", unit.nummer)));
            }
            parents.insert(&unit.nummer, unit.uebergeordnet.as_deref());
        }
        let inner: HashSet<String> =
            parents.values().flatten().map(|parent| (*parent).to_owned()).collect();
        for ((line, named), unit) in &self.units {
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
        for (_, unit) in &mut self.units {
            unit.blatt = !inner.contains(&unit.nummer);
        }
    }

    /// Each leaf's number can be written and read back, and a Geschäftszeichen is never taken for
    /// the Aktenzeichen of another unit.
    fn grammar(&mut self, plan: &Aktenplan) {
        let Ok(grammar) = Grammatik::parse(&plan.grammatik, &plan.geschaeftszeichen) else {
            return;
        };
        let numbers: HashSet<&str> = self.units.iter().map(|(_, u)| u.nummer.as_str()).collect();
        let mut findings = Vec::new();
        for ((line, _), unit) in self.units.iter().filter(|(_, unit)| unit.blatt) {
            let file = grammar.lies_aktenzeichen(&grammar.aktenzeichen(&unit.nummer, 1, 2000));
            if file.is_none_or(|fields| fields.plan != unit.nummer) {
                findings.push((*line, "passt nicht in die Grammatik des Aktenzeichens"));
            }
            let matter = grammar.geschaeftszeichen("OE", &unit.nummer, 1, 1, 2000);
            let taken = matter.ok().and_then(|text| grammar.lies_aktenzeichen(&text));
            if taken.is_some_and(|fields| numbers.contains(fields.plan.as_str())) {
                findings.push((*line, "ihr Geschäftszeichen liest sich als Aktenzeichen"));
            }
        }
        for (line, text) in findings {
            self.finding(line, "nummer", text);
        }
    }
}
