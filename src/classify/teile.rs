//! What speaks for each class: the linear model, centroids, neighbours and the plan's own words.
//!
//! Each gives its view of the few classes that any of them finds likely; `stapel` weighs them.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "places are those of the corpus, fewer than 2^32"
)]

use super::{
    corpus::Corpus,
    linear,
    merkmale::{DIMENSIONS, Features},
    tafel::Tafel,
};

/// How many views there are of a class.
pub const VIEWS: usize = 13;
/// Neighbours that are heard.
const NEIGHBOURS: usize = 15;
/// Classes that each part may name.
const NAMED: usize = 10;
/// Classes that the plan's words may name: many leaves are alike, and their group counts, too.
const PLAN_NAMED: usize = 40;
/// Entries of the centroids and of the neighbours, over all.
const ENTRIES_MAX: usize = 6_000_000;

/// A class that some part finds likely.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which.
    pub class: usize,
    /// Its group.
    pub group: usize,
    /// Documents that it was learned from.
    pub count: u32,
    /// Those of its group.
    pub group_count: u32,
    /// What each part thinks of it.
    pub views: [f32; VIEWS],
}

/// What is known of a question beside its candidates.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// At least one, unless there is no class.
    pub candidates: Vec<Candidate>,
    /// Most similar documents, the nearest first.
    pub near: Vec<(usize, f32)>,
    /// How many known features the question has.
    pub features: usize,
    /// How many documents were learned from.
    pub documents: u32,
}

/// The parts, each made from the same documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Teile {
    /// Planes: feature to class.
    pub linear: Tafel,
    /// Mean documents: feature to class.
    pub centroids: Tafel,
    /// The heaviest features of each document: feature to document.
    pub neighbours: Tafel,
    /// The plan's words: feature to class.
    pub plan: Tafel,
    /// Class of each document; a document that is not learned from keeps its place.
    pub class: Vec<u32>,
    /// Documents of each class.
    pub counts: Vec<u32>,
    /// Where each class lies.
    pub place: Lage,
}

/// Where each class lies: below which unit, and in which group. Both are counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lage {
    /// The unit directly above each class.
    pub above: Vec<u32>,
    /// The group of each class.
    pub groups: Vec<u32>,
}

impl Teile {
    /// Learns from the chosen documents.
    #[must_use]
    pub fn new(corpus: &Corpus, chosen: &[usize], plan: Tafel, place: Lage) -> Self {
        let mut counts = vec![0; corpus.classes];
        for doc in chosen {
            counts[corpus.class[*doc] as usize] += 1;
        }
        let centroids = centroids(corpus, chosen, &counts);
        let linear = linear::train(corpus, chosen, &centroids);
        let each = (ENTRIES_MAX / chosen.len().max(1)).clamp(48, 800);
        let mut entries = Vec::with_capacity(ENTRIES_MAX + 48 * chosen.len());
        for doc in chosen {
            let mut vector = corpus.vector(*doc);
            if vector.len() > each {
                vector.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                vector.truncate(each);
            }
            entries.extend(vector.into_iter().map(|(f, w)| (f, *doc as u32, w)));
        }
        let neighbours = Tafel::new(entries);
        Self { linear, centroids, neighbours, plan, class: corpus.class.clone(), counts, place }
    }

