//! The blob store: a document's bytes under the SHA-256 of the original.
//!
//! The store hashes, verifies and compresses; a private backend only keeps named bytes and says
//! when they are durable. That a name exists proves nothing here: its bytes may never have been
//! synced, or be rotten. The store must never hand out bytes that do not fit their digest, and
//! never knows what a document is: what is referred to is the ledger's knowledge.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    disk::{self, Disk},
    domain::{digest::Digest, dokument::Ablage, source::Source, zeit::Zeitpunkt},
};

mod backend;
mod derived;
mod list;
mod lock;
mod packed;
mod reader;
mod runtime;
mod s3;
mod staging;

use backend::{Backend, Copy, Form, Name, local::Local, memory::Memory, s3::Remote};
use lock::Locks;
use staging::Spool;

pub use backend::memory::{Fate, Shared, Step};
pub use derived::Derived;
pub use list::{Found, List};
pub use lock::DigestLock;
pub use reader::{Reader, Verified};
pub use s3::S3;
pub use staging::{Staged, Staging};

/// How a store is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of the blobs; nothing else may lie in it.
    pub dir: PathBuf,
    /// Level of zstd, 1 to 19; 0 switches compression off.
    pub compress_level: i32,
    /// True: the folder lies on a file system of our own, so one sync of all of it serves a group
    /// without waiting for strangers.
    pub own_filesystem: bool,
    /// Bytes that must stay free; below, nothing is staged any more.
    pub reserve_bytes: u64,
}

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such blob.
    #[error("blob {0} is not there")]
    NotFound(Digest),
    /// The stored bytes are not those that the digest stands for.
    #[error("blob {digest} is damaged: {what}")]
    Damaged {
        /// Which.
        digest: Digest,
        /// What was found.
        what: String,
    },
    /// No room; nothing was kept of what was begun, and later may do.
    #[error("no room for blobs: {0}")]
    Full(String),
    /// The store is out of reach for now: nothing was lost, later may do.
    #[error("the blob store is not reachable: {0}")]
    Unreachable(String),
    /// A file that is no blob lies among the blobs.
    #[error("{0} lies among the blobs and is none")]
    Foreign(String),
    /// The disk failed.
    #[error("blobs: {0}")]
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full(error.to_string())
            }
            io::ErrorKind::HostUnreachable => Self::Unreachable(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

impl Error {
    /// What a failed read of one blob means.
    fn of(digest: Digest, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Damaged { digest, what: error.to_string() },
            io::ErrorKind::NotFound => Self::NotFound(digest),
            _ => error.into(),
        }
    }
}

/// How old a file must be before it can be taken for a leftover, in milliseconds: a day.
const SETTLED_MS: i64 = 24 * 60 * 60 * 1000;

/// Bytes that a push may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Which.
    pub ablage: Ablage,
    /// When this push began to write it; none: a committed record named it before.
    pub made: Option<Zeitpunkt>,
}

/// The store. It is shared by all threads.
#[derive(Debug)]
pub struct Store {
    backend: Box<dyn Backend>,
    spool: Spool,
    locks: Arc<Locks>,
    level: i32,
    source: Arc<dyn Source>,
    /// Counts up the names of files in the staging folder.
    next: AtomicU64,
}

impl Store {
    /// Opens a store in a local folder. What an earlier process left staged is removed: nobody was
    /// ever told that it is kept.
    ///
    /// # Errors
    /// As the disk says.
    pub fn open(
        config: Config,
        disk: Arc<dyn Disk>,
        source: Arc<dyn Source>,
    ) -> Result<Self, Error> {
        let staging = config.dir.join("staging");
        disk.make_dir(&staging)?;
        for item in disk.list(&staging)? {
            disk.remove(&staging.join(&item.name))?;
        }
        let backend = Local::open(&config, &staging, Arc::clone(&disk))?;
        let spool = Spool::Folder { disk, dir: staging, reserve: config.reserve_bytes };
        Ok(Self::new(Box::new(backend), spool, config.compress_level, source))
    }

    /// Opens a store in a bucket that other machines may use too, after a trial of writing,
    /// reading and removing if it shall be written. Uploads wait in a local folder, which is
    /// emptied.
    ///
    /// # Errors
    /// `Unreachable` or as the disk says; the message names what does not fit.
    pub fn s3(config: &S3, disk: Arc<dyn Disk>, source: Arc<dyn Source>) -> Result<Self, Error> {
        disk.make_dir(&config.staging)?;
        for item in disk.list(&config.staging)? {
            disk.remove(&config.staging.join(&item.name))?;
        }
        let backend = Remote::open(config, Arc::clone(&disk), &*source)?;
        let (dir, reserve) = (config.staging.clone(), config.reserve_bytes);
        let spool = Spool::Folder { disk, dir, reserve };
        Ok(Self::new(Box::new(backend), spool, config.compress_level, source))
    }

