//! What callers get to see: the response types. `version` is the number of the entry that last
//! changed the object; it is the ETag, and what If-Match has to name.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::{
    access::{Freigabe, Rolle, Schutzklasse, Stufe, Verb},
    akte::{Medium, Zustand},
    aktenplan::{
        Aussonderungsart, Regel,
        vergleich::{Konkordanz, Uebergang, Wandel},
    },
    aktentyp::{Fachfeld, Felder, Unterart},
    dokument::{Fassung, Storno, TextZustand},
    organisation::{Grenzen, Rollenzuweisung},
    verwaltung::{AntragStand, Vorhaben},
    zeit::Zeitpunkt,
};

/// A page of a list. It may be shorter than asked for, even empty, while `weiter` is set: only a
/// page without `weiter` is the last.
#[derive(Clone, Debug, Serialize)]
pub struct Seite<T> {
    /// The entries.
    pub eintraege: Vec<T>,
    /// Where the next page begins; opaque, to be bound to caller and query by the API.
    #[serde(skip)]
    pub weiter: Option<Vec<u8>>,
}

/// The answer to a change: what there is now, and the receipt.
#[derive(Clone, Debug, Serialize)]
pub struct Quittung<T> {
    /// The object as it was written.
    #[serde(flatten)]
    pub wert: T,
    /// Number of the entry.
    pub seq: u64,
    /// Its seal, hex: whoever keeps it is a witness.
    pub siegel: String,
    /// True: an earlier request with the same Idempotency-Key did it.
    #[serde(skip)]
    pub wiederholt: bool,
}

/// An OE in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Oe")]
pub struct OeKurz {
    pub id: Uuid,
    pub kuerzel: String,
    pub name: String,
}

/// An OE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Oe")]
pub struct OeAnsicht {
    pub id: Uuid,
    pub kuerzel: String,
    pub name: String,
    pub uebergeordnet: Option<Uuid>,
    pub aktiv: bool,
    pub version: u64,
}

/// An Akte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::akte::Akte")]
pub struct AkteAnsicht {
    pub id: Uuid,
    pub aktenzeichen: String,
    pub planeinheit: String,
    pub betreff: String,
    pub oe: OeKurz,
    pub stufe: Stufe,
    pub schutzklasse: Option<Schutzklasse>,
    pub freigaben: Vec<Freigabe>,
    pub zustand: Zustand,
    pub medium: Medium,
    pub typ: Option<String>,
    pub typ_version: Option<u32>,
    pub felder: Felder,
    pub bemerkung: Option<String>,
    pub geschlossen_am: Option<NaiveDate>,
    pub fremd_id: Option<String>,
    pub angelegt: Zeitpunkt,
    pub geaendert: Zeitpunkt,
    pub version: u64,
}

/// A Vorgang.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::akte::Vorgang")]
pub struct VorgangAnsicht {
    pub id: Uuid,
    pub akte_id: Uuid,
    pub aktenzeichen: String,
    pub nummer: u64,
    pub geschaeftszeichen: String,
    pub betreff: String,
    pub zustand: Zustand,
    pub typ: Option<String>,
    pub bemerkung: Option<String>,
    pub geschlossen_am: Option<NaiveDate>,
    pub angelegt: Zeitpunkt,
    pub geaendert: Zeitpunkt,
    pub version: u64,
}

/// A document. Without `akte_id` it waits in the Posteingang of `oe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::dokument::Dokument")]
pub struct DokumentAnsicht {
    pub id: Uuid,
    pub akte_id: Option<Uuid>,
    pub aktenzeichen: Option<String>,
    pub vorgang_id: Option<Uuid>,
    pub geschaeftszeichen: Option<String>,
    pub oe: OeKurz,
    pub betreff: String,
    pub typ: Option<String>,
    pub posteingangsdatum: NaiveDate,
    pub postausgangsdatum: Option<NaiveDate>,
    pub datum: Option<NaiveDate>,
    pub fremdes_geschaeftszeichen: Option<String>,
    pub absender: Option<String>,
    pub empfaenger: Option<String>,
    pub bemerkung: Option<String>,
    pub fremd_id: Option<String>,
    pub fassungen: Vec<Fassung>,
    pub storno: Option<Storno>,
    /// Whether the newest Fassung's text has been read; only where one document is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextZustand>,
    pub angelegt: Zeitpunkt,
    pub geaendert: Zeitpunkt,
    pub version: u64,
}

/// A unit of the filing plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::aktenplan::Planeinheit")]
pub struct PlaneinheitAnsicht {
    pub nummer: String,
    pub uebergeordnet: Option<String>,
    pub bezeichnung: String,
    pub blatt: bool,
    pub stillgelegt: bool,
    pub schutzklasse: Option<Schutzklasse>,
    pub aussonderungsart: Aussonderungsart,
    pub vorschlag: Option<Aussonderungsart>,
    pub aktentyp: Option<String>,
    pub stichworte: Vec<String>,
    pub beispiele: Vec<String>,
    /// The rule that holds for its files; none on inner units.
    pub regel: Option<Regel>,
    pub weitere_regeln: Vec<Regel>,
    /// True: it has no rule of its own, the plan's fallback rule holds.
    pub ausweichregel: bool,
    pub version: u64,
}

/// The filing plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::aktenplan::Aktenplan")]
pub struct AktenplanAnsicht {
    pub kennung: String,
    pub name: String,
    pub stand: NaiveDate,
    pub quelle: String,
    pub grammatik: String,
    pub ausweichregel: Regel,
}

/// The branches of the plan that an OE works with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::aktenplan::fachsicht::Fachsicht")]
pub struct FachsichtAnsicht {
    pub oe: Uuid,
    pub planeinheiten: Vec<String>,
    /// 0: nobody has set any.
    pub version: u64,
}

