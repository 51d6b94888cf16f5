//! A new version of the plan over a stock of files: four eyes, old numbers, the concordance, and
//! files that are opened while their unit is shut down.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use aktenlauf::{
    domain::{
        aktenplan::{Aussonderungsart, Planeinheit, vergleich::Wandel},
        verwaltung::AntragStand,
    },
    registry::{AktenFilter, Art, Blatt, Planbericht, Planfassung},
};
use uuid::Uuid;

use super::haus::{Haus, akte_neu};
use crate::served::env_count;

const HEAD: &str = "nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;stand;\
                    stichworte;schutzklasse;aussonderungsart;eigen;stillgelegt\n";
/// The units of the house, as its plan has them.
const BASE: &str = "11;;Einheit 11;;;;;;;;;;\n11.4;11;Einheit 11.4;;;;;;;personal;;;\n\
                    52;;Einheit 52;;;;;;;;;;\n52.9;52;Einheit 52.9;;;;;;;;;;ja\n";
pub const LEAF: &str = "52.1;52;Einheit 52.1;;;;;;;;;;\n";

pub fn fassung(rows: &str, konkordanz: &str) -> Planfassung {
    let konkordanz = (!konkordanz.is_empty()).then(|| format!("alt;neu;art\n{konkordanz}"));
    Planfassung { csv: Some(format!("{HEAD}{BASE}{rows}")), konkordanz, ..Planfassung::default() }
}

pub fn vorlegen(haus: &Haus, fassung: &Planfassung) -> Planbericht {
    haus.als("admin1").administrator().unwrap().planfassung(fassung, false).unwrap()
}

pub fn freigeben(haus: &Haus, antrag: Uuid) -> u64 {
    haus.als("revision").approver().unwrap().freigeben(&haus.gate, antrag).unwrap().seq
}

fn einheit(haus: &Haus, nummer: &str) -> Option<Planeinheit> {
    haus.ledger.view().get::<Planeinheit>(nummer).unwrap().map(|unit| unit.value)
}

/// Catches: the role in `planfassung`, `probe`, `zwei_personen`, the check of `basis`.
#[test]
fn a_revision_waits_for_a_second_person() {
    let haus = Haus::neu();
    let admin = haus.als("admin1");
    assert!(haus.als("sach61").administrator().is_err());
    let first = fassung("52.1;52;Einheit 52.1;;;;;;;;;;\n52.2;52;Neu;;;;;;;;V;;\n", "");
    let head = haus.ledger.head();
    let seen = admin.administrator().unwrap().planfassung(&first, true).unwrap();
    assert_eq!((seen.antrag, haus.ledger.head()), (None, head), "looked at, nothing written");
    assert_eq!(seen.zahlen[&Wandel::Neu], 1);
    assert_eq!(seen.hinweise.len(), 1, "the V became B, and it is said");
    let waits = vorlegen(&haus, &first).antrag.unwrap();
    assert!(einheit(&haus, "52.2").is_none());
    let own = admin.approver().unwrap().freigeben(&haus.gate, waits).unwrap_err();
    assert_eq!((own.art, own.code), (Art::NichtErlaubt, "vier_augen"));
    let other = vorlegen(&haus, &first).antrag.unwrap();
    freigeben(&haus, waits);
    let unit = einheit(&haus, "52.2").unwrap();
    assert_eq!(unit.aussonderungsart, Aussonderungsart::B);
    assert_eq!(unit.vorschlag, Some(Aussonderungsart::V));
    // Compared with a plan that is no more.
    let second = haus.als("revision").approver().unwrap();
    let late = second.freigeben(&haus.gate, other).unwrap_err();
    assert_eq!(late.code, "antrag_ueberholt");
    let refused = second.ablehnen(other).unwrap();
    assert_eq!(refused.wert.stand, AntragStand::Abgelehnt);
    let again = admin.administrator().unwrap().planfassung(&first, false).unwrap_err();
    assert_eq!(again.code, "nichts_zu_tun");
    let parts = haus.ledger.view().count(aktenlauf::domain::record::Kind::Planteil).unwrap();
    assert_eq!(parts, 0, "what waited is gone");
}

