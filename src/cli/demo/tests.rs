//! The invented stock: always the same, of many kinds, in every state, and plausible.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn equal_seeds_give_equal_documents_and_others_do_not() {
    let first: Vec<_> = documents(60, 7).collect();
    assert_eq!(first, documents(300, 7).take(60).collect::<Vec<_>>());
    assert_ne!(first, documents(60, 8).collect::<Vec<_>>());
    for document in first.iter().take(30) {
        assert_eq!(document.bytes(), document.bytes());
    }
}

/// Fails if a template names what there is not, or two documents are the same.
#[test]
fn three_hundred_documents_do_not_look_alike() {
    let all: Vec<_> = documents(300, 1).collect();
    let texts: BTreeSet<_> = all.iter().map(|document| &document.absaetze).collect();
    assert_eq!(texts.len(), all.len());
    let betreffe: BTreeSet<_> = all.iter().map(|document| &document.betreff).collect();
    assert!(betreffe.len() >= 280, "{}", betreffe.len());
    let mut types = BTreeMap::new();
    for document in &all {
        *types.entry(document.typ).or_insert(0) += 1;
        assert!(OES.iter().any(|(kuerzel, _)| *kuerzel == document.oe_kuerzel));
        assert!(document.posteingangsdatum >= document.datum);
        assert!(!document.dateiname.contains('/') && document.dateiname.contains('.'));
        let text = document.absaetze.join(" ");
        let words = text.split_whitespace().count();
        assert!(words > 40, "{}: {words} words", document.betreff);
        let names = [&document.betreff, &document.akte, &text];
        assert!(names.iter().all(|text| !text.contains(['{', '}'])), "{names:?}");
        assert!(names.iter().all(|text| !text.is_empty()), "{names:?}");
        assert!(!document.absaetze.iter().any(|part| part.starts_with(['@', '?', '>'])), "{text}");
    }
    assert!(types.len() >= 16, "{types:?}");
}

/// What is shown: fails if a kind, a format or a state is lost, or becomes rare.
#[test]
fn kinds_formats_and_states_are_all_there() {
    let all: Vec<_> = documents(300, 2026).collect();
    let count = |fits: &dyn Fn(&DemoDocument) -> bool| all.iter().filter(|d| fits(d)).count();
    let typ = |typ: &str| count(&|d| d.typ == typ);
    for (name, least) in [("bescheid", 55), ("rechnung", 25), ("niederschrift", 20), ("bericht", 8)]
    {
        assert!(typ(name) >= least, "{name}: {}", typ(name));
    }
    assert!(typ("antrag") >= 20 && typ("vermerk") >= 15 && typ("formular") >= 14);
    let forms = [
        (Form::Brief, 220),
        (Form::Bericht, 8),
        (Form::Mail, 9),
        (Form::Html, 9),
        (Form::Rtf, 8),
        (Form::Csv, 8),
        (Form::Markdown, 4),
        (Form::Xml, 8),
    ];
    for (form, least) in forms {
        let found = count(&|d| d.form == form);
        assert!(found >= least, "{form:?}: {found}");
    }
    assert!(count(&|d| d.stand == Stand::Wartet) >= 30);
    assert!(count(&|d| d.stand == Stand::Storniert) >= 8);
    assert!(count(&|d| matches!(d.stand, Stand::Fassungen(_))) >= 18);
    assert!(count(&|d| d.planeinheit.starts_with("611.")) >= 14);
    assert!(count(&|d| d.planeinheit.starts_with("03.")) >= 16);
    let waiting: BTreeSet<_> =
        all.iter().filter(|d| d.stand == Stand::Wartet).map(|d| d.oe_kuerzel).collect();
    assert!(waiting.len() >= 6, "{waiting:?}");
    let templates: BTreeSet<String> = reihe::REIHE.iter().map(|q| format!("{q:?}")).collect();
    assert!(templates.len() >= 60, "{}", templates.len());
}

#[test]
fn akten_are_many_and_of_every_size_and_state() {
    let all: Vec<_> = documents(300, 2026).collect();
    let akten = akten(&all);
    let oes: BTreeSet<_> = akten.iter().map(|akte| akte.oe).collect();
    let largest = akten.iter().map(|akte| akte.dokumente.len()).max().unwrap();
    let small = akten.iter().filter(|akte| akte.dokumente.len() == 1).count();
    println!("demo: {} Akten, largest {largest}, {small} with one document", akten.len());
    assert!((40..=140).contains(&akten.len()), "{}", akten.len());
    assert!(oes.len() == OES.len() && (15..=25).contains(&largest) && small >= 5, "{largest}");
    let count = |fits: &dyn Fn(&DemoAkte) -> bool| akten.iter().filter(|a| fits(a)).count();
    assert!(count(&|a| a.geschlossen) >= 8);
    assert!(count(&|a| a.wieder_geoeffnet) >= 1);
    assert!(count(&|a| a.freigabe.is_some()) >= 5);
    assert!(count(&|a| a.hybrid) >= 2);
    let vorgaenge: Vec<_> = akten.iter().flat_map(|akte| &akte.vorgaenge).collect();
    let closed = vorgaenge.iter().filter(|(_, closed)| *closed).count();
    assert!(closed >= 15 && vorgaenge.len() - closed >= 25, "{closed} of {}", vorgaenge.len());
    let filed: usize = akten.iter().map(|akte| akte.dokumente.len()).sum();
    assert_eq!(filed, all.iter().filter(|d| d.stand != Stand::Wartet).count());
}

