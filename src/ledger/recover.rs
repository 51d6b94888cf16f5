//! Opening: are the tables of this journal, whole and of this version? Replay, or rebuild.
//!
//! Only a clean marker saves the scan of all rows: sled may silently lose rows or bring deleted
//! ones back, and then neither its position nor its counts are from the same moment.

use std::{
    ops::Bound,
    sync::{
        Arc,
        mpsc::{self, SyncSender},
    },
};

use super::{
    Error, Position,
    apply::{self, Stores, decode},
    overlay::Overlay,
    rows::{self, CLEAN, Meta, STAND},
    sums::{Sum, Sums},
    table::Write,
};

/// Entries applied as one batch.
const BATCH_ENTRIES: usize = 4_000;

/// Bytes of bodies applied as one batch.
const BATCH_BYTES: usize = 8 << 20;

/// Rows read at once while scanning.
const SCAN_ROWS: usize = 4_096;

/// Tables that fit the journal.
#[derive(Debug)]
pub(super) struct Recovered {
    pub meta: Meta,
    /// True while the clean marker stands; it must go before anything is written.
    pub marked: bool,
    /// What was done, for the operator.
    pub notes: Vec<String>,
}

/// How a replay ended.
enum Replayed {
    Done(Box<Meta>),
    /// Rows of an erased entry remain that can't be named any more.
    Stuck,
}

/// Brings the tables to the journal's head. `progress` gets entries done and in all.
///
/// # Errors
/// If the journal or the engine fails, or an entry can't be read by this version.
pub(super) fn recover(stores: Stores<'_>, progress: &dyn Fn(u64, u64)) -> Result<Recovered, Error> {
    let marked = stores.table.get(CLEAN)?.is_some();
    let mut notes = Vec::new();
    let reason = match usable(stores, marked)? {
        Ok(meta) => {
            let behind = stores.journal.head().seq - meta.applied.seq;
            if behind > 0 {
                loosen(stores, marked)?;
                notes.push(format!("{behind} entries were not in the tables, applied"));
            }
            match replay(stores, meta, progress)? {
                Replayed::Done(meta) => {
                    return Ok(Recovered { meta: *meta, marked: marked && behind == 0, notes });
                }
                Replayed::Stuck => "an entry was erased that they still show".to_string(),
            }
        }
        Err(reason) => reason,
    };
    if stores.journal.head() != Position::default() {
        notes.push(format!("tables rebuilt: {reason}"));
    }
    match rebuild(stores, progress)? {
        Some(meta) => Ok(Recovered { meta, marked: false, notes }),
        None => Err(Error::Damaged("journal: an erased entry that a rebuild still finds".into())),
    }
}

/// Empties the tables and applies every entry. None: the journal contradicts itself.
///
/// # Errors
/// As `recover`.
pub(super) fn rebuild(
    stores: Stores<'_>,
    progress: &dyn Fn(u64, u64),
) -> Result<Option<Meta>, Error> {
    stores.table.wipe()?;
    let meta = Meta::default();
    stores.table.commit(&[meta.write()])?;
    let replayed = replay(stores, meta, progress)?;
    stores.table.commit(&[])?;
    match replayed {
        Replayed::Done(meta) => Ok(Some(*meta)),
        Replayed::Stuck => Ok(None),
    }
}

/// Takes the clean marker away for good, before the first batch that it would not vouch for.
///
/// # Errors
/// As the engine says.
pub(super) fn loosen(stores: Stores<'_>, marked: bool) -> Result<(), Error> {
    if marked {
        stores.table.commit(&[(CLEAN.to_vec(), None)])?;
        stores.table.commit(&[])?;
    }
    Ok(())
}

/// Sets the clean marker, behind a barrier.
///
/// # Errors
/// As the engine says.
pub(super) fn mark(stores: Stores<'_>) -> Result<(), Error> {
    stores.table.commit(&[])?;
    stores.table.commit(&[(CLEAN.to_vec(), Some(rows::seal(CLEAN, &[])))])?;
    stores.table.commit(&[])?;
    Ok(())
}

/// The meta row, or why the tables can't be used.
///
/// # Errors
/// As the engine and the journal say.
fn usable(stores: Stores<'_>, marked: bool) -> Result<Result<Meta, String>, Error> {
    let Some(value) = stores.table.get(STAND)? else {
        return Ok(Err("they say no position".into()));
    };
    let meta = match Meta::read(&value) {
        Ok(meta) => meta,
        Err(reason) => return Ok(Err(reason)),
    };
    if let Some(reason) = foreign(stores, meta.applied)? {
        return Ok(Err(reason));
    }
    if !marked && let Some(prefix) = scan(stores)?.difference(&meta.sums) {
        let name = rows::prefix_name(prefix);
        return Ok(Err(format!("rows were lost or changed ({name})")));
    }
    Ok(Ok(meta))
}

