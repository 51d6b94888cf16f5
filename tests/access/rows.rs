//! One row a route, by hand: who passes its door, and which verb it takes on its object.

use serde_json::{Value, json};

use super::{
    Matrix,
    actors::{Actor, Relation},
    made::{key, made, new_key, new_person, request_for, sign},
    objects::Kind,
    plan,
};
use crate::stadt::{Antwort, neuer_schluessel};

/// Asks a route that is about no object.
pub type Call = fn(&Matrix, &Actor) -> Antwort;

/// What is expected of a route.
pub enum Row {
    /// Everybody succeeds, signed on or not.
    Anyone(Call),
    /// These succeed; others are refused, `nobody` is not signed on.
    Actors(&'static [&'static str], Call),
    /// It depends on the object.
    Object(Cell),
}

/// A route about an object.
pub struct Cell {
    /// Who is asked for the object at all; others are refused whatever it is.
    pub gate: &'static [&'static str],
    /// The verb it takes, see `actors::may`.
    pub verb: char,
    /// About what.
    pub kind: Kind,
    /// Asks; with the object's id and `ETag`.
    pub call: fn(&Matrix, &Actor, &str, &str) -> Antwort,
}

pub const READERS: &[&str] = &["sb10", "reg10", "personal10", "archiv", "revision", "works"];
pub const CLERKS: &[&str] = &["sb10", "reg10", "personal10", "works"];
const PUSHERS: &[&str] = &["sb10", "reg10", "personal10", "scan", "writes", "works"];
pub const MEMBERS: &[&str] =
    &["sb10", "reg10", "personal10", "archiv", "revision", "admin1", "scan", "writes", "works"];
const PEOPLE: &[&str] = &["sb10", "reg10", "personal10", "archiv", "revision", "admin1"];
pub const ADMIN: &[&str] = &["admin1"];
const APPROVERS: &[&str] = &["admin1", "revision"];
const AUDITORS: &[&str] = &["revision"];
const LOG: &[&str] = &["sb10", "reg10", "personal10", "archiv", "revision", "admin1", "works"];

pub fn send(m: &Matrix, a: &Actor, method: &str, path: &str, etag: &str, body: Value) -> Antwort {
    let once = neuer_schluessel();
    let mut headers = vec![("Idempotency-Key", once.as_str()), ("X-Request-Id", "matrix")];
    if !etag.is_empty() {
        headers.push(("If-Match", etag));
    }
    match method {
        "GET" | "HEAD" | "DELETE" => m.stadt.send(&a.token, method, path, &headers, None),
        _ => m.stadt.json(&a.token, method, path, &headers, &body),
    }
}

pub fn get(m: &Matrix, a: &Actor, path: &str) -> Antwort {
    send(m, a, "GET", path, "", Value::Null)
}

pub fn post(m: &Matrix, a: &Actor, path: &str, body: Value) -> Antwort {
    send(m, a, "POST", path, "", body)
}

fn upload(m: &Matrix, a: &Actor, path: &str, etag: &str, metadata: &Value) -> Antwort {
    let once = neuer_schluessel();
    let mut headers = vec![("Idempotency-Key", once.as_str()), ("X-Request-Id", "matrix")];
    if !etag.is_empty() {
        headers.push(("If-Match", etag));
    }
    m.stadt.push_with(&a.token, path, &headers, metadata, b"Inhalt")
}

pub const fn object(
    gate: &'static [&'static str],
    verb: char,
    kind: Kind,
    call: fn(&Matrix, &Actor, &str, &str) -> Antwort,
) -> Row {
    Row::Object(Cell { gate, verb, kind, call })
}

/// Every row; a route may have several.
pub fn all() -> Vec<(&'static str, Row)> {
    let mut rows = house();
    rows.extend(plan::rows());
    rows.extend(administration());
    rows.extend(administration_more());
    rows.extend(akten());
    rows.extend(akten_more());
    rows.extend(dokumente());
    rows.extend(dokumente_more());
    rows.extend(super::suggestions::rows());
    rows.extend(super::periods::rows());
    rows.extend(super::holds::rows());
    rows
}

