//! Files with named syncs: what the blob store and the journal stand on.
//!
//! Every sync has a name, so that a simulated disk can lose what was not synced, a test can count
//! them, and a run that skips one can be shown to fail. Nothing here decides what is written.

use std::{fmt::Debug, io, path::Path, sync::Arc, time::SystemTime};

pub mod faulty;
pub mod local;

/// The syncs that durability rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sync {
    /// The bytes of a blob.
    Blob,
    /// The directory that names a blob.
    BlobDir,
    /// A frame of the journal.
    Journal,
    /// The bytes of a new or rewritten segment file.
    Segment,
    /// The directory that names a segment.
    SegmentDir,
    /// A model of the suggestions, its bytes and its name. It may be lost: it is learned anew.
    Model,
}

/// An open file.
pub trait File: Debug + Send + std::marker::Sync {
    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// As the system says; how much was written is then unknown.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Reads into `bytes` from `offset`; returns how many were read, fewer only at the end.
    ///
    /// # Errors
    /// As the system says.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Bytes in the file.
    ///
    /// # Errors
    /// As the system says.
    fn size(&self) -> io::Result<u64>;
    /// Cuts or extends (with zeros) to `size` bytes.
    ///
    /// # Errors
    /// As the system says.
    fn resize(&self, size: u64) -> io::Result<()>;
    /// Returns once the bytes and the size are on disk.
    ///
    /// # Errors
    /// As the system says; never to be retried, because a second success would prove nothing.
    fn sync(&self, what: Sync) -> io::Result<()>;
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// File name without its folder.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Last change of its content.
    pub modified: SystemTime,
    /// True: a folder.
    pub folder: bool,
}

/// A file system.
pub trait Disk: Debug + Send + std::marker::Sync {
    /// Makes a new file for reading and writing; an existing one is an error.
    ///
    /// # Errors
    /// As the system says.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Opens a file for reading, and for writing too if `write`.
    ///
    /// # Errors
    /// As the system says.
    fn open(&self, path: &Path, write: bool) -> io::Result<Arc<dyn File>>;
    /// Gives a file another name within the same file system, replacing what was there.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file a second name within the same file system; the name must be free.
    ///
    /// # Errors
    /// As the system says.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a file's name away.
    ///
    /// # Errors
    /// As the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder and those above it.
    ///
    /// # Errors
    /// As the system says.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
    /// What is in a folder, sorted by name.
    ///
    /// # Errors
    /// As the system says.
    fn list(&self, path: &Path) -> io::Result<Vec<Item>>;
    /// Returns once the names in a folder are on disk.
    ///
    /// # Errors
    /// As the system says; never to be retried.
    fn sync_dir(&self, path: &Path, what: Sync) -> io::Result<()>;
    /// Returns once everything that was written so far to the file system of folder `path`, names
    /// included, is on disk. One call serves a group, but waits for the neighbours' bytes too.
    ///
    /// # Errors
    /// As the system says, also if an earlier write of anybody failed; never to be retried.
    fn sync_system(&self, path: &Path, what: Sync) -> io::Result<()>;
    /// Takes the right to write from a file.
    ///
    /// # Errors
    /// As the system says.
    fn protect(&self, path: &Path) -> io::Result<()>;
    /// Bytes that may still be written where `path` lies.
    ///
    /// # Errors
    /// As the system says.
    fn free(&self, path: &Path) -> io::Result<u64>;
}
