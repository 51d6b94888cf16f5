//! The index from outside: who finds what, in which order, page by page, and after a rebuild.

mod komposita;
mod language;
mod texts;
mod woerter;
mod writer;

use std::{collections::BTreeSet, path::Path};

use aktenlauf::search::{Art, Doc, Hit, Index, Order, Place, Position, Query, Terms, VERSION};
use chrono::NaiveDate;
use tempfile::TempDir;
use uuid::Uuid;

const HEAP: usize = 15_000_000;

/// A small seeded generator: tests must not depend on a crate's stream of numbers.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

fn id(n: u64) -> Uuid {
    Uuid::from_u64_pair(0x0190_0000_0000_7000 + n / 7, 0x8000_0000_0000_0000 + n)
}

fn doc(n: u64, betreff: &str, text: &str) -> Doc {
    Doc {
        id: id(n),
        art: Art::Dokument,
        akte: Some(id(1_000_000 + n % 10)),
        klasse: 1,
        betreff: betreff.into(),
        zeichen: vec![format!("52.1.01-{}/2024", n % 10)],
        planeinheit: Some("52.1.01".into()),
        typ: Some("bescheid".into()),
        datum: NaiveDate::from_ymd_opt(2024, 1, 1).map(|d| d + chrono::Days::new(n % 300)),
        absender: None,
        empfaenger: None,
        dateien: vec![],
        felder: vec![],
        text: Some(text.into()),
        seq: n,
        storno: false,
    }
}

fn at(seq: u64) -> Position {
    Position { seq, seal: [7; 32], fresh: seq }
}

fn index(dir: &Path, docs: &[Doc]) -> Index {
    let index = Index::open(dir, HEAP).unwrap();
    for doc in docs {
        index.put(doc).unwrap();
    }
    index.commit(at(docs.len() as u64)).unwrap();
    index
}

fn query(text: &str) -> Query {
    let terms = Terms::parse(text).unwrap();
    Query { terms, klassen: vec![1], limit: 500, ..Query::default() }
}

fn found(index: &Index, query: &Query) -> Vec<Uuid> {
    let page = index.search(query).unwrap();
    assert!(page.count >= page.hits.len() as u64);
    page.hits.iter().map(|hit| hit.id).collect()
}

fn finds(index: &Index, text: &str) -> usize {
    let page = index.search(&query(text)).unwrap();
    assert_eq!(page.count, page.hits.len() as u64, "{text}");
    page.hits.len()
}

#[test]
fn words_phrases_umlauts_and_file_numbers() {
    let dir = TempDir::new().unwrap();
    let mut docs = vec![
        doc(1, "Bauantrag Müller", "Die Genehmigung der Garage wird erteilt. Az. 61.26-12/2024"),
        doc(2, "Widerspruch", "Frau Mueller widerspricht; die Garage der Genehmigung"),
        doc(3, "Gebührenbescheid", "Gebühren in Höhe von 120,00 EUR für Straße und Häuser"),
    ];
    docs[2].absender = Some("Stadtwerke Groß-Gerau".into());
    let index = index(dir.path(), &docs);
    for (text, count) in [
        ("müller", 2),
        ("MUELLER", 2),
        ("Muller", 2),
        ("garage genehmigung", 2),
        ("\"genehmigung der garage\"", 1),
        ("„Garage der Genehmigung“", 1),
        ("\"garage genehmigung\"", 0),
        ("gebuehr strasse haus", 1),
        ("61.26-12/2024", 1),
        ("\"12/2024\"", 1),
        ("61.26-13/2024", 0),
        ("stadtwerke gross", 1),
        ("garage gebühren", 0),
        ("", 3),
    ] {
        assert_eq!(finds(&index, text), count, "{text}");
    }
    // A phrase never runs from one field into the next.
    assert_eq!(finds(&index, "\"Widerspruch Frau\""), 0);
}

#[test]
fn a_file_number_finds_its_akte_first() {
    let dir = TempDir::new().unwrap();
    let mut docs: Vec<Doc> = (0..50).map(|n| doc(n, "Schreiben", "52.1.01-3/2024 ")).collect();
    docs.push(Doc { art: Art::Akte, text: None, ..doc(103, "Bauakte", "") });
    docs.push(Doc { zeichen: vec!["II 120 – 0211-1/2".into()], ..doc(104, "Altakte", "") });
    let index = index(dir.path(), &docs);
    let page = index.search(&query("52.1.01-3/2024")).unwrap();
    assert_eq!((page.hits[0].id, page.hits[0].art), (id(103), Art::Akte));
    assert!(page.count > 6);
    assert_eq!(found(&index, &query("ii 120 - 0211-1/2")), [id(104)]);
}

