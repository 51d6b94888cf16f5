//! What keeps a job of the house from going on, and how long it waits before it tries again.
//!
//! An outage costs a job time and one line in the log when it begins and when it ends; nothing is
//! given up because of it. A fault is told every time.

use std::{fmt::Display, time::Duration};

use crate::{blob, follow, ledger, registry};

/// The first pause; each further one is twice as long, up to the last.
const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(16);

/// Why a job can't go on for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Something is out of reach, has no room or takes no writes: says nothing about the job.
    Away(String),
    /// Anything else.
    Fault(String),
}

impl Hindrance {
    fn of(away: bool, why: &impl Display) -> Self {
        if away { Self::Away(why.to_string()) } else { Self::Fault(why.to_string()) }
    }
}

impl From<registry::Error> for Hindrance {
    fn from(error: registry::Error) -> Self {
        use registry::Art;
        // The verbs of jobs may be repeated, so an unknown outcome is a matter of waiting too.
        let away = matches!(error.art, Art::Voll | Art::NurLesen | Art::Unbekannt);
        Self::of(away, &error)
    }
}

impl From<blob::Error> for Hindrance {
    fn from(error: blob::Error) -> Self {
        let away = matches!(error, blob::Error::Unreachable(_) | blob::Error::Full(_));
        Self::of(away, &error)
    }
}

impl From<follow::Error> for Hindrance {
    fn from(error: follow::Error) -> Self {
        use ledger::{Error as L, journal, table};
        match error {
            follow::Error::Texts(error) => error.into(),
            follow::Error::Ledger(
                ref why @ (L::Table(table::Error::Unreachable(_))
                | L::Journal(journal::Error::Unreachable(_))),
            ) => Self::of(true, why),
            other => Self::of(false, &other),
        }
    }
}

/// The patience of one job.
#[derive(Debug)]
pub struct Patience {
    job: &'static str,
    /// True from the first line about an outage until the job has gone on.
    away: bool,
    pause: Duration,
}

impl Patience {
    pub const fn of(job: &'static str) -> Self {
        Self { job, away: false, pause: FIRST }
    }

    /// Tells of it, unless that was told, and says how long to wait.
    pub fn met(&mut self, hindrance: &Hindrance) -> Duration {
        match hindrance {
            Hindrance::Fault(error) => tracing::error!(job = self.job, error, "a job failed"),
            Hindrance::Away(_) if self.away => {}
            Hindrance::Away(why) => {
                tracing::warn!(job = self.job, why, "a job waits");
                self.away = true;
            }
        }
        let pause = self.pause;
        self.pause = pause.saturating_mul(2).min(LAST);
        pause
    }

    /// The job went on.
    pub fn over(&mut self) {
        if self.away {
            tracing::info!(job = self.job, "a job goes on");
        }
        *self = Self::of(self.job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if an outage is told more than once, or if a job asks every second while it lasts.
    #[test]
    fn an_outage_is_told_once_and_asked_about_less_and_less() {
        let mut patience = Patience::of("test");
        let away = Hindrance::Away("no answer".into());
        let mut waited = Duration::ZERO;
        for tries in 1.. {
            assert!(patience.met(&away) <= LAST && patience.away);
            waited = waited.saturating_add(patience.pause);
            if waited > Duration::from_secs(600) {
                assert!(tries < 50, "{tries} tries in ten minutes");
                break;
            }
        }
        patience.over();
        assert!(!patience.away);
        assert_eq!(patience.met(&away), FIRST);
    }

    #[test]
    fn what_is_out_of_reach_is_no_fault() {
        let away = |hindrance| matches!(hindrance, Hindrance::Away(_));
        let gone = || "gone".to_owned();
        assert!(away(blob::Error::Unreachable(gone()).into()));
        assert!(away(registry::Error::from(blob::Error::Unreachable(gone())).into()));
        assert!(away(follow::Error::Texts(blob::Error::Unreachable(gone())).into()));
        let table = ledger::table::Error::Unreachable(gone());
        assert!(away(follow::Error::Ledger(table.into()).into()));
        let journal = || ledger::journal::Error::Unreachable(gone());
        assert!(away(follow::Error::Ledger(journal().into()).into()));
        assert!(away(registry::Error::from(ledger::Error::from(journal())).into()));
        assert!(away(registry::Error::from(ledger::CommitError::Unreachable(gone())).into()));
        let table = ledger::table::Error::Unreachable(gone());
        assert!(away(registry::Error::from(ledger::CommitError::Ledger(table.into())).into()));
        assert!(!away(registry::Error::nicht_gefunden().into()));
        assert!(!away(follow::Error::Behind.into()));
    }
}