/// Catches: what is wrong is told row by row, and nothing of it is written.
#[test]
fn an_unsound_version_changes_nothing() {
    let haus = Haus::neu();
    let admin = haus.als("admin1").administrator().unwrap();
    let head = haus.ledger.head();
    let places = |report: &Planbericht| -> Vec<String> {
        let place =
            |b: &aktenlauf::registry::Zeilenbefund| format!("{}:{} {}", b.datei, b.zeile, b.spalte);
        report.befunde.iter().map(place).collect()
    };
    for (version, expected) in [
        (fassung(&format!("{LEAF}52.1;52;Doppelt;;;;;;;;;;\n"), ""), "plan.csv:7 nummer"),
        (
            fassung(&format!("{LEAF}52.3;53;Ohne Eltern;;;;;;;;;;\n"), ""),
            "plan.csv:7 uebergeordnet",
        ),
        (fassung(&format!("{LEAF}52.3;52;=cmd;;;;;;;;;;\n"), ""), "plan.csv:7 bezeichnung"),
        (fassung(LEAF, "52.9;99;\n"), "konkordanz.csv:2 neu"),
        (fassung("52.9;52;Einheit 52.9;;;;;;;;;;\n", ""), "plan.csv:6 nummer"),
        (Planfassung::default(), "plan.csv:0 Datei"),
    ] {
        assert_eq!(places(&admin.planfassung(&version, true).unwrap()), [expected]);
        let refused = admin.planfassung(&version, false).unwrap_err();
        assert_eq!(refused.fehler[0].code, "aktenplan_fehlerhaft");
    }
    assert_eq!(haus.ledger.head(), head);
}

/// 10 renamed, 10 with another rule, 5 moved, 5 split, 10 merged, 5 shut down, 5 new.
fn fifty_changes() -> (String, String) {
    let (mut rows, mut steps) = (LEAF.to_owned(), String::new());
    for n in 1..=60 {
        let unit = 100 + n;
        match n {
            1..=10 => writeln!(rows, "52.{unit};52;Umbenannt {n};;;;;;Wort {n};;;;").unwrap(),
            11..=20 => writeln!(
                rows,
                "52.{unit};52;Blatt {n};8;jahre;schliessung;§ 1 X;2025-01-01;Wort {n};;;;"
            )
            .unwrap(),
            21..=25 => writeln!(rows, "11.{unit};11;Blatt {n};;;;;;Wort {n};;;;").unwrap(),
            26..=30 => {
                for part in ["1", "2"] {
                    writeln!(rows, "52.{part}{unit};52;Teil {part} von {n};;;;;;;;;;").unwrap();
                    writeln!(steps, "52.{unit};52.{part}{unit};geteilt").unwrap();
                }
            }
            31..=40 => {
                let to = 3_000 + n / 2 * 2;
                if n % 2 == 0 {
                    writeln!(rows, "52.{to};52;Zusammen {to};;;;;;;;;;").unwrap();
                }
                let to = if n % 2 == 1 { 3_000 + n + 1 } else { to };
                writeln!(steps, "52.{unit};52.{to};").unwrap();
            }
            41..=45 => {}
            _ => writeln!(rows, "52.{unit};52;Blatt {n};;;;;;Wort {n};;;;").unwrap(),
        }
    }
    for n in 1..=5 {
        writeln!(rows, "52.{};52;Frisch {n};;;;;;;;;;", 4_000 + n).unwrap();
    }
    (rows, steps)
}

