//! The model: what was learned, ready to be asked. It does not change; a new one replaces it.

use std::collections::HashMap;

use super::{
    Text,
    corpus::weighed,
    merkmale::{self, Features},
    stapel::Stapel,
    teile::{Found, Teile},
};

/// Features of a question that are looked at.
const FEATURES_MAX: usize = 3_000;
/// Suggestions of an answer.
const SUGGESTED: usize = 10;
/// Words and similar documents of a suggestion.
const REASONS: usize = 5;

/// One suggestion.
#[derive(Clone, Debug, PartialEq)]
pub struct Vorschlag {
    /// The plan unit's number, or the label.
    pub schluessel: String,
    /// How likely it is the right one: of those given with 0.9, nine in ten are.
    pub wahrscheinlichkeit: f32,
    /// Words of the text that speak for it, the loudest first.
    pub worte: Vec<String>,
    /// Similar documents that were filed there, the nearest first, with their likeness (0 to 1).
    pub aehnliche: Vec<(u128, f32)>,
}

/// What the model says of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Antwort {
    /// The likeliest first, at most ten.
    pub vorschlaege: Vec<Vorschlag>,
    /// False: "weiß nicht". The first suggestion is below the threshold.
    pub sicher: bool,
}

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Modell {
    pub(super) keys: Vec<String>,
    pub(super) rarity: Vec<f32>,
    pub(super) parts: Teile,
    pub(super) ids: Vec<u128>,
    pub(super) stack: Stapel,
}

impl Modell {
    /// From which probability on an answer counts as sure.
    #[must_use]
    pub const fn threshold(&self) -> f32 {
        self.stack.threshold
    }

    /// How many documents were learned from.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.ids.len()
    }

    /// The documents that were learned from, in the order in which they were added.
    #[must_use]
    pub fn ids(&self) -> &[u128] {
        &self.ids
    }

    /// The classes by probability, without reasons; at most a few dozen.
    #[must_use]
    pub fn rank(&self, text: &Text<'_>) -> Vec<(&str, f32)> {
        let (_, found) = self.found(text);
        let ranked = self.stack.rank(&found, &self.parts.counts);
        ranked.into_iter().filter_map(|(c, p)| Some((self.keys.get(c)?.as_str(), p))).collect()
    }

    fn found(&self, text: &Text<'_>) -> (Features, Found) {
        let vector = weighed(merkmale::of(text, FEATURES_MAX).into_iter(), &self.rarity);
        let found = self.parts.ask(&vector);
        (vector, found)
    }

    /// Suggestions with their reasons.
    #[must_use]
    pub fn ask(&self, text: &Text<'_>) -> Antwort {
        let (vector, found) = self.found(text);
        let ranked = self.stack.rank(&found, &self.parts.counts);
        let sure = |first: &(usize, f32)| first.1 >= self.stack.threshold;
        let sicher = ranked.first().is_some_and(sure);
        let suggestion = |(class, probability): (usize, f32)| {
            let of_class = |(doc, _): &&(usize, f32)| {
                self.parts.class.get(*doc).is_some_and(|c| usize::try_from(*c) == Ok(class))
            };
            let near = found.near.iter().filter(of_class).take(REASONS);
            let near = near.filter_map(|(doc, s)| Some((*self.ids.get(*doc)?, s.clamp(0.0, 1.0))));
            Some(Vorschlag {
                schluessel: self.keys.get(class)?.clone(),
                wahrscheinlichkeit: probability,
                worte: merkmale::speaking(text, &self.share(&vector, class), REASONS),
                aehnliche: near.collect(),
            })
        };
        let vorschlaege = ranked.into_iter().take(SUGGESTED).filter_map(suggestion).collect();
        Antwort { vorschlaege, sicher }
    }

    /// What each feature adds for a class.
    fn share(&self, vector: &Features, class: usize) -> HashMap<u32, f32> {
        let mut share = HashMap::new();
        for (table, weight) in [(&self.parts.linear, 1.0), (&self.parts.plan, 2.0)] {
            for (feature, x) in vector {
                let own = table.get(*feature).find(|(target, _)| *target == class);
                if let Some((_, own)) = own {
                    *share.entry(*feature).or_default() += weight * own * x;
                }
            }
        }
        share
    }
}
