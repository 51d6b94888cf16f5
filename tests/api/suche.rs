//! `/suche` through HTTP: what is typed wrong is told with its place, and nothing it is asked
//! makes it slow, large or talkative.

use serde_json::{Value, json};

use crate::stadt::{Antwort, Stadt};

fn ask(stadt: &Stadt, token: &str, q: &str) -> Antwort {
    stadt.post(token, "/suche", &json!({ "q": q }))
}

fn detail(answer: &Antwort) -> String {
    answer.json()["fehler"][0]["text"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_cannot_be_understood_is_told_with_its_place() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    for (q, place) in [
        ("antrag nix:wert", "(Zeichen 8)"),
        ("datum:0000-00-00", "(Zeichen 7)"),
        ("datum:2024-13", "(Zeichen 7)"),
        ("*", "(Zeichen 1)"),
        ("an*", "(Zeichen 1)"),
        ("\"antrag", "(Zeichen 1)"),
        ("antrag ODER", "(Zeichen 8)"),
        ("art:brief", "(Zeichen 5)"),
    ] {
        let answer = ask(stadt, &token, q).expect(400);
        assert_eq!(answer.json()["fehler"][0]["zeiger"], "/q", "{q}");
        assert!(detail(&answer).contains(place), "{q}: {}", answer.json());
    }
    for (q, code) in [
        ("x ".repeat(500_000), "zu_gross"),
        ("(".repeat(5_000), "eingabe_ungueltig"),
        ((0..400).map(|n| format!("a{n} ")).collect(), "eingabe_ungueltig"),
        ("a".repeat(1_001), "eingabe_ungueltig"),
    ] {
        assert_eq!(ask(stadt, &token, &q).code(), code);
    }
}

#[test]
fn strange_signs_are_words_or_nothing() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    for q in [
        "(a+)+$ antrag",
        "\u{202e}gartna\u{202c}",
        "antrag\u{1}\u{7f}\u{9b}",
        "antrag\u{200b}\u{ad}",
        "x' OR 1=1 --",
        "%00 %0a",
        "<script>alert(1)</script>",
        "ａｎｔｒａｇ",
        "😀 antrag",
    ] {
        ask(stadt, &token, q).expect(200);
    }
}

#[test]
fn a_cursor_holds_for_its_question_and_its_asker() {
    let stadt = Stadt::neu(|file| file.text.paused = true);
    let (mine, other) = (stadt.token("sb10"), stadt.token("reg10"));
    for n in 0..5 {
        let meta = json!({ "betreff": "Sandkasten", "oe": "10" });
        stadt.push(&mine, &meta, format!("Blatt {n}").as_bytes()).expect(201);
    }
    let question = json!({ "q": "sandkasten", "limit": 2, "facetten": true, "wait_for": 40 });
    let page = |token: &str, change: Value| {
        let mut body = question.clone();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        stadt.post(token, "/suche", &body)
    };
    let mut first = page(&mine, json!({}));
    while first.json()["anzahl"] != 5 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        first = page(&mine, json!({}));
    }
    let cursor = first.json()["cursor"].clone();
    let second = page(&mine, json!({ "cursor": cursor })).expect(200).json();
    assert_eq!((second["treffer"].as_array().unwrap().len(), &second["anzahl"]), (2, &json!(5)));
    assert_eq!(
        second["facetten"]["oe"],
        json!([{ "wert": "10", "bezeichnung": "Hauptamt", "anzahl": 5 }])
    );
    for (token, change) in [
        (&other, json!({ "cursor": cursor })),
        (&mine, json!({ "cursor": cursor, "q": "sandkaste" })),
        (&mine, json!({ "cursor": cursor, "ordnung": "datum" })),
        (&mine, json!({ "cursor": cursor, "oe": "10" })),
        (&mine, json!({ "cursor": "AAAA" })),
    ] {
        assert_eq!(page(token, change.clone()).code(), "cursor_ungueltig", "{change}");
    }
    let unknown = page(&mine, json!({ "oe": "99" })).expect(400).json();
    assert_eq!(unknown["fehler"][0]["zeiger"], "/oe", "{unknown}");
}