#[test]
fn what_the_classes_do_not_name_is_neither_found_nor_counted() {
    let dir = TempDir::new().unwrap();
    let mut dice = Dice(11);
    let mut docs: Vec<Doc> = (0..400).map(|n| doc(n, "Antrag", "geheime Sache")).collect();
    for doc in &mut docs {
        doc.klasse = dice.pick(&[1, 2, 63, 64, 65, 4_000, 1 << 20, u64::MAX]);
    }
    let index = index(dir.path(), &docs);
    let all = [1, 2, 63, 64, 65, 4_000, 1 << 20, u64::MAX];
    for round in 0_u64..200 {
        let klassen: Vec<u64> = all.into_iter().filter(|_| dice.below(3) == 0).collect();
        let gone: Vec<Uuid> = (0..round % 3).map(|_| id(1_000_000 + dice.below(10))).collect();
        let text = dice.pick(&["", "antrag", "\"geheime sache\"", "antrag sache"]);
        let query = Query {
            klassen: klassen.clone(),
            ausgeschlossen: gone.iter().copied().chain([id(5)]).collect(),
            limit: 7,
            ..query(text)
        };
        let page = index.search(&query).unwrap();
        let may: BTreeSet<Uuid> = docs
            .iter()
            .filter(|doc| klassen.contains(&doc.klasse) && doc.id != id(5))
            .filter(|doc| !gone.contains(&doc.akte.unwrap()))
            .map(|doc| doc.id)
            .collect();
        assert_eq!(page.count, may.len() as u64, "{klassen:?}");
        assert!(page.hits.iter().all(|hit| may.contains(&hit.id)), "{klassen:?}");
    }
    assert_eq!(index.search(&Query { klassen: vec![], ..query("") }).unwrap().count, 0);
}

#[test]
fn an_excluded_akte_hides_itself_and_its_vorgaenge() {
    let dir = TempDir::new().unwrap();
    let akte = Doc { art: Art::Akte, akte: Some(id(1)), text: None, ..doc(1, "Antrag", "") };
    let vorgang = Doc { art: Art::Vorgang, akte: Some(id(1)), ..doc(2, "Antrag", "") };
    let index = index(dir.path(), &[akte, vorgang, doc(3, "Antrag", "")]);
    let gone = Query { ausgeschlossen: vec![id(1)], ..query("antrag") };
    assert_eq!(found(&index, &gone), [id(3)]);
}

/// A score that told how rare a word is would tell of documents that stay hidden.
#[test]
fn scores_do_not_depend_on_other_documents() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mine = [doc(1, "Antrag", "Garage am Haus"), doc(2, "Garage", "Antrag und Garage")];
    let few = index(one.path(), &mine);
    let hidden: Vec<Doc> = (10..500)
        .map(|n| Doc { klasse: 2, ..doc(n, "Garage", &"Garage und vieles mehr ".repeat(30)) })
        .collect();
    let all: Vec<Doc> = hidden.into_iter().chain(mine).collect();
    let many = index(two.path(), &all);
    for text in ["garage", "antrag garage", "\"antrag und garage\"", ""] {
        let hits = |index: &Index| index.search(&query(text)).unwrap().hits;
        assert_eq!(hits(&few), hits(&many), "{text}");
    }
}

fn pages(index: &Index, query: &Query, size: usize) -> Vec<Hit> {
    let (mut hits, mut after): (Vec<Hit>, Option<Place>) = (Vec::new(), None);
    loop {
        let page = index.search(&Query { limit: size, after, ..query.clone() }).unwrap();
        assert!(page.hits.len() <= size);
        hits.extend(page.hits);
        after = page.next;
        if after.is_none() {
            return hits;
        }
    }
}

