//! Several ordered lists read as one: a page over all classes that a caller sees.
//!
//! Each list is a prefix of one index; behind the prefix all have the same order. What is read is
//! bounded by the number of lists plus the length of the page, not by the length of the lists.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::error::Error;
use crate::{
    domain::record::{Index, Kind, Parts},
    ledger::{Row, View},
};

/// Lists merged at most; a caller with more takes another way.
pub(super) const LISTS_MAX: usize = 256;

/// A merged reading. Yields rows with the place behind the prefix.
pub(super) struct Merge<'a, 'v> {
    view: &'a View<'v>,
    index: Index,
    /// Of the records that the rows lead to.
    kind: Kind,
    reverse: bool,
    chunk: usize,
    lists: Vec<List>,
    heap: BinaryHeap<(Order, usize)>,
}

struct List {
    prefix: Parts,
    rows: std::vec::IntoIter<Row>,
    last: Option<Vec<u8>>,
    more: bool,
}

/// What comes first is greatest, as the heap wants it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Ascending(Reverse<Vec<u8>>, Reverse<String>),
    Descending(Vec<u8>, String),
}

/// A row of a merged reading.
pub(super) struct Merged {
    /// The place behind the prefix; the cursor.
    pub(super) place: Vec<u8>,
    /// Key of the record.
    pub(super) key: String,
}

impl<'a, 'v> Merge<'a, 'v> {
    /// Reads `prefixes` behind `after`, a page of about `wanted`.
    pub(super) fn new(
        view: &'a View<'v>,
        (index, kind): (Index, Kind),
        prefixes: Vec<Parts>,
        after: Option<&[u8]>,
        reverse: bool,
        wanted: usize,
    ) -> Result<Self, Error> {
        let chunk = (2 * wanted).div_ceil(prefixes.len().max(1)).max(1);
        let lists = prefixes.into_iter().map(|prefix| {
            let last = after.map(|a| prefix.clone().bytes(a).0);
            List { prefix, rows: Vec::new().into_iter(), last, more: true }
        });
        let lists = lists.collect();
        let mut merge = Self { view, index, kind, reverse, chunk, lists, heap: BinaryHeap::new() };
        for list in 0..merge.lists.len() {
            merge.pull(list)?;
        }
        Ok(merge)
    }

    /// The next row, or none at the end of all lists.
    pub(super) fn next(&mut self) -> Result<Option<Merged>, Error> {
        let Some((order, list)) = self.heap.pop() else { return Ok(None) };
        self.pull(list)?;
        let (place, key) = match order {
            Order::Ascending(Reverse(place), Reverse(key)) | Order::Descending(place, key) => {
                (place, key)
            }
        };
        Ok(Some(Merged { place, key }))
    }

    /// Puts the next row of one list on the heap.
    fn pull(&mut self, number: usize) -> Result<(), Error> {
        let Some(list) = self.lists.get_mut(number) else { return Ok(()) };
        let mut row = list.rows.next();
        if row.is_none() && list.more {
            let (after, reverse) = (list.last.as_deref(), self.reverse);
            let rows = self.view.scan(self.index, &list.prefix, after, reverse, self.chunk)?;
            self.view.expect(self.kind, rows.iter().map(|row| row.key.as_str()))?;
            list.more = rows.len() == self.chunk;
            list.last = rows.last().map(|r| r.place.clone());
            list.rows = rows.into_iter();
            row = list.rows.next();
        }
        if let Some(row) = row {
            let place = row.place.get(list.prefix.0.len()..).unwrap_or_default().to_vec();
            let order = if self.reverse {
                Order::Descending(place, row.key)
            } else {
                Order::Ascending(Reverse(place), Reverse(row.key))
            };
            self.heap.push((order, number));
        }
        Ok(())
    }
}
