//! How long-running threads pause, and are told to end.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Shared by all threads of one server.
#[derive(Debug, Default)]
pub struct Rest {
    over: Mutex<bool>,
    told: Condvar,
}

impl Rest {
    /// Pauses; true: it is time to end.
    pub fn pause(&self, time: Duration) -> bool {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(over, time, |over| !*over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// True once it is time to end.
    pub fn is_over(&self) -> bool {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every pause.
    pub fn end(&self) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }
}
