//! The demo city through the real binary: every login works, projections can be thrown away, a
//! flipped byte is named.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aktenlauf::cli::demo::{self, Form, Stand};
use serde_json::Value;

use crate::served::{Binary, Served};

struct Login {
    role: String,
    token: String,
    /// OE in which its holder is a clerk.
    oe: Option<String>,
}

fn logins(served: &Served, data: &Path) -> Vec<Login> {
    let file = data.join("logins.json");
    let mode = fs::metadata(&file).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
    let list: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut logins = Vec::new();
    for login in list.as_array().unwrap() {
        let role = login["role"].as_str().unwrap().to_owned();
        if let Some(password) = login["password"].as_str() {
            let name = login["name"].as_str().unwrap();
            let token = served.sign_on(name, password);
            let clerk = ["sachbearbeitung", "registratur"].contains(&role.as_str());
            let oe = login["oe"].as_str().filter(|_| clerk).map(str::to_owned);
            logins.push(Login { role: role.clone(), token, oe });
        }
        if let Some(key) = login["key"].as_str() {
            logins.push(Login { role: format!("{role} (key)"), token: key.to_owned(), oe: None });
        }
    }
    logins
}

/// Reads and searches of every login, by login and path: what must be the same after a rebuild.
fn recorded(served: &Served, logins: &[Login]) -> BTreeMap<(String, String), (u16, Value)> {
    let words = ["Antrag", "Bescheid", "Niederschrift", "Rechnung", "Stra%C3%9Fe", "Gemeinderat"];
    let mut paths: Vec<String> = words.iter().map(|w| format!("/suche?q={w}&limit=20")).collect();
    paths.extend(
        ["/akten?limit=100", "/posteingang?limit=100", "/aktenplan", "/organisation", "/pruefung"]
            .map(str::to_owned),
    );
    let mut found = BTreeMap::new();
    for login in logins {
        let mut more = Vec::new();
        for path in &paths {
            let answer = served.get_json(&login.token, path);
            for list in ["eintraege", "treffer"] {
                for item in answer.1[list].as_array().into_iter().flatten().take(3) {
                    if let (Some(id), true) = (item["id"].as_str(), path.contains("akten?")) {
                        more.push(format!("/akten/{id}"));
                        more.push(format!("/akten/{id}/vorgaenge"));
                    }
                }
            }
            found.insert((login.role.clone(), path.clone()), stable(answer));
        }
        for path in more {
            let answer = served.get_json(&login.token, &path);
            found.insert((login.role.clone(), path), stable(answer));
        }
    }
    found
}

/// A recorded set of questions, one a line.
const FRAGEN: &str = include_str!("fragen.txt");

