//! Appending, reading, sealing, erasing and verifying at the same time, with the real thread on
//! the real file system.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use aktenlauf::{
    disk::local::Local,
    ledger::journal::{
        Journal,
        file::{Config, FileJournal},
    },
};

use super::{Random, config, count, group};

fn config_in(dir: &std::path::Path) -> Config {
    Config { dir: dir.join("journal"), background: true, ..config() }
}

/// Fails if a reader sees half an erasure, if a sealing brings a body back, or if `verify` takes
/// what is being written for damage.
#[test]
fn everything_at_once() {
    let temp = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(config_in(temp.path()), Arc::new(Local::new())).unwrap();
    let done = AtomicBool::new(false);
    let groups = count("TEST_GROUPS", 600);
    let (mut reads, mut checks) = (0_u64, 0_u64);
    let mut erased = Vec::new();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut random, mut reads) = (Random::new(1), 0);
            while !done.load(Ordering::SeqCst) {
                let head = usize::try_from(journal.head().seq).unwrap();
                let from = 1 + random.below(head + 1) as u64;
                for entry in journal.read(from, 50, 20_000).unwrap() {
                    assert!(entry.position.seq >= from);
                    reads += 1;
                }
            }
            reads
        });
        let checker = scope.spawn(|| {
            let mut checks = 0;
            while !done.load(Ordering::SeqCst) {
                let report = journal.verify(&mut |_| {}).unwrap();
                assert!(report.damage.is_empty(), "{report:?}");
                checks += 1;
            }
            checks
        });
        let mut random = Random::new(2);
        for _ in 0..groups {
            journal.append(&group(journal.head(), 1 + random.below(6), 300)).unwrap();
            if random.below(20) == 0 {
                let seq = 1 + random.below(usize::try_from(journal.head().seq).unwrap()) as u64;
                journal.erase(&[seq]).unwrap();
                erased.push(seq);
            }
            if random.below(10) == 0 {
                journal.quiet().unwrap();
            }
        }
        done.store(true, Ordering::SeqCst);
        (reads, checks) = (reader.join().unwrap(), checker.join().unwrap());
    });
    erased.sort_unstable();
    erased.dedup();
    assert_eq!(journal.verify(&mut |_| {}).unwrap().erased, erased);
    let head = journal.head();
    journal.close();
    let journal = FileJournal::open(config_in(temp.path()), Arc::new(Local::new())).unwrap();
    assert_eq!((journal.head(), journal.read_only()), (head, None));
    println!("journal: {groups} groups, {reads} reads, {checks} checks at once");
    assert!(reads > 0 && checks > 0);
}

/// Prints what a check costs; an unoptimised build is far from the target of 200,000 entries/s.
#[test]
fn speed_of_verify_is_printed() {
    let temp = tempfile::tempdir().unwrap();
    let config = Config { background: false, ..Config::new(temp.path().join("journal")) };
    let config = Config { segment_bytes: 4 << 20, ..config };
    let journal = FileJournal::open(config, Arc::new(Local::new())).unwrap();
    let entries = 20_000;
    let begun = Instant::now();
    while journal.head().seq < entries {
        journal.append(&group(journal.head(), 100, 600)).unwrap();
    }
    let written = begun.elapsed();
    let begun = Instant::now();
    let report = journal.verify(&mut |_| {}).unwrap();
    let rate = entries as f64 / begun.elapsed().as_secs_f64();
    assert!(report.damage.is_empty() && report.entries == entries);
    println!("journal: {rate:.0} entries/s verified, {entries} written in {written:?}");
}
