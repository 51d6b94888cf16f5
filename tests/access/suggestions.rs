//! The rows of the suggestions: who reads a document gets them, who may change it says what became
//! of them.

use serde_json::json;

use super::{
    objects::Kind,
    rows::{CLERKS, READERS, Row, get, object, post},
};

pub fn rows() -> Vec<(&'static str, Row)> {
    vec![
        (
            "vorschlaege",
            object(READERS, 'L', Kind::Dokument, |m, a, id, _| {
                get(m, a, &format!("/dokumente/{id}/vorschlaege"))
            }),
        ),
        (
            "vorschlaege",
            object(READERS, 'L', Kind::Waiting, |m, a, id, _| {
                get(m, a, &format!("/dokumente/{id}/vorschlaege"))
            }),
        ),
        (
            "vorschlag_rueckmelden",
            object(CLERKS, 'A', Kind::Waiting, |m, a, id, _| {
                let path = format!("/dokumente/{id}/vorschlaege/rueckmeldung");
                post(m, a, &path, json!({ "planeinheit": m.stadt.einheit, "angenommen": false }))
            }),
        ),
    ]
}
