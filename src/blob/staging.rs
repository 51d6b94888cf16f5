//! An upload on its way in: hashed while it is written, compressed where that pays.
//!
//! Small ones stay in memory until they are published, larger ones in a file of the staging
//! folder. Either is gone when it is dropped; nothing here is durable or has a digest's name.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use super::{
    Digest, Disk, Error,
    backend::{Content, Form},
    disk::File,
    packed::{self, Packer},
};

/// Uploads up to this size stay in memory: one file and several calls fewer.
const IN_MEMORY: usize = 256 << 10;
/// Bytes on which compression is tried.
const TRIAL: usize = 64 << 10;
/// Below this a file takes one block of the disk anyhow.
const WORTHWHILE: usize = 4 << 10;
/// Bytes kept for telling the type.
const HEAD: usize = 4 << 10;
/// After so many bytes a long upload looks again whether there is room.
const LOOK_AGAIN: u64 = 8 << 20;

/// Where uploads wait.
#[derive(Clone, Debug)]
pub(super) enum Spool {
    /// Large ones in files of this folder, as long as `reserve` bytes stay free.
    Folder { disk: Arc<dyn Disk>, dir: PathBuf, reserve: u64 },
    /// All of them in memory.
    Memory,
}

impl Spool {
    fn room(&self) -> Result<(), Error> {
        let Self::Folder { disk, dir, reserve } = self else { return Ok(()) };
        let free = disk.free(dir)?;
        if free < *reserve {
            return Err(Error::Full(format!("{free} bytes free, {reserve} must stay")));
        }
        Ok(())
    }
}

/// An upload that is still being written.
#[derive(Debug)]
pub struct Staging {
    spool: Spool,
    number: u64,
    level: i32,
    hash: Sha256,
    size: u64,
    head: Vec<u8>,
    /// None once a write failed: what was written since is unknown.
    kept: Option<Kept>,
}

#[derive(Debug)]
enum Kept {
    Memory(Vec<u8>),
    Spilled(Box<Spilled>),
}

#[derive(Debug)]
struct Spilled {
    name: StageFile,
    file: Arc<dyn File>,
    at: u64,
    looked: u64,
    packer: Option<Packer>,
}

/// A file of the staging folder; removed when dropped.
#[derive(Debug)]
struct StageFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl Drop for StageFile {
    fn drop(&mut self) {
        // What can't be removed now goes at the next start.
        if let Err(error) = self.disk.remove(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "a staged file stays");
        }
    }
}

impl Staging {
    pub(super) fn new(spool: Spool, number: u64, level: i32) -> Result<Self, Error> {
        spool.room()?;
        let kept = Some(Kept::Memory(Vec::new()));
        let (hash, head) = (Sha256::new(), Vec::new());
        Ok(Self { spool, number, level, hash, size: 0, head, kept })
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `Full`, or as the disk says. After an error it can only be dropped.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let kept = self.kept.take().ok_or_else(failed)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        self.kept = Some(match kept {
            Kept::Memory(mut buffer) => {
                buffer.extend_from_slice(bytes);
                match &self.spool {
                    Spool::Folder { disk, dir, .. } if buffer.len() > IN_MEMORY => {
                        Kept::Spilled(Box::new(self.spill(&buffer, disk, dir)?))
                    }
                    _ => Kept::Memory(buffer),
                }
            }
            Kept::Spilled(mut spilled) => {
                spilled.write(bytes)?;
                if spilled.at > spilled.looked + LOOK_AGAIN {
                    self.spool.room()?;
                    spilled.looked = spilled.at;
                }
                Kept::Spilled(spilled)
            }
        });
        Ok(())
    }

    fn spill(&self, buffer: &[u8], disk: &Arc<dyn Disk>, dir: &Path) -> Result<Spilled, Error> {
        let path = dir.join(format!("stage-{}", self.number));
        let packer = pays(buffer, self.level)?.then(|| Packer::new(self.level)).transpose()?;
        let file = disk.create(&path)?;
        let name = StageFile { disk: Arc::clone(disk), path };
        let mut spilled = Spilled { name, file, at: 0, looked: 0, packer };
        spilled.write(buffer)?;
        Ok(spilled)
    }

    /// Ends the upload and names its digest.
    ///
    /// # Errors
    /// `Full`, or as the disk says.
    pub fn finish(self) -> Result<Staged, Error> {
        let (form, content) = match self.kept.ok_or_else(failed)? {
            Kept::Memory(buffer) => match pays(&buffer, self.level)? {
                true => (Form::Packed, Held::Memory(packed::pack(&buffer, self.level)?)),
                false => (Form::Raw, Held::Memory(buffer)),
            },
            Kept::Spilled(spilled) => spilled.finish()?,
        };
        let digest = Digest(self.hash.finalize().into());
        Ok(Staged { digest, size: self.size, head: self.head, form, content })
    }
}

impl Spilled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (file, at) = (&self.file, &mut self.at);
        let mut sink = |part: &[u8]| {
            file.write_at(part, *at)?;
            *at += part.len() as u64;
            Ok(())
        };
        match &mut self.packer {
            Some(packer) => packer.write(bytes, &mut sink),
            None => sink(bytes),
        }
    }

    fn finish(mut self) -> io::Result<(Form, Held)> {
        let Some(packer) = self.packer.take() else {
            return Ok((Form::Raw, Held::File(self.name)));
        };
        packer.finish(&mut |part| {
            self.file.write_at(part, self.at)?;
            self.at += part.len() as u64;
            Ok(())
        })?;
        Ok((Form::Packed, Held::File(self.name)))
    }
}

fn failed() -> Error {
    Error::Io(io::Error::other("the upload failed before"))
}

/// An upload that is complete and waits for `Store::publish`.
#[derive(Debug)]
pub struct Staged {
    /// SHA-256 of the original bytes.
    pub digest: Digest,
    /// Bytes of the original.
    pub size: u64,
    /// The first bytes of the original, at most 4 KiB, to tell its type by.
    pub head: Vec<u8>,
    pub(super) form: Form,
    content: Held,
}

#[derive(Debug)]
enum Held {
    Memory(Vec<u8>),
    File(StageFile),
}

impl Staged {
    pub(super) fn content(&self) -> Content<'_> {
        match &self.content {
            Held::Memory(bytes) => Content::Bytes(bytes),
            Held::File(file) => Content::File(&file.path),
        }
    }
}

/// Whether compressing pays: never for what is compressed by its format (PDF and images gain 12 %
/// at most, and stay readable by any tool), else if a trial saves a fifth.
fn pays(bytes: &[u8], level: i32) -> io::Result<bool> {
    const PACKED_ALREADY: [&[u8]; 6] =
        [b"%PDF-", b"\x89PNG", b"\xFF\xD8\xFF", b"GIF8", b"PK\x03\x04", b"\x28\xB5\x2F\xFD"];
    let trial = bytes.get(..TRIAL).unwrap_or(bytes);
    if level == 0
        || trial.len() < WORTHWHILE
        || PACKED_ALREADY.iter().any(|magic| trial.starts_with(magic))
    {
        return Ok(false);
    }
    let packed = zstd::bulk::compress(trial, level)?.len();
    Ok(packed * 10 <= trial.len() * 8)
}
