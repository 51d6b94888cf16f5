//! The journal in segment files: `00000001.seg` is written to, `00000001.segz` is sealed.
//!
//! One append is one write and one sync of frames into a segment that was made beforehand; frame
//! n+1 is written only after frame n is synced, so only the last frame can be torn. Full segments
//! are sealed (compressed, indexed) behind the appender's back. Whatever fails in writing or
//! syncing poisons the journal: nothing is retried, because a later success would prove nothing.
//! Nobody else may write in the folder meanwhile: the owner of the data directory sees to that.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard,
        RwLockWriteGuard, atomic::AtomicU64,
    },
    thread::JoinHandle,
};

use self::{frame::Todo, segment::Prepared};
use super::{Damage, Error, Journal, Position, Report, Sealed};
use crate::disk::{Disk, File, Sync};

mod aside;
mod bytes;
mod erase;
mod frame;
mod map;
mod names;
mod read;
mod recover;
mod scan;
mod seal;
mod sealed;
mod segment;
mod verify;

use self::map::{Kind, Map};

/// Where and how the journal is kept.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the segments and of nothing else.
    pub dir: PathBuf,
    /// Bytes of a new segment.
    pub segment_bytes: u64,
    /// Bytes of frames that are compressed together; at least one frame.
    pub block_bytes: usize,
    /// Bytes that must stay free on the disk when a segment is made.
    pub reserve_bytes: u64,
    /// True: a thread makes and seals segments. False: the appender does it after its append,
    /// which makes every run the same, for tests.
    pub background: bool,
}

impl Config {
    /// Segments of 64 MiB in blocks of 256 KiB, nothing held in reserve.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            segment_bytes: 64 << 20,
            block_bytes: 256 << 10,
            reserve_bytes: 0,
            background: true,
        }
    }
}

/// The journal in files. Dropping it waits for the thread.
#[derive(Debug)]
pub struct FileJournal {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

/// Segments that were made and wait to be written to.
#[derive(Debug)]
struct Ready {
    /// Number of the segment to be made next.
    number: u64,
    /// In order of their numbers; the first follows the current segment.
    segments: Vec<Prepared>,
}

/// What the thread is to do.
#[derive(Debug, Default)]
struct Work {
    waiting: bool,
    stop: bool,
}

/// What the appender, the readers and the thread share. Locks are taken in the order in which
/// they stand here.
#[derive(Debug)]
struct Inner {
    config: Config,
    disk: Arc<dyn Disk>,
    /// Why nothing may be appended: damage found at the opening.
    read_only: Option<String>,
    /// That damage.
    damage: Vec<Damage>,
    /// What may be a torn write, and was not cut because nothing may be written.
    torn: Option<scan::Tail>,
    /// Erasures that were begun and can't be finished, because nothing may be written.
    todo: Todo,
    /// Why nothing more is appended: an error while writing.
    poison: OnceLock<String>,
    /// Counts the beginnings and ends of erasures; a sealing that ran beside one starts again.
    erasures: AtomicU64,
    /// Held by an erasure, and by a sealing while it puts its file in place.
    erasing: Mutex<()>,
    /// Held by the one who writes into an open segment.
    writer: Mutex<()>,
    ready: Mutex<Ready>,
    /// Held for reading while bytes are read, for writing while an erasure replaces them.
    bytes: RwLock<()>,
    map: RwLock<Map>,
    cache: Mutex<read::Cache>,
    notes: Mutex<Vec<String>>,
    work: Mutex<Work>,
    wake: Condvar,
}

/// Locks; a panic of another holder left nothing half done that the disk does not tell.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As `lock`, shared.
fn shared<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// As `lock`, alone.
fn alone<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// A place for a frame.
struct Target {
    number: u64,
    file: Arc<dyn File>,
    size: u64,
    at: u64,
}

impl FileJournal {
    /// Opens or makes the journal, recovers what a crash left, and starts the thread.
    ///
    /// Damage does not fail: the journal is then open for reading only, and nothing is changed.
    ///
    /// # Errors
    /// As the disk says; `Full` if there is no room for the first segment; `Io` of kind
    /// `Unsupported` if a newer version wrote it.
    pub fn open(config: Config, disk: Arc<dyn Disk>) -> Result<Self, Error> {
        let inner = Arc::new(recover::open(config, disk)?);
        let mut thread = None;
        if inner.read_only.is_none() {
            if inner.config.background {
                lock(&inner.work).waiting = true;
                let inner = Arc::clone(&inner);
                let run = move || inner.work();
                thread = Some(std::thread::Builder::new().name("journal".into()).spawn(run)?);
            } else {
                inner.tend();
            }
        }
        Ok(Self { inner, thread })
    }

