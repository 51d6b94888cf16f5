//! Erased bodies are in no file, and the chain verifies without them.

use std::sync::Arc;

use aktenlauf::{
    disk::{Disk, faulty::Faulty},
    ledger::journal::{Journal, Sealed, file::FileJournal},
};

use super::{config, fill, group, holds, image, new_disk, open, path, restore, verify};

/// Every byte that stands in the files, sealed blocks unpacked.
fn bytes(disk: &Faulty) -> Vec<u8> {
    let mut all = Vec::new();
    for file in image(disk).into_values() {
        for (at, window) in file.windows(8).enumerate() {
            if window == b"AKLBLOCK" {
                let number = |at: usize| {
                    let bytes = file[at..at + 8].try_into().unwrap();
                    usize::try_from(u64::from_be_bytes(bytes)).unwrap()
                };
                let data = &file[at + 48..at + 48 + number(at + 8)];
                all.extend(zstd::bulk::decompress(data, number(at + 16)).unwrap());
            }
        }
        all.extend(file);
    }
    all
}

pub fn contains(disk: &Faulty, entry: &Sealed) -> bool {
    let (salt, body) = entry.secret.as_ref().unwrap();
    // A part will do: the length of a body, and words that all bodies share, may stay.
    let (part, all) = (&body[12..40], bytes(disk));
    all.windows(28).any(|w| w == part) || all.windows(32).any(|w| w == salt)
}

/// Fails if a body stays in a segment, a cut, a cache or a copy.
#[test]
fn an_erased_body_is_nowhere() {
    let disk = new_disk(4);
    let journal = open(&disk);
    let mut all = fill(&journal, &disk, 3);
    let last = group(journal.head(), 3, 300);
    journal.append(&last).unwrap();
    all.extend(last);
    drop(journal);
    // A tear that holds the same bytes as an entry that is erased later.
    let image = image(&disk);
    let open_file = image.keys().rev().nth(1).unwrap();
    let end = image[open_file].iter().rposition(|byte| *byte != 0).unwrap() as u64;
    let body = all[0].secret.as_ref().unwrap().1.clone();
    disk.open(open_file, true).unwrap().write_at(&body, end + 400).unwrap();
    let journal = open(&disk);
    assert_eq!(journal.notes().len(), 1, "{:?}", journal.notes());

    let gone: Vec<u64> = vec![1, 2, 50, all.len() as u64 - 2, all.len() as u64];
    let before = all.clone();
    let one = |seq: &u64| &before[usize::try_from(*seq - 1).unwrap()];
    assert!(gone.iter().all(|seq| contains(&disk, one(seq))));
    journal.read(1, 10_000, usize::MAX).unwrap();
    journal.erase(&gone).unwrap();
    for seq in &gone {
        assert!(!contains(&disk, one(seq)), "entry {seq} is still there");
        assert_eq!(journal.read(*seq, 1, 0).unwrap()[0].secret, None);
    }
    assert!(contains(&disk, &all[2]));
    holds(&journal, &all);
    drop(journal);
    let report = verify(&disk);
    assert!(report.damage.is_empty(), "{report:?}");
    assert_eq!(report.erased, gone);
    assert!(report.notes.is_empty(), "{report:?}");
    let journal = open(&disk);
    holds(&journal, &all);
    // An open segment with erased bodies is sealed like any other.
    let more = fill(&journal, &disk, 6);
    all.extend(more);
    holds(&journal, &all);
    assert_eq!(journal.verify(&mut |_| {}).unwrap().erased, gone);
    assert!(gone.iter().all(|seq| !contains(&disk, one(seq))));
}

/// Fails if zeros in the place of a body pass for an erasure.
#[test]
fn a_zeroed_sector_is_no_erasure() {
    let disk = new_disk(4);
    let journal = open(&disk);
    journal.append(&group(journal.head(), 1, 100)).unwrap();
    journal.append(&group(journal.head(), 1, 100)).unwrap();
    let image = image(&disk);
    let salt = 128 + 96 + 40;
    let mut zeroed = image.clone();
    let len = 32 + super::body(1, 100).len();
    zeroed.get_mut(&path("00000001.seg")).unwrap()[salt..salt + len].fill(0);
    let report = verify(&restore(&zeroed));
    assert!(report.erased.is_empty());
    assert_eq!(report.damage[0].offset, Some(salt as u64), "{report:?}");
    assert!(open(&restore(&zeroed)).read_only().is_some());
}

/// Fails if an erasure leaves a half-erased body behind when any of its calls fails or the power
/// goes, or if the next start does not finish it.
#[test]
fn a_crash_at_any_line_of_an_erasure_is_finished_by_the_next_start() {
    let base = new_disk(4);
    let journal = open(&base);
    let mut all = fill(&journal, &base, 2);
    let last = group(journal.head(), 2, 1500);
    journal.append(&last).unwrap();
    journal.quiet().unwrap();
    all.extend(last);
    drop(journal);
    let image = image(&base);
    let gone = [1, 3, 40, all.len() as u64, all.len() as u64 - 1];
    let mut cuts = 0;
    for at in 0.. {
        let disk = restore(&image);
        let journal = open(&disk);
        disk.off_after(at);
        if journal.erase(&gone).is_ok() {
            break;
        }
        drop(journal);
        for seed in 0..4 {
            let disk = disk.cut(seed);
            let report = verify(&disk);
            assert!(report.damage.is_empty(), "call {at}: {report:?}");
            let journal = open(&disk);
            assert_eq!(journal.read_only(), None, "call {at}: {:?}", journal.notes());
            holds(&journal, &all);
            journal.erase(&gone).unwrap();
            for seq in gone {
                assert!(!contains(&disk, &all[usize::try_from(seq - 1).unwrap()]));
            }
            let report = journal.verify(&mut |_| {}).unwrap();
            assert!(report.damage.is_empty() && report.erased.len() == 5, "{report:?}");
            cuts += 1;
        }
    }
    println!("journal: {cuts} power cuts in an erasure");
    assert!(cuts > 80);
}

/// Fails if a full disk while a sealed segment is rewritten does any harm.
#[test]
fn an_erasure_without_room_can_be_repeated() {
    let disk = new_disk(4);
    let journal = open(&disk);
    let all = fill(&journal, &disk, 2);
    let used: u64 = image(&disk).values().map(|bytes| bytes.len() as u64).sum();
    disk.set_room(used + 1500);
    journal.erase(&[1]).unwrap_err();
    journal.append(&group(journal.head(), 1, 10)).unwrap();
    let again = FileJournal::open(config(), Arc::new(disk.clone())).unwrap();
    assert!(again.read(1, 1, 0).unwrap()[0].secret.is_some());
    disk.set_room(u64::MAX);
    again.erase(&[1]).unwrap();
    assert!(!contains(&disk, &all[0]));
    assert!(again.verify(&mut |_| {}).unwrap().damage.is_empty());
}
