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
    domain::{digest::Digest, source::Source, zeit::Zeitpunkt},
};

mod backend;
mod derived;
mod list;
mod lock;
mod packed;
mod reader;
mod staging;

use backend::{Backend, Form, Name, local::Local, memory::Memory};
use lock::Locks;
use staging::Spool;

pub use derived::Derived;
pub use list::{Found, List};
pub use lock::DigestLock;
pub use reader::{Reader, Verified};
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
            _ => Self::Io(error),
        }
    }
}

impl Error {
    /// What a failed read of one blob means.
    fn of(digest: Digest, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Damaged { digest, what: error.to_string() },
            _ => Self::Io(error),
        }
    }
}

/// How old a file must be before it can be taken for a leftover, in milliseconds: a day.
const SETTLED_MS: i64 = 24 * 60 * 60 * 1000;

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
        Ok(Self {
            backend: Box::new(backend),
            spool: Spool::Folder { disk, dir: staging, reserve: config.reserve_bytes },
            locks: Arc::default(),
            level: config.compress_level,
            source,
            next: AtomicU64::new(0),
        })
    }

    /// A store in memory, for tests.
    #[must_use]
    pub fn memory(source: Arc<dyn Source>) -> Self {
        Self {
            backend: Box::new(Memory::default()),
            spool: Spool::Memory,
            locks: Arc::default(),
            level: 3,
            source,
            next: AtomicU64::new(0),
        }
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

    /// Waits until nobody else holds the lock of `digest` and takes it. A push holds it from
    /// `publish` to its commit, a deletion from its check to `remove`. Nobody may hold two.
    pub fn lock(&self, digest: Digest) -> DigestLock {
        self.locks.take(digest)
    }

    /// Returns once the staged bytes are durable under their digest.
    ///
    /// `known`: the ledger holds a committed record of the digest. Only then a stored copy counts,
    /// and only if its bytes check out; in every other case they are written anew and replace it.
    /// The staged bytes stay until `staged` is dropped, so this can be called again.
    ///
    /// # Errors
    /// `Full`, or as the disk says; then nothing is promised of the digest.
    ///
    /// # Panics
    /// If `lock` is another digest's.
    pub fn publish(&self, staged: &Staged, known: bool, lock: &DigestLock) -> Result<(), Error> {
        let digest = staged.digest;
        assert_eq!(lock.digest(), digest, "the lock must be the digest's own");
        if known {
            match self.check(digest) {
                // The copy that is seen may have a name that a failed sync left in doubt, in this
                // run or in the one before.
                Ok(()) => return Ok(self.backend.settle(digest)?),
                Err(error) => tracing::warn!(%digest, %error, "a blob is written anew"),
            }
        }
        self.backend.put(Name { digest, form: staged.form }, staged.content())?;
        // The other form may be there since another level was configured. It goes last and may
        // stay: readers try both, so no power cut leaves them with none.
        if let Err(error) = self.backend.remove(Name { digest, form: staged.form.other() }) {
            tracing::warn!(%digest, %error, "a blob's other form stays");
        }
        Ok(())
    }

    /// True if there is a copy, sound or not. This proves nothing (see `publish`).
    #[must_use]
    pub fn exists(&self, digest: Digest) -> bool {
        Form::ALL
            .into_iter()
            .any(|form| matches!(self.backend.open(Name { digest, form }), Ok(Some(_))))
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

    /// Takes the bytes away; that there are none is no error.
    ///
    /// # Errors
    /// As the disk says.
    ///
    /// # Panics
    /// If `lock` is another digest's.
    pub fn remove(&self, digest: Digest, lock: &DigestLock) -> Result<(), Error> {
        assert_eq!(lock.digest(), digest, "the lock must be the digest's own");
        for form in Form::ALL {
            self.backend.remove(Name { digest, form })?;
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
        let age_ms = self.source.now().0.saturating_sub(found.modified.0);
        age_ms > SETTLED_MS
    }

    /// Does `act` on the first copy on which it succeeds. There are two only after a change of the
    /// level of compression was cut short.
    fn first<T>(
        &self,
        digest: Digest,
        act: impl Fn(reader::Source) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut failed = Error::NotFound(digest);
        for form in Form::ALL {
            let Some(object) = self.backend.open(Name { digest, form })? else { continue };
            match reader::Source::new(object, form).map_err(|e| Error::of(digest, e)).and_then(&act)
            {
                Ok(value) => return Ok(value),
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
