//! Whether the fields of an Akte fit its type, and if not, where and why, in a clerk's words.

use jsonschema::{ValidationError, error::ValidationErrorKind as Why};
use serde_json::Value;

use super::{Aktentyp, Fachfeld, Felder, Wertart};

/// Bytes that the fields of one Akte may have as JSON.
pub const FELDER_BYTES_MAX: usize = 32 << 10;

/// Levels of lists and objects that a field may have.
pub const FELDER_TIEFE_MAX: usize = 4;

/// Places that are told at once.
const BEFUNDE_MAX: usize = 50;

/// One wrong place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feldbefund {
    /// JSON pointer below the fields, e.g. `/flurstueck/0`.
    pub zeiger: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what is right, German.
    pub text: String,
}

fn befund(zeiger: String, code: &'static str, text: impl Into<String>) -> Feldbefund {
    Feldbefund { zeiger, code, text: text.into() }
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Trims all texts, and tells what no type would take: too much, too deep, signs that no page and
/// no table can keep. Must be asked before [`Aktentyp::pruefen`].
#[must_use]
pub fn ordnen(felder: &mut Felder) -> Vec<Feldbefund> {
    let mut found = Vec::new();
    let mut bytes = 0_usize;
    for (name, value) in felder.iter_mut() {
        let at = format!("/{}", escape(&name.chars().take(80).collect::<String>()));
        bytes = bytes.saturating_add(name.len());
        if name.chars().any(char::is_control) {
            found.push(befund(at, "zeichen_unzulaessig", "Steuerzeichen sind nicht erlaubt."));
        } else {
            walk(value, &at, 1, &mut bytes, &mut found);
        }
        if bytes > FELDER_BYTES_MAX {
            let text = format!("Alle Felder zusammen dürfen {FELDER_BYTES_MAX} Bytes haben.");
            return vec![befund(String::new(), "zu_gross", text)];
        }
        if found.len() >= BEFUNDE_MAX {
            break;
        }
    }
    found
}

fn walk(value: &mut Value, at: &str, depth: usize, bytes: &mut usize, out: &mut Vec<Feldbefund>) {
    if depth > FELDER_TIEFE_MAX {
        out.push(befund(at.to_owned(), "zu_tief", "So tief geschachtelt ist kein Feld."));
        return;
    }
    *bytes = bytes.saturating_add(8);
    if *bytes > FELDER_BYTES_MAX || out.len() >= BEFUNDE_MAX {
        return;
    }
    match value {
        Value::String(text) => {
            *bytes = bytes.saturating_add(text.len());
            if let Some(c) = text.chars().find(|c| c.is_control()) {
                let text = format!("Das Steuerzeichen U+{:04X} ist nicht erlaubt.", u32::from(c));
                out.push(befund(at.to_owned(), "zeichen_unzulaessig", text));
            } else if text.trim().len() < text.len() {
                *text = text.trim().to_owned();
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter_mut().enumerate() {
                walk(item, &format!("{at}/{n}"), depth + 1, bytes, out);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields.iter_mut() {
                *bytes = bytes.saturating_add(key.len());
                walk(item, &format!("{at}/{}", escape(key)), depth + 1, bytes, out);
            }
        }
        _ => {}
    }
}

impl Aktentyp {
    /// All places at which the fields do not fit, at most 50.
    #[must_use]
    pub fn pruefen(&self, felder: &Felder) -> Vec<Feldbefund> {
        let value = Value::Object(felder.clone());
        let errors = self.schema().iter_errors(&value);
        let mut found: Vec<Feldbefund> =
            errors.take(BEFUNDE_MAX).flat_map(|error| self.befunde(&error)).collect();
        found.truncate(BEFUNDE_MAX);
        found
    }

    fn befunde(&self, error: &ValidationError<'_>) -> Vec<Feldbefund> {
        let at = error.instance_path().to_string();
        match error.kind() {
            Why::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let titel = self.feld(name).map_or(name, |feld| &feld.titel);
                let text = format!("„{titel}“ muss angegeben werden.");
                vec![befund(format!("{at}/{}", escape(name)), "fehlt", text)]
            }
            Why::AdditionalProperties { unexpected } => {
                let unknown = |name: &String| {
                    let text =
                        format!("Der Aktentyp „{}“ hat dieses Feld nicht.", self.bezeichnung);
                    befund(format!("{at}/{}", escape(name)), "unbekanntes_feld", text)
                };
                unexpected.iter().take(BEFUNDE_MAX).map(unknown).collect()
            }
            other => {
                let name = at.split('/').nth(1).unwrap_or_default();
                let (code, text) = warum(other, self.feld(name), at.matches('/').count() > 1);
                vec![befund(at, code, text)]
            }
        }
    }
}

/// Code and sentence for one value. `item`: it is one of a list.
fn warum(why: &Why, feld: Option<&Fachfeld>, item: bool) -> (&'static str, String) {
    let about = feld.map(|f| f.beschreibung.trim_end_matches('.')).unwrap_or_default();
    match why {
        Why::Type { .. } => ("wert_ungueltig", erwartet(feld, item)),
        Why::Format { format } => (
            "wert_ungueltig",
            match format.as_str() {
                "date" => "Das ist kein Datum. Geschrieben wird es JJJJ-MM-TT.".into(),
                "date-time" => "Das ist kein Zeitpunkt nach RFC 3339, mit Zeitzone.".into(),
                other => format!("Das hat nicht die Form „{other}“."),
            },
        ),
        Why::Enum { options } => {
            let words = options.as_array().into_iter().flatten().flat_map(super::worte);
            let words = words.take(40).collect::<Vec<_>>().join(", ");
            ("wert_ungueltig", format!("Möglich sind: {words}."))
        }
        Why::Pattern { .. } => ("wert_ungueltig", format!("Das hat nicht die Form. {about}.")),
        Why::MinLength { .. } => ("fehlt", "Hier wird ein Text gebraucht.".into()),
        Why::MaxLength { limit } => ("zu_lang", format!("Höchstens {limit} Zeichen sind erlaubt.")),
        Why::Minimum { limit } => ("wert_ungueltig", format!("Mindestens {limit}.")),
        Why::Maximum { limit } => ("wert_ungueltig", format!("Höchstens {limit}.")),
        Why::MinItems { limit } => ("fehlt", format!("Mindestens {limit} Angabe wird gebraucht.")),
        Why::MaxItems { limit } => ("zu_viele", format!("Höchstens {limit} Angaben sind erlaubt.")),
        Why::UniqueItems => ("doppelt", "Eine Angabe steht zweimal da.".into()),
        _ => ("wert_ungueltig", "Dieser Wert ist hier nicht möglich.".into()),
    }
}

fn erwartet(feld: Option<&Fachfeld>, item: bool) -> String {
    let Some(feld) = feld else { return "Dieser Wert ist hier nicht möglich.".into() };
    let one = match feld.art {
        Wertart::Kennung | Wertart::Text => "ein Text",
        Wertart::Datum => "ein Datum (JJJJ-MM-TT)",
        Wertart::Zeit => "ein Zeitpunkt",
        Wertart::Zahl => "eine Zahl",
        Wertart::JaNein => "true oder false",
    };
    let list = if feld.mehrfach && !item { "eine Liste, je Angabe " } else { "" };
    format!("Erwartet wird {list}{one}.")
}
