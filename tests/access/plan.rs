//! The rows of the filing plan, its views, and the types of Akten.

use serde_json::json;

use super::{
    Matrix,
    actors::Actor,
    rows::{ADMIN, MEMBERS, Row, get, post, send},
};
use crate::stadt::Antwort;

pub fn rows() -> Vec<(&'static str, Row)> {
    use Row::Actors;
    vec![
        ("aktenplan", Actors(MEMBERS, |m, a| get(m, a, "/aktenplan?oe=10"))),
        (
            "planeinheit_lesen",
            Actors(MEMBERS, |m, a| get(m, a, &format!("/aktenplan/{}", m.stadt.einheit))),
        ),
        (
            "aktenplan_konkordanz",
            Actors(MEMBERS, |m, a| {
                get(m, a, &format!("/aktenplan/konkordanz?nummer={}", m.stadt.einheit))
            }),
        ),
        (
            "aktenplan_import",
            Actors(ADMIN, |m, a| post(m, a, "/aktenplan/import?dry_run=true", json!({}))),
        ),
        ("aktentypen", Actors(MEMBERS, |m, a| get(m, a, "/aktentypen"))),
        ("aktentyp_lesen", Actors(MEMBERS, |m, a| get(m, a, "/aktentypen/bauakte"))),
        ("fachsicht_lesen", Actors(MEMBERS, |m, a| get(m, a, &branches(m, "10")))),
        ("fachsicht_setzen", Actors(&["reg10"], |m, a| set(m, a, "10"))),
        // The Registratur of another OE is nobody here.
        ("fachsicht_setzen", Actors(&[], |m, a| set(m, a, "20"))),
    ]
}

/// Where the branches of an OE are.
fn branches(m: &Matrix, sign: &str) -> String {
    let token = &m.actor("reg10").token;
    let all = m.stadt.get(token, "/organisation").expect(200).json();
    let of = all["eintraege"].as_array().unwrap().iter().find(|oe| oe["kuerzel"] == sign);
    format!("/organisation/{}/planeinheiten", of.unwrap()["id"].as_str().unwrap())
}

fn set(m: &Matrix, a: &Actor, sign: &str) -> Antwort {
    let path = branches(m, sign);
    let etag = get(m, m.actor("reg10"), &path).expect(200).header("etag").to_owned();
    send(m, a, "PUT", &path, &etag, json!({ "planeinheiten": [m.stadt.einheit] }))
}
