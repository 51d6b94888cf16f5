//! From an entry to rows: generic puts and deletes, the secondary keys, the history.
//!
//! A rebuild and the running service go through the same functions, so they can't differ. An
//! entry whose erasure was ordered has no rows in the history from the order on, because a
//! rebuild can't read any more whom it concerned.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    BODY_FORM, Body, Change, Entry, Error,
    derive::derive,
    journal::{Journal, Sealed},
    overlay::{Overlay, Tables},
    rows,
    table::Table,
};
use crate::domain::record::Kind;

/// What entries are applied to and read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stores<'a> {
    pub journal: &'a dyn Journal,
    pub table: &'a dyn Table,
}

impl Stores<'_> {
    pub fn tables<'b>(&'b self, overlay: &'b Overlay) -> Tables<'b> {
        Tables { table: self.table, overlay: Some(overlay) }
    }

    /// One entry; none beyond the head.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, Error> {
        let found = self.journal.read(seq, 1, usize::MAX)?;
        found.first().map(decode).transpose()
    }
}

/// Reads an entry as the journal keeps it.
///
/// # Errors
/// If a newer version wrote it, or it is no entry.
pub(super) fn decode(sealed: &Sealed) -> Result<Entry, Error> {
    let position = sealed.position;
    let broken = |what: String| Error::Entry { seq: position.seq, what };
    if sealed.form > BODY_FORM {
        return Err(broken(format!("its form {} is newer than this program", sealed.form)));
    }
    let body = sealed.secret.as_ref().map(|(_, body)| serde_json::from_slice(body));
    let body = body.transpose().map_err(|e| broken(e.to_string()))?;
    Ok(Entry { position, body })
}

/// Applies one entry. `kept`: rows of entries up to here may be in the tables although this run
/// has not applied them. Returns false if rows of an erased entry remain that can't be named any
/// more; only a rebuild then helps.
///
/// # Errors
/// `Draft` if the entry is not fit to be written; what was set until then is to be reverted.
pub(super) fn entry(
    stores: Stores<'_>,
    overlay: &mut Overlay,
    seq: u64,
    body: &Body,
    kept: u64,
) -> Result<bool, Error> {
    for change in &body.records {
        record(stores, overlay, seq, change)?;
    }
    for (kind, key) in concerned(body)? {
        let row = rows::history_row(kind, key, seq);
        let value = rows::seal(&row, &[]);
        overlay.set(row, None, Some(value));
    }
    forget(stores, overlay, &body.erases, kept)
}

fn record(
    stores: Stores<'_>,
    overlay: &mut Overlay,
    seq: u64,
    change: &Change,
) -> Result<(), Error> {
    let kind = kind(&change.kind)?;
    let row = rows::record(kind, &change.key);
    let old = stores.tables(overlay).get(&row)?;
    let before = match &old {
        Some(value) => {
            let stand = rows::open_record(&row, value)?;
            let broken = |what| Error::Entry { seq: stand.seq, what };
            derive(kind, stand.form, stand.json).map_err(broken)?.rows
        }
        None => Vec::new(),
    };
    let (new, after) = match &change.state {
        Some(state) => {
            let derived = derive(kind, change.form, state.get()).map_err(Error::Draft)?;
            if derived.key != change.key {
                let (key, claimed) = (derived.key, &change.key);
                return Err(Error::Draft(format!("{kind:?} {key} under the key {claimed}")));
            }
            let value = rows::record_value(&row, seq, change.form, state.get());
            (Some(value), derived.rows)
        }
        None => (None, Vec::new()),
    };
    let mut set = |(index, parts): &(_, Vec<u8>), there: bool| {
        let key = rows::index(*index, parts, &change.key);
        let value = rows::seal(&key, &[change.key.as_bytes()]);
        if there {
            overlay.set(key, None, Some(value));
        } else {
            overlay.set(key, Some(&value), None);
        }
    };
    let gone = before.iter().filter(|row| after.binary_search(row).is_err());
    gone.for_each(|row| set(row, false));
    let come = after.iter().filter(|row| before.binary_search(row).is_err());
    come.for_each(|row| set(row, true));
    if old.is_some() || new.is_some() {
        overlay.set(row, old.as_deref(), new);
    }
    Ok(())
}

fn kind(name: &str) -> Result<Kind, Error> {
    Kind::parse(name).ok_or_else(|| Error::Draft(format!("the kind {name:?} is not known here")))
}

/// The objects that an entry concerns, each once.
pub(super) fn concerned(body: &Body) -> Result<BTreeSet<(Kind, &str)>, Error> {
    let changed = body.records.iter().map(|change| (&change.kind, &change.key));
    let all = changed.chain([(&body.subject.kind, &body.subject.key)]);
    all.map(|(name, key)| Ok((kind(name)?, key.as_str()))).collect()
}

/// Notes that a commit reaches from `first` to `last`; a part already noted is kept.
///
/// # Errors
/// As the tables say.
pub(super) fn commit(
    stores: Stores<'_>,
    overlay: &mut Overlay,
    id: Uuid,
    first: u64,
    last: u64,
) -> Result<(), Error> {
    let row = rows::commit(id);
    let old = stores.tables(overlay).get(&row)?;
    let (mut from, mut to) = (first, last);
    if let Some(old) = &old {
        let (first, last) = rows::open_commit(&row, old)?;
        (from, to) = (from.min(first), to.max(last));
    }
    let value = rows::commit_value(&row, from, to);
    overlay.set(row, old.as_deref(), Some(value));
    Ok(())
}

/// Removes the rows that only the bodies of `seqs` explain.
fn forget(
    stores: Stores<'_>,
    overlay: &mut Overlay,
    seqs: &[u64],
    kept: u64,
) -> Result<bool, Error> {
    for seq in seqs {
        let Some(Entry { body: Some(body), .. }) = stores.entry(*seq)? else {
            if *seq <= kept {
                return Ok(false);
            }
            continue;
        };
        for (kind, key) in concerned(&body)? {
            let row = rows::history_row(kind, key, *seq);
            if let Some(old) = stores.tables(overlay).get(&row)? {
                overlay.set(row, Some(&old), None);
            }
        }
        shorten(stores, overlay, body.commit)?;
    }
    Ok(true)
}

/// Brings a commit's row to what its entries that are still in the history say.
fn shorten(stores: Stores<'_>, overlay: &mut Overlay, id: Uuid) -> Result<(), Error> {
    let row = rows::commit(id);
    let Some(old) = stores.tables(overlay).get(&row)? else { return Ok(()) };
    let (first, last) = rows::open_commit(&row, &old)?;
    let mut left: Option<(u64, u64)> = None;
    for seq in first..=last {
        let Some(Entry { body: Some(body), .. }) = stores.entry(seq)? else { continue };
        let subject = rows::history_row(kind(&body.subject.kind)?, &body.subject.key, seq);
        if stores.tables(overlay).get(&subject)?.is_some() {
            left = Some((left.map_or(seq, |(first, _)| first), seq));
        }
    }
    let new = left.map(|(first, last)| rows::commit_value(&row, first, last));
    overlay.set(row, Some(&old), new);
    Ok(())
}
