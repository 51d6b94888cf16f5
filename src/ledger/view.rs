//! Reads on the tables: as applied, or (within a decision) with what the group has changed.
//!
//! A view outside a decision is no snapshot: two reads may have a commit between them. Within a
//! decision nothing moves, because the writer itself reads.

use std::{cell::RefCell, collections::HashMap, ops::Bound};

use super::{
    Error, Shared, lock,
    overlay::{Overlay, Tables},
    rows,
};
use crate::domain::record::{Index, Kind, Parts, Record};

/// A record as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<R> {
    /// The entry that changed it last; its ETag.
    pub seq: u64,
    /// Its state.
    pub value: R,
}

/// A row of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands within the index; `after` of the next scan.
    pub place: Vec<u8>,
    /// Key of the record it leads to.
    pub key: String,
}

/// The tables.
#[derive(Debug)]
pub struct View<'a> {
    shared: &'a Shared,
    overlay: Option<&'a Overlay>,
    /// Rows that were fetched before they were asked for, so that many take one way to the engine.
    fetched: RefCell<HashMap<Vec<u8>, Option<Vec<u8>>>>,
}

impl<'a> View<'a> {
    pub(super) fn new(shared: &'a Shared, overlay: Option<&'a Overlay>) -> Self {
        Self { shared, overlay, fetched: RefCell::default() }
    }

