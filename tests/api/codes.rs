//! Every code of the table is produced: most over HTTP, three that only a failing disk brings from
//! the refusal that stands for it.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use aktenlauf::http::{Code, Problem};
use serde_json::{Value, json};

use crate::stadt::{Antwort, MULTIPART, Stadt, multipart, neuer_schluessel};

/// Cities in states that most tests do not want.
#[test]
fn every_code_of_the_table_is_produced() {
    let stadt = Stadt::gemeinsam();
    for code in Code::ALL {
        let (status, problem) = produce(stadt, *code);
        let name = code.name();
        assert_eq!(problem["code"], name, "{problem}");
        assert_eq!(problem["type"], format!("/probleme/{name}"));
        assert_eq!(problem["title"], code.title());
        assert_eq!((problem["status"].as_u64(), status), (Some(u64::from(status)), code.status()));
        assert_eq!(problem["wiederholbar"], code.retryable());
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{name}");
        assert!(problem["fehler"].is_array());
    }
}

fn produce(stadt: &Stadt, code: Code) -> (u16, Value) {
    let answer = match code {
        Code::Intern | Code::AusgangUnbekannt => return refusal(code),
        Code::Ausgelastet | Code::ZuLangsam => return slow(code),
        Code::NichtBereit => damaged_journal(),
        Code::SpeicherVoll => restarted(|file| file.reserve_bytes = u64::MAX / 2),
        Code::TextOffen => unread(),
        Code::NurLesend => restarted(|file| file.read_only = true),
        Code::BlobBeschaedigt => damaged_blob(stadt),
        Code::UploadAbgebrochen => upload(
            stadt,
            b"--grenze\r\nContent-Disposition: form-data; name=\"metadaten\"\r\n\r\n{}",
        ),
        Code::MultipartUngueltig => {
            // No boundary is named.
            let headers = [("Content-Type", "multipart/form-data")];
            let body = multipart(&[("metadaten", b"{}"), ("inhalt", b"x")]);
            stadt.send(&stadt.token("sb10"), "POST", "/dokumente", &headers, Some(body))
        }
        Code::TeileReihenfolge => {
            upload(stadt, &multipart(&[("inhalt", b"x"), ("metadaten", b"{}")]))
        }
        Code::DateiLeer => stadt.push(&stadt.token("sb10"), &json!({}), b""),
        Code::PruefsummeFalsch => {
            stadt.push(&stadt.token("sb10"), &json!({ "sha256": "0".repeat(64) }), b"x")
        }
        Code::ZuGross => {
            stadt.push(&stadt.token("sb10"), &json!({ "bemerkung": "x".repeat(70_000) }), b"x")
        }
        Code::InBearbeitung => twin(stadt),
        Code::IdempotencyKeyFehlt | Code::IdempotencyKeyVergeben => once(stadt, code),
        Code::Gesperrt | Code::ZweitePerson => held(stadt, code),
        Code::ZuVieleAnfragen | Code::ZuVieleUploads | Code::TagesmengeErschoepft => {
            bounded(stadt, code)
        }
        Code::AnmeldungFalsch | Code::AnmeldungGebremst | Code::PasswortAendern => {
            sign_on(stadt, code)
        }
        _ => plain(stadt, code),
    };
    (answer.status, answer.json())
}

/// Where nobody reads texts.
fn unread() -> Antwort {
    let stadt = Stadt::neu(|file| file.text.paused = true);
    let token = stadt.token("sb10");
    let id = stadt.push(&token, &json!({}), b"Brief").expect(201).id();
    stadt.get(&token, &format!("/dokumente/{id}/text"))
}

