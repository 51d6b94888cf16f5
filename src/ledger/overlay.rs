//! What the running group has changed and no table holds yet, and reads that see both.
//!
//! Every change can be taken back, so that a refused commit, or a group that found no room,
//! leaves no trace in the rows or in the sums.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use xxhash_rust::xxh3::xxh3_64;

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
    /// A batch that is on its way into the tables, sorted; only a replay has one.
    below: Arc<Vec<Write>>,
    undo: Vec<Undo>,
    /// While the tables are built from nothing: which records and commits may be in them.
    seen: Option<Seen>,
    pub sums: Sums,
}

/// A Bloom filter of 16 MiB. Most rows of a rebuild are new; to ask the engine for each whether
/// it has it already takes longer than everything else that is done for it.
struct Seen(Vec<u64>);

impl Seen {
    const WORDS: u64 = 1 << 21;

    /// Only these rows are read before they are written.
    fn covers(key: &[u8]) -> bool {
        matches!(key.first(), Some(b'r' | b'c'))
    }

    fn places(key: &[u8]) -> impl Iterator<Item = (usize, u64)> {
        let hash = xxh3_64(key);
        (0..3).map(move |n| {
            let bit = hash.rotate_left(n * 21) % (Self::WORDS * 64);
            (usize::try_from(bit / 64).unwrap_or_default(), 1 << (bit % 64))
        })
    }

    fn add(&mut self, key: &[u8]) {
        for (word, bit) in Self::places(key) {
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_have(&self, key: &[u8]) -> bool {
        Self::places(key).all(|(word, bit)| self.0.get(word).is_none_or(|word| word & bit != 0))
    }
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seen")
    }
}

impl Overlay {
    pub fn new(sums: Sums) -> Self {
        Self { sums, ..Self::default() }
    }

    /// Above tables that were just emptied.
    pub fn of_nothing() -> Self {
        let words = usize::try_from(Seen::WORDS).unwrap_or_default();
        Self { seen: Some(Seen(vec![0; words])), ..Self::default() }
    }

    /// Replaces `old`, which must be what a read gives now, by `new`.
    pub fn set(&mut self, key: Vec<u8>, old: Option<&[u8]>, new: Option<Vec<u8>>) {
        let change = Sum::change(&key, old, new.as_deref());
        self.sums.add(&key, change);
        if let Some(seen) = self.seen.as_mut().filter(|_| Seen::covers(&key)) {
            seen.add(&key);
        }
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

    /// As `batch`, but reads go on seeing it until the next one; only `get` does.
    pub fn freeze(&mut self, meta: &Meta) -> Arc<Vec<Write>> {
        let mut batch = self.batch(meta);
        batch.sort_unstable();
        self.below = Arc::new(batch);
        Arc::clone(&self.below)
    }

    /// The value of a key, or that there is none, if that is known without the tables.
    fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        if self.seen.as_ref().is_some_and(|seen| Seen::covers(key) && !seen.may_have(key)) {
            return Some(None);
        }
        let below = || {
            let place = self.below.binary_search_by(|(k, _)| k.as_slice().cmp(key)).ok()?;
            self.below.get(place).map(|(_, value)| value)
        };
        self.writes.get(key).or_else(below).map(Option::as_deref)
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
        if let Some(found) = self.overlay.and_then(|o| o.get(key)) {
            return Ok(found.map(<[u8]>::to_vec));
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
        assert!(self.overlay.is_none_or(|o| o.below.is_empty()), "a scan during a replay");
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
