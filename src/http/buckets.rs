//! How many requests an API key may make in a second. Uploads and bytes a day are the intake's.
//!
//! The counts are operational: they live in memory, are lost at a restart, and never decide a
//! right. They are bounded: keys whose bucket is full again are forgotten.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::problem::{Code, Problem};
use crate::domain::{organisation::Grenzen, zeit::Zeitpunkt};

/// Keys remembered at the same time.
const KEYS_MAX: usize = 10_000;

/// The buckets of all keys.
#[derive(Debug, Default)]
pub struct Buckets {
    keys: Mutex<HashMap<Uuid, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Requests left, in thousandths, so that a slow refill is not rounded away.
    left_milli: u64,
    refilled: Zeitpunkt,
}

impl Buckets {
    /// Takes one request from a key's bucket, which holds one second's worth.
    ///
    /// # Errors
    /// 429 if the bucket is empty.
    pub fn request(&self, key: Uuid, bounds: &Grenzen, now: Zeitpunkt) -> Result<(), Problem> {
        let rate = u64::from(bounds.anfragen_je_sekunde);
        let full = rate.saturating_mul(1000);
        // The buckets are valid after any panic: each change is one assignment.
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX && !keys.contains_key(&key) {
            keys.retain(|_, b| now.0.saturating_sub(b.refilled.0) < 1000);
        }
        let bucket = keys.entry(key).or_insert(Bucket { left_milli: full, refilled: now });
        // A clock set back gives nothing and takes nothing.
        let passed_ms = u64::try_from(now.0.saturating_sub(bucket.refilled.0)).unwrap_or(0);
        let refill = passed_ms.saturating_mul(rate);
        bucket.left_milli = bucket.left_milli.saturating_add(refill).min(full);
        bucket.refilled = now;
        let Some(left) = bucket.left_milli.checked_sub(1000) else {
            return Err(Problem::from(Code::ZuVieleAnfragen).retry_after_s(1));
        };
        bucket.left_milli = left;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_refilled_and_a_clock_set_back_gives_none() {
        let bounds =
            Grenzen { anfragen_je_sekunde: 2, gleichzeitige_uploads: 1, bytes_je_tag: 100 };
        let buckets = Buckets::default();
        let ask = |ms| buckets.request(Uuid::nil(), &bounds, Zeitpunkt(ms)).is_ok();
        assert!(ask(0) && ask(0) && !ask(0));
        assert!(!ask(-100_000));
        assert!(ask(-99_500) && !ask(-99_500));
    }
}
