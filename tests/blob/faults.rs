//! Full disks, failing calls and power cuts.

use aktenlauf::disk::Sync;

use super::*;

/// Names in the staging folder.
fn staged_files(disk: &Faulty, dir: &Path) -> Vec<PathBuf> {
    let staging = dir.join("staging");
    disk.files().into_iter().filter(|path| path.starts_with(&staging)).collect()
}

#[test]
fn a_full_disk_is_said_so_and_leaves_nothing_half_written() {
    let (disk, dir, store) = simulated();
    let kept = push(&store, &noise(1, 5000), false).unwrap();
    for size in [1000, 200_000, 600_000] {
        disk.set_room(5500);
        let refused = push(&store, &noise(2, size), false);
        assert!(matches!(refused, Err(Error::Full(_))), "{refused:?}");
        assert_eq!(disk.files().len(), 1, "{:?}", disk.files());
        assert!(store.read(kept).unwrap() == noise(1, 5000));
        disk.set_room(u64::MAX);
        let digest = push(&store, &noise(2, size), false).unwrap();
        assert!(store.read(digest).unwrap() == noise(2, size));
        store.remove(digest, Ablage::default(), &store.lock(digest)).unwrap();
    }
    assert!(staged_files(&disk, &dir).is_empty());
}

#[test]
fn the_reserve_is_left_free() {
    let disk = Faulty::new(1);
    let config = Config { reserve_bytes: 10 << 20, ..config(Path::new("/b")) };
    let store = Store::open(config, Arc::new(disk.clone()), Frozen::new()).unwrap();
    disk.set_room((10 << 20) - 1);
    assert!(matches!(store.stage(), Err(Error::Full(_))));
    // A long upload notices it on the way.
    disk.set_room(24 << 20);
    let mut staging = store.stage().unwrap();
    let part = noise(1, 1 << 20);
    let refused = (0..24).find_map(|_| staging.write(&part).err());
    assert!(matches!(refused, Some(Error::Full(_))), "{refused:?}");
    assert!(staging.size() < 20 << 20, "{}", staging.size());
    assert!(staging.write(b"x").is_err() && staging.finish().is_err());
    assert!(disk.files().is_empty());
}

/// Whatever call fails: an error is said, other blobs stay, and the next start is a good one.
#[test]
fn any_failing_call_loses_nothing_that_was_promised() {
    let (mut failed, mut count) = (0, 0);
    for bytes in [noise(2, 1000), noise(2, 300_000), prose(2, 300_000)] {
        for call in 0.. {
            let (disk, dir, store) = simulated();
            let kept = push(&store, &noise(1, 1000), false).unwrap();
            let before = disk.calls();
            disk.fail_after(call);
            let result = push(&store, &bytes, false);
            if disk.calls() <= before + call {
                break; // All calls of a push were tried.
            }
            count += 1;
            failed += u64::from(result.is_err());
            let acknowledged = result.ok();
            drop(store);
            let disk = disk.cut(call);
            let store = open(&disk, &dir);
            assert!(store.read(kept).unwrap() == noise(1, 1000), "call {call}");
            if let Some(digest) = acknowledged {
                assert!(store.read(digest).unwrap() == bytes, "call {call}");
            }
            assert!(staged_files(&disk, &dir).is_empty());
            let digest = push(&store, &bytes, false).unwrap();
            assert!(store.read(digest).unwrap() == bytes, "call {call}");
        }
    }
    println!("{count} failing calls, {failed} pushes refused");
    assert!(count > 20 && failed > 15, "{count} {failed}");
}

/// A failed sync of a folder says nothing of the names before it: a second one must not be tried.
#[test]
fn after_a_failed_sync_of_a_folder_nothing_is_stored_any_more() {
    let mut broken = 0;
    for call in 0..12 {
        let (disk, _, store) = simulated();
        let syncs = || disk.counts().get(&Sync::BlobDir).copied().unwrap_or(0);
        let before = syncs();
        disk.fail_after(call);
        let refused = push(&store, b"one", false).is_err();
        if refused && syncs() > before {
            broken += 1;
            assert!(store.broken().is_some(), "the process would go on serving");
            assert!(push(&store, b"two", false).is_err());
            assert!(push(&store, b"two", false).is_err());
        } else if refused {
            assert_eq!(store.broken(), None);
            push(&store, b"two", false).unwrap();
        }
    }
    assert_eq!(broken, 1);
}