    /// A store in memory, for tests.
    #[must_use]
    pub fn memory(source: Arc<dyn Source>) -> Self {
        Self::new(Box::new(Memory::default()), Spool::Memory, 3, source)
    }

    /// One machine's store on a bucket in memory, for tests.
    #[must_use]
    pub fn memory_shared(shared: &Shared, source: Arc<dyn Source>) -> Self {
        Self::new(Box::new(Memory::of(shared)), Spool::Memory, 3, source)
    }

    fn new(backend: Box<dyn Backend>, spool: Spool, level: i32, source: Arc<dyn Source>) -> Self {
        let (locks, next) = (Arc::default(), AtomicU64::new(0));
        Self { backend, spool, locks, level, source, next }
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// `Full` if less than the reserve is free.
    pub fn stage(&self) -> Result<Staging, Error> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Staging::new(self.spool.clone(), number, self.level)
    }

    /// Why nothing is stored any more, if so: a sync failed, and what became of the names before
    /// it is unknown until the next start. Reading goes on.
    #[must_use]
    pub fn broken(&self) -> Option<String> {
        self.backend.broken()
    }

    /// Waits until nobody else of this process holds the lock of `digest` and takes it. A push
    /// holds it from `publish` to its commit, a deletion from its check to `remove`. Nobody may
    /// hold two. Between machines it is the deposits' names that keep the two apart.
    pub fn lock(&self, digest: Digest) -> DigestLock {
        self.locks.take(digest)
    }

    /// Returns once the staged bytes are durable under their digest, and which deposit they are.
    ///
    /// `known`: the deposit that a committed record of the digest names. Only then a stored copy
    /// counts, only that one, and only if its bytes check out; in every other case they are
    /// written anew: on a local disk in place of what is there, in a shared store as a deposit of
    /// its own. The staged bytes stay until `staged` is dropped, so this can be called again.
    ///
    /// # Errors
    /// `Full`, `Unreachable`, or as the disk says; then nothing is promised of the digest.
    ///
    /// # Panics
    /// If `lock` is another digest's.
    pub fn publish(
        &self,
        staged: &Staged,
        known: Option<Ablage>,
        lock: &DigestLock,
    ) -> Result<Deposit, Error> {
        let (digest, form) = (staged.digest, staged.form);
        assert_eq!(lock.digest(), digest, "the lock must be the digest's own");
        if let Some(ablage) = known {
            match self.rely_on(digest, ablage) {
                Ok(()) => return Ok(Deposit { ablage, made: None }),
                Err(error @ Error::Unreachable(_)) => return Err(error),
                Err(error) => tracing::warn!(%digest, %error, "a blob is written anew"),
            }
        }
        let made = Some(self.source.now());
        let ablage = Ablage(self.backend.shared().then(|| self.source.id()));
        self.backend.put(Name { digest, ablage, form }, staged.content())?;
        // The other form may be there since another level was configured. It goes last and may
        // stay: readers try both, so no power cut leaves them with none.
        if ablage.is_plain()
            && let Err(error) = self.backend.remove(Name { digest, ablage, form: form.other() })
        {
            tracing::warn!(%digest, %error, "a blob's other form stays");
        }
        Ok(Deposit { ablage, made })
    }

    /// Makes staged bytes durable as a deposit that a record of another installation names, which
    /// is taken over with it. Nobody else may use the store meanwhile.
    ///
    /// # Errors
    /// As `publish`.
    ///
    /// # Panics
    /// If `lock` is another digest's.
    pub fn adopt(&self, staged: &Staged, ablage: Ablage, lock: &DigestLock) -> Result<(), Error> {
        let (digest, form) = (staged.digest, staged.form);
        assert_eq!(lock.digest(), digest, "the lock must be the digest's own");
        let ablage = if self.backend.shared() { ablage } else { Ablage::default() };
        Ok(self.backend.put(Name { digest, ablage, form }, staged.content())?)
    }

    /// True if the two name the same bytes here: on a local disk there is one copy of a digest,
    /// whatever a record that was written on other machines calls it.
    #[must_use]
    pub fn same(&self, one: Ablage, other: Ablage) -> bool {
        !self.backend.shared() || one == other
    }

    /// True if there is a copy, sound or not. This proves nothing (see `publish`).
    #[must_use]
    pub fn exists(&self, digest: Digest) -> bool {
        self.backend.find(digest).is_ok_and(|found| !found.is_empty())
    }

