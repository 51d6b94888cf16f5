//! The ledger: an append-only, sealed journal and the tables that are projected from it.
//!
//! The journal is the truth; the tables can be thrown away. There is one writer: it takes all
//! waiting commits, decides each on the tables plus what the group has already changed, appends
//! one frame, syncs once, applies one batch, answers. A commit lands whole or not at all. What a
//! record means is not known here: rules live in the registry, the only one to call `commit`.

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, SyncSender},
    },
    thread::JoinHandle,
    time::Duration,
};

use uuid::Uuid;

use crate::domain::{record::Kind, source::Source};

mod apply;
mod commit;
mod derive;
mod entry;
mod erase;
mod joint;
pub mod journal;
mod overlay;
pub mod postgres;
mod recover;
mod rows;
mod sums;
pub mod table;
mod verify;
mod view;
mod writer;

pub use commit::{CommitError, Committed};
pub use entry::{BODY_FORM, Body, Change, Draft, Entry, Position, Seal, Subject};
pub use verify::{Report, Stage, verify, verify_deep};
pub use view::{Row, Stored, View};

use apply::{Stores, decode};
use journal::{Journal, Sealed};
use recover::Recovered;
use rows::Meta;
use sums::Sums;
use table::Table;
use writer::{Message, Writer};

/// Bytes of bodies that one call of `entries` returns at most (but always one entry).
const READ_BYTES_MAX: usize = 8 << 20;

/// Errors of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The engine of the tables failed.
    #[error(transparent)]
    Table(#[from] table::Error),
    /// A row is not what was written; the next start tests all of them and rebuilds.
    #[error("damaged: {0}")]
    Damaged(String),
    /// An entry, or a record that it wrote, that this version can't read.
    #[error("entry {seq}: {what}")]
    Entry {
        /// Which.
        seq: u64,
        /// What is wrong.
        what: String,
    },
    /// Drafts that are not fit to be written: a mistake of the caller's program.
    #[error("not fit for the journal: {0}")]
    Draft(String),
    /// The decision panicked.
    #[error("the decision panicked: {0}")]
    Panicked(String),
    /// The writer could not be started.
    #[error("the writer: {0}")]
    Writer(#[from] io::Error),
}

/// Tells how many bytes are free where the journal lies.
#[derive(Clone)]
pub struct Free(Arc<dyn Fn() -> io::Result<u64> + Send + Sync>);

impl Free {
    /// Asks `bytes`, once a group.
    pub fn new(bytes: impl Fn() -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }

    fn bytes(&self) -> io::Result<u64> {
        (self.0)()
    }
}

impl std::fmt::Debug for Free {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Free")
    }
}

/// How a ledger is run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name and version of this program, for the entries.
    pub software: String,
    /// After how many milliseconds without a commit an empty frame follows.
    pub quiet_ms: u64,
    /// Commits in one group at most; four times as many may wait.
    pub group_max: usize,
    /// A group is closed when its bodies have this many bytes.
    pub group_bytes_max: usize,
    /// Below so many free bytes commits are refused as `Full`; needs `free`.
    pub reserve_bytes: u64,
    /// Where the free bytes are asked for; none: only the journal itself knows when it is full.
    pub free: Option<Free>,
    /// Why nothing may be written, where the operator wants it so.
    pub read_only: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            software: concat!("aktenlauf ", env!("CARGO_PKG_VERSION")).into(),
            quiet_ms: 1_000,
            group_max: 1_024,
            group_bytes_max: 1 << 20,
            reserve_bytes: 0,
            free: None,
            read_only: None,
        }
    }
}

/// Whether commits are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// They are.
    Ready,
    /// Damage was found, the operator wants it so, or it is closed.
    ReadOnly(String),
    /// The last one found no room; the next one tries again.
    Full(String),
    /// The last one did not reach the engine; the next one tries again.
    Unreachable(String),
    /// A write failed and its outcome is unknown: the process should end.
    Poisoned(String),
}

impl State {
    /// Whether the next commit is tried.
    const fn goes_on(&self) -> bool {
        matches!(self, Self::Ready | Self::Full(_) | Self::Unreachable(_))
    }
}

