//! The filed documents that are learned from: their vectors side by side, six bytes a feature.
//!
//! A vector is what a text's features weigh: how often, times how rare, each group of features
//! brought to length 1, then the whole. It holds no word and no name.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "weights are of 0..1 in 16 bits; places are the corpus's own"
)]

use chrono::NaiveDate;

use super::merkmale::{DIMENSIONS, Features, WEIGHTS, group};

/// Features over all documents: 24 million are 144 MB.
const ENTRIES_MAX: usize = 24_000_000;
/// Features of one document.
const FEATURES_MAX: usize = 3_000;

/// A document that people filed.
#[derive(Clone, Copy, Debug)]
pub struct Filed {
    /// Its id.
    pub id: u128,
    /// The id of the Akte it lies in, or its own.
    pub whole: u128,
    /// Its date, where known.
    pub date: Option<NaiveDate>,
}

impl Filed {
    /// One that is a part of nothing, without a date.
    #[must_use]
    pub const fn alone(id: u128) -> Self {
        Self { id, whole: id, date: None }
    }
}

/// Documents of known classes.
pub struct Corpus {
    /// How many classes there are.
    pub classes: usize,
    /// The class of each document.
    pub class: Vec<u32>,
    /// The id of each.
    pub ids: Vec<u128>,
    /// Of what each is a part (its Akte).
    whole: Vec<u128>,
    /// The date of each, where known.
    pub dates: Vec<Option<NaiveDate>>,
    /// Most features that a document may have here.
    pub limit: usize,
    starts: Vec<usize>,
    features: Vec<u32>,
    weights: Vec<u16>,
    squares: Vec<f32>,
}

/// What a raw count is multiplied by to lie in 16 bits: 1 + ln(200,000) is below 13.
const RAW: f32 = 4_000.0;
const ONE: f32 = 65_535.0;

impl Corpus {
    /// An empty one, for about so many documents.
    #[must_use]
    pub fn new(classes: usize, expected: usize) -> Self {
        let limit = (ENTRIES_MAX / expected.max(1)).clamp(200, FEATURES_MAX);
        // Reserved at once: growing would hold the old and the new place side by side.
        let room = expected.saturating_mul(limit).min(ENTRIES_MAX);
        Self {
            classes,
            class: Vec::new(),
            ids: Vec::new(),
            whole: Vec::new(),
            dates: Vec::new(),
            limit,
            starts: vec![0],
            features: Vec::with_capacity(room),
            weights: Vec::with_capacity(room),
            squares: Vec::new(),
        }
    }

    /// Adds a document whose features are not weighed yet.
    pub fn add(&mut self, class: u32, filed: Filed, features: &Features) {
        self.class.push(class);
        self.ids.push(filed.id);
        self.whole.push(filed.whole);
        self.dates.push(filed.date);
        for (feature, weight) in features.iter().take(self.limit) {
            self.features.push(*feature);
            self.weights.push((weight * RAW).min(ONE) as u16);
        }
        self.starts.push(self.features.len());
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.class.len()
    }

    /// How many features they have together.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.features.len()
    }

    /// Counts in how many Akten each feature is. What one alone has, a name often, is not counted
    /// at all: it would tell of that Akte whoever may not see it, and says nothing of others.
    pub fn count(&self, counts: &mut [u32]) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_unstable_by_key(|doc| self.whole[*doc]);
        let mut last = vec![0_u32; counts.len()];
        let (mut turn, mut before) = (0, None);
        for doc in order {
            turn += u32::from(before != Some(self.whole[doc]));
            before = Some(self.whole[doc]);
            for feature in &self.features[self.starts[doc]..self.starts[doc + 1]] {
                if std::mem::replace(&mut last[*feature as usize], turn) != turn {
                    counts[*feature as usize] += 1;
                }
            }
        }
        counts.iter_mut().filter(|count| **count < 2).for_each(|count| *count = 0);
    }

    /// Weighs all features; those that were not counted are dropped.
    pub fn weigh(&mut self, rarity: &[f32], counts: &[u32]) {
        let (mut to, mut start) = (0, 0);
        for doc in 0..self.len() {
            let end = self.starts[doc + 1];
            let raw = (start..end).map(|at| {
                let feature = self.features[at];
                let unknown = counts[feature as usize] == 0;
                (feature, if unknown { 0.0 } else { f32::from(self.weights[at]) / RAW })
            });
            let vector = weighed(raw, rarity);
            start = end;
            for (feature, weight) in &vector {
                self.features[to] = *feature;
                self.weights[to] = (weight * ONE).round() as u16;
                to += 1;
            }
            self.squares.push(vector.iter().map(|(_, w)| w * w).sum());
            self.starts[doc + 1] = to;
        }
        self.features.truncate(to);
        self.weights.truncate(to);
    }

    /// The features of a document with their weights.
    pub fn iter(&self, doc: usize) -> impl Iterator<Item = (u32, f32)> {
        let range = self.starts[doc]..self.starts[doc + 1];
        let features = self.features[range.clone()].iter().copied();
        features.zip(self.weights[range].iter().map(|w| f32::from(*w) / ONE))
    }

    /// The vector of a document.
    #[must_use]
    pub fn vector(&self, doc: usize) -> Features {
        self.iter(doc).collect()
    }

    /// The square of a document's length.
    #[must_use]
    pub fn square(&self, doc: usize) -> f32 {
        self.squares[doc]
    }
}

/// How rare each feature is, from how many of `total` texts have it; 0: none has.
#[must_use]
pub fn rarity(counts: &[u32], total: usize) -> Vec<f32> {
    let total = total as f32;
    let one =
        |n: &u32| if *n == 0 { 0.0 } else { ((total + 1.0) / (*n as f32 + 0.5)).ln().max(0.05) };
    debug_assert_eq!(counts.len(), DIMENSIONS);
    counts.iter().map(one).collect()
}

/// The vector of a text from its features.
#[must_use]
pub fn weighed(features: impl Iterator<Item = (u32, f32)>, rarity: &[f32]) -> Features {
    let mut vector: Features = features
        .map(|(feature, weight)| (feature, weight * rarity[feature as usize]))
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    let mut lengths = [0.0_f32; WEIGHTS.len()];
    for (feature, weight) in &vector {
        lengths[group(*feature)] += weight * weight;
    }
    let mut whole = 0.0;
    for (length, weight) in lengths.iter_mut().zip(WEIGHTS) {
        if *length > 0.0 {
            whole += weight * weight;
            *length = weight / length.sqrt();
        }
    }
    for (feature, weight) in &mut vector {
        *weight *= lengths[group(*feature)] / whole.sqrt();
    }
    vector
}
