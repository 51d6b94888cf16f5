//! Reads one schema, and refuses whatever would surprise a clerk or reach out of the file.
//!
//! Fields are flat, values or lists of values, and every key that is not named is refused, so that
//! a misspelt field is never kept unseen. Patterns run in an engine whose time grows with the text.

use std::collections::BTreeMap;

use jsonschema::{Draft, PatternOptions};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Aktentyp, Fachfeld, Unterart, Wertart};
use crate::domain::{access::Schutzklasse, aktenplan::ANKER};

/// Bytes that a schema may have.
const SCHEMA_BYTES_MAX: usize = 256 << 10;

/// Fields that a type may have.
const FELDER_MAX: usize = 200;

/// The only dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What a reference is written as.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kopf {
    kennung: String,
    version: u32,
    bezeichnung: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Suche {
    felder: Vec<String>,
    facetten: Vec<String>,
}

impl Aktentyp {
    /// Reads and checks a schema. It is compared with no other here.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn lesen(text: &str) -> Result<Self, String> {
        if text.len() > SCHEMA_BYTES_MAX {
            return Err(format!("longer than {SCHEMA_BYTES_MAX} bytes"));
        }
        let schema: Value = serde_json::from_str(text).map_err(|e| format!("no JSON: {e}"))?;
        let root = schema.as_object().ok_or("no JSON object")?;
        if root.get("$schema").and_then(Value::as_str) != Some(DIALECT) {
            return Err(format!("$schema: must be {DIALECT}"));
        }
        inside(&schema, "#")?;
        let own = ["aktentyp", "vorgangstypen", "dokumenttypen", "anker", "suche", "schutzklasse"];
        for key in root.keys().filter_map(|key| key.strip_prefix("x-")) {
            if !own.contains(&key) {
                return Err(format!("x-{key}: unknown; there are x-{}", own.join(", x-")));
            }
        }
        let kopf: Kopf = part(root, "x-aktentyp")?;
        if !is_name(&kopf.kennung) || kopf.version == 0 || kopf.bezeichnung.trim().is_empty() {
            return Err(
                "x-aktentyp: kennung (a-z, 0-9, _; at most 40), version (from 1), bezeichnung"
                    .into(),
            );
        }
        if root.get("type") != Some(&"object".into())
            || root.get("additionalProperties") != Some(&false.into())
        {
            return Err("must have \"type\": \"object\", \"additionalProperties\": false".into());
        }
        let felder = fields(root)?;
        let anker = anchors(root, &felder)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .build(&schema)
            .map_err(|e| format!("no valid schema: {e} (at {})", e.instance_path()))?;
        Ok(Self {
            kennung: kopf.kennung,
            version: kopf.version,
            bezeichnung: kopf.bezeichnung,
            felder,
            vorgangstypen: kinds(root, "x-vorgangstypen")?,
            dokumenttypen: kinds(root, "x-dokumenttypen")?,
            anker,
            schutzklasse: optional::<Schutzklasse>(root, "x-schutzklasse")?,
            schema: validator,
            quelle: schema,
        })
    }

    /// The compiled schema.
    pub(super) const fn schema(&self) -> &jsonschema::Validator {
        &self.schema
    }
}

/// A name of a type or field.
fn is_name(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(sign)
}

fn part<T: serde::de::DeserializeOwned>(root: &Map<String, Value>, key: &str) -> Result<T, String> {
    let value = root.get(key).ok_or_else(|| format!("{key}: is missing"))?;
    T::deserialize(value).map_err(|e| format!("{key}: {e}"))
}

fn optional<T: serde::de::DeserializeOwned>(
    root: &Map<String, Value>,
    key: &str,
) -> Result<Option<T>, String> {
    if root.contains_key(key) { part(root, key).map(Some) } else { Ok(None) }
}

/// Nothing may refer to another document, wherever that lies.
fn inside(value: &Value, at: &str) -> Result<(), String> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(n, item)| inside(item, &format!("{at}/{n}")))
        }
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            if REFERENCES.contains(&key.as_str())
                && !value.as_str().is_some_and(|to| to.starts_with('#'))
            {
                return Err(format!(
                    "{at}/{key}: {value} leads out of this file; nothing is fetched, neither from \
                     the network nor from disk"
                ));
            }
            let base = key == "$id" || (key == "$schema" && at != "#");
            if base || key == "$vocabulary" {
                return Err(format!("{at}/{key}: has no place here"));
            }
            inside(value, &format!("{at}/{key}"))
        }),
        _ => Ok(()),
    }
}

