//! The house's own threads: the index follows the journal, texts are read, old things are
//! forgotten. Nobody enqueues work: each round asks the tables what is missing.

use std::{
    io,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    fristen,
    house::House,
    patience::{Hindrance, Patience},
    rereads,
    rest::Rest,
    suggest, sweeps,
    texts::Texts,
};
use crate::{domain::digest::Digest, follow::Follow, registry::Jobs, text::Pool};

/// How long a thread waits for work before it looks whether it shall end.
pub(super) const STEP: Duration = Duration::from_millis(250);
/// How often old things are forgotten.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(60);
/// How long condemned bytes stay, milliseconds: a day.
const GRACE_MS: i64 = 86_400_000;
/// What one round of housekeeping takes on.
const ROUND: usize = 1000;

/// Name of the thread that feeds the index.
pub const FOLLOW: &str = "follow";

/// Starts what every server runs. `learns`: the suggestions are learned anew when it is time.
///
/// # Errors
/// If a thread can't be started.
pub fn start(
    house: &House,
    rest: &Arc<Rest>,
    pool: Option<Arc<Pool>>,
    workers: usize,
    learns: bool,
    read_only: bool,
) -> io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    let mut spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
        threads.push(std::thread::Builder::new().name(name.into()).spawn(run)?);
        Ok::<_, io::Error>(())
    };
    let (follow, pause) = (Arc::clone(&house.follow), Arc::clone(rest));
    let jobs = (!read_only).then(|| house.registry.jobs());
    spawn(FOLLOW, Box::new(move || carry(&follow, jobs.as_ref(), &pause)))?;
    let learns = learns && !read_only;
    let (registry, folder, pause) = (house.registry.lose(), house.modell.clone(), Arc::clone(rest));
    spawn("suggestions", Box::new(move || suggest::run(&registry, &folder, learns, &pause)))?;
    if read_only {
        return Ok(threads);
    }
    if let Some(pool) = pool {
        let derived = Arc::clone(&house.derived);
        let texts = Arc::new(Texts::new(&house.registry, derived, &*house.source, pool));
        for _ in 0..workers {
            let (texts, rest) = (Arc::clone(&texts), Arc::clone(rest));
            spawn("text", Box::new(move || texts.run(&rest)))?;
        }
        let (jobs, pause) = (house.registry.jobs(), Arc::clone(rest));
        spawn("rereads", Box::new(move || rereads::run(&jobs, &pause)))?;
    }
    let (jobs, pause) = (house.registry.jobs(), Arc::clone(rest));
    spawn("housekeeping", Box::new(move || tidy(&jobs, &pause)))?;
    let (jobs, pause) = (house.registry.jobs(), Arc::clone(rest));
    spawn("dates", Box::new(move || fristen::run(&jobs, &pause)))?;
    let (jobs, pause, source) =
        (house.registry.jobs(), Arc::clone(rest), Arc::clone(&house.source));
    spawn("sweep", Box::new(move || sweeps::run(&jobs, &*source, &pause)))?;
    Ok(threads)
}

/// Lets the index follow the journal. `jobs`: none where nothing may be written.
fn carry(follow: &Follow, jobs: Option<&Jobs>, rest: &Rest) {
    let (mut following, mut reopening) = (Patience::of("index"), Patience::of("lost texts"));
    let mut missing = Vec::new();
    // Real time: it spaces tries and decides nothing else.
    let mut next = Instant::now();
    while !rest.is_over() {
        match follow.step(STEP) {
            Ok(progress) => {
                following.over();
                missing.extend(progress.missing);
            }
            Err(error) => drop(rest.pause(following.met(&error.into()))),
        }
        let Some(jobs) = jobs else {
            missing.clear();
            continue;
        };
        if missing.is_empty() || Instant::now() < next {
            continue;
        }
        // The index does not wait for it.
        match reopen(jobs, &mut missing) {
            Ok(()) => reopening.over(),
            Err(hindrance) => next = Instant::now() + reopening.met(&hindrance),
        }
    }
}

/// Without texts in `derived/` they are made again, one by one.
fn reopen(jobs: &Jobs, missing: &mut Vec<Digest>) -> Result<(), Hindrance> {
    while let Some(digest) = missing.last() {
        jobs.text_wieder_offen(*digest)?;
        missing.pop();
    }
    Ok(())
}

/// Forgets old things. What can't be done now is done in a later round.
fn tidy(jobs: &Jobs, rest: &Rest) {
    let (mut blobs, mut answers) =
        (Patience::of("condemned blobs"), Patience::of("remembered answers"));
    while !rest.pause(HOUSEKEEPING_EVERY) {
        for (done, patience) in [
            (jobs.verurteilte_loeschen(GRACE_MS, ROUND), &mut blobs),
            (jobs.anfragen_vergessen(ROUND), &mut answers),
        ] {
            match done {
                Ok(_) => patience.over(),
                // The next round is later than any pause.
                Err(error) => drop(patience.met(&error.into())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::{registry::Lesung, server::rig::Rig};

    /// Fails if a text that was lost is forgotten because the journal takes nothing for a while.
    #[test]
    fn a_lost_text_is_remembered_until_it_can_be_reopened() {
        let rig = Rig::new();
        let (jobs, mut missing) = (rig.registry.jobs(), Vec::new());
        for text in ["eins", "zwei"] {
            let digest = rig.blob(text.as_bytes());
            assert!(jobs.text_bereit(digest, Lesung::default()).unwrap());
            missing.push(digest);
        }
        rig.full.store(true, Ordering::SeqCst);
        for _ in 0..10 {
            let waits = reopen(&jobs, &mut missing);
            assert!(matches!(waits, Err(Hindrance::Away(_))), "{waits:?}");
        }
        assert_eq!(missing.len(), 2);
        rig.full.store(false, Ordering::SeqCst);
        reopen(&jobs, &mut missing).unwrap();
        assert_eq!((missing.len(), jobs.offene_texte(10).unwrap().len()), (0, 2));
    }
}
