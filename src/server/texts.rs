//! Reads texts: takes what the tables say is open, has a worker read it, tells the journal.
//!
//! Several nodes may take the same text; it takes effect once. What is out of reach is waited for:
//! only a fault of the document, or of its bytes, may end in "no text".

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    jobs::STEP,
    patience::{Hindrance, Patience},
    rest::Rest,
};
use crate::{
    blob::{self, Derived, Store},
    domain::{
        akte::Akte,
        digest::Digest,
        dokument::Dokument,
        record::{Index, Parts},
        source::Source,
    },
    ledger::Ledger,
    registry::{Jobs, Lesung, OffenerText, Registry},
    text::{self, Failure, Pool},
};

/// After so many steps without a text the worker processes are given up; a new one costs 2 ms.
const IDLE_STEPS: u32 = 40;
/// Texts taken at once: few, so that an interactive one never waits behind many of the bulk.
const AT_ONCE: usize = 8;
/// Failed readings of a blob after which its text counts as unreadable.
const TRIES: u32 = 5;
/// Documents looked at to tell whether bytes lie behind a wall.
const DOCUMENTS_MAX: usize = 1000;

/// The threads that read texts share it.
pub(super) struct Texts {
    jobs: Jobs,
    ledger: Arc<Ledger>,
    blobs: Arc<Store>,
    derived: Arc<Derived>,
    pool: Arc<Pool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<OffenerText>,
    running: HashSet<Digest>,
    faults: HashMap<Digest, u32>,
    /// Put into `derived/` without knowing yet whether the blob was still there.
    put: HashSet<Digest>,
    /// Where to begin among the texts that wait: random, so that each node begins elsewhere.
    turn: u64,
}

impl State {
    /// A blob that can't be read is tried again a few times; then it must not hold up the others.
    /// That no worker could be started, or that the bytes are out of reach, says nothing about the
    /// document, however often.
    fn fault(&mut self, digest: Digest, failure: &Failure) -> Result<&'static str, Hindrance> {
        match failure {
            Failure::Worker(_) => return Err(Hindrance::Fault(failure.to_string())),
            Failure::Away(_) => return Err(Hindrance::Away(failure.to_string())),
            _ => {}
        }
        let faults = self.faults.entry(digest).or_default();
        *faults += 1;
        if *faults < TRIES {
            Err(Hindrance::Fault(format!("{digest}: {failure}")))
        } else {
            Ok("unlesbar")
        }
    }

    /// Knuth's multiplier and increment: the next beginning lies anywhere.
    fn turn(&mut self) -> u64 {
        const FACTOR: u64 = 6_364_136_223_846_793_005;
        self.turn = self.turn.wrapping_mul(FACTOR).wrapping_add(1_442_695_040_888_963_407);
        self.turn >> 32
    }
}

