//! Tables that lose things, as sled does: they show that the ledger notices and rebuilds.

use std::{
    ops::Bound,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Error, Pair, Table, Write};

/// Wraps tables; what it loses is lost only when it is told to.
#[derive(Debug)]
pub struct Faulty {
    inner: Arc<dyn Table>,
    /// For each batch since the last barrier, newest last, the rows as they were before it.
    undo: Mutex<Vec<Vec<Write>>>,
    /// Batches that still succeed.
    left: AtomicU64,
}

impl Faulty {
    /// Wraps `inner`, which is shared so that a test can open it again after the "power cut".
    #[must_use]
    pub fn new(inner: Arc<dyn Table>) -> Self {
        Self { inner, undo: Mutex::default(), left: AtomicU64::new(u64::MAX) }
    }

    /// What is wrapped.
    #[must_use]
    pub fn inner(&self) -> Arc<dyn Table> {
        Arc::clone(&self.inner)
    }

    /// Takes back the last `batches` batches, at most those since the last barrier. Returns how
    /// many were taken back.
    ///
    /// # Errors
    /// As the wrapped engine says.
    pub fn power_cut(&self, batches: usize) -> Result<usize, Error> {
        let mut undo = self.undo.lock().unwrap_or_else(PoisonError::into_inner);
        for lost in 0..batches {
            let Some(before) = undo.pop() else { return Ok(lost) };
            self.inner.commit(&before)?;
        }
        Ok(batches)
    }

    /// Flips a bit of a row's value. Returns false if there is no such row or no byte `at`.
    ///
    /// # Errors
    /// As the wrapped engine says.
    pub fn flip(&self, key: &[u8], at: usize) -> Result<bool, Error> {
        let Some(mut value) = self.inner.get(key)? else { return Ok(false) };
        let Some(byte) = value.get_mut(at) else { return Ok(false) };
        *byte ^= 1;
        self.inner.commit(&[(key.to_vec(), Some(value))])?;
        Ok(true)
    }

    /// Loses rows without a trace.
    ///
    /// # Errors
    /// As the wrapped engine says.
    pub fn lose(&self, keys: &[Vec<u8>]) -> Result<(), Error> {
        let batch: Vec<Write> = keys.iter().map(|key| (key.clone(), None)).collect();
        self.inner.commit(&batch)
    }

    /// After `batches` more every batch fails.
    pub fn break_down(&self, batches: u64) {
        self.left.store(batches, Ordering::SeqCst);
    }
}

impl Table for Faulty {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.inner.get(key)
    }

    fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        self.inner.scan(from, to, reverse, limit)
    }

    fn commit(&self, batch: &[Write]) -> Result<(), Error> {
        let less = |left: u64| left.checked_sub(1);
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err() {
            return Err(Error::Engine("told to fail".into()));
        }
        let mut undo = self.undo.lock().unwrap_or_else(PoisonError::into_inner);
        if batch.is_empty() {
            undo.clear();
        } else {
            let before = batch.iter().map(|(key, _)| Ok((key.clone(), self.inner.get(key)?)));
            undo.push(before.collect::<Result<_, Error>>()?);
        }
        self.inner.commit(batch)
    }

    fn wipe(&self) -> Result<(), Error> {
        self.undo.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.wipe()
    }
}
