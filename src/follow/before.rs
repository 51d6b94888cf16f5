//! What a record was before an entry: the journal keeps states, so a change is two of them.

use std::collections::HashMap;

use crate::{
    domain::record::Record,
    ledger::{Change, Error, Ledger},
};

/// Entries of an object's history that are looked through for its state before. Entries that only
/// name it as their subject lie between; behind so many the answer is `Unknown`.
const LOOK_MAX: usize = 16;

/// Entries remembered: what one entry changed together, one entry often changed before.
const KEEP_MAX: usize = 4;

/// The state before an entry.
#[derive(Debug, PartialEq, Eq)]
enum Before<R> {
    /// There was none: the entry made the record.
    New,
    /// This.
    Was(R),
    /// It can't be told (erased, or too far back): to be taken for any other.
    Unknown,
}

/// The changes of one entry by kind and key; none: it was erased.
type Changes = Option<HashMap<(String, String), Change>>;

/// Reads what was before, with the entries it read last.
pub(super) struct Past<'a> {
    ledger: &'a Ledger,
    kept: Vec<(u64, Changes)>,
}

/// Reads a record as a change left it; none if the change deleted it.
pub(super) fn read<R: Record>(seq: u64, change: &Change) -> Result<Option<R>, Error> {
    let Some(state) = &change.state else { return Ok(None) };
    let record = R::upgrade(change.form, state.get());
    record.map(Some).map_err(|what| Error::Entry { seq, what })
}

impl<'a> Past<'a> {
    pub fn new(ledger: &'a Ledger) -> Self {
        Self { ledger, kept: Vec::new() }
    }

    /// True if `part` of the record is another than before the entry `seq`, or the record is
    /// gone, or nobody knows. A new record differs from nothing.
    pub fn differs<R: Record, P: PartialEq>(
        &mut self,
        seq: u64,
        change: &Change,
        part: impl Fn(&R) -> P,
    ) -> Result<bool, Error> {
        Ok(match self.before::<R>(&change.key, seq)? {
            Before::New => false,
            Before::Unknown => true,
            Before::Was(old) => read::<R>(seq, change)?.is_none_or(|new| part(&new) != part(&old)),
        })
    }

    fn before<R: Record>(&mut self, key: &str, seq: u64) -> Result<Before<R>, Error> {
        let past = self.ledger.history(R::KIND, key, seq, LOOK_MAX)?;
        let name = (R::KIND.name().to_owned(), key.to_owned());
        for at in &past {
            let Some(changes) = self.entry(*at)? else { return Ok(Before::Unknown) };
            if let Some(change) = changes.get(&name) {
                return Ok(read(*at, change)?.map_or(Before::New, Before::Was));
            }
        }
        Ok(if past.len() < LOOK_MAX { Before::New } else { Before::Unknown })
    }

    fn entry(&mut self, seq: u64) -> Result<&Changes, Error> {
        let at = match self.kept.iter().position(|(kept, _)| *kept == seq) {
            Some(at) => at,
            None => {
                let entry = self.ledger.entries(seq, 1)?.pop();
                let body = entry.and_then(|entry| entry.body);
                // The last change of a key in an entry wins.
                let changes = body.map(|body| {
                    let named = |c: Change| ((c.kind.clone(), c.key.clone()), c);
                    body.records.into_iter().map(named).collect()
                });
                if self.kept.len() >= KEEP_MAX {
                    self.kept.remove(0);
                }
                self.kept.push((seq, changes));
                self.kept.len().saturating_sub(1)
            }
        };
        Ok(self.kept.get(at).map_or(&None, |(_, changes)| changes))
    }
}