#[test]
fn pages_put_together_are_the_one_big_page() {
    let dir = TempDir::new().unwrap();
    let mut dice = Dice(5);
    // Few kinds of text give many equal scores, so that ties are really crossed by pages.
    let words = ["Antrag", "Bescheid", "Antrag Antrag", "Antrag auf Bescheid", "Bescheid Frist"];
    let docs: Vec<Doc> = (0..450).map(|n| doc(n, dice.pick(&words), dice.pick(&words))).collect();
    // Several commits give several segments.
    let index = index(dir.path(), &docs[..100]);
    for (n, part) in docs[100..].chunks(70).enumerate() {
        part.iter().for_each(|doc| index.put(doc).unwrap());
        index.commit(at(n as u64)).unwrap();
    }
    for order in [Order::Score, Order::Date] {
        for text in ["", "antrag", "antrag bescheid", "\"auf bescheid\""] {
            let query = Query { order, ..query(text) };
            let all = index.search(&query).unwrap();
            assert_eq!(all.count, all.hits.len() as u64);
            let ordered = |a: &Hit, b: &Hit| a.place > b.place;
            assert!(all.hits.is_sorted_by(ordered), "{order:?} {text}");
            for size in [1, 7, 100, 449, 450] {
                assert_eq!(pages(&index, &query, size), all.hits, "{order:?} {text} {size}");
            }
        }
    }
}

#[test]
fn paging_goes_on_behind_ten_thousand_hits() {
    let dir = TempDir::new().unwrap();
    let docs: Vec<Doc> = (0..10_400).map(|n| doc(n, "Antrag", "")).collect();
    let index = index(dir.path(), &docs);
    let hits = pages(&index, &query("antrag"), 500);
    assert_eq!(hits.len(), 10_400);
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<BTreeSet<_>>().len(), 10_400);
}

#[test]
fn filters() {
    let dir = TempDir::new().unwrap();
    let mut docs: Vec<Doc> = (0..60).map(|n| doc(n, "Antrag", "Text")).collect();
    docs[1].planeinheit = Some("52.2".into());
    docs[2].typ = Some("rechnung".into());
    docs[3].storno = true;
    docs[4].datum = None;
    docs[5].art = Art::Vorgang;
    let index = index(dir.path(), &docs);
    let day = |d| NaiveDate::from_ymd_opt(2024, 1, d);
    let base = query("antrag");
    let count = |query: Query| index.search(&query).unwrap().count;
    assert_eq!(count(Query { akte: Some(id(1_000_003)), ..base.clone() }), 6);
    assert_eq!(count(Query { akte: Some(Uuid::nil()), ..base.clone() }), 0);
    assert_eq!(count(Query { planeinheit: Some("52.1".into()), ..base.clone() }), 59);
    assert_eq!(count(Query { planeinheit: Some("52".into()), ..base.clone() }), 60);
    assert_eq!(count(Query { planeinheit: Some("52.1.011".into()), ..base.clone() }), 0);
    assert_eq!(count(Query { typ: Some("rechnung".into()), ..base.clone() }), 1);
    assert_eq!(count(Query { art: Some(Art::Vorgang), ..base.clone() }), 1);
    assert_eq!(count(Query { storno: Some(false), ..base.clone() }), 59);
    assert_eq!(count(Query { von: day(2), bis: day(4), ..base.clone() }), 3);
    assert_eq!(count(Query { von: day(2), ..base.clone() }), 58);
    assert_eq!(count(Query { bis: day(4), ..base.clone() }), 4);
    let struck = index.search(&Query { storno: Some(true), ..base.clone() }).unwrap();
    assert!(struck.hits.len() == 1 && struck.hits[0].storno);
    // Struck-out documents stay visible unless they are filtered away.
    assert_eq!(count(base.clone()), 60);
    // Dateless documents come last, and nothing but the count with limit 0.
    let dated = found(&index, &Query { order: Order::Date, ..base.clone() });
    assert_eq!((dated[0], dated[59]), (id(59), id(4)));
    assert!(index.search(&Query { limit: 0, ..base }).unwrap().hits.is_empty());
}

