//! Weighs the views of the parts, and says how sure the answer is: of the unit, and of its branch.
//!
//! All are small logistic models that are learned from documents the parts had not seen; where
//! there are too few of those, they stay near what the plan's own examples have taught, discounted
//! by what real letters are harder than examples. Probabilities are those of the held-out
//! documents: of answers given with 0.9, nine in ten were right. An answer is given from a
//! threshold on that held-out documents have proven, with a margin for chance.

#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "small counts; places within fixed arrays and lists of the model's own"
)]

use super::teile::{Candidate, Found, VIEWS};

/// What the certainty depends on.
const SIGNS: usize = 13;
/// What has to be right of the answers that are given.
pub const PRECISION: f64 = 0.95;
/// How far chance is allowed for, in standard deviations: 19 in 20 one-sided, for the threshold is
/// the least of many that could be proven.
const MARGIN: f64 = 1.64;
/// Parts of the held-out answers; how sure each is, is learned from the others, so that a
/// threshold is proven by answers that had no say in their own certainty.
const FOLDS: usize = 5;
/// No answer is as sure as this.
const NEVER: f32 = 1.0;
/// The threshold where the plan's examples alone have taught: of answers above it about 95 in 100
/// are right, if the probabilities are.
const PLAN_ONLY: f32 = 0.9;
/// How much less sure than of an example of the plan one can be of a real letter, at equal signs:
/// factor and addend of the log odds, of the unit and of its branch. Learned from 76 letters
/// (`tests/data/abgleich.txt`) and 44 templates of the demo that are no part of any quality card.
const LETTERS: [(f32, f32); 2] = [(0.72, -0.15), (0.89, 0.11)];
/// Documents below which a unit counts as rare.
const FEW: u32 = 5;

/// Of what the answer is sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sicher {
    /// Of the first unit.
    Blatt,
    /// Of the first branch, not of the unit in it.
    Gruppe,
    /// Of nothing: "weiß nicht".
    #[default]
    Nein,
}

#[derive(Clone, Copy)]
enum Level {
    Leaf,
    Group,
}

impl Level {
    fn unit(self, candidate: &Candidate) -> usize {
        match self {
            Self::Leaf => candidate.class,
            Self::Group => candidate.group,
        }
    }
    fn count(self, candidate: &Candidate) -> u32 {
        match self {
            Self::Leaf => candidate.count,
            Self::Group => candidate.group_count,
        }
    }
}

/// How sure an answer of one level is.
#[derive(Clone, Debug, PartialEq)]
pub struct Stufe {
    pub(super) signs: [f32; SIGNS],
    /// Of each unit, how much more or less often answers that named it were right: log odds.
    pub(super) trust: Vec<f32>,
    /// Answers are given from here on.
    pub(super) threshold: f32,
    /// Those that name a unit of few documents, from here on.
    pub(super) rare: f32,
}

/// Weights of the views, and the certainty of both levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Stapel {
    pub(super) views: [f32; VIEWS],
    pub(super) leaf: Stufe,
    pub(super) group: Stufe,
}

/// A held-out question with its right class.
pub struct Item {
    /// What the parts said.
    pub found: Found,
    /// What was right.
    pub truth: usize,
    /// Its group.
    pub group: usize,
}

/// Units with their probabilities, the likeliest first.
pub type Ranked = Vec<(usize, f32)>;

/// Both levels of an answer.
pub struct Beide {
    /// Classes.
    pub leaves: Ranked,
    /// Their groups.
    pub groups: Ranked,
    /// Of which the answer is sure.
    pub sure: Sicher,
}

struct Sample {
    signs: [f32; SIGNS],
    unit: usize,
    right: bool,
    rare: bool,
}

impl Stapel {
    /// For so many classes and groups, before anything is learned.
    fn new(classes: usize, groups: usize) -> Self {
        let level = |units| {
            let mut signs = [0.0; SIGNS];
            signs[1] = 1.0;
            Stufe { signs, trust: vec![0.0; units], threshold: NEVER, rare: NEVER }
        };
        Self {
            views: [2.0, 1.0, 1.5, 0.8, 0.8, 2.0, 2.0, 1.5, 1.0, 0.3, 0.0, 1.0, 0.0],
            leaf: level(classes),
            group: level(groups),
        }
    }

