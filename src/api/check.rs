//! The check of a whole house while it runs: chain, bodies and rows; every blob; blobs nobody
//! refers to; the index against the tables.
//!
//! It only reads. It keeps to a bounded rate, so that people go on working, and names what is
//! wrong; and what it did not compare, which must never pass for sound.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde::Serialize;
use uuid::Uuid;

use crate::{
    blob,
    domain::{
        akte::{Akte, Vorgang},
        dokument::{Blob, BlobStand, Dokument, Ort},
        record::Record,
    },
    follow::Follow,
    ledger::{self, Ledger, Stored},
    registry,
    search::{self, Index},
};

/// Records taken at once.
const BATCH: usize = 500;
/// Findings that are named.
const NAMED_MAX: usize = 1000;
/// How long is waited for an index that is behind.
const INDEX_PATIENCE: Duration = Duration::from_secs(2);
/// A sleep for less costs more than it slows down.
const NAP_MS: u64 = 10;

/// Errors: what can't be read at all. Damage is a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Journal or tables.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// Blobs.
    #[error(transparent)]
    Blobs(#[from] blob::Error),
    /// The index.
    #[error(transparent)]
    Index(#[from] search::Error),
}

impl From<Error> for registry::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Blobs(error) => error.into(),
            other => Self::intern(other),
        }
    }
}

/// What is checked.
#[derive(Debug)]
pub struct Check {
    /// Journal and tables.
    pub ledger: Arc<Ledger>,
    /// Bytes.
    pub blobs: Arc<blob::Store>,
    /// The index.
    pub index: Arc<Index>,
    /// How far it is.
    pub follow: Arc<Follow>,
    /// Bytes of blobs that are read in a second; none: as fast as the disk gives them.
    pub bytes_per_s: Option<u64>,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Number of the last entry checked.
    pub seq: u64,
    /// Its seal.
    pub siegel: String,
    /// Entries in the chain.
    pub eintraege: u64,
    /// How many of them were erased as ordered.
    pub geloescht: u64,
    /// Rows of the tables.
    pub zeilen: u64,
    /// Blobs whose bytes were read.
    pub blobs: u64,
    /// Files that nobody refers to; `sweep` takes them away. They are no damage.
    pub unbenutzt: u64,
    /// Objects in the index; none: it was behind, and was not compared.
    pub index: Option<u64>,
    /// What is wrong; empty: nothing.
    pub befunde: Vec<String>,
    /// Findings that are not named for their number.
    pub ungenannt: u64,
    /// What is no damage and should be known: what was made anew when the house was opened, and
    /// what was not compared.
    pub hinweise: Vec<String>,
}

impl Report {
    /// True if nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.befunde.is_empty()
    }

    fn find(&mut self, what: String) {
        match self.befunde.len() < NAMED_MAX {
            true => self.befunde.push(what),
            false => self.ungenannt += 1,
        }
    }
}

/// Told of each step: done, and in all as far as it is known.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

impl Check {
    /// Checks everything.
    ///
    /// # Errors
    /// If something can't be read at all.
    pub fn run(&self, progress: &mut Progress<'_>) -> Result<Report, Error> {
        let mut report = Report::default();
        let head = self.ledger.head().seq;
        let blobs = self.ledger.view().count(Blob::KIND)?;
        // Journal bytes, entries and rows come one after the other; each is about the head's size.
        let total = head.saturating_mul(3).saturating_add(blobs);
        let mut stages = HashMap::new();
        let checked = self.ledger.verify(&mut |stage, done| {
            stages.insert(format!("{stage:?}"), done);
            progress(stages.values().sum::<u64>().min(total), total);
        })?;
        let before = total.saturating_sub(blobs);
        report.seq = checked.head.seq;
        report.siegel = checked.head.seal.to_string();
        report.eintraege = checked.entries;
        report.geloescht = checked.erased;
        report.zeilen = checked.rows;
        report.ungenannt = checked.unnamed;
        for damage in &checked.damages {
            report.find(damage.to_string());
        }
        report.hinweise.extend(self.ledger.notes().iter().cloned());
        let anew = self.follow.note().map(|why| format!("index filled anew: {why}"));
        report.hinweise.extend(anew);
        self.blobs(&mut report, &mut |done| progress(before + done.min(blobs), total))?;
        self.unused(&mut report)?;
        self.index(&mut report)?;
        progress(total, total);
        Ok(report)
    }

    fn blobs(&self, report: &mut Report, progress: &mut dyn FnMut(u64)) -> Result<(), Error> {
        let mut after: Option<String> = None;
        let mut pace = self.bytes_per_s.filter(|rate| *rate > 0).map(Pace::new);
        loop {
            let batch = self.ledger.view().kind::<Blob>(after.as_deref(), BATCH)?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = Some(last.value.key());
            for blob in &batch {
                if blob.value.stand == BlobStand::Vorhanden {
                    self.blob(&blob.value, report)?;
                    if let Some(pace) = &mut pace {
                        std::thread::sleep(pace.after(blob.value.groesse));
                    }
                }
                report.blobs += 1;
                progress(report.blobs);
            }
        }
    }

