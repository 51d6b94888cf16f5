//! The filing plan: its units and their periods.
//!
//! A plan proposes; it never decides that something is destroyed: every unit carries `B`, and `A`
//! or `V` is set by the archive alone. How a plan is written as a folder of text files is in
//! `aktenplan/README.md`; [`read`] reads it.

mod anker;
mod baum;
pub mod fachsicht;
mod lesen;
mod pruefung;
pub mod quellen;
pub mod schreiben;
mod tabelle;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_pruefung;
#[cfg(test)]
mod tests_regel;
#[cfg(test)]
mod tests_tausch;
#[cfg(test)]
mod tests_vergleich;
pub mod vergleich;
pub mod xdomea;
mod xdomea_lesen;
mod zeile;

pub use anker::{ANKER, Anker, HEMMUNGEN, ist_tatsache};
pub use lesen::{Befund, Gelesen, Stelle, muster, read, read_bytes, read_units};
pub use pruefung::{Datei, Pruefung, Zahlen, falten, pruefen};
pub use quellen::Quelle;
pub use tabelle::{BYTES_MAX, decode};
pub use xdomea_lesen::read as read_0301;
pub use zeile::LAENDER;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    access::Schutzklasse,
    record::{Index, Keys, Kind, Parts, Record},
};

/// Aussonderungsart. A plan carries `B` and proposals; `A` and `V` are the archive's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Aussonderungsart {
    /// archivwürdig
    A,
    /// bewerten
    B,
    /// vernichten
    V,
}

/// Unit of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Einheit {
    /// days
    Tage,
    /// months
    Monate,
    /// years
    Jahre,
}

/// Whether a period is the least or the most. A permanent one has no duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fristart {
    /// It must be kept at least so long.
    #[default]
    Mindest,
    /// It may be kept at most so long (a duty to delete).
    Hoechst,
}

/// When a period that has run out ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rundung {
    /// With the calendar year (of Europe/Berlin).
    #[default]
    Jahresende,
    /// On the day itself.
    Tag,
}

/// What follows when a period has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Folge {
    /// Offered to the archive.
    #[default]
    Anbieten,
    /// Kept apart with restricted use.
    Einschraenken,
    /// Deleted without an offer, because a law says so.
    LoeschenOhneAnbietung,
}

/// A period rule as the plan states it: of a law that changes there are several beside each other,
/// each with the days on which it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regel {
    /// How long; none: permanent.
    pub dauer: Option<u32>,
    /// Of what.
    pub einheit: Einheit,
    /// From what on, e.g. `schliessung`; see [`Anker`].
    pub anker: String,
    /// Law and paragraph, or `Empfehlung`.
    pub rechtsgrundlage: String,
    /// The Land it holds in; none: everywhere.
    #[serde(default)]
    pub land: Option<String>,
    /// As of.
    pub stand: NaiveDate,
    /// Least or most.
    #[serde(default)]
    pub art: Fristart,
    /// Where the end lies.
    #[serde(default)]
    pub rundung: Rundung,
    /// What follows.
    #[serde(default)]
    pub folge: Folge,
    /// The first day on which it is law; none: as long as one can remember. Nothing becomes due
    /// before it by this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub von: Option<NaiveDate>,
    /// The last day on which it is law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bis: Option<NaiveDate>,
    /// When it applies at all; none: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wenn: Option<Bedingung>,
    /// As long as this is the case, the period does not run out: one of [`HEMMUNGEN`] (e.g.
    /// `veranlagung_offen`, § 147 III 5 AO). Only for minimums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offen_solange: Option<String>,
}

impl Regel {
    /// True if no law stands behind it.
    #[must_use]
    pub fn ist_empfehlung(&self) -> bool {
        self.rechtsgrundlage.starts_with("Empfehlung")
    }

    /// What follows: only a law spares the archive's decision.
    #[must_use]
    pub fn rechtsfolge(&self) -> Folge {
        match self.folge {
            Folge::LoeschenOhneAnbietung if self.ist_empfehlung() => Folge::Anbieten,
            folge => folge,
        }
    }

    /// Permanent: a minimum without end, of whatever kind it is called.
    #[must_use]
    pub const fn ist_dauernd(&self) -> bool {
        self.dauer.is_none()
    }

    /// True if it says how long at least.
    #[must_use]
    pub fn ist_mindestfrist(&self) -> bool {
        self.ist_dauernd() || self.art == Fristart::Mindest
    }

    /// True if it does not hold always, or not in every case.
    #[must_use]
    pub const fn hat_grenzen(&self) -> bool {
        self.von.is_some()
            || self.bis.is_some()
            || self.wenn.is_some()
            || self.offen_solange.is_some()
    }

    /// True on the days on which it is law.
    #[must_use]
    pub fn gilt_am(&self, tag: NaiveDate) -> bool {
        self.von.is_none_or(|von| von <= tag) && self.bis.is_none_or(|bis| tag <= bis)
    }

