//! Writes a plan as the folder of text files that [`super::read`] reads: what was read and is
//! written reads the same again, notes included.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::{
    Aktenplan, Gelesen, Regel,
    lesen::COLUMNS,
    zeile::{CODES, ENDS, KINDS, ROUNDINGS, UNITS, WALLS},
};

/// `plan.csv` in UTF-8, with semicolons.
#[must_use]
pub fn csv(gelesen: &Gelesen) -> String {
    let mut text = String::new();
    line(&mut text, &mut COLUMNS.iter().copied());
    let depths = gelesen.ebenen();
    for ((unit, place), depth) in gelesen.einheiten.iter().zip(&gelesen.stellen).zip(depths) {
        let note = |row: usize| place.vermerke.get(row).map_or("", |note| note);
        let depth = depth.to_string();
        let (words, examples) = (unit.stichworte.join(", "), unit.beispiele.join(" | "));
        let first = |column: &'static str| match column {
            "nummer" => &unit.nummer,
            "uebergeordnet" => unit.uebergeordnet.as_deref().unwrap_or_default(),
            "ebene" => &depth,
            "bezeichnung" => &unit.bezeichnung,
            "aussonderungsart" if unit.blatt => "B",
            "vorschlag" => unit.vorschlag.map_or("", |code| name(CODES, code)),
            "schutzklasse" => unit.schutzklasse.map_or("", |wall| name(WALLS, wall)),
            "aktentyp" => unit.aktentyp.as_deref().unwrap_or_default(),
            "stichworte" => &words,
            "beispiele" => &examples,
            "eigen" if unit.eigen => "ja",
            "stillgelegt" if unit.stillgelegt => "ja",
            "vermerk" => note(0),
            _ => "",
        };
        row(&mut text, unit.regel.as_ref(), first);
        for (i, rule) in unit.weitere_regeln.iter().enumerate() {
            row(&mut text, Some(rule), |column| match column {
                "nummer" => &unit.nummer,
                "vermerk" => note(i + 1),
                _ => "",
            });
        }
    }
    text
}

/// One row: what the rule says where it says something, else the unit.
fn row<'a>(text: &mut String, rule: Option<&Regel>, unit: impl Fn(&'static str) -> &'a str) {
    let length = rule.map(|r| r.dauer.map_or("dauernd".into(), |n| n.to_string()));
    let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    let plain = |name: &'static str, default: &str| if name == default { "" } else { name };
    let cells = COLUMNS.iter().map(|column| match (*column, rule) {
        ("dauer", Some(_)) => length.as_deref().unwrap_or_default().to_owned(),
        ("einheit", Some(r)) if r.dauer.is_none() => plain(name(UNITS, r.einheit), "jahre").into(),
        ("einheit", Some(r)) => name(UNITS, r.einheit).into(),
        ("anker", Some(r)) => r.anker.clone(),
        ("rechtsgrundlage", Some(r)) => r.rechtsgrundlage.clone(),
        ("land", Some(r)) => r.land.clone().unwrap_or_default(),
        ("stand", Some(r)) => r.stand.to_string(),
        ("art", Some(r)) => plain(name(KINDS, r.art), "mindest").into(),
        ("rundung", Some(r)) => plain(name(ROUNDINGS, r.rundung), "jahresende").into(),
        ("folge", Some(r)) => plain(name(ENDS, r.folge), "anbieten").into(),
        ("von", Some(r)) => day(r.von),
        ("bis", Some(r)) => day(r.bis),
        ("wenn", Some(r)) => r.wenn.as_ref().map_or_else(String::new, ToString::to_string),
        ("offen_solange", Some(r)) => r.offen_solange.clone().unwrap_or_default(),
        (column, _) => unit(column).to_owned(),
    });
    let cells: Vec<String> = cells.collect();
    line(text, &mut cells.iter().map(String::as_str));
}

fn line(text: &mut String, cells: &mut dyn Iterator<Item = &str>) {
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            text.push(';');
        }
        if cell.contains([';', '"', '\n']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push('\n');
}

/// How the file names a value.
fn name<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, one)| *one == value).map_or("", |(name, _)| name)
}

/// `plan.toml`.
#[must_use]
pub fn toml(plan: &Aktenplan) -> String {
    // The escapes of a JSON string are those of a TOML string.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::new();
    let mut key = |name: &str, value: String| {
        // Writing into a String can't fail.
        let _ = writeln!(text, "{name} = {value}");
    };
    key("kennung", quoted(&plan.kennung));
    key("name", quoted(&plan.name));
    key("stand", quoted(&plan.stand.to_string()));
    key("quelle", quoted(&plan.quelle));
    key("grammatik", quoted(&plan.grammatik));
    key("geschaeftszeichen", quoted(&plan.geschaeftszeichen));
    key("gesperrte_ebenen", plan.gesperrte_ebenen.to_string());
    let rule = &plan.ausweichregel;
    text.push_str("\n[ausweichregel]\n");
    let mut key = |name: &str, value: String| {
        let _ = writeln!(text, "{name} = {value}");
    };
    key("dauer", rule.dauer.unwrap_or_default().to_string());
    key("einheit", quoted(name(UNITS, rule.einheit)));
    key("anker", quoted(&rule.anker));
    key("rechtsgrundlage", quoted(&rule.rechtsgrundlage));
    key("stand", quoted(&rule.stand.to_string()));
    key("rundung", quoted(name(ROUNDINGS, rule.rundung)));
    text
}
