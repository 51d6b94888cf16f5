//! Sessions of signed-on people: in memory, bounded, forgotten at a restart.
//!
//! A session is known by a token of 256 random bits; only the token's digest is kept, so a look
//! into memory gives no token, and looking it up takes no secret-dependent time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use super::secret;
use crate::domain::{source::Source, zeit::Zeitpunkt};

/// What a session token begins with.
const PREFIX: &str = "aks_";
/// Idle for this long, it ends, milliseconds.
pub const IDLE_MS: i64 = 30 * 60 * 1000;
/// After this long it ends in any case, milliseconds.
pub const WHOLE_MS: i64 = 10 * 60 * 60 * 1000;
/// Sessions of one person at the same time; the one idle longest gives way.
const PER_PERSON_MAX: usize = 20;
/// All sessions: 750 people, and some.
const ALL_MAX: usize = 20_000;

/// Who is signed on.
#[derive(Debug)]
pub struct Sessions {
    source: Arc<dyn Source>,
    open: Mutex<HashMap<String, Session>>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    person: Uuid,
    opened: Zeitpunkt,
    used: Zeitpunkt,
}

impl Session {
    fn valid(&self, now: Zeitpunkt) -> bool {
        now.0.saturating_sub(self.used.0) < IDLE_MS
            && now.0.saturating_sub(self.opened.0) < WHOLE_MS
    }
}

impl Sessions {
    /// Nobody is signed on.
    #[must_use]
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { source, open: Mutex::default() }
    }

    /// Opens a session and returns its token, which is nowhere kept.
    #[must_use]
    pub fn open(&self, person: Uuid, now: Zeitpunkt) -> String {
        let token = secret::new(&*self.source, PREFIX);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().filter(|s| s.person == person).count() >= PER_PERSON_MAX {
            remove_idlest(&mut open, |s| s.person == person);
        }
        if open.len() >= ALL_MAX {
            open.retain(|_, s| s.valid(now));
        }
        if open.len() >= ALL_MAX {
            remove_idlest(&mut open, |_| true);
        }
        open.insert(token.sha256, Session { person, opened: now, used: now });
        token.shown
    }

    /// Whose session it is; using it keeps it from becoming idle.
    #[must_use]
    pub fn find(&self, token: &str, now: Zeitpunkt) -> Option<Uuid> {
        let key = secret::digest(token);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get_mut(&key)?;
        if !session.valid(now) {
            open.remove(&key);
            return None;
        }
        session.used = session.used.max(now);
        Some(session.person)
    }

    /// Ends a session; an unknown token is none.
    pub fn close(&self, token: &str) {
        let key = secret::digest(token);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// Ends all sessions of a person: after a new password, other roles, a block.
    pub fn close_all(&self, person: Uuid) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.person != person);
    }

    /// How many are open, ended ones included until they are noticed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// True if nobody is signed on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A name for the session that may stand in the journal as credential: it leads to no token.
#[must_use]
pub fn credential(token: &str) -> String {
    let digest = secret::digest(token);
    format!("sitzung:{}", digest.get(..16).unwrap_or_default())
}

fn remove_idlest(open: &mut HashMap<String, Session>, which: impl Fn(&Session) -> bool) {
    let idlest = open.iter().filter(|(_, s)| which(s)).min_by_key(|(_, s)| s.used);
    if let Some(key) = idlest.map(|(key, _)| key.clone()) {
        open.remove(&key);
    }
}
