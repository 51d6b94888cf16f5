//! Passwords: argon2id, at most a few hashes at once, the same cost for names that don't exist.
//!
//! Only passwords come here: keys of machines carry 256 random bits and need no slow hash.

use std::sync::{
    Condvar, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};

use crate::domain::source::Source;

/// Memory of one hash, KiB. With two passes and one lane it is OWASP's second recommendation
/// (Password Storage Cheat Sheet: argon2id, m=19 MiB, t=2, p=1).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The shortest password, in characters. Length is asked for, a mix of characters is not
/// (BSI IT-Grundschutz ORP.4.A22, and no change without a reason: ORP.4.A23).
pub const LENGTH_MIN: usize = 12;
/// The longest password, in bytes; a longer one is never hashed.
pub const LENGTH_BYTES_MAX: usize = 1024;

/// How many may wait for the gate. Each waiting sign-on holds a thread of the caller's pool, so
/// a flood of sign-ons must not hold them all.
const WAITING_MAX: usize = 32;

/// A hash in PHC form with the costs of today. Nobody knows a password for it: salt and output are
/// arbitrary digits. An unknown name is verified against it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
                      bmllbWFuZGVzLXNhbHo$uK3PpDLhUv0BkJ3n1sXoGqJ0c9v2mE4tYwQ8aZb6R1s";

/// Why no answer was given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many sign-ons wait already; it may be tried again in a moment.
    #[error("too many sign-ons at once")]
    Busy,
    /// The hash could not be computed (no memory).
    #[error("password hash: {0}")]
    Hash(String),
}

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Shorter than `LENGTH_MIN` characters.
    #[error("Das Passwort muss mindestens {LENGTH_MIN} Zeichen lang sein.")]
    Short,
    /// Longer than `LENGTH_BYTES_MAX` bytes.
    #[error("Das Passwort darf höchstens {LENGTH_BYTES_MAX} Bytes lang sein.")]
    Long,
    /// It is, or repeats, the sign-on name.
    #[error("Das Passwort darf nicht der Anmeldename sein.")]
    Name,
    /// One character over and over.
    #[error("Das Passwort darf nicht aus einem einzigen Zeichen bestehen.")]
    Uniform,
}

/// Whether a new password will do.
///
/// # Errors
/// What is wrong with it, in words for the person.
pub fn check(password: &str, sign_on_name: &str) -> Result<(), Weak> {
    if password.chars().count() < LENGTH_MIN {
        return Err(Weak::Short);
    }
    if password.len() > LENGTH_BYTES_MAX {
        return Err(Weak::Long);
    }
    let (password, name) = (password.to_lowercase(), sign_on_name.to_lowercase());
    if !name.is_empty() && password.replace(&name, "").is_empty() {
        return Err(Weak::Name);
    }
    let mut characters = password.chars();
    let first = characters.next();
    if characters.all(|c| Some(c) == first) {
        return Err(Weak::Uniform);
    }
    Ok(())
}

/// The digest of a password, in PHC form. Takes 19 MiB and some 20 ms; the server goes through
/// [`Gate::hash`], which bounds how often that is done at once.
///
/// # Errors
/// If there is no memory.
pub fn hash(password: &str, source: &dyn Source) -> Result<String, Error> {
    let mut salt = [0_u8; 16];
    source.fill(&mut salt);
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| hash_error(&e))?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let digest: PasswordHash = argon
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|e| Error::Hash(e.to_string()))?;
    Ok(digest.to_string())
}

fn hash_error(error: &argon2::Error) -> Error {
    Error::Hash(error.to_string())
}

/// Lets only so many hashes run at once, so that memory is bounded whatever the number of callers.
#[derive(Debug)]
pub struct Gate {
    at_once: usize,
    state: Mutex<State>,
    free: Condvar,
    hashes: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    waiting: usize,
    running_most: usize,
}

impl Gate {
    /// A gate for `at_once` hashes (at least one), 19 MiB each.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self {
            at_once: at_once.max(1),
            state: Mutex::default(),
            free: Condvar::new(),
            hashes: AtomicU64::new(0),
        }
    }

    /// Whether `password` belongs to `hash` (PHC form). Without a hash, because the name is
    /// unknown, the same work is done and the answer is no; so it is for a hash that can't be read.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many wait already, which says nothing about the password.
    pub fn verify(&self, hash: Option<&str>, password: &str) -> Result<bool, Error> {
        let _pass = self.enter()?;
        let known = hash.and_then(|text| PasswordHash::new(text).ok());
        let known = known.filter(|_| password.len() <= LENGTH_BYTES_MAX);
        let text = if known.is_some() { password } else { "" };
        let found = known.is_some();
        let digest = match known {
            Some(digest) => digest,
            None => PasswordHash::new(NOBODY).map_err(|e| Error::Hash(e.to_string()))?,
        };
        let fits = Argon2::default().verify_password(text.as_bytes(), &digest).is_ok();
        Ok(found && fits)
    }

    /// The digest of a new password, see [`hash`].
    ///
    /// # Errors
    /// As [`hash`], and [`Error::Busy`].
    pub fn hash(&self, password: &str, source: &dyn Source) -> Result<String, Error> {
        let _pass = self.enter()?;
        hash(password, source)
    }

    /// How many hashes were computed since the start.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    /// The most that ever ran at once.
    #[must_use]
    pub fn running_most(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).running_most
    }

    fn enter(&self) -> Result<Pass<'_>, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.running >= self.at_once {
            if state.waiting >= WAITING_MAX {
                return Err(Error::Busy);
            }
            state.waiting += 1;
            while state.running >= self.at_once {
                state = self.free.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.waiting -= 1;
        }
        state.running += 1;
        state.running_most = state.running_most.max(state.running);
        drop(state);
        self.hashes.fetch_add(1, Ordering::Relaxed);
        Ok(Pass(self))
    }
}

/// The right to compute one hash; given back when dropped.
#[derive(Debug)]
struct Pass<'a>(&'a Gate);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        self.0.free.notify_one();
    }
}
