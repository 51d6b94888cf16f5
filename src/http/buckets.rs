//! What one API key may do in a second, at once, and in a day.
//!
//! The counts are operational: they live in memory, are lost at a restart, and never decide a right.
//! They are bounded: a key that has been quiet is forgotten first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::domain::{organisation::Grenzen, zeit::Zeitpunkt};

use super::problem::{Code, Problem};

/// Keys remembered at the same time.
const KEYS_MAX: usize = 10_000;

/// The counts of all keys.
#[derive(Debug, Default)]
pub struct Buckets {
    keys: Mutex<HashMap<Uuid, Counts>>,
}

#[derive(Debug)]
struct Counts {
    /// Requests left, in thousandths, so that a slow refill is not rounded away.
    left_milli: u64,
    refilled: Zeitpunkt,
    uploads: u32,
    day: NaiveDate,
    bytes: u64,
}

/// One running upload; dropping it makes room.
#[derive(Debug)]
pub struct Upload {
    buckets: Arc<Buckets>,
    key: Uuid,
}

impl Buckets {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Counts>> {
        // The counts are valid after any panic: each change is one assignment.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one request from a key's bucket, which holds one second's worth.
    ///
    /// # Errors
    /// 429 if the bucket is empty.
    pub fn request(&self, key: Uuid, bounds: &Grenzen, now: Zeitpunkt) -> Result<(), Problem> {
        let full = u64::from(bounds.anfragen_je_sekunde).saturating_mul(1000);
        let mut keys = self.lock();
        let counts = entry(&mut keys, key, full, now);
        // A clock set back gives nothing and takes nothing.
        let passed_ms = u64::try_from(now.0.saturating_sub(counts.refilled.0)).unwrap_or(0);
        let refill = passed_ms.saturating_mul(u64::from(bounds.anfragen_je_sekunde));
        counts.left_milli = counts.left_milli.saturating_add(refill).min(full);
        counts.refilled = now;
        match counts.left_milli.checked_sub(1000) {
            Some(left) => counts.left_milli = left,
            None => return Err(Problem::from(Code::ZuVieleAnfragen).retry_after_s(1)),
        }
        Ok(())
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// 429 if too many run, or the day's bytes are used up.
    pub fn upload(
        self: &Arc<Self>,
        key: Uuid,
        bounds: &Grenzen,
        now: Zeitpunkt,
    ) -> Result<Upload, Problem> {
        let mut keys = self.lock();
        let full = u64::from(bounds.anfragen_je_sekunde).saturating_mul(1000);
        let counts = entry(&mut keys, key, full, now);
        if counts.uploads >= bounds.gleichzeitige_uploads {
            return Err(Problem::from(Code::ZuVieleUploads).retry_after_s(1));
        }
        if counts.bytes >= bounds.bytes_je_tag && counts.day == now.datum() {
            return Err(day_is_over(now));
        }
        counts.uploads += 1;
        drop(keys);
        Ok(Upload { buckets: Arc::clone(self), key })
    }
}

impl Upload {
    /// Counts bytes that arrived.
    ///
    /// # Errors
    /// 429 once the day's bytes are used up.
    pub fn bytes(&self, bytes: u64, bounds: &Grenzen, now: Zeitpunkt) -> Result<(), Problem> {
        let mut keys = self.buckets.lock();
        let Some(counts) = keys.get_mut(&self.key) else { return Ok(()) };
        if counts.day != now.datum() {
            counts.day = now.datum();
            counts.bytes = 0;
        }
        counts.bytes = counts.bytes.saturating_add(bytes);
        if counts.bytes > bounds.bytes_je_tag {
            return Err(day_is_over(now));
        }
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(counts) = self.buckets.lock().get_mut(&self.key) {
            counts.uploads = counts.uploads.saturating_sub(1);
        }
    }
}

fn entry(
    keys: &mut HashMap<Uuid, Counts>,
    key: Uuid,
    full: u64,
    now: Zeitpunkt,
) -> &mut Counts {
    if keys.len() >= KEYS_MAX && !keys.contains_key(&key) {
        keys.retain(|_, c| c.uploads > 0 || c.day == now.datum() && c.bytes > 0);
    }
    keys.entry(key).or_insert_with(|| Counts {
        left_milli: full,
        refilled: now,
        uploads: 0,
        day: now.datum(),
        bytes: 0,
    })
}

/// The day ends at midnight in Berlin; an hour is near enough for a client that waits.
fn day_is_over(now: Zeitpunkt) -> Problem {
    let mut seconds = 0;
    while seconds < 25 * 3600 && now.plus_ms(seconds * 1000).datum() == now.datum() {
        seconds += 3600;
    }
    let seconds = u64::try_from(seconds).unwrap_or(3600);
    Problem::from(Code::TagesmengeErschoepft).retry_after_s(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Grenzen =
        Grenzen { anfragen_je_sekunde: 2, gleichzeitige_uploads: 1, bytes_je_tag: 100 };

    #[test]
    fn requests_are_refilled_and_a_clock_set_back_gives_none() {
        let buckets = Buckets::default();
        let ask = |ms| buckets.request(Uuid::nil(), &BOUNDS, Zeitpunkt(ms)).is_ok();
        assert!(ask(0) && ask(0) && !ask(0));
        assert!(!ask(-100_000));
        assert!(ask(-99_500) && !ask(-99_500));
    }

    #[test]
    fn an_upload_that_ended_makes_room_and_bytes_are_counted_by_the_day() {
        let buckets = Arc::new(Buckets::default());
        let day = 86_400_000;
        let first = buckets.upload(Uuid::nil(), &BOUNDS, Zeitpunkt(0)).unwrap();
        let second = buckets.upload(Uuid::nil(), &BOUNDS, Zeitpunkt(0));
        assert_eq!(second.unwrap_err().code(), Code::ZuVieleUploads);
        assert!(first.bytes(100, &BOUNDS, Zeitpunkt(0)).is_ok());
        assert!(first.bytes(1, &BOUNDS, Zeitpunkt(0)).is_err());
        drop(first);
        let over = buckets.upload(Uuid::nil(), &BOUNDS, Zeitpunkt(0)).unwrap_err();
        assert_eq!(over.code(), Code::TagesmengeErschoepft);
        let next = buckets.upload(Uuid::nil(), &BOUNDS, Zeitpunkt(day)).unwrap();
        assert!(next.bytes(100, &BOUNDS, Zeitpunkt(day)).is_ok());
    }
}
