//! Any journal, with one append that fails: for tests of what stands on a journal.
//!
//! After the failure it behaves like a poisoned one: nothing more is appended.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Error, Journal, Position, Report, Sealed};

/// When the append fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing reaches the journal; the outcome is unknown to the caller.
    Before,
    /// All of it reaches the journal, yet the caller is told of an error.
    After,
    /// No room: nothing reaches it, and the next append works.
    Full,
}

/// Passes everything on, except for one append.
#[derive(Debug)]
pub struct Faulty {
    inner: Box<dyn Journal>,
    /// Number of the append, from 1, that fails.
    at: u64,
    fault: Fault,
    appends: AtomicU64,
}

impl Faulty {
    /// Lets the `at`-th append (from 1) fail.
    #[must_use]
    pub fn new(inner: Box<dyn Journal>, at: u64, fault: Fault) -> Self {
        Self { inner, at, fault, appends: AtomicU64::new(0) }
    }

    /// The journal inside, as the next process would find it.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Journal> {
        self.inner
    }

    /// True once the fault has struck and appends are refused.
    fn poisoned(&self) -> bool {
        self.fault != Fault::Full && self.appends.load(Ordering::SeqCst) >= self.at
    }
}

/// The error of a failed append.
fn failed() -> Error {
    Error::Io(io::Error::other("poisoned by an injected fault"))
}

impl Journal for Faulty {
    fn head(&self) -> Position {
        self.inner.head()
    }

    fn append(&self, group: &[Sealed]) -> Result<(), Error> {
        if self.poisoned() {
            return Err(failed());
        }
        if self.appends.fetch_add(1, Ordering::SeqCst) + 1 != self.at {
            return self.inner.append(group);
        }
        match self.fault {
            Fault::Before => Err(failed()),
            Fault::After => self.inner.append(group).and_then(|()| Err(failed())),
            Fault::Full => Err(Error::Full("injected".into())),
        }
    }

    fn quiet(&self) -> Result<(), Error> {
        if self.poisoned() { Err(failed()) } else { self.inner.quiet() }
    }

    fn read(&self, from: u64, max_entries: usize, max_bytes: usize) -> Result<Vec<Sealed>, Error> {
        self.inner.read(from, max_entries, max_bytes)
    }

    fn erase(&self, seqs: &[u64]) -> Result<(), Error> {
        if self.poisoned() { Err(failed()) } else { self.inner.erase(seqs) }
    }

    fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
        self.inner.verify(progress)
    }

    fn notes(&self) -> Vec<String> {
        self.inner.notes()
    }

    fn read_only(&self) -> Option<String> {
        self.inner.read_only()
    }
}
