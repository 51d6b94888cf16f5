//! Compound words: found by their parts and as a whole; simple words stay in one piece.
//!
//! The two lists were written before the word list was made; a word that fails stays in them.

use std::time::{Duration, Instant};

use aktenlauf::search::{Doc, Index, Lexicon, Query, Terms};
use tempfile::TempDir;

use super::{Dice, doc, found, id, index, query, woerter};

/// Compounds, each with a part that a clerk would look for.
const COMPOUNDS: &[(&str, &str)] = &[
    ("Bauantrag", "Antrag"),
    ("Baugenehmigungsverfahren", "Genehmigung"),
    ("Gebührenbescheid", "Bescheid"),
    ("Hundesteuer", "Steuer"),
    ("Wohngeldantrag", "Wohngeld"),
    ("Gewerbeanmeldung", "Anmeldung"),
    ("Personalausweis", "Ausweis"),
    ("Führungszeugnis", "Zeugnis"),
    ("Aufenthaltserlaubnis", "Erlaubnis"),
    ("Grundstückskaufvertrag", "Kaufvertrag"),
    ("Bebauungsplan", "Plan"),
    ("Flächennutzungsplan", "Nutzung"),
    ("Straßenreinigungssatzung", "Straßenreinigung"),
    ("Abfallentsorgung", "Entsorgung"),
    ("Widerspruchsfrist", "Frist"),
    ("Verwaltungsgericht", "Gericht"),
    ("Sozialhilfeträger", "Träger"),
    ("Kindergartenbeitrag", "Beitrag"),
    ("Unterhaltsvorschuss", "Unterhalt"),
    ("Haushaltsplan", "Haushalt"),
    ("Zahlungserinnerung", "Zahlung"),
    ("Mahngebühren", "Gebühr"),
    ("Melderegisterauskunft", "Auskunft"),
    ("Geburtsurkunde", "Urkunde"),
    ("Führerscheinstelle", "Führerschein"),
    ("Fahrzeugzulassung", "Zulassung"),
    ("Feuerwehreinsatz", "Feuerwehr"),
    ("Brandschutzkonzept", "Brandschutz"),
    ("Denkmalschutzbehörde", "Behörde"),
    ("Wasserschutzgebiet", "Wasser"),
    ("Lärmschutzwand", "Lärm"),
    ("Schulentwicklungsplanung", "Entwicklung"),
    ("Schülerbeförderung", "Beförderung"),
    ("Jugendhilfeausschuss", "Ausschuss"),
    ("Stadtratsbeschluss", "Beschluss"),
    ("Gemeinderatssitzung", "Sitzung"),
    ("Rechnungsprüfungsamt", "Prüfung"),
    ("Vergabeunterlagen", "Unterlagen"),
    ("Ausschreibungsverfahren", "Ausschreibung"),
    ("Dienstaufsichtsbeschwerde", "Beschwerde"),
    ("Stellenbesetzung", "Stelle"),
    ("Urlaubsantrag", "Urlaub"),
    ("Reisekostenabrechnung", "Abrechnung"),
    ("Krankenversicherungsbeitrag", "Versicherung"),
    ("Arbeitsvertrag", "Arbeit"),
    ("Mietvertragsentwurf", "Entwurf"),
    ("Grundbuchauszug", "Auszug"),
    ("Vorkaufsrecht", "Recht"),
    ("Erschließungsbeiträge", "Beitrag"),
    ("Kanalanschluss", "Anschluss"),
    ("Parkausweis", "Ausweis"),
    ("Sondernutzungserlaubnis", "Sondernutzung"),
    ("Verkehrsüberwachung", "Überwachung"),
    ("Ordnungswidrigkeitenanzeige", "Ordnungswidrigkeit"),
    ("Asylbewerberleistungen", "Leistung"),
    ("Aufwandsentschädigung", "Entschädigung"),
    ("Amtsarzt", "Arzt"),
    ("Friedhofsgebührensatzung", "Friedhof"),
    ("Spielplatzkontrolle", "Spielplatz"),
    ("Schwerbehindertenausweise", "Ausweis"),
];

/// Words that look as if they had parts.
const SIMPLE: &[&str] = &[
    "Mitteilung",
    "Verwaltung",
    "Vertrag",
    "Betrag",
    "Beitrag",
    "Urkunde",
    "Gemeinde",
    "Ordnung",
    "Satzung",
    "Abteilung",
    "Bescheinigung",
    "Erlaubnis",
    "Auskunft",
    "Einrichtung",
    "Unterhalt",
    "Bescheid",
    "Genehmigung",
    "Verfahren",
    "Behörde",
    "Unternehmen",
    "Beteiligung",
    "Vereinbarung",
    "Verordnung",
    "Anmeldung",
    "Zuständigkeit",
    "Veranstaltung",
    "Stellungnahme",
    "Nachweis",
    "Gesellschaft",
    "Landschaft",
    "Wirtschaft",
    "Vorstand",
    "Widerspruch",
    "Anlage",
    "Antwort",
    "Organisation",
    "Beamter",
    "Übertragung",
    "Eigentümer",
    "Formular",
];

/// A document for each word, with nothing else in it that the words or their pieces could find.
fn with<'a>(dir: &TempDir, words: impl Iterator<Item = &'a str>) -> Index {
    let text = |word| format!("1. {word}, 2.");
    let docs: Vec<_> = (0..).zip(words).map(|(n, word)| doc(n, "-", &text(word))).collect();
    index(dir.path(), &docs)
}

