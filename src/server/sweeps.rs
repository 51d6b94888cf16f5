//! Sweeps once a day, slowly: what interrupted pushes and deletions left goes without anybody
//! asking. Several nodes may do it at once; it takes away nothing that a record names.

use std::time::Duration;

use super::{
    patience::{Hindrance, Patience},
    rest::Rest,
};
use crate::{
    domain::{source::Source, zeit::Zeitpunkt},
    registry::{Jobs, SweepReport},
};

/// The first sweep comes this long after the start, milliseconds: a house that is started again
/// and again must not sweep all the time.
const FIRST_MS: i64 = 15 * 60_000;
/// The next comes this long after the end of the last, milliseconds.
const EVERY_MS: i64 = 24 * 60 * 60_000;
/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(60);
/// After so many files a pause: a million takes about half an hour.
const AT_ONCE: u32 = 64;
const PAUSE: Duration = Duration::from_millis(100);

/// When the next one comes.
#[derive(Debug)]
struct Plan {
    next: Zeitpunkt,
}

impl Plan {
    fn new(source: &dyn Source) -> Self {
        Self { next: source.now().plus_ms(FIRST_MS) }
    }

    fn is_due(&mut self, now: Zeitpunkt) -> bool {
        // A clock that was set back must not put it off for longer.
        self.next = self.next.min(now.plus_ms(EVERY_MS));
        now >= self.next
    }

    fn done(&mut self, now: Zeitpunkt) {
        self.next = now.plus_ms(EVERY_MS);
    }
}

/// Works until it is over.
pub(super) fn run(jobs: &Jobs, source: &dyn Source, rest: &Rest) {
    let (mut plan, mut patience) = (Plan::new(source), Patience::of("sweep"));
    while !rest.pause(LOOK) {
        look(&mut plan, &mut patience, jobs, source, rest);
    }
}

fn look(plan: &mut Plan, patience: &mut Patience, jobs: &Jobs, source: &dyn Source, rest: &Rest) {
    if !plan.is_due(source.now()) {
        return;
    }
    match sweep(jobs, rest) {
        Ok(report) => {
            patience.over();
            plan.done(source.now());
            let SweepReport { gesehen, entfernt, bytes, fremd } = report;
            tracing::info!(seen = gesehen, removed = entfernt, bytes, foreign = ?fremd, "swept");
        }
        // It stays due: the next look tries again.
        Err(hindrance) => drop(patience.met(&hindrance)),
    }
}

fn sweep(jobs: &Jobs, rest: &Rest) -> Result<SweepReport, Hindrance> {
    let mut files = 0_u32;
    let mut go_on = || {
        files = files.wrapping_add(1);
        let pause = if files.is_multiple_of(AT_ONCE) { PAUSE } else { Duration::ZERO };
        !rest.pause(pause)
    };
    Ok(jobs.sweep_while(&mut go_on)?)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::server::rig::Rig;

    /// Fails if a start sweeps, if a day's does not, or if the end is not heeded.
    #[test]
    fn once_a_day_what_is_left_goes() {
        let rig = Rig::new();
        let (rest, mut plan) = (Rest::default(), Plan::new(&*rig.source));
        let mut patience = Patience::of("test");
        let mut look_after = |ms: i64| {
            rig.source.now.fetch_add(ms, Ordering::SeqCst);
            look(&mut plan, &mut patience, &rig.registry.jobs(), &*rig.source, &rest);
            rig.bucket.count()
        };
        let kept = rig.blob(b"kept");
        rig.publish(b"left");
        // Old enough to go, but the server has just started.
        assert_eq!(look_after(FIRST_MS - 60_000), 2);
        assert_eq!(look_after(60_000), 2, "it might still be committed");
        assert_eq!(look_after(EVERY_MS - 60_000), 2, "once a day");
        assert_eq!(look_after(60_000), 1);
        assert!(rig.registry.blobs().exists(kept));
        rig.publish(b"left");
        rig.away(true);
        assert_eq!(look_after(EVERY_MS + 60_000), 2);
        rig.away(false);
        assert_eq!(look_after(60_000), 1, "it was tried again soon");
        // Set back by a year: not later than a day from now.
        rig.publish(b"left");
        assert_eq!(look_after(-365 * EVERY_MS), 2);
        assert_eq!(look_after(367 * EVERY_MS), 1);
        rig.publish(b"left");
        rest.end();
        assert_eq!(look_after(2 * EVERY_MS), 2);
    }

    /// Fails if what a damaged journal does not name any more is taken for a leftover.
    #[test]
    fn without_a_sound_ledger_nothing_goes() {
        let rig = Rig::new();
        rig.publish(b"perhaps acknowledged");
        rig.source.now.fetch_add(2 * EVERY_MS, Ordering::SeqCst);
        rig.registry.ledger().close();
        let refused = sweep(&rig.registry.jobs(), &Rest::default());
        assert!(matches!(refused, Err(Hindrance::Away(_))), "{refused:?}");
        assert_eq!(rig.bucket.count(), 1);
    }

    /// Fails if a deletion takes the bytes that lead to a text which it could not take away.
    #[test]
    fn a_deletion_that_was_cut_short_is_ended() {
        let rig = Rig::new();
        let (digest, jobs) = (rig.blob(b"geht"), rig.registry.jobs());
        let file = rig.derived_file(digest);
        // A folder in the place of the file can't be removed as one.
        std::fs::create_dir_all(&file).unwrap();
        jobs.verurteilen(digest, "Test").unwrap();
        assert!(jobs.verurteilte_loeschen(0, 10).is_err());
        assert_eq!(rig.bucket.count(), 1);
        std::fs::remove_dir(&file).unwrap();
        std::fs::write(&file, b"text").unwrap();
        rig.source.now.fetch_add(2 * EVERY_MS, Ordering::SeqCst);
        assert_eq!(sweep(&jobs, &Rest::default()).unwrap().entfernt, 1);
        assert!(!file.exists() && rig.bucket.count() == 0);
    }
}
