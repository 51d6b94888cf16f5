//! Periods: the tables of cases, and what holds for every question whatever the rules.
//!
//! `fristen/domain.csv` is the table of the domain's description in the common form of cases;
//! `fristen/hand.csv` is a second one, worked out by hand from the rules alone.

mod gesetz;
mod plan;
mod tabelle;

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

fn holds(name: &str, csv: &str, least: usize) {
    let cases = tabelle::lesen(csv);
    assert!(cases.len() >= least, "{} cases", cases.len());
    let wrong = falsch(&cases);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("fristen: {} cases {name}", cases.len());
}

/// Fails if any line of the engine that a row of the domain's table rests on goes.
#[test]
fn the_table_of_the_domain_holds() {
    holds("of the domain", include_str!("fristen/domain.csv"), 50);
}

#[test]
fn the_table_worked_out_by_hand_holds() {
    holds("by hand", include_str!("fristen/hand.csv"), 200);
}