    /// Reads the very bytes that the record names: a spare copy may be taken away at any time.
    fn blob(&self, blob: &Blob, report: &mut Report) -> Result<(), Error> {
        match self.blobs.check_deposit(blob.sha256, blob.ablage) {
            Ok(()) => {}
            Err(error @ (blob::Error::NotFound(_) | blob::Error::Damaged { .. })) => {
                // It may have been condemned and taken away, or replaced, since it was listed.
                let now = self.ledger.view().get::<Blob>(&blob.sha256.to_string())?;
                if now.is_some_and(|now| now.value == *blob) {
                    report.find(error.to_string());
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn unused(&self, report: &mut Report) -> Result<(), Error> {
        for found in self.blobs.list() {
            match found {
                Ok(found) => {
                    let known = self.ledger.view().get::<Blob>(&found.digest.to_string())?;
                    let named = |b: Stored<Blob>| self.blobs.same(b.value.ablage, found.ablage);
                    if !known.is_some_and(named) && self.blobs.settled(&found) {
                        report.unbenutzt += 1;
                    }
                }
                Err(error @ blob::Error::Foreign(_)) => report.find(error.to_string()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Compares the index with the tables, if nothing is under way between the two.
    fn index(&self, report: &mut Report) -> Result<(), Error> {
        for file in self.index.check()? {
            report.find(format!("index: {file} is damaged"));
        }
        let head = self.ledger.applied().seq;
        if !self.follow.wait(head, INDEX_PATIENCE) {
            let indexed = self.follow.indexed();
            report.hinweise.push(format!("index not compared: it is at {indexed} of {head}"));
            return Ok(());
        }
        let mut rows = Rows::new();
        self.index.each(&mut |row| {
            rows.insert(row.id, row.klasse);
        })?;
        let mut wrong = Vec::new();
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        // What gives the others their class comes first.
        let mut classes = HashMap::new();
        self.kind::<Akte>(&mut rows, &mut wrong, &mut |akte| {
            classes.insert(akte.id, akte.rechteklasse);
            Some(akte.rechteklasse)
        })?;
        let class = |akte: Uuid| classes.get(&akte).copied();
        self.kind::<Vorgang>(&mut rows, &mut wrong, &mut |vorgang| class(vorgang.akte_id))?;
        self.kind::<Dokument>(&mut rows, &mut wrong, &mut |dokument| match &dokument.ort {
            Ort::Posteingang { rechteklasse, .. } => Some(*rechteklasse),
            Ort::Akte { akte_id } | Ort::Vorgang { akte_id, .. } => class(*akte_id),
        })?;
        wrong.extend(rows.keys().map(|id| format!("index: {id} is in it and not in the tables")));
        // Whatever moved meanwhile proves nothing.
        if self.ledger.applied().seq == head {
            report.index = Some(count);
            wrong.into_iter().for_each(|what| report.find(what));
        } else {
            report.hinweise.push("index not compared: something was written meanwhile".into());
        }
        Ok(())
    }

    /// Takes each record's row away, and names what is missing or found under another class than
    /// `class` says: whoever may not see it would find it.
    fn kind<R: Record>(
        &self,
        rows: &mut Rows,
        wrong: &mut Vec<String>,
        class: &mut dyn FnMut(&R) -> Option<u64>,
    ) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let batch = self.ledger.view().kind::<R>(after.as_deref(), BATCH)?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = Some(last.value.key());
            for record in &batch {
                let key = record.value.key();
                let (name, expected) = (R::KIND.name(), class(&record.value));
                match Uuid::try_parse(&key).ok().and_then(|id| rows.remove(&id)) {
                    None => wrong.push(format!("index: {name} {key} is missing")),
                    Some(found) if Some(found) != expected => wrong.push(format!(
                        "index: {name} {key} is under rights {found}, and should be under {}",
                        expected.map_or_else(|| "none".into(), |class| class.to_string()),
                    )),
                    Some(_) => {}
                }
            }
        }
    }
}

/// The class that the index finds each object under.
type Rows = HashMap<Uuid, u64>;

/// Keeps to a rate over many blobs, so that small ones count too.
struct Pace {
    bytes_per_s: u64,
    /// Bytes read and not slept for yet.
    owed: u64,
}

impl Pace {
    const fn new(bytes_per_s: u64) -> Self {
        Self { bytes_per_s, owed: 0 }
    }

    /// How long to sleep now that `size` bytes were read.
    fn after(&mut self, size: u64) -> Duration {
        self.owed = self.owed.saturating_add(size);
        let ms = self.owed.saturating_mul(1000) / self.bytes_per_s;
        if ms < NAP_MS {
            return Duration::ZERO;
        }
        self.owed = self.owed.saturating_sub(ms.saturating_mul(self.bytes_per_s) / 1000);
        Duration::from_millis(ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if blobs that take less than a millisecond each are read without any sleep.
    #[test]
    fn many_small_blobs_keep_to_the_rate_as_one_large_one_does() {
        for size in [100, 999, 1_000, 1_000_000] {
            let mut pace = Pace::new(1_000_000);
            let slept: Duration = (0..10_000_000 / size).map(|_| pace.after(size)).sum();
            let off = slept.abs_diff(Duration::from_secs(10));
            assert!(off <= Duration::from_millis(2 * NAP_MS), "{size}: {slept:?}");
        }
    }
}
