//! Rights between a change and its indexing: nothing shows that may not be seen, not even a count.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aktenlauf::{
    domain::{dokument::Ort, record::Kind},
    follow::Error,
    ledger::Change,
};

use super::stage::{Stage, akte, dokument, id, inbox, put};
use crate::search::Dice;

#[test]
fn an_akte_that_changes_its_class_takes_its_documents_along() {
    let stage = Stage::new();
    stage.commit(vec![put(&akte(1, 7))]);
    let ort = Ort::Akte { akte_id: id(1) };
    let docs: Vec<Change> =
        (0..1_250).map(|n| put(&dokument(100 + n, ort.clone(), "Blatt"))).collect();
    for part in docs.chunks(50) {
        stage.commit(part.to_vec());
    }
    stage.catch_up();
    assert_eq!(stage.page("blatt", &[7]).count, 1_250);
    let seq = stage.commit(vec![put(&akte(1, 8))]);
    // Before it is indexed: gone for all, hits and count, the Akte itself too.
    assert_eq!(stage.follow.stale().unwrap(), [id(1)]);
    for text in ["", "blatt", "akte"] {
        assert_eq!(stage.page(text, &[7, 8]).count, 0, "{text}");
    }
    let progress = stage.catch_up();
    assert_eq!(progress.objects, 1_251);
    assert_eq!(stage.follow.indexed(), seq);
    assert!(stage.follow.stale().unwrap().is_empty());
    assert_eq!(stage.page("blatt", &[7]).count, 0);
    assert_eq!(stage.page("blatt", &[8]).count, 1_250);
    // A change that no document is found by costs one object.
    let mut same = akte(1, 8);
    same.betreff = "anders".into();
    stage.commit(vec![put(&same)]);
    assert!(stage.follow.stale().unwrap().is_empty());
    assert_eq!(stage.catch_up().objects, 1);
}

#[test]
fn a_document_that_moves_is_hidden_until_it_is_indexed_in_its_new_place() {
    let stage = Stage::new();
    stage.commit(vec![put(&akte(1, 7)), put(&akte(2, 8))]);
    let mut doc = dokument(3, inbox(5), "Post");
    stage.commit(vec![put(&doc)]);
    stage.catch_up();
    assert_eq!(stage.finds("post", &[5]), [doc.id]);
    for (ort, klasse) in [
        (Ort::Akte { akte_id: id(1) }, 7),
        (Ort::Vorgang { akte_id: id(2), vorgang_id: id(4) }, 8),
        (inbox(6), 6),
    ] {
        doc.ort = ort;
        stage.commit(vec![put(&doc)]);
        assert_eq!(stage.follow.stale().unwrap(), [doc.id]);
        assert_eq!(stage.page("post", &[5, 6, 7, 8]).count, 0);
        stage.catch_up();
        assert_eq!(stage.finds("post", &[klasse]), [doc.id]);
        assert_eq!(stage.page("post", &[5, 6, 7, 8]).count, 1);
    }
    // A new Betreff is no new right.
    doc.betreff = "Post, neu".into();
    stage.commit(vec![put(&doc)]);
    assert!(stage.follow.stale().unwrap().is_empty());
    stage.commit(vec![Change::delete(Kind::Dokument, doc.id.to_string())]);
    assert_eq!(stage.follow.stale().unwrap(), [doc.id]);
}

#[test]
fn more_changes_than_can_be_excluded_stop_the_search() {
    let stage = Stage::new();
    let all = |klasse: u64| (0..10_001).map(|n| put(&akte(n, klasse))).collect::<Vec<_>>();
    stage.commit(all(1));
    stage.catch_up();
    stage.commit(all(2));
    assert!(matches!(stage.follow.stale(), Err(Error::Behind)));
    stage.catch_up();
    assert!(stage.follow.stale().unwrap().is_empty());
}

/// What is true now, to compare with.
#[derive(Default)]
struct Truth {
    akten: BTreeMap<u64, u64>,
    /// Document → (Akte) or (class of the inbox).
    docs: BTreeMap<u64, (Option<u64>, u64)>,
}

impl Truth {
    fn klasse(&self, n: u64) -> Option<u64> {
        if let Some(klasse) = self.akten.get(&n) {
            return Some(*klasse);
        }
        let (akte, inbox) = self.docs.get(&n)?;
        Some(akte.map_or(*inbox, |akte| self.akten[&akte]))
    }

