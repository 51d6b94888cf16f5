//! What is known of an object, and the day from which a rule counts.
//!
//! A fact that is not stated is unknown; nothing here guesses one.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    Anker, Einheit,
    rechnen::{Zaehlung, danach, letzter_tag},
};
use crate::domain::zeit::Zeitpunkt;

/// The fact that an object was closed (zdA). If it is not stated, the object is still open.
pub const SCHLIESSUNG: &str = "schliessung";
/// The fact of the last entry, from which the reporting day is counted.
pub const LETZTE_EINTRAGUNG: &str = "letzte_eintragung";

const GEBURT: &str = "geburt";

/// One fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tatsache {
    /// It happened on this day of Europe/Berlin.
    Am(NaiveDate),
    /// It happened at this instant; its day in Europe/Berlin counts.
    Um(Zeitpunkt),
    /// It is the case, for as long as it is stated (e.g. an open tax assessment).
    Gilt,
    /// Asked for, and nobody knows.
    Unbekannt,
}

/// The facts of one object by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tatsachen(BTreeMap<String, Tatsache>);

impl Tatsachen {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These and one more; a second of the same name replaces the first.
    #[must_use]
    pub fn mit(mut self, name: &str, tatsache: Tatsache) -> Self {
        self.0.insert(name.to_owned(), tatsache);
        self
    }

    /// These without the one of this name.
    #[must_use]
    pub fn ohne(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// What is stated under this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Tatsache> {
        self.0.get(name).copied()
    }

    /// The day of this name, if one is known.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<NaiveDate> {
        match self.get(name)? {
            Tatsache::Am(day) => Some(day),
            Tatsache::Um(instant) => Some(instant.datum()),
            Tatsache::Gilt | Tatsache::Unbekannt => None,
        }
    }
}

/// Where a rule's counting starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginn {
    /// The anchor's day.
    pub tag: NaiveDate,
    /// Whether it counts itself.
    pub zaehlung: Zaehlung,
    /// The period does not end before this day.
    pub nicht_vor: Option<NaiveDate>,
}

impl<'a> Anker<'a> {
    /// The day from which is counted.
    ///
    /// # Errors
    /// Which fact is not known.
    pub fn beginn(&self, facts: &Tatsachen) -> Result<Beginn, Luecke<'a>> {
        let all = |names: &[&'a str]| {
            names.iter().map(|name| known(name, facts)).collect::<Result<Vec<_>, _>>()
        };
        let (tag, zaehlung) = match self {
            Self::Ab(name) => known(name, facts)?,
            Self::Spaeteres(names) => all(names)?.into_iter().max().ok_or(Luecke::Kalender)?,
            Self::Frueheres(names) => all(names)?.into_iter().min().ok_or(Luecke::Kalender)?,
            Self::ZuschlagBisVertragsende => known("zuschlag", facts)?,
        };
        let nicht_vor = match self {
            Self::ZuschlagBisVertragsende => Some(known("vertragsende", facts)?.0),
            _ => None,
        };
        Ok(Beginn { tag, zaehlung, nicht_vor })
    }
}

/// Why an anchor has no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luecke<'a> {
    /// This fact is not known.
    Tatsache(&'a str),
    /// The day would lie outside the calendar.
    Kalender,
}

/// The day of a fact that an anchor names, and how it is counted.
fn known<'a>(name: &'a str, facts: &Tatsachen) -> Result<(NaiveDate, Zaehlung), Luecke<'a>> {
    let fact = |name| facts.tag(name).ok_or(Luecke::Tatsache(name));
    match name {
        "geburt_187_2" => Ok((fact(GEBURT)?, Zaehlung::Mitgezaehlt)),
        "dreissigster_geburtstag" => {
            let stated = facts.tag(name).map(Ok);
            Ok((stated.unwrap_or_else(|| thirty(fact(GEBURT)?))?, Zaehlung::Ereignis))
        }
        _ => Ok((fact(name)?, Zaehlung::Ereignis)),
    }
}

/// The 30th birthday follows the end of the 30th year of life (§§ 187 II, 188 II BGB): born on
/// 29 February it is the first of March.
fn thirty(born: NaiveDate) -> Result<NaiveDate, Luecke<'static>> {
    let over = letzter_tag(born, Zaehlung::Mitgezaehlt, 30, Einheit::Jahre).and_then(danach);
    over.map_err(|_| Luecke::Kalender)
}
