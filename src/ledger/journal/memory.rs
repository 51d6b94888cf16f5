//! A journal in memory, for tests and as the plainest statement of what a journal is.
//!
//! Nothing outlives the process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Damage, Error, Journal, Position, Report, Sealed};

/// Sealed entries in a vector; entry `seq` lies at index `seq - 1`.
#[derive(Debug, Default)]
pub struct Memory {
    entries: Mutex<Vec<Sealed>>,
}

impl Memory {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Sealed>> {
        // A panic elsewhere can't leave the vector half changed: each change is one call.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Index of an entry.
fn index(seq: u64) -> usize {
    usize::try_from(seq.saturating_sub(1)).unwrap_or(usize::MAX)
}

impl Journal for Memory {
    fn head(&self) -> Position {
        self.entries().last().map(|last| last.position).unwrap_or_default()
    }

    fn append(&self, group: &[Sealed]) -> Result<(), Error> {
        let mut entries = self.entries();
        let head = entries.last().map(|last| last.position).unwrap_or_default();
        super::continues(head, group)?;
        entries.extend_from_slice(group);
        Ok(())
    }

    fn quiet(&self) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, from: u64, max_entries: usize, max_bytes: usize) -> Result<Vec<Sealed>, Error> {
        let entries = self.entries();
        let mut found = Vec::new();
        let mut bytes = 0;
        for entry in entries.iter().skip(index(from)).take(max_entries) {
            bytes += entry.secret.as_ref().map_or(0, |(_, body)| body.len());
            if bytes > max_bytes && !found.is_empty() {
                break;
            }
            found.push(entry.clone());
        }
        Ok(found)
    }

    fn erase(&self, seqs: &[u64]) -> Result<(), Error> {
        let mut entries = self.entries();
        for seq in seqs.iter().filter(|seq| **seq > 0) {
            if let Some(entry) = entries.get_mut(index(*seq)) {
                entry.secret = None;
            }
        }
        Ok(())
    }

    fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
        let mut report = Report::default();
        for entry in self.entries().iter() {
            if !entry.fits(report.head) {
                report.damage.push(Damage {
                    place: "memory".into(),
                    offset: Some(entry.position.seq),
                    what: "the entry does not fit the chain".into(),
                });
            }
            if entry.secret.is_none() {
                report.erased.push(entry.position.seq);
            }
            report.entries += 1;
            report.head = entry.position;
        }
        progress(report.entries);
        Ok(report)
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    fn read_only(&self) -> Option<String> {
        None
    }
}
