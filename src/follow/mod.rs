//! Carries the journal into the index, entry by entry, each object as it is now.
//!
//! It only reads the ledger. The index's position moves behind an entry only after everything the
//! entry touches has been put, so a crash loses nothing; a position whose seal is not the
//! journal's means another journal, and the index is filled anew. Nobody enqueues work here.

mod before;
mod build;
mod indexed;
mod stale;
mod touched;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

pub use indexed::Waiter;

use crate::{
    blob::{self, Derived},
    domain::{
        aktentyp::Aktentypen,
        digest::Digest,
        dokument::{Dokument, TextZustand, Textstand},
        record::Kind,
    },
    ledger::{self, Change, Entry, Ledger},
    search::{self, Index, Position},
};
use build::Builder;
use indexed::{At, Indexed};
use stale::Stale;
use touched::Batch;

/// Entries taken at once.
const BATCH_MAX: usize = 512;

/// Time between commits where nobody waits, and where somebody does: a commit takes 10 to 30 ms,
/// so this bounds what they cost.
const COMMIT_EVERY: Duration = Duration::from_millis(500);
const COMMIT_SOON: Duration = Duration::from_millis(50);

/// Text gathered in memory before a commit comes whatever the time.
const PENDING_MAX: usize = 16 << 20;

/// How often an idle index takes over what background merges have done.
const SETTLE_EVERY: Duration = Duration::from_secs(5);

/// Errors of the follower.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The index failed; the next step goes on from its last commit.
    #[error(transparent)]
    Index(#[from] search::Error),
    /// Texts are out of reach for now.
    #[error(transparent)]
    Texts(#[from] blob::Error),
    /// So many rights have changed that the index has to catch up before anybody searches.
    #[error("more rights changed than can be excluded; the index is catching up")]
    Behind,
}

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// All entries up to here are found now.
    pub indexed: u64,
    /// Entries read.
    pub entries: usize,
    /// Objects put or removed.
    pub objects: usize,
    /// Texts that the ledger calls ready and that are not in `derived/`: to be made again.
    pub missing: Vec<Digest>,
}

/// The follower. One thread calls `step`; everybody may ask.
#[derive(Debug)]
pub struct Follow {
    ledger: Arc<Ledger>,
    index: Arc<Index>,
    derived: Arc<Derived>,
    typen: Arc<Aktentypen>,
    indexed: Indexed,
    work: Mutex<Work>,
    stale: Mutex<Stale>,
    note: Option<String>,
}