/// Those that one request brings.
fn plain(stadt: &Stadt, code: Code) -> Antwort {
    let token = stadt.token("sb10");
    let akte = || stadt.akte(&token, json!({}));
    match code {
        Code::AnfrageUngueltig => stadt.get(&token, "/akten?limit=viele"),
        Code::JsonUngueltig => {
            let headers = [("Content-Type", "application/json")];
            stadt.send(&token, "POST", "/akten", &headers, Some(b"{".to_vec()))
        }
        Code::EingabeUngueltig => stadt.post(&token, "/akten", &json!({ "planeinheit": "1" })),
        Code::CursorUngueltig => stadt.get(&token, "/akten?cursor=abc"),
        Code::NichtAngemeldet => stadt.get("unsinn", "/akten"),
        Code::NichtErlaubt => stadt.get(&token, "/benutzer"),
        Code::NichtGefunden => stadt.get(&token, "/akten/nirgends"),
        Code::KeinText => {
            let id = stadt.push(&token, &json!({}), b"\x89PNG\r\n\x1a\n").expect(201).id();
            stadt.get(&token, &format!("/dokumente/{id}/text"))
        }
        Code::MethodeNichtErlaubt => stadt.send(&token, "DELETE", "/akten", &[], None),
        Code::Konflikt => {
            let body = json!({ "anmeldename": "sb10", "name": "Zweite" });
            stadt.post(&stadt.token("admin1"), "/benutzer", &body)
        }
        Code::ZustandVerbietet => {
            let akte = akte();
            stadt
                .change(&token, "POST", &format!("/akten/{akte}/schliessen"), &json!({}))
                .expect(200);
            stadt.push(&token, &json!({ "akte_id": akte }), b"x")
        }
        Code::Veraltet | Code::IfMatchFehlt => {
            let headers: &[_] = if code == Code::Veraltet { &[("If-Match", "\"1\"")] } else { &[] };
            let path = format!("/akten/{}", akte());
            stadt.json(&token, "PATCH", &path, headers, &json!({ "betreff": "x" }))
        }
        Code::MedientypNichtErlaubt => {
            stadt.send(&token, "POST", "/akten", &[], Some(b"{}".to_vec()))
        }
        Code::BereichUngueltig => {
            let id = stadt.push(&token, &json!({}), b"kurz").expect(201).id();
            let path = format!("/dokumente/{id}/inhalt");
            let answer = stadt.send(&token, "GET", &path, &[("Range", "bytes=4-")], None);
            assert_eq!(answer.header("content-range"), "bytes */4");
            answer
        }
        other => panic!("{other:?} needs a request of its own"),
    }
}

/// A document of an Akte that is held, and a release that one person asks for twice.
fn held(stadt: &Stadt, code: Code) -> Antwort {
    let token = stadt.token("reg10");
    let akte = stadt.akte(&token, json!({}));
    let id = stadt.push(&token, &json!({ "akte_id": akte }), b"Brief").expect(201).id();
    let hold = json!({ "akten": [akte], "grund": "Rechtsstreit" });
    let hold = format!("/sperren/{}", stadt.post(&token, "/sperren", &hold).expect(201).id());
    let why = json!({ "grund": "verglichen" });
    match code {
        Code::Gesperrt => stadt.change(&token, "POST", &format!("/dokumente/{id}/storno"), &why),
        _ => {
            stadt.json(&token, "DELETE", &hold, &[], &why).expect(202);
            stadt.json(&token, "DELETE", &hold, &[], &why)
        }
    }
}

fn upload(stadt: &Stadt, body: &[u8]) -> Antwort {
    let headers = [("Content-Type", MULTIPART)];
    stadt.send(&stadt.token("sb10"), "POST", "/dokumente", &headers, Some(body.to_vec()))
}

fn sign_on(stadt: &Stadt, code: Code) -> Antwort {
    let name = neuer_schluessel();
    let wrong = || stadt.post("", "/anmeldung", &json!({ "name": name, "passwort": "falsch" }));
    match code {
        Code::AnmeldungFalsch => wrong(),
        Code::AnmeldungGebremst => (0..9).map(|_| wrong()).find(|a| a.status == 429).unwrap(),
        _ => {
            let neu = json!({ "anmeldename": name, "name": "Neu" });
            let admin = stadt.token("admin1");
            let id = stadt.post(&admin, "/benutzer", &neu).expect(201).id();
            let system = stadt.running().registry().system("test");
            let start = system.startpasswort(id.parse().unwrap()).unwrap();
            let token = stadt.sign_on(&name, &start);
            stadt.get(&token, "/anmeldung").expect(200);
            stadt.get(&token, "/organisation")
        }
    }
}

fn bounded(stadt: &Stadt, code: Code) -> Antwort {
    let key = stadt.key(&neuer_schluessel(), |key| match code {
        Code::ZuVieleAnfragen => key.grenzen.anfragen_je_sekunde = 1,
        Code::ZuVieleUploads => key.grenzen.gleichzeitige_uploads = 0,
        _ => key.grenzen.bytes_je_tag = 1,
    });
    let answer = match code {
        Code::ZuVieleAnfragen => {
            let asked = (0..9).map(|_| stadt.get(&key, "/organisation"));
            asked.into_iter().find(|a| a.status == 429).unwrap()
        }
        _ => stadt.push(&key, &json!({}), b"zwei"),
    };
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    answer
}