#[test]
fn a_later_put_replaces_and_a_removal_removes() {
    let dir = TempDir::new().unwrap();
    let index = index(dir.path(), &[doc(1, "alt", "alt"), doc(2, "alt", "alt")]);
    index.put(&doc(1, "mittel", "mittel")).unwrap();
    index.put(&doc(1, "neu", "neu")).unwrap();
    index.remove(id(2)).unwrap();
    index.remove(id(77)).unwrap();
    assert_eq!(finds(&index, "alt"), 2, "nothing is visible before the commit");
    index.commit(at(5)).unwrap();
    assert_eq!((finds(&index, "alt"), finds(&index, "mittel"), finds(&index, "neu")), (0, 0, 1));
    assert_eq!(index.position(), at(5));
    assert_eq!(index.commits(), 2);
    let mut rows = Vec::new();
    index.each(&mut |row| rows.push(row)).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id(1)]);
}

#[test]
fn whatever_is_typed_gets_an_answer() {
    let dir = TempDir::new().unwrap();
    let mut docs = vec![doc(1, "Antrag", "sichtbar"), doc(2, "Antrag", "verborgen")];
    docs[1].klasse = 2;
    let index = index(dir.path(), &docs);
    for text in [
        "klasse:2",
        "verborgen",
        "antrag OR verborgen",
        "* verborgen",
        "/.*/",
        "id:*",
        "a^9 ~2",
        "\\\"",
        "\"\"",
        "((((",
        "[a TO z]",
        "antrag\0",
        "\u{202e}antrag",
        "%s%n",
        "' OR 1=1 --",
        "{!join}",
        "\u{1f4c4}",
        "ﬁ",
        "\u{308}",
        "-antrag",
        "+verborgen",
        "antrag/**/verborgen",
    ] {
        if Terms::parse(text).is_err() {
            continue;
        }
        let page = index.search(&query(text)).unwrap();
        assert!(page.hits.iter().all(|hit| hit.id == id(1)), "{text}");
    }
    let long = "x\" ".repeat(400_000);
    assert!(Terms::parse(&long).is_err());
    let mut dice = Dice(3);
    let signs: Vec<char> = "aä1 \"„“*:^~()[]{}\\-+/\0\u{301}\u{ad}\u{202e}ß".chars().collect();
    for _ in 0..500 {
        let text: String = (0..dice.below(60)).map(|_| dice.pick(&signs)).collect();
        match Terms::parse(&text) {
            Ok(terms) => {
                let _ = terms.snippet(&text);
                let page = index.search(&query(&text)).unwrap();
                assert!(page.hits.iter().all(|hit| hit.id == id(1)), "{text:?}");
            }
            Err(error) => assert!(error.position <= text.chars().count()),
        }
    }
}

/// Queries and what they answer, places included.
fn answers(index: &Index) -> Vec<Vec<Hit>> {
    ["", "antrag", "bescheid frist", "\"antrag auf\"", "wort7 wort3", "52.1.01-3/2024"]
        .map(|text| index.search(&query(text)).unwrap().hits)
        .into()
}

fn sample(dice: &mut Dice, n: u64) -> Doc {
    let words = ["Antrag", "auf", "Bescheid", "Frist", "wort3", "wort7", "Garage", "der"];
    let length = dice.below(40) + 1;
    let text: Vec<&str> = (0..length).map(|_| dice.pick(&words)).collect();
    doc(n, dice.pick(&words), &text.join(" "))
}

#[test]
fn an_index_with_a_history_answers_like_a_new_one() {
    let (old, new) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut dice = Dice(8);
    let first = index(old.path(), &[]);
    let mut docs: Vec<Doc> = Vec::new();
    for round in 0..40 {
        for _ in 0..20 {
            let n = dice.below(300);
            let doc = sample(&mut dice, n);
            first.put(&doc).unwrap();
            docs.retain(|known| known.id != doc.id);
            docs.push(doc);
        }
        let gone = id(dice.below(300));
        first.remove(gone).unwrap();
        docs.retain(|known| known.id != gone);
        first.commit(at(round)).unwrap();
    }
    assert_eq!(answers(&first), answers(&index(new.path(), &docs)));
}

