//! Periods over HTTP: the dates of an Akte and its page, what becomes due, the daily run.

use aktenlauf::{
    domain::{
        aktenplan::{self, Fristart, Planeinheit, Rundung},
        source::Source as _,
    },
    registry::{Fristenrunde, Fristenschritt},
    server::System,
};
use chrono::{Datelike as _, NaiveDate};
use serde_json::json;

use crate::{stadt::Stadt, web::client::Browser};

/// A unit of the plan whose one rule counts years from zdA.
fn einheit() -> String {
    let fits = |unit: &&Planeinheit| {
        let rule = unit.regel.as_ref().filter(|rule| {
            let least = (rule.art, rule.rundung) == (Fristart::Mindest, Rundung::Jahresende);
            least && rule.dauer.is_some() && rule.anker == "schliessung" && rule.land.is_none()
        });
        let plain = unit.aktentyp.as_deref() == Some("sachakte") && unit.schutzklasse.is_none();
        rule.is_some() && plain && unit.weitere_regeln.is_empty()
    };
    let units = aktenplan::muster().unwrap().einheiten;
    units.iter().find(fits).unwrap().nummer.clone()
}

/// What the run has left undone.
fn laufen(stadt: &Stadt) {
    let (jobs, mut runde) = (stadt.running().registry().jobs(), Fristenrunde::default());
    while jobs.fristen_schritt(&mut runde).unwrap() == Fristenschritt::Weiter {}
}

/// Catches: a field that the documents do not name, a filter that is not read, a mistake that is
/// not handed on, counts for whoever is not Revision.
#[test]
fn dates_lists_and_the_run_are_as_documented() {
    let stadt = Stadt::neu(|file| file.aussonderung.land = Some("NW".into()));
    let (clerk, registry) = (stadt.token("sb10"), stadt.token("reg10"));
    let (admin, audit) = (stadt.token("admin1"), stadt.token("revision"));
    let never = stadt.get(&admin, "/aussonderung/lauf").expect(200).json();
    assert_eq!((&never["tag"], &never["stand"]), (&json!(null), &json!("faellig")));
    let einheit = einheit();
    let akte = stadt.akte(&clerk, json!({ "planeinheit": einheit }));
    let path = format!("/akten/{akte}");
    let dates = |token: &str| stadt.get(token, &format!("{path}/fristen")).expect(200).json();
    assert_eq!((&dates(&clerk)["lage"], &dates(&clerk)["ende"]), (&json!("offen"), &json!(null)));
    let closed =
        stadt.change(&clerk, "POST", &format!("{path}/schliessen"), &json!({})).expect(200).json();
    let seen = dates(&registry);
    let ende = seen["ende"].as_str().unwrap().parse::<NaiveDate>().unwrap();
    assert_eq!((ende.month(), ende.day()), (12, 31), "{seen}");
    assert_eq!(seen["faellig"], json!(ende.succ_opt().unwrap()));
    let law = seen["gruende"][0]["rechtsgrundlage"].as_str().unwrap();
    assert!(seen["gruende"][0]["text"].as_str().unwrap().contains(law), "{seen}");
    let reopen = format!("{path}/oeffnen");
    let wrong = json!({ "grund": "x", "versehentlich": true });
    assert_eq!(stadt.change(&registry, "POST", &reopen, &wrong).code(), "eingabe_ungueltig");
    let mistake = json!({ "grund": "falsche Akte", "irrtuemlich": true });
    stadt.change(&registry, "POST", &reopen, &mistake).expect(200);
    let again = stadt.change(&clerk, "POST", &format!("{path}/schliessen"), &json!({}));
    assert_eq!(again.expect(200).json()["geschlossen_am"], closed["geschlossen_am"]);
    let due = format!("/aussonderung/faellig?bis=2999-12-31&planeinheit={einheit}");
    let list = stadt.get(&registry, &format!("{due}&art=faellig&oe=10&limit=1")).expect(200);
    let first = &list.json()["eintraege"][0];
    assert_eq!((&first["akte_id"], &first["tag"]), (&json!(akte), &seen["faellig"]));
    assert_eq!(stadt.get(&registry, &format!("{due}&art=bald")).status, 400);
    assert_eq!(stadt.get(&registry, "/aussonderung/faellig?bis=morgen").status, 400);
    laufen(&stadt);
    let run = |token: &str| stadt.get(token, "/aussonderung/lauf").expect(200).json();
    assert_eq!(run(&registry)["stand"], "aktuell");
    assert_eq!(run(&registry)["neuberechnung"]["prozent"], 100);
    assert_eq!(run(&registry)["neuberechnung"]["geprueft"], json!(null));
    assert_eq!(run(&audit)["neuberechnung"]["geprueft"], 1);
    let confirm = |tag: NaiveDate| {
        stadt.post(&admin, "/aussonderung/lauf/bestaetigung", &json!({ "tag": tag }))
    };
    let today = System.now().datum();
    assert_eq!(confirm(today.pred_opt().unwrap()).code(), "eingabe_ungueltig");
    assert_eq!(confirm(today).expect(200).json()["bestaetigt"], json!(null), "nothing waits");
    let page = Browser::of(&stadt, "sb10").get(&format!("/akten/{akte}"));
    assert!(page.text().contains("Aufbewahrung") && page.text().contains(law), "{}", page.text());
}
