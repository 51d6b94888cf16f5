//! Weighs the views of the parts, and says how sure the answer is.
//!
//! Both are small logistic models that are learned from documents the parts had not seen; where
//! there are too few of those, they stay near what other data has taught. Probabilities are those
//! of the held-out documents: of answers given with 0.9, nine in ten were right.

#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "small counts; places within fixed arrays"
)]

use super::teile::{Found, VIEWS};

/// What the certainty depends on.
const SIGNS: usize = 8;

/// What is right, at the least, of the answers that are given.
pub const PRECISION: f64 = 0.96;
/// The threshold where nothing could be held out.
const THRESHOLD: f32 = 0.9;

/// Weights of the views and of the signs of certainty, and the threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Stapel {
    pub(super) views: [f32; VIEWS],
    pub(super) signs: [f32; SIGNS],
    pub(super) threshold: f32,
}

impl Default for Stapel {
    fn default() -> Self {
        Self {
            views: [2.0, 1.0, 1.5, 0.8, 0.8, 2.0, 2.0, 1.5, 1.0, 0.3, 0.0, 1.0, 0.0],
            signs: [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            threshold: THRESHOLD,
        }
    }
}

/// A held-out question with its right class.
pub struct Item {
    /// What the parts said.
    pub found: Found,
    /// What was right.
    pub truth: usize,
}

/// A class with its probability, the likeliest first.
pub type Ranked = Vec<(usize, f32)>;

impl Stapel {
    /// The classes by probability.
    #[must_use]
    pub fn rank(&self, found: &Found, counts: &[u32]) -> Ranked {
        let mut ranked = self.mixed(found);
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let Some(&(_, first)) = ranked.first() else { return ranked };
        let sure = sigmoid(dot(&self.signs, &signs(found, &ranked, counts)));
        let sure = sure.clamp(0.001, 0.999);
        let rest = (1.0 - sure) / (1.0 - first).max(1e-6);
        for (place, (_, probability)) in ranked.iter_mut().enumerate() {
            *probability = if place == 0 { sure } else { (*probability * rest).min(sure) };
        }
        ranked
    }

    fn mixed(&self, found: &Found) -> Ranked {
        let sums: Vec<f32> = found.candidates.iter().map(|c| dot(&self.views, &c.views)).collect();
        let most = sums.iter().copied().fold(f32::MIN, f32::max);
        let powers: Vec<f32> = sums.iter().map(|s| (s - most).exp()).collect();
        let all: f32 = powers.iter().sum();
        found.candidates.iter().zip(powers).map(|(c, p)| (c.class, p / all)).collect()
    }

    /// Learns from held-out questions; `counts` are the documents of each class.
    #[must_use]
    pub fn learn(items: &[Item], counts: &[u32]) -> Self {
        let mut stack = Self::default();
        if items.is_empty() {
            return stack;
        }
        stack.learn_views(items);
        let samples: Vec<([f32; SIGNS], bool)> = items
            .iter()
            .filter_map(|item| {
                let mut ranked = stack.mixed(&item.found);
                ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                let right = ranked.first()?.0 == item.truth;
                Some((signs(&item.found, &ranked, counts), right))
            })
            .collect();
        stack.learn_signs(&samples);
        stack.threshold = threshold(&stack, &samples);
        stack
    }

    fn learn_views(&mut self, items: &[Item]) {
        let start = self.views;
        let pull = 3.0;
        let mut squares = [1e-6_f32; VIEWS];
        for _ in 0..200 {
            let mut slope = [0.0_f32; VIEWS];
            for item in items {
                let truth = item.found.candidates.iter().find(|c| c.class == item.truth);
                let Some(truth) = truth else { continue };
                for (sum, view) in slope.iter_mut().zip(truth.views) {
                    *sum += view;
                }
                for (candidate, (_, p)) in item.found.candidates.iter().zip(self.mixed(&item.found))
                {
                    for (sum, view) in slope.iter_mut().zip(candidate.views) {
                        *sum -= p * view;
                    }
                }
            }
            for (at, slope) in slope.into_iter().enumerate() {
                let slope = slope - pull * (self.views[at] - start[at]);
                squares[at] += slope * slope;
                self.views[at] += 0.5 * slope / squares[at].sqrt();
            }
        }
    }

    fn learn_signs(&mut self, samples: &[([f32; SIGNS], bool)]) {
        let start = self.signs;
        let mut squares = [1e-6_f32; SIGNS];
        for _ in 0..400 {
            let mut slope = [0.0_f32; SIGNS];
            for (signs, right) in samples {
                let miss = f32::from(u8::from(*right)) - sigmoid(dot(&self.signs, signs));
                for (sum, sign) in slope.iter_mut().zip(signs) {
                    *sum += miss * sign;
                }
            }
            for (at, slope) in slope.into_iter().enumerate() {
                let slope = slope - 2.0 * (self.signs[at] - start[at]);
                squares[at] += slope * slope;
                self.signs[at] += 0.3 * slope / squares[at].sqrt();
            }
        }
    }
}

/// The least probability from which on answers were right often enough.
fn threshold(stack: &Stapel, samples: &[([f32; SIGNS], bool)]) -> f32 {
    let sure = |(signs, right): &([f32; SIGNS], bool)| (sigmoid(dot(&stack.signs, signs)), *right);
    let mut sorted: Vec<(f32, bool)> = samples.iter().map(sure).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut said, mut best) = (0_u32, 0.0, None);
    for (at, (sure, is_right)) in sorted.iter().enumerate() {
        right += u32::from(*is_right);
        said += f64::from(*sure);
        // One more miss than there was, and as much as was said: a few lucky answers prove nothing.
        let least = PRECISION * (at as f64);
        if at >= 20 && f64::from(right) - 1.0 >= least && said >= least {
            best = Some(*sure);
        }
    }
    best.unwrap_or(0.97).clamp(0.3, 0.99)
}

fn signs(found: &Found, ranked: &Ranked, counts: &[u32]) -> [f32; SIGNS] {
    let (class, first) = ranked.first().copied().unwrap_or_default();
    let second = ranked.get(1).map_or(0.001, |r| r.1).max(1e-4);
    let first = first.clamp(1e-4, 1.0 - 1e-4);
    let leads = |view: usize| {
        let value = |c: &super::teile::Candidate| c.views[view];
        let own = found.candidates.iter().find(|c| c.class == class).map_or(0.0, value);
        f32::from(u8::from(found.candidates.iter().all(|c| value(c) <= own)))
    };
    let likeness = found.near.first().map_or(0.0, |(_, likeness)| *likeness);
    [
        1.0,
        (first / (1.0 - first)).ln(),
        (first / second).ln().min(8.0) / 4.0,
        leads(0),
        leads(2),
        likeness,
        (counts.get(class).copied().unwrap_or(0) as f32).ln_1p() / 4.0,
        (found.features as f32).ln_1p() / 4.0,
    ]
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
