//! Writes a template out: words are chosen, figures thrown, sums added up.
//!
//! What is thrown depends on the dice alone, so a document of a seed is always the same.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::{
    dice::Dice,
    euro, lang,
    people::{self, Firma},
    tabelle,
    vorlage::{Block, Vorlage},
};

/// A template that is being written out.
#[derive(Debug)]
pub struct Satz<'a> {
    dice: &'a mut Dice,
    datum: NaiveDate,
    werte: BTreeMap<String, String>,
    listen: BTreeMap<&'static str, Vec<&'static str>>,
    /// Rows of the table that is being written; repetitions add to it.
    zeilen: Vec<String>,
    /// Which case this is.
    nummer: usize,
}

/// A matter that several documents concern: the same people, places and days for all of them.
#[derive(Clone, Debug)]
pub struct Fall {
    vorlage: &'static Vorlage,
    nummer: usize,
    dice: Dice,
    /// The day on which the document of this template is written.
    pub datum: NaiveDate,
}

impl Fall {
    /// The case of a template's n-th document, if the template belongs to cases.
    pub fn new(vorlage: &Vorlage, seed: u64, nth: usize) -> Option<Self> {
        let (name, count) = vorlage.kopf("fall")?.split_once(' ')?;
        let nummer = nth % count.parse::<usize>().ok()?.max(1);
        let salt = name.bytes().fold(seed, |sum, byte| sum * 31 % 0xffff_fffb + u64::from(byte));
        let mut dice = Dice::new(salt, u64::try_from(nummer).ok()?);
        let days: u64 = vorlage.kopf("tage").and_then(|days| days.parse().ok()).unwrap_or(0);
        // The last step of a case still lies in the years of the other documents.
        let begin = NaiveDate::from_ymd_opt(2023, 1, 16)? + Days::new(dice.between(0, 900));
        let vorlage = Vorlage::named(&format!("fall:{name}"));
        Some(Self { vorlage, nummer, dice, datum: begin + Days::new(days) })
    }
}

impl<'a> Satz<'a> {
    pub fn new(dice: &'a mut Dice, datum: NaiveDate) -> Self {
        Self {
            dice,
            datum,
            werte: BTreeMap::new(),
            listen: BTreeMap::new(),
            zeilen: Vec::new(),
            nummer: 0,
        }
    }

    /// Names a value.
    pub fn setze(&mut self, name: &str, wert: String) {
        self.werte.insert(name.to_owned(), wert);
    }

    /// Takes what a template's head names (`let`, `liste`); what the case names first.
    pub fn kopf(&mut self, vorlage: &Vorlage, fall: Option<&Fall>) {
        if let Some(fall) = fall {
            let mut dice = fall.dice.clone();
            let mut satz = Satz::new(&mut dice, self.datum);
            satz.nummer = fall.nummer;
            satz.kopf(fall.vorlage, None);
            self.werte.append(&mut satz.werte);
        }
        for (key, value) in &vorlage.kopf {
            if let Some(list) = key.strip_prefix("liste ") {
                self.listen.insert(list, value.split(";; ").collect());
            } else if let Some(name) = key.strip_prefix("let ") {
                let value = self.text(value);
                self.setze(name, value);
            } else if let Some(name) = key.strip_prefix("der_reihe_nach ") {
                // Cases take their main feature in turn, so that no two are alike.
                let of: Vec<&str> = value.split("; ").collect();
                let place = self.nummer % of.len().max(1);
                let value = self.text(of.get(place).copied().unwrap_or_default());
                self.setze(name, value);
            }
        }
    }

