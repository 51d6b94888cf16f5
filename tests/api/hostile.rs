//! Hostile and broken input that the front has to stand.

use std::{io::Write as _, net::TcpStream, time::Duration};

use aktenlauf::domain::access::Verb;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256, Sha512};

use crate::stadt::{MULTIPART, Stadt, multipart, named_multipart, neuer_schluessel};

#[test]
fn a_hostile_name_is_cleaned_and_handed_out_harmless() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let long = format!("{}.pdf", "n".repeat(4096));
    for name in
        ["../../etc/passwd", "a\u{1}b\u{202e}c.txt", long.as_str(), "Straße \u{201e}x\u{201c}.txt"]
    {
        let body = named_multipart(&[("metadaten", b"{}"), ("inhalt", b"x")], name);
        let headers = [("Content-Type", MULTIPART)];
        let answer = stadt.send(&token, "POST", "/dokumente", &headers, Some(body));
        if answer.status != 201 {
            // A control character in a header may be refused as a whole, never taken.
            assert_eq!(answer.status, 400, "{name:?}");
            continue;
        }
        let id = answer.id();
        let kept = stadt.get(&token, &format!("/dokumente/{id}")).expect(200).json();
        let kept = kept["fassungen"][0]["formate"][0]["dateiname"].as_str().unwrap().to_owned();
        assert!(kept.len() <= 255 && !kept.contains(['/', '\\', '\u{1}', '\u{202e}']), "{kept:?}");
        let handed = stadt.get(&token, &format!("/dokumente/{id}/inhalt")).expect(200);
        let disposition = handed.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        assert_eq!(handed.header("x-content-type-options"), "nosniff");
        assert!(handed.header("content-security-policy").starts_with("sandbox"));
    }
}

#[test]
fn the_place_of_what_is_wrong_is_named() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let cases = [
        (json!({ "planeinheit": "1", "betreff": "x", "farbe": 1 }), "/farbe", "unbekanntes_feld"),
        (json!({ "planeinheit": "1" }), "/betreff", "feld_fehlt"),
        (json!({ "planeinheit": "1", "betreff": "a\u{0}b" }), "/betreff", "nullzeichen"),
        (json!({ "planeinheit": "1", "betreff": 7 }), "/betreff", "wert_ungueltig"),
    ];
    for (body, pointer, code) in cases {
        let problem = stadt.post(&token, "/akten", &body).expect(400).json();
        assert_eq!(problem["fehler"][0]["zeiger"], pointer, "{problem}");
        assert_eq!(problem["fehler"][0]["code"], code, "{problem}");
    }
    let problem = stadt.push(&token, &json!({ "aktenzeichn": "x" }), b"x").expect(400).json();
    assert_eq!(problem["fehler"][0]["zeiger"], "/aktenzeichn");
    assert_eq!(stadt.get(&token, "/akten?farbe=rot").code(), "eingabe_ungueltig");
    assert_eq!(stadt.get(&token, "/suche?q=%00").code(), "anfrage_ungueltig");
}

#[test]
fn a_content_digest_is_over_the_whole_body() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let body = multipart(&[("metadaten", b"{}"), ("inhalt", b"mit Siegel")]);
    let sha256 = STANDARD.encode(Sha256::digest(&body));
    let sha512 = STANDARD.encode(Sha512::digest(&body));
    let send = |digest: &str| {
        let headers = [("Content-Type", MULTIPART), ("Content-Digest", digest)];
        stadt.send(&token, "POST", "/dokumente", &headers, Some(body.clone())).code()
    };
    assert_eq!(send(&format!("sha-256=:{sha256}:, sha-512=:{sha512}:")), "201");
    let wrong = STANDARD.encode(Sha256::digest(b"mit Siegel"));
    assert_eq!(send(&format!("sha-256=:{wrong}:")), "pruefsumme_falsch");
    assert_eq!(send("sha-256=unsinn"), "anfrage_ungueltig");
    assert_eq!(send("md5=:AAAA:"), "201");
}

#[test]
fn parts_that_are_missing_doubled_or_of_another_name_are_refused() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let send = |parts: &[(&str, &[u8])]| {
        let headers = [("Content-Type", MULTIPART)];
        stadt.send(&token, "POST", "/dokumente", &headers, Some(multipart(parts))).code()
    };
    assert_eq!(send(&[("metadaten", b"{}")]), "teile_reihenfolge");
    assert_eq!(send(&[("inhalt", b"x")]), "teile_reihenfolge");
    assert_eq!(send(&[("metadaten", b"{}"), ("datei", b"x")]), "teile_reihenfolge");
    let doubled: [(&str, &[u8]); 3] = [("metadaten", b"{}"), ("inhalt", b"x"), ("inhalt", b"y")];
    assert_eq!(send(&doubled), "teile_reihenfolge");
    assert_eq!(send(&[("metadaten", b"kein json"), ("inhalt", b"x")]), "json_ungueltig");
}