    const fn tables(&self) -> Tables<'_> {
        Tables { table: &*self.shared.table, overlay: self.overlay }
    }

    /// Remembers that a row was damaged, so that the next opening tests them all.
    fn seen<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Damaged(row)) = &result {
            self.shared.suspect(row);
        }
        result
    }

    /// One record.
    ///
    /// # Errors
    /// `Damaged` if the row is not what was written; else as the engine says.
    pub fn get<R: Record>(&self, key: &str) -> Result<Option<Stored<R>>, Error> {
        self.seen(self.try_get(key))
    }

    fn try_get<R: Record>(&self, key: &str) -> Result<Option<Stored<R>>, Error> {
        let row = rows::record(R::KIND, key);
        let fetched = self.fetched.borrow_mut().remove(&row);
        match fetched.map_or_else(|| self.tables().get(&row), Ok)? {
            Some(value) => stored(&row, &value).map(Some),
            None => Ok(None),
        }
    }

    /// Says that these records will be asked for soon, where an engine can fetch many at once.
    /// Each is answered once as it was now, so ask no earlier than needed.
    ///
    /// # Errors
    /// As the engine says.
    pub fn expect<'k>(
        &self,
        kind: Kind,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Result<(), Error> {
        if self.overlay.is_some() {
            return Ok(());
        }
        let keys: Vec<Vec<u8>> = keys.into_iter().map(|key| rows::record(kind, key)).collect();
        if keys.len() < 2 {
            return Ok(());
        }
        if let Some(found) = self.shared.table.get_many(&keys)? {
            let mut fetched = self.fetched.borrow_mut();
            fetched.extend(keys.into_iter().map(|key| (key, None)));
            fetched.extend(found.into_iter().map(|(key, value)| (key, Some(value))));
        }
        Ok(())
    }

    /// Rows of an index whose parts begin with `prefix`, in order or backwards, behind the place
    /// `after`, at most `limit`.
    ///
    /// # Errors
    /// As `get`.
    pub fn scan(
        &self,
        index: Index,
        prefix: &Parts,
        after: Option<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let start = after.map(|place| rows::index(index, place, ""));
        let start = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let (from, to) =
            if reverse { (Bound::Unbounded, start) } else { (start, Bound::Unbounded) };
        self.seen(self.index_rows(index, prefix, (from, to), reverse, limit))
    }

    /// Rows of an index whose parts begin with `prefix` and are not below `from`, which begins
    /// with `prefix` too, in order, at most `limit`.
    ///
    /// # Errors
    /// As `get`.
    pub fn scan_from(
        &self,
        index: Index,
        prefix: &Parts,
        from: &Parts,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let from = rows::index(index, &from.0, "");
        let range = (Bound::Included(from.as_slice()), Bound::Unbounded);
        self.seen(self.index_rows(index, prefix, range, false, limit))
    }

    fn index_rows(
        &self,
        index: Index,
        prefix: &Parts,
        (from, to): (Bound<&[u8]>, Bound<&[u8]>),
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let prefix = rows::index(index, &prefix.0, "");
        let found = self.tables().under(&prefix, from, to, reverse, limit)?;
        let row = |(key, value): (Vec<u8>, Vec<u8>)| {
            let record = rows::open_text(&key, &value)?;
            Ok(Row { place: key.get(2..).unwrap_or_default().to_vec(), key: record })
        };
        found.into_iter().map(row).collect()
    }

    /// The record that the first row under `prefix` leads to.
    ///
    /// # Errors
    /// As `get`.
    pub fn first<R: Record>(
        &self,
        index: Index,
        prefix: &Parts,
    ) -> Result<Option<Stored<R>>, Error> {
        if self.overlay.is_some() {
            // What the group has changed is seen by these only.
            return match self.scan(index, prefix, None, false, 1)?.first() {
                Some(row) => self.get(&row.key),
                None => Ok(None),
            };
        }
        self.seen(self.lead(index, prefix))
    }

    fn lead<R: Record>(&self, index: Index, prefix: &Parts) -> Result<Option<Stored<R>>, Error> {
        let from = rows::index(index, &prefix.0, "");
        let end = rows::after(&from);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let of_kind = rows::prefix(b'r', R::KIND.code());
        let found =
            self.shared.table.lead(Bound::Included(&from), to, &of_kind, rows::CHECKSUM_BYTES)?;
        let Some(((key, value), led)) = found else { return Ok(None) };
        let row = rows::record(R::KIND, &rows::open_text(&key, &value)?);
        led.map(|value| stored(&row, &value)).transpose()
    }

    /// Records of a kind in the order of their keys, behind the key `after`, at most `limit`.
    ///
    /// # Errors
    /// As `get`.
    pub fn kind<R: Record>(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored<R>>, Error> {
        let start = after.map(|key| rows::record(R::KIND, key));
        let start = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let prefix = rows::prefix(b'r', R::KIND.code());
        let found = self.tables().under(&prefix, start, Bound::Unbounded, false, limit)?;
        self.seen(found.iter().map(|(key, value)| stored(key, value)).collect())
    }

    /// Records of a kind against the order of their keys, before the key `before`, at most `limit`:
    /// where ids are time-ordered, the newest first.
    ///
    /// # Errors
    /// As `get`.
    pub fn kind_back<R: Record>(
        &self,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored<R>>, Error> {
        let end = before.map(|key| rows::record(R::KIND, key));
        let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let prefix = rows::prefix(b'r', R::KIND.code());
        let found = self.tables().under(&prefix, Bound::Unbounded, end, true, limit)?;
        self.seen(found.iter().map(|(key, value)| stored(key, value)).collect())
    }

    /// How many records of a kind there are; from the running counts, so it costs nothing.
    ///
    /// # Errors
    /// None today; an engine that keeps its counts elsewhere may fail.
    pub fn count(&self, kind: Kind) -> Result<u64, Error> {
        let prefix = [b'r', kind.code()];
        Ok(match self.overlay {
            Some(overlay) => overlay.sums.of(prefix).count,
            None => lock(&self.shared.applied).sums.of(prefix).count,
        })
    }

    /// The entries that concern an object (as subject, or by changing its record), newest first,
    /// below `before`, at most `limit`. Entries whose erasure was ordered are not among them.
    ///
    /// # Errors
    /// As `get`.
    pub fn history(
        &self,
        kind: Kind,
        key: &str,
        before: u64,
        limit: usize,
    ) -> Result<Vec<u64>, Error> {
        self.seen(self.tables().history(kind, key, before, limit))
    }
}

impl Tables<'_> {
    pub fn history(
        &self,
        kind: Kind,
        key: &str,
        before: u64,
        limit: usize,
    ) -> Result<Vec<u64>, Error> {
        let end = rows::history_row(kind, key, before);
        let prefix = rows::history(kind, key);
        let to = Bound::Excluded(end.as_slice());
        let found = self.under(&prefix, Bound::Unbounded, to, true, limit)?;
        let seq = |(key, value): &(Vec<u8>, Vec<u8>)| {
            rows::open(key, value)?;
            rows::history_seq(key)
        };
        found.iter().map(seq).collect()
    }
}

fn stored<R: Record>(key: &[u8], value: &[u8]) -> Result<Stored<R>, Error> {
    let stand = rows::open_record(key, value)?;
    let value =
        R::upgrade(stand.form, stand.json).map_err(|what| Error::Entry { seq: stand.seq, what })?;
    Ok(Stored { seq: stand.seq, value })
}
