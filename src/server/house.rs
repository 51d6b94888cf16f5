//! A data directory with everything in it opened, in the one right order.
//!
//! Lock before anything is read, blobs and journal before the tables, the ledger before whatever
//! follows it. `serve` runs on it; commands use it directly where nobody serves.

use std::{io, path::PathBuf, sync::Arc};

use super::{
    data::{self, Data},
    shelf::Shared,
};
use crate::{
    blob, config,
    disk::{Disk, local::Local},
    domain::source::Source,
    follow::{self, Follow},
    identity::{self, Sessions, Shelf},
    ledger::{
        self, Free, Ledger,
        journal::{Journal, file::FileJournal},
        postgres,
        table::{Table, sled::Sled},
    },
    registry::Registry,
    search,
};

/// Errors of opening.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Configuration.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The directory itself.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// Blobs or derived texts.
    #[error(transparent)]
    Blobs(#[from] blob::Error),
    /// Journal or tables.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] postgres::Error),
    /// The index.
    #[error(transparent)]
    Index(#[from] search::Error),
    /// What carries the journal into the index.
    #[error(transparent)]
    Follow(#[from] follow::Error),
    /// Types of Akten that files do not fit.
    #[error("aktentypen: {0}")]
    Aktentypen(String),
    /// Certificate or key.
    #[error(transparent)]
    Tls(#[from] super::tls::Error),
    /// Socket or thread.
    #[error("{0}: {1}")]
    System(String, io::Error),
}

impl From<ledger::journal::Error> for Error {
    fn from(error: ledger::journal::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<ledger::table::Error> for Error {
    fn from(error: ledger::table::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// Everything that was opened.
#[derive(Debug)]
pub struct House {
    /// Clock and randomness.
    pub source: Arc<dyn Source>,
    /// Journal and tables.
    pub ledger: Arc<Ledger>,
    /// Bytes.
    pub blobs: Arc<blob::Store>,
    /// Texts that were made of them.
    pub derived: Arc<blob::Derived>,
    /// The index.
    pub index: Arc<search::Index>,
    /// What feeds it.
    pub follow: Arc<Follow>,
    /// The rules.
    pub registry: Registry,
    /// Where the model of the suggestions lies.
    pub modell: PathBuf,
    /// Who is signed on.
    pub sessions: Arc<Sessions>,
    /// Last, so that the lock is given back when the rest is closed.
    _data: Data,
}

/// What lies under a ledger, opened and owned, before the tables are looked at.
pub(super) struct Ground {
    pub data: Data,
    pub blobs: Arc<blob::Store>,
    pub derived: Arc<blob::Derived>,
    pub journal: Box<dyn Journal>,
    pub table: Box<dyn Table>,
    pub shelf: Box<dyn Shelf>,
}

impl Ground {
    pub fn open(
        file: &config::File,
        source: &Arc<dyn Source>,
        create: bool,
    ) -> Result<Self, Error> {
        let data = Data::own(&file.data, create && !file.read_only)?;
        let disk: Arc<dyn Disk> = Arc::new(Local::new());
        let (blobs, derived) = blobs(file, &data, &disk, source)?;
        let (journal, table, shelf) = engine(file, &data, &disk)?;
        Ok(Self { data, blobs, derived, journal, table, shelf })
    }
}

impl House {
    /// Opens a data directory; makes it where there is none and `create`. `progress(done, total)`
    /// tells of a rebuild of the tables.
    ///
    /// # Errors
    /// See `Error`.
    pub fn open(
        file: &config::File,
        source: Arc<dyn Source>,
        create: bool,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Self, Error> {
        let typen = file.typen()?;
        let ground = Ground::open(file, &source, create)?;
        let Ground { data, blobs, derived, journal, table, shelf } = ground;
        let dir = file.data.clone();
        let free = Free::new(move || Local::new().free(&dir));
        let config = file.ledger(free);
        let ledger = Ledger::open(config, journal, table, Arc::clone(&source), progress)?;
        for note in ledger.notes() {
            tracing::warn!(note, "journal");
        }
        let ledger = Arc::new(ledger);
        let index = Arc::new(search::Index::open(&data.path("index"), file.index.heap_bytes)?);
        let follow = Follow::new(Arc::clone(&ledger), Arc::clone(&index), Arc::clone(&derived))?
            .with_typen(Arc::clone(&typen));
        if let Some(note) = follow.note() {
            tracing::warn!(note, "the index is filled anew");
        }
        let registry = Registry::new(
            Arc::clone(&ledger),
            Arc::clone(&blobs),
            Arc::clone(&derived),
            Arc::clone(&index),
            Arc::clone(&source),
            file.registry(typen),
        );
        let follow = Arc::new(follow);
        let sessions = Arc::new(Sessions::new(Arc::clone(&source), shelf));
        let modell = data.path("modell");
        Ok(Self {
            source,
            ledger,
            blobs,
            derived,
            index,
            follow,
            registry,
            modell,
            sessions,
            _data: data,
        })
    }

    /// Ends the ledger's writer with its clean marker, so that the next start is quick.
    pub fn close(&self) {
        self.ledger.close();
    }
}

type Engine = (Box<dyn Journal>, Box<dyn Table>, Box<dyn Shelf>);

/// Journal, tables and the shelf of sessions, where the configuration says that they
/// lie.
fn engine(file: &config::File, data: &Data, disk: &Arc<dyn Disk>) -> Result<Engine, Error> {
    if let Some(config) = file.postgres()? {
        data.none_of("journal", "a journal of its own; `aktenlauf move` takes it to PostgreSQL")?;
        let (journal, tables) = postgres::open(config)?;
        let shelf = Shared(tables.operational());
        return Ok((Box::new(journal), Box::new(tables), Box::new(shelf)));
    }
    data.none_of("operational/seen.json", "the marks of a node whose journal is in PostgreSQL")?;
    let journal = match file.read_only {
        true => FileJournal::open_read_only(file.journal(), Arc::clone(disk))?,
        false => FileJournal::open(file.journal(), Arc::clone(disk))?,
    };
    let tables = Sled::open(file.tables())?;
    if let Some(note) = tables.note() {
        tracing::warn!(note, "tables");
    }
    Ok((Box::new(journal), Box::new(tables), Box::new(identity::Memory::default())))
}

/// Bytes and derived texts, where the configuration says that they lie.
fn blobs(
    file: &config::File,
    data: &Data,
    disk: &Arc<dyn Disk>,
    source: &Arc<dyn Source>,
) -> Result<(Arc<blob::Store>, Arc<blob::Derived>), Error> {
    let (disk, source) = (Arc::clone(disk), Arc::clone(source));
    let (store, derived) = match file.s3()? {
        Some(s3) => (blob::Store::s3(&s3, disk, source)?, blob::Derived::s3(&s3)?),
        None => {
            let derived = blob::Derived::open(data.path("derived"), Arc::clone(&disk))?;
            (blob::Store::open(file.blob(), disk, source)?, derived)
        }
    };
    Ok((Arc::new(store), Arc::new(derived)))
}
