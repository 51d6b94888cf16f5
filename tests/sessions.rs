//! Sessions: the same rules on every shelf, and a session that holds and ends on every node.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use aktenlauf::{
    domain::{source::Source, zeit::Zeitpunkt},
    http::problem::{Code, Problem},
    identity::{Memory, Session, Sessions, Shelf, sessions},
    ledger::postgres,
    server::shelf::Shared,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    postgres::{Cluster, schema},
    served::{Binary, City, Served},
};

/// Bytes that count up, other ones at each call.
#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl Source for Counter {
    fn now(&self) -> Zeitpunkt {
        Zeitpunkt(0)
    }
    fn fill(&self, bytes: &mut [u8]) {
        let call = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        for (byte, value) in bytes.iter_mut().zip(call.to_le_bytes().iter().cycle()) {
            *byte = *value;
        }
    }
}

const fn at(seconds: i64) -> Zeitpunkt {
    Zeitpunkt(seconds * 1000)
}

/// What every shelf must do; each part begins with an empty one.
fn rules(shelf: impl Fn() -> Box<dyn Shelf>) {
    let sessions = || Sessions::new(Arc::new(Counter::default()), shelf());
    keeps_and_never_brings_back(&*shelf());
    end_when_idle_and_at_the_end_of_the_day(&sessions());
    are_closed_one_or_all(&sessions());
    are_bounded_for_a_person(&sessions());
    are_swept(&sessions());
}

fn keeps_and_never_brings_back(shelf: &dyn Shelf) {
    let session = |person, used| Session {
        person: Uuid::from_u128(person),
        password: u64::MAX - 7,
        opened: Zeitpunkt(-1),
        used: Zeitpunkt(used),
    };
    assert_eq!(shelf.get("a").unwrap(), None);
    for (key, session) in [("a", session(1, 0)), ("b", session(1, 1)), ("ba", session(2, i64::MAX))]
    {
        shelf.put(key, &session).unwrap();
        assert_eq!(shelf.get(key).unwrap(), Some(session));
    }
    let listed = |person, max| -> Vec<String> {
        let found = shelf.list(person, max).unwrap();
        found.into_iter().collect::<BTreeMap<_, _>>().into_keys().collect()
    };
    assert_eq!(listed(None, 9), ["a", "b", "ba"]);
    assert_eq!(listed(Some(Uuid::from_u128(1)), 9), ["a", "b"]);
    assert_eq!((listed(None, 2).len(), shelf.count().unwrap()), (2, 3));
    shelf.replace("b", &session(1, 5)).unwrap();
    assert_eq!(shelf.get("b").unwrap(), Some(session(1, 5)));
    // Used on one node while it is closed on another.
    shelf.remove(&["b".into(), "unknown".into()]).unwrap();
    shelf.replace("b", &session(1, 6)).unwrap();
    assert_eq!(shelf.get("b").unwrap(), None);
    shelf.remove(&["a".into(), "ba".into()]).unwrap();
    assert_eq!(shelf.count().unwrap(), 0);
}

/// Whose session it is at that second.
fn whose(sessions: &Sessions, token: &str, seconds: i64) -> Option<u128> {
    sessions.find(token, at(seconds)).unwrap().map(|session| session.person.as_u128())
}

fn open(sessions: &Sessions, person: u128, seconds: i64) -> String {
    sessions.open(Uuid::from_u128(person), 7, at(seconds)).unwrap()
}

fn end_when_idle_and_at_the_end_of_the_day(sessions: &Sessions) {
    let token = open(sessions, 1, 0);
    assert_eq!(sessions.find(&token, at(0)).unwrap().unwrap().password, 7);
    assert_eq!(whose(sessions, &token, 1799), Some(1));
    assert_eq!(whose(sessions, &token, 1799 + 1799), Some(1), "use keeps it");
    assert_eq!(whose(sessions, "aks_", 0), None);
    assert_eq!(whose(sessions, &token, 1799 + 1799 + 1800), None, "half an hour idle");
    assert_eq!(whose(sessions, &token, 0), None, "it is gone for good");

    // A use within the minute after the last noted one is not written.
    let token = open(sessions, 1, 0);
    assert_eq!(whose(sessions, &token, 59), Some(1));
    assert_eq!(sessions.find(&token, at(59)).unwrap().unwrap().used, at(0));
    assert_eq!(whose(sessions, &token, 60), Some(1));
    assert_eq!(sessions.find(&token, at(61)).unwrap().unwrap().used, at(60));
    assert_eq!(whose(sessions, &token, 59), Some(1), "another node's clock is behind");
    assert_eq!(sessions.find(&token, at(61)).unwrap().unwrap().used, at(60));
    sessions.close(&token).unwrap();

    let token = open(sessions, 1, 0);
    for minute in 1..600 {
        assert_eq!(whose(sessions, &token, minute * 60), Some(1));
    }
    assert_eq!(whose(sessions, &token, 36_000), None, "ten hours in any case");
    assert_eq!(sessions.count().unwrap(), 0);
}

