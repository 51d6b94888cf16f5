//! JSON Schema, as far as our openapi.json uses it, as rows of a table and as an example.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// How deep objects are opened; none of ours is deeper, and a schema may contain itself.
const DEPTH_MAX: usize = 5;
/// Rows of one table.
const ROWS_MAX: usize = 120;

/// A field as it is shown.
#[derive(Debug)]
pub struct Zeile {
    /// Path: `fassungen[].formate[].sha256`.
    pub feld: String,
    /// Type, with the values of an enumeration.
    pub typ: String,
    /// True: it is always there, or must be sent.
    pub pflicht: bool,
    /// What it means.
    pub sinn: String,
}

/// The named schemas.
#[derive(Debug)]
pub struct Schemas<'a>(BTreeMap<&'a str, &'a Value>);

impl<'a> Schemas<'a> {
    /// Of a description.
    pub fn new(openapi: &'a Value) -> Self {
        let all = openapi.pointer("/components/schemas").and_then(Value::as_object);
        Self(all.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect())
    }

    /// The fields of a body.
    pub fn rows(&self, schema: &Value) -> Vec<Zeile> {
        let mut rows = Vec::new();
        self.open(schema, "", 0, &mut rows);
        rows.truncate(ROWS_MAX);
        rows
    }

    fn open(&self, schema: &Value, path: &str, depth: usize, rows: &mut Vec<Zeile>) {
        if depth > DEPTH_MAX || rows.len() > ROWS_MAX {
            return;
        }
        let schema = self.plain(schema);
        for part in branches(schema) {
            self.open(part, path, depth + 1, rows);
        }
        if let Some(items) = schema.get("items") {
            return self.open(items, &format!("{path}[]"), depth + 1, rows);
        }
        let must: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
        for (name, field) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let full = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            // Of alternatives one may come twice; the first tells it.
            if !rows.iter().any(|row| row.feld == full) {
                rows.push(Zeile {
                    feld: full.clone(),
                    typ: self.kind(field),
                    pflicht: must.contains(&name.as_str()),
                    sinn: one_line(self.about(field)),
                });
                self.open(field, &full, depth + 1, rows);
            }
        }
    }

    /// The meaning that stands beside a reference, else that of what it refers to.
    fn about<'s>(&'s self, field: &'s Value) -> &'s str {
        let said = |of: &'s Value| of.get("description").and_then(Value::as_str);
        said(field).or_else(|| said(self.plain(field))).unwrap_or_default()
    }

    /// A type in a few words.
    pub fn kind(&self, schema: &Value) -> String {
        let schema = self.plain(schema);
        let values: Vec<&str> = list(schema, "enum").filter_map(Value::as_str).collect();
        if !values.is_empty() {
            return values.join(" | ");
        }
        if let Some(items) = schema.get("items") {
            return format!("Liste: {}", self.kind(items));
        }
        let parts: Vec<String> = branches(schema)
            .filter(|part| part.get("type").and_then(Value::as_str) != Some("null"))
            .map(|part| self.kind(part))
            .collect();
        if let Some(first) = parts.first() {
            return if parts.iter().all(|p| p == first) {
                first.clone()
            } else {
                parts.join(" | ")
            };
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or_default()
            }
            _ => "beliebig",
        };
        match (kind, schema.get("format").and_then(Value::as_str)) {
            ("string", Some("uuid")) => "Kennung (UUID)".into(),
            ("string", Some("date")) => "Datum".into(),
            ("string", Some("date-time")) => "Zeitpunkt".into(),
            ("string", Some("binary")) => "Datei".into(),
            ("string", _) => "Text".into(),
            ("integer", _) => "ganze Zahl".into(),
            ("number", _) => "Zahl".into(),
            ("boolean", _) => "ja/nein".into(),
            ("object", _) => "Objekt".into(),
            ("array", _) => "Liste".into(),
            (other, _) => other.to_owned(),
        }
    }

    /// A value that fits, with what must be there.
    pub fn example(&self, schema: Option<&Value>) -> Value {
        schema.map_or(Value::Null, |schema| self.fill(schema, 0))
    }

    fn fill(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.plain(schema);
        if let Some(value) = list(schema, "enum").next() {
            return value.clone();
        }
        if let Some(part) = branches(schema).next() {
            return if depth > DEPTH_MAX { Value::Null } else { self.fill(part, depth + 1) };
        }
        match self.kind(schema).as_str() {
            "Objekt" if depth <= DEPTH_MAX => {
                let mut object = Map::new();
                for name in list(schema, "required").filter_map(Value::as_str) {
                    let field = schema.get("properties").and_then(|p| p.get(name));
                    object.insert(
                        name.to_owned(),
                        field.map_or(Value::Null, |f| self.fill(f, depth + 1)),
                    );
                }
                Value::Object(object)
            }
            "Kennung (UUID)" => json!("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
            "Datum" => json!("2026-03-02"),
            "Zeitpunkt" => json!("2026-03-02T08:00:00.000Z"),
            "ganze Zahl" | "Zahl" => json!(1),
            "ja/nein" => json!(true),
            kind if kind.starts_with("Liste") => json!([]),
            _ => json!("..."),
        }
    }

    /// What a reference refers to.
    fn plain<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
        name.and_then(|name| self.0.get(name).copied()).unwrap_or(schema)
    }
}

fn list<'v>(schema: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    schema.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "oneOf", "anyOf"].into_iter().flat_map(move |name| list(schema, name))
}

/// Without line breaks.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
