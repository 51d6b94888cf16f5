//! What lies between two versions of a plan, and how the older becomes the newer.
//!
//! A unit that the newer version lacks is shut down, never removed; the city's own units stay as
//! they are; a code that the archive has set is never touched. What becomes of a unit is inferred
//! only where there is no doubt (the same title under another number); the rest the concordance
//! states.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Aussonderungsart, Befund, Planeinheit, baum, falten,
    tabelle::{self, Spalten},
};
use crate::domain::{
    aktenzeichen::normal,
    record::{Index, Keys, Kind, Parts, Record},
};

const SPALTEN: Spalten =
    Spalten { alle: &["alt", "neu", "art", "vermerk"], noetig: &["alt", "neu"] };

/// What has happened to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wandel {
    /// New.
    Neu,
    /// Another title.
    Umbenannt,
    /// Another number, or another place.
    Verschoben,
    /// One became several.
    Geteilt,
    /// Several became one.
    Zusammengelegt,
    /// Shut down.
    Stillgelegt,
    /// Shut down before, and in use again.
    Wiedereroeffnet,
    /// Other periods.
    Regel,
    /// Other keywords or examples.
    Stichworte,
    /// Another wall, file type or proposal.
    Merkmale,
}

/// One line of the concordance: what was filed under `alt` is filed under `neu` from now on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Uebergang {
    /// Number in the older version.
    pub alt: String,
    /// Number in the newer version.
    pub neu: String,
    /// `verschoben`, `geteilt` or `zusammengelegt`.
    pub art: Wandel,
}

/// A line of the concordance as the city keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Konkordanz {
    /// Old number.
    pub alt: String,
    /// New number.
    pub neu: String,
    /// What happened.
    pub art: Wandel,
    /// Date of the version of the plan that says so.
    pub seit: NaiveDate,
}

impl Record for Konkordanz {
    const KIND: Kind = Kind::Konkordanz;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        // Numbers may hold any separator; quoted, two of them can't be taken for another two.
        format!("{:?} {:?}", self.alt, self.neu)
    }
    fn index(&self, keys: &mut Keys) {
        let (alt, neu) = (normal(&self.alt), normal(&self.neu));
        keys.add(Index::KonkordanzAlt, Parts::new().text(&alt).text(&neu));
        keys.add(Index::KonkordanzNeu, Parts::new().text(&neu).text(&alt));
    }
}

/// A part of a comparison that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planteil {
    /// The request.
    pub antrag: Uuid,
    /// Which part, from 0.
    pub teil: u64,
    /// Units that change.
    pub aenderungen: Vec<Aenderung>,
    /// Lines of the concordance.
    pub konkordanz: Vec<Uebergang>,
}

impl Planteil {
    /// The key of that part.
    #[must_use]
    pub fn schluessel(antrag: Uuid, teil: u64) -> String {
        format!("{antrag}/{teil:06}")
    }
}

impl Record for Planteil {
    const KIND: Kind = Kind::Planteil;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        Self::schluessel(self.antrag, self.teil)
    }
}

/// One line of `konkordanz.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Angabe {
    /// Line of the file.
    pub zeile: u64,
    /// Number in the older version.
    pub alt: String,
    /// Number in the newer version; none: it ends without a successor.
    pub neu: Option<String>,
}

/// One unit that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aenderung {
    /// What has happened to it.
    pub wandel: BTreeSet<Wandel>,
    /// As it was; none: there was none.
    pub vorher: Option<Planeinheit>,
    /// As it becomes.
    pub nachher: Planeinheit,
}

/// What lies between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vergleich {
    /// The units that change, in the order of their numbers.
    pub aenderungen: Vec<Aenderung>,
    /// What leads from old numbers to new ones.
    pub konkordanz: Vec<Uebergang>,
}

impl Vergleich {
    /// How often each thing happens.
    #[must_use]
    pub fn zaehlen(&self) -> BTreeMap<Wandel, usize> {
        let mut counts = BTreeMap::new();
        for kind in self.aenderungen.iter().flat_map(|change| &change.wandel) {
            *counts.entry(*kind).or_default() += 1;
        }
        counts
    }
}

