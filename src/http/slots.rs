//! How much of one kind may run at the same time, with a part kept for people.
//!
//! Machines never hold more than three quarters, so that no key, and not all of them together, can
//! shut the clerks out. Where callers are told apart, none holds more than a quarter.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::problem::{Code, Problem};

/// Places for all callers.
#[derive(Debug)]
pub struct Slots {
    all: Arc<Semaphore>,
    machines: Arc<Semaphore>,
    callers: Callers,
    each: usize,
}

/// How many places each caller holds; who holds none is not in it.
type Callers = Arc<Mutex<HashMap<Uuid, usize>>>;

/// A place, free again when it is dropped.
#[derive(Debug)]
pub struct Slot {
    _all: OwnedSemaphorePermit,
    _machines: Option<OwnedSemaphorePermit>,
    _caller: Option<Held>,
}

/// One of a caller's places.
#[derive(Debug)]
struct Held(Callers, Uuid);

impl Drop for Held {
    fn drop(&mut self) {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = callers.get_mut(&self.1) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                callers.remove(&self.1);
            }
        }
    }
}

impl Slots {
    /// That many places.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let machines = Arc::new(Semaphore::new(count - count / 4));
        let all = Arc::new(Semaphore::new(count));
        Self { all, machines, callers: Callers::default(), each: (count / 4).max(1) }
    }

    /// Takes a place; nobody waits for one.
    ///
    /// # Errors
    /// 503 if there is none for this kind of caller.
    pub fn take(&self, machine: bool) -> Result<Slot, Problem> {
        let full = |_| Problem::from(Code::Ausgelastet).retry_after_s(2);
        let take = |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_owned().map_err(full);
        let machines = machine.then(|| take(&self.machines)).transpose()?;
        Ok(Slot { _all: take(&self.all)?, _machines: machines, _caller: None })
    }

    /// The same for one caller, who gets no more than a quarter of all.
    ///
    /// # Errors
    /// 429 if he has so many; else as `take`.
    pub fn take_of(&self, caller: Uuid, machine: bool) -> Result<Slot, Problem> {
        let held = {
            let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
            let count = callers.entry(caller).or_default();
            if *count >= self.each {
                return Err(Problem::from(Code::ZuVieleUploads).retry_after_s(2));
            }
            *count += 1;
            Held(Arc::clone(&self.callers), caller)
        };
        Ok(Slot { _caller: Some(held), ..self.take(machine)? })
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

    #[test]
    fn one_caller_gets_a_quarter() {
        let (slots, anna, bert) = (Slots::new(8), Uuid::from_u128(1), Uuid::from_u128(2));
        let mut held: Vec<Slot> = (0..2).map(|_| slots.take_of(anna, false).unwrap()).collect();
        let refused = slots.take_of(anna, false).unwrap_err();
        assert_eq!(refused.code(), Code::ZuVieleUploads);
        assert!(refused.response("r").headers().contains_key("retry-after"));
        held.push(slots.take_of(bert, false).unwrap());
        held.remove(0);
        held.push(slots.take_of(anna, false).unwrap());
        held.clear();
        assert!(slots.callers.lock().unwrap().is_empty(), "nobody is remembered for nothing");
        // Who found no place was not counted.
        let all: Vec<Slot> = (0..8).map(|_| slots.take(false).unwrap()).collect();
        assert_eq!(slots.take_of(anna, false).unwrap_err().code(), Code::Ausgelastet);
        drop(all);
        assert!(slots.callers.lock().unwrap().is_empty());
    }
}
