//! Reads a plan from xdomea 0301 (2.x and 3.x alike: by local names). What the message does not
//! carry (the form of the numbers, the fallback rule) comes from a plan that is there already.
//!
//! Its years have no legal basis, so they arrive as a recommendation that says where it is from;
//! years that equal the fallback's arrive as no rule, so that they are confirmed before anything is
//! destroyed. `A` and `V` become `B`.

use std::collections::HashMap;

use chrono::NaiveDate;
use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

use super::{
    Aktenplan, Befund, Gelesen, falten,
    lesen::{DEPTH_MAX, Leser},
    tabelle,
    zeile::Zeile,
};

/// Legal basis of the rules that come out of a message.
const HERKUNFT: &str = "Empfehlung: aus xdomea 0301 übernommen, Rechtsgrundlage nachtragen";
const ROOT: &str = "Aktenplan.Aktenplan.0301";
/// Elements in elements at most: those around a unit, the units, those in a unit.
const NESTING_MAX: usize = 8 + DEPTH_MAX as usize;

/// Reads the message; `vorlage` lends what it does not carry.
///
/// # Errors
/// Everything that is wrong, with the line of the XML.
pub fn read(bytes: &[u8], vorlage: &Aktenplan) -> Result<Gelesen, Vec<Befund>> {
    let text = tabelle::decode(bytes).map_err(|finding| vec![finding])?;
    let mut message = Nachricht { leser: Leser::default(), ..Nachricht::default() };
    message.years = vorlage.ausweichregel.dauer.map(|years| years.to_string());
    let end = message.walk(&text);
    if let Err((line, why)) = end {
        message.leser.finding(line, "XML", why);
        return Err(message.leser.befunde);
    }
    let plan = message.head(vorlage);
    if !message.leser.befunde.is_empty() {
        return Err(message.leser.befunde);
    }
    let (mut leser, units) = (message.leser, message.units);
    leser.stand = plan.stand;
    let stand = plan.stand.to_string();
    for unit in &units {
        unit.hand_over(&mut leser, &stand);
    }
    leser.finish(plan)
}

#[derive(Default)]
struct Nachricht {
    leser: Leser,
    /// Names of the elements that are open.
    path: Vec<String>,
    /// Units that are open.
    open: Vec<Offen>,
    /// Units that are read.
    units: Vec<Offen>,
    /// Of the head and the plan.
    fields: HashMap<&'static str, String>,
    /// Years of the fallback rule.
    years: Option<String>,
    text: String,
}

#[derive(Default)]
struct Offen {
    line: u64,
    above: Option<String>,
    cells: HashMap<&'static str, String>,
    /// Holds a unit that is not shut down.
    inner: bool,
}

impl Offen {
    fn hand_over(&self, leser: &mut Leser, stand: &str) {
        let mut cells: HashMap<&str, &str> = HashMap::new();
        for (name, text) in &self.cells {
            if let Some(why) = tabelle::refused(text) {
                return leser.finding(self.line, name, why);
            }
            cells.insert(name, text);
        }
        if let Some(above) = &self.above {
            cells.insert("uebergeordnet", above);
        }
        if cells.contains_key("dauer") {
            let rule =
                [("einheit", "jahre"), ("anker", "schliessung"), ("rechtsgrundlage", HERKUNFT)];
            cells.extend(rule);
            cells.insert("stand", stand);
        }
        if !cells.contains_key("bezeichnung") {
            return leser.finding(self.line, "BetreffKurz", "fehlt");
        }
        leser.row(&Zeile { line: self.line, cells });
    }
}

