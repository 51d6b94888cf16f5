//! The rows of holds: what concerns Akten that one reads is seen, what one may change is held, and
//! released by the Registratur in charge alone.

use serde_json::json;

use super::{
    Matrix,
    actors::Actor,
    objects::Kind,
    rows::{READERS, Row, get, object, post},
};
use crate::stadt::Antwort;

const REGISTRARS: &[&str] = &["reg10"];

pub fn rows() -> Vec<(&'static str, Row)> {
    vec![
        ("sperren_liste", Row::Actors(READERS, |m, a| get(m, a, "/sperren"))),
        (
            "sperren_liste",
            object(READERS, 'L', Kind::Akte, |m, a, id, _| {
                get(m, a, &format!("/sperren?akte_id={id}"))
            }),
        ),
        (
            "sperre_setzen",
            object(REGISTRARS, 'A', Kind::Akte, |m, a, id, _| {
                post(m, a, "/sperren", json!({ "akten": [id], "grund": "Rechtsstreit" }))
            }),
        ),
        (
            "sperre_lesen",
            object(READERS, 'L', Kind::Hold, |m, a, id, _| get(m, a, &format!("/sperren/{id}"))),
        ),
        ("sperre_aufheben", object(REGISTRARS, 'O', Kind::Hold, |m, a, id, _| release(m, a, id))),
    ]
}

fn release(m: &Matrix, a: &Actor, id: &str) -> Antwort {
    let headers = [("X-Request-Id", "matrix")];
    let why = json!({ "grund": "verglichen" });
    m.stadt.json(&a.token, "DELETE", &format!("/sperren/{id}"), &headers, &why)
}
