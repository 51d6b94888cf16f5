//! What callers ask for: the request types, and the checks of their texts that need no ledger.
//!
//! Every unknown field is refused. Texts are trimmed; control characters are never accepted, so
//! that U+0000 reaches neither a table nor a page.

use chrono::NaiveDate;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::error::{Error, Feldfehler};
use crate::domain::{
    access::{Freigabe, Rolle, Schutzklasse, Stufe, Verb},
    akte::{Medium, Zustand},
    aktentyp::{Felder, ordnen},
    digest::Digest,
    organisation::Grenzen,
    zeit::Zeitpunkt,
};

/// A field of a change: not named, named as `null`, or given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Feld<T> {
    /// Not named: stays as it is.
    #[default]
    Unveraendert,
    /// `null`: is taken away.
    Leer,
    /// The new value.
    Wert(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Feld<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Leer, Self::Wert))
    }
}

impl<T: Clone> Feld<T> {
    /// Applies it to `old`.
    pub(super) fn auf(&self, old: &mut Option<T>) {
        match self {
            Self::Unveraendert => {}
            Self::Leer => *old = None,
            Self::Wert(value) => *old = Some(value.clone()),
        }
    }
}

/// A new Akte. `oe` is a Kürzel or an id; without it the caller's only OE.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::akte::Akte")]
pub struct AkteNeu {
    pub planeinheit: String,
    pub betreff: String,
    #[serde(default)]
    pub oe: Option<String>,
    /// None: that of the plan unit, else `sachakte`.
    #[serde(default)]
    pub typ: Option<String>,
    #[serde(default)]
    pub felder: Option<Felder>,
    #[serde(default)]
    pub bemerkung: Option<String>,
    #[serde(default)]
    pub stufe: Stufe,
    #[serde(default)]
    pub freigaben: Vec<Freigabe>,
    #[serde(default)]
    pub medium: Medium,
    #[serde(default)]
    pub fremd_id: Option<String>,
}

/// A change of an Akte. `freigaben`, `stufe` and `oe` need the right to share it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the fields are those of domain::akte::Akte")]
pub struct AkteAenderung {
    pub betreff: Option<String>,
    /// `null`: that of the plan unit, else `sachakte`. Naming it takes its newest version.
    pub typ: Feld<String>,
    /// Fields not named stay, `null` takes one away; `null` for all takes all away.
    pub felder: Feld<Felder>,
    pub bemerkung: Feld<String>,
    pub freigaben: Option<Vec<Freigabe>>,
    pub stufe: Option<Stufe>,
    pub oe: Option<String>,
    /// Why; kept in the entry.
    pub grund: Option<String>,
}

/// A new Vorgang.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::akte::Vorgang")]
pub struct VorgangNeu {
    pub betreff: String,
    #[serde(default)]
    pub typ: Option<String>,
    #[serde(default)]
    pub bemerkung: Option<String>,
}

/// A change of a Vorgang.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the fields are those of domain::akte::Vorgang")]
pub struct VorgangAenderung {
    pub betreff: Option<String>,
    pub typ: Feld<String>,
    pub bemerkung: Feld<String>,
    pub grund: Option<String>,
}

/// The change of a document's metadata. Another Posteingangsdatum needs a `grund`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the fields are those of domain::dokument::Dokument")]
pub struct DokumentAenderung {
    pub betreff: Option<String>,
    pub typ: Feld<String>,
    pub posteingangsdatum: Option<NaiveDate>,
    pub postausgangsdatum: Feld<NaiveDate>,
    pub datum: Feld<NaiveDate>,
    pub fremdes_geschaeftszeichen: Feld<String>,
    pub absender: Feld<String>,
    pub empfaenger: Feld<String>,
    pub bemerkung: Feld<String>,
    pub grund: Option<String>,
}

/// Where a document is to go; at most one of the three, none: the Posteingang.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Zielangabe {
    pub vorgang_id: Option<Uuid>,
    pub akte_id: Option<Uuid>,
    pub aktenzeichen: Option<String>,
}

/// A reason, where an action needs one (`oeffnen`, `storno`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the name says it")]
pub struct Begruendung {
    pub grund: Option<String>,
}

/// A new OE.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Oe")]
pub struct OeNeu {
    pub kuerzel: String,
    pub name: String,
    #[serde(default)]
    pub uebergeordnet: Option<String>,
}

/// A change of an OE.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Oe")]
pub struct OeAenderung {
    pub kuerzel: Option<String>,
    pub name: Option<String>,
    pub uebergeordnet: Feld<String>,
}

/// A new person: without OE, roles and password; these need a second person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Person")]
pub struct PersonNeu {
    pub anmeldename: String,
    pub name: String,
}

/// A role, its OE named by Kürzel or id; without: the whole house.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Rollenangabe {
    pub rolle: Rolle,
    #[serde(default)]
    pub oe: Option<String>,
}

/// The rights a person is to have, whole (what is not named is taken away).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Person")]
pub struct RechteNeu {
    #[serde(default)]
    pub oe: Option<String>,
    pub rollen: Vec<Rollenangabe>,
    #[serde(default)]
    pub schutzklassen: Vec<Schutzklasse>,
    #[serde(default)]
    pub stufe: Stufe,
}

