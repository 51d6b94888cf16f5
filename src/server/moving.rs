//! Carries a whole installation from one pair of engines to another: the journal as it is sealed,
//! every blob, the derived texts. Tables and index are made anew there.
//!
//! It can be cut off at any moment and begun again: what is there already is checked, not copied.
//! A target that holds another history is never touched.

use std::{io::Read as _, sync::Arc};

use super::house::{self, Ground};
use crate::{
    blob, config,
    domain::{
        digest::Digest,
        dokument::{Blob, TextZustand, Textstand},
        record::Kind,
        source::Source,
    },
    ledger::{self, Free, Ledger, Position},
    text,
};

/// Entries copied at once.
const ENTRIES: usize = 2_000;
/// Records looked at at once.
const PAGE: usize = 500;

/// Errors of a move.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of the two can't be opened.
    #[error("{0}: {1}")]
    Open(&'static str, house::Error),
    /// Journal or tables.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// Blobs or derived texts.
    #[error(transparent)]
    Blobs(#[from] blob::Error),
    /// The target holds something else.
    #[error("the target holds another history (its entry {0} is not the source's); nothing done")]
    Other(u64),
    /// The two do not agree at the end.
    #[error("source and target do not agree: {0}")]
    Differ(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<ledger::journal::Error> for Error {
    fn from(error: ledger::journal::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Copying or checking blobs; counted in blobs.
    Blobs,
    /// Copying entries; counted in entries.
    Journal,
    /// Making the tables; counted in entries.
    Tables,
    /// Comparing; counted in blobs.
    Check,
}

/// What was moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// The head of both.
    pub head: Position,
    /// Blobs that were copied now, and those that were there already.
    pub copied: u64,
    /// See `copied`.
    pub present: u64,
}

type Progress<'a> = dyn Fn(Stage, u64, u64) + 'a;

/// Moves `from` to `to`. Nobody may serve either; other nodes of a shared engine are kept from
/// writing.
///
/// # Errors
/// See `Error`; what was copied stays, and the next run goes on from there.
pub fn run(
    from: &config::File,
    to: &config::File,
    source: &Arc<dyn Source>,
    progress: &Progress<'_>,
) -> Result<Moved, Error> {
    let here = Ground::open(from, source, false).map_err(|e| Error::Open("source", e))?;
    let there = Ground::open(to, source, true).map_err(|e| Error::Open("target", e))?;
    let free = Free::new(|| Ok(u64::MAX));
    let config = ledger::Config { read_only: Some("it is moved".into()), ..from.ledger(free) };
    let old =
        Ledger::open(config.clone(), here.journal, here.table, Arc::clone(source), &|_, _| {})?;
    let _still = old.keep_still()?;
    let head = old.head();
    follows(&old, there.journal.head())?;

    let mut moved = Moved { head, ..Moved::default() };
    blobs(&old, (&here.blobs, &there.blobs), &mut moved, progress)?;
    texts(&old, &here.derived, &there.derived)?;
    loop {
        let at = there.journal.head().seq;
        progress(Stage::Journal, at, head.seq);
        let entries = old.sealed(at + 1, ENTRIES)?;
        if entries.is_empty() {
            break;
        }
        there.journal.append(&entries)?;
    }
    there.journal.quiet()?;
    let tables = |done, total| progress(Stage::Tables, done, total);
    let new = Ledger::open(config, there.journal, there.table, Arc::clone(source), &tables)?;
    compare(&old, &new, &there.blobs, progress)?;
    here.data.moved(&to.data, head.seq).map_err(|e| Error::Open("source", e.into()))?;
    Ok(moved)
}

/// Refuses a target whose last entry is none of the source's.
fn follows(old: &Ledger, there: Position) -> Result<(), Error> {
    if there == Position::default() {
        return Ok(());
    }
    let same = old.sealed(there.seq, 1)?.first().is_some_and(|entry| entry.position == there);
    if same { Ok(()) } else { Err(Error::Other(there.seq)) }
}

/// Gives every blob that the ledger knows to `act`, with its number and how many there are.
fn each_blob(
    ledger: &Ledger,
    mut act: impl FnMut(&Blob, u64, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let view = ledger.view();
    let (total, mut done, mut after) = (view.count(Kind::Blob)?, 0, None::<String>);
    loop {
        let page = view.kind::<Blob>(after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.value.sha256.to_string());
        for found in &page {
            done += 1;
            act(&found.value, done, total)?;
        }
    }
}

fn blobs(
    ledger: &Ledger,
    (here, there): (&blob::Store, &blob::Store),
    moved: &mut Moved,
    progress: &Progress<'_>,
) -> Result<(), Error> {
    each_blob(ledger, |blob, done, total| {
        progress(Stage::Blobs, done, total);
        let (digest, ablage) = (blob.sha256, blob.ablage);
        if there.rely_on(digest, ablage).is_ok() {
            moved.present += 1;
            return Ok(());
        }
        let mut reader = match here.open_reader(digest) {
            Ok(reader) => reader,
            // Its bytes may go at any moment, and may have gone.
            Err(blob::Error::NotFound(_)) if !blob.vorhanden() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let (mut staging, mut part) = (there.stage()?, vec![0; 256 << 10]);
        loop {
            let read = reader.read(&mut part)?;
            if read == 0 {
                break;
            }
            staging.write(part.get(..read).unwrap_or_default())?;
        }
        let staged = staging.finish()?;
        if staged.digest != digest {
            return Err(Error::Differ(format!("blob {digest} was read as {}", staged.digest)));
        }
        there.adopt(&staged, ablage, &there.lock(digest))?;
        moved.copied += 1;
        Ok(())
    })
}

/// Texts save the new installation from reading every document again; what is missing is made.
fn texts(ledger: &Ledger, here: &blob::Derived, there: &blob::Derived) -> Result<(), Error> {
    let (view, mut after) = (ledger.view(), None::<String>);
    loop {
        let page = view.kind::<Textstand>(after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.value.sha256.to_string());
        for found in &page {
            let digest: Digest = found.value.sha256;
            let ready = matches!(found.value.zustand, TextZustand::Bereit { .. });
            if !ready || there.get(digest, text::KIND, text::VERSION)?.is_some() {
                continue;
            }
            if let Some(bytes) = here.get(digest, text::KIND, text::VERSION)? {
                there.put(digest, text::KIND, text::VERSION, &bytes)?;
            }
        }
    }
}

/// Heads, counts and every digest must agree.
fn compare(
    old: &Ledger,
    new: &Ledger,
    there: &blob::Store,
    progress: &Progress<'_>,
) -> Result<(), Error> {
    let differ = |what: String| Err(Error::Differ(what));
    if old.head() != new.head() || new.applied() != new.head() {
        return differ(format!("heads {} and {}", old.head().seq, new.head().seq));
    }
    for kind in Kind::ALL {
        let (a, b) = (old.view().count(*kind)?, new.view().count(*kind)?);
        if a != b {
            return differ(format!("{a} and {b} records of kind {}", kind.name()));
        }
    }
    each_blob(new, |blob, done, total| {
        progress(Stage::Check, done, total);
        match there.check_deposit(blob.sha256, blob.ablage) {
            Err(blob::Error::NotFound(_)) if !blob.vorhanden() => Ok(()),
            other => Ok(other?),
        }
    })
}
