//! The disk: one suite for the real and the simulated one, and what the simulated one forgets.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    collections::HashSet,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use aktenlauf::disk::{Disk, Sync, faulty::Faulty, local::Local};

/// The contract: what the stores rely on, whatever the disk.
fn suite(disk: &dyn Disk, dir: &Path) {
    let path = |name: &str| dir.join(name);
    disk.make_dir(&path("a/b")).unwrap();
    disk.make_dir(&path("a/b")).unwrap();
    let file = disk.create(&path("a/one")).unwrap();
    assert_eq!(disk.create(&path("a/one")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(disk.create(&path("x/one")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(disk.open(&path("a/none"), false).unwrap_err().kind(), ErrorKind::NotFound);

    file.write_at(b"world", 6).unwrap();
    file.write_at(b"hello", 0).unwrap();
    let mut read = [9; 20];
    assert_eq!(file.read_at(&mut read, 0).unwrap(), 11);
    assert_eq!(&read[..12], b"hello\0world\x09");
    assert_eq!(file.read_at(&mut read, 11).unwrap(), 0);
    assert_eq!(file.read_at(&mut read, 100).unwrap(), 0);
    file.resize(4).unwrap();
    file.resize(6).unwrap();
    assert_eq!(file.size().unwrap(), 6);
    assert_eq!(file.read_at(&mut read, 0).unwrap(), 6);
    assert_eq!(&read[..6], b"hell\0\0", "what was cut off does not come back");
    file.sync(Sync::Segment).unwrap();
    disk.sync_dir(&path("a"), Sync::SegmentDir).unwrap();
    disk.sync_system(&path("a"), Sync::Blob).unwrap();
    assert_eq!(disk.sync_dir(&path("z"), Sync::Blob).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(disk.open(&path("a/one"), false).unwrap().write_at(b"x", 0).is_err());

    // An open file is the file, not its name.
    let other = disk.create(&path("a/other")).unwrap();
    other.write_at(b"other", 0).unwrap();
    disk.rename(&path("a/other"), &path("a/one")).unwrap();
    assert_eq!(file.size().unwrap(), 6);
    assert_eq!(disk.open(&path("a/one"), true).unwrap().size().unwrap(), 5);
    let missing = disk.rename(&path("a/other"), &path("a/one")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);

    disk.link(&path("a/one"), &path("a/two")).unwrap();
    let taken = disk.link(&path("a/one"), &path("a/two")).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    disk.rename(&path("a/one"), &path("a/two")).unwrap();
    let items = disk.list(&path("a")).unwrap();
    let names: Vec<_> = items.iter().map(|i| (i.name.as_str(), i.folder)).collect();
    // rename(2) does nothing if both names are the same file's.
    assert_eq!(names, [("b", true), ("one", false), ("two", false)]);
    assert_eq!(items[1].size, 5);

    disk.remove(&path("a/two")).unwrap();
    assert_eq!(disk.remove(&path("a/two")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(disk.list(&path("none")).unwrap_err().kind(), ErrorKind::NotFound);
    disk.protect(&path("a/one")).unwrap();
    disk.remove(&path("a/one")).unwrap();
    assert!(disk.list(&path("a/b")).unwrap().is_empty());
    assert!(disk.free(&path("a")).unwrap() > 0);
}

#[test]
fn the_real_disk_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Local::new();
    suite(&disk, dir.path());
    let counts = disk.counts();
    assert_eq!((counts[&Sync::Segment], counts[&Sync::Blob]), (1, 2));
}

#[test]
fn the_simulated_disk_keeps_the_contract() {
    let disk = Faulty::new(1);
    suite(&disk, Path::new("/data"));
    assert_eq!(disk.counts()[&Sync::Segment], 1);
    let protected = Path::new("/data/p");
    disk.create(protected).unwrap();
    disk.protect(protected).unwrap();
    assert_eq!(disk.open(protected, true).unwrap_err().kind(), ErrorKind::PermissionDenied);
}

fn content(disk: &Faulty, path: &str) -> Option<Vec<u8>> {
    let file = disk.open(Path::new(path), false).ok()?;
    let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
    file.read_at(&mut bytes, 0).unwrap();
    Some(bytes)
}

/// A disk with the durable folder `/d`.
fn with_folder() -> Faulty {
    let disk = Faulty::new(1);
    disk.make_dir(Path::new("/d")).unwrap();
    disk.sync_dir(Path::new("/"), Sync::BlobDir).unwrap();
    disk
}

fn write(disk: &Faulty, path: &str, bytes: &[u8]) -> Arc<dyn aktenlauf::disk::File> {
    let file = disk.create(Path::new(path)).unwrap();
    file.write_at(bytes, 0).unwrap();
    file
}

/// What is found at `path` after a cut, over many seeds.
fn outcomes(disk: &Faulty, path: &str) -> HashSet<Option<Vec<u8>>> {
    (0..200).map(|seed| content(&disk.cut(seed), path)).collect()
}

#[test]
fn what_was_synced_survives_and_nothing_less() {
    let (old, dir) = (Some(b"bytes".to_vec()), Path::new("/d"));

    let both = with_folder();
    write(&both, "/d/f", b"bytes").sync(Sync::Blob).unwrap();
    both.sync_dir(dir, Sync::BlobDir).unwrap();
    assert_eq!(outcomes(&both, "/d/f"), HashSet::from([old.clone()]));

    let only_bytes = with_folder();
    write(&only_bytes, "/d/f", b"bytes").sync(Sync::Blob).unwrap();
    assert_eq!(outcomes(&only_bytes, "/d/f"), HashSet::from([old.clone(), None]));

    let only_name = with_folder();
    write(&only_name, "/d/f", b"bytes");
    only_name.sync_dir(dir, Sync::BlobDir).unwrap();
    let found = outcomes(&only_name, "/d/f");
    assert!(found.contains(&Some(Vec::new())) && found.contains(&old), "{found:?}");

    let whole = with_folder();
    write(&whole, "/d/f", b"bytes");
    whole.sync_system(dir, Sync::Blob).unwrap();
    assert_eq!(outcomes(&whole, "/d/f"), HashSet::from([old.clone()]));

    let unsynced_folder = Faulty::new(1);
    unsynced_folder.make_dir(dir).unwrap();
    write(&unsynced_folder, "/d/f", b"bytes").sync(Sync::Blob).unwrap();
    unsynced_folder.sync_dir(dir, Sync::BlobDir).unwrap();
    assert_eq!(outcomes(&unsynced_folder, "/d/f"), HashSet::from([old, None]));
}

#[test]
fn a_write_is_torn_at_sectors_only() {
    let disk = with_folder();
    let file = write(&disk, "/d/f", &[1; 2048]);
    file.sync(Sync::Blob).unwrap();
    disk.sync_dir(Path::new("/d"), Sync::BlobDir).unwrap();
    file.write_at(&[2; 1024], 256).unwrap();
    let found = outcomes(&disk, "/d/f");
    for bytes in found.iter().flatten() {
        for (from, to) in [(0, 256), (256, 512), (512, 1024), (1024, 1280), (1280, 2048)] {
            assert_eq!(bytes[from..to].iter().collect::<HashSet<_>>().len(), 1, "{from}");
        }
    }
    assert_eq!(found.len(), 8, "each of the three sectors is old or new");
}

#[test]
fn a_rename_survives_as_a_whole_or_not() {
    let disk = with_folder();
    for (name, bytes) in [("/d/old", b"old"), ("/d/new", b"new")] {
        write(&disk, name, bytes).sync(Sync::Blob).unwrap();
    }
    disk.sync_dir(Path::new("/d"), Sync::BlobDir).unwrap();
    disk.rename(Path::new("/d/new"), Path::new("/d/old")).unwrap();
    let found: HashSet<_> = (0..50)
        .map(|seed| disk.cut(seed))
        .map(|after| (content(&after, "/d/old"), content(&after, "/d/new")))
        .collect();
    let (old, new) = (Some(b"old".to_vec()), Some(b"new".to_vec()));
    assert_eq!(found, HashSet::from([(old, new.clone()), (new, None)]));
}

#[test]
fn a_removal_survives_or_not() {
    let disk = with_folder();
    write(&disk, "/d/f", b"bytes").sync(Sync::Blob).unwrap();
    disk.sync_dir(Path::new("/d"), Sync::BlobDir).unwrap();
    disk.remove(Path::new("/d/f")).unwrap();
    assert_eq!(outcomes(&disk, "/d/f").len(), 2);
}

#[test]
fn the_same_seed_finds_the_same_disk_and_the_old_one_is_off() {
    let disk = with_folder();
    for n in 0..20 {
        write(&disk, &format!("/d/{n}"), &[7; 3000]);
    }
    let all = |disk: &Faulty| -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let files = disk.files().into_iter();
        files.map(|p| (p.clone(), content(disk, p.to_str().unwrap()))).collect()
    };
    assert_eq!(all(&disk.cut(3)), all(&disk.cut(3)));
    assert_ne!(all(&disk.cut(3)), all(&disk.cut(4)));
    assert!(disk.create(Path::new("/d/late")).is_err() && disk.is_off());
}

#[test]
fn faults_come_when_they_were_asked_for() {
    let disk = with_folder();
    let dir = Path::new("/d");
    disk.fail_after(1);
    let file = disk.create(Path::new("/d/f")).unwrap();
    let failed = file.write_at(&[1; 100], 0);
    assert!(failed.is_err() && file.size().unwrap() <= 100);
    file.write_at(&[2; 100], 0).unwrap();
    disk.sync_dir(dir, Sync::BlobDir).unwrap();

    // After a failed sync a second one succeeds and proves nothing.
    disk.fail_after(0);
    assert!(file.sync(Sync::Blob).is_err());
    file.sync(Sync::Blob).unwrap();
    assert!(outcomes(&disk, "/d/f").contains(&Some(Vec::new())));

    let skipping = with_folder();
    skipping.skip(Sync::Blob);
    write(&skipping, "/d/f", b"x").sync(Sync::Blob).unwrap();
    skipping.sync_dir(dir, Sync::BlobDir).unwrap();
    assert!(outcomes(&skipping, "/d/f").contains(&Some(Vec::new())));
    assert_eq!(skipping.counts()[&Sync::Blob], 1);

    let off = with_folder();
    off.off_after(1);
    off.create(Path::new("/d/f")).unwrap();
    assert!(!off.is_off());
    assert!(off.list(dir).is_err() && off.list(dir).is_err() && off.is_off());
}

#[test]
fn a_full_disk_takes_what_fits() {
    let disk = with_folder();
    disk.set_room(1000);
    let file = write(&disk, "/d/f", &[1; 600]);
    assert_eq!(disk.free(Path::new("/d")).unwrap(), 400);
    assert_eq!(file.write_at(&[1; 600], 600).unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(file.size().unwrap(), 1000);
    assert_eq!(file.resize(1001).unwrap_err().kind(), ErrorKind::StorageFull);
    file.write_at(&[2; 600], 0).unwrap(); // What is there already can be written over.
    disk.remove(Path::new("/d/f")).unwrap();
    assert_eq!(disk.free(Path::new("/d")).unwrap(), 1000);
    write(&disk, "/d/g", &[1; 1000]);
}

#[test]
fn rot_is_on_the_platter() {
    let disk = with_folder();
    write(&disk, "/d/f", &[0; 4]).sync(Sync::Blob).unwrap();
    disk.sync_dir(Path::new("/d"), Sync::BlobDir).unwrap();
    disk.flip(Path::new("/d/f"), 2, 3).unwrap();
    assert_eq!(content(&disk, "/d/f").unwrap(), [0, 0, 8, 0]);
    assert_eq!(outcomes(&disk, "/d/f"), HashSet::from([Some(vec![0, 0, 8, 0])]));
    assert!(disk.flip(Path::new("/d/f"), 4, 0).is_err());
}
