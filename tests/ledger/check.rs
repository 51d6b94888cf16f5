//! The check: what is wrong is named, what moves is not called wrong.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aktenlauf::{
    domain::source::Source,
    ledger::{
        journal::{Journal as _, Sealed},
        table::{Table, faulty::Faulty, memory::Memory},
        verify,
    },
};

use super::{House, put, random, report, set};

fn stocked() -> (Arc<Faulty>, House) {
    let table = Arc::new(Faulty::new(Arc::new(Memory::new())));
    let house = House::on(Arc::clone(&table) as _);
    let ledger = house.open();
    random::history(&ledger, &house, 80);
    random::settle(&ledger);
    put(&ledger, &house, vec![set(house.source.now(), "z", 1)]);
    ledger.close();
    super::verify(&house);
    (table, house)
}

fn names(house: &House, what: &str) {
    let report = report(house);
    let text = format!("{:?}", report.damages);
    assert!(text.contains(what), "{what} is not named in {text}");
}

#[test]
fn rows_are_named() {
    let (table, house) = stocked();
    let row = b"r\x10z";
    table.flip(row, 20).unwrap();
    names(&house, "record zaehler z: wrong checksum");
    table.flip(row, 20).unwrap();
    super::verify(&house);

    table.lose(&[row.to_vec()]).unwrap();
    names(&house, "record zaehler z: is missing");
    let shallow = verify(&house.journal, &*house.table, &mut |_, _| {}).unwrap();
    let text = format!("{:?}", shallow.damages);
    assert!(text.contains("record zaehler: the "), "{text}");
}

#[test]
fn a_row_too_many_is_named() {
    let (table, house) = stocked();
    table.commit(&[(b"r\x10zz".to_vec(), Some(vec![0; 20]))]).unwrap();
    names(&house, "record zaehler zz: is not in the journal");
}

#[test]
fn every_row_is_covered() {
    let (table, house) = stocked();
    let rows = house.rows();
    for (key, _) in rows.iter().step_by(7) {
        assert!(table.flip(key, 0).unwrap());
        let found = verify(&house.journal, &*house.table, &mut |_, _| {}).unwrap();
        assert!(!found.is_sound(), "a flip in {key:?} is not seen");
        table.flip(key, 0).unwrap();
    }
    assert!(rows.len() > 100);
}

#[test]
fn a_body_taken_away_without_an_order_is_named() {
    let (_, house) = stocked();
    let victim = {
        let mut entries = house.journal.entries.lock().unwrap();
        let victim = entries.iter_mut().rfind(|entry| entry.secret.is_some()).unwrap();
        victim.secret = None;
        victim.position.seq
    };
    names(&house, &format!("entry {victim}\", offset: None, what: \"has lost its body"));
}

#[test]
fn a_body_that_came_back_is_named() {
    let house = House::new();
    let ledger = house.open();
    let at = house.source.now();
    put(&ledger, &house, vec![set(at, "z", 1), set(at, "z", 2)]);
    let kept = house.journal.entries.lock().unwrap()[0].clone();
    put(&ledger, &house, vec![random::order(&house, vec![1])]);
    random::settle(&ledger);
    drop(ledger);
    super::verify(&house);
    house.journal.entries.lock().unwrap()[0] = kept;
    names(&house, "still has its body");
}

#[test]
fn a_changed_entry_is_named() {
    let (_, house) = stocked();
    let seq = {
        let mut entries = house.journal.entries.lock().unwrap();
        let changed = entries.iter_mut().rfind(|entry| entry.secret.is_some()).unwrap();
        changed.secret.as_mut().unwrap().1[20] ^= 1;
        changed.position.seq
    };
    let found = verify(&house.journal, &*house.table, &mut |_, _| {}).unwrap();
    assert!(found.damages.iter().any(|d| d.place == format!("entry {seq}")), "{found:?}");
}

#[test]
fn tables_behind_the_journal_are_no_damage() {
    let (_, house) = stocked();
    let body = house.journal.entries.lock().unwrap().last().unwrap().secret.clone().unwrap().1;
    let more = Sealed::new(house.journal.head(), 1, [1; 32], body);
    house.journal.append(&[more]).unwrap();
    let found = verify(&house.journal, &*house.table, &mut |_, _| {}).unwrap();
    assert!(found.is_sound(), "{found:?}");
    assert_eq!(found.behind, 1);
}

#[test]
fn it_runs_beside_the_writer() {
    let house = House::new();
    let ledger = house.open();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                random::step(&ledger, &house);
            }
        });
        for _ in 0..20 {
            let found = ledger.verify(&mut |_, _| {}).unwrap();
            assert!(found.is_sound(), "{:?}", found.damages);
        }
        stop.store(true, Ordering::SeqCst);
    });
    random::settle(&ledger);
    let found = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(found.is_sound() && found.busy.is_empty(), "{found:?}");
}
