//! Where time and randomness come from, so that tests can freeze both.

use uuid::Uuid;

use super::zeit::Zeitpunkt;

/// The clock and the randomness of one process. The server has the real one, tests a seeded one.
pub trait Source: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Zeitpunkt;

    /// Fills `bytes` with randomness fit for secrets and salts.
    fn fill(&self, bytes: &mut [u8]);

    /// A new UUIDv7 (RFC 9562): sorts by the time of its making.
    fn id(&self) -> Uuid {
        let mut random = [0_u8; 10];
        self.fill(&mut random);
        let millis = u64::try_from(self.now().0).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