/// What readers and the writer share.
#[derive(Debug)]
struct Shared {
    journal: Box<dyn Journal>,
    table: Box<dyn Table>,
    applied: Mutex<Meta>,
    moved: Condvar,
    /// True from before a batch goes into the tables until `applied` tells of it.
    applying: AtomicBool,
    state: Mutex<State>,
    suspect: AtomicBool,
    /// The last look at what others wrote failed.
    cut_off: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn stores(&self) -> Stores<'_> {
        Stores { journal: &*self.journal, table: &*self.table }
    }

    fn applied(&self) -> Meta {
        lock(&self.applied).clone()
    }

    fn apply(&self, batch: &[table::Write], meta: Meta) -> Result<(), Error> {
        self.applying.store(true, Ordering::SeqCst);
        self.table.commit(batch)?;
        *lock(&self.applied) = meta;
        self.applying.store(false, Ordering::SeqCst);
        self.moved.notify_all();
        Ok(())
    }

    /// Takes over what was found in tables that others write to.
    fn advance(&self, meta: Meta) {
        let mut applied = lock(&self.applied);
        if meta.applied.seq > applied.applied.seq {
            *applied = meta;
            drop(applied);
            self.moved.notify_all();
        }
    }

    /// Ends the service if what was shown here last is not in the journal any more: a standby took
    /// over that had not got it (it was never acknowledged). The next start makes the index anew.
    /// `whole`: the journal was read where it is written, so that what is missing is not late.
    fn same_history(&self, whole: bool) -> Result<(), Error> {
        let shown = self.applied().applied;
        let found = match shown.seq {
            0 => return Ok(()),
            seq => self.journal.read(seq, 1, 0)?,
        };
        if found.first().map_or(!whole, |entry| entry.position == shown) {
            return Ok(());
        }
        let what = format!("entry {} was replaced by another history; start again", shown.seq);
        self.poison(&what);
        Err(Error::Damaged(what))
    }

    /// What the tables hold; none while a batch is on its way into them.
    fn settled(&self) -> Option<Sums> {
        let applied = lock(&self.applied);
        (!self.applying.load(Ordering::SeqCst)).then(|| applied.sums.clone())
    }

    fn state(&self) -> State {
        lock(&self.state).clone()
    }

    fn set(&self, state: State) {
        *lock(&self.state) = state;
    }

    fn poison(&self, why: &str) {
        tracing::error!(why, "the ledger writes nothing any more");
        self.set(State::Poisoned(why.into()));
    }

    /// Ends the service unless it ended worse before.
    fn end(&self, why: &str) {
        let mut state = lock(&self.state);
        if state.goes_on() {
            *state = State::ReadOnly(why.into());
        }
    }

    fn suspect(&self, row: &str) {
        tracing::error!(row, "a row of the tables is damaged; the next start tests them all");
        self.suspect.store(true, Ordering::Relaxed);
    }

    fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    /// The position of an entry that is in the journal.
    fn position(&self, seq: u64) -> Result<Position, Error> {
        let found = self.journal.read(seq, 1, usize::MAX)?;
        let position = found.first().map(|sealed| sealed.position);
        position.ok_or_else(|| Error::Entry { seq, what: "it is not in the journal".into() })
    }
}

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    shared: Arc<Shared>,
    queue: SyncSender<Message>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Where others write too: what they have written is looked for until this is dropped.
    _watch: Option<joint::Watch>,
    notes: Vec<String>,
}

/// Makes tables unusable, so that the next opening builds them anew.
///
/// # Errors
/// As the engine says.
pub fn discard(table: &dyn Table) -> Result<(), Error> {
    Ok(table.commit(&[(rows::STAND.to_vec(), None)])?)
}

impl Ledger {
    /// Brings the tables to the journal's head (replay, or rebuild where they do not fit), ends
    /// erasures that were left open, and starts the writer. `progress` gets entries applied and
    /// in all.
    ///
    /// # Errors
    /// If the journal or the engine fails, or a newer version wrote an entry.
    pub fn open(
        config: Config,
        journal: Box<dyn Journal>,
        table: Box<dyn Table>,
        source: Arc<dyn Source>,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Self, Error> {
        let mut notes = journal.notes();
        let stores = Stores { journal: &*journal, table: &*table };
        let Recovered { meta, marked, notes: found } = match journal.joint() {
            Some(joint) => joint::recover(stores, joint, progress)?,
            None => recover::recover(stores, progress)?,
        };
        notes.extend(found);
        let read_only = journal.read_only().or_else(|| config.read_only.clone());
        let shared = Arc::new(Shared {
            journal,
            table,
            applied: Mutex::new(meta.clone()),
            moved: Condvar::new(),
            applying: AtomicBool::new(false),
            state: Mutex::new(read_only.map_or(State::Ready, State::ReadOnly)),
            suspect: AtomicBool::new(false),
            cut_off: AtomicBool::new(false),
        });
        let (queue, waiting) = mpsc::sync_channel(config.group_max.saturating_mul(4).max(1));
        let mut writer = Writer::new(Arc::clone(&shared), source, config, meta, marked);
        writer.finish_erasures()?;
        let watch = shared.journal.joint().map(|_| joint::watch(&shared)).transpose()?;
        let last = Arc::clone(&shared);
        let writer = std::thread::Builder::new().name("ledger".into()).spawn(move || {
            let run = std::panic::AssertUnwindSafe(|| writer.run(&waiting));
            if let Err(panic) = std::panic::catch_unwind(run) {
                last.poison(&format!("the writer panicked: {}", commit::panic_text(&*panic)));
            }
            last.end("the writer has ended");
        })?;
        Ok(Self { shared, queue, writer: Mutex::new(Some(writer)), _watch: watch, notes })
    }

    /// The tables as applied: what a commit wrote is seen here once it has returned.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(&self.shared, None)
    }