fn are_closed_one_or_all(sessions: &Sessions) {
    let tokens = [open(sessions, 1, 0), open(sessions, 1, 0)];
    let other = open(sessions, 2, 0);
    sessions.close(&tokens[0]).unwrap();
    assert_eq!(whose(sessions, &tokens[0], 1), None);
    assert_eq!(whose(sessions, &tokens[1], 1), Some(1));
    sessions.close_all(Uuid::from_u128(1));
    assert_eq!(whose(sessions, &tokens[1], 1), None);
    assert_eq!(whose(sessions, &other, 1), Some(2));
    assert!(!sessions::credential(&other).contains(&other));
}

fn are_bounded_for_a_person(sessions: &Sessions) {
    let other = open(sessions, 2, 0);
    let first = open(sessions, 1, 1);
    let second = open(sessions, 1, 2);
    for i in 0..19 {
        open(sessions, 1, 3 + i);
    }
    assert_eq!(sessions.count().unwrap(), 21);
    assert_eq!(whose(sessions, &first, 30), None, "the idlest gave way");
    assert_eq!(whose(sessions, &second, 30), Some(1));
    assert_eq!(whose(sessions, &other, 30), Some(2), "nobody else's");
}

fn are_swept(sessions: &Sessions) {
    for person in 0..50 {
        open(sessions, person, 0);
    }
    open(sessions, 99, 599);
    assert_eq!(sessions.count().unwrap(), 51);
    open(sessions, 100, 1800);
    assert_eq!(sessions.count().unwrap(), 2, "what was over went when somebody signed on");
}

#[test]
fn the_rules_hold_in_memory() {
    rules(|| Box::new(Memory::default()));
}

#[test]
fn the_rules_hold_in_postgresql() {
    rules_in_postgresql().unwrap_or_default();
}

fn rules_in_postgresql() -> Option<()> {
    let config = schema()?;
    rules(|| {
        let (_, tables) = postgres::open(config.clone()).unwrap();
        let shelf = tables.operational();
        let old = shelf.list(b"", b"", 1000).unwrap();
        shelf.remove(&old.into_iter().map(|(key, _)| key).collect::<Vec<_>>()).unwrap();
        // Somebody else's, who shares the table.
        shelf.put(b"anderes", &[7; 40]).unwrap();
        Box::new(Shared(shelf))
    });
    Some(())
}

/// A store of which only a standby is left.
#[derive(Debug)]
struct Standby(Arc<Memory>);

impl Shelf for Standby {
    fn get(&self, key: &str) -> Result<Option<Session>, sessions::Error> {
        self.0.get(key)
    }
    fn put(&self, _: &str, _: &Session) -> Result<(), sessions::Error> {
        Err(sessions::Error::Unreachable("a standby".into()))
    }
    fn replace(&self, key: &str, session: &Session) -> Result<(), sessions::Error> {
        self.put(key, session)
    }
    fn remove(&self, _: &[String]) -> Result<(), sessions::Error> {
        Err(sessions::Error::Unreachable("a standby".into()))
    }
    fn list(
        &self,
        person: Option<Uuid>,
        max: usize,
    ) -> Result<Vec<(String, Session)>, sessions::Error> {
        self.0.list(person, max)
    }
    fn count(&self) -> Result<usize, sessions::Error> {
        self.0.count()
    }
}

/// Fails if a use that can't be noted ends a session, or a sign-off that failed is called done.
#[test]
fn a_store_that_only_reads_keeps_people_signed_on_and_signs_nobody_off() {
    let memory = Arc::new(Memory::default());
    let key = aktenlauf::identity::secret::digest("aks_x");
    let session = Session { person: Uuid::from_u128(1), password: 7, opened: at(0), used: at(0) };
    memory.put(&key, &session).unwrap();
    let sessions = Sessions::new(Arc::new(Counter::default()), Box::new(Standby(memory)));
    assert_eq!(whose(&sessions, "aks_x", 1799), Some(1));
    assert_eq!(whose(&sessions, "aks_x", 1800), None);
    let refused = sessions.open(Uuid::from_u128(1), 7, at(0)).unwrap_err();
    let problem = Problem::from(refused);
    assert_eq!(problem.code(), Code::Ausgelastet);
    assert!(problem.response("r").headers().contains_key("retry-after"));
    assert!(sessions.close("aks_x").is_err());
}

struct Answer {
    status: u16,
    body: Value,
    retry_after: Option<String>,
}