fn house() -> Vec<(&'static str, Row)> {
    use Row::{Actors, Anyone};
    vec![
        ("health_live", Anyone(|m, a| get(m, a, "/health/live"))),
        ("health_ready", Anyone(|m, a| get(m, a, "/health/ready"))),
        (
            "anmelden",
            Anyone(|m, a| {
                let body = json!({ "name": "sb10", "passwort": crate::stadt::passwort("sb10") });
                post(m, a, "/anmeldung", body)
            }),
        ),
        ("sitzung_lesen", Actors(MEMBERS, |m, a| get(m, a, "/anmeldung"))),
        (
            "abmelden",
            Actors(MEMBERS, |m, a| {
                // Not one's own session: the others still need it.
                let own = PEOPLE.contains(&a.name).then(|| m.stadt.token(a.name));
                let token = own.unwrap_or_else(|| a.token.clone());
                send(m, &Actor { name: a.name, token }, "DELETE", "/anmeldung", "", Value::Null)
            }),
        ),
        (
            "passwort_aendern",
            Actors(PEOPLE, |m, a| {
                // Only that it takes a person: that it works is tested where passwords are.
                post(m, a, "/anmeldung/passwort", json!({ "alt": "x", "neu": "y" })).without_400(a)
            }),
        ),
        ("oe_liste", Actors(MEMBERS, |m, a| get(m, a, "/organisation"))),
        (
            "oe_lesen",
            Actors(MEMBERS, |m, a| {
                let (id, _) = made(m, "/organisation", json!({ "kuerzel": sign(), "name": "x" }));
                get(m, a, &format!("/organisation/{id}"))
            }),
        ),
        ("suche", Actors(READERS, |m, a| get(m, a, "/suche?q=Brief"))),
        ("suche_post", Actors(READERS, |m, a| post(m, a, "/suche", json!({ "q": "Brief" })))),
        ("posteingang", Actors(READERS, |m, a| get(m, a, "/posteingang"))),
        ("akten_liste", Actors(READERS, |m, a| get(m, a, "/akten"))),
        ("pruefung", Actors(MEMBERS, |m, a| get(m, a, "/pruefung"))),
        ("pruefen", Actors(AUDITORS, |m, a| post(m, a, "/pruefung", json!({})))),
    ]
}

fn administration() -> Vec<(&'static str, Row)> {
    use Row::Actors;
    vec![
        ("benutzer_liste", Actors(APPROVERS, |m, a| get(m, a, "/benutzer"))),
        (
            "benutzer_anlegen",
            Actors(ADMIN, |m, a| {
                post(m, a, "/benutzer", json!({ "anmeldename": neuer_schluessel(), "name": "x" }))
            }),
        ),
        (
            "benutzer_lesen",
            Actors(ADMIN, |m, a| get(m, a, &format!("/benutzer/{}", new_person(m).0))),
        ),
        (
            "benutzer_sperren",
            Actors(ADMIN, |m, a| {
                let (id, etag) = new_person(m);
                send(m, a, "POST", &format!("/benutzer/{id}/sperren"), &etag, json!({}))
            }),
        ),
        (
            "benutzer_entsperren",
            Actors(ADMIN, |m, a| {
                let (id, etag) = new_person(m);
                send(m, a, "POST", &format!("/benutzer/{id}/entsperren"), &etag, json!({}))
            }),
        ),
        ("antraege_liste", Actors(APPROVERS, |m, a| get(m, a, "/antraege?offen=true"))),
        (
            "antrag_stellen",
            Actors(ADMIN, |m, a| {
                let person = new_person(m).0;
                let rechte =
                    json!({ "oe": "10", "rollen": [{ "rolle": "registratur", "oe": "10" }] });
                post(
                    m,
                    a,
                    "/antraege",
                    json!({ "art": "rechte", "person": person, "rechte": rechte }),
                )
            }),
        ),
        (
            "antrag_lesen",
            Actors(APPROVERS, |m, a| get(m, a, &format!("/antraege/{}", request_for(m, a)))),
        ),
        (
            "antrag_freigeben",
            Actors(APPROVERS, |m, a| {
                post(m, a, &format!("/antraege/{}/freigabe", request_for(m, a)), json!({}))
            }),
        ),
    ]
}

