//! Objects of every relation. What is refused leaves them as they are, so refusals share one; what
//! is allowed gets a new one each time.

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::{Value, json};

use super::{Matrix, actors::Relation};
use crate::stadt::Stadt;

/// What a route is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Akte,
    /// A closed Akte.
    Closed,
    Vorgang,
    /// In an Akte.
    Dokument,
    /// A hold on an Akte.
    Hold,
    /// In the Posteingang; there are no shared or walled ones.
    Waiting,
}

/// All objects.
pub struct Objects {
    shared: RefCell<BTreeMap<(Kind, Relation), (String, String)>>,
    ten: String,
    /// Who makes objects of OE 10, of OE 20, behind the wall; who sets holds on any of them.
    makers: [String; 4],
}

impl Objects {
    pub fn new(stadt: &Stadt) -> Self {
        let makers = ["reg10", "sb20", "personal10", "zentral"].map(|name| stadt.token(name));
        let all = stadt.get(&makers[0], "/organisation").expect(200).json();
        let ten = all["eintraege"].as_array().unwrap().iter().find(|oe| oe["kuerzel"] == "10");
        let ten = ten.unwrap()["id"].as_str().unwrap().to_owned();
        Self { shared: RefCell::default(), ten, makers }
    }

    /// Id and `ETag`; none where there is no such object.
    pub fn get(
        &self,
        matrix: &Matrix,
        kind: Kind,
        relation: Relation,
        new: bool,
    ) -> Option<(String, String)> {
        if kind == Kind::Waiting && !matches!(relation, Relation::Own | Relation::Other) {
            return None;
        }
        if new {
            return Some(self.make(&matrix.stadt, kind, relation));
        }
        if let Some(known) = self.shared.borrow().get(&(kind, relation)) {
            return Some(known.clone());
        }
        let made = self.make(&matrix.stadt, kind, relation);
        self.shared.borrow_mut().insert((kind, relation), made.clone());
        Some(made)
    }

    fn maker(&self, relation: Relation) -> &str {
        match relation {
            Relation::Own => &self.makers[0],
            Relation::Walled => &self.makers[2],
            _ => &self.makers[1],
        }
    }

    fn make(&self, stadt: &Stadt, kind: Kind, relation: Relation) -> (String, String) {
        let maker = self.maker(relation);
        if kind == Kind::Waiting {
            let oe = if relation == Relation::Own { "10" } else { "20" };
            let id = stadt.push(maker, &json!({ "oe": oe }), b"Post").expect(201).id();
            return self.with_etag(stadt, maker, &format!("/dokumente/{id}"), id);
        }
        let akte = stadt.akte(maker, self.body(stadt, relation));
        match kind {
            Kind::Akte | Kind::Waiting => {
                self.with_etag(stadt, maker, &format!("/akten/{akte}"), akte)
            }
            Kind::Closed => {
                let path = format!("/akten/{akte}/schliessen");
                stadt.change(maker, "POST", &path, &json!({})).expect(200);
                self.with_etag(stadt, maker, &format!("/akten/{akte}"), akte)
            }
            Kind::Hold => {
                let body = json!({ "akten": [akte], "grund": "Rechtsstreit" });
                let id = stadt.post(&self.makers[3], "/sperren", &body).expect(201).id();
                (id, String::new())
            }
            Kind::Vorgang => {
                let body = json!({ "betreff": "Vorgang" });
                let path = format!("/akten/{akte}/vorgaenge");
                let id = stadt.post(maker, &path, &body).expect(201).id();
                self.with_etag(stadt, maker, &format!("/vorgaenge/{id}"), id)
            }
            Kind::Dokument => {
                let id = stadt.push(maker, &json!({ "akte_id": akte }), b"Brief").expect(201).id();
                self.with_etag(stadt, maker, &format!("/dokumente/{id}"), id)
            }
        }
    }

    fn body(&self, stadt: &Stadt, relation: Relation) -> Value {
        let share =
            |work| json!({ "freigaben": [{ "fuer": { "oe": self.ten }, "bearbeiten": work }] });
        match relation {
            Relation::Own | Relation::Other => json!({}),
            Relation::SharedToRead => share(false),
            Relation::SharedToWork => share(true),
            Relation::Walled => json!({ "planeinheit": stadt.personal }),
        }
    }

    fn with_etag(&self, stadt: &Stadt, maker: &str, path: &str, id: String) -> (String, String) {
        let etag = stadt.get(maker, path).expect(200).header("etag").to_owned();
        (id, etag)
    }
}
