//! The model: what was learned, ready to be asked. It does not change; a new one replaces it.

use std::collections::HashMap;

use super::{
    Text,
    corpus::weighed,
    merkmale::{self, Features},
    stapel::{Ranked, Sicher, Stapel},
    teile::{Found, Teile},
};

/// Features of a question that are looked at.
const FEATURES_MAX: usize = 3_000;
/// Suggestions of an answer.
const SUGGESTED: usize = 10;
/// Branches of an answer.
const GROUPS: usize = 3;
/// Akten that a word must stand in to be named as a reason, unless the plan says it. What fewer
/// have may be a name.
const SHOWN_MIN: f32 = 5.0;
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

/// A branch of the plan, the Produktgruppe, with all units in it together.
#[derive(Clone, Debug, PartialEq)]
pub struct Gruppe {
    /// Its number.
    pub schluessel: String,
    /// How likely the right unit lies in it.
    pub wahrscheinlichkeit: f32,
}

/// What the model says of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Antwort {
    /// The likeliest first, at most ten.
    pub vorschlaege: Vec<Vorschlag>,
    /// The likeliest branch first, at most three; none where classes have no branches. Where it is
    /// sure of the unit, the first is that unit's branch.
    pub gruppen: Vec<Gruppe>,
    /// Of the first unit, of the first branch, or of nothing ("weiß nicht").
    pub sicher: Sicher,
}

/// The classes and groups by probability, without reasons.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rang {
    /// Classes, at most a few dozen.
    pub blaetter: Vec<(String, f32)>,
    /// Their groups; none where classes have none.
    pub gruppen: Vec<(String, f32)>,
    /// Of which of them the answer is sure.
    pub sicher: Sicher,
}

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Modell {
    pub(super) keys: Vec<String>,
    /// None where classes have no groups.
    pub(super) group_keys: Vec<String>,
    pub(super) rarity: Vec<f32>,
    pub(super) parts: Teile,
    pub(super) ids: Vec<u128>,
    pub(super) stack: Stapel,
}

impl Modell {
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

    /// The classes by probability, without reasons.
    #[must_use]
    pub fn rank(&self, text: &Text<'_>) -> Rang {
        let (_, found) = self.found(text);
        let both = self.stack.rank(&found);
        let blaetter = named(&self.keys, both.leaves);
        let gruppen = named(&self.group_keys, both.groups);
        Rang { blaetter, gruppen, sicher: self.level(both.sure) }
    }

    /// A class without a group can't be known by its group alone.
    const fn level(&self, sure: Sicher) -> Sicher {
        match sure {
            Sicher::Gruppe if self.group_keys.is_empty() => Sicher::Nein,
            sure => sure,
        }
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
        let both = self.stack.rank(&found);
        let leaves: Ranked = both.leaves.into_iter().take(SUGGESTED).collect();
        let told = self.may_be_named(vector);
        let shares: Vec<_> = leaves.iter().map(|(class, _)| self.share(&told, *class)).collect();
        let words = merkmale::speaking(text, &shares, REASONS);
        let suggestion = |((class, probability), worte): ((usize, f32), Vec<String>)| {
            let of_class = |(doc, _): &&(usize, f32)| {
                self.parts.class.get(*doc).is_some_and(|c| usize::try_from(*c) == Ok(class))
            };
            let near = found.near.iter().filter(of_class).take(REASONS);
            let near = near.filter_map(|(doc, s)| Some((*self.ids.get(*doc)?, s.clamp(0.0, 1.0))));
            Some(Vorschlag {
                schluessel: self.keys.get(class)?.clone(),
                wahrscheinlichkeit: probability,
                worte,
                aehnliche: near.collect(),
            })
        };
        let vorschlaege = leaves.into_iter().zip(words).filter_map(suggestion).collect();
        let groups = named(&self.group_keys, both.groups).into_iter().take(GROUPS);
        let group = |(schluessel, wahrscheinlichkeit)| Gruppe { schluessel, wahrscheinlichkeit };
        Antwort { vorschlaege, gruppen: groups.map(group).collect(), sicher: self.level(both.sure) }
    }

    /// What of a vector may be named as a reason: what the plan says, or many Akten.
    fn may_be_named(&self, mut vector: Features) -> Features {
        let common = self.common();
        vector.retain(|(feature, _)| {
            let rarity = usize::try_from(*feature).ok().and_then(|f| self.rarity.get(f));
            rarity.is_some_and(|rarity| *rarity <= common)
                || self.parts.plan.get(*feature).next().is_some()
        });
        vector
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

    /// The rarity of what stands in [`SHOWN_MIN`] Akten; see `corpus::rarity`.
    #[expect(clippy::cast_precision_loss, reason = "a bound")]
    fn common(&self) -> f32 {
        let total = (self.ids.len() + self.keys.len()) as f32;
        ((total + 1.0) / (SHOWN_MIN + 0.25)).ln()
    }
}

/// With their names; those that have none are left out.
fn named(keys: &[String], ranked: Ranked) -> Vec<(String, f32)> {
    ranked.into_iter().filter_map(|(unit, p)| Some((keys.get(unit)?.clone(), p))).collect()
}