    /// Learns from the plan's examples and from held-out documents.
    #[must_use]
    pub fn learn(examples: &[Item], items: &[Item], classes: usize, groups: usize) -> Self {
        let mut stack = Self::new(classes, groups);
        stack.learn_views(examples);
        if !examples.is_empty() {
            for (level, place) in [(Level::Leaf, 0), (Level::Group, 1)] {
                let samples = stack.samples(level, examples);
                let (factor, addend) = LETTERS[place];
                let of_level = stack.level_mut(level);
                of_level.learn(&samples);
                of_level.signs.iter_mut().for_each(|weight| *weight *= factor);
                of_level.signs[0] += addend;
                of_level.threshold = PLAN_ONLY;
                of_level.rare = PLAN_ONLY;
            }
        }
        if !items.is_empty() {
            stack.learn_views(items);
            for level in [Level::Leaf, Level::Group] {
                let mut samples = stack.samples(level, items);
                let of_level = stack.level_mut(level);
                of_level.learn_trust(&mut samples);
                let sure = of_level.foretold(&samples);
                of_level.learn(&samples);
                of_level.choose(&samples, &sure);
            }
        }
        stack
    }

    /// Both levels by probability, and of which the answer is sure.
    #[must_use]
    pub fn rank(&self, found: &Found) -> Beide {
        let mixed = self.mixed(found);
        let (leaves, leaf_sure) = self.calibrated(Level::Leaf, found, &mixed);
        let (mut groups, group_sure) = self.calibrated(Level::Group, found, &mixed);
        let of = |class: usize| found.candidates.iter().find(|c| c.class == class).map(|c| c.group);
        let first = leaves.first().and_then(|(class, _)| of(*class));
        let agree = first.is_some() && first == groups.first().map(|(group, _)| *group);
        if agree && let (Some(leaf), Some(group)) = (leaves.first(), groups.first_mut()) {
            // A branch is at least as likely as a unit in it.
            group.1 = group.1.max(leaf.1);
        }
        let sure = match (leaf_sure && agree, group_sure) {
            (true, _) => Sicher::Blatt,
            (false, true) => Sicher::Gruppe,
            _ => Sicher::Nein,
        };
        Beide { leaves, groups, sure }
    }

    /// The units of a level with calibrated probabilities, and whether the first is sure.
    fn calibrated(&self, level: Level, found: &Found, mixed: &[f32]) -> (Ranked, bool) {
        let of_level = self.level(level);
        let mut ranked = merged(level, found, mixed);
        let Some(&(unit, first)) = ranked.first() else { return (ranked, false) };
        let signs = signs(level, found, &ranked, of_level.trust.get(unit).copied().unwrap_or(0.0));
        let sure = of_level.sure(&signs);
        let rest = (1.0 - sure) / (1.0 - first).max(1e-6);
        for (place, (_, probability)) in ranked.iter_mut().enumerate() {
            *probability = if place == 0 { sure } else { (*probability * rest).min(sure) };
        }
        let bar = if is_rare(level, found, unit) { of_level.rare } else { of_level.threshold };
        (ranked, sure >= bar)
    }

    fn level(&self, level: Level) -> &Stufe {
        match level {
            Level::Leaf => &self.leaf,
            Level::Group => &self.group,
        }
    }

    fn level_mut(&mut self, level: Level) -> &mut Stufe {
        match level {
            Level::Leaf => &mut self.leaf,
            Level::Group => &mut self.group,
        }
    }

    /// The share of each candidate, before calibration.
    fn mixed(&self, found: &Found) -> Vec<f32> {
        let sums: Vec<f32> = found.candidates.iter().map(|c| dot(&self.views, &c.views)).collect();
        let most = sums.iter().copied().fold(f32::MIN, f32::max);
        let powers: Vec<f32> = sums.iter().map(|s| (s - most).exp()).collect();
        let all: f32 = powers.iter().sum();
        powers.into_iter().map(|p| p / all).collect()
    }

    fn samples(&self, level: Level, items: &[Item]) -> Vec<Sample> {
        let sample = |item: &Item| {
            let ranked = merged(level, &item.found, &self.mixed(&item.found));
            let unit = ranked.first()?.0;
            let truth = match level {
                Level::Leaf => item.truth,
                Level::Group => item.group,
            };
            Some(Sample {
                signs: signs(level, &item.found, &ranked, 0.0),
                unit,
                right: unit == truth,
                rare: is_rare(level, &item.found, unit),
            })
        };
        items.iter().filter_map(sample).collect()
    }