    /// Bytes of the original.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn size(&self, digest: Digest) -> Result<u64, Error> {
        self.first(digest, |source| Ok(source.size()))
    }

    /// All bytes, verified. For small blobs: it takes as much memory.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn read(&self, digest: Digest) -> Result<Vec<u8>, Error> {
        self.first(digest, |source| {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut Reader::new(digest, source)?, &mut bytes)
                .map_err(|e| reader::error(digest, e))?;
            Ok(bytes)
        })
    }

    /// Reads a blob in a stream. No wrong byte passes silently: up to 64 MiB are verified before
    /// the first byte is handed out; of larger ones the last chunk is withheld until the digest
    /// fits.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn open_reader(&self, digest: Digest) -> Result<Reader, Error> {
        self.first(digest, |source| {
            let size = source.size();
            if size > reader::CHUNK as u64 && size <= reader::VERIFIED_FIRST {
                reader::verify(digest, source.clone())?;
            }
            Reader::new(digest, source)
        })
    }

    /// Verifies a blob as a whole, so that parts of it can be handed out.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn open_verified(&self, digest: Digest) -> Result<Verified, Error> {
        self.first(digest, |source| Verified::new(digest, source))
    }

    /// At most `len` bytes from `from` on; fewer only at the end. The whole blob is verified.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn read_range(&self, digest: Digest, from: u64, len: usize) -> Result<Vec<u8>, Error> {
        self.open_verified(digest)?.read_at(from, len)
    }

    /// Reads and hashes the whole blob.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn check(&self, digest: Digest) -> Result<(), Error> {
        self.first(digest, |source| reader::verify(digest, source))
    }

    /// Reads and hashes that very deposit, as the record that names it relies on.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn check_deposit(&self, digest: Digest, ablage: Ablage) -> Result<(), Error> {
        self.first_of(
            digest,
            |name| self.same(name.ablage, ablage),
            |source| reader::verify(digest, source),
        )
    }

    /// As `check_deposit`, and durable: the copy that is seen may have a name that a failed sync
    /// left in doubt, in this run or in the one before.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, or as the disk says.
    pub fn rely_on(&self, digest: Digest, ablage: Ablage) -> Result<(), Error> {
        self.check_deposit(digest, ablage)?;
        Ok(self.backend.settle(digest)?)
    }

    /// Asks whether the store can be reached, as what changes the digest's bytes will have to.
    ///
    /// # Errors
    /// `Unreachable`, or as the disk says.
    pub fn reach(&self, digest: Digest) -> Result<(), Error> {
        self.backend.find(digest)?;
        Ok(())
    }

    /// Takes that deposit away, and no other; that it is not there is no error.
    ///
    /// # Errors
    /// As the disk says.
    ///
    /// # Panics
    /// If `lock` is another digest's.
    pub fn remove(&self, digest: Digest, ablage: Ablage, lock: &DigestLock) -> Result<(), Error> {
        assert_eq!(lock.digest(), digest, "the lock must be the digest's own");
        let ablage = if self.backend.shared() { ablage } else { Ablage::default() };
        for form in Form::ALL {
            self.backend.remove(Name { digest, ablage, form })?;
        }
        self.backend.settle(digest)?;
        Ok(())
    }

    /// Every stored file, folder by folder. What changes meanwhile may be missed.
    #[must_use]
    pub fn list(&self) -> List<'_> {
        List::new(&*self.backend)
    }

    /// True if the file is older than a day, so that it is no upload still waiting for its commit.
    /// Whoever sweeps it takes the lock and asks the ledger all the same.
    #[must_use]
    pub fn settled(&self, found: &Found) -> bool {
        // Of two clocks the later counts: one that is slow must not make a new deposit look old.
        let since = found.ablage.begun().map_or(found.modified, |begun| begun.max(found.modified));
        self.source.now().0.saturating_sub(since.0) > SETTLED_MS
    }

    /// Does `act` on the first copy on which it succeeds, whichever: bytes that fit the digest are
    /// right. On a local disk there are two only after a change of the level of compression was
    /// cut short.
    fn first<T>(
        &self,
        digest: Digest,
        act: impl Fn(reader::Source) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.first_of(digest, |_| true, act)
    }

    fn first_of<T>(
        &self,
        digest: Digest,
        wanted: impl Fn(Name) -> bool,
        act: impl Fn(reader::Source) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let attempt = |(name, object): Copy| {
            let source = reader::Source::new(object, name.form);
            source.map_err(|e| Error::of(digest, e)).and_then(&act)
        };
        let remembered = self.backend.remembered(digest).filter(|(name, _)| wanted(*name));
        let tried = remembered.as_ref().map(|(name, _)| *name);
        let mut failed = Error::NotFound(digest);
        match remembered.map(attempt) {
            Some(Ok(value)) => return Ok(value),
            Some(Err(error @ Error::Unreachable(_))) => return Err(error),
            Some(Err(error)) => failed = error,
            None => {}
        }
        for (name, object) in self.backend.find(digest)? {
            if !wanted(name) || (tried == Some(name) && matches!(failed, Error::Damaged { .. })) {
                continue;
            }
            match attempt((name, object)) {
                Ok(value) => return Ok(value),
                Err(error @ Error::Unreachable(_)) => return Err(error),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

/// The instant that a file system's time stands for; before 1970 counts as 1970.
fn instant(time: std::time::SystemTime) -> Zeitpunkt {
    let since = time.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    Zeitpunkt(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