impl Texts {
    pub fn new(
        registry: &Registry,
        derived: Arc<Derived>,
        source: &dyn Source,
        pool: Arc<Pool>,
    ) -> Self {
        let mut turn = [0; 8];
        source.fill(&mut turn);
        let state = State { turn: u64::from_le_bytes(turn), ..State::default() };
        Self {
            jobs: registry.jobs(),
            ledger: Arc::clone(registry.ledger()),
            blobs: Arc::clone(registry.blobs()),
            derived,
            pool,
            state: Mutex::new(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until it is over.
    pub fn run(&self, rest: &Rest) {
        let (mut asking, mut reading) = (Patience::of("open texts"), Patience::of("texts"));
        let mut idle = 0;
        while !rest.is_over() {
            // Asked before the tables, so that what comes in between ends the wait at once.
            let seen = self.ledger.applied().seq;
            let next = self.settle().and_then(|()| self.next());
            match &next {
                Ok(_) => asking.over(),
                Err(hindrance) => drop(rest.pause(asking.met(hindrance))),
            }
            match next {
                Ok(Some(text)) => {
                    idle = 0;
                    let read = self.read(&text);
                    self.lock().running.remove(&text.sha256);
                    match read {
                        Ok(()) => reading.over(),
                        Err(hindrance) => drop(rest.pause(reading.met(&hindrance))),
                    }
                }
                Ok(None) => {
                    idle += 1;
                    if idle == IDLE_STEPS {
                        self.pool.rest();
                    }
                    let _ = self.ledger.wait_beyond(seen, STEP);
                }
                Err(_) => {}
            }
        }
    }

    fn next(&self) -> Result<Option<OffenerText>, Hindrance> {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            let limit = AT_ONCE + state.running.len();
            let turn = state.turn();
            let open = self.jobs.einige_texte(limit, turn)?;
            let State { waiting, running, .. } = &mut *state;
            waiting.extend(open.into_iter().filter(|t| !running.contains(&t.sha256)));
        }
        let next = state.waiting.pop_front();
        if let Some(text) = &next {
            state.running.insert(text.sha256);
        }
        Ok(next)
    }

    /// Reads one text and tells the journal. `Err`: it still waits and will be taken again.
    fn read(&self, text: &OffenerText) -> Result<(), Hindrance> {
        let digest = text.sha256;
        // Another node may have been faster.
        if self.jobs.text_wartet(digest)? {
            match self.extract(text) {
                Ok(found) => self.keep(digest, &found)?,
                Err(failure) => {
                    let reason = match failure.grund() {
                        Some(reason) => reason,
                        None => self.lock().fault(digest, &failure)?,
                    };
                    self.jobs.text_fehlt(digest, reason)?;
                }
            }
        }
        self.lock().faults.remove(&digest);
        Ok(())
    }

    /// Keeps a text that was read, if it is still wanted.
    fn keep(&self, digest: Digest, found: &text::Text) -> Result<(), Hindrance> {
        if self.jobs.text_wartet(digest)? { self.put(digest, found) } else { Ok(()) }
    }

    fn put(&self, digest: Digest, found: &text::Text) -> Result<(), Hindrance> {
        let lesung = Lesung {
            zeichen: u64::try_from(found.text.chars().count()).unwrap_or(u64::MAX),
            seiten: found.pages,
            seiten_ohne_text: found.pages_without_text,
            guete: Some(found.quality),
        };
        self.lock().put.insert(digest);
        self.derived.put(digest, text::KIND, text::VERSION, found.text.as_bytes())?;
        // If the blob was deleted meanwhile, the text came after the removal of what was derived.
        if !self.jobs.text_bereit(digest, lesung)? {
            self.jobs.text_verwerfen(digest)?;
        }
        self.lock().put.remove(&digest);
        Ok(())
    }

    /// Where putting a text was cut short: takes it away if its blob has gone. If it has not, the
    /// text is open and taken again, or ready and wanted.
    fn settle(&self) -> Result<(), Hindrance> {
        let unsure: Vec<Digest> = {
            let mut state = self.lock();
            let unsure = state.put.difference(&state.running).copied().collect();
            state.put = state.put.intersection(&state.running).copied().collect();
            unsure
        };
        for (done, digest) in unsure.iter().enumerate() {
            if let Err(error) = self.jobs.text_verwerfen(*digest) {
                self.lock().put.extend(unsure.iter().skip(done));
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn extract(&self, open: &OffenerText) -> Result<text::Text, Failure> {
        if !text::supported(&open.medientyp) {
            return Err(Failure::Format);
        }
        let mut reader = self.blobs.open_reader(open.sha256).map_err(|error| match error {
            blob::Error::Unreachable(why) => Failure::Away(why),
            other => Failure::Source(other.to_string()),
        })?;
        let walled = self.walled(open.sha256);
        self.pool.extract(&open.medientyp, &mut reader, open.groesse, walled)
    }

    /// True if a document with these bytes lies behind a wall: its worker is not used again. What
    /// can't be told counts as walled.
    fn walled(&self, digest: Digest) -> bool {
        let view = self.ledger.view();
        let rows = view.scan(
            Index::DokumentBlob,
            &Parts::new().bytes(&digest.0),
            None,
            false,
            DOCUMENTS_MAX,
        );
        let Ok(rows) = rows else { return true };
        rows.iter().any(|row| {
            let Ok(Some(document)) = view.get::<Dokument>(&row.key) else { return true };
            let Some(akte) = document.value.ort.akte() else { return false };
            match view.get::<Akte>(&akte.to_string()) {
                Ok(Some(akte)) => akte.value.schutzklasse.is_some(),
                _ => true,
            }
        })
    }
}

#[cfg(test)]
mod tests;