#[test]
fn a_reopened_index_goes_on_and_a_foreign_one_is_wiped() {
    let dir = TempDir::new().unwrap();
    let mut dice = Dice(1);
    let docs: Vec<Doc> = (0..200).map(|n| sample(&mut dice, n)).collect();
    let first = index(dir.path(), &docs);
    first.put(&doc(999, "nie", "nie")).unwrap();
    let before = answers(&first);
    assert!(matches!(Index::open(dir.path(), HEAP), Err(aktenlauf::search::Error::Locked(_))));
    drop(first);
    let again = Index::open(dir.path(), HEAP).unwrap();
    assert_eq!((again.position(), again.note()), (at(200), None));
    assert_eq!(answers(&again), before);
    drop(again);
    // As another version would have written it.
    let meta = std::fs::read_to_string(dir.path().join("meta.json")).unwrap();
    let version = |n: u32| format!("\\\"version\\\":{n}");
    let other = meta.replace(&version(VERSION), &version(0));
    assert_ne!(meta, other);
    std::fs::write(dir.path().join("meta.json"), other).unwrap();
    let wiped = Index::open(dir.path(), HEAP).unwrap();
    assert_eq!(wiped.position(), Position::default());
    assert!(wiped.note().unwrap().contains("version 0"), "{:?}", wiped.note());
    assert_eq!(finds(&wiped, ""), 0);
}

#[test]
fn damaged_files_are_found_or_the_index_is_wiped() {
    let dir = TempDir::new().unwrap();
    let mut dice = Dice(21);
    let docs: Vec<Doc> = (0..100).map(|n| sample(&mut dice, n)).collect();
    drop(index(dir.path(), &docs));
    let files: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|item| (item.as_ref().unwrap().path(), std::fs::read(item.unwrap().path()).unwrap()))
        .collect();
    let (mut wiped, mut told) = (0, 0);
    for (path, bytes) in files.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        for how in 0..3 {
            for (path, bytes) in &files {
                std::fs::write(path, bytes).unwrap();
            }
            let mut broken = bytes.clone();
            let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
            match how {
                0 => broken.truncate(at),
                1 => broken[at] ^= 1 << dice.below(8),
                _ => broken.clear(),
            }
            std::fs::write(path, &broken).unwrap();
            let index = Index::open(dir.path(), HEAP).unwrap();
            if index.position() == Position::default() {
                wiped += 1;
                assert!(index.note().is_some());
            } else if !index.check().unwrap().is_empty() {
                told += 1;
            } else {
                // Only files that say nothing of the documents may differ unnoticed.
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                assert!(name.ends_with(".json") || name.ends_with(".lock"), "{name} {how} {at}");
            }
        }
    }
    println!("damages: {wiped} wiped, {told} told by check");
    assert!(wiped > 5 && told > 0, "{wiped} {told}");
}

#[test]
fn many_updates_leave_the_index_below_twice_its_live_size() {
    let (old, new) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut dice = Dice(13);
    let mut docs: Vec<Doc> = (0..2_000).map(|n| sample(&mut dice, n)).collect();
    for doc in &mut docs {
        let more: Vec<String> = (0..80).map(|_| format!("w{}", dice.below(3_000))).collect();
        doc.text = Some(more.join(" "));
    }
    let used = index(old.path(), &docs);
    for round in 0..100 {
        for _ in 0..500 {
            used.put(&docs[usize::try_from(dice.below(2_000)).unwrap()]).unwrap();
        }
        used.commit(at(3_000 + round)).unwrap();
    }
    assert_eq!(used.commits(), 101, "one commit a round, none by the way");
    // Merges run beside; what they leave is taken over at rest.
    let live = index(new.path(), &docs).size().unwrap();
    let mut size = u64::MAX;
    for _ in 0..100 {
        used.settle().unwrap();
        size = used.size().unwrap();
        if size < 2 * live {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    println!("50,000 updates of 2,000 documents: {size} bytes, live {live}");
    assert!(size < 2 * live, "{size} of {live}");
    assert_eq!(used.search(&query("")).unwrap().count, 2_000);
}

#[test]
fn a_wiped_index_starts_anew() {
    let dir = TempDir::new().unwrap();
    let index = index(dir.path(), &[doc(1, "alt", "alt")]);
    index.put(&doc(2, "halb", "halb")).unwrap();
    index.wipe().unwrap();
    assert_eq!((index.position(), finds(&index, "")), (Position::default(), 0));
    index.put(&doc(3, "neu", "neu")).unwrap();
    index.commit(at(3)).unwrap();
    assert_eq!(finds(&index, ""), 1);
    drop(index);
    assert_eq!(Index::open(dir.path(), HEAP).unwrap().position(), at(3));
}
