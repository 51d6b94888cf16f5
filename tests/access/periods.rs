//! The rows of periods: the dates of an Akte, what becomes due, the daily run.

use aktenlauf::{domain::source::Source as _, server::System};
use serde_json::json;

use super::{
    objects::Kind,
    rows::{ADMIN, READERS, Row, get, object, post},
};

pub fn rows() -> Vec<(&'static str, Row)> {
    use Row::Actors;
    vec![
        (
            "akte_fristen",
            object(READERS, 'L', Kind::Akte, |m, a, id, _| {
                get(m, a, &format!("/akten/{id}/fristen"))
            }),
        ),
        (
            "akte_fristen",
            object(READERS, 'L', Kind::Closed, |m, a, id, _| {
                get(m, a, &format!("/akten/{id}/fristen"))
            }),
        ),
        (
            "aussonderung_faellig",
            Actors(&["reg10"], |m, a| get(m, a, "/aussonderung/faellig?bis=2099-12-31&oe=10")),
        ),
        (
            "aussonderung_lauf",
            Actors(&["reg10", "revision", "admin1"], |m, a| get(m, a, "/aussonderung/lauf")),
        ),
        (
            "aussonderung_lauf_bestaetigen",
            Actors(ADMIN, |m, a| {
                let today = System.now().datum();
                post(m, a, "/aussonderung/lauf/bestaetigung", json!({ "tag": today }))
            }),
        ),
    ]
}