    /// Opens the journal to read and verify it; nothing is written, recovered or cut. What a crash
    /// left behind the last whole frame is reported as damage by `verify`.
    ///
    /// # Errors
    /// As the disk says, or `Io` of kind `Unsupported` if a newer version wrote it.
    pub fn open_read_only(config: Config, disk: Arc<dyn Disk>) -> Result<Self, Error> {
        let inner = Arc::new(recover::open_read_only(config, disk)?);
        Ok(Self { inner, thread: None })
    }

    /// Waits until the thread has ended; what it was about to do, the next start does.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        lock(&self.inner.work).stop = true;
        self.inner.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by itself; nothing depends on its result.
            let _ = thread.join();
        }
    }
}

impl Inner {
    fn new(config: Config, disk: Arc<dyn Disk>, map: Map, ready: Ready) -> Self {
        Self {
            config,
            disk,
            read_only: None,
            damage: Vec::new(),
            torn: None,
            todo: Todo::new(),
            poison: OnceLock::new(),
            erasures: AtomicU64::new(0),
            erasing: Mutex::new(()),
            writer: Mutex::new(()),
            ready: Mutex::new(ready),
            bytes: RwLock::new(()),
            map: RwLock::new(map),
            cache: Mutex::default(),
            notes: Mutex::default(),
            work: Mutex::default(),
            wake: Condvar::new(),
        }
    }

    fn note(&self, note: String) {
        tracing::warn!("journal: {note}");
        lock(&self.notes).push(note);
    }

    /// Remembers the first error; from now on nothing is written.
    fn poisoned(&self, error: io::Error) -> Error {
        let _ = self.poison.set(error.to_string());
        Error::Io(error)
    }

    /// Refuses where nothing may be written.
    fn may_write(&self) -> Result<(), Error> {
        if let Some(reason) = &self.read_only {
            return Err(Error::ReadOnly(reason.clone()));
        }
        match self.poison.get() {
            None => Ok(()),
            Some(first) => Err(Error::Io(io::Error::other(format!("poisoned by: {first}")))),
        }
    }

    fn append(&self, group: &[Sealed]) -> Result<(), Error> {
        let writer = lock(&self.writer);
        self.may_write()?;
        let head = shared(&self.map).head;
        super::continues(head, group)?;
        if group.is_empty() {
            return Ok(());
        }
        self.write(writer, head, group)
    }

    fn quiet(&self) -> Result<(), Error> {
        let writer = lock(&self.writer);
        self.may_write()?;
        let (head, empty) = {
            let map = shared(&self.map);
            (map.head, map.last_empty)
        };
        if empty { Ok(()) } else { self.write(writer, head, &[]) }
    }

