//! Whether a plan is fit to work with; spreadsheets' encodings and tricks; the size of a plan.

use std::{fmt::Write as _, time::Instant};

use super::{tests::HEAD, *};

const CSV: &str = "nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;stand;\
                   aktentyp;stichworte;beispiele;stillgelegt\n";
const SOURCES: &str = "kuerzel;titel;land;stand;art;vermerk\n";
const LAW: &str = "AO;Abgabenordnung;;2025-07-01;gesetz;\n";

fn check(rows: &[&str], sources: &str) -> Pruefung {
    let read = read(HEAD, &format!("{CSV}{}\n", rows.join("\n"))).unwrap();
    pruefen(&read, &quellen::read(&format!("{SOURCES}{sources}")).unwrap())
}

fn found(check: &Pruefung) -> Vec<String> {
    let line = |(file, b): &(Datei, Befund)| format!("{}:{} {}", file.name(), b.zeile, b.spalte);
    check.befunde.iter().map(line).collect()
}

const WHOLE: &str = "11;1;Belege;8;jahre;entstehung;§ 147 Abs. 3 AO;2025-07-01;sachakte;\
                     Rechnung, Beleg, Quittung, Bon;a | b | c;";

#[test]
fn the_built_in_plan_is_fit_for_use() {
    let report = pruefen(&muster().unwrap(), &quellen::muster().unwrap());
    assert!(report.befunde.is_empty(), "{:#?}", report.befunde);
    assert!((700..=1200).contains(&report.gesamt.blaetter), "{:?}", report.gesamt);
    let sum: usize = report.zweige.iter().map(|(.., counted)| counted.einheiten).sum();
    assert_eq!(sum, report.gesamt.einheiten);
    assert_eq!(report.zweige.len(), 17);
    assert!(report.gesamt.ausweichregel() > 0 && report.gesamt.eigene_regel > 0);
}

#[test]
fn each_leaf_is_complete_and_each_law_has_a_source() {
    assert!(found(&check(&["1;;Oben;;;;;;;;;", WHOLE], LAW)).is_empty());
    let leaf = "11;1;Leer;;;;;;;a, A, b, c;a | b;";
    let wrong = ["plan.csv:3 stichworte", "plan.csv:3 beispiele", "plan.csv:3 aktentyp"];
    assert_eq!(found(&check(&["1;;Oben;;;;;;;;;", leaf], "")), wrong);
    assert!(found(&check(&["1;;Oben;;;;;;;;;", WHOLE, "12;1;Alt;;;;;;;;;ja"], LAW)).is_empty());
    let unknown = "12;1;X;8;jahre;entstehung;§ 1 KAOS;2025-07-01;x;a, b, c, d;a | b | c;";
    let rows = ["1;;Oben;;;;;;;;;", WHOLE, unknown];
    assert_eq!(found(&check(&rows, LAW)), ["plan.csv:4 rechtsgrundlage"]);
    let more = format!("{LAW}BGB;Bürgerliches Gesetzbuch;;2026-01-01;gesetz;\n");
    let rows = ["1;;Oben;;;;;;;;;", WHOLE];
    assert_eq!(found(&check(&rows, &more)), ["quellen.csv:3 kuerzel"]);
    let young = LAW.replace("2025-07-01", "2026-07-01");
    assert_eq!(found(&check(&rows, &young)), ["quellen.csv:2 stand"]);
}

/// The second and third line of a unit's rules are named, not its first.
#[test]
fn a_further_rule_is_found_on_its_own_line() {
    let second = "11;;;6;jahre;entstehung;§ 1 XY;2025-07-01;;;;";
    let csv =
        format!("{CSV}1;;Oben;;;;;;;;;\n{WHOLE}\n{second}\n").replace(";dauer", ";land;dauer");
    let csv = csv
        .replace("Oben;", "Oben;;")
        .replace("Belege;", "Belege;;")
        .replace("11;;;6", "11;;;BW;6");
    let report =
        pruefen(&read(HEAD, &csv).unwrap(), &quellen::read(&format!("{SOURCES}{LAW}")).unwrap());
    assert_eq!(found(&report), ["plan.csv:4 rechtsgrundlage"]);
}

#[test]
fn names_recur_across_branches_in_five_of_a_hundred_at_most() {
    let mut rows = vec!["1;;Eins;;;;;;;;;".to_owned(), "2;;Zwei;;;;;;;;;".to_owned()];
    for n in 1..=40 {
        let name = if n == 40 { "Prüfung, örtlich".into() } else { format!("Blatt {n}") };
        rows.push(format!("1.{n};1;{name};;;;;;x;a, b, c, d;a | b | c;"));
    }
    rows.push("2.1;2;pruefung - oertlich;;;;;;x;a, b, c, d;a | b | c;".into());
    let texts: Vec<&str> = rows.iter().map(String::as_str).collect();
    let good = check(&texts, "");
    assert!(found(&good).is_empty());
    assert_eq!(good.hinweise.len(), 2, "both are named");
    let short: Vec<&str> = texts.iter().copied().filter(|row| !row.starts_with("1.1")).collect();
    assert_eq!(found(&check(&short, "")), ["plan.csv:0 bezeichnung"]);
}

