//! Learns a model from filed documents and from what the plan says of its units.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "classes and documents are fewer than 2^32; places come from the same lists"
)]

use std::collections::HashMap;

use super::{
    Klasse, Modell, Text,
    corpus::{Corpus, Filed, rarity, weighed},
    merkmale::{self, DIMENSIONS, Features},
    stapel::{Item, Stapel},
    tafel::Tafel,
    teile::{Found, Lage, Teile},
};

/// Held-out questions that the weights are learned from, at most.
const ITEMS_MAX: usize = 4_000;
/// Up to so many documents all of them are held out once, in folds; beyond it a fifth.
const FOLDED_MAX: usize = 3_000;
/// Folds.
const FOLDS: usize = 5;
/// From so many dated documents on, the newer are held out.
const DATED_MIN: usize = 400;
/// Up to so many, twice.
const TWICE_MAX: usize = 20_000;

/// Documents are added one by one, then the model is made.
pub struct Lernen {
    classes: Vec<Klasse>,
    by_key: HashMap<String, usize>,
    place: Lage,
    group_keys: Vec<String>,
    corpus: Corpus,
}

impl Lernen {
    /// For these classes and about so many documents.
    #[must_use]
    pub fn new(classes: Vec<Klasse>, expected: usize) -> Self {
        let key = |(at, class): (usize, &Klasse)| (class.schluessel.clone(), at);
        let by_key = classes.iter().enumerate().map(key).collect();
        // Classes without a group are groups of their own.
        let or = |name: &String, other: &String| if name.is_empty() { other } else { name }.clone();
        let group = |class: &Klasse| or(&class.gruppe, &class.schluessel);
        let (groups, group_keys) = numbered(classes.iter().map(group));
        let (above, _) = numbered(classes.iter().map(|class| or(&class.ueber, &group(class))));
        let corpus = Corpus::new(classes.len(), expected);
        Self { by_key, place: Lage { above, groups }, group_keys, corpus, classes }
    }

    /// Adds a document that people filed; false if there is no such class.
    pub fn add(&mut self, filed: Filed, key: &str, text: &Text<'_>) -> bool {
        let Some(class) = self.by_key.get(key) else { return false };
        let features = merkmale::of(text, self.corpus.limit);
        self.corpus.add(*class as u32, filed, &features);
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
            let parts = Teile::new(&self.corpus, &known, plan.clone(), self.place.clone());
            let step = asked.len().div_ceil(ITEMS_MAX).max(1);
            for doc in asked.into_iter().step_by(step) {
                let found = parts.ask(&self.corpus.vector(doc));
                items.push(self.item(found, self.corpus.class[doc] as usize));
            }
        }
        let examples = self.examples(&rarity);
        let stack = Stapel::learn(&examples, &items, self.classes.len(), self.group_keys.len());
        drop((examples, items));
        let all: Vec<usize> = (0..self.corpus.len()).collect();
        let parts = Teile::new(&self.corpus, &all, plan, self.place);
        let grouped = self.classes.iter().any(|class| !class.gruppe.is_empty());
        Modell {
            keys: self.classes.into_iter().map(|class| class.schluessel).collect(),
            group_keys: if grouped { self.group_keys } else { Vec::new() },
            rarity,
            parts,
            ids: self.corpus.ids,
            stack,
        }
    }

    fn item(&self, found: Found, truth: usize) -> Item {
        Item { found, truth, group: self.place.groups[truth] as usize }
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
            let parts = Teile::new(&none, &[], plan, self.place.clone());
            for (truth, class) in self.classes.iter().enumerate() {
                let Some(example) = class.beispiele.get(without) else { continue };
                // A letter names its matter more than once, and something else in passing.
                let other = &self.classes[(truth * 7 + 13) % self.classes.len()];
                let other = other.worte.get(1).map_or("", |(_, word)| word);
                let text = format!("{example}\n{example}\n{other}");
                let features = merkmale::of(&Text { text: &text, ..Text::default() }, 2_000);
                let found = parts.ask(&weighed(features.into_iter(), rarity));
                items.push(self.item(found, truth));
            }
        }
        items
    }
}

/// Names in the order of their first appearance, and the number of each one's.
fn numbered(names: impl Iterator<Item = String>) -> (Vec<u32>, Vec<String>) {
    let mut known: HashMap<String, u32> = HashMap::new();
    let mut list = Vec::new();
    let number = |name: String| {
        let next = list.len() as u32;
        *known.entry(name).or_insert_with_key(|name| {
            list.push(name.clone());
            next
        })
    };
    (names.map(number).collect(), list)
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

/// Which documents are learned from and which are asked, to learn how sure an answer is. Where
/// dates are known the newer are asked of a model of the older, as it will be in use: the newest
/// fifth, and the fifth before it while that is cheap. Else folds, or a fifth.
fn splits(corpus: &Corpus) -> Vec<(Vec<usize>, Vec<usize>)> {
    let count = corpus.len();
    if count < 10 {
        return Vec::new();
    }
    let dated = corpus.dates.iter().filter(|date| date.is_some()).count();
    if dated * 10 >= count * 9 && count >= DATED_MIN {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|doc| (corpus.dates[*doc], corpus.ids[*doc]));
        let fifth = count / FOLDS;
        let ends = [count, count - fifth];
        let ends = if count <= TWICE_MAX { ends.as_slice() } else { &ends[..1] };
        let window = |end: &usize| {
            let (known, asked) = order[..*end].split_at(end - fifth);
            (known.to_vec(), asked.to_vec())
        };
        return ends.iter().map(window).collect();
    }
    let folds = if count <= FOLDED_MAX { FOLDS } else { 1 };
    let asked = |doc: &usize, fold: usize| doc % FOLDS == fold;
    let split = |fold| (0..count).partition(|doc| !asked(doc, fold));
    (0..folds).map(split).collect()
}
