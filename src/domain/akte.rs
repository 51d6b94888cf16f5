//! Akte and Vorgang: what documents are filed in.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    access::{Freigabe, Schutzklasse, Stufe},
    aktentyp::Felder,
    aktenzeichen::normal,
    record::{Index, Keys, Kind, Parts, Record},
    zeit::Zeitpunkt,
};

/// The states of Akte and Vorgang, in the order in which they are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zustand {
    /// Work goes on.
    Offen,
    /// Closing was begun and is not finished.
    InSchliessung,
    /// zdA: no change; can be reopened within the Transferfrist.
    Geschlossen,
    /// The Transferfrist is over; new matter opens a Folgeakte.
    Aufbewahrung,
    /// The period has ended.
    Aussonderungsreif,
    /// Offered to the archive.
    Angeboten,
    /// The archive has decided.
    Bewertet,
    /// Handed over, receipt awaited.
    Abgegeben,
    /// The archive has confirmed.
    Uebernommen,
    /// Our copy is gone after the archive took it.
    Geloescht,
    /// Destroyed without being handed over.
    Vernichtet,
}

impl Zustand {
    /// True while documents may be added.
    #[must_use]
    pub const fn nimmt_auf(self) -> bool {
        matches!(self, Self::Offen)
    }
}

/// In what the file is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Only here.
    #[default]
    Elektronisch,
    /// Here and on paper.
    Hybrid,
    /// Only on paper; here is its entry.
    Papier,
}

/// An Akte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Akte {
    /// Its id.
    pub id: Uuid,
    /// Its number as written; unique, never given again.
    pub aktenzeichen: String,
    /// The plan unit's number.
    pub planeinheit: String,
    /// The file number within the unit.
    pub laufnummer: u64,
    /// Subject.
    pub betreff: String,
    /// The OE in charge (Federführung).
    pub oe: Uuid,
    /// The Rechteklasse made of `oe`, `stufe`, `schutzklasse` and `freigaben`.
    pub rechteklasse: u64,
    /// Grade of state secrecy.
    pub stufe: Stufe,
    /// The wall it stands behind.
    pub schutzklasse: Option<Schutzklasse>,
    /// With whom it is shared.
    pub freigaben: Vec<Freigabe>,
    /// State.
    pub zustand: Zustand,
    /// Medium.
    #[serde(default)]
    pub medium: Medium,
    /// Type of file, e.g. `bauakte`.
    #[serde(default)]
    pub typ: Option<String>,
    /// The version of the type that `felder` fit; none: made before there were versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ_version: Option<u32>,
    /// The fields of its type.
    #[serde(default, skip_serializing_if = "Felder::is_empty")]
    pub felder: Felder,
    /// Remark.
    #[serde(default)]
    pub bemerkung: Option<String>,
    /// Date of zdA.
    #[serde(default)]
    pub geschlossen_am: Option<NaiveDate>,
    /// Reopened by mistake: the date of zdA that holds again if nothing is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irrtuemlich_geoeffnet: Option<NaiveDate>,
    /// Number in the Fachverfahren.
    #[serde(default)]
    pub fremd_id: Option<String>,
    /// Id of the credential that brought it; scopes `fremd_id`.
    #[serde(default)]
    pub quelle: Option<Uuid>,
    /// When it was made.
    pub angelegt: Zeitpunkt,
    /// When it was last changed.
    pub geaendert: Zeitpunkt,
}

impl Record for Akte {
    const KIND: Kind = Kind::Akte;
    /// 2: `typ_version` and `felder`, 3: `irrtuemlich_geoeffnet`, which an older version would drop
    /// without a word.
    const FORM: u16 = 3;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        keys.add(Index::AkteZeichen, Parts::new().text(&normal(&self.aktenzeichen)));
        let class = Parts::new().number(self.rechteklasse);
        keys.add(Index::AkteKlasse, class.time(self.geaendert).id(self.id));
        keys.add(Index::AkteGeaendert, Parts::new().time(self.geaendert).id(self.id));
        keys.add(Index::AktePlan, Parts::new().text(&self.planeinheit).number(self.laufnummer));
        if let (Some(source), Some(foreign)) = (self.quelle, &self.fremd_id) {
            keys.add(Index::AkteFremd, Parts::new().id(source).text(foreign));
        }
        if let (Some(typ), Some(version)) = (&self.typ, self.typ_version) {
            let of_type = Parts::new().text(typ).number(u64::from(version));
            keys.add(Index::AkteTyp, of_type.id(self.id));
        }
    }
    fn upgrade(form: u16, json: &str) -> Result<Self, String> {
        if !(1..=Self::FORM).contains(&form) {
            return Err(format!("akte: form {form} is not known here"));
        }
        serde_json::from_str(json).map_err(|e| format!("akte: {e}"))
    }
}

/// A Vorgang: one matter within an Akte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vorgang {
    /// Its id.
    pub id: Uuid,
    /// The Akte it belongs to.
    pub akte_id: Uuid,
    /// Its number within the Akte.
    pub nummer: u64,
    /// Geschäftszeichen as written.
    pub geschaeftszeichen: String,
    /// Subject.
    pub betreff: String,
    /// State.
    pub zustand: Zustand,
    /// Type, e.g. `bauantrag`.
    #[serde(default)]
    pub typ: Option<String>,
    /// Remark.
    #[serde(default)]
    pub bemerkung: Option<String>,
    /// Date of closing.
    #[serde(default)]
    pub geschlossen_am: Option<NaiveDate>,
    /// When it was made.
    pub angelegt: Zeitpunkt,
    /// When it was last changed.
    pub geaendert: Zeitpunkt,
}

impl Record for Vorgang {
    const KIND: Kind = Kind::Vorgang;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        keys.add(Index::VorgangAkte, Parts::new().id(self.akte_id).number(self.nummer));
    }
}
