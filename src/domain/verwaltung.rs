//! Records that the administration of the house itself needs: counters, remembered answers,
//! changes that wait for a second person, erasures under way, interned rights.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    access::{Rechte, Schutzklasse, Stufe},
    organisation::Rollenzuweisung,
    record::{Index, Keys, Kind, Parts, Record},
    zeit::Zeitpunkt,
};

/// An interned set of rights. A reorganisation changes the class, not the documents under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rechteklasse {
    /// Its number, from 1.
    pub nummer: u64,
    /// The set.
    #[serde(flatten)]
    pub rechte: Rechte,
}

impl Record for Rechteklasse {
    const KIND: Kind = Kind::Rechteklasse;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.nummer.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        keys.add(Index::KlasseInhalt, Parts::new().text(&self.rechte.canonical()));
        keys.add(Index::KlasseOe, Parts::new().id(self.rechte.oe).number(self.nummer));
        for share in &self.rechte.freigaben {
            let key = Parts::new().id(share.fuer.id()).number(self.nummer);
            keys.add(Index::KlasseFreigabe, key);
        }
    }
}

/// The last number given out of a series (`akte:52.1.01`, `vorgang:<akte>`, `rechteklasse`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zaehler {
    /// Name of the series.
    pub reihe: String,
    /// Last number given.
    pub stand: u64,
}

impl Record for Zaehler {
    const KIND: Kind = Kind::Zaehler;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.reihe.clone()
    }
}

/// The answer to a request with an Idempotency-Key, kept 90 days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anfrage {
    /// SHA-256 hex over caller and key.
    pub schluessel: String,
    /// SHA-256 hex over route, canonical metadata and digest.
    pub abdruck: String,
    /// The id of what was created.
    pub ergebnis: Uuid,
    /// The answer's sha256 where the request brought bytes.
    #[serde(default)]
    pub sha256: Option<super::digest::Digest>,
    /// When.
    pub am: Zeitpunkt,
}

impl Record for Anfrage {
    const KIND: Kind = Kind::Anfrage;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.schluessel.clone()
    }
    fn index(&self, keys: &mut Keys) {
        keys.add(Index::AnfrageAlter, Parts::new().time(self.am).text(&self.schluessel));
    }
}

/// What a second person is asked to release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "art", rename_all = "snake_case")]
pub enum Vorhaben {
    /// A person's roles, OE, walls and level.
    Rechte {
        /// Whose.
        person: Uuid,
        /// New OE.
        oe: Option<Uuid>,
        /// New roles.
        rollen: Vec<Rollenzuweisung>,
        /// New walls.
        schutzklassen: Vec<Schutzklasse>,
        /// New level.
        stufe: Stufe,
    },
    /// A start password; it is shown to the releasing person only.
    Zugang {
        /// Whose.
        person: Uuid,
    },
    /// A new version of the filing plan; what it changes lies in as many `Planteil`.
    Aktenplan {
        /// The plan's own data.
        plan: Box<super::aktenplan::Aktenplan>,
        /// The entry that last changed the plan with which it was compared.
        basis: u64,
        /// How many parts there are.
        teile: u64,
        /// How often each kind of change occurs.
        zahlen: std::collections::BTreeMap<super::aktenplan::vergleich::Wandel, usize>,
    },
    /// A key that can read; its secret is shown to the releasing person only.
    Schluessel {
        /// The key as it is to be, without secrets.
        schluessel: Box<super::organisation::Schluessel>,
    },
}

/// Where such a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AntragStand {
    /// Waits.
    Offen,
    /// Released and in effect.
    Freigegeben,
    /// Refused.
    Abgelehnt,
}

/// A change that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Antrag {
    /// Its id.
    pub id: Uuid,
    /// What.
    pub vorhaben: Vorhaben,
    /// Who asked.
    pub gestellt_von: Uuid,
    /// When.
    pub gestellt: Zeitpunkt,
    /// State.
    pub stand: AntragStand,
    /// Who decided.
    #[serde(default)]
    pub entschieden_von: Option<Uuid>,
}

impl Record for Antrag {
    const KIND: Kind = Kind::Antrag;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        let key = Parts::new().number(self.stand as u64).time(self.gestellt).id(self.id);
        keys.add(Index::AntragStand, key);
    }
}

/// Bodies to be erased: put with the order, deleted when they are known to be gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loeschung {
    /// Its id.
    pub id: Uuid,
    /// The entries.
    pub seqs: Vec<u64>,
}

impl Record for Loeschung {
    const KIND: Kind = Kind::Loeschung;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
}