/// Where the follower is, ahead of the index's last commit.
#[derive(Debug)]
struct Work {
    at: Position,
    /// Something was put or removed since the last commit.
    dirty: bool,
    // Real time, not `Source`: it only spaces commits, no result depends on it.
    committed: Instant,
    settled: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Follow {
    /// Compares the index with the journal, and wipes it if it was built from another one.
    ///
    /// # Errors
    /// If either can't be read.
    pub fn new(
        ledger: Arc<Ledger>,
        index: Arc<Index>,
        derived: Arc<Derived>,
    ) -> Result<Self, Error> {
        let mut note = index.note().map(str::to_owned);
        let at = index.position();
        if !fits(&ledger, at)? {
            index.wipe()?;
            note = Some(format!("its position {} is not of this journal", at.seq));
        }
        let at = begin(&ledger, &index);
        let now = Instant::now();
        Ok(Self {
            ledger,
            index,
            derived,
            typen: Aktentypen::eigene(),
            indexed: Indexed::new(At { seq: at.seq, fresh: at.fresh }),
            work: Mutex::new(Work { at, dirty: false, committed: now, settled: now }),
            stale: Mutex::default(),
            note,
        })
    }

    /// The same with the types that there are here, instead of the program's own alone.
    #[must_use]
    pub fn with_typen(self, typen: Arc<Aktentypen>) -> Self {
        Self { typen, ..self }
    }

    /// Why the index is filled anew, if so, for the operator.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// All entries up to here are found.
    #[must_use]
    pub fn indexed(&self) -> u64 {
        self.indexed.at().seq
    }

    /// Waits until entry `seq` is found, at most `timeout`; false: it was not.
    #[must_use]
    pub fn wait(&self, seq: u64, timeout: Duration) -> bool {
        self.indexed.wait(seq, timeout)
    }

    /// For waiting without a thread: ask `ready_for`, then `moved`, then again.
    #[must_use]
    pub fn waiter(&self) -> Waiter {
        self.indexed.waiter()
    }

    /// Objects that a search must leave out (`Query::ausgeschlossen`), because the index may hold
    /// them under rights they no longer have. To be asked before the search, and after the
    /// caller's classes were read.
    ///
    /// # Errors
    /// `Behind`: nobody can search until the index has caught up; else as the ledger says.
    pub fn stale(&self) -> Result<Vec<Uuid>, Error> {
        let fresh = self.indexed.at().fresh;
        if self.ledger.applied().seq <= fresh {
            return Ok(Vec::new());
        }
        lock(&self.stale).since(&self.ledger, fresh)
    }

    /// True once the documents of the commit that entry `seq` belongs to are found with their
    /// text, or it is known that they have none. An entry that does not exist is not ready.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn ready_for(&self, seq: u64) -> Result<bool, Error> {
        let indexed = self.indexed();
        if indexed < seq {
            return Ok(false);
        }
        let Some(entry) = self.ledger.entries(seq, 1)?.pop() else { return Ok(false) };
        let Some(body) = &entry.body else { return Ok(true) };
        let (first, last) = match self.ledger.outcome(body.commit)? {
            Some((first, last)) => (first.seq, last.seq),
            None => (seq, seq),
        };
        if indexed < last {
            return Ok(false);
        }
        let mut from = first;
        while from <= last {
            let count = usize::try_from(last - from).unwrap_or(BATCH_MAX).saturating_add(1);
            let entries = self.ledger.entries(from, count.min(BATCH_MAX))?;
            let Some(end) = entries.last() else { break };
            from = end.position.seq.saturating_add(1);
            let changes = entries.iter().filter_map(|e| e.body.as_ref()).flat_map(|b| &b.records);
            for change in changes.filter(|c| c.kind == Kind::Dokument.name()) {
                if !self.text_indexed(change, indexed)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// True if all texts of a document are as indexed as they will be.
    fn text_indexed(&self, change: &Change, indexed: u64) -> Result<bool, Error> {
        let view = self.ledger.view();
        let Some(dokument) = view.get::<Dokument>(&change.key)? else { return Ok(true) };
        for digest in dokument.value.textquellen() {
            let stand = view.get::<Textstand>(&digest.to_string())?;
            let open = stand.is_some_and(|stand| {
                matches!(stand.value.zustand, TextZustand::Offen { .. }) || stand.seq > indexed
            });
            if open {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the next entries into the index; waits for some, at most `timeout`, if there are
    /// none. Commits when it is time to.
    ///
    /// # Errors
    /// Nothing is lost then: the next step begins behind the index's last commit.
    pub fn step(&self, timeout: Duration) -> Result<Progress, Error> {
        let mut work = lock(&self.work);
        let result = self.advance(&mut work, timeout);
        if result.is_err() {
            work.at = begin(&self.ledger, &self.index);
            work.dirty = false;
        }
        result
    }

    /// Commits what is not committed yet, so that the next start goes on from here.
    ///
    /// # Errors
    /// As the index says.
    pub fn close(&self) -> Result<(), Error> {
        let mut work = lock(&self.work);
        if work.at.seq > self.index.position().seq || work.dirty {
            self.commit(&mut work)?;
        }
        Ok(())
    }

    fn advance(&self, work: &mut Work, timeout: Duration) -> Result<Progress, Error> {
        let mut entries = self.ledger.entries(work.at.seq.saturating_add(1), BATCH_MAX)?;
        if entries.is_empty() {
            // Short waits while something waits for its commit, since those who want it sooner
            // may come at any time.
            let slice = if work.dirty { timeout.min(COMMIT_SOON) } else { timeout };
            let _ = self.ledger.wait_beyond(work.at.seq, slice);
            entries = self.ledger.entries(work.at.seq.saturating_add(1), BATCH_MAX)?;
        }
        let mut progress = Progress { entries: entries.len(), ..Progress::default() };
        if let Some(last) = entries.last() {
            let (seq, seal) = (last.position.seq, last.position.seal.0);
            self.take(work, &entries, &mut progress)?;
            work.at = Position { seq, seal, fresh: work.at.fresh.max(seq) };
        } else if !work.dirty && work.settled.elapsed() >= SETTLE_EVERY {
            self.index.settle()?;
            work.settled = Instant::now();
        }
        if work.dirty {
            let every = if self.indexed.awaited() { COMMIT_SOON } else { COMMIT_EVERY };
            if work.committed.elapsed() >= every || self.index.pending() >= PENDING_MAX {
                self.commit(work)?;
            }
        } else if progress.entries > 0 {
            // Entries that touch nothing in the index need no commit to be true of it.
            self.indexed.publish(At { seq: work.at.seq, fresh: work.at.fresh });
        }
        progress.indexed = self.indexed();
        Ok(progress)
    }

    /// Puts all that the entries touch.
    fn take(
        &self,
        work: &mut Work,
        entries: &[Entry],
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let batch = Batch::of(&self.ledger, entries, work.at.fresh)?;
        let mut builder = Builder::new(self.ledger.view(), &self.derived, &self.typen);
        let result = batch.put(&mut builder, &self.index, &mut || {
            progress.objects += 1;
            work.dirty = true;
            if self.index.pending() < PENDING_MAX {
                return Ok(());
            }
            // In the midst of a batch: the position stays behind the one before.
            self.commit(work)?;
            work.dirty = true;
            Ok(())
        });
        progress.missing = std::mem::take(&mut builder.missing);
        result
    }

    fn commit(&self, work: &mut Work) -> Result<(), Error> {
        self.index.commit(work.at)?;
        work.dirty = false;
        work.committed = Instant::now();
        self.indexed.publish(At { seq: work.at.seq, fresh: work.at.fresh });
        Ok(())
    }
}

/// Where to go on from: behind the index's last commit. What was put since is forgotten, because
/// in an empty index objects are taken as they are from now on, however far back their entries
/// lie, and none may be older.
fn begin(ledger: &Ledger, index: &Index) -> Position {
    index.discard();
    let at = index.position();
    let empty = at == Position::default();
    Position { fresh: if empty { ledger.applied().seq } else { at.fresh }, ..at }
}

/// True if the position is one of this journal, and nothing in the index is newer than it.
fn fits(ledger: &Ledger, at: Position) -> Result<bool, Error> {
    if at.fresh > ledger.applied().seq {
        return Ok(false);
    }
    let Some(entry) = ledger.entries(at.seq, 1)?.into_iter().next() else {
        return Ok(at.seq == 0);
    };
    Ok(at.seq == 0 || (entry.position.seq == at.seq && entry.position.seal.0 == at.seal))
}