    /// What became of a commit whose answer was lost: its first and last entry.
    ///
    /// # Errors
    /// As the tables or the journal say.
    pub fn outcome(&self, id: Uuid) -> Result<Option<(Position, Position)>, Error> {
        let row = rows::commit(id);
        let Some(value) = self.shared.table.get(&row)? else { return Ok(None) };
        let (first, last) = rows::open_commit(&row, &value)?;
        Ok(Some((self.shared.position(first)?, self.shared.position(last)?)))
    }

    /// The last entry that is durable.
    #[must_use]
    pub fn head(&self) -> Position {
        self.shared.journal.head()
    }

    /// The last entry that the tables show; `head`, but for the moment between the two.
    #[must_use]
    pub fn applied(&self) -> Position {
        lock(&self.shared.applied).applied
    }

    /// Entries in order from `from` on, none that the tables do not show yet, at most `max`, and
    /// fewer if they are large.
    ///
    /// # Errors
    /// As the journal says.
    pub fn entries(&self, from: u64, max: usize) -> Result<Vec<Entry>, Error> {
        let applied = self.applied().seq;
        if from > applied || max == 0 {
            return Ok(Vec::new());
        }
        let found = self.shared.journal.read(from.max(1), max, READ_BYTES_MAX)?;
        let shown = found.iter().take_while(|sealed| sealed.position.seq <= applied);
        shown.map(decode).collect()
    }

    /// As `entries`, sealed as the journal keeps them, for a copy that must be the same.
    ///
    /// # Errors
    /// As the journal says.
    pub fn sealed(&self, from: u64, max: usize) -> Result<Vec<Sealed>, Error> {
        Ok(self.shared.journal.read(from.max(1), max, READ_BYTES_MAX)?)
    }

    /// Keeps every other process from writing, as long as what is returned lives.
    ///
    /// # Errors
    /// As the engine says.
    pub fn keep_still(&self) -> Result<Box<dyn Send>, Error> {
        match self.shared.journal.joint() {
            Some(joint) => Ok(joint.keep_out()?),
            None => Ok(Box::new(())),
        }
    }

    /// `View::history` on the tables as applied.
    ///
    /// # Errors
    /// As the tables say.
    pub fn history(
        &self,
        kind: Kind,
        key: &str,
        before: u64,
        limit: usize,
    ) -> Result<Vec<u64>, Error> {
        self.view().history(kind, key, before, limit)
    }

    /// Waits until the tables show an entry beyond `seq`, at most `timeout`. Returns what they
    /// show then.
    #[must_use]
    pub fn wait_beyond(&self, seq: u64, timeout: Duration) -> Position {
        let still = |meta: &mut Meta| meta.applied.seq <= seq;
        let guard = lock(&self.shared.applied);
        let waited = self.shared.moved.wait_timeout_while(guard, timeout, still);
        waited.unwrap_or_else(PoisonError::into_inner).0.applied
    }

    /// Whether commits are taken.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.state()
    }

    /// False while not even reading reaches the engine.
    #[must_use]
    pub fn readable(&self) -> bool {
        !self.shared.cut_off.load(Ordering::Relaxed)
    }

    /// What the opening had to do, for the operator.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Ends the writer once it has served what waits, with a quiet frame and the clean marker
    /// that saves the next start a scan. A ledger that is dropped instead is found unclean.
    pub fn close(&self) {
        self.stop(Message::Close);
    }

    fn stop(&self, message: Message) {
        if let Some(writer) = lock(&self.writer).take() {
            // Either may fail only if the writer is already gone.
            let _ = self.queue.send(message);
            let _ = writer.join();
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.stop(Message::Drop);
    }
}
