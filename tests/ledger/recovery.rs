//! Openings: clean and unclean, lost and damaged rows, foreign journals, newer forms.

use std::sync::{Arc, atomic::Ordering};

use aktenlauf::{
    domain::{source::Source, verwaltung::Zaehler},
    ledger::{
        CommitError, Error, Ledger, State,
        journal::{Journal as _, Sealed},
        table::{Table, faulty::Faulty, memory::Memory, sled},
    },
};

use super::{House, get, put, random, set, verify};

fn faulty() -> (Arc<Faulty>, House) {
    let table = Arc::new(Faulty::new(Arc::new(Memory::new())));
    (Arc::clone(&table), House::on(table))
}

fn seeded(house: &House, seed: u64) {
    for _ in 0..seed {
        house.source.next();
    }
}

fn rebuilt(ledger: &Ledger) -> bool {
    ledger.notes().iter().any(|note| note.contains("rebuilt"))
}

#[test]
fn ten_thousand_changes_sum_up() {
    let house = House::new();
    let ledger = house.open();
    let erased = random::history(&ledger, &house, 2_000);
    assert!(ledger.head().seq > 2_500 && erased > 20, "{:?}, {erased} erased", ledger.head());
    random::settle(&ledger);
    let live = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(live.is_sound() && live.busy.is_empty(), "{live:?}");
    verify(&house);
    println!("{} entries, {} rows, {erased} erased", live.entries, live.rows);
}

#[test]
fn on_sled_it_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let table = sled::Sled::open(sled::Config::new(dir.path().join("tables"))).unwrap();
    let house = House::on(Arc::new(table));
    let ledger = house.open();
    random::history(&ledger, &house, 150);
    random::settle(&ledger);
    let rows = house.rows();
    verify(&house);
    ledger.close();

    // Deleted while stopped: built anew, equal.
    house.table.wipe().unwrap();
    let ledger = house.open();
    assert!(rebuilt(&ledger));
    drop(ledger);
    assert_eq!(house.rows(), rows);
}

#[test]
fn a_clean_stop_saves_the_scan_and_an_unclean_one_does_not() {
    let (table, house) = faulty();
    let ledger = house.open();
    random::history(&ledger, &house, 20);
    random::settle(&ledger);
    ledger.close();
    let rows = house.rows();

    // The marker vouches for the rows: a loss behind its back is not seen at the opening.
    table.lose(&[rows[0].0.clone()]).unwrap();
    let ledger = house.open();
    assert!(!rebuilt(&ledger));
    // It was clean, nothing was written, so it still is.
    drop(ledger);
    assert!(!rebuilt(&house.open()));

    // The first write takes the marker away, so now the loss is seen.
    let ledger = house.open();
    put(&ledger, &house, vec![set(house.source.now(), "z", 1)]);
    drop(ledger);
    let ledger = house.open();
    assert!(rebuilt(&ledger));
    drop(ledger);
    assert!(!rebuilt(&house.open()), "sound rows were thrown away");
    verify(&house);
}

#[test]
fn the_marker_is_gone_for_good_before_the_first_batch() {
    let (table, house) = faulty();
    let ledger = house.open();
    put(&ledger, &house, vec![set(house.source.now(), "z", 1)]);
    ledger.close();
    let ledger = house.open();
    put(&ledger, &house, vec![set(house.source.now(), "z", 2)]);
    drop(ledger);
    table.power_cut(usize::MAX).unwrap();
    let marker = house.table.get(b"m\0sauber").unwrap();
    assert_eq!(marker, None, "a cut brought back the marker");
}

#[test]
fn damaged_and_lost_rows_are_noticed_after_an_unclean_stop() {
    let mut tried = 0;
    for seed in 0..random::seeds(6) {
        let (table, house) = faulty();
        seeded(&house, seed);
        let ledger = house.open();
        random::history(&ledger, &house, 40);
        random::settle(&ledger);
        drop(ledger);
        let rows = house.rows();
        let pick = || rows[usize::try_from(house.source.next()).unwrap() % rows.len()].0.clone();
        match seed % 3 {
            0 => table.lose(&[pick(), pick()]).unwrap(),
            1 => assert!(table.flip(&pick(), 3).unwrap()),
            _ => table.commit(&[(b"r\x08ghost".to_vec(), Some(vec![0; 30]))]).unwrap(),
        }
        let ledger = house.open();
        assert!(rebuilt(&ledger), "seed {seed}");
        drop(ledger);
        assert_eq!(house.rows(), rows, "seed {seed}");
        verify(&house);
        tried += 1;
    }
    println!("{tried} seeds");
}

#[test]
fn batches_lost_in_a_power_cut_are_applied_again() {
    let mut tried = 0;
    for seed in 0..random::seeds(6) {
        let (table, house) = faulty();
        seeded(&house, seed);
        let ledger = house.open();
        random::history(&ledger, &house, 60);
        random::settle(&ledger);
        drop(ledger);
        let rows = house.rows();
        let lost = table.power_cut(1 + usize::try_from(seed).unwrap() * 3).unwrap();
        assert!(lost > 0);
        let ledger = house.open();
        let applied = ledger.notes().iter().any(|note| note.contains("were not in the tables"));
        assert!(applied || rebuilt(&ledger), "seed {seed}: {:?}", ledger.notes());
        drop(ledger);
        assert_eq!(house.rows(), rows, "seed {seed}");
        verify(&house);
        tried += 1;
    }
    println!("{tried} seeds");
}

