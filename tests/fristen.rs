//! Periods: the tables of cases, and what holds for every question whatever the rules.
//!
//! `fristen/domain.csv` is the table of the domain's description in the common form of cases;
//! `data/fristen.csv` is a second one, worked out by hand from the rules alone.

mod gesetz;
mod plan;
mod tabelle;

use std::{fs, path::Path};

/// Every row that answers otherwise than expected, told whole.
fn falsch(cases: &[tabelle::Fall]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let found = case.gefunden();
        if found != case.erwartet {
            let reasons: Vec<_> =
                case.antwort().gruende.iter().map(|why| format!("    {why}")).collect();
            wrong.push(format!(
                "{} {}\n  {}\n  expected {:?} ({})\n  found    {found:?}\n{}",
                case.nr,
                case.fall,
                case.frage,
                case.erwartet,
                case.begruendung,
                reasons.join("\n")
            ));
        }
    }
    wrong
}

/// Fails if any line of the engine that a row of the domain's table rests on goes.
#[test]
fn the_table_of_the_domain_holds() {
    let cases = tabelle::lesen(include_str!("fristen/domain.csv"));
    assert!(cases.len() >= 50, "{} cases", cases.len());
    let wrong = falsch(&cases);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("fristen: {} cases of the domain", cases.len());
}

#[test]
fn the_table_worked_out_by_hand_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fristen.csv");
    let Ok(text) = fs::read_to_string(&path) else {
        println!("SKIPPED: tests/data/fristen.csv is not there yet");
        return;
    };
    let cases = tabelle::lesen(&text);
    assert!(cases.len() >= 200, "{} cases", cases.len());
    let wrong = falsch(&cases);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("fristen: {} cases by hand", cases.len());
}
