//! The rules of the design, one test each.

use std::{collections::BTreeMap, fs, io::Read, os::unix::fs::PermissionsExt, thread};

use aktenlauf::{blob::Derived, disk::Sync};

use super::*;

/// Every file below a folder, relative.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(name);
        }
    }
    found
}

#[test]
fn a_raw_file_is_the_original_and_a_packed_one_is_plain_zstd() {
    let (_home, dir, _, store) = local();
    let raw = push(&store, &noise(1, 400_000), false).unwrap();
    assert!(fs::read(file(&dir, raw)).unwrap() == noise(1, 400_000));
    for size in [20_000, 700_000] {
        let digest = push(&store, &prose(1, size), false).unwrap();
        let stored = fs::read(file(&dir, digest)).unwrap();
        assert!(stored.len() * 10 < size, "{} of {size}", stored.len());
        assert!(zstd::decode_all(&stored[..]).unwrap() == prose(1, size));
    }
}

#[test]
fn what_is_packed_already_stays_as_it_is() {
    let (_home, dir, _, store) = local();
    for magic in [&b"%PDF-1.7\n"[..], b"\x89PNG", b"\xFF\xD8\xFF", b"PK\x03\x04"] {
        let bytes = [magic, &prose(1, 50_000)].concat();
        let digest = push(&store, &bytes, false).unwrap();
        assert!(fs::read(file(&dir, digest)).unwrap() == bytes);
    }
}

#[test]
fn names_are_hex_and_files_read_only() {
    let (_home, dir, _, store) = local();
    for n in 0..20 {
        push(&store, &prose(n, 10_000 * usize::try_from(n).unwrap()), false).unwrap();
    }
    let found = files(&dir);
    assert_eq!(found.len(), 20);
    for name in found {
        let (shard, rest) = name.split_once('/').unwrap();
        let hex = rest.strip_suffix(".zst").unwrap_or(rest);
        assert!(hex.len() == 64 && hex.starts_with(shard), "{name}");
        assert!(hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{name}");
        let mode = fs::metadata(dir.join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o222, 0, "{name}");
    }
}

/// Deleting the check of the stored copy in `publish` lets this fail.
#[test]
fn a_rotten_or_short_copy_is_replaced_when_the_bytes_come_again() {
    let (_home, dir, _, store) = local();
    for bytes in [noise(7, 30_000), prose(7, 30_000), noise(7, 600_000), prose(7, 600_000)] {
        let digest = push(&store, &bytes, false).unwrap();
        let path = file(&dir, digest);
        let good = fs::read(&path).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        for bad in [flipped, good[..good.len() - 1].to_vec(), Vec::new()] {
            overwrite(&path, &bad);
            assert!(is_damaged(store.check(digest), digest));
            assert!(is_damaged(store.read(digest), digest));
            push(&store, &bytes, true).unwrap();
            store.check(digest).unwrap();
            assert!(fs::read(&path).unwrap() == good);
        }
    }
}

#[test]
fn a_sound_and_known_copy_is_not_written_again() {
    let (_home, _, disk, store) = local();
    let digest = push(&store, &noise(1, 1000), false).unwrap();
    let mut counts = disk.counts();
    assert_eq!(push(&store, &noise(1, 1000), true).unwrap(), digest);
    // Only its name is made durable once more: an earlier sync of it may have failed.
    *counts.entry(Sync::BlobDir).or_default() += 1;
    assert_eq!(disk.counts(), counts);
}

/// A file's existence proves nothing: without a committed record even a sound copy is replaced,
/// because it may never have been synced.
#[test]
fn a_copy_that_nobody_knows_is_written_again() {
    let (_home, _, disk, store) = local();
    push(&store, &noise(1, 1000), false).unwrap();
    let before = disk.counts();
    push(&store, &noise(1, 1000), false).unwrap();
    assert_eq!(disk.counts()[&Sync::Blob], before[&Sync::Blob] + 1);
    assert_eq!(disk.counts()[&Sync::BlobDir], before[&Sync::BlobDir] + 1);
}

/// No byte of a stored file may change without notice, whichever it is.
#[test]
fn every_flipped_byte_is_noticed() {
    let (_home, dir, _, store) = local();
    for bytes in [noise(3, 300), prose(3, 6000)] {
        let digest = push(&store, &bytes, false).unwrap();
        let path = file(&dir, digest);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            overwrite(&path, &bad);
            assert!(is_damaged(store.check(digest), digest), "{at} of {}", good.len());
            assert!(is_damaged(store.read(digest), digest));
            assert!(is_damaged(store.open_reader(digest).map(|_| ()), digest));
            assert!(is_damaged(store.read_range(digest, 1, 2), digest));
        }
    }
}

