//! Every page x person x relation to the object. The pages come from the collector's table: one
//! without a row fails. What is expected is written by hand, from the same rules as in `access`; a
//! hidden object has to answer byte for byte like an unknown one.

use std::collections::{BTreeMap, BTreeSet};

use aktenlauf::web;
use uuid::Uuid;

use super::client::Browser;
use crate::{
    access::{
        Matrix,
        actors::{self, Relation},
        objects::Kind,
    },
    stadt::Antwort,
};

const PEOPLE: &[&str] = &["sb10", "reg10", "personal10", "archiv", "revision", "admin1"];
const READERS: &[&str] = &["sb10", "reg10", "personal10", "archiv", "revision"];
const CLERKS: &[&str] = &["sb10", "reg10", "personal10"];

enum Row {
    /// Everybody, also who is not signed on.
    Anyone(&'static str),
    /// These see the page; other people are refused.
    People(&'static [&'static str], &'static str),
    /// A form of these that is about no object.
    Form(&'static [&'static str], &'static str),
    /// These are asked for the verb on an object; `{}` stands for its id.
    Object(&'static [&'static str], char, &'static [Kind], &'static str),
    /// The same for the form that files a document.
    Filing,
}

fn rows() -> Vec<(&'static str, Row)> {
    use Kind::{Akte, Dokument, Vorgang, Waiting};
    use Row::{Anyone, Filing, Form, Object, People};
    vec![
        ("datei", Anyone("{css}")),
        ("docs", Anyone("/api/docs")),
        ("docs_openapi", Anyone("/api/docs/openapi.json")),
        ("docs_probleme", Anyone("/api/docs/probleme")),
        ("docs_operation", Anyone("/api/docs/dokument_einliefern")),
        ("problem", Anyone("/probleme/nicht_gefunden")),
        ("anmelden_seite", Anyone("/anmelden")),
        ("anmelden", Anyone("/anmelden")),
        ("passwort_seite", People(PEOPLE, "/anmelden/passwort")),
        ("passwort", Form(PEOPLE, "/anmelden/passwort")),
        ("abmelden", Form(PEOPLE, "/abmelden")),
        ("start", People(PEOPLE, "/")),
        ("suche", People(READERS, "/suche?q=Brief")),
        ("aktenplan", People(PEOPLE, "/aktenplan")),
        ("planeinheit", People(PEOPLE, "/aktenplan/{einheit}")),
        ("akten", People(READERS, "/akten")),
        ("akte", Object(READERS, 'L', &[Akte], "/akten/{}")),
        ("vorgaenge", Object(READERS, 'L', &[Akte], "/akten/{}/vorgaenge")),
        ("vorgang", Object(READERS, 'L', &[Vorgang], "/vorgaenge/{}")),
        ("dokument", Object(READERS, 'L', &[Dokument, Waiting], "/dokumente/{}")),
        ("inhalt", Object(READERS, 'L', &[Dokument, Waiting], "/dokumente/{}/inhalt")),
        ("posteingang", People(CLERKS, "/posteingang")),
        ("ablage_seite", Object(CLERKS, 'L', &[Waiting], "/dokumente/{}/ablage")),
        ("ablage", Filing),
        ("protokoll_suche", People(PEOPLE, "/protokoll")),
        ("protokoll", Object(PEOPLE, 'P', &[Akte, Vorgang, Dokument], "/protokoll/{}")),
    ]
}

struct Walk {
    matrix: Matrix,
    css: String,
    wrong: Vec<String>,
    cells: usize,
}

#[test]
fn every_page_has_a_row_and_every_row_a_page() {
    let served: BTreeSet<&str> = web::table().iter().map(|page| page.id).collect();
    let walked: BTreeSet<&str> = rows().iter().map(|(id, _)| *id).collect();
    assert_eq!(served, walked, "left: served, right: in the walk");
    assert_eq!(served.len(), web::table().len(), "an id names one page");
}

#[test]
fn every_page_shows_what_its_reader_may_see() {
    let matrix = Matrix::new();
    let home = Browser::of(&matrix.stadt, "sb10").get("/");
    let css = home.text().split('"').find(|p| p.ends_with(".css")).unwrap().to_owned();
    let mut walk = Walk { matrix, css, wrong: vec![], cells: 0 };
    for (id, row) in rows() {
        for place in 0..walk.matrix.actors.len() {
            walk.row(id, &row, place);
        }
    }
    assert!(walk.wrong.is_empty(), "{} of {}:\n{}", walk.wrong.len(), walk.cells, {
        walk.wrong.join("\n")
    });
    println!("web: {} cells", walk.cells);
    assert!(walk.cells > 450, "{} cells", walk.cells);
}

impl Walk {
    fn row(&mut self, id: &str, row: &Row, place: usize) {
        let actor = &self.matrix.actors[place];
        let (name, token) = (actor.name, actor.token.clone());
        // Keys are nobody here.
        let person = PEOPLE.contains(&name);
        let fill = |path: &str| {
            path.replace("{css}", &self.css).replace("{einheit}", &self.matrix.stadt.einheit)
        };
        match row {
            Row::Anyone(path) => {
                let answer = Browser::with(&self.matrix.stadt, &token).get(&fill(path));
                self.expect(&answer, 200, id, name, "");
            }
            Row::People(allowed, path) => {
                let answer = Browser::with(&self.matrix.stadt, &token).get(&fill(path));
                self.expect(&answer, wanted(person, allowed.contains(&name)), id, name, "");
            }
            Row::Form(allowed, path) => {
                // A session of its own: the others still need theirs.
                let token = if person { self.matrix.stadt.token(name) } else { token };
                let mut browser = Browser::with(&self.matrix.stadt, &token);
                let token = if person { browser.token() } else { String::new() };
                let answer = browser.post(path, &[("formular", &token), ("alt", "x")]);
                let status = match (person, *path) {
                    // Only that it lets people in: that it works is tested where passwords are.
                    (true, "/anmelden/passwort") => 400,
                    _ => 303,
                };
                assert!(allowed == &PEOPLE);
                self.expect(&answer, status, id, name, "");
            }
            Row::Object(gate, verb, kinds, path) => {
                for kind in *kinds {
                    let ask = |walk: &Self, id: &str, _: &str| {
                        Browser::with(&walk.matrix.stadt, &token).get(&path.replace("{}", id))
                    };
                    self.object(id, (name, person, gate.contains(&name)), *verb, *kind, &ask);
                }
            }
            Row::Filing => self.filing(id, name, person, &token),
        }
    }

