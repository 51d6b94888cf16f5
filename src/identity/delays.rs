//! Delays after wrong passwords, by name and by address, in memory and bounded.
//!
//! A delay ends by itself: nobody is ever locked out for good, since else anybody could lock out
//! anybody by typing his name. An attempt counts as failed from its start, so that a hundred
//! attempts sent at once don't slip through before the first of them has failed.
//!
//! Each node counts by itself: with n nodes behind one address a guesser gets n times the
//! attempts, sixty a name, hour and node. A proxy that keeps a client on one node, or limits
//! `/anmeldung` itself, takes that back.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use crate::domain::zeit::Zeitpunkt;

/// Failures of one name before the first delay.
const NAME_FREE: u32 = 5;
/// Failures of one address before the first delay; a town hall often shares one address.
const ADDRESS_FREE: u32 = 20;
/// The longest delay of a name, seconds: short, for the rightful owner waits too. It leaves a
/// guesser 60 attempts an hour.
const NAME_DELAY_S_MAX: u64 = 60;
/// The longest delay of an address, seconds.
const ADDRESS_DELAY_S_MAX: u64 = 900;
/// After this long without a failure all is forgotten, milliseconds.
const MEMORY_MS: i64 = 3_600_000;
/// Names and addresses remembered, each.
const REMEMBERED_MAX: usize = 10_000;

/// Who failed how often.
#[derive(Debug, Default)]
pub struct Delays {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    names: HashMap<String, Failures>,
    addresses: HashMap<IpAddr, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Zeitpunkt,
}

impl Failures {
    /// Milliseconds until the next attempt is allowed; 0: now.
    fn wait_ms(self, free: u32, delay_s_max: u64, now: Zeitpunkt) -> u64 {
        let Some(beyond) = self.count.checked_sub(free) else { return 0 };
        let delay_s = 1_u64.checked_shl(beyond).unwrap_or(u64::MAX).min(delay_s_max);
        // A clock set back must not prolong a delay: time that went backwards counts as none.
        let passed = u64::try_from(now.0.saturating_sub(self.last.0)).unwrap_or(0);
        delay_s.saturating_mul(1000).saturating_sub(passed)
    }
}

impl Delays {
    /// Nobody has failed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an attempt may be made now. If so it counts as failed until [`Self::succeeded`] or
    /// [`Self::withdrawn`] says otherwise; if not, it does not count.
    ///
    /// # Errors
    /// Whole seconds to wait, for `Retry-After`; equal for known and unknown names.
    pub fn check(&self, name: &str, address: IpAddr, now: Zeitpunkt) -> Result<(), u64> {
        let (name, address) = (name.to_lowercase(), network(address));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let by_name = recent(&state.names, &name, now)
            .map_or(0, |f| f.wait_ms(NAME_FREE, NAME_DELAY_S_MAX, now));
        let by_address = recent(&state.addresses, &address, now)
            .map_or(0, |f| f.wait_ms(ADDRESS_FREE, ADDRESS_DELAY_S_MAX, now));
        let wait_ms = by_name.max(by_address);
        if wait_ms > 0 {
            return Err(wait_ms.div_ceil(1000));
        }
        count(&mut state.names, name, now);
        count(&mut state.addresses, address, now);
        Ok(())
    }

    /// The attempt was right: the name's failures are forgotten. The address only gets this one
    /// back, else one valid account would let its owner guess at all others.
    pub fn succeeded(&self, name: &str, address: IpAddr) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.names.remove(&name.to_lowercase());
        give_back(&mut state.addresses, &network(address));
    }

    /// The attempt was never judged (the server was too busy): it does not count.
    pub fn withdrawn(&self, name: &str, address: IpAddr) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        give_back(&mut state.names, &name.to_lowercase());
        give_back(&mut state.addresses, &network(address));
    }

    /// How many names and addresses are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.names.len() + state.addresses.len()
    }

    /// True if nobody failed lately.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whoever has an IPv6 address has 2^64 of them, so the network counts.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

fn recent<K: Eq + Hash>(map: &HashMap<K, Failures>, key: &K, now: Zeitpunkt) -> Option<Failures> {
    map.get(key).copied().filter(|f| now.0.saturating_sub(f.last.0) < MEMORY_MS)
}

fn count<K: Eq + Hash + Clone>(map: &mut HashMap<K, Failures>, key: K, now: Zeitpunkt) {
    let before = recent(map, &key, now).map_or(0, |f| f.count);
    if before == 0 && map.len() >= REMEMBERED_MAX {
        map.retain(|_, f| now.0.saturating_sub(f.last.0) < MEMORY_MS);
    }
    if before == 0 && map.len() >= REMEMBERED_MAX {
        // The one with the fewest failures goes: a flood of new names can't wash out a name under
        // attack.
        let least = map.iter().min_by_key(|(_, f)| (f.count, f.last)).map(|(k, _)| k.clone());
        if let Some(least) = least {
            map.remove(&least);
        }
    }
    map.insert(key, Failures { count: before.saturating_add(1), last: now });
}

fn give_back<K: Eq + Hash>(map: &mut HashMap<K, Failures>, key: &K) {
    if let Some(failures) = map.get_mut(key) {
        failures.count = failures.count.saturating_sub(1);
        if failures.count == 0 {
            map.remove(key);
        }
    }
}
