//! The house's own threads: the index follows the journal, texts are read, old things are
//! forgotten. Nobody enqueues work: each round asks the tables what is missing.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use super::{house::House, rest::Rest};
use crate::{
    blob::{Derived, Store},
    domain::{
        akte::Akte,
        digest::Digest,
        dokument::Dokument,
        record::{Index, Parts},
    },
    ledger::Ledger,
    registry::{Jobs, OffenerText},
    text::{self, Failure, Pool},
};

/// How long a thread waits for work before it looks whether it shall end.
const STEP: Duration = Duration::from_millis(250);
/// After so many steps without a text the worker processes are given up; a new one costs 2 ms.
const IDLE_STEPS: u32 = 40;
/// Pause after a fault of ours.
const FAULT_PAUSE: Duration = Duration::from_secs(5);
/// Texts taken at once: few, so that an interactive one never waits behind many of the bulk.
const TEXTS_AT_ONCE: usize = 8;
/// Failed readings of a blob after which its text counts as unreadable.
const TRIES: u32 = 5;
/// How often old things are forgotten.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(60);
/// How long condemned bytes stay, milliseconds: a day.
const GRACE_MS: i64 = 86_400_000;
/// What one round of housekeeping takes on.
const ROUND: usize = 1000;

/// Name of the thread that feeds the index.
pub const FOLLOW: &str = "follow";

/// Names of the derived text, as registry and follow read it.
const DERIVED: &str = "text";

/// Starts what every server runs.
///
/// # Errors
/// If a thread can't be started.
pub fn start(
    house: &House,
    rest: &Arc<Rest>,
    pool: Option<Arc<Pool>>,
    workers: usize,
    read_only: bool,
) -> io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    let mut spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
        threads.push(std::thread::Builder::new().name(name.into()).spawn(run)?);
        Ok::<_, io::Error>(())
    };
    let (follow, jobs, pause) =
        (Arc::clone(&house.follow), house.registry.jobs(), Arc::clone(rest));
    let carry = move || {
        while !pause.is_over() {
            match follow.step(STEP) {
                // Without texts in `derived/` they are made again, one by one.
                Ok(progress) if !read_only => {
                    for digest in progress.missing {
                        if let Err(error) = jobs.text_wieder_offen(digest) {
                            tracing::warn!(%error, %digest, "text lost from derived/");
                        }
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the index can't follow");
                    pause.pause(FAULT_PAUSE);
                }
            }
        }
    };
    spawn(FOLLOW, Box::new(carry))?;
    if read_only {
        return Ok(threads);
    }
    if let Some(pool) = pool {
        let texts = Arc::new(Texts {
            jobs: house.registry.jobs(),
            ledger: Arc::clone(&house.ledger),
            blobs: Arc::clone(&house.blobs),
            derived: Arc::clone(&house.derived),
            pool,
            state: Mutex::default(),
        });
        for _ in 0..workers {
            let (texts, rest) = (Arc::clone(&texts), Arc::clone(rest));
            spawn("text", Box::new(move || texts.run(&rest)))?;
        }
    }
    let (jobs, pause) = (house.registry.jobs(), Arc::clone(rest));
    let tidy = move || {
        while !pause.pause(HOUSEKEEPING_EVERY) {
            let done = jobs
                .verurteilte_loeschen(GRACE_MS, ROUND)
                .and_then(|_| jobs.anfragen_vergessen(ROUND));
            if let Err(error) = done {
                tracing::warn!(%error, "housekeeping");
            }
        }
    };
    spawn("housekeeping", Box::new(tidy))?;
    Ok(threads)
}

/// Reads texts.
struct Texts {
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
}

impl State {
    /// A blob that can't be read is tried again a few times; then it must not hold up the others.
    /// That no worker could be started says nothing about the document, however often.
    fn fault(&mut self, digest: Digest, failure: &Failure) -> Result<&'static str, String> {
        if matches!(failure, Failure::Worker(_)) {
            tracing::error!(%failure, "texts wait until a worker can be started");
            return Err(failure.to_string());
        }
        let faults = self.faults.entry(digest).or_default();
        *faults += 1;
        if *faults < TRIES { Err(failure.to_string()) } else { Ok("unlesbar") }
    }
}

