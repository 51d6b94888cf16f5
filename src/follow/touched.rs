//! What a batch of entries touches in the index, and putting it there, each object once.
//!
//! A change of an Akte that its documents are found by reaches all of them, and there may be
//! thousands; so does a text that many documents have. They are paged through, never gathered.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use super::{
    Error,
    before::{Past, read},
    build::Builder,
};
use crate::{
    domain::{
        akte::{Akte, Vorgang},
        digest::Digest,
        dokument::{Dokument, TextZustand, Textstand},
        record::{Index as Order, Kind, Parts, Record},
    },
    ledger::{Change, Entry, Ledger, Stored},
    search::{Doc, Index},
};

/// Rows read at once.
const PAGE: usize = 500;

/// When an object was touched last in the batch.
#[derive(Clone, Copy)]
struct Touch {
    seq: u64,
    /// Every object in the index is at least as new as this entry: so the object is either as it
    /// should be, or not there yet; it is put once, at the entry that left it as it is now.
    old: bool,
}

/// What a batch touches.
#[derive(Default)]
pub(super) struct Batch {
    dokumente: BTreeMap<String, Touch>,
    akten: BTreeMap<String, Touch>,
    vorgaenge: BTreeMap<String, Touch>,
    /// All documents with this text.
    texts: BTreeSet<Digest>,
    /// All that lies in these Akten.
    whole_akten: BTreeSet<String>,
    /// All that lies in these Vorgänge.
    whole_vorgaenge: BTreeSet<String>,
}

impl Batch {
    /// Reads entries; `fresh` as in `search::Position`.
    pub fn of(ledger: &Ledger, entries: &[Entry], fresh: u64) -> Result<Self, Error> {
        let mut batch = Self::default();
        let mut past = Past::new(ledger);
        for entry in entries {
            let seq = entry.position.seq;
            let touch = Touch { seq, old: seq <= fresh };
            // An erased body names nothing; what it had changed is touched again by the entry
            // that erased it, if it is still there at all.
            for change in entry.body.iter().flat_map(|body| &body.records) {
                batch.change(&mut past, touch, change)?;
            }
        }
        Ok(batch)
    }

    fn change(&mut self, past: &mut Past<'_>, touch: Touch, change: &Change) -> Result<(), Error> {
        let seq = touch.seq;
        match Kind::parse(&change.kind) {
            Some(Kind::Dokument) => {
                self.dokumente.insert(change.key.clone(), touch);
            }
            Some(Kind::Akte) => {
                self.akten.insert(change.key.clone(), touch);
                let part =
                    |a: &Akte| (a.rechteklasse, a.aktenzeichen.clone(), a.planeinheit.clone());
                if !touch.old && past.differs(seq, change, part)? {
                    self.whole_akten.insert(change.key.clone());
                }
            }
            Some(Kind::Vorgang) => {
                self.vorgaenge.insert(change.key.clone(), touch);
                let part = |v: &Vorgang| v.geschaeftszeichen.clone();
                if !touch.old && past.differs(seq, change, part)? {
                    self.whole_vorgaenge.insert(change.key.clone());
                }
            }
            Some(Kind::Textstand) if !touch.old => {
                let stand = read::<Textstand>(seq, change)?;
                let ready = |s: &Textstand| matches!(s.zustand, TextZustand::Bereit { .. });
                self.texts.extend(stand.filter(ready).map(|stand| stand.sha256));
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts everything; `done` is called after each object.
    pub fn put(
        &self,
        builder: &mut Builder<'_>,
        index: &Index,
        done: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut put = Put { builder, index, done, seen: HashSet::new() };
        for (key, touch) in &self.akten {
            put.akte(key, Some(*touch))?;
        }
        for (key, touch) in &self.vorgaenge {
            put.vorgang(key, Some(*touch))?;
        }
        for (key, touch) in &self.dokumente {
            put.dokument(key, Some(*touch))?;
        }
        for key in &self.whole_akten {
            let id = Parts::new().id(Uuid::parse_str(key).unwrap_or_default());
            put.each(Order::VorgangAkte, &id, Put::vorgang)?;
            put.each(Order::DokumentAkte, &id, Put::dokument)?;
        }
        for key in &self.whole_vorgaenge {
            let id = Parts::new().id(Uuid::parse_str(key).unwrap_or_default());
            put.each(Order::DokumentVorgang, &id, Put::dokument)?;
        }
        for digest in &self.texts {
            put.each(Order::DokumentBlob, &Parts::new().bytes(&digest.0), Put::dokument)?;
        }
        Ok(())
    }
}

/// A batch on its way into the index.
struct Put<'a, 'b> {
    builder: &'a mut Builder<'b>,
    index: &'a Index,
    done: &'a mut dyn FnMut() -> Result<(), Error>,
    seen: HashSet<Uuid>,
}

impl Put<'_, '_> {
    fn each(
        &mut self,
        order: Order,
        prefix: &Parts,
        put: fn(&mut Self, &str, Option<Touch>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.builder.view.scan(order, prefix, after.as_deref(), false, PAGE)?;
            for row in &rows {
                put(self, &row.key, None)?;
            }
            if rows.len() < PAGE {
                return Ok(());
            }
            after = rows.into_iter().next_back().map(|row| row.place);
        }
    }

    fn akte(&mut self, key: &str, touch: Option<Touch>) -> Result<(), Error> {
        self.one::<Akte>(key, touch, |builder, stored| Ok(Some(builder.of_akte(stored))))
    }

    fn vorgang(&mut self, key: &str, touch: Option<Touch>) -> Result<(), Error> {
        self.one::<Vorgang>(key, touch, |builder, stored| builder.vorgang(stored))
    }

    fn dokument(&mut self, key: &str, touch: Option<Touch>) -> Result<(), Error> {
        self.one::<Dokument>(key, touch, |builder, stored| builder.dokument(stored))
    }

    fn one<R: Record>(
        &mut self,
        key: &str,
        touch: Option<Touch>,
        build: impl Fn(&mut Builder<'_>, &Stored<R>) -> Result<Option<Doc>, Error>,
    ) -> Result<(), Error> {
        let Ok(id) = Uuid::parse_str(key) else { return Ok(()) };
        let stored = self.builder.view.get::<R>(key)?;
        let later = |touch: Touch| {
            touch.old && stored.as_ref().is_none_or(|stored| stored.seq != touch.seq)
        };
        if touch.is_some_and(later) || !self.seen.insert(id) {
            return Ok(());
        }
        let doc = match &stored {
            Some(stored) => build(self.builder, stored)?,
            None => None,
        };
        match doc {
            Some(doc) => self.index.put(&doc)?,
            None => self.index.remove(id)?,
        }
        (self.done)()
    }
}
