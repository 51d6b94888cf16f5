//! A table of features: of each, the targets it speaks for (classes or documents) and how much.
//!
//! All parts of the model are such tables: weights of the linear model, centroids, neighbours, the
//! plan's own words. Asking one costs the targets of the question's features, no more.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "places are counted by the table itself, and checked when it is read from a file"
)]

/// Features in ascending order, each with its targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tafel {
    pub(super) keys: Vec<u32>,
    /// Where the targets of each key begin, and the end.
    pub(super) starts: Vec<u32>,
    pub(super) targets: Vec<u32>,
    /// The upper halves of floats: half the memory, and exact to one in 250.
    pub(super) weights: Vec<u16>,
}

/// The upper half of a float, rounded.
const fn short(weight: f32) -> u16 {
    (weight.to_bits().saturating_add(0x8000) >> 16) as u16
}

const fn long(weight: u16) -> f32 {
    f32::from_bits((weight as u32) << 16)
}

impl Tafel {
    /// From (feature, target, weight) in any order.
    #[must_use]
    pub fn new(mut entries: Vec<(u32, u32, f32)>) -> Self {
        entries.sort_unstable_by_key(|(feature, target, _)| (*feature, *target));
        let mut table = Self {
            targets: Vec::with_capacity(entries.len()),
            weights: Vec::with_capacity(entries.len()),
            ..Self::default()
        };
        for (at, (feature, target, weight)) in entries.into_iter().enumerate() {
            if table.keys.last() != Some(&feature) {
                table.keys.push(feature);
                table.starts.push(at as u32);
            }
            table.targets.push(target);
            table.weights.push(short(weight));
        }
        table.starts.push(table.targets.len() as u32);
        table
    }

    /// True if it is well formed and no target reaches `targets`.
    #[must_use]
    pub fn is_sound(&self, targets: usize) -> bool {
        self.starts.len() == self.keys.len() + 1
            && self.starts.first() == Some(&0)
            && self.starts.last().copied() == u32::try_from(self.targets.len()).ok()
            && self.starts.is_sorted()
            && self.keys.is_sorted_by(|a, b| a < b)
            && self.targets.len() == self.weights.len()
            && self.targets.iter().all(|t| (*t as usize) < targets)
            && self.weights.iter().all(|w| long(*w).is_finite())
    }

    /// The targets of a feature with their weights.
    pub fn get(&self, feature: u32) -> impl Iterator<Item = (usize, f32)> {
        let range = self
            .keys
            .binary_search(&feature)
            .map_or(0..0, |at| self.starts[at] as usize..self.starts[at + 1] as usize);
        let targets = self.targets[range.clone()].iter().map(|t| *t as usize);
        targets.zip(self.weights[range].iter().map(|w| long(*w)))
    }

    /// Adds to each target what the features of a vector say.
    pub fn add(&self, vector: &[(u32, f32)], sums: &mut [f32]) {
        for (feature, x) in vector {
            for (target, weight) in self.get(*feature) {
                sums[target] += x * weight;
            }
        }
    }
}