    fn filing(&mut self, id: &str, name: &str, person: bool, token: &str) {
        let objects = &self.matrix.objects;
        let target = objects.get(&self.matrix, Kind::Akte, Relation::Own, false).unwrap().0;
        let reg = self.matrix.stadt.token("reg10");
        let akte = self.matrix.stadt.get(&reg, &format!("/akten/{target}")).expect(200).json();
        let zeichen = akte["aktenzeichen"].as_str().unwrap().to_owned();
        let form = match person {
            true => Browser::with(&self.matrix.stadt, token).token(),
            false => String::new(),
        };
        let ask = move |walk: &Self, id: &str, etag: &str| {
            let path = format!("/dokumente/{id}/ablage");
            let version = etag.trim_matches('"');
            let fields = [("formular", &*form), ("version", version), ("aktenzeichen", &*zeichen)];
            Browser::with(&walk.matrix.stadt, token).post(&path, &fields)
        };
        self.object(id, (name, person, CLERKS.contains(&name)), 'B', Kind::Waiting, &ask);
    }

    /// All relations; `who` is name, whether a person, and whether let in at all.
    fn object(
        &mut self,
        id: &str,
        who: (&str, bool, bool),
        verb: char,
        kind: Kind,
        ask: &dyn Fn(&Self, &str, &str) -> Antwort,
    ) {
        let (name, person, passes) = who;
        let unknown = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001).to_string();
        let like_unknown = ask(self, &unknown, "\"1\"");
        let gate = if person { 403 } else { 303 };
        self.expect(&like_unknown, if passes { 404 } else { gate }, id, name, "unknown");
        for relation in Relation::ALL {
            let may = actors::may(name, *relation);
            let allowed = passes && may.contains(verb);
            let object = self.matrix.objects.get(&self.matrix, kind, *relation, allowed);
            let Some((object, etag)) = object else { continue };
            let answer = ask(self, &object, &etag);
            let at = format!("{kind:?} {relation:?}");
            // The archive and the administration see no log of theirs, like nobody's.
            let done = if id == "ablage" { 303 } else { 200 };
            if allowed {
                self.expect(&answer, done, id, name, &at);
                let to = answer.header("location");
                if id == "ablage" && !to.starts_with("/posteingang?") {
                    self.wrong.push(format!("{id} as {name} {at}: it went to {to}"));
                }
            } else if !passes || !may.is_empty() {
                self.expect(&answer, gate, id, name, &at);
            } else {
                self.expect(&answer, 404, id, name, &at);
                let same = answer.text().replace(&object, "ID")
                    == like_unknown.text().replace(&unknown, "ID");
                if !same {
                    self.wrong.push(format!("{id} as {name} {at}: not like an unknown one"));
                }
            }
        }
    }

    fn expect(&mut self, answer: &Antwort, status: u16, id: &str, name: &str, at: &str) {
        self.cells += 1;
        if answer.status != status {
            let head: String = String::from_utf8_lossy(&answer.body).chars().take(1200).collect();
            let got = answer.status;
            self.wrong.push(format!("{id} as {name} {at}: wanted {status}, got {got} {head}"));
        }
        let to = answer.header("location");
        if status == 303 && name == "nobody" && !to.starts_with("/anmelden") {
            self.wrong.push(format!("{id} as {name} {at}: sent to {to}"));
        }
    }
}

const fn wanted(person: bool, allowed: bool) -> u16 {
    match (person, allowed) {
        (false, _) => 303,
        (true, true) => 200,
        (true, false) => 403,
    }
}

/// Pages lead to pages: no link of a page that a clerk sees is dead.
#[test]
fn no_link_is_dead() {
    let matrix = Matrix::new();
    let stadt = &matrix.stadt;
    for kind in [Kind::Dokument, Kind::Vorgang, Kind::Waiting] {
        matrix.objects.get(&matrix, kind, Relation::Own, false).unwrap();
    }
    let mut browser = Browser::of(stadt, "sb10");
    let mut seen: BTreeMap<String, u16> = BTreeMap::new();
    let mut open = vec!["/".to_owned()];
    while let Some(path) = open.pop() {
        if seen.len() > 400 || seen.contains_key(&path) {
            continue;
        }
        let answer = browser.get(&path);
        seen.insert(path.clone(), answer.status);
        assert!([200, 303].contains(&answer.status), "{path}: {}", answer.status);
        if answer.header("content-type").starts_with("text/html") {
            let html = answer.text().to_owned();
            let links = html.split("href=\"").skip(1).map(|l| l.split('"').next().unwrap());
            let links = links.map(|l| l.replace("&#38;", "&").replace("&amp;", "&"));
            let links = links.filter(|l| l.starts_with('/') && !l.contains("inhalt"));
            open.extend(links.filter(|l| !l.starts_with("/aktenplan/") || seen.len() < 60));
        }
    }
    println!("web: {} links", seen.len());
    assert!(seen.len() > 15, "{seen:?}");
}
