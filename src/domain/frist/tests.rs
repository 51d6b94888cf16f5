//! What a row of the tables cannot say: reasons, warnings, conditions, restrictions, reporting.

use super::*;

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn years(n: u32, anker: &str, law: &str) -> Regel {
    Regel {
        dauer: Some(n),
        einheit: Einheit::Jahre,
        anker: anker.into(),
        rechtsgrundlage: law.into(),
        land: None,
        stand: day("2025-07-01"),
        art: Fristart::Mindest,
        rundung: Rundung::Jahresende,
        folge: Folge::Anbieten,
        von: None,
        bis: None,
        wenn: None,
        offen_solange: None,
    }
}

fn most(mut rule: Regel, folge: Folge) -> Regel {
    (rule.art, rule.rundung, rule.folge) = (Fristart::Hoechst, Rundung::Tag, folge);
    rule
}

fn vorgaben() -> Vorgaben {
    Vorgaben::ueblich(years(10, SCHLIESSUNG, "Empfehlung: Ausweichregel"), None)
}

fn facts(all: &[(&str, &str)]) -> Tatsachen {
    let add = |facts: Tatsachen, (name, at): &(&str, &str)| facts.mit(name, Tatsache::Am(day(at)));
    all.iter().fold(Tatsachen::new(), add)
}

/// The dates and the sentences.
fn ask(
    regeln: &[Regel],
    tatsachen: &Tatsachen,
    sperren: &[Sperre],
    stichtag: &str,
) -> (Fristen, Vec<String>) {
    let vorgaben = vorgaben();
    let stichtag = day(stichtag);
    let frage = Frage { regeln, vorgaben: &vorgaben, tatsachen, sperren, stichtag };
    let answer = antworten(&frage).unwrap();
    (answer.fristen, answer.gruende.iter().map(ToString::to_string).collect())
}

#[test]
fn every_rule_gives_its_reason_in_a_sentence() {
    let mut ao = years(10, SCHLIESSUNG, "§ 147 AO");
    ao.von = Some(day("2025-01-01"));
    let mut saxon = years(7, SCHLIESSUNG, "§ 91b SächsWG");
    saxon.land = Some("SN".into());
    let youth = years(100, "geburt_187_2", "Empfehlung: § 9b SGB VIII");
    let mut youth_day = youth.clone();
    youth_day.rundung = Rundung::Tag;
    assert!(youth.ist_empfehlung() && !ao.ist_empfehlung());
    let mut permanent = years(1, SCHLIESSUNG, "Empfehlung: kommunale Praxis");
    permanent.dauer = None;
    let mut six = most(years(6, "wahltag", "§ 90 Abs. 2 BWO"), Folge::Anbieten);
    six.einheit = Einheit::Monate;
    let mut old = years(10, SCHLIESSUNG, "§ 147 AO");
    old.bis = Some(day("2024-12-31"));
    let award = years(3, "zuschlag_oder_vertragsende", "§ 8 Abs. 4 VgV");
    let one = years(1, "ausscheiden", "§ 1");
    let rules = [ao, saxon, youth_day, permanent, six, old, award, one];
    let known = facts(&[
        (SCHLIESSUNG, "2024-06-14"),
        ("geburt", "2010-05-10"),
        ("zuschlag", "2022-02-01"),
        ("vertragsende", "2028-01-31"),
        ("ausscheiden", "2020-01-01"),
    ]);
    let (dates, reasons) = ask(&rules, &known, &[], "2026-01-01");
    let stand = "Regel nach dem Stand vom 2025-07-01";
    let expected = [
        "10 Jahre, § 147 AO, ab Ende 2024; Regel gilt seit 2025-01-01".to_owned(),
        format!("7 Jahre, § 91b SächsWG, gilt hier nicht: Regel des Landes SN; {stand}"),
        format!("100 Jahre, Empfehlung: § 9b SGB VIII, ab 2010-05-10 (der Tag zählt mit); {stand}"),
        format!("dauernd, Empfehlung: kommunale Praxis; {stand}"),
        format!("höchstens 6 Monate, § 90 Abs. 2 BWO, ohne Ende: „wahltag“ ist unbekannt; {stand}"),
        format!("10 Jahre, § 147 AO, gilt hier nicht: nur bis 2024-12-31; {stand} bis 2024-12-31"),
        format!("3 Jahre, § 8 Abs. 4 VgV, ab Ende 2022, mindestens bis 2028-01-31; {stand}"),
        format!("1 Jahr, § 1, ab Ende 2020; {stand}"),
    ];
    assert_eq!(reasons, expected);
    assert_eq!((dates.lage, dates.ende), (Lage::Dauernd, None));
}

