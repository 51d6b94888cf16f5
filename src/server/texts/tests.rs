//! What becomes of texts while something is out of reach, and when blobs or other nodes are faster.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use super::*;
use crate::server::rig::Rig;

fn found() -> text::Text {
    let text = "Sehr geehrte Damen".into();
    text::Text { text, pages: None, pages_without_text: None, quality: 100 }
}

fn kept(rig: &Rig, digest: Digest) -> bool {
    rig.derived.get(digest, text::KIND, text::VERSION).unwrap().is_some()
}

fn is_away<T: std::fmt::Debug>(result: Result<T, Hindrance>) -> bool {
    match result {
        Err(Hindrance::Away(_)) => true,
        other => panic!("expected it to wait, found {other:?}"),
    }
}

/// Fails if a time without workers is held against the documents that came then.
#[test]
fn without_workers_no_document_is_given_up_and_without_its_bytes_it_is() {
    let (mut state, digest) = (State::default(), Digest([7; 32]));
    for _ in 0..3 * TRIES {
        assert!(state.fault(digest, &Failure::Worker("no memory".into())).is_err());
        assert!(is_away(state.fault(digest, &Failure::Away("no answer".into()))));
    }
    let source = Failure::Source("a bad sector".into());
    for _ in 1..TRIES {
        assert!(state.fault(digest, &source).is_err());
    }
    assert_eq!(state.fault(digest, &source), Ok("unlesbar"));
}

/// Fails if an outage of the blobs makes a text unreadable, or writes anything.
#[test]
fn bytes_out_of_reach_are_waited_for() {
    let rig = Rig::new();
    let digest = rig.blob(b"Sehr geehrte Damen");
    let (texts, jobs) = (rig.texts(), rig.registry.jobs());
    let open = jobs.offene_texte(1).unwrap().pop().unwrap();
    let head = rig.registry.ledger().head();
    rig.away(true);
    for _ in 0..3 * TRIES {
        assert!(is_away(texts.read(&open)));
    }
    assert_eq!(rig.registry.ledger().head(), head);
    assert!(jobs.text_wartet(digest).unwrap() && texts.lock().faults.is_empty());
    rig.away(false);
    assert!(matches!(texts.read(&open), Err(Hindrance::Fault(why)) if why.contains("no worker")));
    // Bytes that are there and bad are no outage.
    rig.bucket.rot(digest);
    for _ in 1..TRIES {
        assert!(matches!(texts.read(&open), Err(Hindrance::Fault(_))));
    }
    texts.read(&open).unwrap();
    assert!(!jobs.text_wartet(digest).unwrap());
}

/// Fails if a text that was read while the journal takes nothing is lost.
#[test]
fn a_journal_that_takes_nothing_is_waited_for() {
    let rig = Rig::new();
    let digest = rig.blob(b"Sehr geehrte Damen");
    let (texts, jobs) = (rig.texts(), rig.registry.jobs());
    rig.full.store(true, Ordering::SeqCst);
    for _ in 0..3 * TRIES {
        assert!(is_away(texts.keep(digest, &found())));
        texts.settle().unwrap();
        assert_eq!(texts.next().unwrap().unwrap().sha256, digest, "it is taken again");
        texts.lock().running.clear();
    }
    rig.full.store(false, Ordering::SeqCst);
    texts.keep(digest, &found()).unwrap();
    assert!(!jobs.text_wartet(digest).unwrap() && kept(&rig, digest));
    assert!(texts.lock().put.is_empty());
}

/// Fails if what was derived from a deleted blob stays.
#[test]
fn the_text_of_a_blob_that_went_goes_too() {
    let rig = Rig::new();
    let (texts, full) = (rig.texts(), &rig.full);
    let digest = rig.blob(b"geht");
    rig.delete(digest);
    texts.put(digest, &found()).unwrap();
    assert!(!kept(&rig, digest));
    // The journal was out of reach in between.
    let digest = rig.blob(b"geht auch");
    full.store(true, Ordering::SeqCst);
    assert!(is_away(texts.put(digest, &found())));
    full.store(false, Ordering::SeqCst);
    rig.delete(digest);
    // The deletion had looked before the text came.
    rig.derived.put(digest, text::KIND, text::VERSION, b"spaet").unwrap();
    texts.settle().unwrap();
    assert!(!kept(&rig, digest));
    // What is wanted stays.
    let digest = rig.blob(b"bleibt");
    full.store(true, Ordering::SeqCst);
    assert!(is_away(texts.put(digest, &found())));
    full.store(false, Ordering::SeqCst);
    texts.settle().unwrap();
    assert!(kept(&rig, digest) && texts.lock().put.is_empty());
}

/// Fails if a text that another node has read is read or written again.
#[test]
fn a_text_that_another_node_has_read_costs_nothing() {
    let rig = Rig::new();
    let digest = rig.blob(b"Sehr geehrte Damen");
    let (here, there) = (rig.texts(), rig.texts());
    let open = here.next().unwrap().unwrap();
    there.keep(digest, &found()).unwrap();
    let head = rig.registry.ledger().head();
    rig.away(true);
    here.read(&open).unwrap();
    rig.away(false);
    rig.derived.remove(digest).unwrap();
    here.keep(digest, &found()).unwrap();
    assert!(!kept(&rig, digest), "asked just before the text is put");
    here.put(digest, &found()).unwrap();
    assert_eq!(rig.registry.ledger().head(), head, "it takes effect once");
}

/// Fails if nodes go through the open texts in one order, if any is never taken, or if the bulk
/// is taken before what somebody waits for.
#[test]
fn two_nodes_begin_at_different_texts() {
    let rig = Rig::new();
    for number in 0..60 {
        rig.blob_of(format!("Stapel {number}").as_bytes(), 1);
    }
    let jobs = rig.registry.jobs();
    let take = |texts: &Texts, count: usize| -> BTreeSet<Digest> {
        (0..count).map(|_| texts.next().unwrap().unwrap().sha256).collect()
    };
    let (mut met, mut seen) = (0, BTreeSet::new());
    for _ in 0..20 {
        let (here, there) = (take(&rig.texts(), AT_ONCE), take(&rig.texts(), AT_ONCE));
        assert_eq!((here.len(), there.len()), (AT_ONCE, AT_ONCE));
        met += here.intersection(&there).count();
        seen.extend(here);
        seen.extend(there);
    }
    println!("of 160 texts taken by each of two nodes {met} were taken by both");
    assert!(met < 80, "{met}");
    assert!(seen.len() > 55, "{}", seen.len());
    let first = rig.blob_of(b"eilig", 0);
    for turn in 0..100 {
        let some = jobs.einige_texte(AT_ONCE, turn).unwrap();
        assert_eq!((some.len(), some[0].sha256), (AT_ONCE, first));
    }
}
