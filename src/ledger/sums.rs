//! Counts and sums of the rows under each prefix, kept while writing and compared after an
//! unclean stop. A sum is of the 128-bit hashes of key and value, mod 2^128, so that rows may
//! come and go in any order; it must never depend on the order.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

/// The rows under one prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub count: u64,
    pub sum: u128,
}

impl Sum {
    /// What replacing `old` by `new` under `key` adds.
    pub fn change(key: &[u8], old: Option<&[u8]>, new: Option<&[u8]>) -> Self {
        let seed = xxh3_64(key);
        let hash = |value: Option<&[u8]>| value.map_or(0, |v| xxh3_128_with_seed(v, seed));
        Self {
            count: u64::from(new.is_some()).wrapping_sub(u64::from(old.is_some())),
            sum: hash(new).wrapping_sub(hash(old)),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self { count: self.count.wrapping_add(other.count), sum: self.sum.wrapping_add(other.sum) }
    }

    fn minus(self, other: Self) -> Self {
        Self { count: self.count.wrapping_sub(other.count), sum: self.sum.wrapping_sub(other.sum) }
    }
}

/// The sums of all prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums(BTreeMap<[u8; 2], Sum>);

fn prefix(key: &[u8]) -> [u8; 2] {
    key.first_chunk::<2>().copied().unwrap_or_default()
}

impl Sums {
    pub fn add(&mut self, key: &[u8], change: Sum) {
        let prefix = prefix(key);
        self.set(prefix, self.of(prefix).plus(change));
    }

    pub fn take_back(&mut self, key: &[u8], change: Sum) {
        let prefix = prefix(key);
        self.set(prefix, self.of(prefix).minus(change));
    }

    pub fn of(&self, prefix: [u8; 2]) -> Sum {
        self.0.get(&prefix).copied().unwrap_or_default()
    }

    /// An empty prefix is not kept, so that equal tables have equal sums.
    fn set(&mut self, prefix: [u8; 2], sum: Sum) {
        if sum == Sum::default() {
            self.0.remove(&prefix);
        } else {
            self.0.insert(prefix, sum);
        }
    }

    /// The first prefix in which the two differ.
    pub fn difference(&self, other: &Self) -> Option<[u8; 2]> {
        let keys = self.0.keys().chain(other.0.keys());
        keys.copied().find(|prefix| self.of(*prefix) != other.of(*prefix))
    }

    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 26);
        for (prefix, sum) in &self.0 {
            bytes.extend(prefix);
            bytes.extend(sum.count.to_be_bytes());
            bytes.extend(sum.sum.to_be_bytes());
        }
        bytes
    }

    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut sums = BTreeMap::new();
        while !bytes.is_empty() {
            let (prefix, rest) = bytes.split_first_chunk::<2>()?;
            let (count, rest) = rest.split_first_chunk::<8>()?;
            let (sum, rest) = rest.split_first_chunk::<16>()?;
            let sum = Sum { count: u64::from_be_bytes(*count), sum: u128::from_be_bytes(*sum) };
            sums.insert(*prefix, sum);
            bytes = rest;
        }
        Some(Self(sums))
    }
}
