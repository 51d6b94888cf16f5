//! Seeded chance: the same seed and number throw the same.

use chrono::{Days, NaiveDate};

/// Splitmix64, which is enough for samples and for nothing else.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of the n-th document.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high.saturating_sub(low) + 1)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of them.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T
    where
        &'a T: Default,
    {
        let count = u64::try_from(from.len()).unwrap_or(1).max(1);
        let place = usize::try_from(self.next() % count).unwrap_or(0);
        from.get(place).copied().unwrap_or_default()
    }

    /// Some of them, in their order; at least the first two.
    pub fn some(&mut self, from: &[&'static str], percent: u64) -> Vec<&'static str> {
        let some: Vec<_> = from.iter().copied().filter(|_| self.chance(percent)).collect();
        if some.len() < 2 { from.iter().copied().take(2).collect() } else { some }
    }

    /// A day of the years 2023 to 2026.
    pub fn date(&mut self) -> NaiveDate {
        let first = NaiveDate::from_ymd_opt(2023, 1, 9).unwrap_or_default();
        first + Days::new(self.between(0, 1150))
    }
}