/// Sixty leaves with files; then a version with fifty changes of every kind.
#[test]
fn old_numbers_of_a_large_stock_stay_valid() {
    let haus = Haus::neu();
    let mut rows = LEAF.to_owned();
    for n in 1..=60 {
        writeln!(rows, "52.{};52;Blatt {n};;;;;;Wort {n};;;;", 100 + n).unwrap();
    }
    writeln!(rows, "52.900;52;Eigene Akten;;;;;;;;;ja;").unwrap();
    freigeben(&haus, vorlegen(&haus, &fassung(&rows, "")).antrag.unwrap());
    let count = env_count("TEST_FILES", 600);
    let clerk = haus.als("sach61").clerk().unwrap();
    let mut given = BTreeMap::new();
    for n in 0..count {
        let unit = format!("52.{}", 101 + n % 60);
        let akte = clerk.akte_anlegen(akte_neu(&unit, "Akte"), None).unwrap().wert;
        given.insert(akte.aktenzeichen, akte.id);
    }
    let (rows, steps) = fifty_changes();
    let report = vorlegen(&haus, &fassung(&rows, &steps));
    let expected = [
        (Wandel::Umbenannt, 10),
        (Wandel::Regel, 10),
        (Wandel::Verschoben, 10),
        (Wandel::Geteilt, 15),
        (Wandel::Zusammengelegt, 15),
        (Wandel::Stillgelegt, 25),
        (Wandel::Neu, 5),
    ];
    for (kind, n) in expected {
        assert_eq!(report.zahlen[&kind], n, "{kind:?}");
    }
    freigeben(&haus, report.antrag.unwrap());
    assert!(!einheit(&haus, "52.900").unwrap().stillgelegt, "the city's own stays");
    // Every file, by the number it was given.
    let reader = haus.als("sach61").reader().unwrap();
    for (aktenzeichen, id) in &given {
        let filter =
            AktenFilter { aktenzeichen: Some(aktenzeichen.clone()), ..AktenFilter::default() };
        let found = reader.akten(&filter, &Blatt::default()).unwrap().eintraege;
        assert_eq!(found.iter().map(|akte| akte.id).collect::<Vec<_>>(), [*id], "{aktenzeichen}");
    }
    concordance(&haus);
    for (unit, instead) in [
        ("52.141", "nimmt keine neuen Akten auf."),
        ("52.121", "Nachfolger ist 11.121 (Blatt 21)."),
        ("52.126", "Nachfolger sind 52.1126 (Teil 1 von 26), 52.2126 (Teil 2 von 26)."),
    ] {
        let refused = clerk.akte_anlegen(akte_neu(unit, "x"), None).unwrap_err();
        assert_eq!(refused.fehler[0].code, "planeinheit_stillgelegt");
        assert!(refused.fehler[0].text.ends_with(instead), "{}", refused.fehler[0].text);
    }
    let next = clerk.akte_anlegen(akte_neu("52.101", "x"), None).unwrap().wert;
    assert!(!given.contains_key(&next.aktenzeichen), "numbers go on");
    println!("plan: {count} files found by their old numbers");
}

/// In both directions, and over two versions.
fn concordance(haus: &Haus) {
    let member = haus.als("sach61").member();
    let of = |nummer: &str| {
        let found = member.konkordanz(nummer).unwrap();
        let to: Vec<String> = found.nachfolger.into_iter().map(|step| step.neu).collect();
        let from: Vec<String> = found.vorgaenger.into_iter().map(|step| step.alt).collect();
        (to, from, found.heute)
    };
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(of("52.121"), (list(&["11.121"]), vec![], list(&["11.121"])));
    assert_eq!(of("11.121"), (vec![], list(&["52.121"]), list(&["11.121"])));
    assert_eq!(of("52.126").0, ["52.1126", "52.2126"]);
    assert_eq!(of("52.3032").1, ["52.131", "52.132"]);
    assert_eq!(of("52.141"), (vec![], vec![], vec![]), "shut down without a successor");
    assert_eq!(of(" 52.121 ").0, ["11.121"], "however it is spelled");
    assert!(member.konkordanz("77.7").is_err());
}

/// A file is opened before its unit is shut down, or not at all.
#[test]
fn nothing_is_opened_in_a_unit_after_it_is_shut_down() {
    let haus = Haus::neu();
    let antrag = vorlegen(&haus, &fassung("52.2;52;Nachfolger;;;;;;;;;;\n", "52.1;52.2;")).antrag;
    let stop = AtomicBool::new(false);
    let (shut, opened) = thread::scope(|scope| {
        let opening: Vec<_> = (0..3)
            .map(|_| {
                let (haus, stop) = (&haus, &stop);
                let clerk = haus.als("sach61").clerk().unwrap();
                scope.spawn(move || {
                    let mut opened = Vec::new();
                    loop {
                        match clerk.akte_anlegen(akte_neu("52.1", "x"), None) {
                            Ok(done) => opened.push(done.seq),
                            Err(error) => {
                                assert_eq!(error.fehler[0].code, "planeinheit_stillgelegt");
                                assert!(stop.load(Ordering::SeqCst), "refused too early");
                                return opened;
                            }
                        }
                    }
                })
            })
            .collect();
        thread::sleep(std::time::Duration::from_millis(50));
        stop.store(true, Ordering::SeqCst);
        let shut = freigeben(&haus, antrag.unwrap());
        let opened: Vec<u64> =
            opening.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        (shut, opened)
    });
    assert!(!opened.is_empty() && opened.iter().all(|seq| *seq < shut), "{shut}: {opened:?}");
}