#[test]
fn of_a_middle_sized_blob_no_byte_is_given_before_all_are_verified() {
    let (_home, dir, _, store) = local();
    for bytes in [noise(3, 2_000_000), prose(3, 2_000_000)] {
        let digest = push(&store, &bytes, false).unwrap();
        let path = file(&dir, digest);
        let mut bad = fs::read(&path).unwrap();
        let last = bad.len() - 60;
        bad[last] ^= 1;
        overwrite(&path, &bad);
        assert!(is_damaged(store.open_reader(digest).map(|_| ()), digest));
    }
}

/// Rot that comes between the check and the reading is noticed before the last chunk is given.
#[test]
fn the_last_chunk_is_withheld_until_the_digest_fits() {
    let (disk, dir, store) = simulated();
    let digest = push(&store, &noise(3, 2_000_000), false).unwrap();
    let mut reader = store.open_reader(digest).unwrap();
    let hex = digest.to_string();
    disk.flip(&dir.join(&hex[..2]).join(&hex), 1_500_000, 0).unwrap();
    let mut read = Vec::new();
    let error = reader.read_to_end(&mut read).unwrap_err();
    assert!(error.to_string().contains(&hex), "{error}");
    assert!(read.len() < 2_000_000, "what was given must not look like the whole");
}

#[test]
fn a_new_level_leaves_one_copy() {
    let (_home, dir, disk, store) = local();
    let digest = push(&store, &prose(1, 50_000), false).unwrap();
    drop(store);
    let raw = Config { compress_level: 0, ..config(&dir) };
    let store = Store::open(raw, Arc::new(disk), Frozen::new()).unwrap();
    push(&store, &prose(1, 50_000), false).unwrap();
    assert_eq!(files(&dir).len(), 1);
    // Both, the first of them rotten: as a power cut between the two steps leaves them.
    let good = zstd_copy(&prose(1, 50_000));
    fs::write(file(&dir, digest).with_extension("zst"), good).unwrap();
    overwrite(&file(&dir, digest), b"rotten");
    assert!(store.read(digest).unwrap() == prose(1, 50_000));
    store.remove(digest, Ablage::default(), &store.lock(digest)).unwrap();
    assert!(files(&dir).is_empty());
}

fn zstd_copy(bytes: &[u8]) -> Vec<u8> {
    let (_home, dir, _, store) = local();
    let digest = push(&store, bytes, false).unwrap();
    fs::read(file(&dir, digest)).unwrap()
}

#[test]
fn staged_bytes_stay_until_dropped_and_can_be_published_again() {
    let (_home, dir, _, store) = local();
    for bytes in [noise(1, 1000), noise(1, 400_000), prose(1, 400_000)] {
        let staged = stage(&store, &bytes).unwrap();
        let digest = staged.digest;
        let lock = store.lock(digest);
        store.publish(&staged, None, &lock).unwrap();
        store.publish(&staged, None, &lock).unwrap();
        store.remove(digest, Ablage::default(), &lock).unwrap();
        store.publish(&staged, PLAIN, &lock).unwrap();
        drop(staged);
        assert!(store.read(digest).unwrap() == bytes);
        assert!(files(&dir.join("staging")).is_empty(), "nothing may be left over");
    }
}

#[test]
fn an_upload_that_is_given_up_leaves_nothing() {
    let (_home, dir, disk, store) = local();
    let mut staging = store.stage().unwrap();
    staging.write(&noise(1, 500_000)).unwrap();
    assert_eq!(files(&dir), ["staging/stage-0"]);
    drop(staging);
    let staged = stage(&store, &noise(1, 500_000)).unwrap();
    assert_eq!((staged.size, &staged.head[..]), (500_000, &noise(1, 4096)[..]));
    drop(staged);
    assert!(files(&dir).is_empty());
    drop(store);
    fs::write(dir.join("staging/stage-0"), "left by a killed process").unwrap();
    open(&disk, &dir);
    assert!(files(&dir).is_empty());
}

#[test]
fn a_listing_names_what_is_no_blob() {
    let (_home, dir, _, store) = local();
    let digest = push(&store, b"x", false).unwrap();
    let hex = digest.to_string();
    let other = format!("{}{}", if &hex[..2] == "00" { "11" } else { "00" }, &hex[2..]);
    for name in ["readme", &hex.to_uppercase(), &other, &format!("{hex}.tmp")] {
        fs::write(dir.join(&hex[..2]).join(name), "?").unwrap();
    }
    let (found, foreign): (Vec<_>, Vec<_>) = store.list().partition(Result::is_ok);
    assert_eq!(found.len(), 1);
    let found = found.into_iter().next().unwrap().unwrap();
    assert_eq!((found.digest, found.size), (digest, 1));
    assert_eq!(foreign.len(), 4, "{foreign:?}");
    assert!(foreign.iter().all(|f| matches!(f, Err(Error::Foreign(_)))));
}

