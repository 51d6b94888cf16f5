//! The description of REST as its pages show it, read once from openapi.json.

use actix_web::web::Bytes;
use serde_json::Value;

use super::super::show;
use super::schema::{Schemas, Zeile, one_line};

/// All of it.
#[derive(Debug)]
pub struct Docs {
    json: Bytes,
    groups: Vec<Gruppe>,
}

/// The routes of one resource.
#[derive(Debug)]
pub struct Gruppe {
    /// As in the path.
    pub name: String,
    /// As people write it.
    pub titel: String,
    /// In the order of path and method.
    pub operationen: Vec<Operation>,
}

/// A route.
#[derive(Debug)]
pub struct Operation {
    /// Stable name.
    pub id: String,
    /// `GET`, ...
    pub methode: String,
    /// With `{name}` for what varies.
    pub pfad: String,
    /// In a few words.
    pub titel: String,
    /// Who may.
    pub wer: String,
    /// Of path, query and header.
    pub parameter: Vec<Parameter>,
    /// What is sent.
    pub rumpf: Option<Rumpf>,
    /// What comes back.
    pub antworten: Vec<Antwort>,
    /// A call.
    pub beispiel: String,
}

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub ort: &'static str,
    /// True: it must be there.
    pub pflicht: bool,
    /// Type.
    pub typ: String,
    /// What it means.
    pub sinn: String,
}

/// A body.
#[derive(Debug)]
pub struct Rumpf {
    /// Media type.
    pub medientyp: String,
    /// Its fields.
    pub felder: Vec<Zeile>,
}

/// An answer.
#[derive(Debug)]
pub struct Antwort {
    /// HTTP status.
    pub status: String,
    /// The codes of problems.
    pub codes: Vec<String>,
    /// What comes back, where it is not a problem.
    pub rumpf: Option<Rumpf>,
}

impl Docs {
    /// Reads the description.
    #[must_use]
    pub fn new(openapi: &Value) -> Self {
        let schemas = Schemas::new(openapi);
        let mut groups: Vec<Gruppe> = Vec::new();
        let paths = openapi.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for method in ["get", "head", "post", "put", "patch", "delete"] {
                let Some(found) = item.get(method) else { continue };
                let tag = found.pointer("/tags/0").and_then(Value::as_str).unwrap_or("sonstige");
                let operation = read(&schemas, path, method, found);
                match groups.iter_mut().find(|g| g.name == tag) {
                    Some(group) => group.operationen.push(operation),
                    None => {
                        groups.push(Gruppe {
                            name: tag.to_owned(),
                            // Paths are ASCII, and none of them has these letters otherwise.
                            titel: show::wort(&tag.replace("ae", "ä").replace("ue", "ü")),
                            operationen: vec![operation],
                        })
                    }
                }
            }
        }
        let json = serde_json::to_vec(openapi).unwrap_or_default().into();
        Self { json, groups }
    }

    /// The document itself.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// All groups.
    #[must_use]
    pub fn groups(&self) -> &[Gruppe] {
        &self.groups
    }

    /// One route.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.groups.iter().flat_map(|g| &g.operationen).find(|o| o.id == id)
    }
}

fn text(of: &Value, name: &str) -> String {
    of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn read(schemas: &Schemas<'_>, path: &str, method: &str, found: &Value) -> Operation {
    let list = found.get("parameters").and_then(Value::as_array);
    let parameter: Vec<Parameter> = list.into_iter().flatten().map(|p| one(schemas, p)).collect();
    let rumpf = found.get("requestBody").and_then(|b| body(schemas, b));
    let answers = found.get("responses").and_then(Value::as_object);
    let antworten = answers.into_iter().flatten().map(|(status, a)| answer(schemas, status, a));
    let open = found.get("security").and_then(Value::as_array).is_some_and(Vec::is_empty);
    let wer = if open { "Ohne Anmeldung.".to_owned() } else { text(found, "description") };
    let methode = method.to_uppercase();
    let sent = found.get("requestBody").and_then(|b| b.get("content")).and_then(Value::as_object);
    let sent = sent.and_then(|c| c.iter().next());
    let example = sent.map(|(kind, b)| (kind.as_str(), schemas.example(b.get("schema"))));
    let beispiel = curl(&methode, path, open, &parameter, example);
    Operation {
        id: text(found, "operationId"),
        methode,
        pfad: path.to_owned(),
        titel: text(found, "summary"),
        wer,
        parameter,
        rumpf,
        antworten: antworten.collect(),
        beispiel,
    }
}

fn one(schemas: &Schemas<'_>, parameter: &Value) -> Parameter {
    let ort = match parameter.get("in").and_then(Value::as_str) {
        Some("path") => "Pfad",
        Some("header") => "Kopfzeile",
        _ => "Anfrage",
    };
    Parameter {
        name: text(parameter, "name"),
        ort,
        pflicht: parameter.get("required").and_then(Value::as_bool).unwrap_or_default(),
        typ: schemas.kind(parameter.get("schema").unwrap_or(&Value::Null)),
        sinn: one_line(&text(parameter, "description")),
    }
}

fn body(schemas: &Schemas<'_>, of: &Value) -> Option<Rumpf> {
    let (medientyp, content) = of.get("content")?.as_object()?.iter().next()?;
    let felder = content.get("schema").map(|s| schemas.rows(s)).unwrap_or_default();
    Some(Rumpf { medientyp: medientyp.clone(), felder })
}

fn answer(schemas: &Schemas<'_>, status: &str, answer: &Value) -> Antwort {
    let problem = answer.pointer("/content/application~1problem+json").is_some();
    let said = text(answer, "description");
    let codes = said.split(", ").filter(|_| problem).map(str::to_owned).collect();
    let rumpf = if problem { None } else { body(schemas, answer) };
    Antwort { status: status.to_owned(), codes, rumpf }
}

/// A call as it is typed.
fn curl(
    method: &str,
    path: &str,
    open: bool,
    parameter: &[Parameter],
    body: Option<(&str, Value)>,
) -> String {
    let needed = parameter.iter().filter(|p| p.pflicht && p.ort == "Anfrage");
    let query: Vec<String> = needed.map(|p| format!("{}=...", p.name)).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let option = match method {
        "GET" => String::new(),
        "HEAD" => "-I ".to_owned(),
        other => format!("-X {other} "),
    };
    let mut lines = vec![format!("curl {option}\"$AKTENLAUF{path}{query}\"")];
    if !open {
        lines.push("-H \"Authorization: Bearer $SCHLUESSEL\"".into());
    }
    for header in parameter.iter().filter(|p| p.ort == "Kopfzeile") {
        match header.name.as_str() {
            "Idempotency-Key" => lines.push("-H \"Idempotency-Key: $(uuidgen)\"".into()),
            "If-Match" => lines.push("-H 'If-Match: \"4711\"'".into()),
            _ => {}
        }
    }
    match body {
        Some((kind, Value::Object(parts))) if kind.starts_with("multipart/") => {
            // The metadata come first, or the server could not tell early what it won't take.
            let late = |name: &str| name == "inhalt";
            let (last, first): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(n, _)| late(n));
            for (name, value) in first.into_iter().chain(last) {
                lines.push(match name.as_str() {
                    "inhalt" => "-F \"inhalt=@brief.pdf\"".into(),
                    _ => format!("-F '{name}={value};type=application/json'"),
                });
            }
        }
        Some((kind, value)) => {
            lines.push(format!("-H \"Content-Type: {kind}\""));
            lines.push(format!("-d '{value}'"));
        }
        None => {}
    }
    lines.join(" \\\n  ")
}
