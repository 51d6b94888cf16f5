//! What a record was before an entry: the journal keeps states, so a change is two of them.

use crate::{
    domain::record::Record,
    ledger::{Change, Error, Ledger},
};

/// Entries of an object's history that are looked through for its state before. Entries that only
/// name it as their subject lie between; behind so many the answer is `Unknown`.
const LOOK_MAX: usize = 16;

/// The state before an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Before<R> {
    /// There was none: the entry made the record.
    New,
    /// This.
    Was(R),
    /// It can't be told (erased, or too far back): to be taken for any other.
    Unknown,
}

/// Reads a record as a change left it; none if the change deleted it.
pub(super) fn read<R: Record>(seq: u64, change: &Change) -> Result<Option<R>, Error> {
    let Some(state) = &change.state else { return Ok(None) };
    let record = R::upgrade(change.form, state.get());
    record.map(Some).map_err(|what| Error::Entry { seq, what })
}

/// The state of a record before the entry `seq`.
pub(super) fn before<R: Record>(
    ledger: &Ledger,
    key: &str,
    seq: u64,
) -> Result<Before<R>, Error> {
    let past = ledger.history(R::KIND, key, seq, LOOK_MAX)?;
    for at in &past {
        let Some(entry) = ledger.entries(*at, 1)?.pop() else { return Ok(Before::Unknown) };
        let Some(body) = entry.body else { return Ok(Before::Unknown) };
        // The last change of a key in an entry wins.
        let change = body.records.iter().rev().find(|c| c.kind == R::KIND.name() && c.key == key);
        if let Some(change) = change {
            return Ok(read(*at, change)?.map_or(Before::New, Before::Was));
        }
    }
    Ok(if past.len() < LOOK_MAX { Before::New } else { Before::Unknown })
}
