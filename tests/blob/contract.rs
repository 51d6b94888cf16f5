//! What every backend must do.

use std::io::Read;

use sha2::Digest as _;

use super::*;

fn suite(store: &Store) {
    let sizes = [0, 1, 4096, 65_536, 262_144, 262_145, 524_288, 1_000_003];
    let mut all = Vec::new();
    for (seed, size) in sizes.into_iter().enumerate() {
        for bytes in [noise(seed as u64, size), prose(seed as u64, size)] {
            let digest = Digest(sha2::Sha256::digest(&bytes).into());
            assert_eq!(push(store, &bytes, false).unwrap(), digest, "{size}");
            all.push((digest, bytes));
        }
    }
    for (digest, bytes) in &all {
        same(store, *digest, bytes);
    }
    all.sort_by_key(|(digest, _)| *digest);
    all.dedup();
    let found: Vec<_> = store.list().map(|found| found.unwrap().digest).collect();
    assert_eq!(found, all.iter().map(|(digest, _)| *digest).collect::<Vec<_>>());

    let (gone, bytes) = &all[3];
    store.remove(*gone, Ablage::default(), &store.lock(*gone)).unwrap();
    store.remove(*gone, Ablage::default(), &store.lock(*gone)).unwrap();
    assert!(!store.exists(*gone));
    for result in [store.check(*gone), store.size(*gone).map(|_| ())] {
        assert!(matches!(result, Err(Error::NotFound(digest)) if digest == *gone));
    }
    assert!(matches!(store.read_range(*gone, 0, 1), Err(Error::NotFound(_))));
    assert!(matches!(store.open_reader(*gone), Err(Error::NotFound(_))));
    assert_eq!(store.list().count(), all.len() - 1);
    push(store, bytes, true).unwrap(); // Known, but gone: written anew.
    same(store, *gone, bytes);
}

fn same(store: &Store, digest: Digest, bytes: &[u8]) {
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
