//! How much of one kind may run at the same time, with a part kept for people.
//!
//! Machines never hold more than three quarters, so that no key, and not all of them together, can
//! shut the clerks out.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::{Code, Problem};

/// Places for all callers.
#[derive(Debug)]
pub struct Slots {
    all: Arc<Semaphore>,
    machines: Arc<Semaphore>,
}

/// A place, free again when it is dropped.
#[derive(Debug)]
pub struct Slot {
    _all: OwnedSemaphorePermit,
    _machines: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// That many places.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let machines = Arc::new(Semaphore::new(count - count / 4));
        Self { all: Arc::new(Semaphore::new(count)), machines }
    }

    /// Takes a place; nobody waits for one.
    ///
    /// # Errors
    /// 503 if there is none for this kind of caller.
    pub fn take(&self, machine: bool) -> Result<Slot, Problem> {
        let full = |_| Problem::from(Code::Ausgelastet).retry_after_s(2);
        let take = |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_owned().map_err(full);
        let machines = machine.then(|| take(&self.machines)).transpose()?;
        Ok(Slot { _all: take(&self.all)?, _machines: machines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_leave_a_quarter_to_people() {
        let slots = Slots::new(8);
        let mut held: Vec<Slot> = (0..6).map(|_| slots.take(true).unwrap()).collect();
        assert_eq!(slots.take(true).unwrap_err().code(), Code::Ausgelastet);
        held.extend((0..2).map(|_| slots.take(false).unwrap()));
        assert_eq!(slots.take(false).unwrap_err().code(), Code::Ausgelastet);
        held.clear();
        assert!(slots.take(true).is_ok());
    }
}
