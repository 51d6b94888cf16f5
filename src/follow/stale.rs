//! Objects that may stand in the index under rights they no longer have.
//!
//! The index lags behind the journal by moments; a right just taken away must show nothing even
//! then. So every search asks here first, and what is named is left out of it: entries that the
//! index does not know yet are read once, and those that moved an object to other rights are kept
//! until the index has passed them. The cost is one read of the entries since the last search, at
//! most as many as the index lags, plus a look at the history for each Akte or Dokument in them.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{Error, before::Past};
use crate::{
    domain::{
        akte::{Akte, Vorgang},
        dokument::{Dokument, Ort},
        record::Kind,
    },
    ledger::{Change, Ledger},
};

/// Entries read at once.
const READ_MAX: usize = 512;

/// Changes kept at most: beyond, searching has to wait for the index.
pub(super) const CHANGES_MAX: usize = 10_000;

/// The changes of rights that the index may not have seen.
#[derive(Debug, Default)]
pub(super) struct Stale {
    /// All entries up to here have been looked at.
    seen: u64,
    changes: VecDeque<(u64, Uuid)>,
}

impl Stale {
    /// The objects (Akten stand for all that lies in them) whose rights changed behind the entry
    /// `fresh`, up to what the tables show now.
    pub fn since(&mut self, ledger: &Ledger, fresh: u64) -> Result<Vec<Uuid>, Error> {
        self.seen = self.seen.max(fresh);
        while self.changes.front().is_some_and(|(seq, _)| *seq <= fresh) {
            self.changes.pop_front();
        }
        let end = ledger.applied().seq;
        let mut past = Past::new(ledger);
        while self.seen < end {
            let entries = ledger.entries(self.seen.saturating_add(1), READ_MAX)?;
            let Some(last) = entries.last() else { break };
            let last = last.position.seq;
            for entry in &entries {
                let seq = entry.position.seq;
                for change in entry.body.iter().flat_map(|body| &body.records) {
                    if let Some(id) = changed(&mut past, seq, change)? {
                        self.changes.push_back((seq, id));
                    }
                }
            }
            // Only now: after an error all of these are read again, and doubles do no harm.
            self.seen = last;
        }
        if self.changes.len() > CHANGES_MAX {
            return Err(Error::Behind);
        }
        let mut ids: Vec<Uuid> = self.changes.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

/// The object whose rights this change changed, if it did. What is new is not in the index yet.
fn changed(past: &mut Past<'_>, seq: u64, change: &Change) -> Result<Option<Uuid>, Error> {
    let moved = match Kind::parse(&change.kind) {
        Some(Kind::Akte) => past.differs(seq, change, |akte: &Akte| akte.rechteklasse)?,
        Some(Kind::Vorgang) => past.differs(seq, change, |v: &Vorgang| v.akte_id)?,
        Some(Kind::Dokument) => past.differs(seq, change, |doc: &Dokument| match &doc.ort {
            Ort::Posteingang { rechteklasse, .. } => (Some(*rechteklasse), None),
            Ort::Akte { akte_id } | Ort::Vorgang { akte_id, .. } => (None, Some(*akte_id)),
        })?,
        _ => false,
    };
    Ok(if moved { Uuid::parse_str(&change.key).ok() } else { None })
}