    /// True if there is a day on which both are law.
    #[must_use]
    pub fn gilt_mit(&self, other: &Self) -> bool {
        let over = |a: &Self, b: &Self| a.bis.zip(b.von).is_some_and(|(end, start)| end < start);
        !over(self, other) && !over(other, self)
    }
}

/// Whether a rule applies: one that gives way to another where a fact is known (§ 2 IX StVG: ten
/// years, but the register's date where there is one).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bedingung {
    /// Only where the day of this fact is known.
    Bekannt(String),
    /// Only where it is not.
    NichtBekannt(String),
}

impl Bedingung {
    /// Reads `bekannt(tilgung)` or `nicht_bekannt(tilgung)`. None: it is not written as one.
    #[must_use]
    pub fn lesen(text: &str) -> Option<Self> {
        let (kind, fact) = text.trim().strip_suffix(')')?.split_once('(')?;
        let fact = anker::name(fact)?.to_owned();
        match kind.trim_end() {
            "bekannt" => Some(Self::Bekannt(fact)),
            "nicht_bekannt" => Some(Self::NichtBekannt(fact)),
            _ => None,
        }
    }

    /// The fact on which it depends.
    #[must_use]
    pub fn tatsache(&self) -> &str {
        let (Self::Bekannt(fact) | Self::NichtBekannt(fact)) = self;
        fact
    }
}

/// As the plan's table writes it.
impl std::fmt::Display for Bedingung {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bekannt(fact) => write!(f, "bekannt({fact})"),
            Self::NichtBekannt(fact) => write!(f, "nicht_bekannt({fact})"),
        }
    }
}

/// A version of a filing plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aktenplan {
    /// Name of its folder, e.g. `muster`.
    pub kennung: String,
    /// Title.
    pub name: String,
    /// As of.
    pub stand: NaiveDate,
    /// Where it comes from.
    pub quelle: String,
    /// The form of an Aktenzeichen, see `aktenzeichen::Grammatik`.
    pub grammatik: String,
    /// The form of a Geschäftszeichen.
    #[serde(default)]
    pub geschaeftszeichen: String,
    /// Units down to this depth (1: the top) are the plan's own; a city adds below them only.
    #[serde(default)]
    pub gesperrte_ebenen: u32,
    /// The rule of units without one (10 years, B).
    pub ausweichregel: Regel,
}

impl Record for Aktenplan {
    const KIND: Kind = Kind::Aktenplan;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.kennung.clone()
    }
}

/// One unit of the plan (Aktenplaneinheit). A commit that changes one puts its plan's record too:
/// by that every node knows that what it has of the plan in memory is old.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planeinheit {
    /// Its number, unique.
    pub nummer: String,
    /// The unit above; none at the top.
    pub uebergeordnet: Option<String>,
    /// Title.
    pub bezeichnung: String,
    /// True: a Betreffseinheit, where files are opened.
    pub blatt: bool,
    /// Its period; none on inner units and where the fallback rule holds.
    pub regel: Option<Regel>,
    /// More of them: of other Länder, of other days or conditions, or a maximum beside a minimum. A
    /// rule with a Land holds there only; if none is left for a city's Land, the fallback rule
    /// holds.
    #[serde(default)]
    pub weitere_regeln: Vec<Regel>,
    /// Always `B` unless the archive has set another.
    pub aussonderungsart: Aussonderungsart,
    /// What the plan proposes to the archive.
    #[serde(default)]
    pub vorschlag: Option<Aussonderungsart>,
    /// The wall its files stand behind.
    #[serde(default)]
    pub schutzklasse: Option<Schutzklasse>,
    /// Type of the files that are opened here, e.g. `bauakte`.
    #[serde(default)]
    pub aktentyp: Option<String>,
    /// Words by which a clerk looks for it.
    #[serde(default)]
    pub stichworte: Vec<String>,
    /// Documents that belong here, as a clerk would name them.
    #[serde(default)]
    pub beispiele: Vec<String>,
    /// The city's own, below the locked levels: a revision of the plan leaves it alone.
    #[serde(default)]
    pub eigen: bool,
    /// Shut down: no new files.
    #[serde(default)]
    pub stillgelegt: bool,
    /// Bytes that sort units by the parsed parts of their number, hex.
    pub ordnung: String,
}

impl Record for Planeinheit {
    const KIND: Kind = Kind::Planeinheit;
    /// 2: rules with days and conditions.
    const FORM: u16 = 2;
    fn key(&self) -> String {
        self.nummer.clone()
    }
    fn upgrade(form: u16, json: &str) -> Result<Self, String> {
        if !(1..=Self::FORM).contains(&form) {
            return Err(format!("planeinheit: form {form} is not known here"));
        }
        serde_json::from_str(json).map_err(|e| format!("planeinheit: {e}"))
    }
    fn index(&self, keys: &mut Keys) {
        let parent = self.uebergeordnet.as_deref().unwrap_or_default();
        keys.add(Index::PlanBaum, Parts::new().text(parent).text(&self.ordnung));
        keys.add(Index::PlanNummer, Parts::new().text(&self.ordnung));
    }
}
