//! The journal: one contract for every backend, and what the files must stand up to.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails may panic; clippy.toml allows it in test functions only"
)]

mod contract;
mod crash;
mod damage;
mod erase;
mod parallel;
mod tear;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use aktenlauf::{
    disk::{Disk, faulty::Faulty},
    ledger::{
        Position,
        journal::{
            Journal, Report, Sealed,
            file::{Config, FileJournal},
        },
    },
};

pub const DIR: &str = "/data/journal";

/// A count from the environment, for longer runs.
pub fn count(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A generator of our own: a run must not depend on anything but its seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// The body of an entry: nobody else's bytes look like it.
pub fn body(seq: u64, len: usize) -> Vec<u8> {
    let text = format!("{{\"eintrag\":\"Nummer-{seq:06}-{:016x}\",", seq.wrapping_mul(0x9E37_79B1));
    let mut body = text.into_bytes();
    while body.len() < len {
        body.extend_from_slice(b"\"betreff\":\"Antrag\",");
    }
    body
}

/// `count` entries behind `head`.
pub fn group(head: Position, count: usize, len: usize) -> Vec<Sealed> {
    let mut group: Vec<Sealed> = Vec::new();
    let mut head = head;
    for _ in 0..count {
        let seq = head.seq + 1;
        let mut salt = [0; 32];
        let mut random = Random::new(seq);
        salt.fill_with(|| u8::try_from(random.below(256)).unwrap());
        let sealed = Sealed::new(head, 1, salt, body(seq, len));
        head = sealed.position;
        group.push(sealed);
    }
    group
}

/// Small segments, and no thread, so that every run is the same.
pub fn config() -> Config {
    Config { segment_bytes: 16 << 10, block_bytes: 4 << 10, background: false, ..Config::new(DIR) }
}

pub fn open(disk: &Faulty) -> FileJournal {
    FileJournal::open(config(), Arc::new(disk.clone())).unwrap()
}

/// A disk on which the folder stands that the owner makes.
pub fn new_disk(seed: u64) -> Faulty {
    let disk = Faulty::new(seed);
    disk.make_dir(Path::new("/data")).unwrap();
    disk.sync_dir(Path::new("/"), aktenlauf::disk::Sync::BlobDir).unwrap();
    disk
}

pub fn verify(disk: &Faulty) -> Report {
    let journal = FileJournal::open_read_only(config(), Arc::new(disk.clone())).unwrap();
    journal.verify(&mut |_| {}).unwrap()
}

/// Every file and its bytes.
pub type Image = BTreeMap<PathBuf, Vec<u8>>;

pub fn image(disk: &Faulty) -> Image {
    let read = |path: PathBuf| {
        let file = disk.open(&path, false).unwrap();
        let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
        file.read_at(&mut bytes, 0).unwrap();
        (path, bytes)
    };
    disk.files().into_iter().map(read).collect()
}

/// A disk with just these files.
pub fn restore(image: &Image) -> Faulty {
    let disk = new_disk(1);
    disk.make_dir(Path::new(DIR)).unwrap();
    for (path, bytes) in image {
        disk.create(path).unwrap().write_at(bytes, 0).unwrap();
    }
    disk.sync_system(Path::new(DIR), aktenlauf::disk::Sync::BlobDir).unwrap();
    disk
}

pub fn path(name: &str) -> PathBuf {
    Path::new(DIR).join(name)
}

/// Checks that the journal holds just these entries, erased ones aside.
pub fn holds(journal: &dyn Journal, entries: &[Sealed]) {
    let mut found: Vec<Sealed> = Vec::new();
    loop {
        let from = found.last().map_or(1, |last| last.position.seq + 1);
        let more = journal.read(from, 7, 3000).unwrap();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    assert_eq!(found.len(), entries.len());
    for (found, entry) in found.iter().zip(entries) {
        assert_eq!(found.position, entry.position);
        assert!(found.secret.is_none() || found == entry, "{:?}", found.position);
    }
    assert_eq!(journal.head(), entries.last().map(|e| e.position).unwrap_or_default());
}

/// Appends entries of different sizes until `segments` segments are sealed; returns them all.
pub fn fill(journal: &FileJournal, disk: &Faulty, segments: usize) -> Vec<Sealed> {
    let mut random = Random::new(7);
    let mut all = Vec::new();
    let sealed =
        || disk.files().iter().filter(|p| p.extension().is_some_and(|e| e == "segz")).count();
    while sealed() < segments {
        let entries = group(journal.head(), 1 + random.below(5), 40 + random.below(900));
        journal.append(&entries).unwrap();
        all.extend(entries);
        if random.below(4) == 0 {
            journal.quiet().unwrap();
        }
    }
    all
}
