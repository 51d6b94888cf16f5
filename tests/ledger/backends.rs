//! Backends agree: one seeded history gives equal heads and rows in memory and on files.

use std::{ops::Bound::Unbounded, sync::Arc};

use aktenlauf::{
    disk::local::Local,
    domain::source::Source,
    ledger::{
        Ledger,
        journal::file::{Config, FileJournal},
        postgres,
        table::{Table, sled},
        verify,
    },
};

use super::{House, Same, random};

#[test]
fn files_and_sled_hold_what_memory_holds() {
    let commits = 120;
    let memory = House::new();
    let expected = memory.open();
    run(&expected, &memory, commits);

    let dir = tempfile::tempdir().unwrap();
    let tables = sled::Config::new(dir.path().join("tables"));
    let table: Arc<dyn Table> = Arc::new(sled::Sled::open(tables).unwrap());
    let house = House::on(Arc::clone(&table));
    let open = || {
        let config = Config { segment_bytes: 64 << 10, ..Config::new(dir.path().join("journal")) };
        let journal = FileJournal::open(config, Arc::new(Local::new())).unwrap();
        let (table, source) = (Box::new(Same(Arc::clone(&table))), Arc::clone(&house.source));
        let source: Arc<dyn Source> = source;
        Ledger::open(house.config.clone(), Box::new(journal), table, source, &|_, _| {}).unwrap()
    };
    let ledger = open();
    run(&ledger, &house, commits);
    assert_eq!(ledger.head(), expected.head());
    assert_eq!(house.rows(), memory.rows());
    ledger.close();
    drop(ledger);

    table.wipe().unwrap();
    let ledger = open();
    assert_eq!(ledger.head(), expected.head());
    assert_eq!(house.rows(), memory.rows());
    let report = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(report.is_sound() && report.erased > 3, "{report:?}");
    let bodies = |ledger: &Ledger| {
        let entries = ledger.entries(1, usize::MAX).unwrap();
        entries.iter().map(|e| format!("{:?}", e.body)).collect::<Vec<_>>()
    };
    assert_eq!(bodies(&ledger), bodies(&expected));
    drop(ledger);
    assert_eq!(table.scan(Unbounded, Unbounded, false, 9).unwrap().len(), 9);
    let config = Config::new(dir.path().join("journal"));
    let journal = FileJournal::open_read_only(config, Arc::new(Local::new())).unwrap();
    assert!(verify(&journal, &*table, &mut |_, _| {}).unwrap().is_sound());
}

#[test]
fn postgres_holds_what_memory_holds() {
    let Some(config) = crate::postgres::schema() else { return };
    let commits = 120;
    let memory = House::new();
    let expected = memory.open();
    run(&expected, &memory, commits);
    let tables = postgres::open(config.clone()).unwrap().1;
    let house = House::on(Arc::new(tables.clone()));
    let open = || {
        let (journal, tables) = postgres::open(config.clone()).unwrap();
        let source: Arc<dyn Source> = Arc::clone(&house.source) as _;
        let (journal, tables) = (Box::new(journal), Box::new(tables));
        Ledger::open(house.config.clone(), journal, tables, source, &|_, _| {}).unwrap()
    };
    let ledger = open();
    run(&ledger, &house, commits);
    let same = |ledger: &Ledger| {
        assert_eq!(ledger.head(), expected.head());
        assert_eq!(house.rows(), memory.rows());
        let bodies = |ledger: &Ledger| {
            let entries = ledger.entries(1, usize::MAX).unwrap();
            entries.iter().map(|e| format!("{:?}", e.body)).collect::<Vec<_>>()
        };
        assert_eq!(bodies(ledger), bodies(&expected));
        let report = ledger.verify(&mut |_, _| {}).unwrap();
        assert!(report.is_sound() && report.erased > 3, "{report:?}");
    };
    same(&ledger);
    drop(ledger);
    same(&open());
    // A rebuild makes the same rows, and those who read meanwhile go on.
    tables.wipe().unwrap();
    tables.commit(&[]).unwrap();
    let ledger = open();
    assert!(ledger.notes()[0].contains("rebuilt"), "{:?}", ledger.notes());
    same(&ledger);
}

/// Waits after each commit, so that ids and salts are drawn in one order.
fn run(ledger: &Ledger, house: &House, commits: u64) {
    for _ in 0..commits {
        random::step(ledger, house);
        random::settle(ledger);
    }
}