#[test]
fn what_moves_a_date_is_a_reason_too() {
    let closed = facts(&[(SCHLIESSUNG, "2010-06-14")]);
    let mut new = years(8, SCHLIESSUNG, "§ 147 AO");
    new.von = Some(day("2025-01-01"));
    let hold = |von: &str, bis: &str| Sperre { von: day(von), bis: Some(day(bis)) };
    let holds = [hold("2024-12-01", "2025-03-15"), hold("2025-03-16", "2025-04-30")];
    let (dates, reasons) = ask(&[new], &closed, &holds, "2025-02-01");
    let expected = [
        "8 Jahre, § 147 AO, ab Ende 2010; Regel gilt seit 2025-01-01",
        "Fällig nicht vor dem ersten Tag der Regel, 2025-01-01",
        "Sperre von 2024-12-01 bis 2025-03-15: fällig frühestens 2025-03-16",
        "Sperre von 2025-03-16 bis 2025-04-30: fällig frühestens 2025-05-01",
    ];
    assert_eq!(reasons, expected);
    assert_eq!(dates.faellig, Some(day("2025-05-01")));
    assert_eq!(dates.faellig_ohne_sperre, Some(day("2025-01-01")));
    assert!(dates.anbietbar(day("2025-01-01")) && !dates.anbietbar(day("2024-12-31")));
    assert!(dates.vernichtbar(day("2025-05-01")) && !dates.vernichtbar(day("2025-04-30")));

    let (dates, reasons) = ask(&[], &closed, &[], "2025-02-01");
    assert!(reasons.first().is_some_and(|why| why.starts_with("Keine Regel trifft zu")));
    assert_eq!(dates.lage, Lage::Ausweichregel);
    assert!(!dates.vernichtbar(day("2999-01-01")), "the fallback destroys nothing");

    let open = [Sperre { von: day("2030-01-01"), bis: None }];
    let (dates, reasons) = ask(&[], &closed, &open, "2030-06-01");
    assert_eq!(
        reasons.last().map(String::as_str),
        Some("Sperre ab 2030-01-01 ohne Ende: nicht fällig")
    );
    // It began after the due day, and stops what is overdue.
    assert_eq!((dates.faellig, dates.lage, dates.ausweichregel), (None, Lage::Gesperrt, true));
    let (dates, _) = ask(&[], &closed, &open, "2026-06-01");
    assert_eq!(dates.faellig, Some(day("2021-01-01")), "not in force yet");

    let short = most(years(3, SCHLIESSUNG, "§ 11 HinSchG"), Folge::Anbieten);
    let rules = [years(10, SCHLIESSUNG, "§ 1"), short];
    let (dates, reasons) = ask(&rules, &closed, &[], "2026-06-01");
    let why = "Klärfall: Die Höchstfrist endet am 2013-06-14, die Mindestfrist erst am 2020-12-31";
    assert_eq!(reasons.last().map(String::as_str), Some(why));
    assert!(!dates.vernichtbar(day("2999-01-01")));
}