impl Nachricht {
    fn walk(&mut self, text: &str) -> Result<(), (u64, String)> {
        let mut reader = Reader::from_str(text);
        let (mut line, mut counted) = (1_u64, 0_usize);
        loop {
            let event = reader.read_event();
            let at = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
            let passed = text.as_bytes().get(counted..at).unwrap_or_default();
            line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
            counted = at.max(counted);
            match event.map_err(|e| (line, format!("ist kein gültiges XML: {e}")))? {
                Event::Start(element) => {
                    self.start(line, &String::from_utf8_lossy(element.local_name().as_ref()))?;
                }
                Event::Empty(element) => {
                    self.start(line, &String::from_utf8_lossy(element.local_name().as_ref()))?;
                    self.end(line);
                }
                Event::End(_) => self.end(line),
                Event::Text(part) => {
                    self.text.push_str(&part.decode().map_err(|e| (line, e.to_string()))?);
                }
                Event::CData(part) => {
                    self.text.push_str(&part.decode().map_err(|e| (line, e.to_string()))?);
                }
                Event::GeneralRef(reference) => {
                    let name = reference.decode().map_err(|e| (line, e.to_string()))?;
                    match (reference.resolve_char_ref(), resolve_predefined_entity(&name)) {
                        (Ok(Some(char)), _) => self.text.push(char),
                        (_, Some(text)) => self.text.push_str(text),
                        _ => return Err((line, format!("unbekannte Entität {name}"))),
                    }
                }
                Event::DocType(_) => {
                    return Err((line, "Dokumenttyp (DOCTYPE) ist nicht erlaubt".into()));
                }
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
        if self.path.is_empty() { Ok(()) } else { Err((line, "bricht ab".into())) }
    }

    fn start(&mut self, line: u64, name: &str) -> Result<(), (u64, String)> {
        if self.path.is_empty() && name != ROOT {
            return Err((line, format!("ist keine Nachricht 0301, sondern {name}")));
        }
        if self.path.len() >= NESTING_MAX {
            return Err((line, format!("mehr als {DEPTH_MAX} Ebenen")));
        }
        self.path.push(name.into());
        self.text.clear();
        let parent = self.path.iter().rev().nth(1).map(String::as_str);
        if name == "Einheit" && matches!(parent, Some("Aktenplan" | "Einheit")) {
            let above = self.open.last().and_then(|unit| unit.cells.get("nummer").cloned());
            if above.is_none() && !self.open.is_empty() {
                self.leser.finding(line, "Kennzeichen", "fehlt bei der Einheit darüber");
            }
            self.open.push(Offen { line, above, ..Offen::default() });
        }
        Ok(())
    }

    /// An element has ended: its text goes where the element before it says.
    fn end(&mut self, line: u64) {
        let Some(name) = self.path.pop() else { return };
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let text = words.join(" ");
        self.text.clear();
        let parents: Vec<&str> = self.path.iter().rev().take(3).map(String::as_str).collect();
        match (parents.as_slice(), name.as_str()) {
            (["Aktenplan" | "Einheit", ..], "Einheit") => self.unit_ends(),
            (["Einheit", ..], "Kennzeichen") => self.cell("nummer", text),
            (["Einheit", ..], "BetreffKurz") => self.cell("bezeichnung", text),
            (["Einheit", ..], "Inhaltsangabe") => self.cell("beispiele", text),
            (["Einheit", ..], "Stillgelegt") => match text.as_str() {
                "1" | "true" => self.cell("stillgelegt", "ja".into()),
                "0" | "false" | "" => {}
                _ => self.leser.finding(line, "Stillgelegt", format!("{text:?} ist nicht lesbar")),
            },
            (["Aufbewahrungsdauer", "Einheit", ..], "AnzahlJahre") => self.cell("dauer", text),
            (["Aufbewahrungsdauer", "Einheit", ..], "Unbefristet")
                if matches!(text.as_str(), "1" | "true") =>
            {
                self.cell("dauer", "dauernd".into());
            }
            (
                ["Aussonderungsart", "Aussonderungsart" | "Einheit", ..],
                "code" | "Aussonderungsart",
            ) if !text.is_empty() => {
                self.cell("aussonderungsart", text);
            }
            (["Einheit", ..], "VerweisAktenplaneinheit" | "Gueltigkeit") => {
                let note = "hat im Plan keinen Platz und wurde nicht übernommen".into();
                self.leser.hinweise.push(Befund { zeile: line, spalte: name, text: note });
            }
            (["Aktenplan", ..], "Bezeichnung") => self.field("name", text),
            (["Aktenplan", ..], "Version") => self.field("version", text),
            (["Kopf", ..], "Erstellungszeitpunkt") => self.field("erstellt", text),
            _ => {}
        }
    }

    fn cell(&mut self, name: &'static str, text: String) {
        if let Some(unit) = self.open.last_mut().filter(|_| !text.is_empty()) {
            unit.cells.insert(name, text);
        }
    }

    fn field(&mut self, name: &'static str, text: String) {
        self.fields.entry(name).or_insert(text);
    }

    fn unit_ends(&mut self) {
        let Some(mut unit) = self.open.pop() else { return };
        let shut = unit.cells.contains_key("stillgelegt");
        if let Some(above) = self.open.last_mut().filter(|_| !shut) {
            above.inner = true;
        }
        // The schema wants years everywhere; those of inner units say nothing.
        if unit.inner || unit.cells.get("dauer") == self.years.as_ref() {
            unit.cells.remove("dauer");
        }
        self.units.push(unit);
    }

    fn head(&mut self, vorlage: &Aktenplan) -> Aktenplan {
        let date = |text: &str| NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok();
        let mut field = |name| self.fields.remove(name).unwrap_or_default();
        let (name, version, made) = (field("name"), field("version"), field("erstellt"));
        let stand = date(&version).filter(|_| version.len() == 10).or_else(|| date(&made));
        if stand.is_none() {
            let text = "weder Version noch Erstellungszeitpunkt ist ein Datum";
            self.leser.finding(0, "Version", text);
        }
        if name.is_empty() {
            self.leser.finding(0, "Bezeichnung", "fehlt");
        }
        for text in [&name, &version] {
            if let Some(why) = tabelle::refused(text) {
                self.leser.finding(0, "Aktenplan", why);
            }
        }
        let sign: String = falten(&name).replace(' ', "-").chars().take(40).collect();
        let sign: String =
            sign.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        Aktenplan {
            kennung: if sign.is_empty() { vorlage.kennung.clone() } else { sign },
            name,
            stand: stand.unwrap_or(vorlage.stand),
            quelle: format!("xdomea 0301, Version {version}"),
            ..vorlage.clone()
        }
    }
}
