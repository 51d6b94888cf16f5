//! Erasures: what may be ordered, that it is carried out, that tables built without the bodies
//! are the same.

use std::sync::{Arc, atomic::Ordering};

use aktenlauf::{
    domain::{
        record::Kind,
        source::Source,
        verwaltung::{Loeschung, Zaehler},
    },
    ledger::{
        Change, CommitError, Draft, Error, Ledger, State,
        table::{faulty::Faulty, memory::Memory},
    },
};

use super::{
    House, draft, get, plain, put,
    random::{order, settle},
    set, verify,
};

fn refused(ledger: &Ledger, house: &House, draft: Draft) -> String {
    match ledger.commit(house.id(), |_| Ok::<_, ()>((vec![draft], ()))) {
        Err(CommitError::Ledger(Error::Draft(what))) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_erased_body_is_gone_and_the_chain_still_verifies() {
    let house = House::new();
    let ledger = house.open();
    let at = house.source.now();
    let first = put(&ledger, &house, vec![set(at, "z", 1)]);
    let id = ledger.entries(1, 1).unwrap()[0].body.as_ref().unwrap().commit;
    put(&ledger, &house, vec![set(at, "z", 2)]);
    put(&ledger, &house, vec![order(&house, vec![1])]);
    settle(&ledger);

    let entries = ledger.entries(1, 9).unwrap();
    assert!(entries[0].body.is_none());
    assert_eq!(entries[0].position, first.first, "the seal is not what it was");
    let last = entries[3].body.as_ref().unwrap();
    assert_eq!((last.action.as_str(), entries.len()), ("koerper_geloescht", 4));
    assert_eq!(ledger.history(Kind::Zaehler, "z", u64::MAX, 9).unwrap(), [2]);
    assert_eq!(ledger.outcome(id).unwrap(), None);
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 2);
    let report = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.erased, 1);
    verify(&house);
}

#[test]
fn a_commit_keeps_the_part_that_was_not_erased() {
    let house = House::new();
    let ledger = house.open();
    let at = house.source.now();
    let id = house.id();
    let drafts = (0..5).map(|n| set(at, &format!("k{n}"), 1)).collect();
    ledger.commit(id, |_| Ok::<_, ()>((drafts, ()))).unwrap();
    put(&ledger, &house, (0..5).map(|n| set(at, &format!("k{n}"), 2)).collect());
    for (seqs, left) in [(vec![3], (1, 5)), (vec![1, 2], (4, 5)), (vec![5], (4, 4))] {
        put(&ledger, &house, vec![order(&house, seqs)]);
        settle(&ledger);
        let (first, last) = ledger.outcome(id).unwrap().unwrap();
        assert_eq!((first.seq, last.seq), left);
        verify(&house);
    }
}

#[test]
fn what_a_rebuild_needs_is_not_erased() {
    let house = House::new();
    let ledger = house.open();
    let at = house.source.now();
    let gone = |key: &str| {
        let change = Change::delete(Kind::Zaehler, key);
        draft(at, &change.clone(), vec![change])
    };
    put(&ledger, &house, vec![set(at, "stays", 1)]); // 1
    put(&ledger, &house, vec![set(at, "gone", 1), gone("gone")]); // 2, 3
    let try_order = |seqs: &[u64]| refused(&ledger, &house, order(&house, seqs.to_vec()));
    assert!(try_order(&[1]).contains("present state"));
    assert!(try_order(&[3]).contains("present state"), "the record would come back");
    assert!(try_order(&[4]).contains("none yet"));
    assert!(try_order(&[0]).contains("none yet"));
    let mut alone = set(at, "z", 1);
    alone.erases = vec![2];
    assert!(refused(&ledger, &house, alone).contains("Loeschung"));
    let mut secret = order(&house, vec![2]);
    secret.erases.clear();
    assert!(refused(&ledger, &house, secret).contains("Loeschung"));
    assert_eq!(ledger.head().seq, 3);

    put(&ledger, &house, vec![order(&house, vec![2])]); // 4
    settle(&ledger);
    put(&ledger, &house, vec![order(&house, vec![3])]);
    settle(&ledger);
    assert!(try_order(&[4]).contains("orders an erasure"));
    put(&ledger, &house, vec![set(at, "stays", 2), order(&house, vec![1])]);
    settle(&ledger);
    verify(&house);
}

#[test]
fn only_the_writer_ends_an_order() {
    let house = House::new();
    let ledger = house.open();
    let change = Change::delete(Kind::Loeschung, "x");
    let end = draft(house.source.now(), &change.clone(), vec![change]);
    assert!(refused(&ledger, &house, end).contains("only the writer"));
}

#[test]
fn an_order_left_open_is_carried_out_at_the_next_start() {
    let house = House::new();
    let ledger = house.open();
    let at = house.source.now();
    put(&ledger, &house, vec![set(at, "z", 1), set(at, "z", 2)]);
    house.journal.set(plain::KEEP);
    put(&ledger, &house, vec![order(&house, vec![1])]);
    while ledger.state() == State::Ready {
        std::thread::yield_now();
    }
    assert!(ledger.entries(1, 1).unwrap()[0].body.is_some());
    assert_eq!(ledger.history(Kind::Zaehler, "z", u64::MAX, 9).unwrap(), [2]);
    drop(ledger);
    verify(&house);

    house.journal.set(plain::WORK);
    let ledger = house.open();
    assert!(ledger.entries(1, 1).unwrap()[0].body.is_none());
    assert_eq!(ledger.view().count(Kind::Loeschung).unwrap(), 0);
    assert_eq!(house.journal.erases.load(Ordering::SeqCst), 1);
    verify(&house);
}

#[test]
fn rows_of_an_erased_entry_that_a_power_cut_brings_back_go_again() {
    let table = Arc::new(Faulty::new(Arc::new(Memory::new())));
    let house = House::on(Arc::clone(&table) as _);
    let ledger = house.open();
    let at = house.source.now();
    put(&ledger, &house, vec![set(at, "z", 1)]);
    put(&ledger, &house, vec![set(at, "z", 2)]);
    put(&ledger, &house, vec![order(&house, vec![1])]);
    settle(&ledger);
    drop(ledger);
    let rows = house.rows();
    // The order's batch and the one that ends it.
    assert_eq!(table.power_cut(2).unwrap(), 2);
    let ledger = house.open();
    assert_eq!(ledger.history(Kind::Zaehler, "z", u64::MAX, 9).unwrap(), [2]);
    drop(ledger);
    assert_eq!(house.rows(), rows);
    verify(&house);
}

#[test]
fn an_open_order_is_a_record_like_others() {
    let house = House::new();
    let ledger = house.open();
    let at = house.source.now();
    put(&ledger, &house, vec![set(at, "z", 1), set(at, "z", 2)]);
    let order = order(&house, vec![1]);
    let key = order.records[1].key.clone();
    put(&ledger, &house, vec![order]);
    settle(&ledger);
    assert!(get::<Loeschung>(&ledger, &key).is_none());
    assert_eq!(ledger.history(Kind::Loeschung, &key, u64::MAX, 9).unwrap(), [4, 3]);
}