#[test]
fn what_is_missing_for_an_end_is_named() {
    let mut ao = years(8, "beleg", "§ 147 Abs. 3 AO");
    ao.offen_solange = Some("veranlagung_offen".into());
    let voucher = facts(&[("beleg", "2017-03-15")]);
    let stand = "Regel nach dem Stand vom 2025-07-01";
    let mut months = years(6, "beleg", "§ 1");
    months.einheit = Einheit::Monate;
    let mut young = years(8, "beleg", "§ 1");
    young.von = Some(day("2027-01-01"));
    let rules = [ao, years(10, SCHLIESSUNG, "§ 1"), months, young];
    let end =
        |fact| ask(&rules, &voucher.clone().mit("veranlagung_offen", fact), &[], "2026-01-01");
    let (dates, reasons) = end(Tatsache::Gilt);
    let expected = [
        format!("8 Jahre, § 147 Abs. 3 AO, ohne Ende, solange „veranlagung_offen“ gilt; {stand}"),
        format!("10 Jahre, § 1, ohne Ende: noch nicht geschlossen; {stand}"),
        format!("6 Monate, § 1, ab 2017-03-15, bis zum Jahresende; {stand}"),
        "8 Jahre, § 1, gilt hier nicht: erst ab 2027-01-01; Regel gilt seit 2027-01-01".into(),
    ];
    assert_eq!(reasons, expected);
    assert_eq!((dates.ende, dates.faellig, dates.lage), (None, None, Lage::Offen));
    let only = std::slice::from_ref(rules.first().unwrap());
    let unknown = voucher.clone().mit("veranlagung_offen", Tatsache::Unbekannt);
    assert_eq!(ask(only, &unknown, &[], "2026-01-01").0.lage, Lage::UnbekannterAnker);
    assert_eq!(ask(only, &voucher, &[], "2026-01-01").0.ende, Some(day("2025-12-31")));
    // A maximum is not kept open: what has to go goes.
    let maximum = most(only.first().unwrap().clone(), Folge::Anbieten);
    assert_eq!(ask(&[maximum], &unknown, &[], "2026-01-01").0.hoechstens, Some(day("2025-03-15")));
}

#[test]
fn a_maximum_is_warned_of_and_a_restriction_is_none() {
    let pass =
        most(years(5, "gueltigkeitsende", "§ 23 Abs. 4 PAuswG"), Folge::LoeschenOhneAnbietung);
    let known = facts(&[("gueltigkeitsende", "2023-09-12")]);
    let (dates, _) = ask(&[pass], &known, &[], "2026-01-01");
    assert_eq!(dates.hoechstens, Some(day("2028-09-12")));
    assert_eq!(dates.warnung, Some(day("2027-09-12")));
    assert_eq!(dates.folge, Some(Folge::LoeschenOhneAnbietung));

    let mut restrict = most(years(5, "wegzug_oder_tod", "§ 13 Abs. 2 BMG"), Folge::Einschraenken);
    restrict.rundung = Rundung::Jahresende;
    let keep = years(55, "wegzug_oder_tod", "§ 13 Abs. 2 BMG");
    let known = facts(&[("wegzug_oder_tod", "2020-04-03")]);
    let (dates, _) = ask(&[restrict.clone(), keep], &known, &[], "2026-01-01");
    assert_eq!(dates.eingeschraenkt_ab, Some(day("2026-01-01")));
    assert_eq!((dates.lage, dates.hoechstens), (Lage::Ok, None));
    assert_eq!((dates.faellig, dates.folge), (Some(day("2076-01-01")), Some(Folge::Anbieten)));
    let (dates, _) = ask(&[restrict], &known, &[], "2026-01-01");
    let due = (Some(day("2026-01-01")), Some(Folge::Einschraenken));
    assert_eq!((dates.faellig, dates.folge), due, "alone, it is what is due");
    let later = day("2999-01-01");
    assert!(!dates.reif(later) && !dates.anbietbar(later) && !dates.vernichtbar(later));
}