/// Fails if a report shrinks, or its pages repeat each other.
#[test]
fn reports_have_fifty_pages_and_no_two_alike() {
    let reports = documents(reihe::REIHE.len(), 2026).filter(|d| d.form == Form::Bericht);
    let (mut seen, mut wrong) = (0, false);
    for report in reports {
        seen += 1;
        let pdf = lopdf::Document::load_mem(&report.bytes()).unwrap();
        let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
        println!("demo: {} pages, {}", pages.len(), report.betreff);
        wrong |= !(44..=60).contains(&pages.len());
        let mut contents = BTreeSet::new();
        for id in pdf.get_pages().values() {
            let mut pieces = pdf.get_page_content(*id);
            // Its number, which stands last, makes no page another one.
            let end = pieces.windows(3).rposition(|mark| mark == b"BT ").unwrap();
            pieces.truncate(end);
            assert!(contents.insert(pieces), "{}: a page twice", report.betreff);
        }
        let headings = report.absaetze.iter().filter(|part| part.starts_with('#'));
        assert!(headings.clone().all(|part| part.len() < 100), "a heading took text in");
        let long: Vec<_> = report.absaetze.iter().filter(|part| part.len() > 200).collect();
        let different: BTreeSet<_> = long.iter().collect();
        assert!(different.len() * 100 >= long.len() * 90, "{} of {}", different.len(), long.len());
    }
    assert!(seen >= 3 && !wrong, "{seen}");
}

/// Minutes and decisions have several pages, as real ones have.
#[test]
fn minutes_and_decisions_have_several_pages() {
    let mut counts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for document in documents(142, 2026).filter(|d| d.form == Form::Brief) {
        let pages = lopdf::Document::load_mem(&document.bytes()).unwrap().get_pages().len();
        counts.entry(document.typ).or_default().push(pages);
        for item in document.absaetze.iter().filter_map(|part| part.strip_prefix("# TOP ")) {
            let title = item.split_once(": ").unwrap().1;
            assert!(title.starts_with(char::is_uppercase), "no title of an item: {title}");
        }
    }
    let at_least = |typ: &str, pages: usize| counts[typ].iter().filter(|n| **n >= pages).count();
    println!("demo: pages by type {counts:?}");
    assert!(at_least("niederschrift", 4) >= 8, "{counts:?}");
    assert!(at_least("bescheid", 2) >= 12, "{counts:?}");
    assert!(counts["niederschrift"].iter().all(|pages| *pages <= 11), "{counts:?}");
    assert!(counts["bescheid"].iter().all(|pages| *pages <= 5), "{counts:?}");
}

/// Every plan unit named here can hold a file; tax files of the Kämmerei and personnel files
/// alone are walled.
#[test]
fn plan_units_exist() {
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/aktenplan/muster/plan.csv");
    let Ok(mut rows) = csv::ReaderBuilder::new().delimiter(b';').from_path(plan) else {
        println!("SKIPPED: no Musterplan here");
        return;
    };
    let heads = rows.headers().unwrap().clone();
    let column = |name| heads.iter().position(|head| head == name).unwrap();
    let (number, above) = (column("nummer"), column("uebergeordnet"));
    let wall = column("schutzklasse");
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    for document in documents(reihe::REIHE.len() * 4, 3) {
        let unit = document.planeinheit;
        let own: Vec<_> = rows.iter().filter(|row| &row[number] == unit).collect();
        assert!(!own.is_empty(), "{unit}");
        let expected = match unit {
            unit if unit.starts_with("611.") || unit == "541.05" => "steuer",
            unit if unit.starts_with("03.") => "personal",
            _ => "",
        };
        assert!(own.iter().all(|row| &row[wall] == expected), "{unit}: wall");
        assert!(expected != "steuer" || document.oe_kuerzel == "20", "{unit}");
        assert_eq!(expected == "personal", document.oe_kuerzel == "11", "{unit}");
        assert!(rows.iter().all(|row| &row[above] != unit), "{unit} has units below it");
    }
}

#[test]
fn numbers_and_days_as_germans_write_them() {
    assert_eq!(euro(123_456_750), "1.234.567,50 €");
    assert_eq!(euro(99_905), "999,05 €");
    assert_eq!(satz::punkte(-12_345), "-12.345");
    assert_eq!(lang(NaiveDate::from_ymd_opt(2026, 3, 3).unwrap()), "3. März 2026");
}
