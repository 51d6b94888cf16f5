//! Requests with an Idempotency-Key that are being worked on, so that a twin is told to wait.
//!
//! In memory only: what outlives the request is decided in the ledger, in the same commit.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use super::problem::{Code, Problem};

/// All that run.
#[derive(Clone, Debug, Default)]
pub struct Twins(Arc<Mutex<HashSet<(Uuid, String)>>>);

/// One that runs; dropping it lets the next begin.
#[derive(Debug)]
pub struct Running {
    twins: Twins,
    name: (Uuid, String),
}

impl Twins {
    /// Begins one.
    ///
    /// # Errors
    /// 409 with Retry-After while a request of the same caller with the same key runs.
    pub fn begin(&self, caller: Uuid, key: &str) -> Result<Running, Problem> {
        let name = (caller, key.to_owned());
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !running.insert(name.clone()) {
            return Err(Problem::from(Code::InBearbeitung).retry_after_s(1));
        }
        Ok(Running { twins: self.clone(), name })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.twins.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}