/// Some fields are restricted before others; a permanent register is a Klärfall, too.
#[test]
fn the_first_restriction_counts_and_a_permanent_rule_clashes_with_any_maximum() {
    let moved = facts(&[("wegzug_oder_tod", "2020-04-03")]);
    let rule = |n| most(years(n, "wegzug_oder_tod", "§ 13 BMG"), Folge::Einschraenken);
    let mut minimum = years(3, "wegzug_oder_tod", "§ 2");
    minimum.folge = Folge::Einschraenken;
    let (dates, _) = ask(&[rule(5), minimum, rule(9)], &moved, &[], "2026-01-01");
    assert_eq!(dates.eingeschraenkt_ab, Some(day("2024-01-01")));

    let mut permanent = years(1, "wegzug_oder_tod", "§ 1");
    permanent.dauer = None;
    let erase = most(years(5, "wegzug_oder_tod", "§ 3"), Folge::LoeschenOhneAnbietung);
    let known = years(9, "wegzug_oder_tod", "§ 4");
    let (dates, reasons) = ask(&[known, permanent, erase], &moved, &[], "2026-01-01");
    let why = "Klärfall: Die Höchstfrist endet am 2025-04-03, die Mindestfrist nie";
    assert_eq!(reasons.last().map(String::as_str), Some(why));
    assert_eq!((dates.lage, dates.faellig), (Lage::Klaerfall, None));
}

/// § 2 IX StVG: ten years, but the register's date decides where there is one, earlier or later.
#[test]
fn a_rule_gives_way_where_another_fact_is_known() {
    let folge = Folge::LoeschenOhneAnbietung;
    let mut ten = most(years(10, "bestandskraft", "§ 2 Abs. 9 StVG"), folge);
    ten.wenn = Some(Bedingung::NichtBekannt("tilgung".into()));
    let mut register = most(years(0, "tilgung", "§ 2 Abs. 9 StVG"), folge);
    register.wenn = Some(Bedingung::Bekannt("tilgung".into()));
    let rules = [ten, register];
    let latest =
        |known: &[(&str, &str)]| ask(&rules, &facts(known), &[], "2016-01-01").0.hoechstens;
    let alone = latest(&[("bestandskraft", "2015-10-10")]);
    assert_eq!(alone, Some(day("2025-10-10")));
    for register in ["2018-01-01", "2031-01-01"] {
        let found = latest(&[("bestandskraft", "2015-10-10"), ("tilgung", register)]);
        assert_eq!(found, Some(day(register)));
    }
}

#[test]
fn what_lasts_is_reported_after_thirty_or_fifty_years() {
    let known = facts(&[(LETZTE_EINTRAGUNG, "1996-02-29"), (SCHLIESSUNG, "2020-01-01")]);
    let mut permanent = years(1, SCHLIESSUNG, "§ 1");
    let at = |rule: &Regel| ask(std::slice::from_ref(rule), &known, &[], "2026-01-01").0;
    let long = at(&years(60, SCHLIESSUNG, "§ 1"));
    assert_eq!(long.meldetag, Some(day("2026-02-28")));
    // Offered early; destroyed not before its end.
    assert!(long.anbietbar(day("2026-02-28")) && !long.anbietbar(day("2026-02-27")));
    assert!(!long.vernichtbar(day("2080-12-31")) && long.vernichtbar(day("2081-01-01")));
    permanent.dauer = None;
    assert_eq!(at(&permanent).meldetag, Some(day("2046-02-28")));
    assert!(!at(&permanent).vernichtbar(day("9999-12-31")));
    assert_eq!(meldetag(&Tatsachen::new(), false, &vorgaben()), Ok(None));
}

