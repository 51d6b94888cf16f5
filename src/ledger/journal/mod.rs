//! The journal: sealed entries in order, on a file, in memory, or on a faulty disk.

use sha2::{Digest as _, Sha256};

use super::{Position, Seal};

/// An entry as the journal keeps it: sealed, its body beside the seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Place and seal.
    pub position: Position,
    /// Form of the body.
    pub form: u16,
    /// `SHA-256(salt + body)`; stays when the body is erased.
    pub digest: [u8; 32],
    /// Salt and body; none once erased.
    pub secret: Option<([u8; 32], Vec<u8>)>,
}

impl Sealed {
    /// Seals `body` behind `previous`.
    #[must_use]
    pub fn new(previous: Position, form: u16, salt: [u8; 32], body: Vec<u8>) -> Self {
        let digest: [u8; 32] =
            Sha256::new().chain_update(salt).chain_update(&body).finalize().into();
        let seq = previous.seq.saturating_add(1);
        let seal = seal(form, seq, &previous.seal, &digest);
        Self { position: Position { seq, seal }, form, digest, secret: Some((salt, body)) }
    }

    /// True if this entry follows `previous` and its body, where there is one, is the sealed one.
    #[must_use]
    pub fn fits(&self, previous: Position) -> bool {
        let body_fits = self.secret.as_ref().is_none_or(|(salt, body)| {
            let found: [u8; 32] =
                Sha256::new().chain_update(salt).chain_update(body).finalize().into();
            found == self.digest
        });
        let seq = previous.seq.saturating_add(1);
        body_fits
            && self.position.seq == seq
            && self.position.seal == seal(self.form, seq, &previous.seal, &self.digest)
    }
}

/// `SHA-256(form, seq, previous seal, digest)`, numbers big-endian.
fn seal(form: u16, seq: u64, previous: &Seal, digest: &[u8; 32]) -> Seal {
    let hash = Sha256::new()
        .chain_update(form.to_be_bytes())
        .chain_update(seq.to_be_bytes())
        .chain_update(previous.0)
        .chain_update(digest);
    Seal(hash.finalize().into())
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// File (or table) in which it was found.
    pub place: String,
    /// Byte offset in it, where one can be named.
    pub offset: Option<u64>,
    /// What was found.
    pub what: String,
}

/// Errors of a journal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No room for another segment; nothing was written, later may do.
    #[error("no room left for the journal: {0}")]
    Full(String),
    /// Opened read-only because of damage.
    #[error("the journal is read-only: {0}")]
    ReadOnly(String),
    /// The disk failed; what became of the write is unknown.
    #[error("journal: {0}")]
    Io(#[from] std::io::Error),
    /// Bytes that are not what they were.
    #[error("journal: {} at {:?}: {}", .0.place, .0.offset, .0.what)]
    Damaged(Damage),
}

/// Where sealed entries are kept in order.
pub trait Journal: std::fmt::Debug + Send + Sync {
    /// The last entry's place.
    fn head(&self) -> Position;
    /// Appends one group as one frame with one sync; returns when it is durable.
    ///
    /// # Errors
    /// `Full` before anything was written; any other leaves the outcome unknown.
    fn append(&self, group: &[Sealed]) -> Result<(), Error>;
    /// Writes an empty frame if the last one is not empty, so that rot in the last acknowledged
    /// frame can be told from a tear.
    ///
    /// # Errors
    /// As `append`.
    fn quiet(&self) -> Result<(), Error>;
    /// Entries from `from` on, in order, at most `max_entries` and about `max_bytes` of bodies
    /// (at least one entry where there is one).
    ///
    /// # Errors
    /// `Damaged` if what is read does not check.
    fn read(&self, from: u64, max_entries: usize, max_bytes: usize) -> Result<Vec<Sealed>, Error>;
    /// Takes away bodies and salts of these entries from every copy, durably. Doing it again does
    /// no harm.
    ///
    /// # Errors
    /// As the disk says; to be called again after the next start.
    fn erase(&self, seqs: &[u64]) -> Result<(), Error>;
    /// Checks every byte that is kept. `progress` gets the number of entries checked so far.
    ///
    /// # Errors
    /// If the disk can't be read at all; damage is the result, not an error.
    fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Vec<Damage>, Error>;
    /// What recovery did at the opening, for the operator.
    fn notes(&self) -> Vec<String>;
    /// Why nothing may be appended, if so.
    fn read_only(&self) -> Option<String>;
}
