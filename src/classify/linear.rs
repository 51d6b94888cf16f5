//! The linear model: for each class a plane between its documents and the others.
//!
//! A support vector machine with squared loss, found by coordinate descent in the dual (Hsieh and
//! others, 2008), with a fixed order of steps: equal documents give an equal model. Where classes
//! times documents would cost too much, a class is told from its nearest rivals and a sample only.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "places are those of the corpus, fewer than 2^32"
)]

use super::{corpus::Corpus, merkmale::DIMENSIONS, tafel::Tafel};

/// How much an error weighs against a wide margin.
const COST: f32 = 1.0;
/// Passes over the documents, at most.
const PASSES: usize = 12;
/// Violation below which it is good enough.
const ENOUGH: f32 = 0.1;
/// Multiplications a pass may cost over all classes; beyond it, negatives are sampled.
const PASS_MAX: usize = 2_200_000_000;
/// Weights that are kept, over all classes.
const KEPT_MAX: usize = 6_000_000;
/// Number of the feature that every document has: the plane's distance from the origin.
pub const BIAS: u32 = DIMENSIONS as u32;

/// The planes of the classes that have documents among `chosen`. `centroids` names rivals.
#[must_use]
pub fn train(corpus: &Corpus, chosen: &[usize], centroids: &Tafel) -> Tafel {
    let classes = corpus.classes;
    let mut of_class: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for doc in chosen {
        of_class[corpus.class[*doc] as usize].push(*doc);
    }
    let used = of_class.iter().filter(|docs| !docs.is_empty()).count();
    if used < 2 {
        return Tafel::new(Vec::new());
    }
    let nonzero = corpus.entries() / corpus.len().max(1) + 1;
    let share = PASS_MAX / used / nonzero;
    let mut plane = Plane { weights: vec![0.0; DIMENSIONS + 1], touched: Vec::new() };
    let mut entries = Vec::new();
    let keep = KEPT_MAX / used;
    for (class, docs) in of_class.iter().enumerate().filter(|(_, docs)| !docs.is_empty()) {
        let sample;
        let list = if chosen.len() <= share {
            chosen
        } else {
            sample = sampled(corpus, chosen, &of_class, class, centroids, share);
            &sample
        };
        plane.fit(corpus, list, class as u32);
        plane.take(class as u32, docs.len(), keep, &mut entries);
    }
    Tafel::new(entries)
}

/// The documents of a class, of its rivals, and some of the others.
fn sampled(
    corpus: &Corpus,
    chosen: &[usize],
    of_class: &[Vec<usize>],
    class: usize,
    centroids: &Tafel,
    share: usize,
) -> Vec<usize> {
    let own = &of_class[class];
    let mut near = vec![0.0; of_class.len()];
    for doc in own.iter().take(20) {
        centroids.add(&corpus.vector(*doc), &mut near);
    }
    near[class] = 0.0;
    let mut rivals: Vec<usize> = (0..near.len()).filter(|c| near[*c] > 0.0).collect();
    rivals.sort_by(|a, b| near[*b].total_cmp(&near[*a]).then(a.cmp(b)));
    let share = share.max(200);
    let mut list: Vec<usize> = own.iter().take(share / 2).copied().collect();
    let rivals = rivals.iter().take(20).flat_map(|rival| of_class[*rival].iter().take(100));
    list.extend(rivals.take(share / 2));
    let rest = share.saturating_sub(list.len()).max(100);
    let step = (chosen.len() / rest).max(1);
    list.extend(chosen.iter().skip(class % step).step_by(step));
    list.sort_unstable();
    list.dedup();
    list
}

struct Plane {
    weights: Vec<f32>,
    touched: Vec<u32>,
}

impl Plane {
    fn fit(&mut self, corpus: &Corpus, list: &[usize], class: u32) {
        let diagonal = 0.5 / COST;
        let mut alpha = vec![0.0_f32; list.len()];
        let mut active: Vec<usize> = (0..list.len()).collect();
        let mut random = 0x9E37_79B9_7F4A_7C15_u64 ^ u64::from(class);
        let mut bar = f32::INFINITY;
        for _ in 0..PASSES {
            let (mut worst, mut at) = (0.0_f32, 0);
            while at < active.len() {
                random = step(random);
                let other = at + (random >> 33) as usize % (active.len() - at);
                active.swap(at, other);
                let place = active[at];
                let doc = list[place];
                let sign = if corpus.class[doc] == class { 1.0 } else { -1.0 };
                let slope = sign * self.dot(corpus, doc) - 1.0 + alpha[place] * diagonal;
                if alpha[place] == 0.0 && slope > bar {
                    active.swap_remove(at);
                    continue;
                }
                at += 1;
                let projected = if alpha[place] == 0.0 { slope.min(0.0) } else { slope };
                worst = worst.max(projected.abs());
                if projected.abs() > 1e-4 {
                    let next =
                        (alpha[place] - slope / (corpus.square(doc) + 1.0 + diagonal)).max(0.0);
                    self.move_by(corpus, doc, (next - alpha[place]) * sign);
                    alpha[place] = next;
                }
            }
            bar = worst.max(ENOUGH);
            if worst < ENOUGH {
                break;
            }
        }
    }

    fn dot(&self, corpus: &Corpus, doc: usize) -> f32 {
        let sum: f32 = corpus.iter(doc).map(|(f, x)| x * self.weights[f as usize]).sum();
        sum + self.weights[BIAS as usize]
    }

    fn move_by(&mut self, corpus: &Corpus, doc: usize, by: f32) {
        for (feature, x) in corpus.iter(doc) {
            let weight = &mut self.weights[feature as usize];
            if *weight == 0.0 {
                self.touched.push(feature);
            }
            *weight += by * x;
        }
        if self.weights[BIAS as usize] == 0.0 {
            self.touched.push(BIAS);
        }
        self.weights[BIAS as usize] += by;
    }

    /// Moves the heaviest weights out and clears the plane.
    fn take(&mut self, class: u32, docs: usize, keep: usize, out: &mut Vec<(u32, u32, f32)>) {
        let mut own: Vec<(u32, f32)> = Vec::new();
        for feature in self.touched.drain(..) {
            let weight = std::mem::take(&mut self.weights[feature as usize]);
            if weight.abs() > 1e-3 {
                own.push((feature, weight));
            }
        }
        let keep = keep.max(200) + docs;
        if own.len() > keep {
            let heft = |(f, w): &(u32, f32)| if *f == BIAS { f32::INFINITY } else { w.abs() };
            own.select_nth_unstable_by(keep, |a, b| {
                heft(b).total_cmp(&heft(a)).then(a.0.cmp(&b.0))
            });
            own.truncate(keep);
        }
        out.extend(own.into_iter().map(|(feature, weight)| (feature, class, weight)));
    }
}

/// The next of a fixed sequence of numbers (xorshift).
const fn step(mut x: u64) -> u64 {
    x ^= x << 13;
    x ^= x >> 7;
    x ^ (x << 17)
}