/// What each login is answered to each question: whole pages, with counts, facets and proposals.
fn answered(served: &Served, logins: &[Login]) -> BTreeMap<(String, String), (u16, Value)> {
    let mut found = BTreeMap::new();
    for login in logins {
        for frage in FRAGEN.lines() {
            let path = format!("/suche?limit=30&facetten=true&q={}", encoded(frage));
            let mut answer = stable(served.get_json(&login.token, &path));
            answer.1.as_object_mut().map(|o| o.remove("cursor"));
            found.insert((login.role.clone(), frage.to_owned()), answer);
        }
    }
    found
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// 200 questions, most of them with hits for somebody, have the same answers to everybody.
fn same_answers(
    before: &BTreeMap<(String, String), (u16, Value)>,
    after: &BTreeMap<(String, String), (u16, Value)>,
) {
    let mut with_hits = BTreeSet::new();
    for ((role, frage), answer) in before {
        let again = after.get(&(role.clone(), frage.clone()));
        assert_eq!(Some(answer), again, "{role}, {frage}: answers otherwise after a rebuild");
        if hits(answer) > 0 && answer.1["anzahl"] != 0 {
            with_hits.insert(frage);
        }
    }
    let fragen = FRAGEN.lines().count();
    println!("demo: {fragen} questions, {} with hits, by each login", with_hits.len());
    assert!(fragen >= 200 && with_hits.len() >= 150, "{fragen}, {} with hits", with_hits.len());
}

/// Cursors, request ids and how far the learning is differ between runs by design.
fn stable((status, mut value): (u16, Value)) -> (u16, Value) {
    for name in ["request_id", "weiter", "vorschlaege"] {
        value.as_object_mut().map(|o| o.remove(name));
    }
    (status, value)
}

fn hits(answer: &(u16, Value)) -> usize {
    let list = ["eintraege", "treffer"].iter().find_map(|l| answer.1[*l].as_array());
    usize::from(answer.0 == 200) * list.map_or(1, Vec::len)
}

#[test]
fn tables_and_index_can_be_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let binary = Binary::real();
    let mut served = Served::demo(&binary, &data, 300);
    let people = logins(&served, &data);
    assert!(people.len() >= 8, "a user and a key of each role: {}", people.len());
    served.wait_until_indexed(&people[0].token);
    every_state(&served, &people);
    found_by_text(&served, &people);
    let before = recorded(&served, &people);
    let asked = answered(&served, &people);
    served.stop();
    fs::remove_dir_all(data.join("tables")).unwrap();
    fs::remove_dir_all(data.join("index")).unwrap();
    served.serve(&binary, &data);
    let people = logins(&served, &data);
    served.wait_until_indexed(&people[0].token);
    let after = recorded(&served, &people);
    same_answers(&asked, &answered(&served, &people));
    served.stop();
    let with_hits = before.values().filter(|a| hits(a) > 0).count();
    for (what, answer) in &before {
        assert_eq!(Some(answer), after.get(what), "{what:?} answers otherwise after a rebuild");
    }
    assert!(before.len() >= 100 && with_hits >= 75, "{} recorded, {with_hits} hits", before.len());
    println!(
        "demo: {} reads and searches equal after a rebuild, {with_hits} with hits",
        before.len()
    );
    binary.verify(&data);
}

#[test]
fn a_flipped_byte_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let binary = Binary::real();
    Served::demo(&binary, &data, 60).stop();
    flips(&binary, &data);
}

fn clerk<'a>(people: &'a [Login], oe: &str) -> &'a str {
    &people.iter().find(|login| login.oe.as_deref() == Some(oe)).unwrap().token
}

/// The demo shows what the product can: fails if a state of Akten, Vorgänge or documents is lost,
/// or a wall is.
fn every_state(served: &Served, people: &[Login]) {
    let list = |oe: &str, path: &str| {
        let (status, answer) = served.get_json(clerk(people, oe), path);
        assert_eq!(status, 200, "{path}: {answer}");
        answer["eintraege"].as_array().unwrap().clone()
    };
    let (mut states, mut oes) = (BTreeMap::new(), BTreeSet::new());
    let mut count = |what: &str| *states.entry(what.to_owned()).or_insert(0) += 1;
    for oe in ["10", "11", "20", "63"] {
        for akte in list(oe, "/akten?limit=500") {
            count(akte["zustand"].as_str().unwrap());
            oes.insert(akte["oe"]["kuerzel"].as_str().unwrap().to_owned());
            for (name, there) in [
                ("freigegeben", akte["freigaben"].as_array().is_some_and(|f| !f.is_empty())),
                ("hybrid", akte["medium"] == "hybrid"),
                ("steuer", akte["schutzklasse"] == "steuer" && oe == "20"),
                ("personal", akte["schutzklasse"] == "personal" && oe == "11"),
                ("falsch", akte["schutzklasse"] == "personal" && oe != "11"),
                ("falsch", akte["schutzklasse"] == "steuer" && oe != "20"),
            ] {
                (0..usize::from(there)).for_each(|_| count(name));
            }
            let id = akte["id"].as_str().unwrap();
            for vorgang in list(oe, &format!("/akten/{id}/vorgaenge?limit=500")) {
                count(&format!("vorgang {}", vorgang["zustand"].as_str().unwrap()));
            }
            for dokument in list(oe, &format!("/dokumente?akte_id={id}&limit=500")) {
                let versions = dokument["fassungen"].as_array().unwrap().len();
                count(&format!("{versions} fassungen"));
                (0..usize::from(dokument["storno"].is_object())).for_each(|_| count("storniert"));
            }
        }
        list(oe, "/posteingang?limit=500").iter().for_each(|_| count("wartet"));
    }
    println!("demo: states {states:?}");
    for (name, least) in [
        ("offen", 25),
        ("geschlossen", 6),
        ("freigegeben", 4),
        ("hybrid", 1),
        ("steuer", 6),
        ("personal", 4),
        ("vorgang offen", 15),
        ("vorgang geschlossen", 10),
        ("1 fassungen", 80),
        ("2 fassungen", 4),
        ("3 fassungen", 2),
        ("storniert", 3),
        ("wartet", 8),
    ] {
        assert!(states.get(name).is_some_and(|found| *found >= least), "{name}: {states:?}");
    }
    assert!(!states.contains_key("falsch"), "{states:?}");
    assert!(oes.contains("61"), "what another OE shares is seen: {oes:?}");
}