#[test]
fn only_what_is_older_than_a_day_can_be_swept() {
    const DAY_MS: i64 = 86_400_000;
    let source = Frozen::new();
    let disk = Faulty::new(1);
    let store =
        Store::open(config(Path::new("/b")), Arc::new(disk.clone()), source.clone()).unwrap();
    push(&store, b"x", false).unwrap();
    let found = store.list().next().unwrap().unwrap();
    for (age_ms, settled) in [(0, false), (DAY_MS, false), (DAY_MS + 1, true), (-5, false)] {
        source.now.store(found.modified.0 + age_ms, Ordering::Relaxed);
        assert_eq!(store.settled(&found), settled, "{age_ms}");
    }
}

/// Without the shared thread, each of the 160 would sync the one folder for itself.
#[test]
fn many_publishes_share_the_syncs() {
    let same_shard: Vec<Vec<u8>> = (0..)
        .map(|seed| noise(seed, 100))
        .filter(|bytes| <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(bytes))[0] == 7)
        .take(160)
        .collect();
    let anywhere: Vec<Vec<u8>> = (0..160).map(|seed| noise(seed, 100)).collect();
    for (own_filesystem, all) in [(false, same_shard), (true, anywhere)] {
        let home = tempfile::tempdir().unwrap();
        let (disk, dir) = (Local::new(), home.path().join("blobs"));
        let config = Config { own_filesystem, ..config(&dir) };
        let store = Store::open(config, Arc::new(disk.clone()), Frozen::new()).unwrap();
        let before = disk.counts();
        thread::scope(|scope| {
            for part in all.chunks(10) {
                let store = &store;
                scope.spawn(move || {
                    for bytes in part {
                        push(store, bytes, false).unwrap();
                    }
                });
            }
        });
        let counts: BTreeMap<_, _> = disk.counts();
        let since = |what| counts.get(&what).unwrap_or(&0) - before.get(&what).unwrap_or(&0);
        println!(
            "160 publishes: {} folder syncs, {} file syncs",
            since(Sync::BlobDir),
            since(Sync::Blob)
        );
        assert!(since(Sync::BlobDir) < 120, "{}", since(Sync::BlobDir));
        match own_filesystem {
            true => assert!(since(Sync::Blob) < 120, "{}", since(Sync::Blob)),
            false => assert_eq!(since(Sync::Blob), 160),
        }
        assert_eq!(store.list().count(), 160);
    }
}

/// A push holds the lock from `publish` to its commit, a deletion from its check to `remove`.
#[test]
fn a_push_and_a_deletion_of_equal_bytes_wait_for_each_other() {
    let store = &Store::memory(Frozen::new());
    let digest = push(store, b"x", false).unwrap();
    let inside = &AtomicU64::new(0);
    thread::scope(|scope| {
        for n in 0..8 {
            scope.spawn(move || {
                for _ in 0..200 {
                    let lock = store.lock(digest);
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the lock");
                    if n % 2 == 0 {
                        store.publish(&stage(store, b"x").unwrap(), PLAIN, &lock).unwrap();
                        store.check(digest).unwrap();
                    } else {
                        store.remove(digest, Ablage::default(), &lock).unwrap();
                        assert!(!store.exists(digest));
                    }
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    // Another digest is not held up.
    let _held = store.lock(digest);
    push(store, b"y", false).unwrap();
}

#[test]
#[should_panic(expected = "the lock must be the digest's own")]
fn another_digests_lock_is_refused() {
    let store = Store::memory(Frozen::new());
    let staged = stage(&store, b"x").unwrap();
    let _ = store.publish(&staged, None, &store.lock(Digest([0; 32])));
}

#[test]
fn what_was_derived_is_found_by_kind_and_version_or_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("derived");
    let open = || Derived::open(dir.clone(), Arc::new(Local::new())).unwrap();
    let (derived, digest) = (open(), Digest([0xAB; 32]));
    for bytes in [Vec::new(), prose(1, 40_000)] {
        derived.put(digest, "text", 1, &bytes).unwrap();
        assert_eq!(derived.get(digest, "text", 1).unwrap(), Some(bytes));
    }
    assert_eq!(derived.get(digest, "text", 2).unwrap(), None);
    assert_eq!(derived.get(digest, "bild", 1).unwrap(), None);
    let path = dir.join("text-1/ab").join(digest.to_string());
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&path, bad).unwrap();
        let found = derived.get(digest, "text", 1).unwrap();
        assert!(found.is_none() || found == Some(prose(1, 40_000)), "{at}");
        fs::write(&path, &good[..at]).unwrap();
        assert_eq!(derived.get(digest, "text", 1).unwrap(), None, "{at}");
    }
    derived.put(digest, "text", 1, b"new").unwrap();
    derived.put(digest, "bild", 3, b"picture").unwrap();
    derived.put(Digest([0xAB; 32]), "text", 2, b"newer").unwrap();
    fs::write(dir.join("staging/9"), "half").unwrap();
    let derived = open();
    assert_eq!(derived.get(digest, "text", 1).unwrap().unwrap(), b"new");
    derived.remove(digest).unwrap();
    derived.remove(digest).unwrap();
    assert!(files(&dir).is_empty());
}