    fn visible(&self, klassen: &[u64]) -> BTreeSet<uuid::Uuid> {
        let all = self.akten.keys().chain(self.docs.keys());
        let seen = all.filter(|n| self.klasse(**n).is_some_and(|k| klassen.contains(&k)));
        seen.map(|n| id(*n)).collect()
    }

    /// One random change, written too.
    fn change(&mut self, stage: &Stage, dice: &mut Dice) {
        let (n, klasse) = (1_000 + dice.below(40), 1 + dice.below(5));
        let akte_id = dice.below(6);
        match dice.below(10) {
            0..3 => {
                self.akten.insert(akte_id, klasse);
                stage.commit(vec![put(&akte(akte_id, klasse))]);
            }
            3 => {
                self.docs.remove(&n);
                stage.commit(vec![Change::delete(Kind::Dokument, id(n).to_string())]);
            }
            4 => {
                self.docs.insert(n, (None, klasse));
                stage.commit(vec![put(&dokument(n, inbox(klasse), "Geheim"))]);
            }
            5 if self.docs.contains_key(&n) => {
                let doc = dokument(n, inbox(1), "");
                stage.write_text(&doc, "Geheimer Text");
            }
            _ if self.akten.contains_key(&akte_id) => {
                self.docs.insert(n, (Some(akte_id), 0));
                let ort = Ort::Akte { akte_id: id(akte_id) };
                stage.commit(vec![put(&dokument(n, ort, "Geheim"))]);
            }
            _ => {}
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// All that can be said of objects that should not have been found.
fn told(stage: &Stage, ids: &[uuid::Uuid]) -> String {
    let mut rows = Vec::new();
    stage.index.each(&mut |row| rows.extend(ids.contains(&row.id).then_some(row))).unwrap();
    let past = |id: &uuid::Uuid| {
        let of = |kind| stage.ledger.history(kind, &id.to_string(), u64::MAX, 9).unwrap();
        (*id, of(Kind::Dokument), of(Kind::Akte))
    };
    let past: Vec<_> = ids.iter().map(past).collect();
    let (at, indexed) = (stage.index.position(), stage.follow.indexed());
    let head = stage.ledger.applied().seq;
    format!("{rows:?} past {past:?} head {head} index {at:?} indexed {indexed}")
}

#[test]
fn no_hit_and_no_count_outside_the_rights_whatever_happens() {
    let seeds = number("TEST_ROUNDS", 20);
    let (mut searches, mut lagging) = (0, 0);
    for seed in number("TEST_SEED_FIRST", 0)..number("TEST_SEED_FIRST", 0) + seeds {
        let mut stage = Stage::new();
        let mut dice = Dice(seed);
        let mut truth = Truth::default();
        for _ in 0..120 {
            for _ in 0..dice.below(6) {
                truth.change(&stage, &mut dice);
            }
            match dice.below(12) {
                0..5 => drop(stage.follow.step(Duration::ZERO).unwrap()),
                5..7 => drop(stage.catch_up()),
                7 => {
                    // The process is killed: what was not committed is gone.
                    stage.again();
                }
                8 if dice.below(4) == 0 => {
                    stage.index.wipe().unwrap();
                    stage.again();
                }
                _ => {}
            }
            let klassen: Vec<u64> = (1..=5).filter(|_| dice.below(2) == 0).collect();
            let visible = truth.visible(&klassen);
            for text in ["", "geheim"] {
                let page = stage.page(text, &klassen);
                let hits: BTreeSet<_> = page.hits.iter().map(|hit| hit.id).collect();
                assert_eq!(page.count, hits.len() as u64, "seed {seed}");
                let leaked: Vec<_> = hits.difference(&visible).copied().collect();
                assert!(leaked.is_empty(), "seed {seed}: {}", told(&stage, &leaked));
                searches += 1;
                lagging += u64::from(text.is_empty() && hits != visible);
            }
        }
        stage.catch_up();
        for klasse in 1..=5 {
            let page = stage.page("", &[klasse]);
            let hits: BTreeSet<_> = page.hits.iter().map(|hit| hit.id).collect();
            assert_eq!(hits, truth.visible(&[klasse]), "seed {seed}: all and only these");
        }
    }
    println!("{seeds} seeds, {searches} searches, {lagging} while the index lagged");
    assert!(lagging > 10 * seeds, "the index hardly ever lagged: {lagging}");
}
