//! Secrets of machines and sessions: 256 random bits, shown once, kept as SHA-256.
//!
//! They can't be guessed, so a fast digest is enough; the secret itself is never stored or logged.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::source::Source;

/// What every API key begins with, so that scanners of repositories and logs find a leaked one.
pub const KEY_PREFIX: &str = "akl_";

/// A new secret.
#[derive(Clone)]
pub struct Secret {
    /// What the owner keeps: prefix and 43 characters of base64url. Shown once.
    pub shown: String,
    /// What is stored: SHA-256 of `shown`, lower-case hex.
    pub sha256: String,
}

impl std::fmt::Debug for Secret {
    /// Never the secret itself, so that it can't get into a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}

/// Makes a secret of 256 random bits.
#[must_use]
pub fn new(source: &dyn Source, prefix: &str) -> Secret {
    let mut bits = [0_u8; 32];
    source.fill(&mut bits);
    let shown = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bits));
    let sha256 = digest(&shown);
    Secret { shown, sha256 }
}

/// The stored form of a secret: SHA-256, lower-case hex.
#[must_use]
pub fn digest(shown: &str) -> String {
    hex::encode(Sha256::digest(shown.as_bytes()))
}

/// Whether `shown` has this digest; takes the same time wherever they differ.
#[must_use]
pub fn fits(shown: &str, sha256: &str) -> bool {
    digest(shown).as_bytes().ct_eq(sha256.as_bytes()).into()
}
