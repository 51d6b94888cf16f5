//! One row of a plan: its cells, and the rule of a period that they state.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    Anker, Aussonderungsart, Bedingung, Befund, Einheit, Folge, Fristart, HEMMUNGEN, Regel,
    Rundung, ist_tatsache, lesen::Leser,
};
use crate::domain::access::Schutzklasse;

/// The Länder, as in ISO 3166-2:DE.
pub const LAENDER: &[&str] = &[
    "BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH",
];

/// One row: its line and its non-empty cells.
pub(super) struct Zeile<'a> {
    pub(super) line: u64,
    pub(super) cells: HashMap<&'a str, &'a str>,
}

impl<'a> Zeile<'a> {
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        self.cells.get(column).copied()
    }
}

impl Leser {
    pub(super) fn finding(&mut self, line: u64, column: &str, text: impl Into<String>) {
        self.befunde.push(Befund { zeile: line, spalte: column.into(), text: text.into() });
    }

    pub(super) fn rule(&mut self, row: &Zeile<'_>) -> Option<Regel> {
        let Some(length) = row.get("dauer") else {
            for column in RULE {
                if row.get(column).is_some() {
                    self.finding(row.line, column, "ohne Dauer");
                }
            }
            return None;
        };
        let permanent = length == "dauernd";
        let dauer = if permanent { None } else { Some(self.length(row, length)?) };
        let einheit = self.choice(row, "einheit", UNITS);
        let anker = self.anchor(row)?;
        let law = self.required(row, "rechtsgrundlage")?;
        let cites = |mark: &str| law.contains(mark);
        let place = ["§", "Art.", "Ziff.", "Anlage"].into_iter().any(cites);
        if !(place || law.starts_with("Empfehlung")) {
            self.finding(row.line, "rechtsgrundlage", "weder Paragraf noch Empfehlung");
        }
        if let Some(land) = row.get("land").filter(|land| !LAENDER.contains(land)) {
            self.finding(row.line, "land", format!("{land} ist kein Land"));
        }
        self.required(row, "stand")?;
        let stand = self.date(row, "stand")?;
        if stand > self.stand {
            self.finding(row.line, "stand", "ist jünger als der Plan");
        }
        let folge = self.choice(row, "folge", ENDS).unwrap_or_default();
        let lawful = !law.starts_with("Empfehlung") && (cites("§") || cites("Art."));
        if folge == Folge::LoeschenOhneAnbietung && !lawful {
            self.finding(row.line, "folge", "Löschen ohne Anbietung braucht einen Paragrafen");
        }
        if einheit.is_none() && !permanent {
            self.finding(row.line, "einheit", "fehlt: tage, monate oder jahre");
        }
        let art = self.choice(row, "art", KINDS).unwrap_or_default();
        let (von, bis) = self.days(row);
        Some(Regel {
            dauer,
            einheit: einheit.unwrap_or(Einheit::Jahre),
            anker,
            rechtsgrundlage: law.into(),
            land: row.get("land").map(Into::into),
            stand,
            art,
            rundung: self.choice(row, "rundung", ROUNDINGS).unwrap_or_default(),
            folge,
            von,
            bis,
            wenn: self.condition(row),
            offen_solange: self.kept_open(row, art),
        })
    }

    /// From what on, in one spelling.
    fn anchor(&mut self, row: &Zeile<'_>) -> Option<String> {
        let text = self.required(row, "anker")?;
        let anchor = Anker::lesen(text).filter(Anker::bekannt);
        if anchor.is_none() {
            let one = "eine Tatsache, oder spaeteres(…) oder frueheres(…) von mehreren";
            self.finding(row.line, "anker", format!("{text} ist unbekannt: gebraucht wird {one}"));
        }
        Some(anchor.map_or_else(|| text.to_owned(), |anchor| anchor.to_string()))
    }

    /// The days on which a rule is law.
    fn days(&mut self, row: &Zeile<'_>) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let (von, bis) = (self.date(row, "von"), self.date(row, "bis"));
        if von.zip(bis).is_some_and(|(von, bis)| bis < von) {
            self.finding(row.line, "bis", "liegt vor dem ersten Tag der Regel");
        }
        (von, bis)
    }

    fn condition(&mut self, row: &Zeile<'_>) -> Option<Bedingung> {
        let text = row.get("wenn")?;
        let condition = self.parsed(row, "wenn", Bedingung::lesen(text))?;
        if !ist_tatsache(condition.tatsache()) {
            let text = format!("{} ist keine bekannte Tatsache", condition.tatsache());
            self.finding(row.line, "wenn", text);
        }
        Some(condition)
    }