    fn write(
        &self,
        writer: MutexGuard<'_, ()>,
        head: Position,
        group: &[Sealed],
    ) -> Result<(), Error> {
        let too_large = || io::Error::new(io::ErrorKind::InvalidInput, "the group is too large");
        let frame = frame::encode(head, group).ok_or_else(too_large)?;
        let target = self.target(bytes::long(frame.len()))?;
        target
            .file
            .write_at(&frame, target.at)
            .and_then(|()| target.file.sync(Sync::Journal))
            .map_err(|error| self.poisoned(error))?;
        let fresh = {
            let mut map = alone(&self.map);
            let fresh = target.at == segment::HEADER;
            if fresh {
                map.begin(target.number, target.file, target.size);
            }
            let last = group.last().map(|entry| entry.position);
            map.advance(target.at, bytes::long(frame.len()), last);
            fresh
        };
        drop(writer);
        if fresh {
            self.wake();
        }
        Ok(())
    }

    /// Finds the place for a frame of `len` bytes, in the next segment if need be.
    fn target(&self, len: u64) -> Result<Target, Error> {
        let (number, empty) = {
            let map = shared(&self.map);
            let Some((number, open)) = map.current() else {
                return Err(Error::ReadOnly("there is no open segment".into()));
            };
            if open.end.saturating_add(len) <= open.size {
                let file = Arc::clone(&open.file);
                return Ok(Target { number, file, size: open.size, at: open.end });
            }
            (number, open.end == segment::HEADER)
        };
        // An empty segment that is too small is replaced, so that no segment is without a frame.
        let made = if empty { self.make(number, len)? } else { self.take_next(len)? };
        let Prepared { number, file, size } = made;
        Ok(Target { number, file, size, at: segment::HEADER })
    }

    fn take_next(&self, len: u64) -> Result<Prepared, Error> {
        let mut ready = lock(&self.ready);
        let fits = |next: &Prepared| segment::HEADER.saturating_add(len) <= next.size;
        match ready.segments.first() {
            Some(next) if fits(next) => Ok(ready.segments.remove(0)),
            Some(next) => {
                let made = self.make(next.number, len)?;
                ready.segments.remove(0);
                Ok(made)
            }
            None => {
                let made = self.make(ready.number, len)?;
                ready.number = ready.number.saturating_add(1);
                Ok(made)
            }
        }
    }

    /// Makes a segment for the appender: no room is a refusal, everything else poisons.
    fn make(&self, number: u64, len: u64) -> Result<Prepared, Error> {
        self.create(number, len).map_err(|error| match error {
            Error::Io(error) => self.poisoned(error),
            other => other,
        })
    }

    /// Makes a segment that takes a frame of `len` bytes.
    fn create(&self, number: u64, len: u64) -> Result<Prepared, Error> {
        let Config { dir, segment_bytes, reserve_bytes, .. } = &self.config;
        let bytes = (*segment_bytes).max(segment::HEADER.saturating_add(len));
        let free = self.disk.free(dir)?;
        if free < bytes.saturating_add(*reserve_bytes) {
            let what = format!("{free} bytes are free, {bytes} and the reserve are needed");
            return Err(Error::Full(what));
        }
        segment::create(&*self.disk, dir, number, bytes).map_err(full)
    }
}

/// A full disk is not a failing one.
fn full(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full(error.to_string()),
        _ => Error::Io(error),
    }
}

impl Journal for FileJournal {
    fn head(&self) -> Position {
        shared(&self.inner.map).head
    }

    fn append(&self, group: &[Sealed]) -> Result<(), Error> {
        self.inner.append(group)
    }

    fn quiet(&self) -> Result<(), Error> {
        self.inner.quiet()
    }

    fn read(&self, from: u64, max_entries: usize, max_bytes: usize) -> Result<Vec<Sealed>, Error> {
        self.inner.read(from, max_entries, max_bytes)
    }

    fn erase(&self, seqs: &[u64]) -> Result<(), Error> {
        self.inner.erase(seqs)
    }

    fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
        self.inner.verify(progress)
    }

    fn notes(&self) -> Vec<String> {
        lock(&self.inner.notes).clone()
    }

    fn read_only(&self) -> Option<String> {
        self.inner.read_only.clone()
    }
}
