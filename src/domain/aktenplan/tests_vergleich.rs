//! Two versions of a plan: what is said of each kind of change, and that applying what was found
//! makes the newer of the older, over seeded random revisions.

use std::collections::{BTreeMap, HashMap};

use super::{
    tests::HEAD,
    vergleich::{Wandel::*, *},
    *,
};

fn units(rows: &[&str]) -> Vec<Planeinheit> {
    let columns = "nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;stand;\
                   stichworte;eigen;stillgelegt";
    let csv = format!("{columns}\n{}\n", rows.join("\n"));
    read(&HEAD.replace("ebenen = 2", "ebenen = 1"), &csv).unwrap().einheiten
}

fn steps(rows: &str) -> Vec<Angabe> {
    konkordanz(&format!("alt;neu;art\n{rows}")).unwrap()
}

const OLD: &[&str] = &[
    "1;;Rat;;;;;;;;",
    "1.1;1;Sitzungen;;;;;;;;",
    "1.2;1;Ausschüsse;;;;;;;;",
    "1.3;1;Ehrungen;8;jahre;entstehung;§ 1 X;2025-01-01;;;",
    "1.4;1;Wahlen;;;;;;;;",
    "1.5;1;Beiräte;;;;;;;;",
];

/// The older version with what changes; sorted by number.
fn anwenden(vergleich: &Vergleich, alt: &[Planeinheit]) -> Vec<Planeinheit> {
    let mut units: HashMap<&str, &Planeinheit> = alt.iter().map(|u| (&*u.nummer, u)).collect();
    for change in &vergleich.aenderungen {
        units.insert(&change.nachher.nummer, &change.nachher);
    }
    let mut units: Vec<Planeinheit> = units.into_values().cloned().collect();
    units.sort_by(|a, b| a.ordnung.cmp(&b.ordnung));
    units
}

fn said(v: &Vergleich) -> BTreeMap<&str, Vec<Wandel>> {
    let kinds = |change: &Aenderung| change.wandel.iter().copied().collect();
    v.aenderungen.iter().map(|c| (&*c.nachher.nummer, kinds(c))).collect()
}

#[test]
fn each_kind_of_change_is_told() {
    let old = units(OLD);
    let new = units(&[
        "1;;Rat und Gremien;;;;;;;;",
        "1.1;1;Sitzungen;;;;;;Protokoll;;",
        "1.3;1;Ehrungen;10;jahre;entstehung;§ 1 X;2025-01-01;;;",
        "1.6;1;Wahl des Rates;;;;;;;;",
        "1.7;1;Wahl der Bürgermeister;;;;;;;;",
        "1.8;1;Drohnen;;;;;;;;",
        "2;;Beteiligung;;;;;;;;",
        "2.1;2;Gremien;;;;;;;;",
        "2.2;2;Ausschüsse;;;;;;;;",
    ]);
    let v =
        vergleichen(&old, &new, &steps("1.4;1.6;\n1.4;1.7;geteilt\n1.5;2.1;\n1.1;1.1;\n1.1;2.1;"));
    let v = v.unwrap();
    let expected: BTreeMap<&str, Vec<Wandel>> = BTreeMap::from([
        ("1", vec![Umbenannt]),
        ("1.1", vec![Geteilt, Stichworte]),
        ("1.2", vec![Verschoben, Stillgelegt]),
        ("1.3", vec![Regel]),
        ("1.4", vec![Geteilt, Stillgelegt]),
        ("1.5", vec![Zusammengelegt, Stillgelegt]),
        ("1.6", vec![Geteilt]),
        ("1.7", vec![Geteilt]),
        ("1.8", vec![Neu]),
        ("2", vec![Neu]),
        ("2.1", vec![Geteilt, Zusammengelegt]),
        ("2.2", vec![Verschoben]),
    ]);
    assert_eq!(said(&v), expected);
    let step = |alt: &str, neu: &str, art| Uebergang { alt: alt.into(), neu: neu.into(), art };
    let expected = [
        step("1.1", "2.1", Geteilt),
        step("1.2", "2.2", Verschoben),
        step("1.4", "1.6", Geteilt),
        step("1.4", "1.7", Geteilt),
        step("1.5", "2.1", Zusammengelegt),
    ];
    assert_eq!(v.konkordanz, expected);
    assert!(vergleichen(&new, &new, &[]).unwrap().aenderungen.is_empty());
}

#[test]
fn what_can_not_be_is_refused() {
    let old = units(&["1;;A;;;;;;;;", "1.1;1;B;;;;;;;;ja", "1.2;1;C;;;;;;;ja;", "1.3;1;D;;;;;;;;"]);
    let refused = |rows: &[&str], table: &str| -> Vec<String> {
        let wrong = vergleichen(&old, &units(rows), &steps(table)).unwrap_err();
        wrong.iter().map(|b| format!("{} {}", b.zeile, b.spalte)).collect()
    };
    let base = ["1;;A;;;;;;;;", "1.3;1;D;;;;;;;;"];
    // A number is never given again, nor spelled otherwise.
    assert_eq!(refused(&[base[0], base[1], "1.1;1;Neues;;;;;;;;"], ""), ["0 nummer"]);
    assert_eq!(refused(&[base[0], "1. 3;1;D;;;;;;;;"], ""), ["0 nummer"]);
    // The city's own.
    assert_eq!(refused(&[base[0], base[1], "1.2;1;C;;;;;;;;"], ""), ["0 eigen"]);
    assert_eq!(refused(&[base[0], "1.3;1;D;;;;;;;ja;"], ""), ["0 eigen"]);
    assert_eq!(refused(&["2;;Z;;;;;;;;"], ""), ["0 eigen"], "left hanging");
    // The concordance.
    assert_eq!(refused(&base, "9;1.3;"), ["2 alt"]);
    assert_eq!(refused(&base, "1.1;9;"), ["2 neu"]);
    assert_eq!(refused(&base, "1.1;1.3;\n1.1;1.3;"), ["3 alt"]);
    assert_eq!(refused(&[base[0], base[1], "1.4;1;E;;;;;;;;"], "1.3;1.4;"), ["2 alt"]);
    assert!(konkordanz("alt;neu;art\n1;2;ersetzt\n;2;\n=1;2;\n").unwrap_err().len() == 3);
}