/// Why a position is none of this journal.
///
/// # Errors
/// As the journal says.
pub(super) fn foreign(stores: Stores<'_>, applied: Position) -> Result<Option<String>, Error> {
    let head = stores.journal.head();
    if applied.seq > head.seq {
        let (seq, head) = (applied.seq, head.seq);
        return Ok(Some(format!("they hold entry {seq}, the journal ends with {head}")));
    }
    let found = match applied.seq {
        0 => Position::default(),
        seq if seq == head.seq => head,
        seq => stores.entry(seq)?.map(|entry| entry.position).unwrap_or_default(),
    };
    Ok((found != applied).then(|| format!("entry {} has another seal", applied.seq)))
}

/// Counts and sums of the rows as they are.
fn scan(stores: Stores<'_>) -> Result<Sums, Error> {
    let mut sums = Sums::default();
    each_row(stores, &[], |key, value| {
        sums.add(key, Sum::change(key, None, Some(value)));
        Ok(())
    })?;
    Ok(sums)
}

/// Gives every row under `prefix` to `see`, in order; the meta rows only if asked for.
///
/// # Errors
/// As the engine or `see` says.
pub(super) fn each_row(
    stores: Stores<'_>,
    prefix: &[u8],
    mut see: impl FnMut(&[u8], &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let end = rows::after(prefix);
    let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut last: Option<Vec<u8>> = None;
    loop {
        let from = last.as_deref().map_or(Bound::Included(prefix), Bound::Excluded);
        let found = stores.table.scan(from, to, false, SCAN_ROWS)?;
        for (key, value) in &found {
            if !key.starts_with(b"m") || prefix.starts_with(b"m") {
                see(key, value)?;
            }
        }
        match found.into_iter().next_back() {
            Some((key, _)) => last = Some(key),
            None => return Ok(()),
        }
    }
}

/// Applies what follows `meta.applied`, in large batches, testing the chain on the way. While
/// the engine takes a batch, the next one is made.
fn replay(stores: Stores<'_>, meta: Meta, progress: &dyn Fn(u64, u64)) -> Result<Replayed, Error> {
    // Without room: who has handed over a batch knows that the one before it is in the tables.
    let (hand, taken) = mpsc::sync_channel::<Arc<Vec<Write>>>(0);
    std::thread::scope(|scope| {
        let engine = scope
            .spawn(move || taken.into_iter().try_for_each(|batch| stores.table.commit(&batch)));
        let replayed = make_batches(stores, meta, progress, &hand);
        drop(hand);
        match engine.join() {
            Ok(written) => written?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        replayed
    })
}

fn make_batches(
    stores: Stores<'_>,
    meta: Meta,
    progress: &dyn Fn(u64, u64),
    hand: &SyncSender<Arc<Vec<Write>>>,
) -> Result<Replayed, Error> {
    let head = stores.journal.head();
    let kept = meta.applied.seq;
    let Meta { mut applied, mut time, sums } = meta;
    let mut overlay = if kept == 0 { Overlay::of_nothing() } else { Overlay::new(sums) };
    while applied.seq < head.seq {
        let group = stores.journal.read(applied.seq + 1, BATCH_ENTRIES, BATCH_BYTES)?;
        if group.is_empty() {
            let what = "the journal ends before its head".into();
            return Err(Error::Entry { seq: applied.seq + 1, what });
        }
        for sealed in &group {
            let seq = sealed.position.seq;
            if !sealed.fits(applied) {
                let what = "it does not follow the entry before it".into();
                return Err(Error::Entry { seq: applied.seq + 1, what });
            }
            applied = sealed.position;
            let Some(body) = decode(sealed)?.body else { continue };
            time = time.max(body.time);
            let at = |error| match error {
                Error::Draft(what) => Error::Entry { seq, what },
                other => other,
            };
            if !apply::entry(stores, &mut overlay, seq, &body, kept).map_err(at)? {
                return Ok(Replayed::Stuck);
            }
            apply::commit(stores, &mut overlay, body.commit, seq, seq)?;
            overlay.keep();
        }
        let meta = Meta { applied, time, sums: overlay.sums.clone() };
        if hand.send(overlay.freeze(&meta)).is_err() {
            // The engine failed; its error is what counts.
            break;
        }
        progress(applied.seq, head.seq);
    }
    Ok(Replayed::Done(Box::new(Meta { applied, time, sums: overlay.sums })))
}
