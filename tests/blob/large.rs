//! Large files: memory stays bounded, and the last bytes are withheld until the digest fits.

use std::{io::Read, process::Command};

use super::*;

const MIB: usize = 1 << 20;

/// Private memory of this process in bytes.
fn private_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// Pushes and reads files of `TEST_LARGE_MIB` (default 200; the issue asks for 2048).
#[test]
fn memory_is_bounded() {
    bounded("local");
}

/// The same on a real S3 server, where parts wait for their answers.
#[test]
fn memory_is_bounded_on_s3() {
    bounded("s3");
}

fn bounded(engine: &str) {
    let mib = std::env::var("TEST_LARGE_MIB").unwrap_or_else(|_| "200".into());
    // A process of its own, because other tests take memory too.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "blob::large::in_a_process_of_its_own", "--nocapture"])
        .env("LARGE_CHILD_MIB", mib)
        .env("LARGE_CHILD_ENGINE", engine)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}{}", String::from_utf8_lossy(&child.stderr));
    let told = said.lines().find(|l| l.contains("grew by") || l.contains("SKIPPED"));
    println!("{engine}: {}", told.unwrap());
}

/// The other half of `memory_is_bounded`; alone it has nothing to do.
#[test]
fn in_a_process_of_its_own() {
    let Ok(mib) = std::env::var("LARGE_CHILD_MIB") else { return };
    let mib: usize = mib.parse().unwrap();
    let s3 = std::env::var("LARGE_CHILD_ENGINE").is_ok_and(|engine| engine == "s3");
    let server = if s3 { Some(crate::s3::Server::start()) } else { None };
    let (_home, store) = match &server {
        None => (tempfile::tempdir().unwrap(), None),
        Some(None) => return,
        Some(Some(server)) => {
            let (home, store) = crate::s3::store(&server.config("large"));
            (home, Some(store))
        }
    };
    let (_local, _, _, local) = local();
    let (store, limit) = store.map_or((local, 16), |store| (store, 64));
    let before = private_memory();
    let mut most = 0;
    for part in [noise(1, MIB), prose(1, MIB)] {
        let mut staging = store.stage().unwrap();
        for _ in 0..mib {
            staging.write(&part).unwrap();
            most = most.max(private_memory());
        }
        let staged = staging.finish().unwrap();
        store.publish(&staged, None, &store.lock(staged.digest)).unwrap();
        if !s3 {
            store.publish(&staged, PLAIN, &store.lock(staged.digest)).unwrap();
        }
        most = most.max(private_memory());
        let mut reader = store.open_reader(staged.digest).unwrap();
        let (mut buffer, mut total) = (vec![0; MIB], 0);
        loop {
            let read = reader.read(&mut buffer).unwrap();
            if read == 0 {
                break;
            }
            total += read;
            most = most.max(private_memory());
        }
        assert_eq!(total, mib * MIB);
    }
    let grown = most.saturating_sub(before) / MIB;
    println!("{mib} MiB twice: RssAnon grew by {grown} MiB");
    assert!(grown <= limit, "{grown} MiB");
}

#[test]
fn of_a_large_blob_the_last_chunk_is_withheld() {
    let (_home, dir, _, store) = local();
    let bytes = noise(1, 65 * MIB);
    let digest = push(&store, &bytes, false).unwrap();
    let path = file(&dir, digest);
    let mut bad = bytes;
    bad[5] ^= 1;
    overwrite(&path, &bad);
    let mut reader = store.open_reader(digest).unwrap();
    let mut read = Vec::new();
    let error = reader.read_to_end(&mut read).unwrap_err();
    assert!(error.to_string().contains(&digest.to_string()), "{error}");
    assert!(read.len() < bad.len());
    assert!(is_damaged(store.check(digest), digest));
    assert!(is_damaged(store.read(digest), digest));
    overwrite(&path, &bad[..64 * MIB + 1]);
    assert!(is_damaged(store.check(digest), digest));
}

/// Also far from the damage: a part of a wrong file is a wrong part.
#[test]
fn of_a_large_damaged_blob_no_range_is_given() {
    let (_home, dir, _, store) = local();
    let digest = push(&store, &noise(1, 9 * MIB), false).unwrap();
    let path = file(&dir, digest);
    let mut bad = std::fs::read(&path).unwrap();
    let at = bad.len() / 2;
    bad[at] ^= 1;
    overwrite(&path, &bad);
    assert!(is_damaged(store.read_range(digest, 0, 10), digest));
    assert!(is_damaged(store.open_verified(digest), digest));
}