    /// The fields of the case's Akte (`feld`).
    pub fn felder(&mut self, fall: &Fall) -> BTreeMap<&'static str, String> {
        let named = fall.vorlage.kopf.iter();
        let named = named.filter_map(|(key, value)| Some((key.strip_prefix("feld ")?, value)));
        named.map(|(name, value)| (name, self.text(value))).collect()
    }

    /// The paragraphs, as `pdf` takes them.
    pub fn absaetze(&mut self, bloecke: &[Block]) -> Vec<String> {
        let mut out = Vec::new();
        self.bloecke(bloecke, &mut out);
        out.extend(self.tabelle());
        out
    }

    /// The table that ends here, if one was being written.
    fn tabelle(&mut self) -> Option<String> {
        let rows = std::mem::take(&mut self.zeilen);
        (!rows.is_empty()).then(|| tabelle::setzen(self.dice, &rows))
    }

    fn bloecke(&mut self, bloecke: &[Block], out: &mut Vec<String>) {
        for block in bloecke {
            match block {
                Block::Setze(name, value) => {
                    let value = self.text(value);
                    self.setze(name, value);
                }
                Block::Absatz(lines) => {
                    if let Some(text) = self.absatz(lines) {
                        out.extend(self.tabelle());
                        out.push(text);
                    }
                }
                Block::Je(name, list, bounds, inner) => {
                    let all = self.listen.get(list).cloned().unwrap_or_default();
                    let some = self.some(&all, *bounds);
                    if bounds.is_some() {
                        // An agenda is chosen once and gone through twice.
                        self.listen.insert("gewaehlt", some.clone());
                    }
                    for (nr, entry) in some.into_iter().enumerate() {
                        self.setze(&format!("{name}_nr"), (nr + 1).to_string());
                        for (place, part) in entry.split(" / ").enumerate() {
                            let suffix =
                                if place == 0 { String::new() } else { (place + 1).to_string() };
                            let part = self.text(part);
                            self.setze(&format!("{name}{suffix}"), part);
                        }
                        self.bloecke(inner, out);
                    }
                }
                Block::Mal(low, high, inner) => {
                    for nr in 1..=self.dice.between(*low, *high) {
                        self.setze("nr", nr.to_string());
                        self.bloecke(inner, out);
                    }
                }
            }
        }
    }

    /// All of them, or so many in their order.
    fn some<T: Copy>(&mut self, all: &[T], bounds: Option<(u64, u64)>) -> Vec<T> {
        let Some((low, high)) = bounds else { return all.to_vec() };
        let mut wanted = self.dice.between(low, high);
        let mut left = u64::try_from(all.len()).unwrap_or(0);
        let mut some = Vec::new();
        for entry in all {
            if wanted > 0 && self.dice.between(1, left) <= wanted {
                some.push(*entry);
                wanted -= 1;
            }
            left -= 1;
        }
        some
    }

    fn absatz(&mut self, lines: &[&str]) -> Option<String> {
        let (first, rest) = lines.split_first()?;
        let mut first = *first;
        if let Some((when, text)) = first.strip_prefix('?').and_then(|l| l.split_once(' ')) {
            if !self.gilt(when) {
                return None;
            }
            first = text;
        }
        let lines = std::iter::once(first).chain(rest.iter().copied());
        if first.starts_with('|') {
            for line in lines {
                let row = self.text(line);
                self.zeilen.push(row);
            }
            return None;
        }
        let mut text = String::new();
        for line in lines {
            let field = line.strip_prefix("> ");
            if !text.is_empty() {
                text.push(if field.is_some() { '\n' } else { ' ' });
            }
            match field.and_then(|field| field.split_once(" = ")) {
                Some((name, value)) => text.push_str(&format!("{name}:\t{value}")),
                None => text.push_str(line.trim_end()),
            }
        }
        Some(self.text(&text).replace("\\n", "\n"))
    }

    fn gilt(&mut self, when: &str) -> bool {
        if let Some((name, least)) = when.split_once('>') {
            self.zahl(name) > self.zahl(least)
        } else if let Some((name, most)) = when.split_once('<') {
            self.zahl(name) < self.zahl(most)
        } else {
            self.dice.chance(when.parse().unwrap_or(50))
        }
    }

    /// A text with everything in braces written out.
    pub fn text(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let mut depth = 1_u32;
            let end = after.char_indices().find(|(_, char)| {
                match char {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            let Some((end, _)) = end else { break };
            let (inner, behind) = after.split_at(end);
            let choices = choices(inner);
            if choices.len() > 1 {
                let last = u64::try_from(choices.len() - 1).unwrap_or(0);
                let place = usize::try_from(self.dice.between(0, last)).unwrap_or(0);
                let chosen = self.text(choices.get(place).copied().unwrap_or_default());
                out.push_str(&chosen);
            } else {
                out.push_str(&self.wort(inner));
            }
            rest = behind.strip_prefix('}').unwrap_or(behind);
        }
        out.push_str(rest);
        out
    }

    /// A figure, or the value of that name as one; points between thousands are left out.
    fn zahl(&self, text: &str) -> i64 {
        let value = self.werte.get(text).map_or(text, String::as_str);
        value.replace('.', "").parse().unwrap_or(0)
    }

    fn wurf(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low + i64::try_from(self.dice.between(0, span)).unwrap_or(0)
    }

    fn wort(&mut self, inner: &str) -> String {
        if inner.contains('{') {
            let inner = self.text(inner);
            return self.wort(&inner);
        }
        let words: Vec<&str> = inner.split_whitespace().collect();
        let (Some(word), arguments) = (words.first(), words.get(1..).unwrap_or_default()) else {
            return String::new();
        };
        if let (Some(value), true) = (self.werte.get(*word), arguments.is_empty()) {
            return value.clone();
        }
        let low = arguments.first().map_or(0, |text| self.zahl(text));
        let high = arguments.get(1).map_or(low, |text| self.zahl(text));
        match *word {
            "zahl" => self.wurf(low, high).to_string(),
            "tausend" => punkte(self.wurf(low, high)),
            "stufen" => punkte(self.wurf(low / 1000, high / 1000) * 1000),
            "euro" => euro(u64::try_from(self.wurf(low * 10, high * 10) * 10).unwrap_or(0)),
            "komma" => {
                let tenths = self.wurf(low * 10, high * 10);
                format!("{},{}", tenths / 10, tenths % 10)
            }
            "etwa" => {
                let percent = self.wurf(high, arguments.get(2).map_or(high, |t| self.zahl(t)));
                punkte(low * (100 + percent) / 100)
            }
            "mal" => {
                let per = arguments.get(2).map_or(1, |text| self.zahl(text)).max(1);
                punkte(low * high / per)
            }
            "tag" | "kurz" => {
                let day = self.tag(low, high);
                if *word == "tag" { lang(day) } else { day.format("%d.%m.%Y").to_string() }
            }
            "jahr" => (i64::from(self.datum.year()) + low).to_string(),
            "person" => people::person(self.dice),
            "vorname" => people::vorname(self.dice).into(),
            "nachname" => people::nachname(self.dice).into(),
            "anrede" => people::anrede(self.dice),
            "strasse" => people::strasse(self.dice).into(),
            "anschrift" => people::anschrift(self.dice),
            "flurstueck" => people::flurstueck(self.dice),
            "firma" => Firma::new(self.dice, arguments.first().copied().unwrap_or("Bau")).name,
            "stimmen" => self.stimmen(low),
            _ => format!("{{{inner}}}"),
        }
    }

    fn tag(&mut self, low: i64, high: i64) -> NaiveDate {
        let days = self.wurf(low, high.max(low));
        let some = Days::new(days.unsigned_abs());
        if days < 0 { self.datum - some } else { self.datum + some }
    }

    fn stimmen(&mut self, anwesend: i64) -> String {
        let nein = self.wurf(0, anwesend / 4);
        let rest = self.wurf(0, anwesend / 6);
        match (nein, rest) {
            (0, 0) => format!("einstimmig ({anwesend} Ja)"),
            _ => format!("Ja {}, Nein {nein}, Enthaltungen {rest}", anwesend - nein - rest),
        }
    }
}

/// The parts between `|` outside of inner braces.
fn choices(inner: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    inner
        .split(|char| {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            char == '|' && depth == 0
        })
        .collect()
}

/// `1.234.567`.
pub fn punkte(number: i64) -> String {
    let cents = euro(number.unsigned_abs() * 100);
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", cents.trim_end_matches(",00 €"))
}
