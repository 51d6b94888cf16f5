//! The blob store: one contract for all backends, the rules of its design, and its faults.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use aktenlauf::{
    blob::{Config, Deposit, Error, Staged, Store},
    disk::{Disk, faulty::Faulty, local::Local},
    domain::{digest::Digest, dokument::Ablage, source::Source, zeit::Zeitpunkt},
};

mod contract;
mod faults;
mod large;
mod rules;
mod shared;
mod zones;

/// A clock that stands still until it is set, and dice that throw the same every time.
#[derive(Debug)]
pub struct Frozen {
    now: AtomicI64,
    dice: AtomicU64,
}

impl Frozen {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { now: AtomicI64::new(1_700_000_000_000), dice: AtomicU64::new(0) })
    }
}

impl Source for Frozen {
    fn now(&self) -> Zeitpunkt {
        Zeitpunkt(self.now.load(Ordering::Relaxed))
    }
    fn fill(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&noise(self.dice.fetch_add(1, Ordering::Relaxed), bytes.len()));
    }
}

/// What a record on a local disk names.
pub const PLAIN: Option<Ablage> = Some(Ablage(None));

/// Bytes that do not compress, the same for each seed.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend(next());
    }
    bytes.truncate(len);
    bytes
}

/// Bytes that compress well, another beginning for each seed.
pub fn prose(seed: u64, len: usize) -> Vec<u8> {
    let line = format!("Bescheid Nr. {seed}: Der Antrag auf Wohngeld wird bewilligt.\n");
    line.bytes().cycle().take(len).collect()
}

pub fn config(dir: &Path) -> Config {
    Config { dir: dir.into(), compress_level: 3, own_filesystem: false, reserve_bytes: 0 }
}

pub fn open(disk: &(impl Disk + Clone + 'static), dir: &Path) -> Store {
    Store::open(config(dir), Arc::new(disk.clone()), Frozen::new()).unwrap()
}

pub fn stage(store: &Store, bytes: &[u8]) -> Result<Staged, Error> {
    let mut staging = store.stage()?;
    for part in bytes.chunks(50_000) {
        staging.write(part)?;
    }
    staging.finish()
}

pub fn push(store: &Store, bytes: &[u8], known: bool) -> Result<Digest, Error> {
    deposit(store, bytes, PLAIN.filter(|_| known)).map(|(digest, _)| digest)
}

pub fn deposit(
    store: &Store,
    bytes: &[u8],
    known: Option<Ablage>,
) -> Result<(Digest, Deposit), Error> {
    let staged = stage(store, bytes)?;
    let deposit = store.publish(&staged, known, &store.lock(staged.digest))?;
    Ok((staged.digest, deposit))
}

/// The file of a blob, whatever its form.
pub fn file(dir: &Path, digest: Digest) -> PathBuf {
    let hex = digest.to_string();
    let raw = dir.join(&hex[..2]).join(&hex);
    if raw.exists() { raw } else { raw.with_extension("zst") }
}

/// Writes over a stored file, as rot would.
pub fn overwrite(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A store on the real disk, in a folder that lives as long as the first value.
pub fn local() -> (tempfile::TempDir, PathBuf, Local, Store) {
    let home = tempfile::tempdir().unwrap();
    let (dir, disk) = (home.path().join("blobs"), Local::new());
    let store = open(&disk, &dir);
    (home, dir, disk, store)
}

/// A store on a simulated disk.
pub fn simulated() -> (Faulty, PathBuf, Store) {
    let (disk, dir) = (Faulty::new(1), PathBuf::from("/data/blobs"));
    disk.make_dir(Path::new("/data")).unwrap();
    disk.sync_dir(Path::new("/"), aktenlauf::disk::Sync::BlobDir).unwrap();
    let store = open(&disk, &dir);
    (disk, dir, store)
}

pub fn is_damaged<T: std::fmt::Debug>(result: Result<T, Error>, of: Digest) -> bool {
    match result {
        Err(Error::Damaged { digest, .. }) => digest == of,
        other => panic!("expected damage, found {other:?}"),
    }
}
