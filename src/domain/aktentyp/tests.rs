//! Schemas that are taken and refused, and fields that nobody may bring in.

use serde_json::json;

use super::*;
use crate::domain::aktenplan;

fn good() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hundeakte",
        "x-aktentyp": { "kennung": "hundeakte", "version": 1, "bezeichnung": "Hundeakte" },
        "type": "object",
        "additionalProperties": false,
        "required": ["rufname"],
        "properties": {
            "rufname": { "type": "string", "title": "Rufname", "maxLength": 60 },
            "wurftag": { "type": "string", "title": "Wurftag", "format": "date" },
            "chip": { "type": "string", "title": "Chip", "pattern": "^[0-9]{15}$" },
            "rasse": { "type": "array", "title": "Rasse",
                "items": { "type": "string", "enum": ["Dackel", "Spitz"] } }
        },
        "x-anker": { "geburt": "wurftag" },
        "x-suche": { "felder": ["rufname", "chip"], "facetten": ["rasse"] },
        "x-vorgangstypen": [{ "kennung": "anmeldung", "bezeichnung": "Anmeldung" }]
    })
}

fn read(schema: &Value) -> Result<Aktentyp, String> {
    Aktentyp::lesen(&schema.to_string())
}

fn places(typ: &Aktentyp, felder: Value) -> Vec<(String, &'static str)> {
    let Value::Object(felder) = felder else { panic!("no object") };
    typ.pruefen(&felder).into_iter().map(|b| (b.zeiger, b.code)).collect()
}

#[test]
fn our_own_types_are_sound_and_the_plan_names_no_other() {
    let typen = Aktentypen::eigene();
    assert_eq!(typen.alle().count(), EIGENE.len());
    for typ in typen.alle() {
        assert!(typ.felder.len() >= 5 && !typ.vorgangstypen.is_empty(), "{typ:?}");
        assert!(typ.dokumenttypen.len() >= 5, "{typ:?}");
        assert!(typ.felder.iter().any(|f| f.suche) && typ.felder.iter().any(|f| f.facette));
        for feld in &typ.felder {
            assert!(!feld.beschreibung.is_empty(), "{typ:?} {}", feld.name);
        }
    }
    for unit in aktenplan::muster().unwrap().einheiten {
        let Some(typ) = &unit.aktentyp else { continue };
        let typ = typen.neueste(typ).unwrap_or_else(|| panic!("{}: no type {typ}", unit.nummer));
        assert!(typ.schutzklasse.is_none() || typ.schutzklasse == unit.schutzklasse, "{typ:?}");
    }
}

/// Catches: `inside`, `anchors`, `fields`, `is_name`, each check of the head.
#[test]
fn a_schema_that_would_surprise_is_refused_and_says_why() {
    let typ = read(&good()).unwrap();
    assert_eq!(typ.anker["geburt"], "wurftag");
    let with = |pointer: &str, value: Value| {
        let mut schema = good();
        let (above, key) = pointer.rsplit_once('/').unwrap();
        schema.pointer_mut(above).unwrap()[key] = value;
        read(&schema).unwrap_err()
    };
    let chip = "/properties/chip";
    for (pointer, value, says) in [
        (chip, json!({ "title": "x", "$ref": "https://example.org/chip.json" }), "leads out"),
        (chip, json!({ "title": "x", "$ref": "file:///etc/passwd" }), "leads out"),
        (chip, json!({ "title": "x", "$ref": "andere.json#/a" }), "leads out"),
        ("/properties/chip/$dynamicRef", json!("urn:x"), "leads out"),
        ("/allOf", json!([{ "$ref": "http://169.254.169.254/" }]), "leads out"),
        ("/$id", json!("https://example.org/"), "$id"),
        ("/$schema", json!("http://json-schema.org/draft-07/schema#"), "2020-12"),
        ("/x-anker", json!({ "mondphase": "wurftag" }), "mondphase is unknown"),
        ("/x-anker", json!({ "geburt": "rufname" }), "format date"),
        ("/x-suche", json!({ "felder": ["nix"] }), "no field nix"),
        ("/required", json!(["nix"]), "no field nix"),
        ("/x-unsinn", json!(1), "x-unsinn"),
        ("/x-schutzklasse", json!("geheim"), "x-schutzklasse"),
        ("/x-aktentyp/kennung", json!("Hunde-Akte"), "kennung"),
        ("/x-aktentyp/version", json!(0), "version"),
        ("/additionalProperties", json!(true), "additionalProperties"),
        ("/properties/chip/type", json!("object"), "type"),
        ("/properties/chip/type", json!("strnig"), "type"),
        ("/properties/rufname/title", json!(" "), "title"),
        ("/properties/rufname/maxLength", Value::Null, "maxLength"),
        ("/properties/chip/pattern", json!("("), "no valid schema"),
        ("/properties/chip/pattern", json!("(?=x)x"), "no valid schema"),
        ("/properties/rufname/format", json!("mond"), "no valid schema"),
        ("/properties/Chip", json!({ "type": "string", "title": "x" }), "names are"),
        ("/x-vorgangstypen/1", json!({}), "x-vorgangstypen"),
    ] {
        if pointer == "/x-vorgangstypen/1" {
            let mut schema = good();
            let twice = schema["x-vorgangstypen"][0].clone();
            schema["x-vorgangstypen"].as_array_mut().unwrap().push(twice);
            assert!(read(&schema).unwrap_err().contains("twice"));
            continue;
        }
        let error = with(pointer, value);
        assert!(error.contains(says), "{pointer}: {error}");
    }
    assert!(Aktentyp::lesen("{").unwrap_err().contains("no JSON"));
    assert!(Aktentyp::lesen(&"[".repeat(200_000)).is_err());
    assert!(Aktentyp::lesen(&" ".repeat(300_000)).unwrap_err().contains("longer"));
}

