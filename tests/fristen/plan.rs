//! The plan that comes with the program, asked by the engine: no rule of it may lead nowhere.

use aktenlauf::domain::{
    aktenplan::{self, ANKER},
    frist::{Anker, Frage, Lage, Regel, Regelfassung, Tatsache, Tatsachen, Vorgaben, antworten},
};
use chrono::NaiveDate;

/// All facts that the plan's anchors name, on one day.
fn facts(day: NaiveDate) -> Tatsachen {
    let names = ANKER.iter().copied().chain(["vertragsende"]);
    names.fold(Tatsachen::new(), |facts, name| facts.mit(name, Tatsache::Am(day)))
}

/// Fails if an anchor of the plan is not read, or needs a fact that nobody states.
#[test]
fn every_rule_of_the_plan_has_an_end_or_is_permanent() {
    let read = aktenplan::muster().unwrap();
    let day = NaiveDate::from_ymd_opt(2020, 2, 29).unwrap();
    let known = facts(day);
    let fallback = Regelfassung::immer(read.plan.ausweichregel.clone());
    let rules: Vec<Regel> = read
        .einheiten
        .iter()
        .flat_map(|unit| unit.regel.iter().chain(&unit.weitere_regeln))
        .cloned()
        .collect();
    let (mut ends, mut permanent) = (0, 0);
    for regel in rules {
        assert!(Anker::lesen(&regel.anker).unwrap().beginn(&known).is_ok(), "{}", regel.anker);
        let vorgaben = Vorgaben::ueblich(fallback.clone(), regel.land.clone());
        let version = [Regelfassung::immer(regel)];
        let frage = Frage {
            regeln: &version,
            vorgaben: &vorgaben,
            tatsachen: &known,
            sperren: &[],
            stichtag: day,
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
