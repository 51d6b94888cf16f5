//! The classes that are chosen among: leaves of a plan with their words, or bare labels.

use std::collections::HashMap;

use super::Text;
use crate::domain::aktenplan::Planeinheit;

/// One class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Klasse {
    /// The unit's number, or the label.
    pub schluessel: String,
    /// What it is a part of: the unit above. Classes of one group help each other.
    pub gruppe: String,
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
            // A plan that was read has no cycle; the bound is for one that was not.
            for weight in [2, 1, 1, 1, 1, 1, 1, 1] {
                let Some(parent) = above.and_then(|number| by_number.get(number)) else { break };
                words.push((weight, parent.bezeichnung.clone()));
                words.extend(parent.stichworte.iter().map(|word| (weight, word.clone())));
                above = parent.uebergeordnet.as_deref();
            }
            Self {
                schluessel: unit.nummer.clone(),
                gruppe: unit.uebergeordnet.clone().unwrap_or_default(),
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
