//! The power goes, or a call fails, at every line: what was acknowledged is there afterwards.

use std::{panic, sync::Arc};

use aktenlauf::{
    disk::{Sync, faulty::Faulty},
    ledger::journal::{Error, Journal, Sealed, file::FileJournal},
};

use super::{Random, config, count, erase, group, holds, image, new_disk, open};

/// What a run was told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Sealed>,
    /// The group whose outcome is unknown.
    unknown: Vec<Sealed>,
    erased: Vec<u64>,
}

/// Appends, pauses and erases until something fails or all is done.
fn run(disk: &Faulty, told: &mut Told) -> Result<(), Error> {
    let journal = FileJournal::open(config(), Arc::new(disk.clone()))?;
    let mut random = Random::new(21);
    for round in 0..40 {
        let entries = group(journal.head(), 1 + random.below(4), 100 + random.below(1200));
        told.unknown.clone_from(&entries);
        journal.append(&entries)?;
        told.acknowledged.extend(std::mem::take(&mut told.unknown));
        if random.below(3) == 0 {
            journal.quiet()?;
        }
        if round % 9 == 8 {
            let seq = 1 + random.below(told.acknowledged.len()) as u64;
            journal.erase(&[seq])?;
            told.erased.push(seq);
        }
    }
    Ok(())
}

/// Checks what a start finds.
fn check(disk: &Faulty, told: &Told) {
    let journal = open(disk);
    assert_eq!(journal.read_only(), None);
    let mut all = told.acknowledged.clone();
    if journal.head().seq > all.len() as u64 {
        all.extend_from_slice(&told.unknown);
    }
    holds(&journal, &all);
    let report = journal.verify(&mut |_| {}).unwrap();
    assert!(report.damage.is_empty(), "{report:?}");
    for seq in &told.erased {
        assert!(report.erased.contains(seq), "the body of {seq} is back");
        assert!(!erase::contains(disk, &all[usize::try_from(*seq - 1).unwrap()]));
    }
    journal.append(&group(journal.head(), 2, 100)).unwrap();
    assert!(journal.verify(&mut |_| {}).unwrap().damage.is_empty());
}

fn calls() -> u64 {
    let disk = new_disk(1);
    let before = disk.calls();
    run(&disk, &mut Told::default()).unwrap();
    disk.calls() - before
}

/// Fails if any acknowledged entry or erasure is lost, or a leftover of sealing confuses a start.
#[test]
fn a_power_cut_at_every_call_loses_nothing() {
    let (calls, seeds) = (calls(), count("TEST_ROUNDS", 2) as u64);
    let mut cuts = 0;
    for at in 0..calls {
        let disk = new_disk(at);
        disk.off_after(at);
        let mut told = Told::default();
        run(&disk, &mut told).unwrap_err();
        for seed in 0..seeds {
            check(&disk.cut(seed), &told);
            cuts += 1;
        }
    }
    println!("journal: {cuts} power cuts, at each of {calls} calls");
    assert!(cuts > 500);
}

/// Fails if an error is passed over, or if bytes whose sync failed are built upon.
#[test]
fn an_error_at_every_call_loses_nothing() {
    let calls = calls();
    for at in 0..calls {
        let disk = new_disk(at);
        disk.fail_after(at);
        let mut told = Told::default();
        let _ = run(&disk, &mut told);
        let unknown = told.unknown.clone();
        // The process ends, and a new one finds the same disk.
        let head = open(&disk).head();
        if head.seq > told.acknowledged.len() as u64 {
            told.acknowledged.extend(unknown);
            told.unknown.clear();
        }
        check(&disk.cut(at), &told);
    }
    println!("journal: {calls} errors, one at each call");
}

/// The crash tests would notice a missing sync: without any one of them, something is lost.
#[test]
fn no_sync_can_be_left_out() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let mut missed = Vec::new();
    for what in [Sync::Journal, Sync::Segment, Sync::SegmentDir] {
        let lost = (0..calls()).step_by(3).any(|at| {
            let disk = new_disk(at);
            disk.skip(what);
            disk.off_after(at);
            let mut told = Told::default();
            let _ = run(&disk, &mut told);
            (0..3).any(|seed| panic::catch_unwind(|| check(&disk.cut(seed), &told)).is_err())
        });
        if !lost {
            missed.push(what);
        }
    }
    panic::set_hook(hook);
    assert!(missed.is_empty(), "nothing is lost without {missed:?}");
}

/// Fails if a write goes on after an error.
#[test]
fn an_error_poisons() {
    for after in [0, 1] {
        let disk = new_disk(2);
        let journal = open(&disk);
        journal.append(&group(journal.head(), 1, 100)).unwrap();
        disk.fail_after(after);
        let entries = group(journal.head(), 1, 100);
        assert!(matches!(journal.append(&entries), Err(Error::Io(_))));
        let calls = disk.calls();
        let error = journal.append(&entries).unwrap_err();
        assert!(error.to_string().contains("poisoned"), "{error}");
        assert!(journal.quiet().is_err() && journal.erase(&[1]).is_err());
        assert_eq!(disk.calls(), calls, "a poisoned journal touched the disk");
    }
}

/// Fails if a full disk poisons, writes anything, or is not tried again.
#[test]
fn a_full_disk_refuses_and_later_goes_on() {
    let disk = new_disk(2);
    disk.set_room(50_000);
    let journal = open(&disk);
    let mut all = Vec::new();
    let refused = loop {
        let entries = group(journal.head(), 2, 300);
        let before = image(&disk);
        match journal.append(&entries) {
            Ok(()) => all.extend(entries),
            Err(error) => {
                assert!(matches!(error, Error::Full(_)), "{error}");
                assert!(image(&disk) == before);
                break entries;
            }
        }
    };
    assert!(all.len() > 30);
    holds(&journal, &all);
    assert!(matches!(journal.append(&refused), Err(Error::Full(_))));
    disk.set_room(500_000);
    journal.append(&refused).unwrap();
    all.extend(refused);
    holds(&journal, &all);
    assert!(journal.verify(&mut |_| {}).unwrap().damage.is_empty());
}

/// Fails if a frame larger than a segment finds no place, be the segment empty or not.
#[test]
fn a_large_frame_gets_a_segment_of_its_own() {
    let disk = new_disk(2);
    let journal = open(&disk);
    let mut all = Vec::new();
    for (count, len) in [(60, 1000), (1, 100), (3, 30_000), (1, 100), (50, 2000), (1, 10)] {
        let entries = group(journal.head(), count, len);
        journal.append(&entries).unwrap();
        all.extend(entries);
    }
    holds(&journal, &all);
    drop(journal);
    let journal = open(&disk);
    holds(&journal, &all);
    assert!(journal.verify(&mut |_| {}).unwrap().damage.is_empty());
}