#[test]
fn right_and_target_are_checked_before_the_bytes_are_read() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    // The announced file never comes; the refusal does.
    let body = "--grenze\r\nContent-Disposition: form-data; name=\"metadaten\"\r\n\r\n\
                {\"aktenzeichen\":\"gibt es nicht\"}\r\n--grenze\r\n\
                Content-Disposition: form-data; name=\"inhalt\"; filename=\"x\"\r\n\r\nAnfang";
    let head = format!(
        "POST /api/v1/dokumente HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {MULTIPART}\r\nContent-Length: 100000000\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(stadt.running().addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 16];
    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 404"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn a_part_whose_header_never_ends_is_refused_before_it_fills_the_memory() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let first = "--grenze\r\nContent-Disposition: form-data; name=\"metadaten\"\r\n\r\n{}\r\n\
                 --grenze\r\nX-";
    let whole = "--grenze\r\nContent-Disposition: form-data; name=\"metadaten\"\r\n\r\n{}\r\n\
                 --grenze\r\nContent-Disposition: form-data; name=\"inhalt\"\r\n\r\nx\r\n\
                 --grenze\r\nX-";
    for begin in ["--grenze\r\nX-", first, whole, "--grenze"] {
        let head = format!(
            "POST /api/v1/dokumente HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: {MULTIPART}\r\nContent-Length: 100000000\r\n\r\n{begin}"
        );
        let mut stream = TcpStream::connect(stadt.running().addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        if begin == whole {
            // Bytes that come before the file was handed on do not count against its epilogue.
            std::thread::sleep(Duration::from_secs(1));
        }
        // A little more than the bound, and then silence: the answer must not wait for the rest.
        stream.write_all(&vec![b'a'; (1 << 20) + (1 << 10)]).unwrap();
        let mut answer = [0; 12];
        std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
        assert_eq!(answer, *b"HTTP/1.1 413", "{begin}: {}", String::from_utf8_lossy(&answer));
    }
}

#[test]
fn what_was_cut_off_leaves_nothing() {
    let stadt = Stadt::neu(|_| {});
    let token = stadt.token("sb10");
    let body = multipart(&[("metadaten", b"{}"), ("inhalt", &[b'x'; 1_000_000])]);
    let head = format!(
        "POST /api/v1/dokumente HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {MULTIPART}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stadt.raw(&[head.as_bytes(), &body[..700_000]].concat());
    let staging = stadt.data().join("blobs/staging");
    for _ in 0..100 {
        if std::fs::read_dir(&staging).unwrap().count() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(std::fs::read_dir(&staging).unwrap().count(), 0, "a stage file was left");
    assert_eq!(stadt.get(&token, "/posteingang").expect(200).json()["eintraege"], json!([]));
}

#[test]
fn a_request_id_is_echoed_only_if_it_is_sane() {
    let stadt = Stadt::gemeinsam();
    let ask = |id: &str| stadt.send("", "GET", "/akten", &[("X-Request-Id", id)], None);
    let sane = ask("scan-7.a_B").expect(401);
    assert_eq!(sane.header("x-request-id"), "scan-7.a_B");
    assert_eq!(sane.json()["request_id"], "scan-7.a_B");
    let long = "x".repeat(65);
    for id in ["a b", "x;y", long.as_str()] {
        let given = ask(id).header("x-request-id").to_owned();
        assert!(given != id && given.len() == 36, "{id:?} -> {given:?}");
    }
}

#[test]
fn a_key_serves_only_from_its_networks() {
    let stadt = Stadt::gemeinsam();
    let works = |change: fn(&mut aktenlauf::registry::SchluesselNeu)| {
        let key = stadt.key(&neuer_schluessel(), |key| {
            key.verben = vec![Verb::Lesen];
            change(key);
        });
        stadt.get(&key, "/akten").code()
    };
    assert_eq!(works(|key| key.netze = vec!["127.0.0.0/8".parse().unwrap()]), "200");
    assert_eq!(works(|key| key.netze = vec!["10.0.0.0/8".parse().unwrap()]), "nicht_angemeldet");
}

#[test]
fn a_claimed_address_counts_only_behind_a_trusted_proxy() {
    let key = |stadt: &Stadt| {
        stadt.key(&neuer_schluessel(), |key| {
            key.verben = vec![Verb::Lesen];
            key.netze = vec!["192.0.2.0/24".parse().unwrap()];
        })
    };
    let claim = [("X-Forwarded-For", "192.0.2.7")];
    let direct = Stadt::gemeinsam();
    assert_eq!(direct.send(&key(direct), "GET", "/akten", &claim, None).code(), "nicht_angemeldet");
    let behind = Stadt::neu(|file| file.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    assert_eq!(behind.send(&key(&behind), "GET", "/akten", &claim, None).code(), "200");
}

#[test]
fn many_silent_connections_leave_room_for_a_push() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(stadt.running().addr()).unwrap();
        stream.write_all(b"GET /api/v1/health/live HTTP/1.1\r\nHost:").unwrap();
        idle.push(stream);
    }
    stadt.push(&token, &json!({}), b"trotzdem").expect(201);
    drop(idle);
}
