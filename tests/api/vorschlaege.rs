//! Suggestions over HTTP and on the page: what they say while a text waits, what becomes of a
//! model's file, what a clerk may say of them.

use std::{fs, path::Path, time::Duration};

use aktenlauf::{
    domain::{access::Stufe, aktenplan, record::Kind, source::Source as _},
    ledger::{Change, Draft, Subject},
    registry::{OeNeu, PersonNeu, RechteNeu, Rollenangabe},
    server::System,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    stadt::{PERSONEN, Stadt, neuer_schluessel},
    web::client::Browser,
};

const LETTER: &str = "Stadtwerke Lindenau\n\nBetreff: Reisekosten nach Dresden\n\n3. Mai 2024\n\n\
                      Sehr geehrte Damen und Herren,\n\nanbei die Abrechnung.";

/// What is said of the model once one is in use.
fn modell(stadt: &Stadt, token: &str) -> Value {
    for _ in 0..1200 {
        let state = stadt.get(token, "/pruefung").expect(200).json()["vorschlaege"].clone();
        if state["kennung"].is_string() && state["laeuft"] == false {
            return state;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no model is ever learned")
}

/// A city with the first units of the plan, which are soon learned.
fn kleine_stadt(paused: bool) -> Stadt {
    let stadt = Stadt::served_with(|file| file.suggestions.paused = paused);
    let mut plan = aktenplan::muster().unwrap();
    plan.einheiten.truncate(60);
    let system = stadt.running().registry().system("test");
    system.gruenden("Teststadt").unwrap();
    system.aktenplan_laden(plan.plan, plan.einheiten).unwrap();
    let oe = OeNeu { kuerzel: "10".into(), name: "Hauptamt".into(), uebergeordnet: None };
    system.oe_anlegen(oe).unwrap();
    let person = PERSONEN.iter().find(|person| person.name == "sb10").unwrap();
    let rolle = Rollenangabe { rolle: person.rolle, oe: Some("10".into()) };
    let rechte = RechteNeu {
        oe: Some("10".into()),
        rollen: vec![rolle],
        schutzklassen: vec![],
        stufe: Stufe::VsNfd,
    };
    let neu = PersonNeu { anmeldename: "sb10".into(), name: "Frau sb10".into() };
    let made = system.person_anlegen(neu, rechte).unwrap();
    stadt.replace_start_password("sb10", &made.startpasswort);
    stadt
}

/// Catches: the loading and the writing of the file, the refusal of a damaged one.
#[test]
fn a_damaged_model_is_refused_and_learned_anew() {
    let mut stadt = kleine_stadt(false);
    let token = stadt.token("sb10");
    let first = modell(&stadt, &token);
    let id = stadt.push(&token, &json!({ "oe": "10" }), LETTER.as_bytes()).expect(201).id();
    let path = format!("/dokumente/{id}/vorschlaege");
    let read = |stadt: &Stadt, token: &str| {
        for _ in 0..400 {
            let found = stadt.get(token, &path).expect(200).json();
            if found["text"] == "bereit" && found["modell"].is_object() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the text is never read")
    };
    let before = read(&stadt, &token);
    assert_eq!(before["modell"]["kennung"], first["kennung"]);
    assert_eq!(before["kopf"]["betreff"], "Reisekosten nach Dresden");
    assert!(!before["planeinheiten"].as_array().unwrap().is_empty(), "{before}");
    let file = stadt.data().join("modell/vorschlaege");
    // The model is in use a moment before it is kept.
    let kept = std::iter::repeat_with(|| fs::read(&file));
    let kept = kept.inspect(|_| std::thread::sleep(Duration::from_millis(50)));
    let mut bytes = kept.take(200).find_map(Result::ok).expect("it is kept");
    stadt.stop();
    stadt.file.suggestions.paused = true;
    stadt.start();
    let token = stadt.token("sb10");
    assert_eq!(modell(&stadt, &token), first, "read, not learned");
    assert_eq!(read(&stadt, &token), before);
    stadt.stop();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    stadt.start();
    let token = stadt.token("sb10");
    std::thread::sleep(Duration::from_millis(300));
    let refused = stadt.get(&token, "/pruefung").expect(200).json();
    assert!(refused["vorschlaege"]["kennung"].is_null(), "{refused}");
    let found = stadt.get(&token, &path).expect(200).json();
    assert!(found["modell"].is_null() && found["sicher"] == "weiss_nicht", "{found}");
    stadt.stop();
    stadt.file.suggestions.paused = false;
    stadt.start();
    let token = stadt.token("sb10");
    assert_eq!(modell(&stadt, &token)["kennung"], first["kennung"], "the same once more");
    let mut again = read(&stadt, &token);
    let mut before = before;
    for answer in [&mut again, &mut before] {
        answer["modell"]["stand"].take();
    }
    assert_eq!(again, before);
}

/// Waits for something that a thread of the server does.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never comes that {what}")
}

/// True if the file of the model names a document; none: there is no file.
fn knows(file: &Path, document: &str) -> Option<bool> {
    let id = Uuid::parse_str(document).unwrap().as_u128().to_le_bytes();
    Some(fs::read(file).ok()?.windows(id.len()).any(|bytes| bytes == id))
}

const ODD: &str = "Quokkagehege";

/// The documents that an answer names, and whether it names the odd word as a reason.
fn named(answer: &Value) -> (Vec<String>, bool) {
    let units = answer["planeinheiten"].as_array().unwrap();
    let all = |name: &str| -> Vec<String> {
        let lists = units.iter().flat_map(|unit| unit[name].as_array().unwrap());
        lists.map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    (all("aehnliche"), all("worte").iter().any(|word| word == ODD))
}

/// Takes a document out of the tables, as an erasure does.
fn erase(stadt: &Stadt, id: &str) {
    let draft = Draft {
        time: System.now(),
        actor: "test".into(),
        on_behalf_of: None,
        credential_id: None,
        request_id: None,
        action: "dokument_geloescht".into(),
        subject: Subject { kind: Kind::Dokument.name().into(), key: id.to_owned() },
        reason: None,
        records: vec![Change::delete(Kind::Dokument, id.to_owned())],
        erases: vec![],
    };
    let ledger = stadt.running().registry().ledger();
    ledger.commit::<(), ()>(System.id(), move |_| Ok((vec![draft], ()))).unwrap();
}

/// One letter is struck out, one Akte is raised above what most may see, one letter is erased.
/// Catches: each look at the journal by which a model is forgotten, the removal of its file,
/// `lehrt` and `storno` in what is learned anew.
#[test]
fn what_has_to_be_forgotten_is_named_by_nothing() {
    let mut stadt = kleine_stadt(true);
    let token = stadt.token("sb10");
    let text = |words: &str, n: usize| format!("Guten Tag,\n\n{words}\n\nNummer {n}");
    let filed = |unit: &str, words: &str, n: usize| {
        let body = json!({ "planeinheit": unit, "betreff": format!("Gehege {n}") });
        let akte = stadt.akte(&token, body);
        let id = stadt.push(&token, &json!({ "akte_id": akte }), text(words, n).as_bytes());
        (akte, id.expect(201).id())
    };
    let words = format!("das {ODD} ist zu klein, im {ODD} fehlt der Teich.");
    let letters: Vec<(String, String)> = (0..6).map(|n| filed(&stadt.einheit, &words, n)).collect();
    // Something else to tell them from.
    let others: Vec<(String, String)> =
        (6..12).map(|n| filed("01.02", "die Laterne am Kanal flackert.", n)).collect();
    let asked =
        stadt.push(&token, &json!({ "oe": "10" }), text(&words, 99).as_bytes()).expect(201).id();
    let ask = |stadt: &Stadt, token: &str, id: &str| {
        stadt.get(token, &format!("/dokumente/{id}/vorschlaege")).expect(200).json()
    };
    for id in letters.iter().chain(&others).map(|(_, id)| id).chain([&asked]) {
        until("a text is read", || ask(&stadt, &token, id)["text"] == "bereit");
    }
    let file = stadt.data().join("modell/vorschlaege");
    let again = |stadt: &mut Stadt, paused: bool| {
        stadt.stop();
        stadt.file.suggestions.paused = paused;
        stadt.start();
        stadt.token("sb10")
    };
    let [struck, raised, erased] = [0, 1, 2].map(|n| letters[n].1.as_str());
    let token = again(&mut stadt, false);
    let first = modell(&stadt, &token);
    until("the model is kept", || knows(&file, raised) == Some(true));
    let (similar, word) = named(&ask(&stadt, &token, &asked));
    assert!(!similar.is_empty() && word, "six Akten: {}", ask(&stadt, &token, &asked));

    // A model that is not learned anew forgets all the same.
    let token = again(&mut stadt, true);
    let path = format!("/dokumente/{struck}/storno");
    stadt.change(&token, "POST", &path, &json!({ "grund": "doppelt" })).expect(200);
    assert!(!named(&ask(&stadt, &token, &asked)).0.contains(&struck.to_owned()));
    let path = format!("/akten/{}", letters[1].0);
    stadt.change(&token, "PATCH", &path, &json!({ "stufe": "vs_nfd" })).expect(200);
    until("the file is gone", || !file.exists());
    let answer = ask(&stadt, &token, &asked);
    assert!(answer["modell"].is_null() && named(&answer) == (vec![], false), "{answer}");

    let token = again(&mut stadt, false);
    assert_ne!(modell(&stadt, &token)["kennung"], first["kennung"]);
    until("it is kept again", || knows(&file, erased) == Some(true));
    assert_eq!([struck, raised].map(|id| knows(&file, id)), [Some(false); 2]);
    let (similar, word) = named(&ask(&stadt, &token, &asked));
    assert!(!similar.is_empty() && !word, "four Akten have it: {similar:?}");
    assert!(!similar.iter().any(|id| id == struck || id == raised), "{similar:?}");

    erase(&stadt, erased);
    until("it is forgotten", || knows(&file, erased) != Some(true));
    let (similar, _) = named(&ask(&stadt, &token, &asked));
    assert!(!similar.contains(&erased.to_owned()), "{similar:?}");
}

#[test]
fn a_text_that_waits_is_no_fault_and_feedback_is_a_receipt() {
    let stadt = Stadt::neu(|file| file.text.paused = true);
    let (token, einheit) = (stadt.token("sb10"), stadt.einheit.clone());
    let body = json!({ "oe": "10", "betreff": "Reisekosten" });
    let id = stadt.push(&token, &body, LETTER.as_bytes()).expect(201).id();
    let path = format!("/dokumente/{id}/vorschlaege");
    let found = stadt.get(&token, &path).expect(200).json();
    assert_eq!((&found["text"], &found["sicher"]), (&json!("offen"), &json!("weiss_nicht")));
    let say = format!("{path}/rueckmeldung");
    let body = json!({ "planeinheit": einheit, "angenommen": false, "modell": "m" });
    let once = neuer_schluessel();
    let headers = [("Idempotency-Key", once.as_str())];
    let first = stadt.json(&token, "POST", &say, &headers, &body).expect(201);
    let again = stadt.json(&token, "POST", &say, &headers, &body).expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.json(), again.json());
    assert_eq!(first.json()["abgelehnt"], json!([einheit]));
    let log = stadt.get(&token, &format!("/protokoll?betrifft={id}")).expect(200).json();
    let entry = &log["eintraege"][0];
    assert_eq!(entry["seq"], first.json()["seq"]);
    assert_eq!(entry["aktion"], "vorschlag_abgelehnt");
    for (wrong, zeiger) in [
        (json!({ "planeinheit": "99.99", "angenommen": true }), "/planeinheit"),
        (json!({ "planeinheit": einheit, "angenommen": true, "modell": "x\ny" }), "/modell"),
    ] {
        let problem = stadt.post(&token, &say, &wrong).expect(400).json();
        assert_eq!(problem["fehler"][0]["zeiger"], zeiger, "{problem}");
    }
    stadt.post(&token, &say, &json!({ "planeinheit": einheit })).expect(400);
    stadt.post(&token, &say, &json!({ "angenommen": 1 })).expect(400);
}

/// Catches: the section above the form, its buttons, the fields out of the letter's head.
#[test]
fn the_filing_page_suggests_and_takes_over_what_the_clerk_sends() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let akte = stadt.akte(&token, json!({ "betreff": "Reisekosten 2024" }));
    let akte = stadt.get(&token, &format!("/akten/{akte}")).expect(200).json();
    let zeichen = akte["aktenzeichen"].as_str().unwrap();
    let text = format!("{LETTER}\nZu {zeichen}.");
    let receipt = stadt.push(&token, &json!({ "oe": "10" }), text.as_bytes()).expect(201).json();
    let id = receipt["id"].as_str().unwrap();
    let mut browser = Browser::of(stadt, "sb10");
    let action = format!("/dokumente/{id}/ablage");
    let pages = std::iter::repeat_with(|| browser.get(&action).expect(200));
    let pages = pages.inspect(|_| std::thread::sleep(Duration::from_millis(50)));
    let read = |page: &crate::stadt::Antwort| !page.text().contains("wird noch gelesen");
    let page = pages.take(400).find(read).unwrap();
    let button = format!("name=\"aktenzeichen\" value=\"{zeichen}\"");
    for part in [
        "Vorschläge",
        "im Text genannt",
        button.as_str(),
        "value=\"Reisekosten nach Dresden\"",
        "value=\"03.05.2024\"",
        "value=\"Stadtwerke Lindenau\"",
        "Aus dem Schreiben gelesen",
    ] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    let unit = format!("{action}?planeinheit={}", stadt.einheit);
    let chosen = browser.get(&unit).expect(200);
    assert!(chosen.text().contains(&format!("Offene Akten unter {}", stadt.einheit)));
    let wrong = [("aktenzeichen", zeichen), ("datum", "31.02.2024"), ("betreff", "Dresden")];
    let refused = browser.form(&action, &action, &wrong).expect(400);
    assert!(refused.text().contains("href=\"#datum\""), "{}", refused.text());
    assert!(refused.text().contains("value=\"Dresden\""), "what was typed stays");
    let fields = [("aktenzeichen", zeichen), ("datum", "4.5.2024"), ("betreff", "Dresden")];
    browser.form(&action, &action, &fields).expect(303);
    let kept = stadt.get(&token, &format!("/dokumente/{id}")).expect(200).json();
    assert_eq!((&kept["betreff"], &kept["datum"]), (&json!("Dresden"), &json!("2024-05-04")));
    assert_eq!((&kept["aktenzeichen"], &kept["absender"]), (&json!(zeichen), &Value::Null));
    let log = stadt.get(&token, &format!("/protokoll?betrifft={id}")).expect(200).json();
    assert_eq!(log["eintraege"][0]["aktion"], "dokument_abgelegt", "in one entry");
    let done = browser.get(&action).expect(200);
    assert!(!done.text().contains("Vorschläge</h2>"), "filed already");
}
