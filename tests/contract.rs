//! Every successful answer that any test gets is compared with openapi.json: no field that it does
//! not name, none missing that it requires, no value of another type.

use std::sync::OnceLock;

use aktenlauf::{api, intake, registry};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(api::openapi)
}

/// Panics if an answer is not what openapi.json says of its route.
#[track_caller]
pub fn check(method: &str, path: &str, status: u16, answer: &Value) {
    let path = path.split('?').next().unwrap();
    let paths = document()["paths"].as_object().unwrap();
    let full = format!("/api/v1{path}");
    let fits = |pattern: &&String| {
        let (a, b) = (pattern.split('/'), full.split('/'));
        a.clone().count() == b.clone().count()
            && a.zip(b).all(|(a, b)| a == b || a.starts_with('{'))
    };
    // `/anmeldung/passwort` fits no other pattern, so the first that fits is the one.
    let pattern = paths.keys().find(fits).unwrap_or_else(|| panic!("{full} is in no table"));
    let operation = &paths[pattern][method.to_lowercase()];
    let answers = &operation["responses"][status.to_string()];
    assert!(answers.is_object(), "{method} {pattern} does not name {status}");
    let schema = &answers["content"]["application/json"]["schema"];
    let mut wrong = Vec::new();
    validate(schema, answer, "", &mut wrong);
    assert!(wrong.is_empty(), "{method} {pattern}: {wrong:?}\n{answer}");
}

fn resolve(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let name = reference.rsplit('/').next().unwrap();
            resolve(&document()["components"]["schemas"][name])
        }
        None => schema,
    }
}

/// Properties and required names of an object, through `allOf`.
fn fields(schema: &Value) -> (Map<String, Value>, Vec<String>) {
    let schema = resolve(schema);
    let (mut known, mut required) = (Map::new(), Vec::new());
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, needed) = fields(part);
        known.extend(more);
        required.extend(needed);
    }
    known.extend(schema["properties"].as_object().cloned().unwrap_or_default());
    let needed = schema["required"].as_array().into_iter().flatten();
    required.extend(needed.map(|name| name.as_str().unwrap().to_owned()));
    (known, required)
}

fn validate(schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let schema = resolve(schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let real: Vec<&Value> = choices.iter().filter(|c| c["type"] != "null").collect();
        if let ([only], false) = (real.as_slice(), value.is_null()) {
            return validate(only, value, at, wrong);
        }
        let fits = |choice: &Value| {
            let mut found = Vec::new();
            validate(choice, value, at, &mut found);
            found.is_empty()
        };
        if !choices.iter().any(fits) {
            wrong.push(format!("{at}: none of oneOf"));
        }
        return;
    }
    if let Some(names) = schema["enum"].as_array() {
        if !names.contains(value) {
            wrong.push(format!("{at}: {value} is none of {names:?}"));
        }
        return;
    }
    if let Some(types) = schema.get("type") {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = types == kind || types.as_array().is_some_and(|all| all.contains(&kind.into()));
        if !fits {
            wrong.push(format!("{at}: {kind} instead of {types}"));
        }
    }
    if let Value::Array(items) = value {
        for (number, item) in items.iter().enumerate() {
            validate(&schema["items"], item, &format!("{at}/{number}"), wrong);
        }
    }
    if let Value::Object(object) = value {
        let (known, required) = fields(schema);
        if known.is_empty() {
            return;
        }
        for name in required.iter().filter(|name| !object.contains_key(*name)) {
            wrong.push(format!("{at}/{name} is missing"));
        }
        for (name, item) in object {
            match known.get(name) {
                Some(schema) => validate(schema, item, &format!("{at}/{name}"), wrong),
                None => wrong.push(format!("{at}/{name} is not named")),
            }
        }
    }
}

#[test]
fn openapi_json_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/openapi.json");
    let checked_in: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(checked_in == *document(), "run: cargo run -- openapi > schemas/openapi.json");
}

/// The fields that a type really reads: serde names them when it meets one that it does not know.
fn read_fields<T: DeserializeOwned>(probe: Value) -> Vec<String> {
    let Err(error) = serde_json::from_value::<T>(probe) else { panic!("takes unknown fields") };
    let message = error.to_string();
    let (_, expected) = message.split_once("expected ").unwrap_or_else(|| panic!("{message}"));
    let mut names: Vec<String> =
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn every_request_is_read_as_it_is_documented() {
    let probe = || json!({ "?": 0 });
    let read = [
        ("AkteNeu", read_fields::<registry::AkteNeu>(probe())),
        ("AkteAenderung", read_fields::<registry::AkteAenderung>(probe())),
        ("VorgangNeu", read_fields::<registry::VorgangNeu>(probe())),
        ("VorgangAenderung", read_fields::<registry::VorgangAenderung>(probe())),
        ("DokumentAenderung", read_fields::<registry::DokumentAenderung>(probe())),
        ("Ziel", read_fields::<registry::Zielangabe>(probe())),
        ("Begruendung", read_fields::<registry::Begruendung>(probe())),
        ("Wiederoeffnung", read_fields::<registry::Wiederoeffnung>(probe())),
        ("RueckmeldungNeu", read_fields::<registry::RueckmeldungNeu>(probe())),
        ("OeNeu", read_fields::<registry::OeNeu>(probe())),
        ("OeAenderung", read_fields::<registry::OeAenderung>(probe())),
        ("FachsichtNeu", read_fields::<registry::FachsichtNeu>(probe())),
        ("PersonNeu", read_fields::<registry::PersonNeu>(probe())),
        ("Rollenangabe", read_fields::<registry::Rollenangabe>(probe())),
        ("RechteNeu", read_fields::<registry::RechteNeu>(probe())),
        ("SperreNeu", read_fields::<registry::SperreNeu>(probe())),
        ("SchluesselNeu", read_fields::<registry::SchluesselNeu>(probe())),
        ("Einlieferung", read_fields::<intake::Metadaten>(probe())),
        ("Fassungsangaben", read_fields::<intake::FassungMetadaten>(probe())),
    ];
    for (name, mut read) in read {
        let schema = &document()["components"]["schemas"][name];
        let mut told: Vec<String> =
            schema["properties"].as_object().unwrap().keys().cloned().collect();
        told.sort();
        read.sort();
        assert_eq!(told, read, "{name}: left documented, right read");
    }
}
