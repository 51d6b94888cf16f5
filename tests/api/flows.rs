//! The resources as they are used, one after the other.

use aktenlauf::{
    domain::access::Verb,
    search,
    server::{admin::Command, commands},
};
use serde_json::{Value, json};

use crate::stadt::{Stadt, neuer_schluessel, passwort};

#[test]
fn a_file_is_opened_filled_closed_and_reopened() {
    let stadt = Stadt::gemeinsam();
    let (clerk, registry) = (stadt.token("sb10"), stadt.token("reg10"));
    let akte = stadt.akte(&clerk, json!({ "betreff": "Brandschutz" }));
    let path = format!("/akten/{akte}");
    let vorgang = stadt
        .post(&clerk, &format!("{path}/vorgaenge"), &json!({ "betreff": "Begehung" }))
        .expect(201)
        .id();
    let pushed = stadt.push(&clerk, &json!({ "vorgang_id": vorgang }), b"Bericht").expect(201).id();
    let list = stadt.get(&clerk, &format!("/dokumente?vorgang_id={vorgang}")).expect(200).json();
    assert_eq!(list["eintraege"][0]["id"], pushed.as_str());
    let close = format!("{path}/schliessen");
    let open_matter = stadt.change(&clerk, "POST", &close, &json!({})).expect(409);
    assert_eq!(open_matter.code(), "zustand_verbietet");
    let matter = format!("/vorgaenge/{vorgang}");
    stadt.change(&clerk, "POST", &format!("{matter}/schliessen"), &json!({})).expect(200);
    let closed = stadt.change(&clerk, "POST", &close, &json!({})).expect(200).json();
    assert_eq!(closed["zustand"], "geschlossen");
    assert_eq!(stadt.push(&clerk, &json!({ "akte_id": akte }), b"zu").code(), "zustand_verbietet");
    let reopen = format!("{path}/oeffnen");
    let body = json!({ "grund": "Nachtrag" });
    assert_eq!(stadt.change(&clerk, "POST", &reopen, &body).code(), "nicht_erlaubt");
    assert_eq!(stadt.change(&registry, "POST", &reopen, &json!({})).code(), "eingabe_ungueltig");
    stadt.change(&registry, "POST", &reopen, &body).expect(200);
    let log = stadt.get(&clerk, &format!("/protokoll?betrifft={akte}")).expect(200).json();
    let newest = &log["eintraege"][0];
    assert_eq!(newest["grund"], "Nachtrag", "{log}");
    let changes = newest["aenderungen"].as_array().unwrap();
    let state = changes.iter().find(|c| c["feld"] == "zustand").unwrap();
    assert_eq!((&state["alt"], &state["neu"]), (&json!("geschlossen"), &json!("offen")));
}

