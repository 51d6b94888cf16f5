//! Real texts: each is found by a phrase from its middle, the index is small, memory is given back.

use std::{env, fs, path::PathBuf};

use aktenlauf::search::{Index, Terms};
use tempfile::TempDir;

use super::{HEAP, at, doc, id, index, query};

/// The texts beside the project; none if they are not there, which is said.
fn texts() -> Vec<String> {
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

/// A line of `/proc/self/status` in kB.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find(|l| l.starts_with(line)).unwrap_or_default();
    found.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Twelve words from the middle of a text.
fn phrase(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let middle = words.len() / 2;
    words[middle..words.len().min(middle + 12)].join(" ").replace(['"', '„', '“', '”', '«', '»'], " ")
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
        let page = index.search(&query(&format!("\"{phrase}\""))).unwrap();
        assert!(page.hits.iter().any(|hit| hit.id == id(n)), "{phrase}");
        let snippet = page.terms.snippet(text);
        assert!(!snippet.marks.is_empty() && snippet.text.len() < 1_000, "{phrase}: {snippet:?}");
        let other = super::Query { klassen: vec![2], ..query(&phrase) };
        assert_eq!(index.search(&other).unwrap().count, 0);
    }
    let (bytes, size): (usize, _) = (texts.iter().map(String::len).sum(), index.size().unwrap());
    println!("{} texts of {bytes} bytes: index {size} bytes", texts.len());
    assert!(size < bytes as u64, "the index must stay below 1.3 x the text: {size} of {bytes}");
}

#[test]
fn memory_taken_for_writing_is_given_back() {
    let texts = texts();
    if texts.is_empty() {
        return;
    }
    let dir = TempDir::new().unwrap();
    let before = memory("RssAnon");
    let index = Index::open(dir.path(), HEAP).unwrap();
    let opened = memory("RssAnon");
    let mut most = 0;
    for round in 0..3 {
        for (n, text) in (0_u64..).zip(&texts) {
            index.put(&doc(round * 1_000 + n, "Text", text)).unwrap();
            most = most.max(memory("RssAnon"));
        }
        index.commit(at(round)).unwrap();
    }
    let words = Terms::parse("gesetz bescheid").unwrap();
    assert!(!words.is_empty());
    index.search(&query("gesetz bescheid")).unwrap();
    let after = memory("RssAnon");
    println!("RssAnon in kB: before {before}, open {opened}, most {most}, after {after}");
}