    /// Views of the likely classes.
    #[must_use]
    pub fn ask(&self, vector: &Features) -> Found {
        let classes = self.counts.len();
        let sums = |table: &Tafel, size: usize| {
            let mut sums = vec![0.0_f32; size];
            table.add(vector, &mut sums);
            sums
        };
        let mut linear = sums(&self.linear, classes);
        self.linear.add(&[(linear::BIAS, 1.0)], &mut linear);
        for (sum, count) in linear.iter_mut().zip(&self.counts) {
            *sum = if *count == 0 { -1.3 } else { sum.clamp(-3.0, 3.0) };
        }
        let centroids = sums(&self.centroids, classes);
        let plan = sums(&self.plan, classes);
        let near = top(&sums(&self.neighbours, self.class.len()), NEIGHBOURS, 0.0);
        let (mut votes, mut best) = (vec![0.0_f32; classes], vec![0.0_f32; classes]);
        let above = &self.place.above;
        let mut group_votes = vec![0.0_f32; above.iter().max().map_or(0, |g| *g as usize + 1)];
        let all: f32 = near.iter().map(|(_, s)| s * s).sum::<f32>().max(1e-9);
        for (doc, likeness) in &near {
            let class = self.class[*doc] as usize;
            votes[class] += likeness * likeness / all;
            best[class] = best[class].max(*likeness);
            group_votes[above[class] as usize] += likeness * likeness / all;
        }
        let mut named: Vec<usize> = Vec::new();
        let plan_named = top(&plan, PLAN_NAMED, 0.0);
        for list in [top(&linear, NAMED, -1.2), top(&centroids, NAMED, 0.0), plan_named] {
            named.extend(list.into_iter().map(|(class, _)| class));
        }
        named.extend(near.iter().map(|(doc, _)| self.class[*doc] as usize));
        named.sort_unstable();
        named.dedup();
        let mut group_plan = vec![0.0_f32; group_votes.len()];
        for (class, likeness) in plan.iter().enumerate() {
            let sum = &mut group_plan[above[class] as usize];
            *sum += likeness * likeness * likeness;
        }
        let most_of_group = group_plan.iter().copied().fold(1e-9, f32::max);
        let most = plan.iter().copied().fold(1e-6, f32::max);
        let documents = self.counts.iter().sum::<u32>();
        let total = documents as f32;
        let groups = &self.place.groups;
        let mut of_group = vec![0_u32; groups.iter().max().map_or(0, |g| *g as usize + 1)];
        for (group, count) in groups.iter().zip(&self.counts) {
            of_group[*group as usize] += count;
        }
        let candidates = named.into_iter().map(|class| {
            let count = self.counts[class] as f32;
            let likeness = plan[class] / most;
            let views = [
                linear[class],
                centroids[class] * 4.0,
                votes[class],
                best[class] * 2.0,
                group_votes[above[class] as usize],
                likeness / (1.0 + count / 5.0),
                plan[class] * 4.0 / (1.0 + count / 5.0),
                likeness * likeness * likeness,
                plan[class] * 4.0,
                ((count + 0.5) / (total + 1.0)).ln() / 4.0,
                f32::from(u8::from(count == 0.0)),
                (group_plan[above[class] as usize] / most_of_group).cbrt(),
                group_votes[above[class] as usize] * best[class].max(0.2),
            ];
            let (group, count) = (groups[class] as usize, self.counts[class]);
            Candidate { class, group, count, group_count: of_group[group], views }
        });
        Found { candidates: candidates.collect(), near, features: vector.len(), documents }
    }
}

/// The places of the largest values above `floor`, the largest first.
fn top(values: &[f32], count: usize, floor: f32) -> Vec<(usize, f32)> {
    let mut best: Vec<(usize, f32)> = Vec::with_capacity(count + 1);
    for (place, value) in values.iter().enumerate().filter(|(_, v)| **v > floor) {
        if best.len() < count || best.last().is_some_and(|(_, least)| value > least) {
            let at = best.partition_point(|(_, other)| other >= value);
            best.insert(at, (place, *value));
            best.truncate(count);
        }
    }
    best
}

/// The mean vector of each class, its heaviest features only.
fn centroids(corpus: &Corpus, chosen: &[usize], counts: &[u32]) -> Tafel {
    let used = counts.iter().filter(|n| **n > 0).count().max(1);
    let keep = (ENTRIES_MAX / used).clamp(300, 20_000);
    let mut of_class: Vec<Vec<usize>> = vec![Vec::new(); counts.len()];
    for doc in chosen {
        of_class[corpus.class[*doc] as usize].push(*doc);
    }
    let (mut sums, mut entries) = (vec![0.0_f32; DIMENSIONS], Vec::new());
    for (class, docs) in of_class.iter().enumerate().filter(|(_, docs)| !docs.is_empty()) {
        let mut touched = Vec::new();
        for doc in docs {
            for (feature, weight) in corpus.iter(*doc) {
                if sums[feature as usize] == 0.0 {
                    touched.push(feature);
                }
                sums[feature as usize] += weight;
            }
        }
        let mut own: Vec<(u32, f32)> =
            touched.into_iter().map(|f| (f, std::mem::take(&mut sums[f as usize]))).collect();
        own.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        own.truncate(keep);
        let length = own.iter().map(|(_, w)| w * w).sum::<f32>().sqrt().max(1e-9);
        entries.extend(own.into_iter().map(|(f, w)| (f, class as u32, w / length)));
    }
    Tafel::new(entries)
}
