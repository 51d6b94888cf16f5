//! What is known of an Akte, the day of its next run, the rows it is listed under, and when the
//! daily run stands still.

use serde_json::json;

use super::*;
use crate::domain::{aktenplan::Regel, aktentyp::Aktentypen, frist::Vorgaben};

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn rule(dauer: u32, anker: &str) -> Regel {
    let rule = json!({
        "dauer": dauer, "einheit": "jahre", "anker": anker, "rechtsgrundlage": "§ 1 X",
        "stand": "2020-01-01",
    });
    serde_json::from_value(rule).unwrap()
}

fn plan() -> Aktenplan {
    let plan = json!({
        "kennung": "muster", "name": "Muster", "stand": "2020-01-01", "quelle": "Test",
        "grammatik": "{plan}-{lfd}", "ausweichregel": rule(10, SCHLIESSUNG),
    });
    serde_json::from_value(plan).unwrap()
}

fn unit(rules: &[Regel]) -> Planeinheit {
    let unit = json!({
        "nummer": "52.1", "uebergeordnet": null, "bezeichnung": "Einheit", "blatt": true,
        "regel": rules.first(), "weitere_regeln": rules.get(1..).unwrap_or_default(),
        "aussonderungsart": "B", "ordnung": "52",
    });
    serde_json::from_value(unit).unwrap()
}

fn akte(zustand: Zustand, geschlossen_am: Option<&str>) -> Akte {
    let akte = json!({
        "id": Uuid::from_u128(7), "aktenzeichen": "52.1-1", "planeinheit": "52.1",
        "laufnummer": 1, "betreff": "Akte", "oe": Uuid::from_u128(1), "rechteklasse": 3,
        "stufe": "offen", "schutzklasse": null, "freigaben": [], "zustand": zustand,
        "geschlossen_am": geschlossen_am,
        "angelegt": "2020-05-04T10:00:00Z", "geaendert": "2024-06-14T10:00:00Z",
    });
    Akte::upgrade(2, &akte.to_string()).unwrap()
}

/// As `Grundlage` gives them, for an Akte whose last entry was made when it was.
fn stand(akte: &Akte, rules: &[Regel], haus: &Hausvorgaben, heute: &str) -> Fristenstand {
    let (regeln, vorgaben): (_, Vorgaben) = (regeln(&unit(rules)), haus.vorgaben(&plan()));
    let tatsachen = tatsachen(akte, akte.angelegt, None);
    let g = Grundlage {
        regeln: &regeln,
        vorgaben: &vorgaben,
        transferfrist: haus.transferfrist(),
        tatsachen: &tatsachen,
        sperren: &[],
        heute: day(heute),
    };
    g.stand(akte, g.rechnen().fristen)
}

/// Catches: an assessment of which nobody said anything taken for one that is over.
#[test]
fn what_nobody_knows_ends_no_period() {
    let open = Some("veranlagung_offen".to_owned());
    let rules = [Regel { offen_solange: open, ..rule(8, SCHLIESSUNG) }];
    let closed = akte(Zustand::Geschlossen, Some("2024-06-14"));
    let fristen = stand(&closed, &rules, &Hausvorgaben::default(), "2040-01-01").fristen;
    assert_eq!((fristen.ende, fristen.lage), (None, Lage::UnbekannterAnker));
}

/// Catches: an arm of `naechster_lauf`, or that what is overdue is taken the next day.
#[test]
fn the_next_run_is_the_day_on_which_something_changes_by_itself() {
    let rules = [rule(10, SCHLIESSUNG)];
    let closed = Some("2024-06-14");
    for (zustand, closed, heute, next) in [
        (Zustand::Offen, None, "2020-05-04", Some("2050-05-04")),
        // Reported, and still open: a document may come.
        (Zustand::Offen, None, "2050-05-04", Some("2051-05-04")),
        (Zustand::Geschlossen, closed, "2024-06-14", Some("2025-06-15")),
        (Zustand::Geschlossen, closed, "2025-06-14", Some("2025-06-15")),
        (Zustand::Geschlossen, closed, "2025-06-15", Some("2025-06-16")),
        (Zustand::Aufbewahrung, closed, "2025-06-15", Some("2035-01-01")),
        (Zustand::Aufbewahrung, closed, "2035-01-01", Some("2035-01-02")),
        (Zustand::Aussonderungsreif, closed, "2035-01-01", None),
        // By a new rule it is not over after all.
        (Zustand::Aussonderungsreif, closed, "2034-12-31", Some("2035-01-01")),
        // Nobody knows when: reported, and never moved.
        (Zustand::Geschlossen, None, "2030-01-01", None),
    ] {
        let found = stand(&akte(zustand, closed), &rules, &Hausvorgaben::default(), heute);
        assert_eq!(found.naechster_lauf, next.map(day), "{zustand:?} on {heute}");
    }
    let at_once = Hausvorgaben { transferfrist_monate: 0, ..Hausvorgaben::default() };
    let found = stand(&akte(Zustand::Geschlossen, closed), &rules, &at_once, "2024-06-14");
    assert_eq!(found.naechster_lauf, Some(day("2024-06-15")));
}

