//! What the running group has changed and no table holds yet, and reads that see both.
//!
//! Every change can be taken back, so that a refused commit, or a group that found no room,
//! leaves no trace in the rows or in the sums.

use std::{collections::BTreeMap, ops::Bound};

use super::{
    Error,
    rows::{self, Meta},
    sums::{Sum, Sums},
    table::{Pair, Table, Write},
};

/// A change that can be taken back.
#[derive(Debug)]
struct Undo {
    key: Vec<u8>,
    before: Option<Option<Vec<u8>>>,
    change: Sum,
}

/// Changes above the tables.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    undo: Vec<Undo>,
    pub sums: Sums,
}

impl Overlay {
    pub fn new(sums: Sums) -> Self {
        Self { sums, ..Self::default() }
    }

    /// Replaces `old`, which must be what a read gives now, by `new`.
    pub fn set(&mut self, key: Vec<u8>, old: Option<&[u8]>, new: Option<Vec<u8>>) {
        let change = Sum::change(&key, old, new.as_deref());
        self.sums.add(&key, change);
        let before = self.writes.insert(key.clone(), new);
        self.undo.push(Undo { key, before, change });
    }

    /// A place to go back to.
    pub fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Takes back everything after `mark`.
    pub fn revert(&mut self, mark: usize) {
        while self.undo.len() > mark {
            let Some(undo) = self.undo.pop() else { break };
            self.sums.take_back(&undo.key, undo.change);
            match undo.before {
                Some(before) => drop(self.writes.insert(undo.key, before)),
                None => drop(self.writes.remove(&undo.key)),
            }
        }
    }

    /// Gives up the possibility to go back; a replay has no use for it.
    pub fn keep(&mut self) {
        self.undo.clear();
    }

    /// True if the running group took this row away.
    pub fn removed(&self, key: &[u8]) -> bool {
        matches!(self.writes.get(key), Some(None))
    }

    /// Everything as one batch, the meta row with it. The overlay is empty afterwards.
    pub fn batch(&mut self, meta: &Meta) -> Vec<Write> {
        self.undo.clear();
        let mut batch: Vec<Write> = std::mem::take(&mut self.writes).into_iter().collect();
        batch.push(meta.write());
        batch
    }
}

/// The tables as a reader sees them: with the running group's changes, or without.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables<'a> {
    pub table: &'a dyn Table,
    pub overlay: Option<&'a Overlay>,
}

impl Tables<'_> {
    /// The raw value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if let Some(found) = self.overlay.and_then(|o| o.writes.get(key)) {
            return Ok(found.clone());
        }
        Ok(self.table.get(key)?)
    }

    /// Rows of a range in order, or backwards.
    pub fn scan(
        &self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        let (from, to) = range;
        let none = BTreeMap::new();
        let writes = self.overlay.map_or(&none, |o| &o.writes);
        let inside = |key: &[u8]| {
            let above = match from {
                Bound::Included(from) => key >= from,
                Bound::Excluded(from) => key > from,
                Bound::Unbounded => true,
            };
            let below = match to {
                Bound::Included(to) => key <= to,
                Bound::Excluded(to) => key < to,
                Bound::Unbounded => true,
            };
            above && below
        };
        let changed: Vec<_> = writes
            .range::<[u8], _>((from, Bound::Unbounded))
            .take_while(|(key, _)| inside(key))
            .collect();
        // Each change can hide one row at most, so this many rows of the table are enough.
        let wanted = limit.saturating_add(changed.len());
        let rows = self.table.scan(from, to, reverse, wanted)?;
        if changed.is_empty() {
            return Ok(rows);
        }
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = rows.into_iter().collect();
        for (key, value) in changed {
            match value {
                Some(value) => drop(rows.insert(key.clone(), value.clone())),
                None => drop(rows.remove(key)),
            }
        }
        let rows = rows.into_iter();
        Ok(if reverse { rows.rev().take(limit).collect() } else { rows.take(limit).collect() })
    }

    /// Rows that begin with `prefix`; `from` and `to` narrow the range further.
    pub fn under(
        &self,
        prefix: &[u8],
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        let end = rows::after(prefix);
        let from = match from {
            Bound::Included(from) | Bound::Excluded(from) if from < prefix => {
                Bound::Included(prefix)
            }
            Bound::Unbounded => Bound::Included(prefix),
            inside => inside,
        };
        let last = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let to = match to {
            Bound::Included(to) | Bound::Excluded(to)
                if end.as_deref().is_some_and(|end| to >= end) =>
            {
                last
            }
            Bound::Unbounded => last,
            inside => inside,
        };
        self.scan((from, to), reverse, limit)
    }
}
