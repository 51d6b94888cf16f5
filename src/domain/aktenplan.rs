//! The filing plan: units, their periods, and how a plan is read from CSV.

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

/// A period rule as the plan states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regel {
    /// How long; none: permanent.
    pub dauer: Option<u32>,
    /// Of what.
    pub einheit: Einheit,
    /// From what on, e.g. `schliessung`.
    pub anker: String,
    /// Law and paragraph, or `Empfehlung`.
    pub rechtsgrundlage: String,
    /// The Land it holds in; none: everywhere.
    #[serde(default)]
    pub land: Option<String>,
    /// As of.
    pub stand: NaiveDate,
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
    /// The form of an Aktenzeichen, see `aktenzeichen`.
    pub grammatik: String,
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

/// One unit of the plan (Aktenplaneinheit).
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
    /// Always `B` unless the archive has set another.
    pub aussonderungsart: Aussonderungsart,
    /// What the plan proposes to the archive.
    #[serde(default)]
    pub vorschlag: Option<Aussonderungsart>,
    /// The wall its files stand behind.
    #[serde(default)]
    pub schutzklasse: Option<Schutzklasse>,
    /// Words by which a clerk looks for it.
    #[serde(default)]
    pub stichworte: Vec<String>,
    /// Shut down: no new files.
    #[serde(default)]
    pub stillgelegt: bool,
    /// Bytes that sort units by the parsed parts of their number, hex.
    pub ordnung: String,
}

impl Record for Planeinheit {
    const KIND: Kind = Kind::Planeinheit;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.nummer.clone()
    }
    fn index(&self, keys: &mut Keys) {
        let parent = self.uebergeordnet.as_deref().unwrap_or_default();
        keys.add(Index::PlanBaum, Parts::new().text(parent).text(&self.ordnung));
        keys.add(Index::PlanNummer, Parts::new().text(&self.ordnung));
    }
}