/// Reads `konkordanz.csv`.
///
/// # Errors
/// Everything that is wrong with it, row by row.
pub fn konkordanz(csv: &str) -> Result<Vec<Angabe>, Vec<Befund>> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    tabelle::rows(csv, &SPALTEN, |row| match row {
        Ok(row) => {
            let finding = |spalte: &str, text: &str| Befund {
                zeile: row.line,
                spalte: spalte.into(),
                text: text.into(),
            };
            // What kind of change it is follows from the rows; a word for it may stand there.
            let known = ["verschoben", "geteilt", "zusammengelegt", "stillgelegt"];
            if row.get("art").is_some_and(|art| !known.contains(&art)) {
                wrong.push(finding("art", "ist unbekannt"));
            }
            match row.get("alt") {
                Some(alt) => found.push(Angabe {
                    zeile: row.line,
                    alt: alt.into(),
                    neu: row.get("neu").map(Into::into),
                }),
                None => wrong.push(finding("alt", "fehlt")),
            }
        }
        Err(finding) => wrong.push(finding),
    });
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// Compares two versions.
///
/// # Errors
/// What can't be: a number with another spelling, a number that is used again for something else,
/// a unit of the city's own that the plan takes or leaves hanging, a concordance that does not fit.
pub fn vergleichen(
    alt: &[Planeinheit],
    neu: &[Planeinheit],
    angaben: &[Angabe],
) -> Result<Vergleich, Vec<Befund>> {
    let mut work = Arbeit::new(alt, neu);
    work.spellings();
    work.targets(angaben);
    work.infer(angaben);
    work.own();
    if !work.befunde.is_empty() {
        return Err(work.befunde);
    }
    Ok(work.finish())
}

struct Arbeit<'a> {
    old: BTreeMap<&'a str, &'a Planeinheit>,
    new: BTreeMap<&'a str, &'a Planeinheit>,
    /// The whole plan as it becomes.
    result: BTreeMap<&'a str, Planeinheit>,
    steps: BTreeSet<(&'a str, &'a str)>,
    befunde: Vec<Befund>,
}

