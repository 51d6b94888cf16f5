//! 241 German laws, rendered to PDF, pushed by the command line, each found by a phrase taken
//! from its middle: by one who may, and by nobody else.

use std::{fs, path::PathBuf, process::Command};

use aktenlauf::cli::pdf::{Briefkopf, letter};
use serde_json::Value;

use crate::served::{Binary, City};

/// The reference material, or none where it is missing and need not be there.
pub fn shared() -> Option<PathBuf> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("TEST_SHARED").map_or(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("REQUIRE_SHARED").is_none(), "{} is missing", folder.display());
    println!("SKIPPED: no reference material at {} (TEST_SHARED)", folder.display());
    None
}

struct Text {
    name: String,
    phrase: String,
}

/// Five words that stand together in the middle and are plain words, so that no rule about
/// hyphens or list signs decides the test.
fn phrase(paragraphs: &[String]) -> Option<String> {
    let middle = paragraphs.len() / 2;
    let order = (middle..paragraphs.len()).chain((0..middle).rev());
    for paragraph in order.filter_map(|at| paragraphs.get(at)) {
        let marks = ['.', ',', ';', ':', '(', ')', '"', '*', '|'];
        let words: Vec<&str> = paragraph.split(' ').map(|w| w.trim_matches(marks)).collect();
        let plain = |w: &&str| w.len() > 1 && w.chars().all(char::is_alphabetic);
        for window in words.windows(5) {
            if window.iter().all(plain) {
                return Some(window.join(" "));
            }
        }
    }
    None
}

fn paragraphs(markdown: &str) -> Vec<String> {
    let front = markdown.strip_prefix("---").and_then(|rest| rest.split_once("---"));
    let body = front.map_or(markdown, |(_, body)| body);
    let joined = body.split("\n\n").map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
    joined.filter(|p| !p.is_empty()).collect()
}

#[test]
fn every_text_is_found_by_one_who_may_and_by_nobody_else() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let stack = folder.path().join("stapel");
    fs::create_dir(&stack).unwrap();
    let mut texts = Vec::new();
    for item in fs::read_dir(shared.join("data/texte")).unwrap() {
        let path = item.unwrap().path();
        let paragraphs = paragraphs(&fs::read_to_string(&path).unwrap());
        let name = format!("{}.pdf", path.file_stem().unwrap().to_str().unwrap());
        let head = Briefkopf { betreff: "Sammlung".into(), ..Briefkopf::default() };
        fs::write(stack.join(&name), letter(&head, &paragraphs)).unwrap();
        let phrase = phrase(&paragraphs).unwrap_or_else(|| panic!("no phrase in {name}"));
        texts.push(Text { name, phrase });
    }
    assert_eq!(texts.len(), 241);
    let file = folder.path().join("stadt.toml");
    let mut city = City::found(Binary::real(), &folder.path().join("daten"), &file, "");
    let output = Command::new(Binary::real().path())
        .args(["push", "--server", city.served().address(), "--oe", "10"])
        .arg(&stack)
        .env("AKTENLAUF_KEY", city.key())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("241 pushed, 0 failed"), "{said}");
    let key = city.key().to_owned();
    city.served().wait_until_indexed(&key);
    let stranger = city.new_key("fach-20", "20");
    let mut found = 0;
    for text in &texts {
        let query = format!("\"{}\"", text.phrase);
        let hits = city.search(&key, &query, 0);
        let named = |h: &Value| h.to_string().contains(&text.name);
        let list = hits["treffer"].as_array().unwrap();
        assert!(list.iter().any(named), "{}: not found by {query}: {hits}", text.name);
        let other = city.search(&stranger, &query, 0);
        assert_eq!(other["treffer"].as_array().unwrap().len(), 0, "leaked: {query}");
        assert_eq!(other["anzahl"], 0, "the count leaked: {query}");
        found += 1;
    }
    println!("texts: {found} of 241 found by one who may, by nobody else");
}