/// A type of Akten.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::aktentyp::Aktentyp")]
pub struct AktentypAnsicht {
    pub kennung: String,
    pub version: u32,
    /// All versions that there are; new files have the last.
    pub versionen: Vec<u32>,
    pub bezeichnung: String,
    /// True: the city has written it.
    pub eigen: bool,
    pub felder: Vec<Fachfeld>,
    pub vorgangstypen: Vec<Unterart>,
    pub dokumenttypen: Vec<Unterart>,
    pub anker: BTreeMap<String, String>,
    pub schutzklasse: Option<Schutzklasse>,
    /// The JSON Schema that values are held against; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
}

/// A person, as the administration sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Person")]
pub struct PersonAnsicht {
    pub id: Uuid,
    pub anmeldename: String,
    pub name: String,
    pub oe: Option<Uuid>,
    pub rollen: Vec<Rollenzuweisung>,
    pub schutzklassen: Vec<Schutzklasse>,
    pub stufe: Stufe,
    pub gesperrt: bool,
    pub angelegt: Zeitpunkt,
    pub version: u64,
}

/// A key, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Schluessel")]
pub struct SchluesselAnsicht {
    pub id: Uuid,
    pub name: String,
    pub rolle: Rolle,
    pub verben: Vec<Verb>,
    pub oe: Vec<Uuid>,
    pub planeinheiten: Vec<String>,
    pub netze: Vec<ipnet::IpNet>,
    pub schutzklassen: Vec<Schutzklasse>,
    pub stufe: Stufe,
    pub ablauf: Option<Zeitpunkt>,
    pub grenzen: Grenzen,
    pub gesperrt: bool,
    /// How many secrets it has; two while a station is moved to the new one.
    pub geheimnisse: usize,
    pub angelegt: Zeitpunkt,
    pub version: u64,
}

/// A key and its secret, which is shown this once.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SchluesselNeuAnsicht {
    #[serde(flatten)]
    pub schluessel: SchluesselAnsicht,
    pub geheimnis: String,
}

/// A change that waits, or waited, for a second person.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::verwaltung::Antrag")]
pub struct AntragAnsicht {
    pub id: Uuid,
    pub vorhaben: Vorhaben,
    pub gestellt_von: Uuid,
    pub gestellt: Zeitpunkt,
    pub stand: AntragStand,
    pub entschieden_von: Option<Uuid>,
    pub version: u64,
}

/// Something that a file of a plan says wrong, or that was read otherwise than written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::aktenplan::Befund")]
pub struct Zeilenbefund {
    /// Which file.
    pub datei: String,
    pub zeile: u64,
    pub spalte: String,
    pub text: String,
}

/// A unit that a new version of the plan changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PlanAenderung {
    pub nummer: String,
    pub bezeichnung: String,
    /// Its title until now; none: it is new.
    pub bisher: Option<String>,
    pub wandel: Vec<Wandel>,
}

/// What a new version of the plan would do, or does when a second person releases it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Planbericht {
    pub befunde: Vec<Zeilenbefund>,
    pub hinweise: Vec<Zeilenbefund>,
    pub zahlen: BTreeMap<Wandel, usize>,
    pub aenderungen: Vec<PlanAenderung>,
    pub konkordanz: Vec<Uebergang>,
    /// The request that waits for a second person; none: it was only looked at.
    pub antrag: Option<Uuid>,
}

/// What a number of the plan led to, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct KonkordanzAnsicht {
    pub nummer: String,
    pub nachfolger: Vec<Konkordanz>,
    pub vorgaenger: Vec<Konkordanz>,
    /// The units in force to which it leads, step by step; itself, if it is in force.
    pub heute: Vec<String>,
}

/// A released change; a start password or a key is shown this once, to the releasing person.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Freigegeben {
    #[serde(flatten)]
    pub antrag: AntragAnsicht,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geheimnis: Option<String>,
}

/// One entry of an object's log.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of ledger::Body")]
pub struct Protokolleintrag {
    pub seq: u64,
    pub siegel: String,
    /// None: the entry's body was erased as the law demands; its seal stays.
    pub zeit: Option<Zeitpunkt>,
    pub akteur: Option<String>,
    pub im_auftrag_von: Option<String>,
    pub aktion: Option<String>,
    pub grund: Option<String>,
    pub request_id: Option<String>,
    pub aenderungen: Vec<Feldaenderung>,
}

/// A field that an entry changed. Who may see the log but not the content (Revision) gets no
/// values, and `verdeckt`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Feldaenderung {
    pub feld: String,
    pub alt: Option<serde_json::Value>,
    pub neu: Option<serde_json::Value>,
    pub verdeckt: bool,
}

/// What a search found.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "art", rename_all = "snake_case")]
pub enum Treffer {
    /// A document.
    Dokument {
        /// It.
        dokument: Box<DokumentAnsicht>,
        /// The passage of its text that shows why it was found; empty where there is none.
        auszug: Vec<Stueck>,
    },
    /// An Akte.
    Akte {
        /// It.
        akte: Box<AkteAnsicht>,
    },
    /// A Vorgang.
    Vorgang {
        /// It.
        vorgang: Box<VorgangAnsicht>,
    },
}

/// A piece of a passage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stueck {
    /// Not escaped.
    pub text: String,
    /// True: it is what was looked for.
    pub treffer: bool,
}

/// Head and counts, for `GET /pruefung`.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Pruefstand {
    pub seq: u64,
    pub siegel: String,
    pub angewandt: u64,
    /// Number of records of each kind.
    pub anzahl: BTreeMap<&'static str, u64>,
}
