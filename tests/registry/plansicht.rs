//! The plan in memory, what an OE works with of it, and the walk through the concordance.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use aktenlauf::{
    blob,
    domain::record::Kind,
    registry::{Art, Blatt, Error, FachsichtAnsicht, FachsichtNeu, OeNeu, Quittung},
};
use uuid::Uuid;

use super::{
    haus::{Haus, akte_neu},
    planfassung::{LEAF, fassung, freigeben, vorlegen},
};
use crate::served::env_count;

fn revidieren(haus: &Haus, rows: &str, konkordanz: &str) {
    freigeben(haus, vorlegen(haus, &fassung(rows, konkordanz)).antrag.unwrap());
}

fn setzen(
    haus: &Haus,
    wer: &str,
    oe: Uuid,
    nummern: &[&str],
) -> Result<Quittung<FachsichtAnsicht>, Error> {
    let version = haus.als(wer).member().fachsicht(oe).unwrap().version;
    let planeinheiten = nummern.iter().map(|nummer| (*nummer).to_owned()).collect();
    haus.als(wer).clerk()?.fachsicht_setzen(oe, version, FachsichtNeu { planeinheiten })
}

/// All pages of two units each.
fn liste(haus: &Haus, unter: Option<&str>, oe: Option<&str>) -> Vec<String> {
    let member = haus.als("sach50").member();
    let (mut found, mut nach) = (Vec::new(), None);
    loop {
        let page = member.planeinheiten(unter, oe, &Blatt { limit: 2, nach }).unwrap();
        assert!(page.eintraege.len() == 2 || page.weiter.is_none(), "only the last is shorter");
        found.extend(page.eintraege.into_iter().map(|unit| unit.nummer));
        nach = page.weiter;
        if nach.is_none() {
            return found;
        }
    }
}

const ROWS: &str = "52.1;52;Einheit 52.1;;;;;;;;;;\n52.1.1;52.1;Unten;;;;;;;;;;\n\
                    52.2;52;Daneben;;;;;;;;;;\n";

/// Catches: the comparison in `Cache::of` (a plan that is never read anew, one that always is).
#[test]
fn the_plan_is_read_from_memory_and_anew_after_a_revision() {
    let haus = Haus::neu();
    assert_eq!(liste(&haus, None, None), ["11", "11.4", "52", "52.1", "52.9"]);
    assert_eq!(liste(&haus, Some(""), None), ["11", "52"]);
    let member = haus.als("sach61").member();
    let (page, read) =
        haus.gelesen(|| member.planeinheiten(None, None, &Blatt::default()).unwrap());
    assert_eq!(page.eintraege.len(), 5);
    assert!(read <= 4, "{read} rows: the caller, and the plan's own record");
    // Numbers sort as the importer reads them from here on.
    revidieren(&haus, LEAF, "");
    let cursor = member.planeinheiten(None, None, &Blatt { limit: 4, nach: None }).unwrap().weiter;
    assert!(cursor.is_some());
    revidieren(&haus, ROWS, "");
    let all = ["11", "11.4", "52", "52.1", "52.1.1", "52.2", "52.9"];
    assert_eq!(liste(&haus, None, None), all);
    assert_eq!(liste(&haus, Some("52.1"), None), ["52.1.1"]);
    assert!(!member.planeinheit("52.1").unwrap().blatt);
    // A list that was begun before goes on at the same number.
    let rest = member.planeinheiten(None, None, &Blatt { limit: 9, nach: cursor }).unwrap();
    let rest: Vec<String> = rest.eintraege.into_iter().map(|unit| unit.nummer).collect();
    assert_eq!(rest, ["52.1.1", "52.2", "52.9"]);
    let unknown = member.planeinheiten(Some("77"), None, &Blatt::default()).unwrap_err();
    assert_eq!(unknown.art, Art::NichtGefunden);
}

/// Nineteen hundred units, read while each gets another title. Catches: the second look at the
/// plan's own record in `Cache::of`.
#[test]
fn a_plan_that_changes_while_it_is_read_is_read_again() {
    let haus = Haus::neu();
    let version = |n: usize| {
        let mut rows = LEAF.to_owned();
        for unit in 100..2000 {
            writeln!(rows, "52.{unit};52;Blatt {unit} von {n};;;;;;;;;;").unwrap();
        }
        fassung(&rows, "")
    };
    let system = haus.registry.system("root");
    system.planfassung(&version(0), false).unwrap();
    let stop = AtomicBool::new(false);
    let reads = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut reads = 0;
            while !stop.load(Ordering::SeqCst) {
                // Each time a node that has nothing in memory yet.
                let node = haus.knoten(blob::Store::memory(haus.source.clone()));
                let member = node.als("sach61").member();
                let blatt = Blatt { limit: 500, nach: None };
                let units = member.planeinheiten(Some("52"), None, &blatt).unwrap().eintraege;
                let titles = units.iter().map(|unit| unit.bezeichnung.rsplit_once(" von "));
                let mut versions: Vec<&str> = titles.flatten().map(|(_, n)| n).collect();
                versions.dedup();
                assert_eq!(versions.len(), 1, "{versions:?}");
                reads += 1;
            }
            reads
        });
        for n in 1..=env_count("TEST_REVISIONS", 6) {
            system.planfassung(&version(usize::try_from(n).unwrap()), false).unwrap();
        }
        stop.store(true, Ordering::SeqCst);
        reading.join().unwrap()
    });
    println!("plan: read {reads} times while it changed");
    assert!(reads > 0);
}

