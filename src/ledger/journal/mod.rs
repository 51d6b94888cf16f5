//! The journal: sealed entries in order, on a file, in memory, or on a faulty disk.
//!
//! It knows seals and bytes, never what a body means. What was acknowledged is there after any
//! crash; what is damaged is named, never passed over.

use sha2::{Digest as _, Sha256};

use super::{Position, Seal};

pub mod faulty;
pub mod file;
pub mod memory;

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
        let digest = digest(&salt, &body);
        let seq = previous.seq.saturating_add(1);
        let seal = seal(form, seq, &previous.seal, &digest);
        Self { position: Position { seq, seal }, form, digest, secret: Some((salt, body)) }
    }

    /// True if this entry follows `previous` and its body, where there is one, is the sealed one.
    #[must_use]
    pub fn fits(&self, previous: Position) -> bool {
        let body_fits =
            self.secret.as_ref().is_none_or(|(salt, body)| digest(salt, body) == self.digest);
        let seq = previous.seq.saturating_add(1);
        body_fits
            && self.position.seq == seq
            && self.position.seal == seal(self.form, seq, &previous.seal, &self.digest)
    }
}

/// `SHA-256(salt + body)`.
fn digest(salt: &[u8; 32], body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(body).finalize().into()
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

/// The mark of an erased body: nothing but an erasure writes it, and it tells nothing of the body.
pub(super) fn mark(digest: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(b"aktenlauf erased").chain_update(digest).finalize().into()
}

/// Refuses a group that does not follow `head`: a programmer's error that must not reach a disk.
pub(super) fn continues(head: Position, group: &[Sealed]) -> Result<(), Error> {
    let mut last = head;
    for entry in group {
        let seq = last.seq.saturating_add(1);
        let fits = entry.position.seq == seq
            && entry.position.seal == seal(entry.form, seq, &last.seal, &entry.digest);
        if !fits {
            let what = format!("entry {} does not follow {}", entry.position.seq, last.seq);
            return Err(Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidInput, what)));
        }
        last = entry.position;
    }
    Ok(())
}

/// How two journals that began alike go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// One is the other's beginning, or both are equal; with the heads.
    OneHistory(u64, u64),
    /// After their last common entry they differ: two histories, of which only one can count.
    Fork {
        /// The last entry that both have; 0: none.
        last: u64,
        /// The heads.
        heads: (u64, u64),
    },
}

/// Compares two journals by their seals: equal ones mean that all before is equal too.
///
/// # Errors
/// As either says.
pub fn compare(one: &dyn Journal, other: &dyn Journal) -> Result<Compared, Error> {
    let heads = (one.head().seq, other.head().seq);
    let seal = |journal: &dyn Journal, seq| -> Result<Option<Seal>, Error> {
        Ok(journal.read(seq, 1, 0)?.first().map(|entry| entry.position.seal))
    };
    let same = |seq| Ok::<_, Error>(seq == 0 || seal(one, seq)? == seal(other, seq)?);
    let (mut good, mut bad) = (0, heads.0.min(heads.1) + 1);
    if same(bad - 1)? {
        return Ok(Compared::OneHistory(heads.0, heads.1));
    }
    while good + 1 < bad {
        let middle = good.midpoint(bad);
        if same(middle)? {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(Compared::Fork { last: good, heads })
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

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} at byte {offset}: {}", self.place, self.what),
            None => write!(f, "{}: {}", self.place, self.what),
        }
    }
}

/// What a check of every kept byte found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that were reached by the chain.
    pub entries: u64,
    /// The last of them.
    pub head: Position,
    /// Everything that is not as it was written; the first 1,000 places.
    pub damage: Vec<Damage>,
    /// Seqs, ascending, of the entries whose bodies bear the mark of an erasure. The journal can't
    /// know who ordered them: the ledger compares with the `erases` lists of the bodies. A body
    /// that is missing *without* the mark (zeros, say) is damage, never an erasure.
    pub erased: Vec<u64>,
    /// Leftovers of an interrupted run that the next start clears away; they are no damage.
    pub notes: Vec<String>,
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
    /// Its engine is not reachable, or may not be written to now; nothing was written.
    #[error("the journal's engine: {0}")]
    Unreachable(String),
    /// The disk failed; what became of the write is unknown.
    #[error("journal: {0}")]
    Io(#[from] std::io::Error),
    /// Bytes that are not what they were.
    #[error("journal: {0}")]
    Damaged(Damage),
}

/// Where sealed entries are kept in order.
pub trait Journal: std::fmt::Debug + Send + Sync {
    /// The last entry's place.
    fn head(&self) -> Position;
    /// Appends one group as one frame with one sync; returns when it is durable. An empty group
    /// writes nothing.
    ///
    /// # Errors
    /// `Full` and `ReadOnly` before anything was written, and `Io` of kind `InvalidInput` for a
    /// group that does not follow the head; any other leaves the outcome unknown, and every later
    /// append fails.
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
    /// Takes away bodies and salts of these entries from every copy, durably, and puts a mark of
    /// erasure in their place. Doing it again does no harm; seqs beyond the head are passed over.
    ///
    /// # Errors
    /// As the disk says; to be called again after the next start.
    fn erase(&self, seqs: &[u64]) -> Result<(), Error>;
    /// Checks every byte that is kept: chain, bodies, padding, what must be zero, and files that
    /// should not be there. `progress` gets the number of entries checked so far. A missing body
    /// is reported in `erased` if it bears the mark of an erasure, else as damage.
    ///
    /// # Errors
    /// If the disk can't be read at all; damage is the result, not an error.
    fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, Error>;
    /// What recovery did at the opening, for the operator.
    fn notes(&self) -> Vec<String>;
    /// Why nothing may be appended, if so.
    fn read_only(&self) -> Option<String>;
    /// What it shares with other processes; none: this one alone appends here.
    fn joint(&self) -> Option<&dyn Joint> {
        None
    }
}

/// A journal that several processes append to. A group goes in with the rows it changes: between
/// `begin` and the table's next `commit` all of it is one transaction.
pub trait Joint: std::fmt::Debug + Send + Sync {
    /// Begins a group: nobody else appends until it is committed or given up. Returns the head.
    ///
    /// # Errors
    /// `Unreachable`; then nothing was begun.
    fn begin(&self) -> Result<Position, Error>;
    /// Gives up a group that was begun; none is no error.
    fn give_up(&self);
    /// After a `commit` whose outcome is unknown: whether its last entry is in the journal, and
    /// as durable as an acknowledged one.
    ///
    /// # Errors
    /// If it could not be found out in time.
    fn settle(&self, last: Position) -> Result<bool, Error>;
    /// Keeps every other process from appending, while the tables are built anew.
    ///
    /// # Errors
    /// `Unreachable`, also if another process does the same.
    fn keep_out(&self) -> Result<Box<dyn Send>, Error>;
    /// Waits until somebody has appended, at most `timeout`. It may return early.
    ///
    /// # Errors
    /// `Unreachable`; then it returned at once.
    fn watch(&self, timeout: std::time::Duration) -> Result<(), Error>;
}
