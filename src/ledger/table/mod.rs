//! The tables: one ordered space of bytes that is projected from the journal and may be lost.
//!
//! An engine knows bytes and batches only; what the keys mean, checksums, counts and sums are
//! the ledger's (`rows`), written once for every engine.

use std::ops::Bound;

pub mod faulty;
pub mod memory;
pub mod sled;

/// One change of a batch: the key, and its new value or none.
pub type Write = (Vec<u8>, Option<Vec<u8>>);

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A row, and the value that it leads to.
pub type Led = (Pair, Option<Vec<u8>>);

/// Errors of a table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error("tables: {0}")]
    Engine(String),
    /// The engine is not reachable; nothing was written, later may do.
    #[error("the tables' engine: {0}")]
    Unreachable(String),
    /// Whether a commit was written is unknown.
    #[error("the tables' engine did not say whether it committed: {0}")]
    Unknown(String),
}

/// Ordered bytes with atomic batches. It is never asked to be durable, but see `commit`.
pub trait Table: std::fmt::Debug + Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// As the engine says.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
    /// Rows between two bounds in order, or backwards, at most `limit`. Bounds that cross are an
    /// empty range.
    ///
    /// # Errors
    /// As the engine says.
    fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, Error>;
    /// The values of several keys in one way to the engine; the absent ones are left out. None:
    /// the engine has no shorter way than one by one. What a group reads, an engine may keep until
    /// the group ends.
    ///
    /// # Errors
    /// As the engine says.
    fn get_many(&self, _keys: &[Vec<u8>]) -> Result<Option<Vec<Pair>>, Error> {
        Ok(None)
    }
    /// The first row of a range, and the value of the key that begins with `prefix` and goes on
    /// with that row's value behind its first `skip` bytes.
    ///
    /// # Errors
    /// As the engine says.
    fn lead(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        prefix: &[u8],
        skip: usize,
    ) -> Result<Option<Led>, Error> {
        let Some(first) = self.scan(from, to, false, 1)?.pop() else { return Ok(None) };
        let led = self.get(&[prefix, first.1.get(skip..).unwrap_or_default()].concat())?;
        Ok(Some((first, led)))
    }
    /// Applies all of a batch or nothing; later writes of a key win. An empty batch asks the
    /// engine to bring to disk what it has, as well as it can: the clean marker is set between
    /// two of them, so that a marker found is never younger than the rows it vouches for.
    ///
    /// # Errors
    /// As the engine says.
    fn commit(&self, batch: &[Write]) -> Result<(), Error>;
    /// Takes every row away. Until the next empty batch nobody reads beside the one who writes,
    /// and a crash means to begin again: batches need not be atomic until then.
    ///
    /// # Errors
    /// As the engine says.
    fn wipe(&self) -> Result<(), Error>;
}

/// True if no key can lie between the bounds; a `BTreeMap` panics on some of these.
pub(super) fn crossed(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(a), Bound::Included(b)) => a > b,
        (Bound::Excluded(a) | Bound::Included(a), Bound::Excluded(b) | Bound::Included(b)) => {
            a >= b
        }
    }
}
