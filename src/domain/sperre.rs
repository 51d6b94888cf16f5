//! Holds on Akten: what lies in them is neither struck out nor handed over nor destroyed, by
//! anybody, as long as one is in force.
//!
//! A hold stays on record when it is over or released; one that is over binds nobody, and a
//! released one moves no date either. It knows nothing of who may set or release it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    frist::Sperre as Zeitraum,
    record::{Index, Keys, Kind, Parts, Record},
    zeit::Zeitpunkt,
};

/// Akten that one hold is about, at most: all of them are written in one commit.
pub const AKTEN_MAX: usize = 200;

/// That somebody asked for the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aufhebung {
    /// Which person.
    pub von: Uuid,
    /// When.
    pub am: Zeitpunkt,
    /// Why.
    pub grund: String,
}

/// That it was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aufgehoben {
    /// Who asked for it, and why.
    pub beantragt: Aufhebung,
    /// The second person.
    pub freigegeben_von: Uuid,
    /// When.
    pub am: Zeitpunkt,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sperre {
    /// Its id.
    pub id: Uuid,
    /// Why it was set.
    pub grund: String,
    /// The first day.
    pub von: NaiveDate,
    /// The last day; none: until it is released.
    #[serde(default)]
    pub bis: Option<NaiveDate>,
    /// On which Akten; 1 to [`AKTEN_MAX`], each once.
    pub akten: Vec<Uuid>,
    /// Which person set it.
    pub gesetzt_von: Uuid,
    /// When.
    pub gesetzt_am: Zeitpunkt,
    /// A first person asked for its release.
    #[serde(default)]
    pub aufhebung: Option<Aufhebung>,
    /// It was released.
    #[serde(default)]
    pub aufgehoben: Option<Aufgehoben>,
}

impl Sperre {
    /// Its days, for what is computed with them.
    #[must_use]
    pub const fn zeitraum(&self) -> Zeitraum {
        Zeitraum { von: self.von, bis: self.bis }
    }

    /// True if it binds on this day.
    #[must_use]
    pub fn gilt_am(&self, tag: NaiveDate) -> bool {
        self.aufgehoben.is_none() && self.zeitraum().gilt_am(tag)
    }
}

impl Record for Sperre {
    const KIND: Kind = Kind::Sperre;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        if self.aufgehoben.is_some() {
            return;
        }
        for akte in &self.akten {
            keys.add(Index::SperreAkte, Parts::new().id(*akte).id(self.id));
        }
    }
}

/// Until when an Akte is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesperrt {
    /// To this day, counted in.
    Bis(NaiveDate),
    /// Until somebody releases it.
    OhneEnde,
}

/// Until when these hold an Akte from `heute` on without a gap; none: today none of them does.
#[must_use]
pub fn gesperrt(sperren: &[Zeitraum], heute: NaiveDate) -> Option<Gesperrt> {
    let mut holds = sperren.to_vec();
    holds.sort_unstable();
    let (mut day, mut last) = (heute, None);
    // By their first days one pass is enough: what did not cover a day covers no later one, unless
    // it begins later.
    for hold in holds.iter().filter(|hold| hold.bis.is_none_or(|bis| heute <= bis)) {
        if !hold.gilt_am(day) {
            continue;
        }
        let Some(bis) = hold.bis else { return Some(Gesperrt::OhneEnde) };
        let Some(next) = bis.succ_opt() else { return Some(Gesperrt::OhneEnde) };
        (day, last) = (next, Some(bis));
    }
    last.map(Gesperrt::Bis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    fn hold(von: &str, bis: Option<&str>) -> Zeitraum {
        Zeitraum { von: day(von), bis: bis.map(day) }
    }

    /// Catches: the first and the last day, the order, a gap, an open hold behind another.
    #[test]
    fn holds_that_follow_each_other_are_one() {
        let (first, second) =
            (hold("2030-02-01", Some("2030-03-15")), hold("2030-03-16", Some("2030-06-30")));
        let late = hold("2030-07-02", None);
        let at = |tag: &str, holds: &[Zeitraum]| gesperrt(holds, day(tag));
        assert_eq!(at("2030-01-31", &[first, second]), None);
        assert_eq!(at("2030-02-01", &[first]), Some(Gesperrt::Bis(day("2030-03-15"))));
        assert_eq!(at("2030-03-15", &[second, first]), Some(Gesperrt::Bis(day("2030-06-30"))));
        assert_eq!(at("2030-03-16", &[first]), None);
        // The first of July is free.
        assert_eq!(
            at("2030-06-30", &[late, first, second]),
            Some(Gesperrt::Bis(day("2030-06-30")))
        );
        assert_eq!(at("2030-07-01", &[late, first, second]), None);
        assert_eq!(at("2030-07-02", &[late, first, second]), Some(Gesperrt::OhneEnde));
        let joined = hold("2030-07-01", None);
        assert_eq!(at("2030-02-01", &[joined, first, second]), Some(Gesperrt::OhneEnde));
    }
}
