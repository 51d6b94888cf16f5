//! The real clock and the real randomness: the one place where they are asked.

use crate::domain::{source::Source, zeit::Zeitpunkt};

/// The system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Source for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> Zeitpunkt {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Zeitpunkt(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no id, no salt and no secret may be made: stopping is the safe way.
        assert!(getrandom::fill(bytes).is_ok(), "the system gives no randomness");
    }
}
