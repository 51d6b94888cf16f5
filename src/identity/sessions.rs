//! Sessions of signed-on people: bounded, ended by silence, never in the journal.
//!
//! A session is known by a token of 256 random bits; only the token's digest is kept, so a look
//! at the shelf gives no token, and looking it up takes no secret-dependent time. The shelf is
//! memory, or a store that several nodes share; what lies on it may be lost at the cost of a
//! sign-on. Nothing is remembered beside the shelf: a session closed on one node is closed on all
//! with their next request.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use uuid::Uuid;

use super::{secret, shelf::Shelf};
use crate::domain::{source::Source, zeit::Zeitpunkt};

/// What a session token begins with.
const PREFIX: &str = "aks_";
/// Idle for this long, it ends, milliseconds; up to `NOTE_MS` earlier, because not each use is
/// noted.
pub const IDLE_MS: i64 = 30 * 60 * 1000;
/// After this long it ends in any case, milliseconds.
pub const WHOLE_MS: i64 = 10 * 60 * 60 * 1000;
/// A use is noted once in this long, milliseconds: a request must not cost a write.
const NOTE_MS: i64 = 60 * 1000;
/// What has ended is taken away once in this long, milliseconds, at a sign-on.
const SWEEP_MS: i64 = 10 * 60 * 1000;
/// Sessions of one person at the same time; the one idle longest gives way.
const PER_PERSON_MAX: usize = 20;
/// All sessions: 750 people, and some.
const ALL_MAX: usize = 20_000;
/// The most that are looked through at once: sign-ons on several nodes may go a little beyond.
const LISTED_MAX: usize = 2 * ALL_MAX;

/// Errors of the shelf.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not answer at present; that says nothing about any session.
    #[error("sessions: {0}")]
    Unreachable(String),
    /// Anything else.
    #[error("sessions: {0}")]
    Fault(String),
}

/// Who is signed on.
#[derive(Debug)]
pub struct Sessions {
    source: Arc<dyn Source>,
    shelf: Box<dyn Shelf>,
    swept: AtomicI64,
}

/// One session, as it lies on the shelf under its token's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub person: Uuid,
    /// The entry that gave the person the password which opened it. Whoever finds a session must
    /// compare: with another password it is over, whatever became of its closing.
    pub password: u64,
    /// When.
    pub opened: Zeitpunkt,
    /// Last use, to about a minute.
    pub used: Zeitpunkt,
}

impl Session {
    fn valid(&self, now: Zeitpunkt) -> bool {
        now.0.saturating_sub(self.used.0) < IDLE_MS
            && now.0.saturating_sub(self.opened.0) < WHOLE_MS
    }
}

impl Sessions {
    /// The sessions on a shelf.
    #[must_use]
    pub fn new(source: Arc<dyn Source>, shelf: Box<dyn Shelf>) -> Self {
        Self { source, shelf, swept: AtomicI64::new(0) }
    }

    /// Opens a session and returns its token, which is nowhere kept.
    ///
    /// # Errors
    /// As the shelf says.
    pub fn open(&self, person: Uuid, password: u64, now: Zeitpunkt) -> Result<String, Error> {
        let token = secret::new(&*self.source, PREFIX);
        let mine = self.shelf.list(Some(person), LISTED_MAX)?;
        let mut gone = idlest(mine, PER_PERSON_MAX - 1);
        let due = now.0.abs_diff(self.swept.load(Ordering::Relaxed)) >= SWEEP_MS.unsigned_abs();
        if due || self.shelf.count()? >= ALL_MAX {
            self.swept.store(now.0, Ordering::Relaxed);
            let all = self.shelf.list(None, LISTED_MAX)?;
            let (open, over): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, s)| s.valid(now));
            gone.extend(over.into_iter().map(|(key, _)| key));
            gone.extend(idlest(open, ALL_MAX - 1));
        }
        if !gone.is_empty() {
            self.shelf.remove(&gone)?;
        }
        self.shelf.put(&token.sha256, &Session { person, password, opened: now, used: now })?;
        Ok(token.shown)
    }

    /// The session of a token, if it is not over; using it keeps it from becoming idle.
    ///
    /// # Errors
    /// As the shelf says.
    pub fn find(&self, token: &str, now: Zeitpunkt) -> Result<Option<Session>, Error> {
        let key = secret::digest(token);
        let Some(session) = self.shelf.get(&key)? else { return Ok(None) };
        // A shelf that can only be read at present still says who is signed on.
        if !session.valid(now) {
            noted(self.shelf.remove(&[key]));
            return Ok(None);
        }
        if now.0.saturating_sub(session.used.0) >= NOTE_MS {
            noted(self.shelf.replace(&key, &Session { used: now, ..session }));
        }
        Ok(Some(session))
    }

    /// Ends a session; an unknown token is none.
    ///
    /// # Errors
    /// As the shelf says; the session may then still be open.
    pub fn close(&self, token: &str) -> Result<(), Error> {
        self.shelf.remove(&[secret::digest(token)])
    }

    /// Ends all sessions of a person whose password was replaced, or who was blocked.
    ///
    /// Where the shelf does not answer that is only logged: what was decided about him is
    /// committed, and whoever finds a session compares it with that. One that could not be closed
    /// opens nothing after a new password or during a block, and ends by itself.
    pub fn close_all(&self, person: Uuid) {
        let closed = self.shelf.list(Some(person), LISTED_MAX).and_then(|all| {
            let keys: Vec<String> = all.into_iter().map(|(key, _)| key).collect();
            self.shelf.remove(&keys)
        });
        if let Err(error) = closed {
            tracing::warn!(%error, "a person's sessions could not be closed");
        }
    }

    /// How many are open, ended ones included until they are noticed.
    ///
    /// # Errors
    /// As the shelf says.
    pub fn count(&self) -> Result<usize, Error> {
        self.shelf.count()
    }
}

fn noted(result: Result<(), Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a session's use was not noted");
    }
}

/// All but the `keep` that were used last.
fn idlest(mut sessions: Vec<(String, Session)>, keep: usize) -> Vec<String> {
    sessions.sort_unstable_by_key(|(_, session)| std::cmp::Reverse(session.used));
    sessions.into_iter().skip(keep).map(|(key, _)| key).collect()
}

/// A name for the session that may stand in the journal as credential: it leads to no token.
#[must_use]
pub fn credential(token: &str) -> String {
    let digest = secret::digest(token);
    format!("sitzung:{}", digest.get(..16).unwrap_or_default())
}
