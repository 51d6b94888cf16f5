//! A small city served in this process, with a person of each role and keys, and a plain client.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use aktenlauf::{
    config::{File, Tls},
    domain::{
        access::{Rolle, Schutzklasse, Verb},
        aktenplan,
    },
    registry::{OeNeu, PersonNeu, RechteNeu, Rollenangabe, SchluesselNeu},
    server::{self, Running},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::contract;

/// A served city. Dropping it stops the server.
pub struct Stadt {
    running: Option<Running>,
    pub file: File,
    /// Taken away with the city.
    _dir: TempDir,
    agent: ureq::Agent,
    /// A unit whose files stand behind the wall for personnel.
    pub personal: String,
    pub einheit: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Antwort {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Antwort {
    pub fn read(mut answer: ureq::http::Response<ureq::Body>) -> Self {
        let headers = answer
            .headers()
            .iter()
            .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
        Self { status, headers, body }
    }

    /// Every header of that name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let of = |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        self.headers.iter().filter(of).map(|(_, value)| value.as_str()).collect()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| {
            panic!("{e}: {} {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The code of a problem, or the status of what is none.
    pub fn code(&self) -> String {
        if self.header("content-type") != "application/problem+json" {
            return self.status.to_string();
        }
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("no id: {}", self.json())).to_owned()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

impl Drop for Stadt {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}

impl Stadt {
    /// The city that tests share that change nothing others rely on.
    pub fn gemeinsam() -> &'static Self {
        static SHARED: OnceLock<Stadt> = OnceLock::new();
        SHARED.get_or_init(|| Self::neu(|_| {}))
    }

    /// A city of one's own, with another configuration.
    pub fn neu(configure: impl FnOnce(&mut File)) -> Self {
        let stadt = Self::served_with(configure);
        stadt.found(aktenplan::muster().unwrap());
        stadt
    }

    /// A server on an empty directory: nobody works there yet.
    pub fn served_with(configure: impl FnOnce(&mut File)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut file = File::new(&dir.path().join("daten"), "127.0.0.1:0".parse().unwrap());
        file.text.program = Some(env!("CARGO_BIN_EXE_aktenlauf").into());
        file.ledger.segment_bytes = 1 << 20;
        file.reserve_bytes = 1 << 20;
        // To learn the whole plan takes a core's time, for each city anew.
        file.suggestions.paused = true;
        configure(&mut file);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let running = server::start(&file, &|_, _| {}).unwrap();
        let plan = aktenplan::muster().unwrap();
        let leaf = |walled: Option<Schutzklasse>| {
            let found = plan.einheiten.iter().find(|u| u.blatt && u.schutzklasse == walled);
            found.unwrap().nummer.clone()
        };
        let (einheit, personal) = (leaf(None), leaf(Some(Schutzklasse::Personal)));
        Self { running: Some(running), file, _dir: dir, agent, personal, einheit }
    }

    fn found(&self, plan: aktenplan::Gelesen) {
        let system = self.running().registry().system("test");
        system.gruenden("Teststadt").unwrap();
        system.aktenplan_laden(plan.plan, plan.einheiten).unwrap();
        for (kuerzel, name) in [("10", "Hauptamt"), ("20", "Kämmerei")] {
            let (kuerzel, name) = (kuerzel.to_owned(), name.to_owned());
            system.oe_anlegen(OeNeu { kuerzel, name, uebergeordnet: None }).unwrap();
        }
        for person in PERSONEN {
            let rolle = Rollenangabe { rolle: person.rolle, oe: person.oe.map(str::to_owned) };
            let rechte = RechteNeu {
                oe: person.oe.map(str::to_owned),
                rollen: vec![rolle],
                schutzklassen: person.walls.to_vec(),
                stufe: Default::default(),
            };
            let neu = PersonNeu {
                anmeldename: person.name.into(),
                name: format!("Frau {}", person.name),
            };
            let neu = system.person_anlegen(neu, rechte).unwrap();
            self.replace_start_password(person.name, &neu.startpasswort);
        }
    }

    /// Signs on with a start password and replaces it.
    pub fn replace_start_password(&self, name: &str, start: &str) {
        let token = self.sign_on(name, start);
        let body = json!({ "alt": start, "neu": passwort(name) });
        self.post(&token, "/anmeldung/passwort", &body).expect(200);
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Starts it again on the same directory, as configured now.
    pub fn start(&mut self) {
        self.running = Some(server::start(&self.file, &|_, _| {}).unwrap());
    }

    pub fn stop(&mut self) {
        self.running.take().unwrap().stop();
    }

    /// As it is configured.
    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn data(&self) -> &Path {
        &self.file.data
    }

    pub fn url(&self) -> String {
        self.running().url()
    }

    /// A new key of OE 10; `verben` none: write only.
    pub fn key(&self, name: &str, change: impl FnOnce(&mut SchluesselNeu)) -> String {
        let mut neu = SchluesselNeu {
            name: name.into(),
            rolle: Rolle::Fachverfahren,
            verben: vec![Verb::Einliefern],
            oe: vec!["10".into()],
            planeinheiten: vec![],
            netze: vec![],
            schutzklassen: vec![],
            stufe: Default::default(),
            ablauf: None,
            grenzen: Default::default(),
        };
        change(&mut neu);
        self.running().registry().system("test").schluessel_anlegen(neu).unwrap().geheimnis
    }

    pub fn sign_on(&self, name: &str, passwort: &str) -> String {
        let answer = self.post("", "/anmeldung", &json!({ "name": name, "passwort": passwort }));
        answer.expect(201).json()["token"].as_str().unwrap().to_owned()
    }

    /// The token of a person of the city.
    pub fn token(&self, name: &str) -> String {
        self.sign_on(name, &passwort(name))
    }

    pub fn send(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Antwort {
        let uri = format!("{}/api/v1{path}", self.url());
        let mut request = ureq::http::Request::builder().method(method).uri(&uri);
        if !token.is_empty() {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) if method == "DELETE" => {
                // This client would send none by itself.
                let mut request = self.agent.delete(&uri);
                if !token.is_empty() {
                    request = request.header("Authorization", format!("Bearer {token}"));
                }
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                request.force_send_body().send(&body[..])
            }
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None if ["GET", "HEAD", "DELETE"].contains(&method) => {
                self.agent.run(request.body(()).unwrap())
            }
            None => self.agent.run(request.body(Vec::<u8>::new()).unwrap()),
        };
        let answer = Antwort::read(answer.unwrap_or_else(|e| panic!("{method} {path}: {e}")));
        let status = answer.status;
        if status < 300 && answer.header("content-type") == "application/json" {
            contract::check(method, path, status, &answer.json());
        }
        answer
    }

    pub fn get(&self, token: &str, path: &str) -> Antwort {
        self.send(token, "GET", path, &[], None)
    }

    pub fn post(&self, token: &str, path: &str, body: &Value) -> Antwort {
        self.json(token, "POST", path, &[], body)
    }

    pub fn json(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Antwort {
        let headers = [headers, &[("Content-Type", "application/json")]].concat();
        self.send(token, method, path, &headers, Some(serde_json::to_vec(body).unwrap()))
    }

    /// Changes an object as it was last read.
    pub fn change(&self, token: &str, method: &str, path: &str, body: &Value) -> Antwort {
        let object = path.split('/').take(3).collect::<Vec<_>>().join("/");
        let etag = self.get(token, &object).expect(200).header("etag").to_owned();
        self.json(token, method, path, &[("If-Match", &etag)], body)
    }

    pub fn push(&self, token: &str, metadata: &Value, bytes: &[u8]) -> Antwort {
        self.push_with(
            token,
            "/dokumente",
            &[("Idempotency-Key", &neuer_schluessel())],
            metadata,
            bytes,
        )
    }

    pub fn push_with(
        &self,
        token: &str,
        path: &str,
        headers: &[(&str, &str)],
        metadata: &Value,
        bytes: &[u8],
    ) -> Antwort {
        let body = multipart(&[("metadaten", metadata.to_string().as_bytes()), ("inhalt", bytes)]);
        let headers = [headers, &[("Content-Type", MULTIPART)]].concat();
        self.send(token, "POST", path, &headers, Some(body))
    }

    /// An open Akte of OE 10 (or as `change` says); its id.
    pub fn akte(&self, token: &str, body: Value) -> String {
        let mut full = json!({ "planeinheit": self.einheit, "betreff": "Akte" });
        for (name, value) in body.as_object().unwrap() {
            full[name] = value.clone();
        }
        // Its files are Personalakten, which are always somebody's.
        if full["planeinheit"] == self.personal && full["felder"].is_null() {
            full["felder"] = json!({ "nachname": "Muster" });
        }
        self.post(token, "/akten", &full).expect(201).id()
    }

    /// Sends raw bytes and reads whatever comes until the connection ends or five seconds pass.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.running().addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The content type that `multipart` writes.
pub const MULTIPART: &str = "multipart/form-data; boundary=grenze";

pub fn multipart(parts: &[(&str, &[u8])]) -> Vec<u8> {
    named_multipart(parts, "Gebührenbescheid.txt")
}

pub fn named_multipart(parts: &[(&str, &[u8])], file_name: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file =
            if *name == "inhalt" { format!("; filename=\"{file_name}\"") } else { "".into() };
        body.extend(
            format!("--grenze\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                .bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--grenze--\r\n");
    body
}

/// A key nobody used before.
pub fn neuer_schluessel() -> String {
    uuid::Builder::from_random_bytes(zufall()).into_uuid().to_string()
}

fn zufall() -> [u8; 16] {
    let mut bytes = [0; 16];
    #[expect(clippy::disallowed_methods, reason = "a test's own randomness")]
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub fn passwort(name: &str) -> String {
    format!("geheim genug, {name}!")
}

/// A person of the city.
pub struct Person {
    pub name: &'static str,
    pub rolle: Rolle,
    pub oe: Option<&'static str>,
    pub walls: &'static [Schutzklasse],
}

const fn person(name: &'static str, rolle: Rolle, oe: Option<&'static str>) -> Person {
    Person { name, rolle, oe, walls: &[] }
}

pub const PERSONEN: &[Person] = &[
    person("sb10", Rolle::Sachbearbeitung, Some("10")),
    person("reg10", Rolle::Registratur, Some("10")),
    person("sb20", Rolle::Sachbearbeitung, Some("20")),
    Person {
        name: "personal10",
        rolle: Rolle::Sachbearbeitung,
        oe: Some("10"),
        walls: &[Schutzklasse::Personal],
    },
    Person {
        name: "zentral",
        rolle: Rolle::Registratur,
        oe: None,
        walls: &[Schutzklasse::Personal],
    },
    person("archiv", Rolle::Archiv, None),
    person("revision", Rolle::Revision, None),
    person("admin1", Rolle::Administration, None),
    person("admin2", Rolle::Administration, None),
];

/// A certificate for localhost and its key, in a folder; none if nothing here makes one.
pub fn certificate(dir: &Path) -> Option<Tls> {
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: TLS, because there is no openssl to make a certificate");
        return None;
    }
    Some(Tls { cert, key })
}
