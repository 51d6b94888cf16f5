//! Rot and loss: `verify` names every flipped byte, and a start with damage changes nothing.

use std::{path::Path, sync::Arc};

use aktenlauf::{
    disk::{Disk, faulty::Faulty},
    ledger::journal::{Error, Journal, file::FileJournal},
};

use super::{
    Image, Random, config, count, fill, group, holds, image, new_disk, open, path, restore, verify,
};

/// Two sealed segments, an open one with a quiet frame at its end, and the next.
fn journal() -> (Image, usize) {
    let disk = new_disk(5);
    let journal = open(&disk);
    fill(&journal, &disk, 2);
    for len in [400, 30, 900, 200, 60, 500] {
        journal.append(&group(journal.head(), 2, len)).unwrap();
    }
    let used = |image: &Image| {
        let bytes = &image[&path("00000003.seg")];
        bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1
    };
    let data = used(&image(&disk));
    journal.quiet().unwrap();
    drop(journal);
    let image = image(&disk);
    let quiet = used(&image);
    assert!(quiet > data + 64);
    (image, quiet)
}

/// The bytes to be flipped: all of them, or headers, edges of frames, and a sample.
fn places(bytes: &[u8], sample: usize, random: &mut Random) -> Vec<usize> {
    if count("TEST_FLIPS_ALL", 0) > 0 {
        return (0..bytes.len()).collect();
    }
    let mut places: Vec<usize> = (0..192.min(bytes.len())).collect();
    places.extend(bytes.len() - 64..bytes.len());
    for (at, window) in bytes.windows(8).enumerate() {
        if [b"AKLFRAME", b"AKLBLOCK", b"AKLINDEX"].iter().any(|magic| window == *magic) {
            places.extend((at.saturating_sub(2)..at + 8).step_by(2));
        }
    }
    places.extend((0..sample).map(|_| random.below(bytes.len())));
    places.sort_unstable();
    places.dedup();
    places.retain(|at| *at < bytes.len());
    places
}

/// Fails if any byte of a segment is covered by no check.
#[test]
fn every_flipped_byte_is_named() {
    let (image, quiet) = journal();
    let disk = restore(&image);
    assert!(verify(&disk).damage.is_empty());
    let mut random = Random::new(11);
    let (mut flips, mut starts) = (0, 0);
    for name in ["00000001.segz", "00000002.segz", "00000003.seg", "00000004.seg"] {
        let file = path(name);
        for at in places(&image[&file], 750, &mut random) {
            let bit = u8::try_from(random.below(8)).unwrap();
            disk.flip(&file, at as u64, bit).unwrap();
            let report = verify(&disk);
            let named = report.damage.iter().any(|d| d.place == format!("journal/{name}"));
            assert!(named, "{name} byte {at} bit {bit}: {report:?}");
            flips += 1;
            // In the frames, the empty one too, a flip is never taken for a tear.
            if name == "00000003.seg" && at < quiet {
                let journal = open(&disk);
                assert!(journal.read_only().is_some(), "{name} byte {at} bit {bit}");
                starts += 1;
            }
            disk.flip(&file, at as u64, bit).unwrap();
        }
    }
    assert!(super::image(&disk) == image, "a start with damage changed something");
    assert!(verify(&disk).damage.is_empty());
    println!("journal: {flips} flips named, {starts} starts with a flip were read-only");
    assert!(flips >= 3000 && starts >= 300);
}

fn damaged(disk: &Faulty, expected: &str) -> FileJournal {
    let before = image(disk);
    let journal = open(disk);
    let reason = journal.read_only().unwrap_or_default();
    assert!(reason.contains(expected), "{reason:?} does not name {expected}");
    let refused = journal.append(&group(journal.head(), 1, 10));
    assert!(matches!(refused, Err(Error::ReadOnly(_))));
    assert!(matches!(journal.erase(&[1]), Err(Error::ReadOnly(_))));
    assert!(image(disk) == before, "a start with damage changed something");
    let report = verify(disk);
    assert!(!report.damage.is_empty());
    journal
}

