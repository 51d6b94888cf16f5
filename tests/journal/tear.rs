//! Torn writes: only the last frame can be torn, and only it is cut; its bytes are kept aside.

use aktenlauf::{
    disk::Disk,
    ledger::journal::{Journal, Sealed},
};

use super::{
    Image, Random, count, fill, group, holds, image, new_disk, open, path, restore, verify,
};

/// A journal, its entries, and where the frame of `more` entries of `len` bytes would be.
struct Base {
    before: Image,
    all: Vec<Sealed>,
    name: String,
    at: usize,
    frame: Vec<u8>,
}

fn base(quiet: bool, more: usize, len: usize) -> Base {
    let disk = new_disk(9);
    let journal = open(&disk);
    let mut all = fill(&journal, &disk, 1);
    if quiet {
        journal.quiet().unwrap();
    } else {
        let last = group(journal.head(), 2, 100);
        journal.append(&last).unwrap();
        all.extend(last);
    }
    let before = image(&disk);
    if more == 0 {
        journal.quiet().unwrap();
    } else {
        journal.append(&group(journal.head(), more, len)).unwrap();
    }
    let after = image(&disk);
    let zeros = Vec::new();
    let (file, new, old) = after
        .iter()
        .map(|(file, new)| (file, new, before.get(file).unwrap_or(&zeros)))
        .find(|(_, new, old)| !old.is_empty() && new != old)
        .unwrap();
    let at = new.iter().zip(old).position(|(new, old)| new != old).unwrap();
    let end = new.iter().zip(old).rposition(|(new, old)| new != old).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let frame = new[at..=end].to_vec();
    Base { before, all, name, at, frame }
}

/// Puts `written` where the frame would be, and starts.
fn start(base: &Base, written: &[u8]) {
    let disk = restore(&base.before);
    let file = disk.open(&path(&base.name), true).unwrap();
    file.write_at(written, base.at as u64).unwrap();
    if written.iter().any(|byte| *byte != 0) {
        let damage = verify(&disk).damage;
        let told = damage.iter().all(|d| d.what.contains("the next start cuts it"));
        assert!(told && !damage.is_empty(), "{damage:?}");
    }
    let journal = open(&disk);
    assert_eq!(journal.read_only(), None, "a tear is taken for damage");
    holds(&journal, &base.all);
    let cut: Vec<_> =
        disk.files().into_iter().filter(|p| p.to_string_lossy().contains("cut-")).collect();
    if let Some(first) = written.iter().position(|byte| *byte != 0) {
        let last = written.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(cut.len(), 1);
        let kept = &image(&disk)[&cut[0]];
        assert!(kept.windows(last + 1 - first).any(|w| w == &written[first..=last]));
        let name = cut[0].file_name().unwrap().to_str().unwrap();
        assert!(journal.notes().iter().any(|note| note.contains(name)), "{:?}", journal.notes());
    } else {
        assert!(cut.is_empty());
    }
    let more = group(journal.head(), 2, 300);
    journal.append(&more).unwrap();
    drop(journal);
    let report = verify(&disk);
    assert!(report.damage.is_empty(), "{report:?}");
    let mut all = base.all.clone();
    all.extend(more);
    let again = open(&disk);
    holds(&again, &all);
    assert!(again.notes().is_empty(), "{:?}", again.notes());
}

/// Fails if the cut is left out, takes too much, or is not zeroed.
#[test]
fn a_frame_torn_at_any_byte_is_cut_and_kept_aside() {
    let mut tears = 0;
    for (quiet, more, len) in [(true, 3, 300), (false, 3, 300), (true, 0, 0), (false, 0, 0)] {
        if quiet && more == 0 {
            continue;
        }
        let base = base(quiet, more, len);
        for end in 0..base.frame.len() {
            start(&base, &base.frame[..end]);
            tears += 1;
        }
    }
    println!("journal: {tears} tears at every byte");
    assert!(tears > 2000);
}

/// Fails if a frame whose beginning is missing is overlooked.
#[test]
fn sectors_may_arrive_in_any_order() {
    let base = base(true, 4, 1000);
    let mut random = Random::new(3);
    let rounds = count("TEST_ROUNDS", 200);
    for _ in 0..rounds {
        let mut written = base.frame.clone();
        let mut lost = 0;
        for (at, byte) in written.iter_mut().enumerate() {
            if at == 0 || (base.at + at).is_multiple_of(512) {
                lost = random.below(2);
            }
            *byte *= u8::try_from(1 - lost).unwrap();
        }
        if written != base.frame {
            start(&base, &written);
        }
    }
    println!("journal: {rounds} tears of sectors");
}

/// Fails if a tear in a new segment, whose neighbour is full, is taken for damage.
#[test]
fn a_tear_at_the_beginning_of_a_segment_is_cut() {
    let mut base = base(true, 3, 300);
    while base.at != 128 {
        // Fill up until the next frame is the first of its segment.
        let disk = restore(&base.before);
        let journal = open(&disk);
        let last = group(journal.head(), 1, 200);
        journal.append(&last).unwrap();
        journal.quiet().unwrap();
        base.all.extend(last);
        base.before = image(&disk);
        journal.append(&group(journal.head(), 3, 300)).unwrap();
        for (file, new) in image(&disk) {
            let old = base.before.get(&file).filter(|old| **old != new);
            if let Some(at) = old.and_then(|old| new.iter().zip(old).position(|(a, b)| a != b)) {
                let end = new.iter().rposition(|byte| *byte != 0).unwrap();
                base.name = file.file_name().unwrap().to_string_lossy().into_owned();
                (base.at, base.frame) = (at, new[at..=end].to_vec());
            }
        }
    }
    assert_ne!(base.name, "00000002.seg");
    for end in (0..base.frame.len()).step_by(7) {
        start(&base, &base.frame[..end]);
    }
}

/// Fails if the bytes of an earlier cut are overwritten by a later one at the same place.
#[test]
fn two_cuts_at_one_place_are_both_kept() {
    let base = base(true, 3, 300);
    let disk = restore(&base.before);
    for end in [200, 300, 200] {
        let file = disk.open(&path(&base.name), true).unwrap();
        file.write_at(&base.frame[..end], base.at as u64).unwrap();
        holds(&open(&disk), &base.all);
    }
    let mut cuts = disk.files();
    cuts.retain(|path| path.to_string_lossy().contains("cut-"));
    assert_eq!(cuts.len(), 2, "the same bytes are kept once, others beside them");
    assert!(verify(&disk).damage.is_empty());
    disk.flip(&cuts[1], 70, 1).unwrap();
    let damage = verify(&disk).damage;
    assert!(cuts[1].ends_with(damage[0].place.strip_prefix("journal/").unwrap()), "{damage:?}");
}

/// Fails if what a crash left in a last frame that is whole is thrown away.
#[test]
fn a_whole_frame_that_was_not_acknowledged_stays() {
    let base = base(true, 3, 300);
    let disk = restore(&base.before);
    let file = disk.open(&path(&base.name), true).unwrap();
    file.write_at(&base.frame, base.at as u64).unwrap();
    // The process was killed before its sync; now the new one builds on the frame.
    let head = open(&disk).head();
    assert_eq!(head.seq, base.all.len() as u64 + 3);
    for seed in 0..20 {
        assert_eq!(open(&restore(&image(&disk.cut(seed)))).head(), head, "it was not made durable");
    }
}
