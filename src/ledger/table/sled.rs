//! Tables in one sled tree, because only within one tree a batch is atomic.
//!
//! sled is never trusted: its flush is no fsync, and a flipped bit in its file opens silently
//! with rows missing. It must hold nothing that can't be rebuilt from the journal; a folder that
//! does not open is thrown away.

use std::{
    fs::{self, File},
    io,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Error, Pair, Table, Write, crossed};

/// How sled is run.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder, sled's alone.
    pub dir: PathBuf,
    /// Upper bound of sled's page cache in bytes (its own default is 1 GiB).
    pub cache_bytes: u64,
}

impl Config {
    /// A folder with a cache of 64 MiB.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), cache_bytes: 64 << 20 }
    }
}

/// Rows in sled.
#[derive(Debug)]
pub struct Sled {
    config: Config,
    /// None only while the folder is being replaced, or after that failed.
    db: RwLock<Option<sled::Db>>,
    note: Option<String>,
    /// From a wipe to the next barrier.
    loading: AtomicBool,
}

impl Sled {
    /// Opens the folder. One that sled can't read is removed and begun anew, which `note` tells;
    /// the ledger then rebuilds the rows.
    ///
    /// # Errors
    /// If no folder can be made there.
    pub fn open(config: Config) -> Result<Self, Error> {
        let (db, note) = match start(&config) {
            Ok(db) => (db, None),
            Err(reason) => {
                remove(&config.dir)?;
                let note = format!("tables thrown away, sled could not open them: {reason}");
                (start(&config).map_err(Error::Engine)?, Some(note))
            }
        };
        Ok(Self { config, db: RwLock::new(Some(db)), note, loading: AtomicBool::new(false) })
    }

    /// What the opening had to do, for the operator.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    fn with<T>(&self, run: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, Error> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = db.as_ref().ok_or_else(|| Error::Engine("sled is closed".into()))?;
        run(db).map_err(|e| Error::Engine(e.to_string()))
    }

    /// Row by row: a batch would keep every reader out while it is applied, and who rebuilds
    /// reads for the next batch meanwhile.
    fn load(&self, batch: &[Write]) -> Result<(), Error> {
        self.with(|db| {
            batch.iter().try_for_each(|(key, value)| match value {
                Some(value) => db.insert(key, value.as_slice()).map(drop),
                None => db.remove(key).map(drop),
            })
        })
    }

    /// sled's own flush calls `sync_file_range`, which a power cut does not respect.
    fn sync(&self) -> Result<(), Error> {
        self.with(|db| {
            db.flush()?;
            for item in fs::read_dir(&self.config.dir)? {
                let item = item?;
                if item.file_type()?.is_file() {
                    File::open(item.path())?.sync_all()?;
                }
            }
            File::open(&self.config.dir)?.sync_all()?;
            Ok(())
        })
    }
}

/// Opens sled; it panics on some damaged files, which must not end the process.
fn start(config: &Config) -> Result<sled::Db, String> {
    let options = sled::Config::new()
        .path(&config.dir)
        .cache_capacity(config.cache_bytes)
        .flush_every_ms(Some(500));
    match catch_unwind(AssertUnwindSafe(|| options.open())) {
        Ok(opened) => opened.map_err(|e| e.to_string()),
        Err(_) => Err("it panicked".into()),
    }
}

fn remove(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::Engine(e.to_string())),
        _ => Ok(()),
    }
}

impl Table for Sled {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.with(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        if crossed(from, to) {
            return Ok(Vec::new());
        }
        let pair = |row: sled::Result<(sled::IVec, sled::IVec)>| {
            row.map(|(key, value)| (key.to_vec(), value.to_vec()))
        };
        self.with(|db| {
            let range = db.range::<&[u8], _>((from, to));
            if reverse {
                range.rev().take(limit).map(pair).collect()
            } else {
                range.take(limit).map(pair).collect()
            }
        })
    }

    fn commit(&self, batch: &[Write]) -> Result<(), Error> {
        if batch.is_empty() {
            self.loading.store(false, Ordering::SeqCst);
            return self.sync();
        }
        if self.loading.load(Ordering::SeqCst) {
            return self.load(batch);
        }
        let mut writes = sled::Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => writes.insert(key.as_slice(), value.as_slice()),
                None => writes.remove(key.as_slice()),
            }
        }
        self.with(|db| db.apply_batch(writes))
    }

    /// Replaces the folder: sled's own `clear` removes row by row.
    fn wipe(&self) -> Result<(), Error> {
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        drop(db.take());
        remove(&self.config.dir)?;
        *db = Some(start(&self.config).map_err(Error::Engine)?);
        self.loading.store(true, Ordering::SeqCst);
        Ok(())
    }
}
