//! Things that the administration made a moment ago, for the routes that read or change them.

use serde_json::{Value, json};

use super::{Matrix, actors::Actor, rows::post};
use crate::stadt::neuer_schluessel;

/// Something that the administration made, for the routes that change it.
pub fn made(m: &Matrix, path: &str, body: Value) -> (String, String) {
    let answer = post(m, m.actor("admin1"), path, body).expect(201);
    (answer.id(), answer.header("etag").to_owned())
}

pub fn new_person(m: &Matrix) -> (String, String) {
    let name = neuer_schluessel();
    made(m, "/benutzer", json!({ "anmeldename": name, "name": "Neu" }))
}

pub fn new_key(m: &Matrix) -> (String, String) {
    made(m, "/schluessel", key(&neuer_schluessel()))
}

/// A Kürzel nobody used before.
pub fn sign() -> String {
    format!("x{}", neuer_schluessel().replace('-', "").get(..12).unwrap())
}

pub fn key(name: &str) -> Value {
    json!({ "name": name, "rolle": "scanstelle", "verben": ["einliefern"], "oe": ["10"] })
}

/// A request that `by` may decide: not his own.
pub fn request_for(m: &Matrix, by: &Actor) -> String {
    let asks =
        if by.name == "admin1" { m.stadt.token("admin2") } else { m.actor("admin1").token.clone() };
    let person = new_person(m).0;
    let body = json!({ "art": "rechte", "person": person, "rechte": { "oe": "10", "rollen": [] } });
    m.stadt.post(&asks, "/antraege", &body).expect(201).id()
}
