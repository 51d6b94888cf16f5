//! The reader of plans: what it refuses, and that the plan we ship is sound.

use std::collections::HashMap;

use super::*;

pub(super) const HEAD: &str = r#"
kennung = "probe"
name = "Probe"
stand = "2025-07-01"
quelle = "Test"
grammatik = "{plan}-{lfd}"
geschaeftszeichen = "{oe} {plan}-{lfd}-{vorgang}"
gesperrte_ebenen = 2
[ausweichregel]
dauer = 10
einheit = "jahre"
anker = "schliessung"
rechtsgrundlage = "Empfehlung"
stand = "2025-07-01"
"#;

const COLUMNS: &str = "nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;land;\
                       stand;art;folge;aussonderungsart;vorschlag;ebene";

fn plan(rows: &[&str]) -> Result<Gelesen, Vec<Befund>> {
    read(HEAD, &format!("{COLUMNS}\n{}\n", rows.join("\n")))
}

/// The findings as `line column`.
fn findings(rows: &[&str]) -> Vec<String> {
    let found = plan(rows).err().unwrap_or_default();
    found.iter().map(|b| format!("{} {}", b.zeile, b.spalte)).collect()
}

#[test]
fn a_sound_plan_is_read() {
    let read = plan(&[
        "52;;Bauen und Wohnen;;;;;;;;;;;1",
        "521;52;Bauordnung;;;;;;;;;;;2",
        "521.10;521;Bußgelder;;;;;;;;;;;3",
        "521.9;521;Belege;8;jahre;entstehung;§ 147 Abs. 3 AO;;2025-07-01;;;B;V;3",
        "521.9;;;6;jahre;feststellung_jahresabschluss;§ 39 GemHVO BW;BW;2025-07-01;;;;;",
    ])
    .unwrap();
    let numbers: Vec<&str> = read.einheiten.iter().map(|u| u.nummer.as_str()).collect();
    // By parts, not by characters: 9 before 10.
    assert_eq!(numbers, ["52", "521", "521.9", "521.10"]);
    let leaf = &read.einheiten[2];
    assert!(leaf.blatt && !read.einheiten[1].blatt);
    assert_eq!(leaf.aussonderungsart, Aussonderungsart::B);
    assert_eq!(leaf.vorschlag, Some(Aussonderungsart::V));
    let rule = leaf.regel.as_ref().unwrap();
    assert_eq!((rule.dauer, rule.einheit, rule.land.as_deref()), (Some(8), Einheit::Jahre, None));
    assert_eq!(leaf.weitere_regeln.len(), 1);
    assert_eq!(leaf.weitere_regeln[0].land.as_deref(), Some("BW"));
    assert!(read.einheiten[3].regel.is_none(), "without a rule the fallback holds");
    assert!(read.hinweise.is_empty());
}

#[test]
fn comma_quotes_and_byte_order_mark_are_read_as_excel_writes_them() {
    let csv = "\u{FEFF}nummer,uebergeordnet,bezeichnung\r\n1,,\"Rat, Ausschüsse\"\r\n";
    assert_eq!(read(HEAD, csv).unwrap().einheiten[0].bezeichnung, "Rat, Ausschüsse");
}

