//! Orders to erase bodies: what may be ordered, and the record that keeps an order alive until
//! the bodies are known to be gone.
//!
//! An order is an entry with `erases` that puts a `Loeschung` with the same seqs. It must never
//! take a body that a rebuild of the tables still needs.

use std::collections::BTreeSet;

use super::{
    Body, Change, Draft, Entry, Error, Subject,
    apply::{Stores, concerned},
    overlay::Overlay,
    rows,
};
use crate::domain::{
    record::{Kind, Record},
    verwaltung::Loeschung,
    zeit::Zeitpunkt,
};

/// The action of the entry that ends an order.
pub(super) const DONE: &str = "koerper_geloescht";

/// The `Loeschung` records that a body puts.
pub(super) fn orders(body: &Body) -> Result<Vec<Loeschung>, String> {
    let puts = body.records.iter().filter(|change| change.kind == Kind::Loeschung.name());
    let read = |change: &Change| {
        change.state.as_ref().map(|state| Loeschung::upgrade(change.form, state.get()))
    };
    puts.filter_map(read).collect()
}

/// The entry that says that the bodies are gone.
pub(super) fn done(loeschung: &Loeschung, time: Zeitpunkt) -> Draft {
    let key = loeschung.key();
    Draft {
        time,
        actor: "system".into(),
        on_behalf_of: None,
        credential_id: None,
        request_id: None,
        action: DONE.into(),
        subject: Subject { kind: Kind::Loeschung.name().into(), key: key.clone() },
        reason: None,
        records: vec![Change::delete(Kind::Loeschung, key)],
        erases: Vec::new(),
    }
}

/// True if a draft would end an order; only the writer may, when the bodies are gone.
pub(super) fn ends(draft: &Draft) -> bool {
    let mut deleted = draft.records.iter().filter(|change| change.state.is_none());
    deleted.any(|change| change.kind == Kind::Loeschung.name())
}

/// Tests the order that `body` carries. Its own changes are already in the overlay.
///
/// # Errors
/// `Draft` if it must not be carried out.
pub(super) fn check(
    stores: Stores<'_>,
    overlay: &Overlay,
    body: &Body,
    orders: &[Loeschung],
) -> Result<(), Error> {
    let wanted: BTreeSet<u64> = body.erases.iter().copied().collect();
    let ordered: BTreeSet<u64> = orders.iter().flat_map(|order| &order.seqs).copied().collect();
    if wanted != ordered {
        let what = "`erases` and the Loeschung that is put with it must name the same entries";
        return Err(Error::Draft(what.into()));
    }
    let head = stores.journal.head().seq;
    for seq in &wanted {
        if *seq == 0 || *seq > head {
            return Err(Error::Draft(format!("entry {seq} can't be erased, there is none yet")));
        }
        let Some(Entry { body: Some(body), .. }) = stores.entry(*seq)? else { continue };
        if !body.erases.is_empty() {
            let what = format!("entry {seq} can't be erased, it orders an erasure itself");
            return Err(Error::Draft(what));
        }
        let changed = body.records.iter().map(|change| (&change.kind, &change.key));
        let changed: BTreeSet<_> = changed.collect();
        for (kind, key) in concerned(&body)? {
            if changed.iter().any(|(name, k)| *name == kind.name() && *k == key)
                && needed(stores, overlay, &wanted, kind, key)?
            {
                let what = format!("entry {seq} holds the present state of {kind:?} {key}");
                return Err(Error::Draft(what));
            }
        }
    }
    Ok(())
}

/// True if a rebuild without the bodies of `gone` would give the record another state.
fn needed(
    stores: Stores<'_>,
    overlay: &Overlay,
    gone: &BTreeSet<u64>,
    kind: Kind,
    key: &str,
) -> Result<bool, Error> {
    let tables = stores.tables(overlay);
    let row = rows::record(kind, key);
    if let Some(value) = tables.get(&row)? {
        return Ok(gone.contains(&rows::open_record(&row, &value)?.seq));
    }
    if overlay.removed(&row) {
        return Ok(false);
    }
    // It was deleted earlier: the newest change that stays must be a deletion too.
    let mut before = u64::MAX;
    loop {
        let seqs = tables.history(kind, key, before, 64)?;
        let Some(last) = seqs.last() else { return Ok(false) };
        before = *last;
        for seq in seqs.iter().filter(|seq| !gone.contains(seq)) {
            let Some(Entry { body: Some(body), .. }) = stores.entry(*seq)? else { continue };
            let same = |change: &&Change| change.kind == kind.name() && change.key == key;
            if let Some(change) = body.records.iter().rfind(same) {
                return Ok(change.state.is_some());
            }
        }
    }
}
