//! Types of Akten over HTTP: a Fachverfahren opens a file with its fields, hostile fields, the
//! page, and schemas of the city's own that the server does not start with.

use aktenlauf::{domain::access::Verb, server};
use serde_json::{Value, json};

use crate::{
    stadt::{Stadt, neuer_schluessel},
    web::client::Browser,
};

/// The first plan unit whose files are Bauakten.
const BAU: &str = "521.01";

#[test]
fn a_fachverfahren_opens_files_with_their_fields() {
    let stadt = Stadt::gemeinsam();
    let key = stadt.key("bauverfahren", |neu| {
        neu.verben = vec![Verb::Einliefern, Verb::Anlegen, Verb::Lesen];
    });
    let felder = json!({ "flurstueck": ["4711/8"], "bauherr": "Kontor <b>Süd</b> & Co",
        "genehmigung_am": "2024-03-15" });
    let neu = |felder: &Value| {
        json!({ "planeinheit": BAU, "betreff": "Dachausbau", "oe": "10", "fremd_id": "B-1",
            "felder": felder })
    };
    // No type named: that of the plan unit.
    let post = |felder: &Value| {
        let once = neuer_schluessel();
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", &once)];
        let body = neu(felder).to_string().into_bytes();
        stadt.send(&key, "POST", "/akten", &headers, Some(body))
    };
    let made = post(&felder).expect(201).json();
    assert_eq!((&made["typ"], &made["typ_version"]), (&json!("bauakte"), &json!(1)));
    assert_eq!(made["felder"], felder);
    let bad = json!({ "flurstueck": ["4711/8", "x"], "farbe": "rot" });
    let problem = post(&bad).expect(400).json();
    let places: Vec<_> = problem["fehler"].as_array().unwrap().iter().collect();
    let has = |pointer: &str| places.iter().any(|place| place["zeiger"] == pointer);
    assert!(has("/felder/flurstueck/1") && has("/felder/farbe"), "{problem}");

    let clerk = stadt.token("reg10");
    let id = made["id"].as_str().unwrap();
    let change = json!({ "felder": { "ortsteil": "Süd", "genehmigung_am": null } });
    let path = format!("/akten/{id}");
    let changed = stadt.change(&clerk, "PATCH", &path, &change).expect(200).json();
    assert_eq!(changed["felder"]["ortsteil"], "Süd");
    assert!(changed["felder"].get("genehmigung_am").is_none(), "{changed}");
    let seq = changed["seq"].as_u64().unwrap();
    let question = json!({ "q": "bauakte.flurstueck:4711/8", "wait_for": seq, "facetten": true });
    let found = stadt.post(&clerk, "/suche", &question).expect(200).json();
    assert_eq!((&found["anzahl"], &found["treffer"][0]["id"]), (&json!(1), &json!(id)), "{found}");
    let counted = found["facetten"]["felder"].as_array().unwrap();
    let south = counted.iter().find(|f| f["feld"] == "bauakte.ortsteil").unwrap();
    assert_eq!(south["werte"], json!([{ "wert": "Süd", "anzahl": 1 }]));
    let problem = stadt.get(&clerk, "/suche?q=bauakte.farbe:rot").expect(400).json();
    assert_eq!(problem["fehler"][0]["code"], "suchtext_ungueltig", "{problem}");

    let page = Browser::of(stadt, "reg10").get(&path).expect(200);
    for part in ["<dt>Flurstück</dt><dd>4711/8</dd>", "<dt>Ortsteil</dt><dd>Süd</dd>"] {
        assert!(page.text().contains(part), "{part} in {}", page.text());
    }
    assert!(!page.text().contains("<b>Süd"), "{}", page.text());
}

