//! How slowly a client may send a body before it is cut off.
//!
//! Two bounds: the longest silence, and an average rate once that time has passed. The second stops
//! a client that sends one byte before each silence would end.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use super::{
    front::Limits,
    problem::{Code, Problem},
};

/// The pace of one body.
#[derive(Debug)]
pub struct Pace {
    begun: Instant,
    idle: Duration,
    bytes_per_s_min: u64,
    bytes: u64,
}

impl Pace {
    /// Begins to count.
    #[must_use]
    pub fn start(limits: &Limits) -> Self {
        let Limits { idle, bytes_per_s_min, .. } = *limits;
        // Measured on the monotonic clock, because it bounds a wait and decides nothing else.
        Self { begun: Instant::now(), idle, bytes_per_s_min, bytes: 0 }
    }

    /// Waits for the next piece.
    ///
    /// # Errors
    /// 408 if it does not come in time.
    pub async fn next<T>(&self, piece: impl Future<Output = T>) -> Result<T, Problem> {
        tokio::time::timeout(self.idle, piece).await.map_err(|_| Code::ZuLangsam.into())
    }

    /// Counts what came.
    ///
    /// # Errors
    /// 408 if the average is below the minimum.
    pub fn count(&mut self, bytes: usize) -> Result<(), Problem> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let late = self.begun.elapsed().saturating_sub(self.idle);
        if self.bytes < late.as_secs().saturating_mul(self.bytes_per_s_min) {
            return Err(Code::ZuLangsam.into());
        }
        Ok(())
    }
}
