//! Where sessions lie: a handful of calls that any store can offer, and the one in memory.
//!
//! A shelf knows no rule: it keeps what it is given, and must never bring back what was removed.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::sessions::{Error, Session};

/// Keeps sessions under the digests of their tokens.
pub trait Shelf: std::fmt::Debug + Send + Sync {
    /// One.
    ///
    /// # Errors
    /// As the store says.
    fn get(&self, key: &str) -> Result<Option<Session>, Error>;

    /// Puts a new one there.
    ///
    /// # Errors
    /// As the store says.
    fn put(&self, key: &str, session: &Session) -> Result<(), Error>;

    /// Replaces one that is there. One that was removed meanwhile stays removed.
    ///
    /// # Errors
    /// As the store says.
    fn replace(&self, key: &str, session: &Session) -> Result<(), Error>;

    /// Takes away; what is not there is no error.
    ///
    /// # Errors
    /// As the store says.
    fn remove(&self, keys: &[String]) -> Result<(), Error>;

    /// Those of a person, or all; in no order, at most so many.
    ///
    /// # Errors
    /// As the store says.
    fn list(&self, person: Option<Uuid>, max: usize) -> Result<Vec<(String, Session)>, Error>;

    /// How many there are.
    ///
    /// # Errors
    /// As the store says.
    fn count(&self) -> Result<usize, Error>;
}

/// In memory: forgotten at a restart.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<String, Session>>);

impl Memory {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        // Valid after any panic: each change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf for Memory {
    fn get(&self, key: &str) -> Result<Option<Session>, Error> {
        Ok(self.all().get(key).copied())
    }

    fn put(&self, key: &str, session: &Session) -> Result<(), Error> {
        self.all().insert(key.to_owned(), *session);
        Ok(())
    }

    fn replace(&self, key: &str, session: &Session) -> Result<(), Error> {
        if let Some(found) = self.all().get_mut(key) {
            *found = *session;
        }
        Ok(())
    }

    fn remove(&self, keys: &[String]) -> Result<(), Error> {
        let mut all = self.all();
        for key in keys {
            all.remove(key);
        }
        Ok(())
    }

    fn list(&self, person: Option<Uuid>, max: usize) -> Result<Vec<(String, Session)>, Error> {
        let all = self.all();
        let fits = |session: &Session| person.is_none_or(|person| session.person == person);
        let found = all.iter().filter(|(_, session)| fits(session)).take(max);
        Ok(found.map(|(key, session)| (key.clone(), *session)).collect())
    }

    fn count(&self) -> Result<usize, Error> {
        Ok(self.all().len())
    }
}
