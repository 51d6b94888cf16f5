//! Whether a plan is fit to work with, beyond being readable: every leaf complete, every legal
//! basis in the list of sources, few names that recur. It counts, too, and changes nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Aktenplan, Befund, Gelesen, Planeinheit, Quelle, Regel};

/// Keywords that a leaf has at least.
const STICHWORTE_MIN: usize = 4;
/// Examples that a leaf has at least.
const BEISPIELE_MIN: usize = 3;
/// Leaves whose name recurs in another branch, at most so many in a hundred.
const WIEDERKEHR_MAX: usize = 5;

/// Which of a plan's files a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Datei {
    /// `plan.csv`
    Plan,
    /// `quellen.csv`
    Quellen,
}

impl Datei {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan.csv",
            Self::Quellen => "quellen.csv",
        }
    }
}

/// What a plan holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zahlen {
    /// All units.
    pub einheiten: usize,
    /// Leaves where files are opened.
    pub blaetter: usize,
    /// Of these, leaves with a rule of their own.
    pub eigene_regel: usize,
    /// Units that are shut down.
    pub stillgelegt: usize,
}

impl Zahlen {
    /// Leaves on the fallback rule.
    #[must_use]
    pub const fn ausweichregel(&self) -> usize {
        self.blaetter.saturating_sub(self.eigene_regel)
    }

    fn add(&mut self, unit: &Planeinheit) {
        self.einheiten += 1;
        self.stillgelegt += usize::from(unit.stillgelegt);
        self.blaetter += usize::from(unit.blatt && !unit.stillgelegt);
        self.eigene_regel += usize::from(unit.blatt && !unit.stillgelegt && unit.regel.is_some());
    }
}

/// The result of [`pruefen`].
#[derive(Clone, Debug, Default)]
pub struct Pruefung {
    /// What is wrong.
    pub befunde: Vec<(Datei, Befund)>,
    /// What somebody may want to look at.
    pub hinweise: Vec<(Datei, Befund)>,
    /// The whole plan.
    pub gesamt: Zahlen,
    /// Each top unit (number and title) with what lies below it.
    pub zweige: Vec<(String, String, Zahlen)>,
}

/// Spelled so that names that people take for the same are the same: without case, umlauts and
/// what is no letter or digit.
#[must_use]
pub fn falten(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            c if c.is_alphanumeric() => folded.push(c),
            _ if folded.is_empty() || folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Checks a plan that reads.
#[must_use]
pub fn pruefen(gelesen: &Gelesen, quellen: &[Quelle]) -> Pruefung {
    let mut check = Pruefung::default();
    let mut used: HashSet<&str> = HashSet::new();
    let parents: HashMap<&str, Option<&str>> =
        gelesen.einheiten.iter().map(|u| (&*u.nummer, u.uebergeordnet.as_deref())).collect();
    let mut branches: BTreeMap<&str, Zahlen> = BTreeMap::new();
    let mut names: BTreeMap<String, Vec<(&str, u64, &Planeinheit)>> = BTreeMap::new();
    for (unit, place) in gelesen.einheiten.iter().zip(&gelesen.stellen) {
        let top = top(&parents, &unit.nummer);
        branches.entry(top).or_default().add(unit);
        check.gesamt.add(unit);
        if unit.blatt && !unit.stillgelegt {
            check.leaf(unit, place.zeile);
            let name = falten(&unit.bezeichnung);
            names.entry(name).or_default().push((top, place.zeile, unit));
        }
        for (rule, line) in unit.regel.iter().chain(&unit.weitere_regeln).zip(place.zeile..) {
            check.rule(&gelesen.plan, rule, line, quellen, &mut used);
        }
    }
    for source in quellen.iter().filter(|q| !used.contains(q.kuerzel.as_str())) {
        let text = format!("{} nennt keine Regel", source.kuerzel);
        check.finding(Datei::Quellen, source.zeile, "kuerzel", text);
    }
    check.recurring(&names);
    for unit in gelesen.einheiten.iter().filter(|u| u.uebergeordnet.is_none()) {
        let counted = branches.remove(&*unit.nummer).unwrap_or_default();
        check.zweige.push((unit.nummer.clone(), unit.bezeichnung.clone(), counted));
    }
    let noted = gelesen.hinweise.iter().map(|note| (Datei::Plan, note.clone()));
    check.hinweise.extend(noted);
    check.befunde.sort_by_key(|(file, finding)| (*file, finding.zeile));
    check
}

/// The unit at the top of the branch. A plan that reads has no circle.
fn top<'a>(parents: &HashMap<&'a str, Option<&'a str>>, number: &'a str) -> &'a str {
    let mut at = number;
    while let Some(Some(above)) = parents.get(at) {
        at = above;
    }
    at
}

