//! Who works here: Organisationseinheiten, persons, their credentials, the API keys of machines.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    access::{Rolle, Schutzklasse, Stufe, Verb},
    record::{Index, Keys, Kind, Parts, Record},
    zeit::Zeitpunkt,
};

/// The tenant (one data directory = one Mandant).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandant {
    /// Its id.
    pub id: Uuid,
    /// The city's name.
    pub name: String,
    /// When the directory was founded.
    pub angelegt: Zeitpunkt,
}

impl Record for Mandant {
    const KIND: Kind = Kind::Mandant;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        "mandant".into()
    }
}

/// An Organisationseinheit: an office, a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oe {
    /// Its id; stays when the unit is renamed.
    pub id: Uuid,
    /// Short sign, unique, e.g. `61.2`.
    pub kuerzel: String,
    /// Full name.
    pub name: String,
    /// The unit above.
    pub uebergeordnet: Option<Uuid>,
    /// False once it was dissolved.
    pub aktiv: bool,
}

impl Record for Oe {
    const KIND: Kind = Kind::Oe;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        keys.add(Index::OeKuerzel, Parts::new().text(&self.kuerzel));
    }
}

/// A role, held for one OE or (where `oe` is none) for the whole house.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollenzuweisung {
    /// Which role.
    pub rolle: Rolle,
    /// Where it holds.
    pub oe: Option<Uuid>,
}

/// A person who works here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Its id.
    pub id: Uuid,
    /// Name at sign-on, unique without regard to case.
    pub anmeldename: String,
    /// Name as colleagues know it.
    pub name: String,
    /// The OE the person belongs to.
    pub oe: Option<Uuid>,
    /// Roles; changed by two persons only.
    pub rollen: Vec<Rollenzuweisung>,
    /// The walls the person is admitted behind; changed by two persons only.
    pub schutzklassen: Vec<Schutzklasse>,
    /// The highest Vertraulichkeitsstufe the person may read.
    pub stufe: Stufe,
    /// True: can't sign on.
    pub gesperrt: bool,
    /// When it was made.
    pub angelegt: Zeitpunkt,
}

impl Record for Person {
    const KIND: Kind = Kind::Person;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        keys.add(Index::PersonName, Parts::new().text(&self.anmeldename.to_lowercase()));
        if let Some(oe) = self.oe {
            keys.add(Index::PersonOe, Parts::new().id(oe));
        }
    }
}

/// A person's password digest (argon2id, PHC form).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zugang {
    /// Whose.
    pub person: Uuid,
    /// PHC string.
    pub hash: String,
    /// True: a start password that must be changed at the first sign-on.
    pub einmalig: bool,
    /// Since when.
    pub seit: Zeitpunkt,
}

impl Record for Zugang {
    const KIND: Kind = Kind::Zugang;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.person.to_string()
    }
}

/// One of the secrets of a key; two are valid while a station is moved to the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geheimnis {
    /// SHA-256 of the secret (256 random bits), hex.
    pub sha256: String,
    /// Until when it is valid; none: until the key ends.
    pub gueltig_bis: Option<Zeitpunkt>,
}

/// Bounds of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grenzen {
    /// Requests a second.
    pub anfragen_je_sekunde: u32,
    /// Uploads at the same time.
    pub gleichzeitige_uploads: u32,
    /// Bytes uploaded a calendar day.
    pub bytes_je_tag: u64,
}

impl Default for Grenzen {
    fn default() -> Self {
        Self { anfragen_je_sekunde: 200, gleichzeitige_uploads: 32, bytes_je_tag: 1 << 40 }
    }
}

/// An API key of a scan station or a Fachverfahren.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schluessel {
    /// Its id.
    pub id: Uuid,
    /// The machine's name, unique.
    pub name: String,
    /// The role it acts in.
    pub rolle: Rolle,
    /// What it may do at most; write-only unless more was granted by two persons.
    pub verben: Vec<Verb>,
    /// The OE it may write to.
    pub oe: Vec<Uuid>,
    /// The plan units it may file under; empty: all.
    pub planeinheiten: Vec<String>,
    /// The networks it may come from; empty: all.
    pub netze: Vec<IpNet>,
    /// The walls it is admitted behind.
    pub schutzklassen: Vec<Schutzklasse>,
    /// The highest Vertraulichkeitsstufe it may handle.
    pub stufe: Stufe,
    /// Its secrets, at most two.
    pub geheimnisse: Vec<Geheimnis>,
    /// When it ends.
    pub ablauf: Option<Zeitpunkt>,
    /// Its bounds.
    pub grenzen: Grenzen,
    /// True: refused.
    pub gesperrt: bool,
    /// When it was made.
    pub angelegt: Zeitpunkt,
}

impl Record for Schluessel {
    const KIND: Kind = Kind::Schluessel;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        keys.add(Index::SchluesselName, Parts::new().text(&self.name));
        for secret in &self.geheimnisse {
            keys.add(Index::SchluesselHash, Parts::new().text(&secret.sha256));
        }
    }
}