/// Catches: `weitere_regeln` left out, the Land or a reporting year not handed on.
#[test]
fn rules_and_the_citys_choices_count() {
    let mut saxon = rule(20, SCHLIESSUNG);
    saxon.land = Some("SN".into());
    let closed = akte(Zustand::Geschlossen, Some("2024-06-14"));
    let rules = [rule(10, SCHLIESSUNG), saxon];
    let ende = |haus: &Hausvorgaben, rules: &[Regel]| {
        stand(&closed, rules, haus, "2024-06-14").fristen.ende.unwrap().to_string()
    };
    let mut haus = Hausvorgaben::default();
    assert_eq!(ende(&haus, &rules), "2034-12-31");
    haus.land = Some("SN".into());
    assert_eq!(ende(&haus, &rules), "2044-12-31");
    haus.melden_nach_jahren = 7;
    let found = stand(&closed, &[], &haus, "2024-06-14").fristen;
    assert_eq!((found.meldetag, found.lage), (Some(day("2027-05-04")), Lage::Ausweichregel));
    assert!(found.ausweichregel);
}

/// Catches: a rule that can't be read refuses the whole Akte, or makes it due.
#[test]
fn without_a_readable_rule_there_is_no_date() {
    let closed = akte(Zustand::Geschlossen, Some("2024-06-14"));
    let found = stand(&closed, &[rule(10, "irgendwann!")], &Hausvorgaben::default(), "2060-01-01");
    assert_eq!(found.fristen.lage, Lage::UnbekannterAnker);
    assert!(!found.fristen.reif(day("2999-01-01")) && found.fristen.meldetag.is_none());
}

/// Catches: an empty field taken for one that is not asked for; a day of zdA while it is open.
#[test]
fn the_fields_of_the_type_fill_the_anchors() {
    let typen = Aktentypen::eigene();
    let typ = typen.neueste("vergabeakte").unwrap();
    let field = typ.anker.get("zuschlag").unwrap();
    let mut open = akte(Zustand::Offen, None);
    open.felder.insert(field.clone(), json!("2022-02-01"));
    let facts = tatsachen(&open, open.angelegt, Some(typ.as_ref()));
    assert_eq!(facts.tag("zuschlag"), Some(day("2022-02-01")));
    assert_eq!(facts.get("vertragsende"), Some(Tatsache::Unbekannt));
    assert_eq!((facts.get(SCHLIESSUNG), facts.get("geburt")), (None, None));
    assert_eq!(facts.tag(LETZTE_EINTRAGUNG), Some(day("2020-05-04")));
    let closed = akte(Zustand::Aufbewahrung, Some("2024-06-14"));
    let facts = tatsachen(&closed, closed.angelegt, None);
    assert_eq!(facts.tag(SCHLIESSUNG), Some(day("2024-06-14")));
    let lost = akte(Zustand::Aufbewahrung, None);
    let facts = tatsachen(&lost, lost.angelegt, None);
    assert_eq!(facts.get(SCHLIESSUNG), Some(Tatsache::Unbekannt));
}

/// Catches: a kind of day left out of the index, or a place that is read otherwise than written.
#[test]
fn every_day_has_its_row_and_is_read_back_from_it() {
    let mut most = rule(5, SCHLIESSUNG);
    most.art = frist::Fristart::Hoechst;
    let closed = akte(Zustand::Geschlossen, Some("2024-06-14"));
    let found = stand(&closed, &[most], &Hausvorgaben::default(), "2024-06-14");
    let mut keys = Keys::default();
    found.index(&mut keys);
    let due = keys.0.iter().filter(|(index, _)| *index == Index::FristFaellig);
    let mut days: Vec<_> = due.map(|(_, place)| Termin::lesen(&place[8..]).unwrap()).collect();
    days.sort_unstable();
    let expected = [
        ("2028-12-31", Termin::Warnung),
        ("2029-12-31", Termin::Hoechstens),
        ("2030-01-01", Termin::Faellig),
        ("2050-05-04", Termin::Meldetag),
    ];
    assert_eq!(days, expected.map(|(text, kind)| (day(text), kind)));
    let runs = keys.0.iter().filter(|(index, _)| *index == Index::FristLauf);
    let runs: Vec<_> = runs.map(|(_, place)| lauftag(place)).collect();
    assert_eq!(runs, [Some(day("2025-06-15"))]);
}

/// Catches: a bound of `Fristenlauf::stand`.
#[test]
fn the_run_stands_still_while_the_clock_cannot_be_right() {
    let run = |tag: &str, bestaetigt: Option<&str>| Fristenlauf {
        tag: day(tag),
        regelwerk: String::new(),
        plan_seq: 0,
        offen: None,
        zuletzt: None,
        bestaetigt: bestaetigt.map(day),
    };
    for (run, heute, stand) in [
        (run("2025-01-31", None), "2025-01-31", Laufstand::Aktuell),
        (run("2025-01-31", None), "2025-01-30", Laufstand::UhrZurueck),
        (run("2025-01-31", None), "2025-04-01", Laufstand::Faellig),
        (run("2025-01-31", None), "2025-04-02", Laufstand::WartetAufBestaetigung),
        (run("2025-01-31", Some("2025-04-02")), "2025-04-02", Laufstand::Faellig),
        (run("2025-01-31", Some("2025-04-02")), "2025-06-01", Laufstand::Faellig),
        (run("2025-01-31", Some("2025-04-02")), "2025-06-02", Laufstand::WartetAufBestaetigung),
        // A day that is yet to come was confirmed by a wrong clock.
        (run("2025-01-31", Some("2031-01-01")), "2025-04-02", Laufstand::WartetAufBestaetigung),
    ] {
        assert_eq!(run.stand(day(heute)), stand, "{heute}");
    }
}