impl Pruefung {
    fn finding(&mut self, datei: Datei, zeile: u64, spalte: &str, text: impl Into<String>) {
        self.befunde.push((datei, Befund { zeile, spalte: spalte.into(), text: text.into() }));
    }

    /// A leaf that a clerk finds and knows.
    fn leaf(&mut self, unit: &Planeinheit, line: u64) {
        let words: HashSet<String> = unit.stichworte.iter().map(|word| falten(word)).collect();
        let count = words.iter().filter(|word| !word.is_empty()).count();
        if count < STICHWORTE_MIN {
            let text = format!("{count} verschiedene Stichworte statt {STICHWORTE_MIN}");
            self.finding(Datei::Plan, line, "stichworte", text);
        }
        let count = unit.beispiele.iter().map(|text| falten(text)).collect::<HashSet<_>>().len();
        if count < BEISPIELE_MIN {
            let text = format!("{count} verschiedene Beispiele statt {BEISPIELE_MIN}");
            self.finding(Datei::Plan, line, "beispiele", text);
        }
        if unit.aktentyp.is_none() {
            self.finding(Datei::Plan, line, "aktentyp", "fehlt");
        }
    }

    fn rule<'q>(
        &mut self,
        plan: &Aktenplan,
        rule: &Regel,
        line: u64,
        quellen: &'q [Quelle],
        used: &mut HashSet<&'q str>,
    ) {
        let mut named = false;
        for source in quellen.iter().filter(|q| q.belegt(&rule.rechtsgrundlage)) {
            named = true;
            used.insert(&source.kuerzel);
            if source.stand > plan.stand {
                let text = format!("{} ist jünger als der Plan", source.kuerzel);
                self.finding(Datei::Quellen, source.zeile, "stand", text);
            }
        }
        if !named {
            let text = format!("{:?} steht nicht in quellen.csv", rule.rechtsgrundlage);
            self.finding(Datei::Plan, line, "rechtsgrundlage", text);
        }
    }

    fn recurring(&mut self, names: &BTreeMap<String, Vec<(&str, u64, &Planeinheit)>>) {
        let mut count = 0;
        for places in names.values() {
            let branches: HashSet<&str> = places.iter().map(|(top, ..)| *top).collect();
            if branches.len() < 2 {
                continue;
            }
            count += places.len();
            for (_, line, unit) in places {
                let text = format!("„{}“ gibt es auch in einem anderen Zweig", unit.bezeichnung);
                let found = Befund { zeile: *line, spalte: "bezeichnung".into(), text };
                self.hinweise.push((Datei::Plan, found));
            }
        }
        let leaves = self.gesamt.blaetter;
        if count * 100 > leaves * WIEDERKEHR_MAX {
            let text = format!(
                "{count} von {leaves} Blättern heißen wie eines in einem anderen Zweig; höchstens \
                 {WIEDERKEHR_MAX} % dürfen es sein"
            );
            self.finding(Datei::Plan, 0, "bezeichnung", text);
        }
    }
}