/// In Saxony "A" is "anbieten"; taken for "archivwürdig" it would skip the archive's appraisal.
#[test]
fn a_and_v_of_other_bodies_become_b() {
    let read = plan(&["1;;Alt;;;;;;;;;A;;", "2;;Weg;;;;;;;;;V;;", "3;;Frei;;;;;;;;;B;A;"]).unwrap();
    assert!(read.einheiten.iter().all(|u| u.aussonderungsart == Aussonderungsart::B));
    let proposals: Vec<_> = read.einheiten.iter().map(|u| u.vorschlag).collect();
    assert_eq!(proposals, [None, Some(Aussonderungsart::V), Some(Aussonderungsart::A)]);
    let lines: Vec<u64> = read.hinweise.iter().map(|h| h.zeile).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn each_defect_is_named_with_row_and_column() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["1;;A;;;;;;;;;;;", "1;;B;;;;;;;;;;;"], &["3 nummer"]),
        (&["10 44;;A;;;;;;;;;;;", "10  44;;B;;;;;;;;;;;"], &["3 nummer"]),
        (&["11;1;A;;;;;;;;;;;"], &["2 uebergeordnet"]),
        (&["1;2;A;;;;;;;;;;;", "2;1;B;;;;;;;;;;;"], &["2 uebergeordnet", "3 uebergeordnet"]),
        (&["1;;A;;;;;;;;;;;2"], &["2 ebene"]),
        (&["1;;A;;;;;;;;;;;x"], &["2 ebene"]),
        (&[";;A;;;;;;;;;;;"], &["2 nummer"]),
        (&["--;;A;;;;;;;;;;;"], &["2 nummer"]),
        (&["1;;;;;;;;;;;;;"], &["2 bezeichnung"]),
        (&["1;;A;0.08;jahre;schliessung;§ 1 X;;2025-07-01;;;;;"], &["2 dauer"]),
        (&["1;;A;0,5;jahre;schliessung;§ 1 X;;2025-07-01;;;;;"], &["2 dauer"]),
        (&["1;;A;zehn;jahre;schliessung;§ 1 X;;2025-07-01;;;;;"], &["2 dauer"]),
        (&["1;;A;10;;schliessung;§ 1 X;;2025-07-01;;;;;"], &["2 einheit"]),
        (&["1;;A;10;wochen;schliessung;§ 1 X;;2025-07-01;;;;;"], &["2 einheit", "2 einheit"]),
        (&["1;;A;10;jahre;;§ 1 X;;2025-07-01;;;;;"], &["2 anker"]),
        (&["1;;A;10;jahre;ende;§ 1 X;;2025-07-01;;;;;"], &["2 anker"]),
        (&["1;;A;10;jahre;schliessung;;;2025-07-01;;;;;"], &["2 rechtsgrundlage"]),
        (&["1;;A;10;jahre;schliessung;Usus;;2025-07-01;;;;;"], &["2 rechtsgrundlage"]),
        (&["1;;A;10;jahre;schliessung;§ 1 X;XX;2025-07-01;;;;;"], &["2 land"]),
        (&["1;;A;10;jahre;schliessung;§ 1 X;;;;;;;"], &["2 stand"]),
        (&["1;;A;10;jahre;schliessung;§ 1 X;;1.7.2025;;;;;"], &["2 stand"]),
        (&["1;;A;10;jahre;schliessung;§ 1 X;;2025-02-29;;;;;"], &["2 stand"]),
        (&["1;;A;10;jahre;schliessung;§ 1 X;;2025-07-02;;;;;"], &["2 stand"]),
        (&["1;;A;10;jahre;schliessung;§ 1 X;;2025-07-01;immer;;;;"], &["2 art"]),
        (
            &["1;;A;10;jahre;schliessung;Empfehlung;;2025-07-01;;loeschen_ohne_anbietung;;;"],
            &["2 folge"],
        ),
        (&["1;;A;;;schliessung;;;;;;;;"], &["2 anker"]),
        (&["1;;A;;;;;;;;;C;;"], &["2 aussonderungsart"]),
        (&["1;;A;10;jahre;schliessung;§ 1 X;;2025-07-01;;;;;", "11;1;B;;;;;;;;;;;"], &["2 dauer"]),
        (&["1;;A;;;;;;;;;;;", "1;;;8;jahre;schliessung;§ 1 X;;2025-07-01;;;;;"], &["3 dauer"]),
        (
            &[
                "1;;A;9;jahre;schliessung;§ 1 X;;2025-07-01;;;;;",
                "1;;;8;jahre;schliessung;§ 1 X;;2025-07-01;;;;;",
            ],
            &["3 land"],
        ),
        (&["1;;A;;;"], &["2 Zeile"]),
        (&["1;;A\u{7};;;;;;;;;;;"], &["2 bezeichnung"]),
        // Its Geschäftszeichen "OE 1-1-1" would read as the first file of unit "OE 1-1".
        (&["1;;A;;;;;;;;;;;", "OE 1-1;;B;;;;;;;;;;;"], &["2 nummer"]),
    ];
    for (rows, expected) in cases {
        assert_eq!(findings(rows), *expected, "{rows:?}");
    }
}

#[test]
fn columns_and_head_are_checked() {
    let unknown = read(HEAD, "nummer;bezeichnung;farbe\n").unwrap_err();
    let columns: Vec<&str> = unknown.iter().map(|b| b.spalte.as_str()).collect();
    assert_eq!(columns, ["farbe", "uebergeordnet"]);
    let csv = "nummer;uebergeordnet;bezeichnung\n1;;A\n";
    assert!(read(HEAD, csv).is_ok());
    for (good, bad) in [
        ("\"probe\"", "\"Pro/be\""),
        ("{plan}-{lfd}\"", "{plan}{lfd}\""),
        ("dauer = 10", "dauer = 0"),
        ("\"schliessung\"", "\"irgendwann\""),
        ("2025-07-01", "2025-13-01"),
        ("name = \"Probe\"", "name = \"\""),
        ("gesperrte_ebenen = 2", "gesperrte_ebenen = 2\nfarbe = 1"),
    ] {
        assert!(read(&HEAD.replacen(good, bad, 1), csv).is_err(), "{bad}");
    }
}

