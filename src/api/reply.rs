//! How answers are written: objects with their `ETag`, receipts, pages.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    http::{
        file,
        page::Scope,
        problem::{Code, Problem},
    },
    registry::{Quittung, Seite},
};

/// An object. Its `version`, where it has one, is the `ETag`.
///
/// # Errors
/// 500 if it can't be written as JSON.
pub fn object(value: &impl Serialize) -> Result<HttpResponse, Problem> {
    write(StatusCode::OK, &to_value(value)?, None, false)
}

/// What a change made of an object, with the receipt.
///
/// # Errors
/// As `object`.
pub fn changed<T: Serialize>(receipt: &Quittung<T>) -> Result<HttpResponse, Problem> {
    write(StatusCode::OK, &to_value(receipt)?, None, receipt.wiederholt)
}

/// What a change will be once a second person has joined in, with the receipt.
///
/// # Errors
/// As `object`.
pub fn accepted<T: Serialize>(receipt: &Quittung<T>) -> Result<HttpResponse, Problem> {
    write(StatusCode::ACCEPTED, &to_value(receipt)?, None, receipt.wiederholt)
}

/// What was created, with the receipt; `collection` is the path below which it lies.
///
/// # Errors
/// As `object`.
pub fn created<T: Serialize>(
    receipt: &Quittung<T>,
    collection: &str,
) -> Result<HttpResponse, Problem> {
    let value = to_value(receipt)?;
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    let location = format!("/api/v1{collection}/{id}");
    write(StatusCode::CREATED, &value, Some(location), receipt.wiederholt)
}

/// A page of a list.
///
/// # Errors
/// As `object`.
pub fn page<T: Serialize>(scope: &Scope, page: &Seite<T>) -> Result<HttpResponse, Problem> {
    let cursor = page.weiter.as_deref().map(|place| scope.cursor(place));
    object(&json!({ "eintraege": to_value(&page.eintraege)?, "cursor": cursor }))
}

/// Done, and nothing to say.
#[must_use]
pub fn nothing() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

fn to_value(value: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|_| Code::Intern.into())
}

fn write(
    status: StatusCode,
    value: &Value,
    location: Option<String>,
    replayed: bool,
) -> Result<HttpResponse, Problem> {
    let mut answer = HttpResponse::build(status);
    if let Some(version) = value.get("version").and_then(Value::as_u64) {
        answer.insert_header((header::ETAG, file::etag(version)));
    }
    if let Some(location) = location {
        answer.insert_header((header::LOCATION, location));
    }
    if replayed {
        answer.insert_header(("Idempotency-Replayed", "true"));
    }
    let body = serde_json::to_vec(value).map_err(|_| Problem::from(Code::Intern))?;
    Ok(answer.insert_header((header::CONTENT_TYPE, "application/json")).body(body))
}