fn administration_more() -> Vec<(&'static str, Row)> {
    use Row::Actors;
    vec![
        (
            "antrag_ablehnen",
            Actors(APPROVERS, |m, a| {
                post(m, a, &format!("/antraege/{}/ablehnung", request_for(m, a)), json!({}))
            }),
        ),
        (
            "oe_anlegen",
            Actors(ADMIN, |m, a| {
                post(m, a, "/organisation", json!({ "kuerzel": sign(), "name": "x" }))
            }),
        ),
        (
            "oe_aendern",
            Actors(ADMIN, |m, a| {
                let (id, etag) =
                    made(m, "/organisation", json!({ "kuerzel": sign(), "name": "x" }));
                send(m, a, "PATCH", &format!("/organisation/{id}"), &etag, json!({ "name": "y" }))
            }),
        ),
        ("schluessel_liste", Actors(ADMIN, |m, a| get(m, a, "/schluessel"))),
        (
            "schluessel_anlegen",
            Actors(ADMIN, |m, a| post(m, a, "/schluessel", key(&neuer_schluessel()))),
        ),
        (
            "schluessel_lesen",
            Actors(ADMIN, |m, a| get(m, a, &format!("/schluessel/{}", new_key(m).0))),
        ),
        (
            "schluessel_aendern",
            Actors(ADMIN, |m, a| {
                let (id, etag) = new_key(m);
                send(m, a, "PUT", &format!("/schluessel/{id}"), &etag, key(&neuer_schluessel()))
            }),
        ),
        (
            "schluessel_rotieren",
            Actors(ADMIN, |m, a| {
                let (id, etag) = new_key(m);
                send(m, a, "POST", &format!("/schluessel/{id}/rotation"), &etag, json!({}))
            }),
        ),
        (
            "schluessel_sperren",
            Actors(ADMIN, |m, a| {
                let (id, etag) = new_key(m);
                send(m, a, "POST", &format!("/schluessel/{id}/sperren"), &etag, json!({}))
            }),
        ),
    ]
}

fn akten() -> Vec<(&'static str, Row)> {
    vec![
        (
            "akte_anlegen",
            Row::Actors(CLERKS, |m, a| {
                post(
                    m,
                    a,
                    "/akten",
                    json!({ "planeinheit": m.stadt.einheit, "betreff": "x", "oe": "10" }),
                )
            }),
        ),
        (
            "akte_lesen",
            object(READERS, 'L', Kind::Akte, |m, a, id, _| get(m, a, &format!("/akten/{id}"))),
        ),
        (
            "akte_aendern",
            object(CLERKS, 'A', Kind::Akte, |m, a, id, etag| {
                send(m, a, "PATCH", &format!("/akten/{id}"), etag, json!({ "betreff": "neu" }))
            }),
        ),
        (
            "akte_aendern",
            object(CLERKS, 'F', Kind::Akte, |m, a, id, etag| {
                send(m, a, "PATCH", &format!("/akten/{id}"), etag, json!({ "freigaben": [] }))
            }),
        ),
        (
            "akte_schliessen",
            object(CLERKS, 'S', Kind::Akte, |m, a, id, etag| {
                send(m, a, "POST", &format!("/akten/{id}/schliessen"), etag, json!({}))
            }),
        ),
        (
            "akte_oeffnen",
            object(CLERKS, 'O', Kind::Closed, |m, a, id, etag| {
                send(
                    m,
                    a,
                    "POST",
                    &format!("/akten/{id}/oeffnen"),
                    etag,
                    json!({ "grund": "irrtum" }),
                )
            }),
        ),
    ]
}

fn akten_more() -> Vec<(&'static str, Row)> {
    vec![
        (
            "vorgaenge_liste",
            object(READERS, 'L', Kind::Akte, |m, a, id, _| {
                get(m, a, &format!("/akten/{id}/vorgaenge"))
            }),
        ),
        (
            "vorgang_anlegen",
            object(CLERKS, 'N', Kind::Akte, |m, a, id, _| {
                post(m, a, &format!("/akten/{id}/vorgaenge"), json!({ "betreff": "x" }))
            }),
        ),
        (
            "vorgang_lesen",
            object(READERS, 'L', Kind::Vorgang, |m, a, id, _| {
                get(m, a, &format!("/vorgaenge/{id}"))
            }),
        ),
        (
            "vorgang_aendern",
            object(CLERKS, 'A', Kind::Vorgang, |m, a, id, etag| {
                send(m, a, "PATCH", &format!("/vorgaenge/{id}"), etag, json!({ "betreff": "neu" }))
            }),
        ),
        (
            "vorgang_schliessen",
            object(CLERKS, 'S', Kind::Vorgang, |m, a, id, etag| {
                send(m, a, "POST", &format!("/vorgaenge/{id}/schliessen"), etag, json!({}))
            }),
        ),
        (
            "protokoll",
            object(LOG, 'P', Kind::Akte, |m, a, id, _| {
                get(m, a, &format!("/protokoll?betrifft={id}"))
            }),
        ),
        (
            "protokoll",
            object(LOG, 'P', Kind::Dokument, |m, a, id, _| {
                get(m, a, &format!("/protokoll?betrifft={id}"))
            }),
        ),
    ]
}

