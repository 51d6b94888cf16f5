//! The plan that comes with the program, asked by the engine: no rule of it may lead nowhere.

use aktenlauf::domain::{
    aktenplan::{self, ANKER},
    frist::{Anker, Bedingung, Frage, Lage, Regel, Tatsache, Tatsachen, Vorgaben, antworten},
};
use chrono::NaiveDate;

use super::tabelle::{self, Fall};

/// All facts that the plan's anchors name, on one day, but for the one that a rule gives way to.
fn facts(day: NaiveDate, rule: &Regel) -> Tatsachen {
    let stated = |name: &&str| match &rule.wenn {
        Some(Bedingung::NichtBekannt(fact)) => fact != name,
        _ => true,
    };
    let names = ANKER.iter().copied().filter(stated);
    names.fold(Tatsachen::new(), |facts, name| facts.mit(name, Tatsache::Am(day)))
}

/// The rules of one unit of the plan.
fn rules(number: &str) -> Vec<Regel> {
    let read = aktenplan::muster().unwrap();
    let unit = read.einheiten.into_iter().find(|unit| unit.nummer == number).unwrap();
    unit.regel.into_iter().chain(unit.weitere_regeln).collect()
}

/// Fails if an anchor of the plan is not read, or needs a fact that nobody states.
#[test]
fn every_rule_of_the_plan_has_an_end_or_is_permanent() {
    let read = aktenplan::muster().unwrap();
    let day = NaiveDate::from_ymd_opt(2020, 2, 29).unwrap();
    let units = read.einheiten.iter();
    let rules = units.flat_map(|unit| unit.regel.iter().chain(&unit.weitere_regeln));
    let (mut ends, mut permanent) = (0, 0);
    for regel in rules {
        let known = facts(day, regel);
        assert!(Anker::lesen(&regel.anker).unwrap().beginn(&known).is_ok(), "{}", regel.anker);
        let vorgaben = Vorgaben::ueblich(read.plan.ausweichregel.clone(), regel.land.clone());
        let frage = Frage {
            regeln: std::slice::from_ref(regel),
            vorgaben: &vorgaben,
            tatsachen: &known,
            sperren: &[],
            // A day on which it is law.
            stichtag: regel.von.or(regel.bis).unwrap_or(day),
        };
        let answer = antworten(&frage).unwrap();
        let why: Vec<_> = answer.gruende.iter().map(ToString::to_string).collect();
        match answer.fristen.lage {
            Lage::Ok => {
                assert!(answer.fristen.faellig.is_some_and(|due| due > day), "{why:?}");
                ends += 1;
            }
            Lage::Dauernd => permanent += 1,
            other => panic!("{other:?}: {why:?}"),
        }
    }
    assert!(ends >= 60 && permanent >= 30, "{ends}, {permanent}");
    println!("fristen: {ends} rules of the plan with an end, {permanent} permanent");
}

/// The rows of the domain's table about vouchers, asked of the unit in which the plan keeps them:
/// before the law of 2025, after it, due on its first day, with an open assessment, in a Land.
/// Fails if the plan loses a version of the rule, its days, or what holds it open.
#[test]
fn vouchers_of_the_plan_end_as_those_of_the_domain() {
    let words = [("beleg", "entstehung"), ("feststellung", "feststellung_jahresabschluss")];
    let mut asked = 0;
    for row in tabelle::lesen(include_str!("domain.csv")) {
        if !["d05", "d06", "d07", "d08", "d12"].contains(&row.nr.as_str()) {
            continue;
        }
        let rename = |facts: Tatsachen, (from, to): (&str, &str)| match facts.get(from) {
            Some(fact) => facts.mit(to, fact),
            None => facts,
        };
        let tatsachen = words.into_iter().fold(row.tatsachen.clone(), rename);
        let of_the_plan = Fall { regeln: rules("04.04"), tatsachen, ..row };
        assert_eq!(of_the_plan.gefunden(), of_the_plan.erwartet, "{}", of_the_plan.nr);
        asked += 1;
    }
    assert_eq!(asked, 5);
}

/// § 2 IX StVG: ten years from the decision, but the register's date where there is one, be it
/// earlier or later.
#[test]
fn a_report_in_a_driving_licence_file_goes_with_the_register() {
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
    let rules = rules("122.16");
    let vorgaben = Vorgaben::ueblich(rules[0].clone(), None);
    let latest = |register: Option<&str>| {
        let known = Tatsachen::new().mit("bestandskraft", Tatsache::Am(day("2015-10-10")));
        let known = match register {
            Some(text) => known.mit("tilgung", Tatsache::Am(day(text))),
            None => known,
        };
        let frage = Frage {
            regeln: &rules,
            vorgaben: &vorgaben,
            tatsachen: &known,
            sperren: &[],
            stichtag: day("2016-01-01"),
        };
        antworten(&frage).unwrap().fristen.hoechstens
    };
    assert_eq!(latest(None), Some(day("2025-10-10")));
    assert_eq!(latest(Some("2018-01-01")), Some(day("2018-01-01")));
    assert_eq!(latest(Some("2031-01-01")), Some(day("2031-01-01")));
}
