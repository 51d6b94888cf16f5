//! What was made from blobs (text, previews), keyed by digest, kind and version of the maker.
//!
//! Disposable: nothing is synced when it is written, and what is damaged reads as absent, so that
//! it is made anew. It must never be taken for the truth.

use std::{
    cell::RefCell,
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use xxhash_rust::xxh3::xxh3_128;
use zstd::bulk::Decompressor;

use super::{Digest, Disk, Error, S3, disk, s3::Bucket};

const LEVEL: i32 = 3;
/// Nothing larger was ever put, so no rotten size takes our memory.
const BYTES_MAX: usize = 1 << 30;

/// `<kind>-<version>/ab/<64 hex digits>`: 16 bytes xxh3 of the original, then its zstd form.
#[derive(Debug)]
pub struct Derived(Place);

/// Where it lies.
#[derive(Debug)]
enum Place {
    Folder {
        dir: PathBuf,
        disk: Arc<dyn Disk>,
        next: AtomicU64,
    },
    /// Below `derived/`, for all machines.
    Bucket(Arc<Bucket>),
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
        Ok(Self(Place::Folder { dir, disk, next: AtomicU64::new(0) }))
    }

    /// Uses the bucket of `Store::s3`, so that what one machine made serves all.
    ///
    /// # Errors
    /// If the client can't be made; nothing is asked of the server.
    pub fn s3(config: &S3) -> Result<Self, Error> {
        Ok(Self(Place::Bucket(Bucket::new(config)?)))
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
        let [kind, shard, name] = place(digest, kind, version);
        let (dir, disk, next) = match &self.0 {
            Place::Folder { dir, disk, next } => (dir, disk, next),
            Place::Bucket(bucket) => {
                return Ok(bucket.put(&bucket.path(&["derived", &kind, &shard, &name]), content)?);
            }
        };
        let temp = dir.join("staging").join(next.fetch_add(1, Ordering::Relaxed).to_string());
        let folder = dir.join(kind).join(shard);
        let written = disk.create(&temp).and_then(|file| {
            file.write_at(&content, 0)?;
            disk.make_dir(&folder)?;
            disk.rename(&temp, &folder.join(name))
        });
        if written.is_err() {
            let _ = disk.remove(&temp); // Else it goes at the next start.
        }
        Ok(written?)
    }

    /// What was kept; none if there is nothing sound.
    ///
    /// # Errors
    /// `Unreachable`, or as the disk says.
    pub fn get(&self, digest: Digest, kind: &str, version: u32) -> Result<Option<Vec<u8>>, Error> {
        let [folder, shard, name] = place(digest, kind, version);
        let content = match &self.0 {
            Place::Folder { dir, disk, .. } => {
                match disk.open(&dir.join(folder).join(shard).join(name), false) {
                    // What can't be read is made anew.
                    Ok(file) => content(&*file).inspect_err(|error| {
                        tracing::warn!(%digest, kind, %error, "what was derived can't be read");
                    }),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error.into()),
                }
            }
            Place::Bucket(bucket) => {
                match bucket.get_all(&bucket.path(&["derived", &folder, &shard, &name])) {
                    Err(error) if error.kind() == io::ErrorKind::HostUnreachable => {
                        return Err(error.into());
                    }
                    other => other,
                }
            }
        };
        Ok(content.ok().and_then(|content| sound(&content)))
    }

    /// Takes away all that was made of a blob, by any version, durably.
    ///
    /// # Errors
    /// As the disk says.
    pub fn remove(&self, digest: Digest) -> Result<(), Error> {
        let (shard, name) = (shard(digest), digest.to_string());
        match &self.0 {
            Place::Folder { dir, disk, .. } => {
                for kind in disk.list(dir)? {
                    if kind.name == "staging" || !kind.folder {
                        continue;
                    }
                    let folder = dir.join(kind.name).join(&shard);
                    match disk.remove(&folder.join(&name)) {
                        Ok(()) => disk.sync_dir(&folder, disk::Sync::BlobDir)?,
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Place::Bucket(bucket) => {
                for kind in bucket.folders(&bucket.path(&["derived"]))? {
                    bucket.remove(&kind.join(shard.as_str()).join(name.as_str()))?;
                }
            }
        }
        Ok(())
    }
}

fn place(digest: Digest, kind: &str, version: u32) -> [String; 3] {
    assert!(kind.bytes().all(|b| b.is_ascii_lowercase()), "a kind is made of a to z");
    [format!("{kind}-{version}"), shard(digest), digest.to_string()]
}

fn shard(digest: Digest) -> String {
    let [first, ..] = digest.0;
    format!("{first:02x}")
}

fn content(file: &dyn disk::File) -> io::Result<Vec<u8>> {
    let size = usize::try_from(file.size()?).map_err(io::Error::other)?;
    let mut content = vec![0; size.min(BYTES_MAX)];
    let read = file.read_at(&mut content, 0)?;
    content.truncate(read);
    Ok(content)
}

thread_local! {
    /// Making one costs as much as unpacking a letter; a page of hits unpacks twenty.
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

fn unpacked(packed: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    UNPACKER.with_borrow_mut(|unpacker| match unpacker {
        Some(unpacker) => unpacker.decompress(packed, limit),
        none => none.insert(Decompressor::new()?).decompress(packed, limit),
    })
}

/// The bytes, if the checksum fits.
fn sound(content: &[u8]) -> Option<Vec<u8>> {
    let (sum, packed) = content.split_first_chunk::<16>()?;
    let limit = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten()?;
    let limit = usize::try_from(limit).ok().filter(|limit| *limit <= BYTES_MAX)?;
    let bytes = unpacked(packed, limit).ok()?;
    (xxh3_128(&bytes).to_le_bytes() == *sum).then_some(bytes)
}