impl<'a> Arbeit<'a> {
    fn new(alt: &'a [Planeinheit], neu: &'a [Planeinheit]) -> Self {
        let by_number = |units: &'a [Planeinheit]| -> BTreeMap<&'a str, &'a Planeinheit> {
            units.iter().map(|unit| (&*unit.nummer, unit)).collect()
        };
        let (old, new) = (by_number(alt), by_number(neu));
        let mut result: BTreeMap<&str, Planeinheit> = BTreeMap::new();
        for (number, unit) in &old {
            let gone = !unit.eigen && !new.contains_key(number);
            let stillgelegt = unit.stillgelegt || gone;
            result.insert(number, Planeinheit { stillgelegt, ..(*unit).clone() });
        }
        for (number, unit) in &new {
            let code = old.get(number).map_or(Aussonderungsart::B, |old| old.aussonderungsart);
            result.insert(number, Planeinheit { aussonderungsart: code, ..(*unit).clone() });
        }
        baum::blaetter(&mut result.values_mut().collect::<Vec<_>>());
        Self { old, new, result, steps: BTreeSet::new(), befunde: Vec::new() }
    }

    fn finding(&mut self, zeile: u64, spalte: &str, text: String) {
        self.befunde.push(Befund { zeile, spalte: spalte.into(), text });
    }

    /// A number stands for one thing, in one spelling, for ever.
    fn spellings(&mut self) {
        let known: HashMap<String, &str> = self.old.keys().map(|n| (normal(n), *n)).collect();
        for (number, unit) in self.new.clone() {
            match known.get(&normal(number)) {
                Some(old) if *old != number => {
                    let text = format!("{number} ist bisher „{old}“ geschrieben");
                    self.finding(0, "nummer", text);
                }
                _ => {}
            }
            let Some(old) = self.old.get(number) else { continue };
            if old.stillgelegt
                && !unit.stillgelegt
                && falten(&old.bezeichnung) != falten(&unit.bezeichnung)
            {
                let text = format!(
                    "{number} war „{}“ und ist stillgelegt; eine Nummer wird nicht neu vergeben",
                    old.bezeichnung
                );
                self.finding(0, "nummer", text);
            }
        }
    }

    /// What the concordance states.
    fn targets(&mut self, angaben: &'a [Angabe]) {
        let mut seen = HashSet::new();
        for row in angaben {
            if !seen.insert((&row.alt, &row.neu)) {
                self.finding(row.zeile, "alt", format!("{} steht doppelt", row.alt));
            }
            if !self.old.contains_key(&*row.alt) {
                let text = format!("{} gibt es in der alten Fassung nicht", row.alt);
                self.finding(row.zeile, "alt", text);
            }
            let Some(neu) = row.neu.as_deref() else { continue };
            if self.new.get(neu).is_none_or(|unit| unit.stillgelegt) {
                let text = format!("{neu} gibt es in der neuen Fassung nicht, oder stillgelegt");
                self.finding(row.zeile, "neu", text);
            }
            self.steps.insert((&row.alt, neu));
        }
        // Who goes on under his old number must say so, or his files would be in two places.
        for row in angaben.iter().filter(|row| row.neu.is_some()) {
            let alive = self.result.get(&*row.alt).is_some_and(|unit| !unit.stillgelegt);
            if alive && !self.steps.contains(&(&*row.alt, &*row.alt)) {
                let text = format!(
                    "{} gilt weiter: stilllegen, oder eine Zeile von {0} nach {0}",
                    row.alt
                );
                self.finding(row.zeile, "alt", text);
            }
        }
    }

    /// The same title under another number, where only one unit ended and one began with it.
    fn infer(&mut self, angaben: &'a [Angabe]) {
        let stated: HashSet<&str> = angaben.iter().map(|row| &*row.alt).collect();
        let mut ended: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
        for (number, unit) in &self.old {
            let shut = self.result.get(number).is_some_and(|unit| unit.stillgelegt);
            if shut && !unit.stillgelegt && !stated.contains(number) {
                ended.entry(falten(&unit.bezeichnung)).or_default().push(number);
            }
        }
        let mut begun: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
        for (number, unit) in &self.new {
            let before = self.old.get(number);
            if before.is_none_or(|old| old.stillgelegt) && !unit.stillgelegt {
                begun.entry(falten(&unit.bezeichnung)).or_default().push(number);
            }
        }
        for (title, old) in ended {
            if let ([old], Some([new])) = (old.as_slice(), begun.get(&title).map(Vec::as_slice)) {
                self.steps.insert((old, new));
            }
        }
    }

    /// The city's own units hang below something that lives, and are nobody else's.
    fn own(&mut self) {
        let mut wrong = Vec::new();
        for (number, unit) in &self.new {
            match self.old.get(number) {
                Some(old) if old.eigen && !unit.eigen => {
                    wrong.push(format!("{number} ist schon eine eigene Einheit der Stadt"));
                }
                Some(old) if !old.eigen && unit.eigen => {
                    wrong.push(format!("{number} gehört zum Plan und kann keine eigene werden"));
                }
                _ => {}
            }
        }
        for (number, unit) in self.result.iter().filter(|(_, u)| u.eigen && !u.stillgelegt) {
            let above = unit.uebergeordnet.as_deref();
            if let Some(above) = above.filter(|n| self.result.get(n).is_none_or(|u| u.stillgelegt))
            {
                wrong.push(format!(
                    "die eigene Einheit {number} steht unter {above}, das stillgelegt wird; \
                     hängen Sie sie in derselben Fassung um"
                ));
            }
        }
        for text in wrong {
            self.finding(0, "eigen", text);
        }
    }

    fn finish(self) -> Vergleich {
        let count = |of: &dyn Fn(&(&'a str, &'a str)) -> &'a str| {
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for step in &self.steps {
                *counts.entry(of(step)).or_default() += 1;
            }
            counts
        };
        let (targets, sources) = (count(&|step| step.0), count(&|step| step.1));
        let kind = |(old, new): (&str, &str)| {
            if targets.get(old).is_some_and(|count| *count > 1) {
                Wandel::Geteilt
            } else if sources.get(new).is_some_and(|count| *count > 1) {
                Wandel::Zusammengelegt
            } else {
                Wandel::Verschoben
            }
        };
        let mut kinds: HashMap<&str, BTreeSet<Wandel>> = HashMap::new();
        let mut konkordanz = Vec::new();
        for (old, new) in &self.steps {
            let art = kind((old, new));
            kinds.entry(old).or_default().insert(art);
            kinds.entry(new).or_default().insert(art);
            // A number that goes on leads to itself without a line.
            if old != new {
                konkordanz.push(Uebergang { alt: (*old).into(), neu: (*new).into(), art });
            }
        }
        let mut aenderungen = Vec::new();
        for (number, nachher) in self.result {
            let vorher = self.old.get(number).copied();
            if vorher == Some(&nachher) {
                continue;
            }
            let mut wandel = kinds.remove(number).unwrap_or_default();
            wandel.extend(between(vorher, &nachher));
            if wandel.len() > 1 && vorher.is_none() {
                wandel.remove(&Wandel::Neu);
            }
            aenderungen.push(Aenderung { wandel, vorher: vorher.cloned(), nachher });
        }
        aenderungen.sort_by(|a, b| a.nachher.ordnung.cmp(&b.nachher.ordnung));
        Vergleich { aenderungen, konkordanz }
    }
}

/// In what two states of one unit differ.
fn between(vorher: Option<&Planeinheit>, nachher: &Planeinheit) -> Vec<Wandel> {
    let Some(vorher) = vorher else { return vec![Wandel::Neu] };
    let (old, new) = (vorher, nachher);
    let rules = |unit: &Planeinheit| (unit.regel.clone(), unit.weitere_regeln.clone());
    let traits =
        |unit: &Planeinheit| (unit.schutzklasse, unit.aktentyp.clone(), unit.vorschlag, unit.blatt);
    let differs = [
        (Wandel::Umbenannt, old.bezeichnung != new.bezeichnung),
        (Wandel::Verschoben, old.uebergeordnet != new.uebergeordnet),
        (Wandel::Stillgelegt, !old.stillgelegt && new.stillgelegt),
        (Wandel::Wiedereroeffnet, old.stillgelegt && !new.stillgelegt),
        (Wandel::Regel, rules(old) != rules(new)),
        (
            Wandel::Stichworte,
            (&old.stichworte, &old.beispiele) != (&new.stichworte, &new.beispiele),
        ),
        (Wandel::Merkmale, traits(old) != traits(new)),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(kind, _)| kind).collect()
}
