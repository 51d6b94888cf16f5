//! What the writer has read, kept from group to group for as long as no other node writes.
//!
//! A decision reads the same few rows again and again (the caller, the unit, the class), and each
//! costs a way to the server while the head row is locked. Whoever holds the head knows whether
//! somebody else has written since. Only the thread that holds it may read here.

use std::{
    collections::{BTreeSet, HashMap},
    thread::ThreadId,
};

use super::{
    super::table::{Pair, Write},
    Position,
};

/// Rows and ranges that are kept; beyond, all are forgotten.
const KEPT_MAX: usize = 20_000;

/// Bounds (the upper one excluded), direction, limit.
type Range = (Vec<u8>, Vec<u8>, bool, usize);

#[derive(Debug, Default)]
pub(super) struct Cache {
    /// The head for which it holds.
    head: Position,
    /// The thread that holds the head row now.
    holder: Option<ThreadId>,
    rows: HashMap<Vec<u8>, Option<Vec<u8>>>,
    ranges: HashMap<Range, Vec<Pair>>,
}

fn mine() -> ThreadId {
    std::thread::current().id()
}

impl Cache {
    /// A group was begun at that head, by this thread.
    pub fn begin(&mut self, head: Position) {
        if self.head != head || self.rows.len() + self.ranges.len() > KEPT_MAX {
            self.forget();
            self.head = head;
        }
        self.holder = Some(mine());
    }

    /// The group is over; what it wrote, if it did, is taken over.
    pub fn end(&mut self, written: Option<(&[Write], Position)>) {
        self.holder = None;
        let Some((batch, head)) = written else { return };
        for (key, value) in batch {
            if let Some(kept) = self.rows.get_mut(key) {
                kept.clone_from(value);
            }
        }
        // Looked up by range: a group writes thousands of keys, and few ranges are kept.
        let written: BTreeSet<&[u8]> = batch.iter().map(|(key, _)| key.as_slice()).collect();
        self.ranges.retain(|(from, to, ..), _| {
            from >= to || written.range(from.as_slice()..to.as_slice()).next().is_none()
        });
        self.head = head;
    }

    /// Nothing is known any more.
    pub fn forget(&mut self) {
        (self.head, self.holder) = (Position::default(), None);
        self.rows.clear();
        self.ranges.clear();
    }

    /// True if this thread holds the head row.
    pub fn is_mine(&self) -> bool {
        self.holder == Some(mine())
    }

    pub fn row(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        self.rows.get(key).filter(|_| self.is_mine()).cloned()
    }

    pub fn keep_row(&mut self, key: &[u8], value: &Option<Vec<u8>>) {
        if self.is_mine() {
            self.rows.insert(key.to_vec(), value.clone());
        }
    }

    /// What a look at these keys found.
    pub fn keep_rows(&mut self, keys: &[Vec<u8>], found: &[Pair]) {
        if self.is_mine() {
            self.rows.extend(keys.iter().map(|key| (key.clone(), None)));
            self.rows.extend(found.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
        }
    }

    pub fn range(&self, range: &Range) -> Option<Vec<Pair>> {
        self.ranges.get(range).filter(|_| self.is_mine()).cloned()
    }

    pub fn keep_range(&mut self, range: Range, found: &[Pair]) {
        if self.is_mine() {
            self.ranges.insert(range, found.to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::Seal, *};

    #[test]
    fn what_was_written_or_may_have_been_is_not_answered_from_memory() {
        let range = |from: &str, to: &str| -> Range { (from.into(), to.into(), false, 9) };
        let head = |seq| Position { seq, seal: Seal([7; 32]) };
        let mut cache = Cache::default();
        assert_eq!(cache.row(b"a"), None);
        cache.keep_row(b"a", &None);
        assert_eq!(cache.row(b"a"), None, "nobody holds the head");
        cache.begin(head(1));
        cache.keep_row(b"a", &None);
        cache.keep_range(range("b", "d"), &[]);
        cache.keep_range(range("x", "z"), &[]);
        let batch = [(b"a".to_vec(), Some(b"1".to_vec())), (b"c".to_vec(), None)];
        cache.end(Some((&batch, head(2))));
        assert_eq!(cache.row(b"a"), None, "the group is over");
        cache.begin(head(2));
        assert_eq!(cache.row(b"a"), Some(Some(b"1".to_vec())));
        assert_eq!(cache.range(&range("b", "d")), None, "a key inside was written");
        assert_eq!(cache.range(&range("x", "z")), Some(vec![]));
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(cache.row(b"a"), None, "another thread reads elsewhere"));
        });
        cache.begin(head(3));
        assert_eq!(cache.row(b"a"), None, "another node has written");
    }
}
