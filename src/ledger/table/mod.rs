//! The tables: one ordered space of bytes that is projected from the journal and may be lost.

use std::ops::Bound;

/// One change of a batch: the key, and its new value or none.
pub type Write = (Vec<u8>, Option<Vec<u8>>);

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Errors of a table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error("tables: {0}")]
    Engine(String),
    /// A row is not what was written.
    #[error("tables: row {0} is damaged")]
    Damaged(String),
}

/// Ordered bytes with atomic batches. It is never asked to be durable.
pub trait Table: std::fmt::Debug + Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// As the engine says.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
    /// Rows between two bounds in order, or backwards, at most `limit`.
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
    /// Applies all of a batch or nothing; later writes of a key win.
    ///
    /// # Errors
    /// As the engine says.
    fn commit(&self, batch: &[Write]) -> Result<(), Error>;
    /// Takes every row away.
    ///
    /// # Errors
    /// As the engine says.
    fn wipe(&self) -> Result<(), Error>;
}