fn dokumente() -> Vec<(&'static str, Row)> {
    vec![
        (
            "dokument_einliefern",
            object(PUSHERS, 'E', Kind::Akte, |m, a, id, _| {
                upload(m, a, "/dokumente", "", &json!({ "akte_id": id }))
            }),
        ),
        (
            "dokument_einliefern",
            object(PUSHERS, 'E', Kind::Vorgang, |m, a, id, _| {
                upload(m, a, "/dokumente", "", &json!({ "vorgang_id": id }))
            }),
        ),
        // A new Fassung changes a document that is there: whoever may only bring new ones may not.
        (
            "fassung_einliefern",
            object(PUSHERS, 'A', Kind::Dokument, |m, a, id, etag| {
                upload(m, a, &format!("/dokumente/{id}/fassungen"), etag, &json!({}))
            }),
        ),
        (
            "dokumente_liste",
            object(READERS, 'L', Kind::Akte, |m, a, id, _| {
                get(m, a, &format!("/dokumente?akte_id={id}"))
            }),
        ),
        (
            "dokument_lesen",
            object(READERS, 'L', Kind::Dokument, |m, a, id, _| {
                get(m, a, &format!("/dokumente/{id}"))
            }),
        ),
        (
            "dokument_inhalt",
            object(READERS, 'L', Kind::Dokument, |m, a, id, _| {
                get(m, a, &format!("/dokumente/{id}/inhalt"))
            }),
        ),
        (
            "dokument_inhalt_kopf",
            object(READERS, 'L', Kind::Dokument, |m, a, id, _| {
                send(m, a, "HEAD", &format!("/dokumente/{id}/inhalt"), "", Value::Null)
            }),
        ),
    ]
}

/// The text of what was pushed a moment ago is read soon.
fn text(m: &Matrix, a: &Actor, id: &str) -> Antwort {
    for _ in 0..200 {
        let answer = get(m, a, &format!("/dokumente/{id}/text"));
        if answer.code() != "text_offen" {
            return answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the text is never read")
}

fn dokumente_more() -> Vec<(&'static str, Row)> {
    vec![
        ("dokument_text", object(READERS, 'L', Kind::Dokument, |m, a, id, _| text(m, a, id))),
        (
            "dokument_aendern",
            object(CLERKS, 'A', Kind::Dokument, |m, a, id, etag| {
                send(m, a, "PATCH", &format!("/dokumente/{id}"), etag, json!({ "betreff": "neu" }))
            }),
        ),
        (
            "dokument_stornieren",
            object(CLERKS, 'X', Kind::Dokument, |m, a, id, etag| {
                send(
                    m,
                    a,
                    "POST",
                    &format!("/dokumente/{id}/storno"),
                    etag,
                    json!({ "grund": "doppelt" }),
                )
            }),
        ),
        (
            "dokument_ablegen",
            object(CLERKS, 'B', Kind::Waiting, |m, a, id, etag| {
                let target = m.objects.get(m, Kind::Akte, Relation::Own, false).unwrap().0;
                send(
                    m,
                    a,
                    "POST",
                    &format!("/dokumente/{id}/ablage"),
                    etag,
                    json!({ "akte_id": target }),
                )
            }),
        ),
    ]
}

impl Antwort {
    /// A wrong password is no matter of rights: for a person it counts as let in.
    fn without_400(mut self, actor: &Actor) -> Self {
        if self.status == 400 && PEOPLE.contains(&actor.name) {
            self.status = 204;
        }
        self
    }
}
