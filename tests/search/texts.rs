//! Real texts: each is found by a phrase from its middle, and the index is smaller than they are.

use std::{env, fs, path::PathBuf};

use tempfile::TempDir;

use super::{doc, id, index, query};

/// The texts beside the project; none if they are not there, which is said.
pub fn texts() -> Vec<String> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let dir = env::var_os("TEST_SHARED").map_or_else(beside, PathBuf::from).join("data/texte");
    let Ok(found) = fs::read_dir(&dir) else {
        assert!(env::var_os("REQUIRE_SHARED").is_none(), "{} is missing", dir.display());
        println!("SKIPPED: {} is missing", dir.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = found.map(|item| item.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect()
}

/// Twelve words from the middle of a text.
fn phrase(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let middle = words.len() / 2;
    let part = words[middle..words.len().min(middle + 12)].join(" ");
    part.replace(['"', '„', '“', '”', '«', '»'], " ")
}

#[test]
fn each_text_is_found_by_a_phrase_from_its_middle_and_by_no_other_class() {
    let texts = texts();
    if texts.is_empty() {
        return;
    }
    let dir = TempDir::new().unwrap();
    let docs: Vec<_> = (0_u64..).zip(&texts).map(|(n, text)| doc(n, "Text", text)).collect();
    let index = index(dir.path(), &docs);
    for (n, text) in (0_u64..).zip(&texts) {
        let phrase = phrase(text);
        let query = query(&format!("\"{phrase}\""));
        let page = index.search(&query).unwrap();
        assert!(page.hits.iter().any(|hit| hit.id == id(n)), "{phrase}");
        let snippet = query.terms.snippet(text);
        assert!(!snippet.marks.is_empty() && snippet.text.len() < 1_000, "{phrase}: {snippet:?}");
        let other = super::Query { klassen: vec![2], ..query };
        assert_eq!(index.search(&other).unwrap().count, 0);
    }
    let (bytes, size): (usize, _) = (texts.iter().map(String::len).sum(), index.size().unwrap());
    println!("{} texts of {bytes} bytes: index {size} bytes", texts.len());
    assert!(size < bytes as u64, "the index must stay below 1.3 x the text: {size} of {bytes}");
}