    fn learn_views(&mut self, items: &[Item]) {
        let start = self.views;
        let pull = 3.0;
        let mut squares = [1e-6_f32; VIEWS];
        for _ in 0..if items.is_empty() { 0 } else { 200 } {
            let mut slope = [0.0_f32; VIEWS];
            for item in items {
                let truth = item.found.candidates.iter().find(|c| c.class == item.truth);
                let Some(truth) = truth else { continue };
                for (sum, view) in slope.iter_mut().zip(truth.views) {
                    *sum += view;
                }
                for (candidate, p) in item.found.candidates.iter().zip(self.mixed(&item.found)) {
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
}

impl Stufe {
    /// True if all of it are numbers.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let all = self.signs.iter().chain(&self.trust).chain([&self.threshold, &self.rare]);
        all.into_iter().all(|value| value.is_finite())
    }

    fn sure(&self, signs: &[f32; SIGNS]) -> f32 {
        sigmoid(dot(&self.signs, signs)).clamp(0.001, 0.999)
    }

    fn learn<'s>(&mut self, samples: impl IntoIterator<Item = &'s Sample, IntoIter: Clone>) {
        let samples = samples.into_iter();
        let start = self.signs;
        let mut squares = [1e-6_f32; SIGNS];
        for _ in 0..400 {
            let mut slope = [0.0_f32; SIGNS];
            for sample in samples.clone() {
                let miss =
                    f32::from(u8::from(sample.right)) - sigmoid(dot(&self.signs, &sample.signs));
                for (sum, sign) in slope.iter_mut().zip(sample.signs) {
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

    /// How sure each answer would be if only the others had taught it.
    fn foretold(&self, samples: &[Sample]) -> Vec<f32> {
        let mut sure = vec![0.0; samples.len()];
        for fold in 0..FOLDS {
            let mut others = self.clone();
            let within = |at: usize| at % FOLDS == fold;
            others.learn(samples.iter().enumerate().filter(|(at, _)| !within(*at)).map(|(_, s)| s));
            for at in (0..samples.len()).filter(|at| within(*at)) {
                sure[at] = others.sure(&samples[at].signs);
            }
        }
        sure
    }

    /// How far each unit's answers may be trusted, and the sign of it in each sample, as it would
    /// be without that sample.
    fn learn_trust(&mut self, samples: &mut [Sample]) {
        let mut of_unit = vec![(0.0_f32, 0.0_f32); self.trust.len()];
        for sample in samples.iter() {
            of_unit[sample.unit].0 += f32::from(u8::from(sample.right));
            of_unit[sample.unit].1 += 1.0;
        }
        let right: f32 = of_unit.iter().map(|(right, _)| right).sum();
        let mean = ((right + 1.0) / (samples.len() as f32 + 2.0)).clamp(0.02, 0.98);
        let trust = |right: f32, count: f32| {
            let share = (8.0_f32.mul_add(mean, right) / (count + 8.0)).clamp(0.02, 0.98);
            (share / (1.0 - share)).ln() - (mean / (1.0 - mean)).ln()
        };
        for sample in samples {
            let (right, count) = of_unit[sample.unit];
            sample.signs[TRUST] = trust(right - f32::from(u8::from(sample.right)), count - 1.0);
        }
        self.trust = of_unit.into_iter().map(|(right, count)| trust(right, count)).collect();
    }

    /// Sets the thresholds by how sure each answer was. What too few answers can prove stays as it
    /// was, unless they speak against it.
    fn choose(&mut self, samples: &[Sample], sure: &[f32]) {
        for rare in [false, true] {
            let of = samples.iter().zip(sure).filter(|(sample, _)| sample.rare == rare);
            let mut sorted: Vec<(f32, bool)> =
                of.map(|(sample, sure)| (*sure, sample.right)).collect();
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
            let before = if rare { self.rare } else { self.threshold };
            let bar = proven(&sorted).unwrap_or_else(|| not_refuted(&sorted, before));
            *(if rare { &mut self.rare } else { &mut self.threshold }) = bar;
        }
    }
}

/// The least certainty from which on answers were right often enough, by the lower end of Wilson's
/// interval; `sorted` by certainty, the surest first.
fn proven(sorted: &[(f32, bool)]) -> Option<f32> {
    let (mut right, mut bar) = (0.0, None);
    for (at, (sure, is_right)) in sorted.iter().enumerate() {
        right += f64::from(u8::from(*is_right));
        let count = (at + 1) as f64;
        let (share, square) = (right / count, MARGIN * MARGIN);
        let spread =
            MARGIN * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
        let least = (share + square / (2.0 * count) - spread) / (1.0 + square / count);
        if least >= PRECISION && is_last(sorted, at) {
            bar = Some(*sure);
        }
    }
    bar
}

/// True if the next is less sure: a threshold can't part what is equally sure.
fn is_last(sorted: &[(f32, bool)], at: usize) -> bool {
    sorted.get(at + 1).is_none_or(|next| next.0 < sorted[at].0)
}

/// The threshold that was, or the least above it from which on enough was right.
fn not_refuted(sorted: &[(f32, bool)], before: f32) -> f32 {
    let (mut right, mut bar) = (0, NEVER);
    for (at, (sure, is_right)) in sorted.iter().enumerate().filter(|(_, (sure, _))| *sure >= before)
    {
        right += usize::from(*is_right);
        if right as f64 >= PRECISION * (at + 1) as f64 && is_last(sorted, at) {
            bar = *sure;
        }
    }
    let above = sorted.iter().filter(|(sure, _)| *sure >= before).count();
    if right as f64 >= PRECISION * above as f64 { before } else { bar }
}

/// The units of a level, by their shares together.
fn merged(level: Level, found: &Found, mixed: &[f32]) -> Ranked {
    let units = found.candidates.iter().map(|candidate| level.unit(candidate));
    let mut ranked: Ranked = units.zip(mixed.iter().copied()).collect();
    ranked.sort_by_key(|(unit, _)| *unit);
    ranked.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

fn is_rare(level: Level, found: &Found, unit: usize) -> bool {
    found.candidates.iter().find(|c| level.unit(c) == unit).is_some_and(|c| level.count(c) < FEW)
}

/// Place of the unit's trust among the signs.
const TRUST: usize = 10;

fn signs(level: Level, found: &Found, ranked: &Ranked, trust: f32) -> [f32; SIGNS] {
    let (unit, first) = ranked.first().copied().unwrap_or_default();
    let second = ranked.get(1).map_or(0.001, |r| r.1).max(1e-4);
    let first = first.clamp(1e-4, 1.0 - 1e-4);
    let own = || found.candidates.iter().filter(|c| level.unit(c) == unit);
    let best = |view: usize| own().map(|c| c.views[view]).fold(f32::MIN, f32::max);
    let leads = |view: usize| {
        let best = best(view);
        f32::from(u8::from(found.candidates.iter().all(|c| c.views[view] <= best)))
    };
    let stocked = f32::from(u8::from(found.documents > 0));
    let likeness = found.near.first().map_or(0.0, |(_, likeness)| *likeness);
    let count = own().next().map_or(0, |c| level.count(c));
    let is = |yes: bool| f32::from(u8::from(yes)) * stocked;
    [
        1.0,
        (first / (1.0 - first)).ln(),
        (first / second).ln().min(8.0) / 4.0,
        stocked * leads(0),
        stocked * leads(2),
        likeness,
        (count as f32).ln_1p() / 4.0,
        (found.features as f32).ln_1p() / 4.0,
        is((1..FEW).contains(&count)),
        is(count == 0),
        trust,
        leads(8),
        best(8),
    ]
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_proven_by_many_and_not_by_a_few() {
        let right = |count: usize| vec![(0.9, true); count];
        assert_eq!(proven(&right(50)), None);
        assert_eq!(proven(&right(60)), Some(0.9));
        let mut mostly = right(95);
        mostly.extend([(0.8, false); 5]);
        assert_eq!(proven(&mostly), Some(0.9), "0.95 of a hundred is not 0.95 for sure");
    }

    #[test]
    fn a_threshold_is_raised_where_documents_speak_against_it() {
        let mut sorted = vec![(0.99, true); 20];
        sorted.extend([(0.92, false); 5]);
        assert_eq!(not_refuted(&sorted, 0.9), 0.99);
        assert_eq!(not_refuted(&sorted[..20], 0.9), 0.9);
        assert_eq!(not_refuted(&[(0.95, false)], 0.9), NEVER);
        assert_eq!(not_refuted(&[], 0.9), 0.9);
    }

    #[test]
    fn no_answer_has_a_say_in_how_sure_it_was() {
        let mut samples: Vec<Sample> = (0..20_u8)
            .map(|at| {
                let mut signs = [0.0; SIGNS];
                (signs[0], signs[1]) = (1.0, f32::from(at) / 5.0);
                Sample { signs, unit: 0, right: at > 8, rare: false }
            })
            .collect();
        let level = Stapel::new(1, 1).leaf;
        let before = level.foretold(&samples);
        samples[12].right = false;
        let after = level.foretold(&samples);
        assert_eq!(before[12], after[12]);
        assert!(before[11] > after[11], "the others learn of it");
    }
}