/// A new key, or the new scope of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::organisation::Schluessel")]
pub struct SchluesselNeu {
    pub name: String,
    pub rolle: Rolle,
    pub verben: Vec<Verb>,
    pub oe: Vec<String>,
    #[serde(default)]
    pub planeinheiten: Vec<String>,
    #[serde(default)]
    pub netze: Vec<IpNet>,
    #[serde(default)]
    pub schutzklassen: Vec<Schutzklasse>,
    #[serde(default)]
    pub stufe: Stufe,
    #[serde(default)]
    pub ablauf: Option<Zeitpunkt>,
    #[serde(default)]
    pub grenzen: Grenzen,
}

/// A change that a second person has to release.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "art", rename_all = "snake_case", deny_unknown_fields)]
pub enum AntragNeu {
    /// A person's OE, roles, walls and level.
    Rechte {
        /// Whose.
        person: Uuid,
        /// What the person is to have from then on.
        rechte: RechteNeu,
    },
    /// A start password.
    Zugang {
        /// Whose.
        person: Uuid,
    },
    /// A key that can read, or a new secret or scope for one.
    Schluessel {
        /// The key, where it exists.
        id: Option<Uuid>,
        /// Its scope.
        schluessel: Box<SchluesselNeu>,
    },
}

/// A new version of the plan: the texts of its files. `csv` or `xdomea` (a message 0301) is
/// needed; without `toml` the head of the plan in force holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the files")]
pub struct Planfassung {
    pub toml: Option<String>,
    pub csv: Option<String>,
    pub xdomea: Option<String>,
    pub konkordanz: Option<String>,
}

/// Filters of the list of Akten. `geaendert_seit` turns the order to oldest change first.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct AktenFilter {
    pub zustand: Option<Zustand>,
    pub oe: Option<String>,
    pub geaendert_seit: Option<Zeitpunkt>,
    pub planeinheit: Option<String>,
    pub aktenzeichen: Option<String>,
    pub fremd_id: Option<String>,
}

/// Filters of the list of documents; one of the first four is needed.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DokumenteFilter {
    pub vorgang_id: Option<Uuid>,
    pub akte_id: Option<Uuid>,
    pub sha256: Option<Digest>,
    pub fremd_id: Option<String>,
    pub oe: Option<String>,
    pub geaendert_seit: Option<Zeitpunkt>,
}

/// Filters of the Posteingang.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PosteingangFilter {
    pub oe: Option<String>,
    pub sha256: Option<Digest>,
    pub fremd_id: Option<String>,
    pub geaendert_seit: Option<Zeitpunkt>,
}

/// A page that is asked for.
#[derive(Clone, Debug, Default)]
pub struct Blatt {
    /// At most so many, 1 to 500; 0 means 50.
    pub limit: usize,
    /// Behind this place; from `Seite::weiter` of the same query by the same caller.
    pub nach: Option<Vec<u8>>,
}

impl Blatt {
    /// The limit within its bounds.
    pub(super) fn menge(&self) -> usize {
        if self.limit == 0 { 50 } else { self.limit.min(500) }
    }
}

/// What one text may be.
#[derive(Clone, Copy)]
pub(crate) enum Textart {
    /// One line, at most so many characters.
    Zeile(usize),
    /// Several lines, at most so many characters.
    Absatz(usize),
}

/// Longest Betreff, in characters.
pub const BETREFF_MAX: usize = 500;

/// Collects what is wrong with texts.
#[derive(Default)]
pub(crate) struct Pruefer {
    /// Found so far.
    pub(crate) fehler: Vec<Feldfehler>,
}

impl Pruefer {
    /// Notes a wrong place.
    pub(crate) fn falsch(&mut self, zeiger: &str, code: &'static str, text: impl Into<String>) {
        self.fehler.push(Feldfehler { zeiger: zeiger.into(), code, text: text.into() });
    }

    /// Trims and checks a text that must be there.
    pub(crate) fn pflicht(&mut self, zeiger: &str, text: &mut String, art: Textart) {
        *text = text.trim().to_owned();
        if text.is_empty() {
            return self.falsch(zeiger, "fehlt", "Hier wird ein Text gebraucht.");
        }
        let (max, lines) = match art {
            Textart::Zeile(max) => (max, false),
            Textart::Absatz(max) => (max, true),
        };
        let bad = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\t' | '\r'));
        if let Some(c) = text.chars().find(|c| bad(*c)) {
            let text = format!("Das Steuerzeichen U+{:04X} ist nicht erlaubt.", u32::from(c));
            return self.falsch(zeiger, "zeichen_unzulaessig", text);
        }
        if text.chars().count() > max {
            self.falsch(zeiger, "zu_lang", format!("Höchstens {max} Zeichen sind erlaubt."));
        }
    }

