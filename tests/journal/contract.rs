//! What every journal promises.

use std::sync::Arc;

use aktenlauf::{
    disk::{Sync, local::Local},
    ledger::{
        Position,
        journal::{
            Error, Journal, Sealed,
            faulty::{Fault, Faulty as FaultyJournal},
            file::{Config, FileJournal},
            memory::Memory,
        },
    },
};

use super::{config, group, holds, new_disk, open};

/// The contract, against an empty journal made by `make`.
pub fn suite(make: &dyn Fn() -> Box<dyn Journal>) {
    appends_and_reads(&*make());
    refuses_what_does_not_follow(&*make());
    limits_what_is_read(&*make());
    erases(&*make());
}

fn appends_and_reads(journal: &dyn Journal) {
    assert_eq!(journal.head(), Position::default());
    assert!(journal.read(1, 10, 1000).unwrap().is_empty());
    journal.quiet().unwrap();
    let mut all = Vec::new();
    for size in [1, 3, 40, 1, 200, 2] {
        let entries = group(journal.head(), size, 30 * size);
        journal.append(&entries).unwrap();
        journal.quiet().unwrap();
        journal.quiet().unwrap();
        journal.append(&[]).unwrap();
        all.extend(entries);
    }
    holds(journal, &all);
    for seq in [1, 2, 44, 45, 100, 247] {
        let found = journal.read(seq, 1, 0).unwrap();
        assert_eq!(found, all[usize::try_from(seq).unwrap() - 1..][..1]);
    }
    assert!(journal.read(248, 5, 1000).unwrap().is_empty());
    let mut last = 0;
    let report = journal.verify(&mut |done| last = done).unwrap();
    assert_eq!((report.entries, last), (247, 247));
    assert_eq!(report.head, journal.head());
    assert!(report.damage.is_empty() && report.erased.is_empty(), "{report:?}");
    assert_eq!(journal.read_only(), None);
}

fn refuses_what_does_not_follow(journal: &dyn Journal) {
    let entries = group(Position::default(), 3, 50);
    assert!(matches!(journal.append(&entries[1..]), Err(Error::Io(_))));
    let gap = [entries[0].clone(), entries[2].clone()];
    assert!(matches!(journal.append(&gap), Err(Error::Io(_))));
    assert_eq!(journal.head(), Position::default());
    journal.append(&entries).unwrap();
    assert!(matches!(journal.append(&entries), Err(Error::Io(_))));
    holds(journal, &entries);
}

fn limits_what_is_read(journal: &dyn Journal) {
    let entries = group(Position::default(), 20, 100);
    let (one, len) = (&entries[..1], entries[0].secret.as_ref().unwrap().1.len());
    journal.append(&entries).unwrap();
    assert_eq!(journal.read(1, 5, usize::MAX).unwrap(), entries[..5]);
    assert_eq!(journal.read(1, 20, 0).unwrap(), one);
    assert_eq!(journal.read(1, 20, 2 * len).unwrap(), entries[..2]);
    assert_eq!(journal.read(1, 20, 3 * len - 1).unwrap(), entries[..2]);
    assert!(journal.read(1, 0, 1000).unwrap().is_empty());
    assert_eq!(journal.read(0, 1, 1000).unwrap(), one);
}

fn erases(journal: &dyn Journal) {
    let mut all: Vec<Sealed> = Vec::new();
    for _ in 0..40 {
        let entries = group(journal.head(), 10, 200);
        journal.append(&entries).unwrap();
        all.extend(entries);
    }
    journal.erase(&[]).unwrap();
    for seqs in [&[1, 200, 201, 400][..], &[200, 5, 401, 0], &[400]] {
        journal.erase(seqs).unwrap();
    }
    holds(journal, &all);
    let report = journal.verify(&mut |_| {}).unwrap();
    assert_eq!(report.erased, [1, 5, 200, 201, 400]);
    assert!(report.damage.is_empty(), "{report:?}");
    for entry in journal.read(1, 400, usize::MAX).unwrap() {
        let gone = report.erased.contains(&entry.position.seq);
        assert_eq!(entry.secret.is_none(), gone);
    }
    let more = group(journal.head(), 2, 100);
    journal.append(&more).unwrap();
    assert_eq!(journal.read(401, 2, 1000).unwrap(), more);
}

#[test]
fn memory_keeps_the_contract() {
    suite(&|| Box::new(Memory::new()));
}

#[test]
fn files_keep_the_contract() {
    suite(&|| Box::new(open(&new_disk(3))));
    let temp = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    for background in [false, true] {
        suite(&|| {
            number.set(number.get() + 1);
            let dir = temp.path().join(number.get().to_string());
            let config = Config { dir, background, ..config() };
            Box::new(FileJournal::open(config, Arc::new(Local::new())).unwrap())
        });
    }
}

#[test]
fn postgres_keeps_the_contract() {
    if crate::postgres::schema().is_none() {
        return;
    }
    suite(&|| {
        let config = crate::postgres::schema().unwrap();
        Box::new(aktenlauf::ledger::postgres::open(config).unwrap().0)
    });
}

#[test]
fn a_journal_that_never_fails_its_append_keeps_the_contract() {
    suite(&|| Box::new(FaultyJournal::new(Box::new(Memory::new()), u64::MAX, Fault::Before)));
}

#[test]
fn an_injected_fault_poisons() {
    for (fault, kept) in [(Fault::Before, 1), (Fault::After, 2), (Fault::Full, 1)] {
        let journal = FaultyJournal::new(Box::new(Memory::new()), 2, fault);
        journal.append(&group(journal.head(), 1, 10)).unwrap();
        journal.append(&group(journal.head(), 1, 10)).unwrap_err();
        assert_eq!(journal.head().seq, kept);
        let again = journal.append(&group(journal.head(), 1, 10));
        assert_eq!(again.is_ok(), fault == Fault::Full);
    }
}

/// Fails without the sync in `append`, or with a second one.
#[test]
fn one_append_is_one_sync() {
    let disk = new_disk(3);
    let journal = open(&disk);
    let journal_syncs = || disk.counts().get(&Sync::Journal).copied().unwrap_or(0);
    for round in 0..200 {
        let (syncs, calls) = (journal_syncs(), disk.calls());
        let entries = group(journal.head(), 1 + round % 3, 100);
        journal.append(&entries).unwrap();
        assert_eq!(journal_syncs(), syncs + 1);
        let rolled = disk.calls() - calls > 2;
        assert!(!rolled || round > 10, "an append within a segment is one write and one sync");
        journal.quiet().unwrap();
        journal.quiet().unwrap();
        assert_eq!(journal_syncs(), syncs + 2);
    }
}

/// Fails if a start reads the sealed segments through.
#[test]
fn a_start_does_not_read_sealed_segments_through() {
    let disk = new_disk(3);
    let all = super::fill(&open(&disk), &disk, 40);
    let calls = disk.calls();
    let journal = open(&disk);
    let calls = disk.calls() - calls;
    assert!(calls < 40 * 6 + 100, "{calls} calls for 40 segments");
    holds(&journal, &all);
}
