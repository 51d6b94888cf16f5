//! Blobs in files: `ab/<64 hex digits>` holds the bytes as they came, so `sha256sum` proves it;
//! `.zst` behind it: compressed.
//!
//! Bytes are written under a temporary name, synced, made read-only, renamed; then the folder is
//! synced. The syncs are shared by all that wait (see `group`). A name must never point to bytes
//! that were not synced before.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    super::Config,
    Ablage, Arc, Backend, Content, Copy, Digest, Form, Name, Object, Path, Stored,
    group::{Group, Job},
    io,
};
use crate::disk::{Disk, File, Sync};

#[derive(Debug)]
pub(in crate::blob) struct Local {
    dir: PathBuf,
    staging: PathBuf,
    disk: Arc<dyn Disk>,
    group: Group,
    next: AtomicU64,
}

impl Local {
    /// Makes the folders, durably. `staging` must lie on the same file system.
    pub(in crate::blob) fn open(
        config: &Config,
        staging: &Path,
        disk: Arc<dyn Disk>,
    ) -> io::Result<Self> {
        let dir = config.dir.clone();
        for shard in 0..=u8::MAX {
            disk.make_dir(&folder(&dir, shard))?;
        }
        // Synced at every start: an earlier one may have made them and been cut short.
        disk.sync_dir(&dir, Sync::BlobDir)?;
        if let Some(above) = dir.parent().filter(|above| !above.as_os_str().is_empty()) {
            disk.sync_dir(above, Sync::BlobDir)?;
        }
        let whole = config.own_filesystem.then(|| dir.clone());
        let group = Group::start(Arc::clone(&disk), whole)?;
        Ok(Self { dir, staging: staging.into(), disk, group, next: AtomicU64::new(0) })
    }

    fn path(&self, name: Name) -> PathBuf {
        folder(&self.dir, name.shard()).join(name.text())
    }

    /// Writes the bytes under the temporary name; the file, if it is still to be synced.
    fn write(&self, temp: &Path, content: Content<'_>) -> io::Result<Option<Arc<dyn File>>> {
        let file = match content {
            Content::Bytes(bytes) => {
                let file = self.disk.create(temp)?;
                file.write_at(bytes, 0)?;
                Some(file)
            }
            Content::File(path) => {
                self.disk.link(path, temp)?;
                // Synced here, so that a large file holds up nobody's small one.
                self.disk.open(temp, false)?.sync(Sync::Blob)?;
                None
            }
        };
        self.disk.protect(temp)?;
        Ok(file)
    }
}

fn folder(dir: &Path, shard: u8) -> PathBuf {
    dir.join(format!("{shard:02x}"))
}

impl Backend for Local {
    fn put(&self, name: Name, content: Content<'_>) -> io::Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temp = self.staging.join(format!("put-{number}"));
        let done = self.write(&temp, content).and_then(|file| {
            let folder = folder(&self.dir, name.shard());
            let rename = Some((temp.clone(), self.path(name)));
            self.group.run(Job { file, rename, folder })
        });
        // After an error it is a leftover. After a second publish of one staged file it is one
        // too: rename(2) does nothing if both names are the same file's already.
        if done.is_err() || matches!(content, Content::File(_)) {
            match self.disk.remove(&temp) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::debug!(path = %temp.display(), %error, "a temporary file stays");
                }
                _ => {}
            }
        }
        done
    }

    fn find(&self, digest: Digest) -> io::Result<Vec<Copy>> {
        let (mut found, mut failed) = (Vec::new(), None);
        for form in Form::ALL {
            let name = Name { digest, ablage: Ablage::default(), form };
            match self.disk.open(&self.path(name), false) {
                Ok(file) => found.push((name, Arc::new(Opened(file)) as Arc<dyn Object>)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        match self.disk.remove(&self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn settle(&self, digest: Digest) -> io::Result<()> {
        let [shard, ..] = digest.0;
        self.group.run(Job { file: None, rename: None, folder: folder(&self.dir, shard) })
    }

    fn list(&self, shard: u8) -> io::Result<Vec<Stored>> {
        let folder = folder(&self.dir, shard);
        let items = self.disk.list(&folder)?.into_iter();
        let stored = items.map(|item| {
            let path = folder.join(&item.name);
            let name = Name::parse(&item.name).filter(|name| name.shard() == shard);
            let name = name.filter(|_| !item.folder).ok_or_else(|| path.display().to_string());
            Stored { name, size: item.size, modified: item.modified }
        });
        Ok(stored.collect())
    }

    fn broken(&self) -> Option<String> {
        self.group.broken()
    }
}

#[derive(Debug)]
struct Opened(Arc<dyn File>);

impl Object for Opened {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }
}