#[test]
fn the_first_day_that_counts_is_told() {
    let closed = facts(&[(SCHLIESSUNG, "2024-06-14"), ("geburt", "2000-02-29")]);
    let first = |rule: Regel| {
        let vorgaben = vorgaben();
        let frage = Frage {
            regeln: &[rule],
            vorgaben: &vorgaben,
            tatsachen: &closed,
            sperren: &[],
            stichtag: day("2026-01-01"),
        };
        let answer = antworten(&frage).unwrap();
        match answer.gruende.first() {
            Some(Grund::Regel { beitrag: Beitrag::Endet { beginn, .. }, .. }) => *beginn,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(first(years(10, SCHLIESSUNG, "§ 1")), day("2025-01-01"));
    let mut exact = years(10, SCHLIESSUNG, "§ 1");
    exact.rundung = Rundung::Tag;
    assert_eq!(first(exact), day("2024-06-15"));
    assert_eq!(first(years(10, "geburt_187_2", "§ 1")), day("2000-02-29"));
    let mut thirty = years(1, "dreissigster_geburtstag", "§ 1");
    thirty.rundung = Rundung::Tag;
    assert_eq!(first(thirty), day("2030-03-02"), "the birthday is the first of March");
}

/// An index of due days is made anew when a law changes, not every day.
#[test]
fn the_next_day_on_which_the_answer_may_change_is_known() {
    let mut old = years(10, SCHLIESSUNG, "§ 147 AO");
    old.bis = Some(day("2024-12-31"));
    let mut new = years(8, SCHLIESSUNG, "§ 147 AO");
    new.von = Some(day("2025-01-01"));
    let (rules, vorgaben, none) = ([old, new], vorgaben(), Tatsachen::new());
    let open = [Sperre { von: day("2030-01-01"), bis: None }];
    let on = |stichtag: &str, sperren| {
        let stichtag = day(stichtag);
        let (regeln, vorgaben, tatsachen) = (&rules, &vorgaben, &none);
        naechster_wechsel(&Frage { regeln, vorgaben, tatsachen, sperren, stichtag })
    };
    assert_eq!(on("2024-06-01", &open), Some(day("2025-01-01")));
    assert_eq!(on("2025-01-01", &open), Some(day("2030-01-01")));
    assert_eq!(on("2025-01-01", &[]), None);
}

/// Where two rules end on one day, the order in which they stand decides nothing.
#[test]
fn of_two_consequences_on_one_day_the_milder_is_taken() {
    let closed = facts(&[(SCHLIESSUNG, "2024-06-14")]);
    let with = |folge| {
        let mut rule = years(3, SCHLIESSUNG, "§ 1");
        rule.folge = folge;
        rule
    };
    let keep = with(Folge::Einschraenken);
    let erase = with(Folge::LoeschenOhneAnbietung);
    for rules in [[keep.clone(), erase.clone()], [erase, keep]] {
        let (dates, _) = ask(&rules, &closed, &[], "2026-01-01");
        assert_eq!(dates.folge, Some(Folge::Einschraenken));
    }
    let of = |folge| most(with(folge), folge);
    let (offer, erase) = (of(Folge::Anbieten), of(Folge::LoeschenOhneAnbietung));
    for rules in [[offer.clone(), erase.clone()], [erase, offer]] {
        let (dates, _) = ask(&rules, &closed, &[], "2026-01-01");
        assert_eq!(dates.folge, Some(Folge::Anbieten));
    }
    let (offer, erase) = (with(Folge::Anbieten), years(9, SCHLIESSUNG, "§ 2"));
    let mut erase_later = erase;
    erase_later.folge = Folge::LoeschenOhneAnbietung;
    let (dates, _) = ask(&[offer, erase_later], &closed, &[], "2026-01-01");
    assert_eq!(dates.folge, Some(Folge::Anbieten), "the archive is asked if one rule says so");
}

/// § 188 II and III BGB: born on 29 February, a year of life ends with 28 February.
#[test]
fn years_of_life_end_on_the_day_before() {
    let end = |from: &str, n, unit| letzter_tag(day(from), Zaehlung::Mitgezaehlt, n, unit).unwrap();
    assert_eq!(end("2010-05-10", 18, Einheit::Jahre), day("2028-05-09"));
    assert_eq!(end("2000-02-29", 1, Einheit::Jahre), day("2001-02-28"));
    assert_eq!(end("2000-02-29", 4, Einheit::Jahre), day("2004-02-28"));
    assert_eq!(end("2001-03-01", 3, Einheit::Jahre), day("2004-02-29"));
    assert_eq!(end("2025-01-01", 12, Einheit::Monate), day("2025-12-31"));
    assert_eq!(end("2025-01-01", 7, Einheit::Tage), day("2025-01-07"));
}

#[test]
fn what_no_calendar_holds_is_refused() {
    let closed = facts(&[(SCHLIESSUNG, "2024-06-14"), ("a", "2020-01-01")]);
    let vorgaben = vorgaben();
    let at = |rule: &Regel| {
        let frage = Frage {
            regeln: std::slice::from_ref(rule),
            vorgaben: &vorgaben,
            tatsachen: &closed,
            sperren: &[],
            stichtag: day("2026-01-01"),
        };
        antworten(&frage).map(|answer| answer.fristen)
    };
    assert_eq!(at(&years(8000, SCHLIESSUNG, "§ 1")), Err(Error::Kalender));
    assert_eq!(at(&years(u32::MAX, SCHLIESSUNG, "§ 1")), Err(Error::Kalender));
    for anchor in ["", "spaeteres(", "spaeteres(a,)", "mittleres(a,schliessung)", "Schließung"] {
        assert_eq!(at(&years(1, anchor, "§ 1")), Err(Error::Anker(anchor.into())));
    }
    let later = at(&years(1, "spaeteres( a , schliessung )", "§ 1")).unwrap();
    assert_eq!(later.ende, Some(day("2025-12-31")));
    let anchors = [Anker::Spaeteres(vec!["a", "b"]), Anker::Frueheres(vec!["b", "a"])];
    for anchor in anchors {
        assert_eq!(anchor.beginn(&closed), Err(Luecke::Tatsache("b")));
    }
}

/// Fails if something is deleted without an offer though a rule asks for one, or no law spares it.
#[test]
fn only_a_law_that_stands_alone_spares_the_archives_decision() {
    let known = facts(&[(SCHLIESSUNG, "2020-01-01")]);
    let folge = |rules: &[Regel]| ask(rules, &known, &[], "2026-01-01").0.folge;
    let delete = |law| most(years(3, SCHLIESSUNG, law), Folge::LoeschenOhneAnbietung);
    let mut least = years(0, SCHLIESSUNG, "§ 1");
    least.folge = Folge::LoeschenOhneAnbietung;
    let offer = most(years(5, SCHLIESSUNG, "§ 2"), Folge::Anbieten);
    assert_eq!(folge(&[delete("§ 1")]), Some(Folge::LoeschenOhneAnbietung));
    assert_eq!(folge(&[delete("Empfehlung: wie § 1")]), Some(Folge::Anbieten));
    assert_eq!(folge(&[delete("§ 1"), offer.clone()]), Some(Folge::Anbieten));
    assert_eq!(folge(&[least, offer]), Some(Folge::Anbieten));
}

/// Fails if a day that nobody knows is taken for one that there is not.
#[test]
fn a_fact_that_nobody_knows_decides_nothing() {
    let mut ten = most(years(10, "entstehung", "§ 2 Abs. 9 StVG"), Folge::LoeschenOhneAnbietung);
    ten.wenn = Some(Bedingung::NichtBekannt("tilgung".into()));
    let known = facts(&[("entstehung", "2015-10-10")]);
    let unknown = known.clone().mit("tilgung", Tatsache::Unbekannt);
    let ask = |facts: &Tatsachen| ask(std::slice::from_ref(&ten), facts, &[], "2026-01-01").0;
    assert_eq!(ask(&known).hoechstens, Some(day("2025-10-10")));
    let told = ask(&unknown);
    assert_eq!((told.hoechstens, told.lage), (None, Lage::UnbekannterAnker));
}