/// Catches: `contains_key`, `eigene.contains` in `dazu`.
#[test]
fn names_are_taken_once_and_ours_never() {
    let mut typen = Aktentypen::clone(&Aktentypen::eigene());
    typen.dazu("a.json", &good().to_string()).unwrap();
    let twice = typen.dazu("b.json", &good().to_string()).unwrap_err().to_string();
    assert!(twice.contains("b.json") && twice.contains("twice"), "{twice}");
    let mut newer = good();
    newer["x-aktentyp"]["version"] = 2.into();
    newer["properties"]["steuer"] = json!({ "type": "number", "title": "Steuer" });
    typen.dazu("c.json", &newer.to_string()).unwrap();
    assert_eq!(typen.neueste("hundeakte").unwrap().version, 2);
    assert!(typen.version("hundeakte", 1).unwrap().feld("steuer").is_none());
    let mut ours = good();
    ours["x-aktentyp"] = json!({ "kennung": "bauakte", "version": 9, "bezeichnung": "Bau" });
    let refused = typen.dazu("d.json", &ours.to_string()).unwrap_err();
    assert!(refused.text.contains("type of the program"), "{refused}");
}

/// Catches: each arm of `befunde` and `warum`.
#[test]
fn a_wrong_field_is_named_by_its_pointer() {
    let typ = read(&good()).unwrap();
    let of = |felder| places(&typ, felder);
    let at = |zeiger: &str, code| vec![(zeiger.to_owned(), code)];
    assert_eq!(of(json!({ "rufname": "Rex", "wurftag": "2024-02-29" })), []);
    assert_eq!(of(json!({})), at("/rufname", "fehlt"));
    assert_eq!(of(json!({ "rufname": "Rex", "a/b": 1 })), at("/a~1b", "unbekanntes_feld"));
    assert_eq!(of(json!({ "rufname": 7 })), at("/rufname", "wert_ungueltig"));
    assert_eq!(of(json!({ "rufname": "ä".repeat(61) })), at("/rufname", "zu_lang"));
    let bad = json!({ "rufname": "Rex", "wurftag": "2023-02-29" });
    assert_eq!(of(bad), at("/wurftag", "wert_ungueltig"));
    let bad = json!({ "rufname": "Rex", "rasse": ["Dackel", "Wolf"] });
    assert_eq!(of(bad), at("/rasse/1", "wert_ungueltig"));
    assert_eq!(of(json!({ "rufname": "Rex", "chip": "12" })), at("/chip", "wert_ungueltig"));
    let Value::Object(bad) = json!({ "rufname": "Rex", "rasse": ["Wolf"] }) else { panic!() };
    assert_eq!(typ.pruefen(&bad)[0].text, "Möglich sind: Dackel, Spitz.");
    let many: Felder = (0..500).map(|n| (format!("f{n}"), json!(n))).collect();
    assert!(typ.pruefen(&many).len() <= 50);
}

/// Catches: each bound of `ordnen`.
#[test]
fn hostile_fields_are_refused_before_any_schema_sees_them() {
    let codes = |felder: Value| {
        let Value::Object(mut felder) = felder else { panic!() };
        let found = ordnen(&mut felder);
        found.into_iter().map(|b| (b.zeiger, b.code)).collect::<Vec<_>>()
    };
    let big = codes(json!({ "rufname": "x".repeat(1 << 20) }));
    assert_eq!(big, [(String::new(), "zu_gross")]);
    let many: Vec<Value> = (0..200_000).map(|n| n.into()).collect();
    assert_eq!(codes(json!({ "rasse": many })), [(String::new(), "zu_gross")]);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert_eq!(codes(json!({ "a": deep }))[0].1, "zu_tief");
    for sign in ['\0', '\u{7}', '\n', '\u{85}'] {
        let text = format!("a{sign}b");
        let found = codes(json!({ "rasse": [text] }));
        assert_eq!(found, [("/rasse/0".to_owned(), "zeichen_unzulaessig")]);
        let mut felder = Felder::new();
        felder.insert(text, json!(1));
        assert_eq!(ordnen(&mut felder)[0].code, "zeichen_unzulaessig");
    }
    let Value::Object(mut felder) = json!({ "rufname": "  Rex " }) else { panic!() };
    assert_eq!(ordnen(&mut felder), []);
    assert_eq!(felder["rufname"], "Rex");
}

#[test]
fn values_are_found_as_people_write_them() {
    let typen = Aktentypen::eigene();
    let bau = typen.neueste("bauakte").unwrap();
    let Value::Object(felder) = json!({
        "flurstueck": ["123/4", "125"], "sonderbau": true, "antragseingang": "2024-05-01",
    }) else {
        panic!()
    };
    let found: Vec<_> =
        bau.suchwerte(&felder).into_iter().map(|w| (w.feld, w.wert, w.worte, w.facette)).collect();
    let word = |feld: &str, wert: &str, facette| (feld.into(), wert.into(), false, facette);
    assert_eq!(
        found,
        [
            word("bauakte.flurstueck", "123/4", false),
            word("bauakte.flurstueck", "125", false),
            word("bauakte.sonderbau", "ja", true),
        ]
    );
}