#[test]
fn compounds_are_found_by_a_part_and_as_a_whole() {
    assert_eq!(COMPOUNDS.len(), 60);
    let dir = TempDir::new().unwrap();
    let index = with(&dir, COMPOUNDS.iter().map(|(word, _)| *word));
    let own = woerter::own_words();
    let (mut by_part, mut missed, mut unaided) = (0, Vec::new(), 0);
    for (n, (word, part)) in (0..).zip(COMPOUNDS) {
        assert!(found(&index, &query(word)).contains(&id(n)), "{word} as a whole");
        let folded = woerter::folded(word);
        let parts = Lexicon::german().parts(&folded);
        let by_hand = |part: &&str| own.iter().any(|own| part.starts_with(own.as_str()));
        let by_hand = parts.iter().map(|part| &folded[part.clone()]).filter(by_hand).count();
        if found(&index, &query(part)).contains(&id(n)) {
            by_part += 1;
            unaided += usize::from(by_hand < parts.len());
        } else {
            missed.push(*word);
        }
    }
    println!(
        "compounds: {by_part} of 60 found by a part ({unaided} of them with a part that only the \
         texts know), 60 of 60 as a whole; missed: {missed:?}"
    );
    assert!(by_part >= 50, "{by_part}: {missed:?}");
}

#[test]
fn simple_words_have_no_parts() {
    assert_eq!(SIMPLE.len(), 40);
    let (dir, pieces_dir) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let words = with(&dir, SIMPLE.iter().copied());
    let mut split = Vec::new();
    let (mut pieces, mut of) = (Vec::new(), Vec::new());
    for (n, word) in (0..).zip(SIMPLE) {
        let ends: Vec<usize> = (0..=word.len()).filter(|at| word.is_char_boundary(*at)).collect();
        for (from, to) in ends.iter().flat_map(|from| ends.iter().map(move |to| (*from, *to))) {
            if to >= from + 3 && to - from < word.len() {
                of.push((n, &word[from..to]));
                let klasse = n + 1;
                pieces.push(Doc { klasse, ..doc(of.len() as u64, "-", &word[from..to]) });
            }
        }
    }
    // A piece is no part if the whole word finds it: then both are one term (`Verwalt`).
    let alike = index(pieces_dir.path(), &pieces);
    for (n, word) in (0..).zip(SIMPLE) {
        let same = found(&alike, &Query { klassen: vec![n + 1], ..query(word) });
        for (at, (_, piece)) in (1..).zip(&of).filter(|(_, (whole, _))| *whole == n) {
            if found(&words, &query(piece)).contains(&id(n)) && !same.contains(&id(at)) {
                split.push(format!("{word}: {piece}"));
            }
        }
    }
    let mut wrong: Vec<&str> = split.iter().filter_map(|s| s.split(':').next()).collect();
    wrong.dedup();
    println!("simple words: {} of 40 split {split:?}, {} pieces tried", wrong.len(), of.len());
    assert!(wrong.len() <= 3, "{split:?}");
    assert!(of.len() > 1_000);
}

#[test]
fn a_query_is_not_split_and_phrases_go_over_parts() {
    let dir = TempDir::new().unwrap();
    let index = index(
        dir.path(),
        &[
            doc(0, "Brief", "Ihr neuer Bauantrag liegt vor"),
            doc(1, "Brief", "Ihr neuer Antrag liegt vor"),
            doc(2, "Brief", "Die Strassenreinigungsgebuehren und die STRAẞENREINIGUNGSGEBÜHREN"),
        ],
    );
    for (text, hits) in [
        ("antrag", &[0, 1][..]),
        ("bauantrag", &[0]),
        ("Bauanträge", &[0]),
        ("bau", &[0]),
        ("bau antrag", &[0]),
        ("\"neuer Bauantrag\"", &[0]),
        ("\"neuer Antrag liegt\"", &[0, 1]),
        ("\"neuer Bauantrag liegt vor\"", &[0]),
        // The parts stand at one place, not side by side.
        ("\"bau antrag\"", &[]),
        ("straßenreinigung", &[2]),
        ("reinigungsgebühr", &[2]),
        ("\"gebühren und die gebühr\"", &[2]),
    ] {
        let mut ids = found(&index, &query(text));
        ids.sort_unstable();
        assert_eq!(ids, hits.iter().map(|n| id(*n)).collect::<Vec<_>>(), "{text}");
    }
}

/// Time for words that have no end of ways through them, none of which is seen twice.
#[test]
fn hostile_words_are_quick() {
    let dir = TempDir::new().unwrap();
    let mut dice = Dice(5);
    let parts = ["bau", "amt", "rat", "en", "s", "haus", "recht", "e", "er", "n", "a", "ü", "я"];
    let mut text = "x".repeat(1 << 20);
    for round in 0..20_000 {
        text.push(' ');
        let mixed = round % 2 == 0;
        for _ in 0..30 {
            let part = if mixed { dice.pick(&parts) } else { dice.pick(&["bau", "er", "amts"]) };
            text.push_str(part);
        }
    }
    let begin = Instant::now();
    let index = index(dir.path(), &[doc(0, "Brief", &text)]);
    let took = begin.elapsed();
    println!("hostile words: {} bytes in {took:?}", text.len());
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(found(&index, &query(&"x".repeat(70))), [id(0)]);
    let begin = Instant::now();
    let _ = Terms::parse("bau").unwrap().snippet(&text);
    assert!(begin.elapsed() < Duration::from_secs(20));
}
