//! Learns a model from filed documents and from what the plan says of its units.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "classes and documents are fewer than 2^32; places come from the same lists"
)]

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    Klasse, Modell, Text,
    corpus::{Corpus, rarity, weighed},
    merkmale::{self, DIMENSIONS, Features},
    stapel::{Item, Stapel},
    tafel::Tafel,
    teile::Teile,
};

/// Held-out questions that the weights are learned from, at most.
const ITEMS_MAX: usize = 6_000;
/// Up to so many documents all of them are held out once, in folds; beyond it a fifth.
const FOLDED_MAX: usize = 3_000;
/// Folds.
const FOLDS: usize = 5;
/// With fewer held-out documents the plan's own examples teach, too.
const FEW: usize = 300;

/// Documents are added one by one, then the model is made.
pub struct Lernen {
    classes: Vec<Klasse>,
    by_key: HashMap<String, usize>,
    groups: Vec<u32>,
    corpus: Corpus,
}

impl Lernen {
    /// For these classes and about so many documents.
    #[must_use]
    pub fn new(classes: Vec<Klasse>, expected: usize) -> Self {
        let key = |(at, class): (usize, &Klasse)| (class.schluessel.clone(), at);
        let by_key = classes.iter().enumerate().map(key).collect();
        let mut names: HashMap<&str, u32> = HashMap::new();
        let mut groups = Vec::new();
        for (at, class) in classes.iter().enumerate() {
            // Classes without a group are groups of their own.
            let own = names.len() as u32;
            let name =
                if class.gruppe.is_empty() { &classes[at].schluessel } else { &class.gruppe };
            groups.push(*names.entry(name).or_insert(own));
        }
        let corpus = Corpus::new(classes.len(), expected);
        Self { by_key, groups, corpus, classes }
    }

    /// Adds a document that people filed; false if there is no such class.
    pub fn add(&mut self, id: u128, key: &str, date: Option<NaiveDate>, text: &Text<'_>) -> bool {
        let Some(class) = self.by_key.get(key) else { return false };
        let features = merkmale::of(text, self.corpus.limit);
        self.corpus.add(*class as u32, id, date, &features);
        true
    }

    /// How many documents were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.corpus.len()
    }

    /// True if none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes the model.
    #[must_use]
    pub fn finish(mut self) -> Modell {
        let described: Vec<Features> = self.classes.iter().map(|c| c.features(None)).collect();
        let mut counts = vec![0_u32; DIMENSIONS];
        self.corpus.count(&mut counts);
        for (feature, _) in described.iter().flatten() {
            counts[*feature as usize] += 1;
        }
        let has_words = described.iter().filter(|list| !list.is_empty()).count();
        let rarity = rarity(&counts, self.corpus.len() + has_words);
        self.corpus.weigh(&rarity, &counts);
        drop(counts);
        let plan = table(&described, &rarity);
        drop(described);
        let mut items = Vec::new();
        for (known, asked) in splits(&self.corpus) {
            let parts = Teile::new(&self.corpus, &known, plan.clone(), self.groups.clone());
            let step = (asked.len() / ITEMS_MAX).max(1);
            for doc in asked.into_iter().step_by(step) {
                let found = parts.ask(&self.corpus.vector(doc));
                items.push(Item { found, truth: self.corpus.class[doc] as usize });
            }
        }
        if items.len() < FEW {
            items.extend(self.examples(&rarity));
        }
        let all: Vec<usize> = (0..self.corpus.len()).collect();
        let parts = Teile::new(&self.corpus, &all, plan, self.groups);
        let stack = Stapel::learn(&items, &parts.counts);
        Modell {
            keys: self.classes.into_iter().map(|class| class.schluessel).collect(),
            rarity,
            parts,
            ids: self.corpus.ids,
            stack,
        }
    }

    /// The plan's examples, each asked of a plan that lacks it.
    fn examples(&self, rarity: &[f32]) -> Vec<Item> {
        let most = self.classes.iter().map(|c| c.beispiele.len()).max().unwrap_or(0).min(3);
        let mut items = Vec::new();
        for without in 0..most {
            let lacking: Vec<Features> =
                self.classes.iter().map(|class| class.features(Some(without))).collect();
            let none = Corpus::new(self.classes.len(), 0);
            let plan = table(&lacking, rarity);
            let parts = Teile::new(&none, &[], plan, self.groups.clone());
            for (truth, class) in self.classes.iter().enumerate() {
                let Some(example) = class.beispiele.get(without) else { continue };
                // A letter names its matter more than once, and something else in passing.
                let other = &self.classes[(truth * 7 + 13) % self.classes.len()];
                let other = other.worte.get(1).map_or("", |(_, word)| word);
                let text = format!("{example}\n{example}\n{other}");
                let features = merkmale::of(&Text { text: &text, ..Text::default() }, 2_000);
                let found = parts.ask(&weighed(features.into_iter(), rarity));
                items.push(Item { found, truth });
            }
        }
        items
    }
}

/// The table of what describes each class.
fn table(described: &[Features], rarity: &[f32]) -> Tafel {
    let mut entries = Vec::new();
    for (class, features) in described.iter().enumerate() {
        let vector = weighed(features.iter().copied(), rarity);
        entries.extend(vector.into_iter().map(|(f, w)| (f, class as u32, w)));
    }
    Tafel::new(entries)
}

/// Which documents are learned from and which are asked, to learn how sure an answer is: the
/// newest fifth, where dates are known; else folds or a fifth.
fn splits(corpus: &Corpus) -> Vec<(Vec<usize>, Vec<usize>)> {
    let count = corpus.len();
    if count < 10 {
        return Vec::new();
    }
    let dated = corpus.dates.iter().filter(|date| date.is_some()).count();
    if dated * 10 >= count * 9 && count > FOLDED_MAX / 3 {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|doc| (corpus.dates[*doc], corpus.ids[*doc]));
        let asked = order.split_off(count - count / FOLDS);
        return vec![(order, asked)];
    }
    let folds = if count <= FOLDED_MAX { FOLDS } else { 1 };
    let asked = |doc: &usize, fold: usize| doc % FOLDS == fold;
    let split = |fold| (0..count).partition(|doc| !asked(doc, fold));
    (0..folds).map(split).collect()
}