#[test]
fn units_of_the_city_and_codes_of_the_archive_survive_a_revision() {
    let mut old = units(&["1;;A;;;;;;;;", "1.1;1;B;;;;;;;;", "1.1.1;1.1;Eigen;;;;;;;ja;"]);
    old[1].aussonderungsart = Aussonderungsart::A;
    let mut new = units(&["1;;A;;;;;;;;", "1.1;1;B neu;8;jahre;schliessung;§ 1 X;2025-01-01;;;"]);
    new[1].aussonderungsart = Aussonderungsart::V;
    let v = vergleichen(&old, &new, &[]).unwrap();
    let after = anwenden(&v, &old);
    assert_eq!(after.len(), 3);
    assert_eq!(after[1].aussonderungsart, Aussonderungsart::A, "the archive's, not the import's");
    assert!(!after[1].blatt && after[2].blatt && !after[2].stillgelegt);
    let mut only = units(&["1;;A;;;;;;;;", "1.2;1;Frisch;;;;;;;;"]);
    only[1].aussonderungsart = Aussonderungsart::V;
    let v = vergleichen(&units(&["1;;A;;;;;;;;"]), &only, &[]).unwrap();
    assert_eq!(v.aenderungen[0].nachher.aussonderungsart, Aussonderungsart::B);
}

/// Numbers that look random and are the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % sides
    }
}

type Row = (String, Option<String>, String, u64, bool);

fn build(rows: &[Row]) -> Vec<Planeinheit> {
    let line = |(number, above, title, years, shut): &Row| {
        let above = above.clone().unwrap_or_default();
        let leaf = !rows.iter().any(|r| r.1.as_ref() == Some(number) && !r.4);
        let rule = match years {
            0 => ";;;;".into(),
            years if leaf => format!("{years};jahre;schliessung;§ 1 X;2025-01-01"),
            _ => ";;;;".into(),
        };
        let shut = if *shut { "ja" } else { "" };
        format!("{number};{above};{title};{rule};wort{years};;{shut}")
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    units(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A revision of up to twelve changes; numbers are not given twice.
fn revise(dice: &mut Dice, rows: &[Row], next: &mut u64) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for _ in 0..dice.roll(12) {
        let at = usize::try_from(dice.roll(rows.len() as u64)).unwrap();
        let inner = rows.iter().any(|r| r.1.as_ref() == Some(&rows[at].0));
        *next += 1;
        match dice.roll(6) {
            0 => rows[at].2 = format!("Titel {next}"),
            1 => rows[at].3 = dice.roll(30),
            2 if !inner && rows.len() > 1 => drop(rows.remove(at)),
            3 if !inner => rows[at].4 = true,
            4 if !inner && rows[at].1.is_some() => rows[at].0 = format!("1.{next}"),
            _ => {
                rows.push((format!("1.{next}"), Some("1".into()), format!("Neu {next}"), 0, false))
            }
        }
        if !rows.iter().any(|r| r.0 == "1") {
            rows.push(("1".into(), None, "Oben".into(), 0, false));
        }
        rows.iter_mut().filter(|r| r.0 == "1").for_each(|r| r.4 = false);
    }
    rows
}

#[test]
fn applying_what_was_found_makes_the_newer_of_the_older() {
    let seeds = std::env::var("TEST_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let mut changes = 0;
    for seed in 0..seeds {
        let (mut dice, mut next) = (Dice(seed), 0);
        let first = vec![("1".to_owned(), None, "Oben".to_owned(), 0, false)];
        let before = revise(&mut dice, &first, &mut next);
        let after = revise(&mut dice, &before, &mut next);
        let (old, new) = (build(&before), build(&after));
        let v = vergleichen(&old, &new, &[]).unwrap_or_else(|w| panic!("seed {seed}: {w:?}"));
        // Made here in another way: the newer one, and what it lacks, shut down.
        let mut rows = after.clone();
        for row in &before {
            if !after.iter().any(|r| r.0 == row.0) {
                rows.push((row.0.clone(), row.1.clone(), row.2.clone(), row.3, true));
            }
        }
        assert_eq!(anwenden(&v, &old), build(&rows), "seed {seed}");
        let again = vergleichen(&anwenden(&v, &old), &new, &[]).unwrap();
        assert!(again.aenderungen.is_empty(), "seed {seed}: a second time changes nothing");
        changes += v.aenderungen.len();
    }
    println!("plan: {seeds} seeds, {changes} units changed");
    assert!(changes > 0);
}
