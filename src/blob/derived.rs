//! What was made from blobs (text, previews), keyed by digest, kind and version of the maker.
//!
//! Disposable: nothing is synced when it is written, and what is damaged reads as absent, so that
//! it is made anew. It must never be taken for the truth.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use xxhash_rust::xxh3::xxh3_128;

use super::{Digest, Disk, Error, disk};

const LEVEL: i32 = 3;
/// Nothing larger was ever put, so no rotten size takes our memory.
const BYTES_MAX: usize = 1 << 30;

/// Files `<kind>-<version>/ab/<64 hex digits>`: 16 bytes xxh3 of the original, then its zstd form.
#[derive(Debug)]
pub struct Derived {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    next: AtomicU64,
}

impl Derived {
    /// Opens the folder and removes what an earlier process left half-written.
    ///
    /// # Errors
    /// As the disk says.
    pub fn open(dir: PathBuf, disk: Arc<dyn Disk>) -> Result<Self, Error> {
        let staging = dir.join("staging");
        disk.make_dir(&staging)?;
        for item in disk.list(&staging)? {
            disk.remove(&staging.join(&item.name))?;
        }
        Ok(Self { dir, disk, next: AtomicU64::new(0) })
    }

    /// Keeps what a maker of this version made of a blob.
    ///
    /// # Errors
    /// `Full`, or as the disk says.
    ///
    /// # Panics
    /// If `kind` is not made of a to z.
    pub fn put(&self, digest: Digest, kind: &str, version: u32, bytes: &[u8]) -> Result<(), Error> {
        let mut content = xxh3_128(bytes).to_le_bytes().to_vec();
        content.extend(zstd::bulk::compress(bytes, LEVEL)?);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temp = self.dir.join("staging").join(number.to_string());
        let path = self.path(digest, kind, version);
        let written = self.disk.create(&temp).and_then(|file| {
            file.write_at(&content, 0)?;
            self.disk.make_dir(path.parent().unwrap_or(Path::new("")))?;
            self.disk.rename(&temp, &path)
        });
        if written.is_err() {
            let _ = self.disk.remove(&temp); // Else it goes at the next start.
        }
        Ok(written?)
    }

    /// What was kept; none if there is nothing sound.
    ///
    /// # Errors
    /// As the disk says.
    pub fn get(&self, digest: Digest, kind: &str, version: u32) -> Result<Option<Vec<u8>>, Error> {
        let file = match self.disk.open(&self.path(digest, kind, version), false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(sound(&*file).unwrap_or_else(|error| {
            tracing::warn!(%digest, kind, %error, "what can't be read is made anew");
            None
        }))
    }

    /// Takes away all that was made of a blob, by any version, durably.
    ///
    /// # Errors
    /// As the disk says.
    pub fn remove(&self, digest: Digest) -> Result<(), Error> {
        for kind in self.disk.list(&self.dir)? {
            if kind.name == "staging" || !kind.folder {
                continue;
            }
            let folder = shard(&self.dir.join(kind.name), digest);
            match self.disk.remove(&folder.join(digest.to_string())) {
                Ok(()) => self.disk.sync_dir(&folder, disk::Sync::BlobDir)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn path(&self, digest: Digest, kind: &str, version: u32) -> PathBuf {
        assert!(kind.bytes().all(|b| b.is_ascii_lowercase()), "a kind is made of a to z");
        shard(&self.dir.join(format!("{kind}-{version}")), digest).join(digest.to_string())
    }
}

fn shard(dir: &Path, digest: Digest) -> PathBuf {
    let [first, ..] = digest.0;
    dir.join(format!("{first:02x}"))
}

/// The bytes, if the checksum fits.
fn sound(file: &dyn disk::File) -> io::Result<Option<Vec<u8>>> {
    let size = usize::try_from(file.size()?).map_err(io::Error::other)?;
    let mut content = vec![0; size.min(BYTES_MAX)];
    let read = file.read_at(&mut content, 0)?;
    let Some((sum, packed)) = content.get(..read).and_then(|c| c.split_first_chunk::<16>()) else {
        return Ok(None);
    };
    let limit = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let Some(limit) = limit.and_then(|l| usize::try_from(l).ok()).filter(|l| *l <= BYTES_MAX)
    else {
        return Ok(None);
    };
    let bytes = zstd::bulk::decompress(packed, limit).ok();
    Ok(bytes.filter(|bytes| xxh3_128(bytes).to_le_bytes() == *sum))
}