/// Publishes a few blobs, cuts the power somewhere, and counts the acknowledged that are lost.
fn lost(seed: u64, skip: Option<Sync>, own_filesystem: bool) -> usize {
    let (disk, dir) = (Faulty::new(seed), PathBuf::from("/data/blobs"));
    disk.make_dir(Path::new("/data")).unwrap();
    disk.sync_dir(Path::new("/"), Sync::BlobDir).unwrap();
    if let Some(what) = skip {
        disk.skip(what);
    }
    let config = Config { own_filesystem, ..config(&dir) };
    let store = Store::open(config.clone(), Arc::new(disk.clone()), Frozen::new()).unwrap();
    disk.off_after(noise(seed, 1)[0].into());
    let mut acknowledged = Vec::new();
    for n in 0..8 {
        let size = [10, 3000, 300_000][usize::try_from((seed + n) % 3).unwrap()];
        let bytes = if n % 2 == 0 { prose(n, size) } else { noise(n, size) };
        match push(&store, &bytes, false) {
            Ok(digest) => acknowledged.push((digest, bytes)),
            Err(_) => break,
        }
    }
    drop(store);
    let disk = disk.cut(seed);
    let Ok(store) = Store::open(config, Arc::new(disk), Frozen::new()) else {
        return acknowledged.len();
    };
    acknowledged.iter().filter(|(d, bytes)| store.read(*d).ok().as_ref() != Some(bytes)).count()
}

/// Eight at once share their syncs; whichever call fails, nobody is told that he is safe who is
/// not. Deleting the answer of the one sync for all lets this fail.
#[test]
fn a_failed_sync_is_told_to_all_who_shared_it() {
    let (mut kept, mut refused) = (0, 0);
    for seed in 0..80 {
        let disk = Faulty::new(seed);
        disk.make_dir(Path::new("/data")).unwrap();
        disk.sync_dir(Path::new("/"), Sync::BlobDir).unwrap();
        let config = Config { own_filesystem: true, ..config(Path::new("/data/blobs")) };
        let open = |disk: &Faulty| {
            Store::open(config.clone(), Arc::new(disk.clone()), Frozen::new()).unwrap()
        };
        let store = open(&disk);
        disk.fail_after(u64::from(noise(seed, 1)[0]) % 60);
        let all: Vec<_> = std::thread::scope(|scope| {
            let one = |n| push(&store, &noise(n, 2000), false).map(|digest| (n, digest));
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || one(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let store = open(&disk.cut(seed));
        for (n, digest) in all.into_iter().filter_map(|one| one.inspect_err(|_| refused += 1).ok())
        {
            assert!(store.read(digest).is_ok_and(|bytes| bytes == noise(n, 2000)), "seed {seed}");
            kept += 1;
        }
    }
    println!("{kept} kept, {refused} refused");
    assert!(kept > 300 && refused > 30, "{kept} {refused}");
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    for seed in 0..60 {
        assert_eq!(lost(seed, None, seed % 4 == 0), 0, "seed {seed}");
    }
}

#[test]
fn without_either_sync_a_power_cut_takes_something() {
    for what in [Sync::Blob, Sync::BlobDir] {
        let seed = (0..60).find(|seed| lost(*seed, Some(what), false) > 0);
        println!("{what:?} skipped: lost at seed {seed:?}");
        assert!(seed.is_some(), "{what:?}");
    }
}

/// What was removed must not come back: somebody had a right to its deletion.
#[test]
fn a_removed_blob_stays_removed() {
    for seed in 0..20 {
        let (disk, dir, store) = simulated();
        let digest = push(&store, b"x", false).unwrap();
        store.remove(digest, Ablage::default(), &store.lock(digest)).unwrap();
        let store = open(&disk.cut(seed), &dir);
        assert!(!store.exists(digest), "seed {seed}");
    }
}

/// The shards' own names are synced at the start: they must not vanish with all that is in them.
#[test]
fn the_folders_survive() {
    for seed in 0..20 {
        let (disk, dir, store) = simulated();
        let digest = push(&store, b"x", false).unwrap();
        let store = open(&disk.cut(seed), &dir);
        assert_eq!(store.read(digest).unwrap(), b"x", "seed {seed}");
    }
}
