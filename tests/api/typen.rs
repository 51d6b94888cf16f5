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
    assert!(page.text().contains("<dt>Typ</dt><dd>Bauakte</dd>"), "{}", page.text());
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

#[test]
fn the_types_are_listed_for_everyone_who_is_signed_on() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("1.json"), hunde(1, "^[0-9]+$")).unwrap();
    std::fs::write(dir.path().join("2.json"), hunde(2, "^[a-z]+$")).unwrap();
    let stadt = Stadt::neu(|file| file.aktentypen = Some(dir.path().to_owned()));
    let token = stadt.token("revision");
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = stadt.get(&token, &format!("/aktentypen?limit=5{cursor}")).expect(200).json();
        for typ in page["eintraege"].as_array().unwrap() {
            assert!(typ.get("schema").is_none(), "{typ}");
            assert_eq!(typ["eigen"], typ["kennung"] == "hundeakte");
            names.push(typ["kennung"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((names.len(), names.is_sorted()), (12, true), "{names:?}");
    let bau = stadt.get(&token, "/aktentypen/bauakte").expect(200).json();
    let felder = bau["felder"].as_array().unwrap();
    let parcel = felder.iter().find(|feld| feld["name"] == "flurstueck").unwrap();
    assert_eq!((&parcel["titel"], &parcel["suche"]), (&json!("Flurstück"), &json!(true)));
    assert!(!bau["vorgangstypen"].as_array().unwrap().is_empty());
    assert!(!bau["dokumenttypen"].as_array().unwrap().is_empty());
    assert_eq!(bau["schema"]["x-aktentyp"]["kennung"], "bauakte");
    let of = |path: &str| stadt.get(&token, &format!("/aktentypen/hundeakte{path}"));
    let newest = of("").expect(200).json();
    assert_eq!((&newest["version"], &newest["versionen"]), (&json!(2), &json!([1, 2])));
    let old = of("?version=1").expect(200).json();
    assert_eq!(old["schema"]["properties"]["chip"]["pattern"], "^[0-9]+$");
    assert_eq!(of("?version=3").expect(404).code(), "nicht_gefunden");
    assert_eq!(of("?version=x").expect(400).code(), "anfrage_ungueltig");
    assert_eq!(stadt.get(&token, "/aktentypen/katzenakte").expect(404).code(), "nicht_gefunden");
    assert_eq!(stadt.get("", "/aktentypen").expect(401).code(), "nicht_angemeldet");
}

/// Catches: what `Mark` compares; a mark that is written although nothing was looked at.
#[test]
fn files_are_held_against_an_unchanged_folder_once() {
    let dir = tempfile::tempdir().unwrap();
    let schema = dir.path().join("hund.json");
    std::fs::write(&schema, hunde(1, "^[0-9]+$")).unwrap();
    let mut stadt = Stadt::neu(|file| file.aktentypen = Some(dir.path().to_owned()));
    let file = stadt.data().join("operational/aktentypen.json");
    let mark = || serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()).unwrap();
    let again = |stadt: &mut Stadt| {
        let token = stadt.token("reg10");
        let felder = json!({ "rufname": "Rex" });
        stadt.akte(&token, json!({ "typ": "hundeakte", "felder": felder }));
        stadt.stop();
        stadt.start();
        mark()
    };
    let first = again(&mut stadt);
    assert!(first["seq"].as_u64().unwrap() > 0);
    assert_eq!(again(&mut stadt), first, "nothing was looked at, though files came");
    std::fs::write(&schema, hunde(1, "^[0-9a-f]+$")).unwrap();
    let second = again(&mut stadt);
    assert_ne!((&second["seq"], &second["sha256"]), (&first["seq"], &first["sha256"]));
    // A mark of another journal tells nothing.
    let mut other = second.clone();
    other["seal"] = first["seal"].clone();
    std::fs::write(&file, other.to_string()).unwrap();
    let third = again(&mut stadt);
    assert!(third["seq"].as_u64() > second["seq"].as_u64(), "{third}");
    std::fs::write(&file, "{").unwrap();
    assert!(again(&mut stadt)["seq"].as_u64() > third["seq"].as_u64());
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