fn ask(node: &City, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}/api/v1{path}", node.address()))
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/json");
    let agent = Served::agent(Duration::from_secs(60));
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let mut answer = match method {
        "GET" | "DELETE" => agent.run(request.body(()).unwrap()).unwrap(),
        _ => agent.run(request.body(body).unwrap()).unwrap(),
    };
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
    let text = answer.body_mut().read_to_vec().unwrap();
    let body = serde_json::from_slice(&text).unwrap_or(Value::Null);
    Answer { status: answer.status().as_u16(), body, retry_after }
}

fn sign_on(node: &City, name: &str, password: &str) -> Answer {
    ask(node, "", "POST", "/anmeldung", &json!({ "name": name, "passwort": password }))
}

fn token(answer: &Answer) -> String {
    answer.body["token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

fn reads(node: &City, token: &str) -> u16 {
    ask(node, token, "GET", "/akten", &Value::Null).status
}

fn change(node: &City, token: &str, old: &str, new: &str) -> Answer {
    ask(node, token, "POST", "/anmeldung/passwort", &json!({ "alt": old, "neu": new }))
}

const FIRST: &str = "das erste Passwort";
const SECOND: &str = "das zweite Passwort";

#[test]
fn a_session_holds_and_ends_on_every_node() {
    let Some(mut cluster) = Cluster::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let engine = format!(
        "[ledger]\nengine = 'postgres'\n[ledger.postgres]\nurl = '{}'\nschema = 'stadt'\n",
        cluster.url()
    );
    let mut a = City::found(Binary::real(), &path("a"), &path("a.toml"), &engine);
    let b = a.join(&path("b"), &path("b.toml"), &engine);
    let file = path("a.toml");
    let file = file.to_str().unwrap();
    let user = |arguments: &[&str]| {
        Binary::real().run(&[&["user"], arguments, &["--config", file]].concat()).trim().to_owned()
    };
    let start = user(&["create", "--name", "anna", "--role", "sachbearbeitung@10", "--oe", "10"]);
    let first = token(&sign_on(&a, "anna", &start));
    let first = token(&change(&a, &first, &start, FIRST));

    // A token of one node is good on the other, and after a restart.
    assert_eq!((reads(&a, &first), reads(&b, &first)), (200, 200));
    let at_a = a.address().to_owned();
    a.kill();
    a.restart_at(&at_a);
    assert_eq!(reads(&a, &first), 200);

    // Signed off on one node, with the next request on the other.
    let kept = token(&sign_on(&a, "anna", FIRST));
    assert_eq!(ask(&b, &first, "DELETE", "/anmeldung", &Value::Null).status, 204);
    assert_eq!((reads(&a, &first), reads(&b, &first)), (401, 401));
    assert_eq!(reads(&b, &kept), 200);

    // Another password ends all on both.
    let beside = token(&sign_on(&b, "anna", FIRST));
    let fresh = token(&change(&b, &beside, FIRST, SECOND));
    for old in [&kept, &beside] {
        assert_eq!((reads(&a, old), reads(&b, old)), (401, 401));
    }
    assert_eq!((reads(&a, &fresh), reads(&b, &fresh)), (200, 200));

    // One that nobody closed, as if the node had died in between: the password is compared.
    let mut client = cluster.client().unwrap();
    let kept = client.query("SELECT key, value FROM stadt.operational", &[]).unwrap();
    let people = ask(&a, &fresh, "GET", "/anmeldung", &Value::Null).body;
    let id = people["person"]["id"].as_str().unwrap();
    let start = user(&["password", "--id", id]);
    for row in kept {
        let (key, value): (Vec<u8>, Vec<u8>) = (row.get(0), row.get(1));
        let sql = "INSERT INTO stadt.operational VALUES ($1, $2) ON CONFLICT DO NOTHING";
        client.execute(sql, &[&key, &value]).unwrap();
    }
    assert_eq!((reads(&a, &fresh), reads(&b, &fresh)), (401, 401));
    drop(client);

    let fresh = token(&sign_on(&b, "anna", &start));
    let fresh = token(&change(&b, &fresh, &start, SECOND));
    database_gone(&mut cluster, &a, &fresh);
}

/// Nobody is told that he is not signed on, because nobody knows.
fn database_gone(cluster: &mut Cluster, node: &City, token: &str) {
    cluster.kill();
    for answer in [
        ask(node, token, "GET", "/akten", &Value::Null),
        ask(node, token, "DELETE", "/anmeldung", &Value::Null),
    ]
    .into_iter()
    // More than the failures that a name has free: none of these counts as one.
    .chain((0..7).map(|_| sign_on(node, "anna", SECOND)))
    {
        assert_eq!((answer.status, &answer.body["code"]), (503, &json!("ausgelastet")));
        assert!(answer.retry_after.is_some());
    }
    cluster.up();
    let end = Instant::now() + Duration::from_secs(20);
    while reads(node, token) != 200 {
        assert!(Instant::now() < end, "the session is there again with its database");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(sign_on(node, "anna", SECOND).status, 201);
}