#[test]
fn what_waits_is_filed_and_a_wrong_one_is_struck_out() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let id =
        stadt.push(&token, &json!({ "oe": "10", "betreff": "Post" }), b"Post").expect(201).id();
    let waiting = stadt.get(&token, "/posteingang?limit=500").expect(200).json();
    let ids = |page: &Value| -> Vec<String> {
        let all = page["eintraege"].as_array().unwrap().iter();
        all.map(|e| e["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(ids(&waiting).contains(&id));
    let akte = stadt.akte(&token, json!({}));
    let path = format!("/dokumente/{id}");
    let filed = stadt
        .change(&token, "POST", &format!("{path}/ablage"), &json!({ "akte_id": akte }))
        .expect(200);
    assert_eq!(filed.json()["akte_id"], akte.as_str());
    let after = stadt.get(&token, "/posteingang?limit=500").expect(200).json();
    assert!(!ids(&after).contains(&id));
    let change = json!({ "betreff": "Anschreiben", "absender": "Herr Weiß" });
    let changed = stadt.change(&token, "PATCH", &path, &change).expect(200);
    assert_eq!(changed.json()["absender"], "Herr Weiß");
    assert_eq!(changed.header("etag"), stadt.get(&token, &path).header("etag"));
    let gone = stadt.change(&token, "PATCH", &path, &json!({ "absender": null })).expect(200);
    assert_eq!(gone.json()["absender"], Value::Null);
    let strike = format!("{path}/storno");
    assert_eq!(stadt.change(&token, "POST", &strike, &json!({})).code(), "eingabe_ungueltig");
    stadt.change(&token, "POST", &strike, &json!({ "grund": "doppelt" })).expect(200);
    stadt.get(&token, &format!("{path}/inhalt")).expect(200);
}

#[test]
fn a_new_version_replaces_none() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let akte = stadt.akte(&token, json!({}));
    let id = stadt.push(&token, &json!({ "akte_id": akte }), b"erste").expect(201).id();
    let path = format!("/dokumente/{id}/fassungen");
    assert_eq!(stadt.push_with(&token, &path, &[], &json!({}), b"x").code(), "if_match_fehlt");
    let etag = stadt.get(&token, &format!("/dokumente/{id}")).header("etag").to_owned();
    stadt.push_with(&token, &path, &[("If-Match", &etag)], &json!({}), b"zweite").expect(201);
    let content = |query: &str| stadt.get(&token, &format!("/dokumente/{id}/inhalt{query}")).body;
    assert_eq!(content(""), b"zweite");
    assert_eq!(content("?fassung=1"), b"erste");
    let stale = stadt.push_with(&token, &path, &[("If-Match", &etag)], &json!({}), b"dritte");
    assert_eq!(stale.code(), "veraltet");
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let bytes: Vec<u8> =
        (0..700_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let id = stadt.push(&token, &json!({ "dateiname": "Plan.bin" }), &bytes).expect(201).id();
    let path = format!("/dokumente/{id}/inhalt");
    let ask = |headers: &[(&str, &str)]| stadt.send(&token, "GET", &path, headers, None);
    let whole = ask(&[]).expect(200);
    assert_eq!(whole.body, bytes);
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let part = ask(&[("Range", "bytes=1000-599999")]).expect(206);
    assert_eq!(part.body, &bytes[1000..600_000]);
    assert_eq!(part.header("content-range"), "bytes 1000-599999/700000");
    let all = ask(&[("Range", "bytes=0-")]).expect(206);
    assert!(all.body == bytes);
    assert_eq!(all.header("content-range"), "bytes 0-699999/700000");
    assert_eq!(ask(&[("Range", "bytes=-3")]).expect(206).body, &bytes[699_997..]);
    let etag = whole.header("etag");
    assert!(ask(&[("If-None-Match", etag)]).expect(304).body.is_empty());
    assert_eq!(ask(&[("Range", "bytes=0-0"), ("If-Range", "\"anders\"")]).expect(200).body, bytes);
}

#[test]
fn the_same_request_is_done_once() {
    let stadt = Stadt::gemeinsam();
    let key =
        stadt.key(&neuer_schluessel(), |key| key.verben = vec![Verb::Einliefern, Verb::Anlegen]);
    let headers = [("Idempotency-Key", "einmal")];
    let first = stadt.push_with(&key, "/dokumente", &headers, &json!({}), b"einmal").expect(201);
    let again = stadt.push_with(&key, "/dokumente", &headers, &json!({}), b"einmal").expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    let body = json!({ "planeinheit": stadt.einheit, "betreff": "Einmal", "oe": "10" });
    let headers = [("Idempotency-Key", "akte")];
    let first = stadt.json(&key, "POST", "/akten", &headers, &body).expect(201);
    let again = stadt.json(&key, "POST", "/akten", &headers, &body).expect(201);
    assert_eq!(
        (first.body.clone(), again.header("idempotency-replayed")),
        (again.body.clone(), "true")
    );
    let other = json!({ "planeinheit": stadt.einheit, "betreff": "Anders", "oe": "10" });
    let differs = stadt.json(&key, "POST", "/akten", &headers, &other);
    assert_eq!(differs.code(), "idempotency_key_vergeben");
    // Another caller's key of the same name is another one.
    let stranger = stadt.key(&neuer_schluessel(), |_| {});
    let headers = [("Idempotency-Key", "einmal")];
    let theirs =
        stadt.push_with(&stranger, "/dokumente", &headers, &json!({}), b"anders").expect(201);
    assert_eq!(theirs.header("idempotency-replayed"), "");
}

#[test]
fn a_list_goes_on_where_the_page_ended_for_its_caller_alone() {
    let stadt = Stadt::neu(|file| file.text.paused = true);
    let token = stadt.token("sb10");
    let mut made: Vec<String> = (0..7).map(|_| stadt.akte(&token, json!({}))).collect();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = stadt.get(&token, &format!("/akten?limit=3{cursor}")).expect(200).json();
        let entries = page["eintraege"].as_array().unwrap();
        seen.extend(entries.iter().map(|e| e["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        let other = stadt.get(&stadt.token("reg10"), &format!("/akten?limit=3{cursor}"));
        assert_eq!(other.code(), "cursor_ungueltig");
        let filtered = stadt.get(&token, &format!("/akten?zustand=offen{cursor}"));
        assert_eq!(filtered.code(), "cursor_ungueltig");
    }
    seen.sort();
    made.sort();
    assert_eq!(seen, made);
    assert_eq!(stadt.get(&token, "/akten?limit=0").code(), "eingabe_ungueltig");
    assert_eq!(stadt.get(&token, "/akten?limit=501").code(), "eingabe_ungueltig");
}

#[test]
fn rights_and_passwords_take_a_second_person() {
    let stadt = Stadt::gemeinsam();
    let (first, second) = (stadt.token("admin1"), stadt.token("admin2"));
    let name = neuer_schluessel();
    let new = json!({ "anmeldename": name, "name": "Frau Neu" });
    let person = stadt.post(&first, "/benutzer", &new).expect(201).id();
    let rights = json!({ "oe": "10", "rollen": [{ "rolle": "sachbearbeitung", "oe": "10" }] });
    let ask = |body: Value| stadt.post(&first, "/antraege", &body).expect(201).id();
    let release =
        |token: &str, id: &str| stadt.post(token, &format!("/antraege/{id}/freigabe"), &json!({}));
    let id = ask(json!({ "art": "rechte", "person": person, "rechte": rights }));
    let own = release(&first, &id).expect(403).json();
    assert_eq!(own["fehler"][0]["code"], "vier_augen", "{own}");
    release(&second, &id).expect(200);
    let id = ask(json!({ "art": "zugang", "person": person }));
    let start = release(&second, &id).expect(200).json()["geheimnis"].as_str().unwrap().to_owned();
    stadt.replace_start_password(&name, &start);
    let token = stadt.sign_on(&name, &passwort(&name));
    stadt.get(&token, "/akten").expect(200);
    let block = format!("/benutzer/{person}/sperren");
    stadt.change(&first, "POST", &block, &json!({})).expect(200);
    assert_eq!(stadt.get(&token, "/akten").code(), "nicht_angemeldet");
    let wrong = json!({ "name": name, "passwort": passwort(&name) });
    assert_eq!(stadt.post("", "/anmeldung", &wrong).code(), "anmeldung_falsch");
}

#[test]
fn a_session_ends_with_it() {
    let stadt = Stadt::gemeinsam();
    let (token, other) = (stadt.token("sb20"), stadt.token("sb20"));
    stadt.send(&token, "DELETE", "/anmeldung", &[], None).expect(204);
    assert_eq!(stadt.get(&token, "/anmeldung").code(), "nicht_angemeldet");
    let who = stadt.get(&other, "/anmeldung").expect(200).json();
    assert_eq!(who["person"]["anmeldename"], "sb20");
}

#[test]
fn two_secrets_of_a_key_are_valid_while_a_station_is_moved() {
    let stadt = Stadt::gemeinsam();
    let admin = stadt.token("admin1");
    let key = |rolle: &str, verb: &str| {
        let name = neuer_schluessel();
        json!({ "name": name, "rolle": rolle, "verben": [verb], "oe": ["10"] })
    };
    let new = key("scanstelle", "einliefern");
    let made = stadt.post(&admin, "/schluessel", &new).expect(201).json();
    let old = made["geheimnis"].as_str().unwrap().to_owned();
    let path = format!("/schluessel/{}", made["id"].as_str().unwrap());
    let rotated = stadt.change(&admin, "POST", &format!("{path}/rotation"), &json!({})).expect(200);
    let new = rotated.json()["geheimnis"].as_str().unwrap().to_owned();
    for key in [&old, &new] {
        stadt.push(key, &json!({}), b"Station").expect(201);
    }
    stadt.change(&admin, "POST", &format!("{path}/sperren"), &json!({})).expect(200);
    assert_eq!(stadt.push(&new, &json!({}), b"Station").code(), "nicht_angemeldet");
    // A key that reads takes a second person.
    let reads = key("fachverfahren", "lesen");
    assert_eq!(stadt.post(&admin, "/schluessel", &reads).status, 403);
}

#[test]
fn the_audit_checks_everything_and_finds_nothing() {
    let stadt = Stadt::neu(|_| {});
    stadt.push(&stadt.token("sb10"), &json!({}), b"geprueft").expect(201);
    let auditor = stadt.token("revision");
    stadt.post(&auditor, "/pruefung", &json!({})).expect(202);
    for _ in 0..200 {
        let state = stadt.get(&auditor, "/pruefung").expect(200).json();
        if state["lauf"]["laeuft"] == false {
            assert_eq!(state["lauf"]["ergebnis"]["befunde"], json!([]), "{state}");
            assert_eq!(state["lauf"]["ergebnis"]["blobs"], 1);
            assert_eq!(state["lauf"]["ergebnis"]["seq"], state["seq"]);
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the check does not end");
}

/// Fails if a stop leaves uncommitted what the index has read, or if `verify` offline leaves out
/// an index that is behind, or does not tell what was made anew.
#[test]
fn a_stopped_city_has_a_committed_index_and_verify_compares_it() {
    let mut stadt = Stadt::neu(|_| {});
    stadt.akte(&stadt.token("sb10"), json!({ "betreff": "Abgleich" }));
    stadt.push(&stadt.token("sb10"), &json!({}), b"geprueft").expect(201);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    // The last entry is one that the index has nothing to put of, and commits nothing for.
    let clerk = stadt.token("sb10");
    let unit = json!({ "kuerzel": "77", "name": "Archiv" });
    stadt.post(&stadt.token("admin1"), "/organisation", &unit).expect(201);
    for _ in 0..400 {
        let head = stadt.get(&clerk, "/pruefung").expect(200).json();
        if head["texte_offen"] == 0 && head["index_rueckstand"] == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    stadt.stop();
    let index = stadt.file.data.join("index");
    let committed = search::Index::open(&index, 0).unwrap().position().seq;
    let verify = || {
        let request = Command { command: "verify".into(), arguments: Value::Null };
        let mut file = stadt.file.clone();
        file.read_only = true;
        commands::run(&file, &request, false, &|_, _| {}).unwrap()
    };
    let report = verify();
    assert_eq!((&report["befunde"], &report["hinweise"]), (&json!([]), &json!([])), "{report}");
    assert_eq!(report["index"], 2);
    assert_eq!(report["seq"], committed);
    std::fs::remove_dir_all(&index).unwrap();
    std::fs::remove_dir_all(stadt.file.data.join("tables")).unwrap();
    let report = verify();
    assert_eq!((&report["befunde"], &report["index"]), (&json!([]), &json!(2)), "{report}");
    assert!(report["hinweise"].to_string().contains("tables"), "{report}");
}
