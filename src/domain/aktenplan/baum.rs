//! The tree that a plan's units are: depths, what lies below, which of them are leaves.

use std::collections::{HashMap, HashSet};

use super::{Gelesen, Planeinheit, lesen::DEPTH_MAX};

impl Gelesen {
    /// Depth of each unit, 1 at the top, in their order.
    pub(super) fn ebenen(&self) -> Vec<u32> {
        let parents = eltern(self.einheiten.iter());
        self.einheiten.iter().map(|unit| ebene(&parents, &unit.nummer)).collect()
    }

    /// The places of the units below each unit; none: at the top.
    pub(super) fn kinder(&self) -> HashMap<Option<&str>, Vec<usize>> {
        let mut children: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
        for (at, unit) in self.einheiten.iter().enumerate() {
            children.entry(unit.uebergeordnet.as_deref()).or_default().push(at);
        }
        children
    }
}

/// The unit above each unit.
pub(super) fn eltern<'a>(
    units: impl Iterator<Item = &'a Planeinheit>,
) -> HashMap<&'a str, Option<&'a str>> {
    units.map(|unit| (&*unit.nummer, unit.uebergeordnet.as_deref())).collect()
}

/// Depth of a unit; where the file has a circle, one more than is allowed.
pub(super) fn ebene(parents: &HashMap<&str, Option<&str>>, number: &str) -> u32 {
    let (mut depth, mut at) = (1, number);
    while let Some(Some(above)) = parents.get(at) {
        depth += 1;
        if depth > DEPTH_MAX {
            break;
        }
        at = above;
    }
    depth
}

/// Says of each unit whether files are opened in it. What is shut down holds nobody inner: where
/// all below is shut down, files are opened again.
pub(super) fn blaetter(units: &mut [&mut Planeinheit]) {
    let above = |alive_only: bool| -> HashSet<String> {
        let counted = units.iter().filter(|unit| !(alive_only && unit.stillgelegt));
        counted.filter_map(|unit| unit.uebergeordnet.clone()).collect()
    };
    let (inner, any) = (above(true), above(false));
    for unit in units {
        let number = &unit.nummer;
        unit.blatt = !(inner.contains(number) || unit.stillgelegt && any.contains(number));
    }
}
