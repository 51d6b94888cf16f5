//! The 150 letters of `tests/data/briefe` and their labels fit the built-in plan, and the plan
//! has not learned them by heart: they measure the suggestions, so nothing of theirs may be in it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs,
    path::Path,
};

use aktenlauf::domain::aktenplan;
use chrono::NaiveDate;

/// Words in a row that an example or a keyword may not share with a letter. Fewer are set phrases
/// ("Antrag auf Änderung des Familiennamens").
const RUN: usize = 6;

fn runs(text: &str) -> HashSet<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(RUN).map(|run| run.join(" ")).collect()
}

#[test]
fn letters_have_a_leaf_and_lend_the_plan_no_words() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/briefe");
    let plan = aktenplan::muster().unwrap();
    let leaves: BTreeMap<_, _> = plan
        .einheiten
        .iter()
        .filter(|unit| unit.blatt && !unit.stillgelegt)
        .map(|unit| (&*unit.nummer, unit))
        .collect();
    let mut labels =
        csv::ReaderBuilder::new().delimiter(b';').from_path(folder.join("briefe.csv")).unwrap();
    assert_eq!(labels.headers().unwrap(), vec!["datei", "datum", "bereich", "thema", "blatt"]);
    let mut named = BTreeSet::new();
    let mut phrases = HashSet::new();
    for row in labels.records() {
        let row = row.unwrap();
        let (file, date, leaf) = (&row[0], &row[1], &row[4]);
        assert!(named.insert(file.to_owned()), "{file} occurs twice");
        date.parse::<NaiveDate>().unwrap();
        assert!(leaves.contains_key(leaf), "{file}: {leaf} is no leaf that takes files");
        phrases.extend(runs(&fs::read_to_string(folder.join(file)).unwrap()));
    }
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".txt"))
        .collect();
    assert_eq!(named, there);
    assert_eq!(named.len(), 150);
    for (number, unit) in &leaves {
        assert!(unit.beispiele.len() == 3 && unit.stichworte.len() >= 4, "{number}");
        for phrase in unit.beispiele.iter().chain(&unit.stichworte) {
            let shared: Vec<_> = runs(phrase).into_iter().filter(|r| phrases.contains(r)).collect();
            assert!(shared.is_empty(), "{number} shares {shared:?} with a letter");
        }
    }
    println!("plan: {} letters, {} leaves", named.len(), leaves.len());
}
