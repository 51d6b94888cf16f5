//! `/dokumente/{id}/text`: what was read, or why there is none; and nothing for him who may not.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::stadt::{Antwort, Stadt};

const MARKUP: &str = "<!DOCTYPE html><meta charset=utf-8><title>Bescheid</title><h1>Grüße</h1>\
    <script>document.write('nein')</script><p onclick='nein()'>Der Antrag ist bewilligt.</p>";

fn text(stadt: &Stadt, token: &str, id: &str) -> Antwort {
    for _ in 0..400 {
        let answer = stadt.get(token, &format!("/dokumente/{id}/text"));
        if answer.code() != "text_offen" {
            return answer;
        }
        assert_eq!((answer.status, answer.header("retry-after")), (409, "2"));
        thread::sleep(Duration::from_millis(25));
    }
    panic!("the text is never read")
}

fn push(stadt: &Stadt, token: &str, bytes: &[u8]) -> String {
    let akte = stadt.akte(token, json!({}));
    stadt.push(token, &json!({ "akte_id": akte }), bytes).expect(201).id()
}

#[test]
fn the_text_is_handed_out_as_text_and_with_its_figures() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let id = push(stadt, &token, MARKUP.as_bytes());
    let answer = text(stadt, &token, &id).expect(200);
    let body = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(body, "Bescheid\n\nGrüße\n\nDer Antrag ist bewilligt.");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("content-length"), body.len().to_string());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\""));
    let found = stadt.get(&token, &format!("/dokumente/{id}")).expect(200).json();
    let state = json!({ "stand": "bereit", "zeichen": 42, "seiten": null, "guete": 100 });
    assert_eq!(found["text"], state);
    // Who may not read the document can't tell its text from one that is not there.
    let unknown = "01900000-0000-7000-8000-000000000001";
    let ask = |id: &str| {
        let headers = [("X-Request-Id", "gleich")];
        let path = format!("/dokumente/{id}/text");
        stadt.send(&stadt.token("sb20"), "GET", &path, &headers, None).expect(404)
    };
    assert_eq!(ask(&id).body, ask(unknown).body);
    // The newest Fassung counts.
    let etag = stadt.get(&token, &format!("/dokumente/{id}")).header("etag").to_owned();
    let path = format!("/dokumente/{id}/fassungen");
    let once = crate::stadt::neuer_schluessel();
    let headers = [("If-Match", etag.as_str()), ("Idempotency-Key", once.as_str())];
    stadt.push_with(&token, &path, &headers, &json!({}), "zweite Fassung".as_bytes()).expect(201);
    assert_eq!(text(stadt, &token, &id).expect(200).body, b"zweite Fassung");
}

#[test]
fn why_there_is_no_text() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let noise = neu();
    let cases: [(&[u8], &str); 2] = [(b"\x89PNG\r\n\x1a\n..", "format"), (&noise, "unlesbar")];
    for (bytes, reason) in cases {
        let id = push(stadt, &token, bytes);
        let answer = text(stadt, &token, &id).expect(404).json();
        assert_eq!(
            (&answer["code"], &answer["wiederholbar"]),
            (&json!("kein_text"), &Value::Bool(false))
        );
        assert_eq!(answer["fehler"][0]["code"], reason, "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains("Datei"), "{answer}");
    }
}

/// A PDF of nothing.
fn neu() -> Vec<u8> {
    b"%PDF-1.7\nnichts".to_vec()
}
