//! What is different where several processes write: the opening, and looking for what others wrote.
//!
//! Rows and entries go in together there, so the tables are always at the head and need no scan.
//! Tables of another version are built anew while everybody else is kept from writing.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{
    Error, Position, Shared,
    apply::Stores,
    journal::Joint,
    recover::{self, Recovered},
    rows::{Meta, STAND},
};

/// How long one wait for others' commits takes at most, and how soon a failed one is repeated.
const WATCH: Duration = Duration::from_secs(1);

/// Opens tables that others may be using.
///
/// # Errors
/// If the engine fails, or the tables are of a newer version, or can't be built anew now.
pub(super) fn recover(
    stores: Stores<'_>,
    joint: &dyn Joint,
    progress: &dyn Fn(u64, u64),
) -> Result<Recovered, Error> {
    let head = joint.begin()?;
    let found = match stores.table.get(STAND) {
        Ok(None) if head == Position::default() => {
            // The first start of all: the group that was begun writes the first row.
            stores.table.commit(&[Meta::default().write()])?;
            let (meta, notes) = (Meta::default(), Vec::new());
            return Ok(Recovered { meta, marked: false, notes });
        }
        found => found,
    };
    joint.give_up();
    let reason = match found?.as_deref().map(Meta::read) {
        Some(Ok(meta)) if meta.applied.seq >= head.seq => {
            return Ok(Recovered { meta, marked: false, notes: Vec::new() });
        }
        Some(Ok(meta)) => format!("they end with entry {}, the journal has more", meta.applied.seq),
        Some(Err(_)) if found_newer(stores)? => {
            let what = "the tables are of a newer version of this program".into();
            return Err(Error::Damaged(what));
        }
        Some(Err(reason)) => reason,
        None => "they say no position".into(),
    };
    let _gate = joint.keep_out()?;
    let notes = vec![format!("tables rebuilt: {reason}")];
    match recover::rebuild(stores, progress)? {
        Some(meta) => Ok(Recovered { meta, marked: false, notes }),
        None => Err(Error::Damaged("journal: an erased entry that a rebuild still finds".into())),
    }
}

fn found_newer(stores: Stores<'_>) -> Result<bool, Error> {
    Ok(stores.table.get(STAND)?.is_some_and(|value| Meta::is_newer(&value)))
}

/// What the tables say of themselves, which must be at `head`.
///
/// # Errors
/// `Damaged` if they are not, or of another version.
pub(super) fn meta(stores: Stores<'_>, head: Position) -> Result<Meta, Error> {
    let value = stores.table.get(STAND)?;
    let value = value.ok_or_else(|| Error::Damaged("the tables say no position".into()))?;
    let meta = Meta::read(&value).map_err(Error::Damaged)?;
    if meta.applied == head {
        return Ok(meta);
    }
    let (at, head) = (meta.applied.seq, head.seq);
    Err(Error::Damaged(format!("the tables are at entry {at}, the journal at {head}")))
}

/// The thread that looks for what others write; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to be told.
            let _ = thread.join();
        }
    }
}

/// Starts the thread.
///
/// # Errors
/// As the system says.
pub(super) fn watch(shared: &Arc<Shared>) -> io::Result<Watch> {
    let end = Arc::new(AtomicBool::new(false));
    let (shared, ended) = (Arc::clone(shared), Arc::clone(&end));
    let thread = std::thread::Builder::new().name("ledger-watch".into()).spawn(move || {
        while !ended.load(Ordering::SeqCst) {
            match look(&shared) {
                Ok(()) => shared.cut_off.store(false, Ordering::Relaxed),
                Err(error) => {
                    if !shared.cut_off.swap(true, Ordering::Relaxed) {
                        tracing::warn!(%error, "the engine is not reachable");
                    }
                    std::thread::sleep(WATCH / 2);
                }
            }
        }
    })?;
    Ok(Watch { end, thread: Some(thread) })
}

fn look(shared: &Shared) -> Result<(), Error> {
    let Some(joint) = shared.journal.joint() else { return Ok(()) };
    joint.watch(WATCH)?;
    let Some(value) = shared.table.get(STAND)? else { return Ok(()) };
    if let Ok(meta) = Meta::read(&value)
        && meta.applied != shared.applied().applied
    {
        shared.same_history(false)?;
        shared.advance(meta);
    }
    Ok(())
}