/// Documents of every form are found by words in a row out of their middle.
fn found_by_text(served: &Served, people: &[Login]) {
    let mut found: BTreeMap<Form, usize> = BTreeMap::new();
    for (number, document) in demo::documents(300, 2026).enumerate() {
        let clerks = ["10", "11", "20", "63"];
        let rare = !matches!(document.form, Form::Brief);
        let mine = clerks.contains(&document.oe_kuerzel) && document.stand != Stand::Storniert;
        if !mine || !(rare || number % 4 == 0) {
            continue;
        }
        let text = document.absaetze.iter().filter(|part| !part.starts_with("| "));
        let text = text.max_by_key(|part| part.len()).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let plain = |word: &&&str| word.chars().all(char::is_alphabetic);
        let row = words.chunk_by(|a, b| plain(&a) && plain(&b)).max_by_key(|row| row.len());
        let phrase = row.unwrap().iter().take(5).copied().collect::<Vec<_>>().join(" ");
        let letter = |char: char| if char.is_alphanumeric() { char } else { ' ' };
        let betreff: String = document.betreff.chars().map(letter).collect();
        let path = format!("/suche?limit=100&q={}", encoded(&format!("\"{phrase}\" {betreff}")));
        let (_, answer) = served.get_json(clerk(people, document.oe_kuerzel), &path);
        let hits = answer["treffer"].as_array().unwrap();
        let hit = hits.iter().any(|hit| hit["dokument"]["betreff"] == document.betreff);
        assert!(hit, "{}: \"{phrase}\" is not found: {answer}", document.betreff);
        *found.entry(document.form).or_default() += 1;
    }
    println!("demo: documents found by their text {found:?}");
    assert!(found.values().sum::<usize>() >= 40 && found.len() >= 5, "{found:?}");
}

/// Flips one byte at a time in journal and blobs; `verify` must name the file each time.
fn flips(binary: &Binary, data: &Path) {
    let (mut seed, mut flips) = (0x00C0_FFEE_u64, 0);
    let mut files = Vec::new();
    for folder in ["journal", "blobs"] {
        below(&data.join(folder), &mut files);
    }
    files.retain(|f| fs::metadata(f).unwrap().len() > 0);
    for round in 0..24_usize {
        let file = &files[round * 7 % files.len()];
        let mut bytes = fs::read(file).unwrap();
        let writable = fs::metadata(file).unwrap().permissions();
        // Most of an open segment is its zeroed tail; half of the flips go where entries are.
        let used = bytes.iter().rposition(|b| *b != 0).map_or(bytes.len(), |p| p + 1);
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let span = if round % 2 == 0 { used } else { bytes.len() };
        let at = usize::try_from(seed >> 16).unwrap() % span;
        bytes[at] ^= 1 << (seed % 8);
        fs::remove_file(file).unwrap();
        fs::write(file, &bytes).unwrap();
        let output = Command::new(binary.path())
            .args(["verify", "--json", "--data", data.to_str().unwrap()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let name = file.file_name().unwrap().to_str().unwrap();
        let stem = name.split('.').next().unwrap();
        assert!(
            output.status.code() == Some(1) && said.contains(stem),
            "byte {at} of {} was flipped and verify said ({}): {said}",
            file.display(),
            output.status
        );
        bytes[at] ^= 1 << (seed % 8);
        fs::write(file, &bytes).unwrap();
        fs::set_permissions(file, writable).unwrap();
        flips += 1;
    }
    binary.verify(data);
    println!("demo: {flips} flipped bytes, each named by verify");
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else {
            files.push(path);
        }
    }
    files.sort();
}