    /// What keeps the period from running out. What has to be gone at the latest is not kept open.
    fn kept_open(&mut self, row: &Zeile<'_>, art: Fristart) -> Option<String> {
        let text = row.get("offen_solange")?;
        if !HEMMUNGEN.contains(&text) {
            let text = format!("{text} ist unbekannt; es gibt {}", HEMMUNGEN.join(", "));
            self.finding(row.line, "offen_solange", text);
        }
        if art == Fristart::Hoechst {
            self.finding(row.line, "offen_solange", "gibt es nur bei einer Mindestfrist");
        }
        Some(text.to_owned())
    }

    /// A date, where the cell is not empty.
    fn date(&mut self, row: &Zeile<'_>, column: &str) -> Option<NaiveDate> {
        let text = row.get(column)?;
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        self.parsed(row, column, date.filter(|_| text.len() == 10))
    }

    pub(super) fn length(&mut self, row: &Zeile<'_>, text: &str) -> Option<u32> {
        let whole = text.parse::<u32>().ok().filter(|n| *n <= 40_000);
        if whole.is_none() && text.replace(',', ".").parse::<f64>().is_ok() {
            let text = "keine ganze Zahl: Bruchteile eines Jahres als Monate oder Tage angeben";
            self.finding(row.line, "dauer", text);
            return None;
        }
        self.parsed(row, "dauer", whole)
    }

    /// A plan carries `B`. In some rules `A` means "anbieten" (Saxony), in others "archivwürdig",
    /// and `V` was another archive's decision: none of them is this city's archive's.
    pub(super) fn proposal(&mut self, row: &Zeile<'_>) -> Option<Aussonderungsart> {
        let written = self.choice(row, "aussonderungsart", CODES);
        if let Some(code) = written.filter(|code| *code != Aussonderungsart::B) {
            let text = format!("{code:?} wurde als B übernommen; {code:?} setzt nur das Archiv");
            let column = "aussonderungsart".into();
            self.hinweise.push(Befund { zeile: row.line, spalte: column, text });
        }
        self.choice(row, "vorschlag", CODES).or(written.filter(|c| *c == Aussonderungsart::V))
    }

    /// Names a schema; whether there is one is not the plan's business.
    pub(super) fn file_type(&mut self, row: &Zeile<'_>) -> Option<String> {
        let text = row.get("aktentyp")?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let name = text.len() <= 64 && text.chars().all(plain);
        self.parsed(row, "aktentyp", name.then(|| text.to_owned()))
    }

    pub(super) fn required<'a>(&mut self, row: &Zeile<'a>, column: &str) -> Option<&'a str> {
        let value = row.get(column);
        if value.is_none() {
            self.finding(row.line, column, "fehlt");
        }
        value
    }

    pub(super) fn parsed<T>(
        &mut self,
        row: &Zeile<'_>,
        column: &str,
        value: Option<T>,
    ) -> Option<T> {
        if value.is_none() {
            let text = format!("{:?} ist hier nicht lesbar", row.get(column).unwrap_or_default());
            self.finding(row.line, column, text);
        }
        value
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        row: &Zeile<'_>,
        column: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = row.get(column)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        self.parsed(row, column, found)
    }
}

/// Columns that say nothing where there is no rule.
const RULE: &[&str] = &[
    "einheit",
    "anker",
    "rechtsgrundlage",
    "land",
    "stand",
    "art",
    "folge",
    "von",
    "bis",
    "wenn",
    "offen_solange",
];
pub(super) const UNITS: &[(&str, Einheit)] =
    &[("tage", Einheit::Tage), ("monate", Einheit::Monate), ("jahre", Einheit::Jahre)];
pub(super) const KINDS: &[(&str, Fristart)] =
    &[("mindest", Fristart::Mindest), ("hoechst", Fristart::Hoechst)];
pub(super) const ROUNDINGS: &[(&str, Rundung)] =
    &[("jahresende", Rundung::Jahresende), ("tag", Rundung::Tag)];
pub(super) const ENDS: &[(&str, Folge)] = &[
    ("anbieten", Folge::Anbieten),
    ("einschraenken", Folge::Einschraenken),
    ("loeschen_ohne_anbietung", Folge::LoeschenOhneAnbietung),
];
pub(super) const CODES: &[(&str, Aussonderungsart)] =
    &[("A", Aussonderungsart::A), ("B", Aussonderungsart::B), ("V", Aussonderungsart::V)];
pub(super) const WALLS: &[(&str, Schutzklasse)] = &[
    ("personal", Schutzklasse::Personal),
    ("sozial", Schutzklasse::Sozial),
    ("jugend", Schutzklasse::Jugend),
    ("steuer", Schutzklasse::Steuer),
];
pub(super) const YES_NO: &[(&str, bool)] = &[("ja", true), ("nein", false)];
