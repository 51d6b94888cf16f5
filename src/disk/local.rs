//! The real file system. Every sync is counted by its name, so that tests can tell how many a
//! group of writers needed.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{Disk, File, Item, Sync};

type Counts = Mutex<BTreeMap<Sync, u64>>;

/// The file system of the machine.
#[derive(Clone, Debug, Default)]
pub struct Local {
    counts: Arc<Counts>,
    /// Folders through which `sync_system` is called. They stay open, because `syncfs` tells a
    /// handle only of write errors that happened after it was opened.
    systems: Arc<Mutex<HashMap<PathBuf, Arc<fs::File>>>>,
}

impl Local {
    /// No sync counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How often each sync was asked for.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Sync, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn count(counts: &Counts, what: Sync) {
    *counts.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
}

#[derive(Debug)]
struct Open {
    file: fs::File,
    counts: Arc<Counts>,
}

impl File for Open {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn read_at(&self, mut bytes: &mut [u8], mut offset: u64) -> io::Result<usize> {
        let mut total = 0;
        while !bytes.is_empty() {
            let read = match self.file.read_at(bytes, offset) {
                Ok(0) => break,
                Ok(read) => read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            total += read;
            offset += read as u64;
            bytes = bytes.split_at_mut(read).1;
        }
        Ok(total)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.file.set_len(size)
    }

    fn sync(&self, what: Sync) -> io::Result<()> {
        count(&self.counts, what);
        // fdatasync: the size is synced with the bytes, the times are nobody's proof.
        self.file.sync_data()
    }
}

impl Disk for Local {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Arc::new(Open { file, counts: Arc::clone(&self.counts) }))
    }

    fn open(&self, path: &Path, write: bool) -> io::Result<Arc<dyn File>> {
        let file = fs::OpenOptions::new().read(true).write(write).open(path)?;
        Ok(Arc::new(Open { file, counts: Arc::clone(&self.counts) }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Item>> {
        let mut items = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let meta = match entry.metadata() {
                // Another thread took the name away since.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            items.push(Item {
                name: entry.file_name().to_string_lossy().into_owned(),
                size: meta.len(),
                modified: meta.modified()?,
                folder: meta.is_dir(),
            });
        }
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(items)
    }

    fn sync_dir(&self, path: &Path, what: Sync) -> io::Result<()> {
        count(&self.counts, what);
        fs::File::open(path)?.sync_all()
    }

    fn sync_system(&self, path: &Path, what: Sync) -> io::Result<()> {
        count(&self.counts, what);
        let folder = {
            let mut systems = self.systems.lock().unwrap_or_else(PoisonError::into_inner);
            match systems.get(path) {
                Some(folder) => Arc::clone(folder),
                None => {
                    let folder = Arc::new(fs::File::open(path)?);
                    systems.insert(path.to_path_buf(), Arc::clone(&folder));
                    folder
                }
            }
        };
        Ok(rustix::fs::syncfs(&*folder)?)
    }

    fn protect(&self, path: &Path) -> io::Result<()> {
        let mut permissions = fs::metadata(path)?.permissions();
        permissions.set_mode(permissions.mode() & !0o222);
        fs::set_permissions(path, permissions)
    }

    fn free(&self, path: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}
