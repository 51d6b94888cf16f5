//! The classes that are chosen among: leaves of a plan with their words, or bare labels.

use std::collections::HashMap;

use super::Text;
use crate::domain::aktenplan::Planeinheit;

/// One class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Klasse {
    /// The unit's number, or the label.
    pub schluessel: String,
    /// The branch that is answered where the unit itself is unsure: in a plan the Produktgruppe,
    /// its second level. Empty where there is none.
    pub gruppe: String,
    /// The unit directly above. Classes below one unit help each other; empty: those of a group.
    pub ueber: String,
    /// What describes it, with a weight of 1 to 9 each.
    pub worte: Vec<(u8, String)>,
    /// Documents that belong here, as the plan names them.
    pub beispiele: Vec<String>,
}

impl Klasse {
    /// Classes without descriptions, in ascending order and each once.
    #[must_use]
    pub fn of_labels<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<Self> {
        let sorted: std::collections::BTreeSet<&str> = labels.collect();
        let class = |label: &str| Self { schluessel: label.into(), ..Self::default() };
        sorted.into_iter().map(class).collect()
    }

    /// The leaves of a plan that files can be opened in.
    #[must_use]
    pub fn of_plan(units: &[Planeinheit]) -> Vec<Self> {
        let by_number: HashMap<&str, &Planeinheit> =
            units.iter().map(|unit| (unit.nummer.as_str(), unit)).collect();
        let leaf = |unit: &&Planeinheit| unit.blatt && !unit.stillgelegt;
        let class = |unit: &Planeinheit| {
            let mut words = vec![(4, unit.bezeichnung.clone())];
            words.extend(unit.stichworte.iter().map(|word| (4, word.clone())));
            let mut above = unit.uebergeordnet.as_deref();
            let mut chain = Vec::new();
            // A plan that was read has no cycle; the bound is for one that was not.
            for weight in [2, 1, 1, 1, 1, 1, 1, 1] {
                let Some(parent) = above.and_then(|number| by_number.get(number)) else { break };
                chain.push(parent.nummer.as_str());
                words.push((weight, parent.bezeichnung.clone()));
                words.extend(parent.stichworte.iter().map(|word| (weight, word.clone())));
                above = parent.uebergeordnet.as_deref();
            }
            // Below a top unit; a plan of two levels has nothing but its top units.
            let group = chain.len().checked_sub(2).or(chain.len().checked_sub(1));
            let group = group.and_then(|at| chain.get(at)).copied().unwrap_or_default();
            Self {
                schluessel: unit.nummer.clone(),
                gruppe: group.to_owned(),
                ueber: unit.uebergeordnet.clone().unwrap_or_default(),
                worte: words,
                beispiele: unit.beispiele.clone(),
            }
        };
        units.iter().filter(leaf).map(class).collect()
    }

    /// The features of the description, without the `without`-th of the examples.
    pub(super) fn features(&self, without: Option<usize>) -> super::merkmale::Features {
        let mut sums: HashMap<u32, f32> = HashMap::new();
        let words = self.worte.iter().map(|(weight, text)| (f32::from(*weight), text));
        let examples = self.beispiele.iter().enumerate();
        let examples = examples.filter(|(at, _)| Some(*at) != without).map(|(_, text)| (3.0, text));
        for (weight, text) in words.chain(examples) {
            let text = Text { text, ..Text::default() };
            for (feature, count) in super::merkmale::of(&text, 2_000) {
                let sum = sums.entry(feature).or_default();
                *sum = sum.max(weight * count) + 0.3 * sum.min(weight * count);
            }
        }
        let mut list: super::merkmale::Features = sums.into_iter().collect();
        list.sort_unstable_by_key(|(feature, _)| *feature);
        list
    }
}