#[test]
fn hostile_fields_are_refused_and_harm_nothing() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("reg10");
    let raw = |felder: &str| {
        let body = format!("{{\"planeinheit\":\"{BAU}\",\"betreff\":\"x\",\"felder\":{felder}}}");
        let headers = [("Content-Type", "application/json")];
        stadt.send(&token, "POST", "/akten", &headers, Some(body.into_bytes()))
    };
    let big = format!("{{\"bauherr\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(raw(&big).expect(413).code(), "zu_gross");
    let deep = format!("{{\"bauherr\":{}1{}}}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(raw(&deep).expect(400).code(), "json_ungueltig");
    let below = format!("{{\"bauherr\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    for (felder, pointer, code) in [
        (below.as_str(), "/felder/bauherr/0/0/0/0", "zu_tief"),
        ("{\"bauherr\":\"a\\u0007b\"}", "/felder/bauherr", "zeichen_unzulaessig"),
        ("{\"bauherr\":\"a\\u0000b\"}", "/felder/bauherr", "nullzeichen"),
        ("{\"bauherr\":{\"$ref\":\"http://127.0.0.1\"}}", "/felder/bauherr", "wert_ungueltig"),
        ("{\"__proto__\":{}}", "/felder/__proto__", "unbekanntes_feld"),
        ("[1]", "/felder", "wert_ungueltig"),
        ("\"x\"", "/felder", "wert_ungueltig"),
    ] {
        let problem = raw(felder).expect(400).json();
        assert_eq!(problem["fehler"][0]["zeiger"], pointer, "{problem}");
        assert_eq!(problem["fehler"][0]["code"], code, "{problem}");
    }
    for number in ["NaN", "Infinity", "-Infinity", "1e999"] {
        let felder = format!("{{\"bauherr\":{number}}}");
        assert_eq!(raw(&felder).expect(400).code(), "json_ungueltig", "{number}");
    }
    let many: String = (0..3000).map(|n| format!("\"feld_{n}\":{n},")).collect();
    let problem = raw(&format!("{{{}\"z\":1}}", many)).expect(400).json();
    assert!(problem["fehler"].as_array().unwrap().len() <= 50, "{problem}");
}

fn hunde(version: u32, chip: &str) -> String {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "x-aktentyp": { "kennung": "hundeakte", "version": version, "bezeichnung": "Hundeakte" },
        "type": "object", "additionalProperties": false,
        "properties": {
            "rufname": { "type": "string", "title": "Rufname", "maxLength": 40 },
            "chip": { "type": "string", "title": "Chip", "pattern": chip }
        },
        "x-suche": { "felder": ["rufname", "chip"] }
    })
    .to_string()
}

/// Catches: `aktentypen_pruefen` in `server::start`, `typen` in `House::open`.
#[test]
fn a_citys_own_type_is_used_and_one_that_breaks_its_files_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let one = dir.path().join("hund.json");
    std::fs::write(&one, hunde(1, "^[0-9]+$")).unwrap();
    std::fs::write(dir.path().join("liesmich.txt"), "not read").unwrap();
    let mut stadt = Stadt::neu(|file| file.aktentypen = Some(dir.path().to_owned()));
    let token = stadt.token("reg10");
    let body = json!({ "typ": "hundeakte", "felder": { "rufname": "Rex", "chip": "12" } });
    stadt.akte(&token, body.clone());
    stadt.stop();
    let fails =
        |file: &aktenlauf::config::File| server::start(file, &|_, _| {}).unwrap_err().to_string();
    std::fs::write(&one, hunde(1, "^[a-z]+$")).unwrap();
    let why = fails(stadt.file());
    assert!(why.contains("hundeakte version 1") && why.contains("(/chip)"), "{why}");
    std::fs::remove_file(&one).unwrap();
    assert!(fails(stadt.file()).contains("put its schema back"));
    std::fs::write(&one, hunde(1, "^[0-9]+$")).unwrap();
    let two = dir.path().join("hund2.json");
    for (schema, says) in [
        (hunde(1, "x"), "is there twice"),
        (hunde(2, "x").replace("\"pattern\"", "\"$ref\""), "leads out of this file"),
        (hunde(2, "x").replace("hundeakte", "bauakte"), "type of the program"),
        ("{".to_owned(), "no JSON"),
    ] {
        std::fs::write(&two, schema).unwrap();
        let why = fails(stadt.file());
        assert!(why.contains("hund2.json") && why.contains(says), "{why}");
    }
    // A stricter version beside the first is no trouble for what is there.
    std::fs::write(&two, hunde(2, "^[a-z]+$")).unwrap();
    stadt.start();
    let token = stadt.token("reg10");
    let mut full = body;
    full["planeinheit"] = BAU.into();
    full["betreff"] = "Zweiter".into();
    let problem = stadt.post(&token, "/akten", &full).expect(400).json();
    assert_eq!(problem["fehler"][0]["zeiger"], "/felder/chip");
}