fn fields(root: &Map<String, Value>) -> Result<Vec<Fachfeld>, String> {
    let properties = root.get("properties").and_then(Value::as_object);
    let properties = properties.ok_or("properties: is missing")?;
    if properties.len() > FELDER_MAX {
        return Err(format!("properties: more than {FELDER_MAX}"));
    }
    let required: Vec<String> = optional(root, "required")?.unwrap_or_default();
    let search: Suche = optional(root, "x-suche")?.unwrap_or_default();
    let named = [("required", &required), ("x-suche", &search.felder)];
    for (key, names) in named.into_iter().chain([("x-suche", &search.facetten)]) {
        if let Some(name) = names.iter().find(|name| !properties.contains_key(*name)) {
            return Err(format!("{key}: there is no field {name}"));
        }
    }
    // `serde_json` keeps objects sorted by key, and fields are looked up by halving.
    let mut fields = Vec::with_capacity(properties.len());
    for (name, schema) in properties {
        let at = format!("properties/{name}");
        if !is_name(name) {
            return Err(format!("{at}: names are a-z, 0-9, _, at most 40"));
        }
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("title").trim().is_empty() {
            return Err(format!("{at}/title: is missing; clerks read it"));
        }
        let mehrfach = text("type") == "array";
        let of_one = if mehrfach { schema.get("items").unwrap_or(&Value::Null) } else { schema };
        fields.push(Fachfeld {
            name: name.clone(),
            titel: text("title").to_owned(),
            beschreibung: text("description").to_owned(),
            art: kind(of_one, &at)?,
            mehrfach,
            pflicht: required.contains(name),
            suche: search.felder.contains(name),
            facette: search.facetten.contains(name),
        });
    }
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(fields)
}

fn kind(schema: &Value, at: &str) -> Result<Wertart, String> {
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    Ok(match (text("type"), text("format")) {
        ("boolean", _) => Wertart::JaNein,
        ("integer" | "number", _) => Wertart::Zahl,
        ("string", "date") => Wertart::Datum,
        ("string", "date-time") => Wertart::Zeit,
        ("string", _) => {
            let fixed = ["enum", "const", "pattern", "format"];
            let bounded = schema.get("maxLength").is_some_and(Value::is_u64);
            if fixed.iter().any(|key| schema.get(key).is_some()) {
                Wertart::Kennung
            } else if bounded {
                Wertart::Text
            } else {
                return Err(format!("{at}: a text needs maxLength"));
            }
        }
        _ => {
            return Err(format!(
                "{at}/type: string, number, integer, boolean, or array with items of one of these"
            ));
        }
    })
}

fn anchors(
    root: &Map<String, Value>,
    fields: &[Fachfeld],
) -> Result<BTreeMap<String, String>, String> {
    let anchors: BTreeMap<String, String> = optional(root, "x-anker")?.unwrap_or_default();
    for (anchor, field) in &anchors {
        if !ANKER.contains(&anchor.as_str()) {
            return Err(format!(
                "x-anker: the anchor {anchor} is unknown; there are {}",
                ANKER.join(", ")
            ));
        }
        let day = fields.iter().find(|f| &f.name == field);
        if !day.is_some_and(|f| f.art == Wertart::Datum && !f.mehrfach) {
            return Err(format!("x-anker/{anchor}: {field} is no field with format date"));
        }
    }
    Ok(anchors)
}

fn kinds(root: &Map<String, Value>, key: &str) -> Result<Vec<Unterart>, String> {
    let kinds: Vec<Unterart> = optional(root, key)?.unwrap_or_default();
    for (n, kind) in kinds.iter().enumerate() {
        if !is_name(&kind.kennung) || kind.bezeichnung.trim().is_empty() {
            return Err(format!("{key}/{n}: kennung (a-z, 0-9, _) and bezeichnung"));
        }
        if kinds.iter().take(n).any(|other| other.kennung == kind.kennung) {
            return Err(format!("{key}/{n}: {} is there twice", kind.kennung));
        }
    }
    Ok(kinds)
}
