//! One lock for each digest: a push and a deletion of equal bytes in one process wait for each
//! other, all else goes on. A lock knows its digest, so that it can't be used for another one.

use std::{
    collections::HashSet,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use super::Digest;

/// The digests that are locked now.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: Mutex<HashSet<Digest>>,
    freed: Condvar,
}

impl Locks {
    pub(super) fn take(self: &Arc<Self>, digest: Digest) -> DigestLock {
        let mut held = self.held();
        while !held.insert(digest) {
            held = self.freed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        DigestLock { locks: Arc::clone(self), digest }
    }

    fn held(&self) -> MutexGuard<'_, HashSet<Digest>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to publish or remove one digest; given back when it is dropped.
#[derive(Debug)]
#[must_use = "the lock is given back at once if it is not kept"]
pub struct DigestLock {
    locks: Arc<Locks>,
    digest: Digest,
}

impl DigestLock {
    /// What is locked.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

impl Drop for DigestLock {
    fn drop(&mut self) {
        self.locks.held().remove(&self.digest);
        self.locks.freed.notify_all();
    }
}