impl Texts {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, rest: &Rest) {
        let mut idle = 0;
        while !rest.is_over() {
            // Asked before the tables, so that what comes in between ends the wait at once.
            let seen = self.ledger.applied().seq;
            match self.next() {
                Ok(Some(text)) => {
                    idle = 0;
                    let digest = text.sha256;
                    let read = self.read(&text);
                    self.lock().running.remove(&digest);
                    if let Err(error) = read {
                        tracing::warn!(error, %digest, "a text could not be read for now");
                        rest.pause(FAULT_PAUSE);
                    }
                }
                Ok(None) => {
                    idle += 1;
                    if idle == IDLE_STEPS {
                        self.pool.rest();
                    }
                    let _ = self.ledger.wait_beyond(seen, STEP);
                }
                Err(error) => {
                    tracing::warn!(error, "texts");
                    rest.pause(FAULT_PAUSE);
                }
            }
        }
    }

    fn next(&self) -> Result<Option<OffenerText>, String> {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            let limit = TEXTS_AT_ONCE + state.running.len();
            let open = self.jobs.offene_texte(limit).map_err(|e| e.to_string())?;
            let State { waiting, running, .. } = &mut *state;
            waiting.extend(open.into_iter().filter(|t| !running.contains(&t.sha256)));
        }
        let next = state.waiting.pop_front();
        if let Some(text) = &next {
            state.running.insert(text.sha256);
        }
        Ok(next)
    }

    /// Reads one text and tells the journal. `Err`: it is to be tried again.
    fn read(&self, text: &OffenerText) -> Result<(), String> {
        let digest = text.sha256;
        match self.extract(text) {
            Ok(found) => {
                let length = u64::try_from(found.text.chars().count()).unwrap_or(u64::MAX);
                let bytes = found.text.as_bytes();
                self.derived
                    .put(digest, DERIVED, text::VERSION, bytes)
                    .map_err(|e| e.to_string())?;
                self.jobs.text_bereit(digest, length, found.pages).map_err(|e| e.to_string())?;
            }
            Err(failure) => {
                let reason = match failure.grund() {
                    Some(reason) => reason,
                    None => self.lock().fault(digest, &failure)?,
                };
                self.jobs.text_fehlt(digest, reason).map_err(|e| e.to_string())?;
            }
        }
        self.lock().faults.remove(&digest);
        Ok(())
    }

    fn extract(&self, open: &OffenerText) -> Result<text::Text, Failure> {
        if !text::supported(&open.medientyp) {
            return Err(Failure::Format);
        }
        let source = |e: crate::blob::Error| Failure::Source(e.to_string());
        let mut reader = self.blobs.open_reader(open.sha256).map_err(source)?;
        let walled = self.walled(open.sha256);
        self.pool.extract(&open.medientyp, &mut reader, open.groesse, walled)
    }

    /// True if a document with these bytes lies behind a wall: its worker is not used again. What
    /// can't be told counts as walled.
    fn walled(&self, digest: Digest) -> bool {
        let view = self.ledger.view();
        let rows =
            view.scan(Index::DokumentBlob, &Parts::new().bytes(&digest.0), None, false, ROUND);
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
mod tests {
    use super::*;

    /// Fails if a time without workers is held against the documents that came then.
    #[test]
    fn without_workers_no_document_is_given_up_and_without_its_bytes_it_is() {
        let (mut state, digest) = (State::default(), Digest([7; 32]));
        for _ in 0..3 * TRIES {
            assert!(state.fault(digest, &Failure::Worker("no memory".into())).is_err());
        }
        let source = Failure::Source("a bad sector".into());
        for _ in 1..TRIES {
            assert!(state.fault(digest, &source).is_err());
        }
        assert_eq!(state.fault(digest, &source), Ok("unlesbar"));
    }
}
