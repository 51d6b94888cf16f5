//! From what on a rule counts, and the facts that its words may name.
//!
//! There is one reader of these words, so that the import of a plan and the calculation of periods
//! never understand one differently.

use std::fmt;

/// From what on a period may run.
pub const ANKER: &[&str] = &[
    "schliessung",
    "entstehung",
    "letzte_eintragung",
    "geburt",
    BIRTH,
    "dreissigster_geburtstag",
    "gueltigkeitsende",
    "zuschlag",
    AWARD,
    "vertragsende",
    "feststellung_jahresabschluss",
    "wahltag",
    "ausscheiden",
    "letzte_zahlung",
    "wegzug_oder_tod",
    "bestandskraft",
    "erloeschen",
    "tilgung",
];

/// What may keep a minimum from running out as long as it is the case.
pub const HEMMUNGEN: &[&str] = &["veranlagung_offen"];

/// Two facts in one word: it stands alone, never in a choice.
const AWARD: &str = "zuschlag_oder_vertragsende";
/// The birth, counted otherwise: no fact of its own.
const BIRTH: &str = "geburt_187_2";

/// From what on a rule counts, as its `anker` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anker<'a> {
    /// From this fact.
    Ab(&'a str),
    /// From the later of these facts; unknown if one is.
    Spaeteres(Vec<&'a str>),
    /// From the earlier of these facts; unknown if one is.
    Frueheres(Vec<&'a str>),
    /// From the award, and not before the contract's end (§ 8 IV VgV): not the same as the later
    /// of the two plus the years.
    ZuschlagBisVertragsende,
}

impl<'a> Anker<'a> {
    /// Reads the `anker` of a rule: a fact's name, `spaeteres(a,b)` or `frueheres(a,b)`. None: it
    /// is not written as one. Whether the facts are known ones says [`Anker::bekannt`].
    #[must_use]
    pub fn lesen(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if text == AWARD {
            return Some(Self::ZuschlagBisVertragsende);
        }
        let Some((choice, names)) = text.split_once('(') else { return name(text).map(Self::Ab) };
        let names = names.strip_suffix(')')?.split(',').map(name).collect::<Option<_>>()?;
        match choice.trim_end() {
            "spaeteres" => Some(Self::Spaeteres(names)),
            "frueheres" => Some(Self::Frueheres(names)),
            _ => None,
        }
    }

    /// True if every fact that it names is a known one, and a choice is one between several.
    #[must_use]
    pub fn bekannt(&self) -> bool {
        match self {
            Self::Ab(name) => ANKER.contains(name),
            Self::Spaeteres(names) | Self::Frueheres(names) => {
                let known = |name: &&str| *name != AWARD && ANKER.contains(name);
                let first = names.first();
                names.iter().all(known) && names.iter().any(|name| Some(name) != first)
            }
            Self::ZuschlagBisVertragsende => true,
        }
    }
}

/// As a rule writes it.
impl fmt::Display for Anker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ab(name) => f.write_str(name),
            Self::Spaeteres(names) => write!(f, "spaeteres({})", names.join(",")),
            Self::Frueheres(names) => write!(f, "frueheres({})", names.join(",")),
            Self::ZuschlagBisVertragsende => f.write_str(AWARD),
        }
    }
}

/// True if the word is a fact of which a day may be known.
#[must_use]
pub fn ist_tatsache(name: &str) -> bool {
    name != AWARD && name != BIRTH && ANKER.contains(&name)
}

/// The name of a fact, known or not.
pub(super) fn name(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let text = text.trim();
    (!text.is_empty() && text.chars().all(plain)).then_some(text)
}