#[test]
fn a_stop_between_append_and_tables_loses_nothing() {
    let (table, house) = faulty();
    let ledger = house.open();
    put(&ledger, &house, vec![set(house.source.now(), "z", 1)]);
    table.break_down(0);
    let (id, at) = (house.id(), house.source.now());
    let answer = ledger.commit(id, move |_| Ok::<_, ()>((vec![set(at, "z", 2)], ())));
    assert!(matches!(answer, Err(CommitError::Unknown(_))));
    assert!(matches!(ledger.state(), State::Poisoned(_)));
    assert_eq!((ledger.head().seq, ledger.applied().seq), (2, 1));
    assert_eq!(ledger.entries(1, 9).unwrap().len(), 1, "an entry that no table shows");
    drop(ledger);

    let house = House { table: table.inner(), ..house };
    let ledger = house.open();
    assert!(!rebuilt(&ledger), "{:?}", ledger.notes());
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 2);
    assert_eq!(ledger.outcome(id).unwrap().unwrap().1, ledger.head());
    verify(&house);
}

#[test]
fn a_damaged_row_is_an_error_and_no_clean_stop_hides_it() {
    let (table, house) = faulty();
    let ledger = house.open();
    put(&ledger, &house, vec![set(house.source.now(), "z", 1)]);
    assert!(table.flip(b"r\x10z", 12).unwrap());
    match ledger.view().get::<Zaehler>("z") {
        Err(Error::Damaged(row)) => assert_eq!(row, "record zaehler z"),
        other => panic!("{other:?}"),
    }
    ledger.close();
    let ledger = house.open();
    assert!(rebuilt(&ledger));
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 1);
}

#[test]
fn tables_of_another_journal_are_rebuilt() {
    let (one, other) = (House::new(), House::new());
    other.source.next();
    for house in [&one, &other] {
        let ledger = house.open();
        random::history(&ledger, house, 30);
        random::settle(&ledger);
        ledger.close();
    }
    let swapped = House { table: Arc::clone(&one.table), ..House::new() };
    *swapped.journal.entries.lock().unwrap() = other.journal.entries.lock().unwrap().clone();
    let ledger = swapped.open();
    assert!(rebuilt(&ledger), "{:?}", ledger.notes());
    drop(ledger);
    assert_eq!(swapped.rows(), other.rows());

    // A journal that is shorter than the tables say.
    let house = House { table: Arc::clone(&other.table), ..House::new() };
    let entries = one.journal.entries.lock().unwrap()[..20].to_vec();
    *house.journal.entries.lock().unwrap() = entries;
    assert!(rebuilt(&house.open()));
    verify(&house);
}

#[test]
fn a_rebuild_tells_how_far_it_is() {
    let house = House::new();
    let ledger = house.open();
    put(&ledger, &house, (0..5_000).map(|n| set(house.source.now(), "z", n)).collect());
    ledger.close();
    house.table.wipe().unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let ledger = Ledger::open(
        house.config.clone(),
        Box::new(house.journal.clone()),
        Box::new(super::Same(Arc::clone(&house.table))),
        Arc::clone(&house.source) as Arc<dyn Source>,
        &|done, all| seen.lock().unwrap().push((done, all)),
    );
    drop(ledger.unwrap());
    assert_eq!(*seen.lock().unwrap(), [(4_000, 5_000), (5_000, 5_000)]);
}

#[test]
fn an_interrupted_rebuild_is_begun_again() {
    let (table, house) = faulty();
    let ledger = house.open();
    put(&ledger, &house, (0..9_000).map(|n| set(house.source.now(), "z", n)).collect());
    drop(ledger);
    let rows = house.rows();
    house.table.wipe().unwrap();
    table.break_down(2);
    assert!(matches!(house.try_open(), Err(Error::Table(_))));
    let house = House { table: table.inner(), ..house };
    // Batches of a rebuild need not be atomic: half of one more has come in.
    house.table.commit(&rows[..rows.len() / 2].iter().map(half).collect::<Vec<_>>()).unwrap();
    assert!(rebuilt(&house.open()));
    assert_eq!(house.rows(), rows);
    verify(&house);
}

fn half((key, value): &(Vec<u8>, Vec<u8>)) -> (Vec<u8>, Option<Vec<u8>>) {
    (key.clone(), Some(value.clone()))
}

#[test]
fn a_newer_form_is_refused_by_name() {
    let house = House::new();
    let ledger = house.open();
    put(&ledger, &house, vec![set(house.source.now(), "z", 1)]);
    drop(ledger);
    let newer = Sealed::new(house.journal.head(), 2, [0; 32], b"{}".to_vec());
    house.journal.append(&[newer]).unwrap();
    let error = house.try_open().unwrap_err().to_string();
    assert!(error.contains("entry 2") && error.contains("form 2"), "{error}");
}

#[test]
fn a_broken_chain_builds_no_tables() {
    let house = House::new();
    let ledger = house.open();
    random::history(&ledger, &house, 10);
    drop(ledger);
    house.table.wipe().unwrap();
    if let Some((_, body)) = &mut house.journal.entries.lock().unwrap()[3].secret {
        body[10] ^= 1;
    }
    assert!(matches!(house.try_open(), Err(Error::Entry { seq: 4, .. })));
    assert_eq!(house.journal.erases.load(Ordering::SeqCst), 0);
}
