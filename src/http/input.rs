//! JSON bodies and queries: read with a bound, refused with the place that is wrong.
//!
//! Unknown fields are refused, because a misspelt field that is silently dropped is lost work.
//! U+0000 is refused, because PostgreSQL can't keep it.

use actix_web::{
    HttpMessage as _, HttpRequest,
    dev::Payload,
    web::{self, BytesMut},
};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    content_digest::{Body, Claim},
    front::Limits,
    pace::Pace,
    problem::{Code, Problem},
};

/// Reads a JSON body.
///
/// # Errors
/// 415 for another media type, 413 above the bound, 408 from a client that is too slow, 400 with a
/// pointer for what does not fit.
pub async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    limits: &Limits,
) -> Result<T, Problem> {
    let bytes = body(request, payload, limits, "application/json").await?;
    read_json(&bytes)
}

/// Reads the body of an HTML form: names and values, in their order.
///
/// # Errors
/// As `json`.
pub async fn form(
    request: &HttpRequest,
    payload: Payload,
    limits: &Limits,
) -> Result<Vec<(String, String)>, Problem> {
    let bytes = body(request, payload, limits, "application/x-www-form-urlencoded").await?;
    let wrong = || Problem::new(Code::AnfrageUngueltig, "Das Formular ist nicht lesbar.");
    query(std::str::from_utf8(&bytes).map_err(|_| wrong())?)
}

async fn body(
    request: &HttpRequest,
    payload: Payload,
    limits: &Limits,
    media_type: &str,
) -> Result<BytesMut, Problem> {
    if !request.content_type().eq_ignore_ascii_case(media_type) {
        let detail = format!("Erwartet wird Content-Type: {media_type}.");
        return Err(Problem::new(Code::MedientypNichtErlaubt, detail));
    }
    let mut body = Body::new(payload, Claim::read(request.headers())?);
    let mut pace = Pace::start(limits);
    let mut bytes = BytesMut::new();
    while let Some(chunk) = pace.next(body.next()).await? {
        let chunk = chunk.map_err(|_| Problem::from(Code::UploadAbgebrochen))?;
        pace.count(chunk.len())?;
        if bytes.len() + chunk.len() > limits.json_bytes {
            return Err(too_large(limits.json_bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    body.check()?;
    Ok(bytes)
}

/// 413 with the bound.
#[must_use]
pub fn too_large(bytes_max: usize) -> Problem {
    Problem::new(Code::ZuGross, format!("Erlaubt sind {bytes_max} Bytes."))
}

/// Reads JSON.
///
/// # Errors
/// 400 with a pointer to the place.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.windows(6).any(|w| w == b"\\u0000") {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| syntax(&e))?;
        if let Some(pointer) = nul(&value, String::new()) {
            return Err(Problem::at(pointer, "nullzeichen", "U+0000 ist nicht erlaubt."));
        }
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let pointer = pointer(e.path());
        match e.inner().classify() {
            serde_json::error::Category::Data => data_problem(pointer, &e.inner().to_string()),
            _ => syntax(e.inner()),
        }
    })?;
    reader.end().map_err(|e| syntax(&e))?;
    Ok(read)
}

fn syntax(error: &serde_json::Error) -> Problem {
    let detail = format!("Lesbar bis Zeile {}, Spalte {}.", error.line(), error.column());
    Problem::new(Code::JsonUngueltig, detail)
}

/// What serde says in English is turned into a stable word; only names from our own types and the
/// input's own field name come with it.
fn data_problem(pointer: String, message: &str) -> Problem {
    let named = message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("unknown field") {
        let last = pointer.rsplit('/').next().unwrap_or_default();
        let pointer = match last == escape(named) {
            true => pointer,
            false => format!("{pointer}/{}", escape(named)),
        };
        return Problem::at(pointer, "unbekanntes_feld", "Dieses Feld ist hier nicht bekannt.");
    }
    if message.starts_with("missing field") {
        let pointer = format!("{pointer}/{}", escape(named));
        return Problem::at(pointer, "feld_fehlt", "Dieses Feld muss angegeben werden.");
    }
    if message.starts_with("duplicate field") {
        let pointer = format!("{pointer}/{}", escape(named));
        return Problem::at(pointer, "feld_doppelt", "Dieses Feld steht zweimal da.");
    }
    Problem::at(pointer, "wert_ungueltig", "Dieser Wert ist hier nicht möglich.")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn nul(value: &Value, at: String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then_some(at),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(i, item)| nul(item, format!("{at}/{i}")))
        }
        Value::Object(fields) => fields.iter().find_map(|(key, item)| {
            let below = format!("{at}/{}", escape(key));
            if key.contains('\0') { Some(below) } else { nul(item, below) }
        }),
        _ => None,
    }
}

/// Reads a query string.
///
/// # Errors
/// 400.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    if text.contains("%00") {
        return Err(Problem::new(Code::AnfrageUngueltig, "U+0000 ist nicht erlaubt."));
    }
    let read = web::Query::<T>::from_query(text).map(web::Query::into_inner);
    read.map_err(|e| query_problem(&e.to_string()))
}

fn query_problem(message: &str) -> Problem {
    let named = message.split('`').nth(1).unwrap_or_default();
    let (code, text) = match message {
        m if m.contains("unknown field") => ("unbekanntes_feld", "Unbekannter Parameter."),
        m if m.contains("missing field") => ("feld_fehlt", "Dieser Parameter fehlt."),
        m if m.contains("duplicate field") => ("feld_doppelt", "Der Parameter steht zweimal da."),
        _ => {
            return Problem::new(
                Code::AnfrageUngueltig,
                "Ein Parameter hat keinen möglichen Wert.",
            );
        }
    };
    Problem::at(format!("?{named}"), code, text)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read by serde")]
        zahl: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read by serde")]
        liste: Vec<Inner>,
    }

    fn refused(json: &str) -> (Code, String) {
        let problem = read_json::<Outer>(json.as_bytes()).unwrap_err();
        let written = problem.response("").into_body();
        let bytes = actix_web::body::MessageBody::try_into_bytes(written).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let place = &value["fehler"][0];
        let place = format!(
            "{} {}",
            place["zeiger"].as_str().unwrap_or_default(),
            place["code"].as_str().unwrap_or_default()
        );
        (problem.code(), place)
    }

    #[test]
    fn the_place_that_is_wrong_is_named() {
        let at = |json| refused(json).1;
        assert_eq!(at(r#"{"liste":[{"zahl":1,"x/y":2}]}"#), "/liste/0/x~1y unbekanntes_feld");
        assert_eq!(at(r#"{"liste":[],"andere":2}"#), "/andere unbekanntes_feld");
        assert_eq!(at(r#"{"liste":[{"zahl":1},{}]}"#), "/liste/1/zahl feld_fehlt");
        assert_eq!(at(r#"{"liste":[{"zahl":"a"}]}"#), "/liste/0/zahl wert_ungueltig");
        assert_eq!(at(r#"{"liste":[],"liste":[]}"#), "/liste feld_doppelt");
        assert_eq!(at(r#"{"liste":["\u0000"]}"#), "/liste/0 nullzeichen");
    }

    #[test]
    fn what_is_not_json_is_told_from_what_does_not_fit() {
        assert_eq!(refused("{\"liste\":[}").0, Code::JsonUngueltig);
        assert_eq!(refused("{\"liste\":[]} x").0, Code::JsonUngueltig);
        assert_eq!(refused("").0, Code::JsonUngueltig);
    }
}
