//! The JSON of answers. Tests compare the shape of every answer with these.
#![expect(missing_docs, reason = "fields have the names of the domain, and are explained there")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::vorschlaege::Vorschlagsstand;
use super::words::{
    Aussonderungsart, Datum, Einheit, Folge, Fristart, Id, Medium, Rolle, Rundung, Schutzklasse,
    Sha256, Stufe, Verb, Zeit, Zustand,
};

/// A person or an OE.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Empfaenger {
    Person(Id),
    Oe(Id),
}

#[derive(ToSchema)]
pub struct Freigabe {
    pub fuer: Empfaenger,
    /// False: may only read.
    pub bearbeiten: bool,
}

#[derive(ToSchema)]
pub struct Rollenzuweisung {
    pub rolle: Rolle,
    pub oe: Option<Id>,
}

#[derive(ToSchema)]
pub struct Grenzen {
    pub anfragen_je_sekunde: u32,
    pub gleichzeitige_uploads: u32,
    pub bytes_je_tag: u64,
}

/// A retention rule; without `dauer` permanent. Of a law that changes there are several beside
/// each other, each with its days.
#[derive(ToSchema)]
pub struct Regel {
    pub dauer: Option<u32>,
    pub einheit: Einheit,
    /// A fact, or `spaeteres(a,b)`, `frueheres(a,b)`: the later or the earlier of several.
    pub anker: String,
    pub rechtsgrundlage: String,
    pub land: Option<String>,
    pub stand: Datum,
    pub art: Fristart,
    pub rundung: Rundung,
    pub folge: Folge,
    /// First day on which it is law; absent: always was.
    pub von: Option<Datum>,
    /// Last day on which it is law; absent: until it is changed.
    pub bis: Option<Datum>,
    /// When it applies; absent: always.
    pub wenn: Option<Bedingung>,
    /// As long as this is the case, the period does not run out.
    pub offen_solange: Option<String>,
}

/// A rule applies only where the day of this fact is known, or only where it is not.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Bedingung {
    Bekannt(String),
    NichtBekannt(String),
}

#[derive(ToSchema)]
pub struct OeKurz {
    pub id: Id,
    pub kuerzel: String,
    pub name: String,
}