fn once(stadt: &Stadt, code: Code) -> Antwort {
    let key = stadt.key(&neuer_schluessel(), |_| {});
    if code == Code::IdempotencyKeyFehlt {
        return stadt.push_with(&key, "/dokumente", &[], &json!({}), b"x");
    }
    let headers = [("Idempotency-Key", "k")];
    stadt.push_with(&key, "/dokumente", &headers, &json!({}), b"eins").expect(201);
    stadt.push_with(&key, "/dokumente", &headers, &json!({}), b"zwei")
}

/// Begins an upload on a bare connection and leaves it open before its last bytes.
fn begin_upload(stadt: &Stadt, token: &str, once: &str) -> TcpStream {
    let body = multipart(&[("metadaten", b"{}"), ("inhalt", b"langsam")]);
    let mut stream = TcpStream::connect(stadt.running().addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/v1/dokumente HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: {once}\r\nContent-Type: {MULTIPART}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body[..body.len() - 20]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    stream
}

fn twin(stadt: &Stadt) -> Antwort {
    let key = stadt.key(&neuer_schluessel(), |_| {});
    let first = begin_upload(stadt, &key, "zwilling");
    let headers = [("Idempotency-Key", "zwilling")];
    let second = stadt.push_with(&key, "/dokumente", &headers, &json!({}), b"langsam");
    drop(first);
    second
}

/// A client that stops sending: its own answer, or the one of who finds no room beside it.
fn slow(code: Code) -> (u16, Value) {
    let stadt = Stadt::neu(|file| {
        file.limits.uploads = 1;
        file.limits.idle_s = if code == Code::ZuLangsam { 1 } else { 30 };
    });
    let token = stadt.token("sb10");
    let mut stream = begin_upload(&stadt, &token, "a");
    if code == Code::Ausgelastet {
        let answer = stadt.push(&token, &json!({}), b"x");
        return (answer.status, answer.json());
    }
    let mut answer = [0; 4096];
    let count = stream.read(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer[..count]);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

/// A city that is stopped and started again otherwise: what a push gets there.
fn restarted(change: impl FnOnce(&mut aktenlauf::config::File)) -> Antwort {
    let mut stadt = Stadt::neu(|_| {});
    stadt.stop();
    change(&mut stadt.file);
    stadt.start();
    stadt.push(&stadt.token("sb10"), &json!({}), b"x")
}

/// A city whose journal has a flipped bit where entries are.
fn damaged_journal() -> Antwort {
    let mut stadt = Stadt::neu(|_| {});
    stadt.stop();
    let journal = fs::read_dir(stadt.data().join("journal")).unwrap();
    let mut segments: Vec<_> = journal.map(|item| item.unwrap().path()).collect();
    segments.sort();
    let first = segments.iter().find(|path| path.is_file()).unwrap();
    let mut bytes = fs::read(first).unwrap();
    bytes[2000] ^= 1;
    fs::write(first, bytes).unwrap();
    stadt.start();
    stadt.get("", "/health/ready")
}

fn damaged_blob(stadt: &Stadt) -> Antwort {
    let token = stadt.token("sb10");
    let receipt = stadt.push(&token, &json!({}), b"wird verdorben").expect(201).json();
    let digest = receipt["sha256"].as_str().unwrap();
    let folder = stadt.data().join("blobs").join(&digest[..2]);
    let names: BTreeMap<String, _> = fs::read_dir(folder)
        .unwrap()
        .map(|item| item.unwrap())
        .map(|item| (item.file_name().into_string().unwrap(), item.path()))
        .collect();
    let path = names.iter().find(|(name, _)| name.starts_with(digest)).unwrap().1;
    fs::remove_file(path).unwrap();
    fs::write(path, b"etwas anderes!").unwrap();
    stadt.get(&token, &format!("/dokumente/{}/inhalt", receipt["id"].as_str().unwrap()))
}

/// What only a disk that fails brings, and no request can: the refusal itself.
fn refusal(code: Code) -> (u16, Value) {
    use aktenlauf::{ledger::CommitError, registry};
    let error: registry::Error = match code {
        Code::AusgangUnbekannt => CommitError::Unknown("the disk failed".into()).into(),
        _ => registry::Error::intern("a fault"),
    };
    let answer = Problem::from(error).response("r");
    let status = answer.status().as_u16();
    let body = actix_web::body::MessageBody::try_into_bytes(answer.into_body()).unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}
