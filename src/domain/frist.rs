//! Periods: until when an object has to be kept, from when on it is due, and why.
//!
//! A pure calculation: rules, facts, holds, Land and the day of the question go in, dates and
//! their reasons come out. It never reads a clock, never guesses a fact, and never lets a
//! minimum end before any of its rules does. What German law leaves to a person (a maximum
//! before a minimum) it reports and does not decide.

mod antwort;
mod grund;
mod rechnen;
mod tatsachen;
#[cfg(test)]
mod tests;

pub use antwort::{Antwort, Fristen, antworten, meldetag, naechster_wechsel};
pub use grund::{Beitrag, GiltNicht, Grund};
pub use rechnen::{Zaehlung, gerundet, letzter_tag};
pub use tatsachen::{Beginn, LETZTE_EINTRAGUNG, Luecke, SCHLIESSUNG, Tatsache, Tatsachen};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use super::aktenplan::{Anker, Bedingung, Einheit, Folge, Fristart, Regel, Rundung};

/// Why there is no answer: a rule or a fact that no calendar holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The anchor of a rule is not written as one.
    #[error("Anker {0:?} ist nicht lesbar")]
    Anker(String),
    /// A date outside of what `YYYY-MM-DD` can say.
    #[error("ein Fristende liegt hinter dem Jahr 9999")]
    Kalender,
}

/// A hold: nothing is deleted or handed over from its first day to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sperre {
    /// The first day.
    pub von: NaiveDate,
    /// The last day; none: until it is lifted.
    #[serde(default)]
    pub bis: Option<NaiveDate>,
}

/// Its days, in words.
impl std::fmt::Display for Sperre {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.bis {
            Some(bis) => write!(f, "Sperre von {} bis {bis}", self.von),
            None => write!(f, "Sperre ab {} ohne Ende", self.von),
        }
    }
}

impl Sperre {
    /// True on its days.
    #[must_use]
    pub fn gilt_am(&self, tag: NaiveDate) -> bool {
        self.von <= tag && self.bis.is_none_or(|bis| tag <= bis)
    }
}

/// What the city and its plan lay down for every object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vorgaben {
    /// The plan's rule for objects without one. It is reported wherever it is used.
    pub ausweichregel: Regel,
    /// The city's Land; none: no rule of a Land applies.
    pub land: Option<String>,
    /// Years after the last entry at which an object is reported for offering (usually 30).
    pub melden_nach_jahren: u32,
    /// The same of a permanent object (usually 50).
    pub melden_nach_jahren_dauernd: u32,
    /// Months before the end of a maximum at which is warned (usually 12).
    pub warnen_monate: u32,
}

impl Vorgaben {
    /// As usual: reported after 30 years (permanent: 50), warned 12 months before a maximum.
    #[must_use]
    pub const fn ueblich(ausweichregel: Regel, land: Option<String>) -> Self {
        Self {
            ausweichregel,
            land,
            melden_nach_jahren: 30,
            melden_nach_jahren_dauernd: 50,
            warnen_monate: 12,
        }
    }
}

/// The question about one object.
#[derive(Clone, Copy, Debug)]
pub struct Frage<'a> {
    /// The rules of its unit (and of what else hangs on it), in all their versions.
    pub regeln: &'a [Regel],
    /// What holds for every object.
    pub vorgaben: &'a Vorgaben,
    /// What is known of it.
    pub tatsachen: &'a Tatsachen,
    /// Its holds.
    pub sperren: &'a [Sperre],
    /// The day on which is asked: it chooses the versions of the rules.
    pub stichtag: NaiveDate,
}

/// The situation of an object. Where several fit, the first of these is the one that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lage {
    /// A maximum ends before a minimum: a person decides, nothing is deleted by itself.
    Klaerfall,
    /// Permanent.
    Dauernd,
    /// Not closed yet, or what holds the period open is still the case.
    Offen,
    /// A fact from which a rule counts is not known.
    UnbekannterAnker,
    /// A hold without end.
    Gesperrt,
    /// No rule applies but the plan's fallback: reported; nothing is destroyed.
    Ausweichregel,
    /// An end is known.
    Ok,
}
