//! What every backend must do.

use std::io::Read;

use sha2::Digest as _;

use aktenlauf::blob::Shared;

use super::*;
use crate::s3;

pub fn suite(store: &Store) {
    let sizes = [0, 1, 4096, 65_536, 262_144, 262_145, 524_288, 1_000_003];
    let mut all = Vec::new();
    for (seed, size) in sizes.into_iter().enumerate() {
        for bytes in [noise(seed as u64, size), prose(seed as u64, size)] {
            let digest = Digest(sha2::Sha256::digest(&bytes).into());
            if size == 0 && !all.is_empty() {
                continue; // The same bytes once more.
            }
            let (found, deposit) = deposit(store, &bytes, None).unwrap();
            assert_eq!(found, digest, "{size}");
            assert!(deposit.made.is_some());
            all.push((digest, bytes, deposit.ablage));
        }
    }
    for (digest, bytes, ablage) in &all {
        same(store, *digest, bytes);
        store.check_deposit(*digest, *ablage).unwrap();
    }
    all.sort_by_key(|(digest, ..)| *digest);
    let found: Vec<_> = store.list().map(|found| found.unwrap()).collect();
    let found: Vec<_> = found.into_iter().map(|found| (found.digest, found.ablage)).collect();
    assert_eq!(found, all.iter().map(|(digest, _, ablage)| (*digest, *ablage)).collect::<Vec<_>>());

    // What a record names is not written again; what nobody names is.
    let (digest, bytes, ablage) = &all[5];
    let again = deposit(store, bytes, Some(*ablage)).unwrap().1;
    assert_eq!((again.ablage, again.made), (*ablage, None));
    let other = deposit(store, bytes, None).unwrap().1;
    assert!(other.made.is_some());
    assert_eq!(store.list().count(), all.len() + usize::from(other.ablage != *ablage));
    if other.ablage != *ablage {
        assert!(!store.same(other.ablage, *ablage));
        store.remove(*digest, other.ablage, &store.lock(*digest)).unwrap();
    }
    same(store, *digest, bytes);

    let (gone, bytes, ablage) = &all[3];
    store.remove(*gone, *ablage, &store.lock(*gone)).unwrap();
    store.remove(*gone, *ablage, &store.lock(*gone)).unwrap();
    assert!(!store.exists(*gone));
    for result in [store.check(*gone), store.size(*gone).map(|_| ())] {
        assert!(matches!(result, Err(Error::NotFound(digest)) if digest == *gone));
    }
    assert!(matches!(store.read_range(*gone, 0, 1), Err(Error::NotFound(_))));
    assert!(matches!(store.open_reader(*gone), Err(Error::NotFound(_))));
    assert_eq!(store.list().count(), all.len() - 1);
    assert!(matches!(store.check_deposit(*gone, *ablage), Err(Error::NotFound(_))));
    // Known, but gone: written anew.
    assert!(deposit(store, bytes, Some(*ablage)).unwrap().1.made.is_some());
    same(store, *gone, bytes);
}

pub fn same(store: &Store, digest: Digest, bytes: &[u8]) {
    let size = bytes.len() as u64;
    assert!(store.exists(digest));
    assert_eq!(store.size(digest).unwrap(), size);
    store.check(digest).unwrap();
    assert!(store.read(digest).unwrap() == bytes);
    let mut reader = store.open_reader(digest).unwrap();
    assert_eq!(reader.size(), size);
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    assert!(read == bytes);
    for (from, len) in [(0, 1), (0, 5000), (262_143, 3), (262_144, 300_000), (size / 2, 70_000)] {
        let start = bytes.len().min(usize::try_from(from).unwrap());
        let end = bytes.len().min(start + len);
        assert!(store.read_range(digest, from, len).unwrap() == bytes[start..end], "{from} {len}");
    }
    assert!(store.read_range(digest, size, 10).unwrap().is_empty());
    assert!(store.read_range(digest, u64::MAX, usize::MAX).unwrap().is_empty());
}

#[test]
fn in_memory() {
    suite(&Store::memory(Frozen::new()));
}

#[test]
fn in_memory_that_is_shared() {
    suite(&Store::memory_shared(&Shared::default(), Frozen::new()));
}

#[test]
fn on_real_s3_servers() {
    for server in s3::Server::each() {
        let (_home, store) = s3::store(&server.config("contract"));
        suite(&store);
    }
}

#[test]
fn on_the_real_disk() {
    let (_home, _, _, store) = local();
    suite(&store);
}

#[test]
fn on_a_filesystem_of_our_own() {
    let home = tempfile::tempdir().unwrap();
    let config = Config { own_filesystem: true, ..config(&home.path().join("blobs")) };
    suite(&Store::open(config, Arc::new(Local::new()), Frozen::new()).unwrap());
}

#[test]
fn on_a_simulated_disk() {
    let (_, _, store) = simulated();
    suite(&store);
}

#[test]
fn after_a_new_start() {
    let (_home, dir, disk, store) = local();
    let digest = push(&store, &prose(1, 300_000), false).unwrap();
    drop(store);
    same(&open(&disk, &dir), digest, &prose(1, 300_000));
}