#[test]
fn the_musterplan_reads_without_findings() {
    let read = muster().unwrap_or_else(|findings| {
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    assert!(read.hinweise.is_empty(), "{:?}", read.hinweise);
    let top = read.einheiten.iter().filter(|u| u.uebergeordnet.is_none());
    // The common branch and the sixteen Produktbereiche of the public frame, in its order.
    let tops: Vec<&str> = top.map(|u| u.nummer.as_str()).collect();
    let frame = "0 11 12 21-24 25-29 31-35 36 41 42 51 52 53 54 55 56 57 61";
    assert_eq!(tops.join(" "), frame);
    let fallback = &read.plan.ausweichregel;
    assert_eq!((fallback.dauer, fallback.einheit), (Some(10), Einheit::Jahre));
}

#[test]
fn numbers_of_the_musterplan_lie_below_their_groups() {
    let read = muster().unwrap();
    let by_number: HashMap<&str, &Planeinheit> =
        read.einheiten.iter().map(|u| (u.nummer.as_str(), u)).collect();
    for unit in &read.einheiten {
        let Some((group, _)) = unit.nummer.rsplit_once('.') else { continue };
        assert_eq!(unit.uebergeordnet.as_deref(), Some(group), "{}", unit.nummer);
        assert!(by_number.contains_key(group), "{}", unit.nummer);
        if unit.blatt {
            assert!(unit.stichworte.len() >= 4, "{} has few Stichworte", unit.nummer);
            assert_eq!(unit.beispiele.len(), 3, "{}", unit.nummer);
            assert!(unit.aktentyp.is_some(), "{} has no Aktentyp", unit.nummer);
        }
    }
}

#[test]
fn what_is_secret_by_law_stands_behind_its_wall() {
    let read = muster().unwrap();
    let wall = |number: &str| {
        read.einheiten.iter().find(|u| u.nummer == number).map(|u| u.schutzklasse).unwrap()
    };
    for (number, expected) in [
        ("03.01", Some(Schutzklasse::Personal)),
        ("03.11", Some(Schutzklasse::Personal)),
        ("126.03", Some(Schutzklasse::Personal)),
        ("311.01", Some(Schutzklasse::Sozial)),
        ("351.01", Some(Schutzklasse::Sozial)),
        ("363.05", Some(Schutzklasse::Jugend)),
        ("365.01", Some(Schutzklasse::Jugend)),
        ("611.02", Some(Schutzklasse::Steuer)),
        ("521.01", None),
        ("03.20", None),
    ] {
        assert_eq!(wall(number), expected, "{number}");
    }
}

#[test]
fn periods_of_the_musterplan_are_those_of_the_law() {
    let read = muster().unwrap();
    let rules = |number: &str| {
        let unit = read.einheiten.iter().find(|u| u.nummer == number).unwrap();
        unit.regel.iter().chain(&unit.weitere_regeln).collect::<Vec<_>>()
    };
    let voters = rules("121.02")[0];
    assert_eq!((voters.dauer, voters.einheit), (Some(6), Einheit::Monate));
    assert_eq!(voters.folge, Folge::LoeschenOhneAnbietung);
    assert_eq!(voters.rechtsgrundlage, "§ 90 Abs. 2 BWO");
    let card = rules("122.03")[0];
    assert_eq!((card.dauer, card.art, card.rundung), (Some(5), Fristart::Hoechst, Rundung::Tag));
    let adoption = rules("363.05")[0];
    assert_eq!((adoption.dauer, adoption.anker.as_str()), (Some(100), "geburt"));
    let lands: Vec<_> = rules("04.04").iter().map(|r| (r.land.as_deref(), r.dauer)).collect();
    let old_law = (None, Some(10));
    let expected = [
        (None, Some(8)),
        old_law,
        (Some("BW"), Some(6)),
        (Some("RP"), Some(6)),
        (Some("SN"), Some(10)),
    ];
    assert_eq!(lands, expected);
    // What the tax office may still ask for is kept: § 147 III AO, to which § 14b I UStG refers.
    for number in ["04.03", "04.04", "04.05", "04.06"] {
        for rule in rules(number).iter().filter(|rule| rule.land.is_none()) {
            assert_eq!(rule.offen_solange.as_deref(), Some("veranlagung_offen"), "{number}");
        }
    }
    let youth = rules("363.01.01")[0];
    assert!(youth.rechtsgrundlage.starts_with("Empfehlung"));
    assert_eq!(rules("04.02").iter().filter(|r| r.dauer.is_none()).count(), 3, "permanent");
}