/// Fails if a frame before a valid one is cut, or if the head is taken from before the damage.
#[test]
fn damage_in_the_middle_opens_read_only() {
    let (image, ..) = journal();
    let disk = restore(&image);
    let head = open(&disk).head();
    let bytes = &image[&path("00000003.seg")];
    let frames = bytes.windows(8).enumerate().filter(|(_, w)| w == b"AKLFRAME");
    let frames: Vec<usize> = frames.map(|(at, _)| at).collect();
    for (at, end) in frames.iter().zip(frames.iter().skip(1)) {
        let disk = restore(&image);
        let file = disk.open(&path("00000003.seg"), true).unwrap();
        file.write_at(&vec![0; end - at], *at as u64).unwrap();
        let journal = damaged(&disk, "journal/00000003.seg");
        assert_eq!(journal.head(), head);
        assert!(journal.read(head.seq, 1, 0).is_ok() || *end == *frames.last().unwrap());
    }
    assert!(frames.len() > 3);
}

/// Fails if the segments' numbers or their chain are not checked.
#[test]
fn a_missing_or_foreign_file_is_damage() {
    let (image, ..) = journal();
    for gone in ["00000001.segz", "00000002.segz", "00000003.seg"] {
        let mut less = image.clone();
        less.remove(&path(gone)).unwrap();
        damaged(&restore(&less), "journal/");
    }
    let mut less = image.clone();
    less.retain(|path, _| path.extension().is_some_and(|e| e == "segz"));
    damaged(&restore(&less), "open segment is missing");
    let mut swapped = image.clone();
    let second = swapped[&path("00000002.segz")].clone();
    swapped.insert(path("00000001.segz"), second);
    damaged(&restore(&swapped), "journal/00000001.segz");
    let mut short = image.clone();
    short.get_mut(&path("00000003.seg")).unwrap().pop();
    damaged(&restore(&short), "journal/00000003.seg");
    let mut strange = image.clone();
    strange.insert(path("notes.txt"), b"hello".to_vec());
    let named = verify(&restore(&strange)).damage;
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].place, "journal/notes.txt");
}

/// Fails if a rotten sealed segment stops the reading of the others.
#[test]
fn what_is_whole_can_be_read_beside_damage() {
    let (image, ..) = journal();
    let disk = restore(&image);
    let all = open(&disk).read(1, 10_000, usize::MAX).unwrap();
    disk.flip(&path("00000001.segz"), 500, 0).unwrap();
    let journal = open(&disk);
    let error = journal.read(1, 10, 1000).unwrap_err();
    assert!(matches!(error, Error::Damaged(d) if d.place == "journal/00000001.segz"));
    let last = journal.read(all.len() as u64 - 5, 10, usize::MAX).unwrap();
    assert_eq!(last, all[all.len() - 6..]);
    let report = journal.verify(&mut |_| {}).unwrap();
    assert!(report.damage.iter().all(|d| d.place == "journal/00000001.segz"), "{report:?}");
}

/// Fails if the form is not looked at.
#[test]
fn a_newer_form_is_refused_by_name() {
    let (image, ..) = journal();
    for (name, sum, covered) in [("00000003.seg", 32, 32), ("00000001.segz", 64, 64)] {
        let mut newer = image.clone();
        let bytes = newer.get_mut(&path(name)).unwrap();
        bytes[9] = 2;
        let new = xxhash_rust::xxh3::xxh3_128(&bytes[..covered]).to_be_bytes();
        bytes[sum..sum + 16].copy_from_slice(&new);
        let error = FileJournal::open(config(), Arc::new(restore(&newer))).unwrap_err();
        assert!(error.to_string().contains("form 2 is newer"), "{error}");
    }
}

/// Fails if `verify` beside a running journal misses what rots under it.
#[test]
fn a_running_journal_finds_rot_in_its_files() {
    let disk = new_disk(5);
    let journal = open(&disk);
    let all = fill(&journal, &disk, 2);
    assert!(journal.verify(&mut |_| {}).unwrap().damage.is_empty());
    for (name, at) in [
        ("00000001.segz", 700),
        ("00000003.seg", 20),
        ("00000003.seg", 300),
        ("00000003.seg", 16_000),
        ("00000004.seg", 5_000),
    ] {
        disk.flip(&path(name), at, 3).unwrap();
        let report = journal.verify(&mut |_| {}).unwrap();
        assert!(report.damage.iter().any(|d| d.place.ends_with(name)), "{name} {at} {report:?}");
        disk.flip(&path(name), at, 3).unwrap();
    }
    holds(&journal, &all);
    disk.remove(Path::new(&path("00000002.segz"))).unwrap();
    let report = journal.verify(&mut |_| {}).unwrap();
    assert_eq!(report.damage[0].place, "journal/00000002.segz");
}