    /// Trims and checks a text that may be missing; an empty one counts as missing.
    pub(crate) fn wahl(&mut self, zeiger: &str, text: &mut Option<String>, art: Textart) {
        if text.as_deref().is_some_and(|t| t.trim().is_empty()) {
            *text = None;
        }
        if let Some(text) = text {
            self.pflicht(zeiger, text, art);
        }
    }

    /// The same for a field of a change.
    pub(crate) fn feld(&mut self, zeiger: &str, feld: &mut Feld<String>, art: Textart) {
        if let Feld::Wert(text) = feld {
            if text.trim().is_empty() {
                *feld = Feld::Leer;
            } else {
                self.pflicht(zeiger, text, art);
            }
        }
    }

    /// Trims the fields of a type and bounds them; whether they fit it is asked in the decision.
    fn felder(&mut self, felder: &mut Felder) {
        for wrong in ordnen(felder) {
            self.falsch(&format!("/felder{}", wrong.zeiger), wrong.code, wrong.text);
        }
    }

    /// All of it, or the refusal.
    pub(crate) fn ende(self) -> Result<(), Error> {
        if self.fehler.is_empty() { Ok(()) } else { Err(Error::eingabe(self.fehler)) }
    }
}

/// Takes a reason that must be there.
pub(super) fn grund(text: Option<String>) -> Result<String, Error> {
    let mut reason = text.unwrap_or_default();
    let mut check = Pruefer::default();
    check.pflicht("/grund", &mut reason, Textart::Absatz(1000));
    check.ende()?;
    Ok(reason)
}

impl AkteNeu {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        check.pflicht("/planeinheit", &mut self.planeinheit, Textart::Zeile(100));
        check.pflicht("/betreff", &mut self.betreff, Textart::Zeile(BETREFF_MAX));
        check.wahl("/typ", &mut self.typ, Textart::Zeile(100));
        if let Some(fields) = &mut self.felder {
            check.felder(fields);
        }
        check.wahl("/bemerkung", &mut self.bemerkung, Textart::Absatz(4000));
        check.wahl("/fremd_id", &mut self.fremd_id, Textart::Zeile(200));
        freigaben(&mut check, &mut self.freigaben);
        check.ende()
    }
}

/// Sorts shares and bounds their number.
fn freigaben(check: &mut Pruefer, shares: &mut Vec<Freigabe>) {
    shares.sort_unstable();
    shares.dedup();
    if shares.len() > 100 {
        check.falsch("/freigaben", "zu_viele", "Höchstens 100 Freigaben sind erlaubt.");
    }
}

impl AkteAenderung {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        if let Some(text) = &mut self.betreff {
            check.pflicht("/betreff", text, Textart::Zeile(BETREFF_MAX));
        }
        check.feld("/typ", &mut self.typ, Textart::Zeile(100));
        if let Feld::Wert(fields) = &mut self.felder {
            check.felder(fields);
        }
        check.feld("/bemerkung", &mut self.bemerkung, Textart::Absatz(4000));
        check.wahl("/grund", &mut self.grund, Textart::Absatz(1000));
        if let Some(shares) = &mut self.freigaben {
            freigaben(&mut check, shares);
        }
        check.ende()
    }

    /// True if it touches the rights.
    pub(super) const fn rechte(&self) -> bool {
        self.freigaben.is_some() || self.stufe.is_some() || self.oe.is_some()
    }
}

impl VorgangNeu {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        check.pflicht("/betreff", &mut self.betreff, Textart::Zeile(BETREFF_MAX));
        check.wahl("/typ", &mut self.typ, Textart::Zeile(100));
        check.wahl("/bemerkung", &mut self.bemerkung, Textart::Absatz(4000));
        check.ende()
    }
}

impl VorgangAenderung {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        if let Some(text) = &mut self.betreff {
            check.pflicht("/betreff", text, Textart::Zeile(BETREFF_MAX));
        }
        check.feld("/typ", &mut self.typ, Textart::Zeile(100));
        check.feld("/bemerkung", &mut self.bemerkung, Textart::Absatz(4000));
        check.wahl("/grund", &mut self.grund, Textart::Absatz(1000));
        check.ende()
    }
}

impl DokumentAenderung {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        if let Some(text) = &mut self.betreff {
            check.pflicht("/betreff", text, Textart::Zeile(BETREFF_MAX));
        }
        let line = Textart::Zeile(300);
        check.feld("/typ", &mut self.typ, Textart::Zeile(100));
        check.feld("/fremdes_geschaeftszeichen", &mut self.fremdes_geschaeftszeichen, line);
        check.feld("/absender", &mut self.absender, line);
        check.feld("/empfaenger", &mut self.empfaenger, line);
        check.feld("/bemerkung", &mut self.bemerkung, Textart::Absatz(4000));
        check.wahl("/grund", &mut self.grund, Textart::Absatz(1000));
        check.ende()
    }
}

impl Zielangabe {
    /// How many targets are named.
    pub(crate) fn anzahl(&self) -> usize {
        usize::from(self.vorgang_id.is_some())
            + usize::from(self.akte_id.is_some())
            + usize::from(self.aktenzeichen.is_some())
    }
}