#[derive(ToSchema)]
pub struct Oe {
    pub id: Id,
    pub kuerzel: String,
    pub name: String,
    pub uebergeordnet: Option<Id>,
    pub aktiv: bool,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Akte {
    pub id: Id,
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
    /// The version of the type that the fields fit.
    pub typ_version: Option<u32>,
    /// The fields of its type.
    #[schema(value_type = Object)]
    pub felder: BTreeMap<String, String>,
    pub bemerkung: Option<String>,
    pub geschlossen_am: Option<Datum>,
    pub fremd_id: Option<String>,
    pub angelegt: Zeit,
    pub geaendert: Zeit,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Vorgang {
    pub id: Id,
    pub akte_id: Id,
    pub aktenzeichen: String,
    pub nummer: u64,
    pub geschaeftszeichen: String,
    pub betreff: String,
    pub zustand: Zustand,
    pub typ: Option<String>,
    pub bemerkung: Option<String>,
    pub geschlossen_am: Option<Datum>,
    pub angelegt: Zeit,
    pub geaendert: Zeit,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Primaerdokument {
    pub sha256: Sha256,
    pub groesse: u64,
    pub dateiname: String,
    pub medientyp: String,
}

#[derive(ToSchema)]
pub struct Fassung {
    pub nummer: u32,
    pub formate: Vec<Primaerdokument>,
    pub angelegt_von: String,
    pub angelegt: Zeit,
}

#[derive(ToSchema)]
pub struct Storno {
    pub grund: String,
    pub von: String,
    pub am: Zeit,
}

/// `offen`, `bereit` or `fehlt` (then with `grund`).
#[derive(ToSchema)]
pub struct Textstand {
    pub stand: String,
    pub vorrang: Option<u8>,
    pub seit: Option<Zeit>,
    pub zeichen: Option<u64>,
    pub seiten: Option<u32>,
    /// Seiten, auf denen (fast) kein Text steht: weniger als 20 Buchstaben und Ziffern.
    pub seiten_ohne_text: Option<u32>,
    /// Textgüte, 0 bis 100: der Anteil der Seiten mit Text, gemindert um Zeichen, die für nichts
    /// stehen, und um Folgen, die keine Wörter sind. Fehlt bei älteren Texten.
    pub guete: Option<u8>,
    pub grund: Option<String>,
}

/// Without `akte_id` it waits in the Posteingang of `oe`.
#[derive(ToSchema)]
pub struct Dokument {
    pub id: Id,
    pub akte_id: Option<Id>,
    pub aktenzeichen: Option<String>,
    pub vorgang_id: Option<Id>,
    pub geschaeftszeichen: Option<String>,
    pub oe: OeKurz,
    pub betreff: String,
    pub typ: Option<String>,
    pub posteingangsdatum: Datum,
    pub postausgangsdatum: Option<Datum>,
    pub datum: Option<Datum>,
    pub fremdes_geschaeftszeichen: Option<String>,
    pub absender: Option<String>,
    pub empfaenger: Option<String>,
    pub bemerkung: Option<String>,
    pub fremd_id: Option<String>,
    pub fassungen: Vec<Fassung>,
    pub storno: Option<Storno>,
    pub text: Option<Textstand>,
    pub angelegt: Zeit,
    pub geaendert: Zeit,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Planeinheit {
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
    pub regel: Option<Regel>,
    pub weitere_regeln: Vec<Regel>,
    pub ausweichregel: bool,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Aktenplan {
    pub kennung: String,
    pub name: String,
    pub stand: Datum,
    pub quelle: String,
    pub grammatik: String,
    pub ausweichregel: Regel,
}

#[derive(ToSchema)]
pub struct Person {
    pub id: Id,
    pub anmeldename: String,
    pub name: String,
    pub oe: Option<Id>,
    pub rollen: Vec<Rollenzuweisung>,
    pub schutzklassen: Vec<Schutzklasse>,
    pub stufe: Stufe,
    pub gesperrt: bool,
    pub angelegt: Zeit,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Schluessel {
    pub id: Id,
    pub name: String,
    pub rolle: Rolle,
    pub verben: Vec<Verb>,
    pub oe: Vec<Id>,
    pub planeinheiten: Vec<String>,
    pub netze: Vec<String>,
    pub schutzklassen: Vec<Schutzklasse>,
    pub stufe: Stufe,
    pub ablauf: Option<Zeit>,
    pub grenzen: Grenzen,
    pub gesperrt: bool,
    pub geheimnisse: u64,
    pub angelegt: Zeit,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Antrag {
    pub id: Id,
    #[schema(value_type = Object)]
    pub vorhaben: BTreeMap<String, String>,
    pub gestellt_von: Id,
    pub gestellt: Zeit,
    pub stand: String,
    pub entschieden_von: Option<Id>,
    pub version: u64,
}

#[derive(ToSchema)]
pub struct Feldaenderung {
    pub feld: String,
    #[schema(value_type = Value)]
    pub alt: (),
    #[schema(value_type = Value)]
    pub neu: (),
    /// True: the caller may see the log, but not the values.
    pub verdeckt: bool,
}

/// An entry of the journal. Without `zeit` its body was erased; its seal stays.
#[derive(ToSchema)]
pub struct Protokolleintrag {
    pub seq: u64,
    pub siegel: String,
    pub zeit: Option<Zeit>,
    pub akteur: Option<String>,
    pub im_auftrag_von: Option<String>,
    pub aktion: Option<String>,
    pub grund: Option<String>,
    pub request_id: Option<String>,
    pub aenderungen: Vec<Feldaenderung>,
}

#[derive(ToSchema)]
pub struct Stueck {
    pub text: String,
    /// True: it is what was looked for.
    pub treffer: bool,
}

/// `art` (`dokument`, `akte`, `vorgang`) says which of the three it carries.
#[derive(ToSchema)]
pub struct Treffer {
    pub art: String,
    pub id: Id,
    pub dokument: Option<Dokument>,
    pub akte: Option<Akte>,
    pub vorgang: Option<Vorgang>,
    /// The passage that shows why a document was found.
    pub auszug: Option<Vec<Stueck>>,
}

#[derive(ToSchema)]
pub struct Suchergebnis {
    pub treffer: Vec<Treffer>,
    pub anzahl: u64,
    pub cursor: Option<String>,
    /// Entries up to here are found.
    pub indiziert_bis: u64,
    /// With `facetten`: all hits counted.
    pub facetten: Option<Facetten>,
    /// Where nothing was found: a question that finds something, one word of it replaced.
    pub meinten_sie: Option<String>,
    /// With `wait_for`: false if ten seconds were not enough.
    pub gewartet_auf_gefunden: Option<bool>,
}

/// One value and how many hits have it.
#[derive(ToSchema)]
pub struct Facette {
    /// As the filter of the same name takes it.
    pub wert: String,
    pub bezeichnung: Option<String>,
    pub anzahl: u64,
}

/// Most hits first, years the latest first; at most 50 of each.
#[derive(ToSchema)]
pub struct Facetten {
    pub art: Vec<Facette>,
    pub typ: Vec<Facette>,
    /// One level below the unit that is filtered by.
    pub planeinheit: Vec<Facette>,
    pub oe: Vec<Facette>,
    pub jahr: Vec<Facette>,
    /// Fields of types, those with most hits first, at most 20.
    pub felder: Vec<Feldfacette>,
}

/// One field of a type of Akten.
#[derive(ToSchema)]
pub struct Feldfacette {
    /// `typ.feld`, as `q` takes it.
    pub feld: String,
    pub bezeichnung: String,
    pub werte: Vec<Facette>,
}

/// The receipt of a change: number and seal of its entry. Whoever keeps it is a witness.
#[derive(ToSchema)]
pub struct Beleg {
    pub seq: u64,
    pub siegel: String,
}

/// The receipt of a push.
#[derive(ToSchema)]
pub struct Eingeliefert {
    pub id: Id,
    pub sha256: Sha256,
    pub seq: u64,
    pub siegel: String,
    pub url: String,
}

/// A session.
#[derive(ToSchema)]
pub struct Sitzung {
    /// Only at sign-on.
    pub token: Option<String>,
    pub person: Option<Person>,
    /// True: nothing but a new password is accepted.
    pub passwort_aendern: bool,
}

#[derive(ToSchema)]
pub struct Freigegeben {
    pub id: Id,
    #[schema(value_type = Object)]
    pub vorhaben: BTreeMap<String, String>,
    pub gestellt_von: Id,
    pub gestellt: Zeit,
    pub stand: String,
    pub entschieden_von: Option<Id>,
    pub version: u64,
    /// Start password or key; shown this once.
    pub geheimnis: Option<String>,
}

#[derive(ToSchema)]
pub struct SchluesselMitGeheimnis {
    pub id: Id,
    pub name: String,
    pub rolle: Rolle,
    pub verben: Vec<Verb>,
    pub oe: Vec<Id>,
    pub planeinheiten: Vec<String>,
    pub netze: Vec<String>,
    pub schutzklassen: Vec<Schutzklasse>,
    pub stufe: Stufe,
    pub ablauf: Option<Zeit>,
    pub grenzen: Grenzen,
    pub gesperrt: bool,
    pub geheimnisse: u64,
    pub angelegt: Zeit,
    pub version: u64,
    /// Shown this once; none when the request was a replay.
    pub geheimnis: Option<String>,
}

/// Head of the journal and state of the work; `anzahl` and `lauf` for Revision alone.
#[derive(ToSchema)]
pub struct Pruefstand {
    pub seq: u64,
    pub siegel: String,
    pub angewandt: u64,
    /// Entries that the index does not show yet.
    pub index_rueckstand: u64,
    /// Texts that wait, counted up to 1000.
    pub texte_offen: u64,
    pub vorschlaege: Vorschlagsstand,
    pub anzahl: Option<BTreeMap<String, u64>>,
    pub lauf: Option<Prueflauf>,
}

/// The running or last check.
#[derive(ToSchema)]
pub struct Prueflauf {
    pub laeuft: bool,
    pub geprueft: u64,
    pub gesamt: u64,
    pub begonnen: Zeit,
    pub beendet: Option<Zeit>,
    pub abbruch: Option<String>,
    pub ergebnis: Option<Pruefbericht>,
}

/// `befunde` empty: nothing is wrong.
#[derive(ToSchema)]
pub struct Pruefbericht {
    pub seq: u64,
    pub siegel: String,
    pub eintraege: u64,
    pub geloescht: u64,
    pub zeilen: u64,
    pub blobs: u64,
    pub unbenutzt: u64,
    pub index: Option<u64>,
    pub befunde: Vec<String>,
    pub ungenannt: u64,
    /// No damage: what was made anew at the start, what was not compared.
    pub hinweise: Vec<String>,
}

#[derive(ToSchema)]
pub struct Bereitschaft {
    /// `bereit`, or why not.
    pub zustand: String,
}