/// Catches: the ways up and down in `zweige`, the OE above, an Akte that adds to the view.
#[test]
fn an_oe_sees_its_branches_and_the_way_to_them() {
    let haus = Haus::neu();
    revidieren(&haus, ROWS, "");
    assert_eq!(liste(&haus, None, Some("61")), [""; 0], "nothing is set");
    // Files of the office elsewhere in the plan: the view does not tell.
    haus.als("sach61").clerk().unwrap().akte_anlegen(akte_neu("52.2", "Akte"), None).unwrap();
    setzen(&haus, "reg61", haus.oe["61"], &["52.1"]).unwrap();
    assert_eq!(liste(&haus, None, Some("61")), ["52", "52.1", "52.1.1"]);
    assert_eq!(liste(&haus, Some(""), Some("61")), ["52"]);
    assert_eq!(liste(&haus, Some("52"), Some("61")), ["52.1"]);
    let system = haus.registry.system("root");
    let (kuerzel, name) = ("61.2".into(), "Unter 61".into());
    let neu = OeNeu { kuerzel, name, uebergeordnet: Some("61".into()) };
    let below = system.oe_anlegen(neu).unwrap().id;
    assert_eq!(liste(&haus, None, Some("61.2")), ["52", "52.1", "52.1.1"], "as the OE above");
    setzen(&haus, "zentral", below, &["11", "52.2", "11.4"]).unwrap();
    assert_eq!(liste(&haus, None, Some(&below.to_string())), ["11", "11.4", "52", "52.2"]);
    assert_eq!(liste(&haus, None, Some("61")), ["52", "52.1", "52.1.1"]);
    setzen(&haus, "zentral", below, &[]).unwrap();
    assert_eq!(liste(&haus, None, Some("61.2")), ["52", "52.1", "52.1.1"], "its own are gone");
    let member = haus.als("sach61").member();
    let unknown = member.planeinheiten(None, Some("99"), &Blatt::default()).unwrap_err();
    assert_eq!(unknown.fehler[0].code, "oe_unbekannt");
    // What is shut down leads on to what it became.
    let rows = "52.2;52;Daneben;;;;;;;;;;\n52.3;52;Danach;;;;;;;;;;\n";
    revidieren(&haus, rows, "52.1;52.3;\n52.1.1;;\n");
    assert_eq!(liste(&haus, None, Some("61")), ["52", "52.1", "52.1.1", "52.3"]);
}

/// Catches: `registratur`, `stimmt`, the bounds of the input, the entry in the OE's log.
#[test]
fn the_registratur_alone_sets_the_branches() {
    let haus = Haus::neu();
    let (own, other) = (haus.oe["61"], haus.oe["50"]);
    for (wer, oe) in [("sach61", own), ("admin1", own), ("revision", own), ("reg61", other)] {
        let refused = setzen(&haus, wer, oe, &["52.1"]).unwrap_err();
        assert_eq!(refused.art, Art::NichtErlaubt, "{wer}");
    }
    setzen(&haus, "zentral", other, &["11"]).unwrap();
    let set = setzen(&haus, "reg61", own, &["52.1", " 11.4", "52.1"]).unwrap();
    assert_eq!(set.wert.planeinheiten, ["11.4", "52.1"]);
    assert_eq!(haus.als("sach50").member().fachsicht(own).unwrap(), set.wert);
    let seqs = haus.ledger.history(Kind::Oe, &own.to_string(), u64::MAX, 9).unwrap();
    assert_eq!(seqs[0], set.seq);
    let clerk = haus.als("reg61").clerk().unwrap();
    let ask = |version: u64, nummern: Vec<String>| {
        clerk.fachsicht_setzen(own, version, FachsichtNeu { planeinheiten: nummern }).unwrap_err()
    };
    assert_eq!(ask(0, vec![]).art, Art::Veraltet);
    let wrong = ask(set.seq, vec!["52".into(), "77".into(), "\u{7}".into()]);
    assert_eq!(wrong.fehler[0].zeiger, "/planeinheiten/2");
    let wrong = ask(set.seq, vec!["52".into(), "77".into()]);
    assert_eq!(
        (&*wrong.fehler[0].zeiger, wrong.fehler[0].code),
        ("/planeinheiten/1", "planeinheit_unbekannt")
    );
    let many = (0..201).map(|n| n.to_string()).collect();
    assert_eq!(ask(set.seq, many).fehler[0].code, "zu_viele");
    let unknown = setzen_unbekannt(&haus);
    assert_eq!(unknown.art, Art::NichtGefunden);
}

fn setzen_unbekannt(haus: &Haus) -> Error {
    let neu = FachsichtNeu { planeinheiten: vec![] };
    let clerk = haus.als("zentral").clerk().unwrap();
    clerk.fachsicht_setzen(Uuid::from_u128(7), 0, neu).unwrap_err()
}

/// 52.1 became 52.2 and 52.3, 52.3 became 52.2, which became 52.1 again: each is read once.
#[test]
fn a_circle_in_the_concordance_is_walked_once() {
    let haus = Haus::neu();
    let rows = "52.2;52;Zwei;;;;;;;;;;\n52.3;52;Drei;;;;;;;;;;\n";
    revidieren(&haus, rows, "52.1;52.2;\n52.1;52.3;\n");
    revidieren(&haus, "52.2;52;Zwei;;;;;;;;;;\n", "52.3;52.2;\n");
    let member = haus.als("sach61").member();
    assert_eq!(member.konkordanz("52.1").unwrap().heute, ["52.2"]);
    revidieren(&haus, LEAF, "52.2;52.1;\n");
    for number in ["52.1", "52.2", "52.3"] {
        let (found, read) = haus.gelesen(|| member.konkordanz(number).unwrap());
        assert_eq!(found.heute, ["52.1"], "{number}");
        // Four lines of the concordance: three numbers, their units, the caller, both directions.
        assert!(read <= 33, "{number}: {read} rows");
    }
}