#[test]
fn sources_are_checked_row_by_row() {
    for (row, expected) in [
        (";T;;2025-07-01;gesetz;", "kuerzel"),
        ("X;;;2025-07-01;gesetz;", "titel"),
        ("X;T;XX;2025-07-01;gesetz;", "land"),
        ("X;T;;;gesetz;", "stand"),
        ("X;T;;1.7.2025;gesetz;", "stand"),
        ("X;T;;2025-07-01;sitte;", "art"),
        ("AO;T;;2025-07-01;gesetz;", "kuerzel"),
    ] {
        let wrong = quellen::read(&format!("{SOURCES}{LAW}{row}\n")).unwrap_err();
        let places: Vec<_> = wrong.iter().map(|b| (b.zeile, b.spalte.as_str())).collect();
        assert_eq!(places, [(3, expected)], "{row}");
    }
}

#[test]
fn what_excel_writes_is_read() {
    let text = "nummer;uebergeordnet;bezeichnung\r\n1;;Prüfung – örtlich\r\n";
    let title = |bytes: &[u8]| {
        let read = read_bytes(HEAD.as_bytes(), bytes).unwrap();
        read.einheiten[0].bezeichnung.clone()
    };
    let (western, ..) = encoding_rs::WINDOWS_1252.encode(text);
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(text.replace(';', "\t").encode_utf16().flat_map(u16::to_le_bytes));
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let named = format!("sep=;\r\n{text}");
    let comma = text.replace(';', ",");
    for bytes in [text.as_bytes(), &western, &utf16, &marked, named.as_bytes(), comma.as_bytes()] {
        assert_eq!(title(bytes), "Prüfung – örtlich");
    }
    let wrong = read(HEAD, "sep=;\nnummer;uebergeordnet;bezeichnung\n1;;\n").unwrap_err();
    assert_eq!(wrong[0].zeile, 3, "the line of the file, not of the table");
}

#[test]
fn what_is_wrongly_encoded_is_refused() {
    let table = |title: &[u8]| [b"nummer;uebergeordnet;bezeichnung\n1;;", title, b"\n"].concat();
    for title in ["PrÃ¼fung".as_bytes(), "Pr\u{FFFD}fung".as_bytes(), b"Pr\x81fung"] {
        let wrong = read_bytes(HEAD.as_bytes(), &table(title)).unwrap_err();
        assert_eq!((wrong[0].zeile, wrong[0].spalte.as_str()), (2, "bezeichnung"), "{title:?}");
    }
    let odd = read_bytes(HEAD.as_bytes(), b"\xFF\xFE1").unwrap_err();
    assert_eq!(odd[0].spalte, "Datei");
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_is_refused() {
    for cell in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\" =1\"", "\"\t=1\""] {
        let csv = format!("nummer;uebergeordnet;bezeichnung\n1;;{cell}\n");
        let wrong = read(HEAD, &csv).unwrap_err();
        assert_eq!((wrong[0].zeile, wrong[0].spalte.as_str()), (2, "bezeichnung"), "{cell}");
        assert!(wrong[0].text.contains("Formel"), "{cell}");
    }
}

#[test]
fn what_is_shut_down_makes_room() {
    let csv =
        "nummer;uebergeordnet;bezeichnung;stillgelegt\n1;;A;\n11;1;B;ja\n2;;C;ja\n21;2;D;ja\n";
    let read = read(HEAD, csv).unwrap();
    let leaves: Vec<bool> = read.einheiten.iter().map(|unit| unit.blatt).collect();
    assert_eq!(leaves, [true, false, true, true], "1 (files again), 2, 11, 21");
    let wrong = super::read(HEAD, &csv.replace("21;2;D;ja", "21;2;D;")).unwrap_err();
    assert_eq!((wrong[0].zeile, wrong[0].spalte.as_str()), (5, "stillgelegt"));
}

#[test]
fn a_plan_is_bounded() {
    let mut large = b"nummer;uebergeordnet;bezeichnung\n".to_vec();
    large.resize(BYTES_MAX + 1, b'1');
    assert!(read_bytes(HEAD.as_bytes(), &large).unwrap_err()[0].text.contains("MB"));
    let mut csv = String::from("nummer;uebergeordnet;bezeichnung;stichworte;beispiele\n");
    for group in 0..200 {
        writeln!(csv, "{group};;Gruppe {group};;").unwrap();
        for leaf in 0..99 {
            let words = "Antrag, Bescheid, Widerspruch, Akte";
            writeln!(csv, "{group}.{leaf};{group};Blatt {leaf};{words};a | b | c").unwrap();
        }
    }
    let begin = Instant::now();
    assert_eq!(read(HEAD, &csv).unwrap().einheiten.len(), 20_000);
    let took = begin.elapsed();
    println!("plan: 20000 units read in {took:?}");
    assert!(took.as_secs() < 5, "{took:?}");
}
