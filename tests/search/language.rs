//! The language of questions against a real index: what each part finds, facets, similar words.

use std::collections::BTreeSet;

use aktenlauf::search::{Art, Doc, Facets, Index, Merkmal, Query};
use chrono::NaiveDate;
use tempfile::TempDir;

use super::{Dice, at, doc, finds, found, id, index, query};

fn letters() -> Vec<Doc> {
    let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
    let mut docs = vec![
        doc(1, "Gebührenbescheid Garage", "Die Gebühren betragen 12 Euro. Steuern fallen an."),
        doc(2, "Bauantrag", "Antrag auf eine Garage in der Müllerstraße"),
        doc(3, "Rechnung", "Für die Lieferung von Streusalz"),
        doc(4, "Akte zur Garage", ""),
    ];
    docs[0].absender = Some("Kämmerei".into());
    docs[0].datum = date(2023, 5, 1);
    docs[1].empfaenger = Some("Frau Mueller".into());
    docs[1].datum = date(2024, 2, 29);
    docs[1].dateien = vec!["Lageplan Nord.pdf".into()];
    docs[2].typ = Some("rechnung".into());
    docs[2].planeinheit = Some("11.4".into());
    docs[2].datum = date(2024, 12, 31);
    docs[3].art = Art::Akte;
    docs[3].datum = None;
    docs[3].typ = None;
    docs
}

#[test]
fn each_part_finds_what_it_names() {
    let dir = TempDir::new().unwrap();
    let index = index(dir.path(), &letters());
    for (text, expected) in [
        ("garage", vec![1, 2, 4]),
        ("garage -antrag", vec![1, 4]),
        ("-garage", vec![3]),
        ("garage -\"garage in\"", vec![1, 4]),
        ("streusalz ODER steuern", vec![1, 3]),
        ("garage streusalz ODER antrag", vec![2]),
        ("garage ODER -bescheid", vec![1, 2, 3, 4]),
        ("garage NICHT art:akte", vec![1, 2]),
        ("gebü*", vec![1]),
        ("GEBUEHR*", vec![1]),
        ("gebühren*", vec![1]),
        ("muell*", vec![2]),
        ("strass*", vec![2]),
        ("steuer*", vec![1]),
        ("betreff:garage", vec![1, 4]),
        ("betreff:gar*", vec![1, 4]),
        ("-betreff:garage garage", vec![2]),
        ("absender:kämmerei", vec![1]),
        ("an:müller", vec![2]),
        ("kämmerei", vec![1]),
        ("lageplan", vec![2]),
        ("datei:\"nord pdf\"", vec![2]),
        ("plan:11", vec![3]),
        ("plan:52.1 garage", vec![1, 2, 4]),
        ("typ:rechnung", vec![3]),
        ("art:akte", vec![4]),
        ("datum:2024", vec![2, 3]),
        ("datum:..2024-02-29", vec![1, 2]),
        ("datum:2024-12-31..", vec![3]),
        ("-datum:2024", vec![1, 4]),
        ("storno:ja", vec![]),
        ("oe:61", vec![]),
        ("-oe:61", vec![1, 2, 3, 4]),
    ] {
        let expected: BTreeSet<_> = expected.into_iter().map(id).collect();
        let hits: BTreeSet<_> = found(&index, &query(text)).into_iter().collect();
        assert_eq!(hits, expected, "{text}");
        finds(&index, text);
    }
    let merkmale = vec![(Merkmal::Oe("61".into()), vec![1])];
    assert_eq!(found(&index, &Query { merkmale, ..query("oe:61 streusalz") }), [id(3)]);
}

/// Facets agree with the hits, whatever the rights, filters and exclusions.
#[test]
fn facets_count_the_hits_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let mut dice = Dice(4);
    let docs: Vec<Doc> = (0..600)
        .map(|n| Doc {
            klasse: dice.pick(&[1, 2, 3, 1 << 40]),
            typ: dice.pick(&[None, Some("bescheid"), Some("antrag")]).map(str::to_owned),
            planeinheit: dice.pick(&[None, Some("11.1"), Some("52.3.4")]).map(str::to_owned),
            art: dice.pick(&[Art::Dokument, Art::Vorgang]),
            datum: dice
                .pick(&[None, Some(1999), Some(2024)])
                .and_then(|y| NaiveDate::from_ymd_opt(y, 12, 31)),
            ..doc(n, "Antrag", dice.pick(&["rot", "blau", "rot und blau"]))
        })
        .collect();
    let index = index(dir.path(), &docs[..200]);
    for (n, part) in docs[200..].chunks(150).enumerate() {
        part.iter().for_each(|doc| index.put(doc).unwrap());
        index.commit(at(n as u64 + 900)).unwrap();
    }
    for _ in 0..100 {
        let klassen: Vec<u64> =
            [1, 2, 3, 1 << 40].into_iter().filter(|_| dice.below(2) == 0).collect();
        let gone = id(1_000_000 + dice.below(20));
        let word = dice.pick(&["", "rot", "blau", "rot blau"]);
        let query = Query { klassen, ausgeschlossen: vec![gone], facets: true, ..query(word) };
        let page = index.search(&Query { limit: 3, ..query.clone() }).unwrap();
        let mut expected = Facets::default();
        let fits = |doc: &&Doc| {
            query.klassen.contains(&doc.klasse)
                && doc.akte != Some(gone)
                && word.split(' ').all(|word| doc.text.as_ref().unwrap().contains(word))
        };
        let mut count = 0;
        for doc in docs.iter().filter(fits) {
            count += 1;
            let art = if doc.art == Art::Dokument { 1 } else { 3 };
            *expected.art.entry(art).or_default() += 1;
            *expected.klasse.entry(doc.klasse).or_default() += 1;
            if let Some(typ) = &doc.typ {
                *expected.typ.entry(typ.clone()).or_default() += 1;
            }
            if let Some(unit) = &doc.planeinheit {
                *expected.planeinheit.entry(unit.clone()).or_default() += 1;
            }
            if let Some(date) = doc.datum {
                *expected.jahr.entry(chrono::Datelike::year(&date)).or_default() += 1;
            }
        }
        assert_eq!(page.count, count);
        assert_eq!(page.facets, Some(expected));
    }
    assert_eq!(index.search(&query("rot")).unwrap().facets, None);
}

#[test]
fn similar_words_are_one_or_two_signs_away() {
    let dir = TempDir::new().unwrap();
    let words = "Antrag Antrieb Auftrag Bescheid Bescheinigung Haus Maus Garage";
    let index: Index = index(dir.path(), &[doc(1, "x", words)]);
    let similar = |word: &str| index.similar(word, 10).unwrap();
    assert_eq!(similar("antrga"), ["antrag"], "neighbours swapped");
    assert_eq!(similar("bescheit")[0], "bescheid");
    assert_eq!(similar("garg"), ["garag"], "stems");
    assert_eq!(similar("besceit")[0], "bescheid", "two signs, in a long word");
    assert!(similar("hau").is_empty() && similar("antrag").is_empty());
    assert_eq!(similar("laus"), ["haus", "maus"]);
    assert_eq!(similar("bescheinigng"), ["beschein"], "a mistyped ending");
    assert_eq!(index.similar("laus", 1).unwrap(), ["haus"]);
}
