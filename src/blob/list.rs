//! Goes through all stored files, one folder at a time, for `verify` and `sweep`.

use std::vec;

use super::{
    Ablage, Digest, Error, Zeitpunkt,
    backend::{Backend, Name, Stored},
    instant,
};

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whose bytes it says it has.
    pub digest: Digest,
    /// Which deposit of them it is.
    pub ablage: Ablage,
    /// Bytes it takes (fewer than the original has, if it is compressed).
    pub size: u64,
    /// When it was written.
    pub modified: Zeitpunkt,
}

/// The files of a store. A file that is no blob is an error of its own; the next ones follow.
#[derive(Debug)]
pub struct List<'a> {
    backend: &'a dyn Backend,
    shards: std::ops::RangeInclusive<u8>,
    stored: vec::IntoIter<Stored>,
}

impl<'a> List<'a> {
    pub(super) fn new(backend: &'a dyn Backend) -> Self {
        Self { backend, shards: 0..=u8::MAX, stored: Vec::new().into_iter() }
    }
}

impl Iterator for List<'_> {
    type Item = Result<Found, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(stored) = self.stored.next() {
                let modified = instant(stored.modified);
                return Some(match stored.name {
                    Ok(Name { digest, ablage, .. }) => {
                        Ok(Found { digest, ablage, size: stored.size, modified })
                    }
                    Err(foreign) => Err(Error::Foreign(foreign)),
                });
            }
            match self.backend.list(self.shards.next()?) {
                Ok(stored) => self.stored = stored.into_iter(),
                Err(error) => return Some(Err(error.into())),
            }
        }
    }
}
