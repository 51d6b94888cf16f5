//! What the ledger needs to know of an object: its kind, its key, its form, its secondary keys.
//!
//! A record is one object's whole state as the journal keeps it. Secondary keys are never in the
//! journal: `Record::index` derives them from the state alone, and any change to what it derives
//! must raise `INDEX_VERSION`, so that the tables are rebuilt.

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::zeit::Zeitpunkt;

/// The version of everything that `Record::index` derives; raising it rebuilds the tables.
pub const INDEX_VERSION: u32 = 3;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident = $code:literal $text:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $code,)* }
        impl $name {
            /// Every one, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The byte that stands in table keys; never reused.
            #[must_use]
            pub const fn code(self) -> u8 { self as u8 }
            /// The name that stands in the journal; never changed.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
            /// The one of that name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    /// The kinds of record.
    Kind {
        /// The tenant: first entry of every journal.
        Mandant = 1 "mandant",
        /// Organisationseinheit.
        Oe = 2 "oe",
        /// A person who works here.
        Person = 3 "person",
        /// A person's password digest; apart from the person, so that its history can be erased.
        Zugang = 4 "zugang",
        /// An API key of a scan station or a Fachverfahren.
        Schluessel = 5 "schluessel",
        /// One version of the filing plan.
        Aktenplan = 6 "aktenplan",
        /// One unit of the filing plan.
        Planeinheit = 7 "planeinheit",
        /// Akte.
        Akte = 8 "akte",
        /// Vorgang.
        Vorgang = 9 "vorgang",
        /// Dokument with its Fassungen.
        Dokument = 10 "dokument",
        /// A set of rights that documents are indexed under.
        Rechteklasse = 11 "rechteklasse",
        /// What is known of a blob.
        Blob = 12 "blob",
        /// Whether the text of a blob has been read.
        Textstand = 13 "textstand",
        /// A remembered answer to an Idempotency-Key.
        Anfrage = 14 "anfrage",
        /// A change that waits for a second person.
        Antrag = 15 "antrag",
        /// The last number given out of a series.
        Zaehler = 16 "zaehler",
        /// Bodies that are to be erased and are not yet known to be gone.
        Loeschung = 17 "loeschung",
        /// A part of a new version of the plan that waits for a second person.
        Planteil = 18 "planteil",
        /// A line of the concordance: from an old number of the plan to a new one.
        Konkordanz = 19 "konkordanz",
        /// The branches of the plan that an OE works with.
        Fachsicht = 20 "fachsicht",
        /// What clerks said of the suggestions for a document.
        Rueckmeldung = 21 "rueckmeldung",
        /// The dates of an Akte, and when they have to be computed anew.
        Fristenstand = 22 "fristenstand",
        /// How far the daily run over the dates is.
        Fristenlauf = 23 "fristenlauf",
        /// A hold on Akten.
        Sperre = 24 "sperre",
    }
}

codes! {
    /// The secondary orders in which records can be listed. The comment names the key's parts.
    Index {
        /// kuerzel → Oe
        OeKuerzel = 1 "oe_kuerzel",
        /// anmeldename, lower case → Person
        PersonName = 2 "person_name",
        /// sha256 of the secret, hex → Schluessel
        SchluesselHash = 3 "schluessel_hash",
        /// parent number (empty for the top), sort key → Planeinheit
        PlanBaum = 4 "plan_baum",
        /// sort key → Planeinheit
        PlanNummer = 5 "plan_nummer",
        /// aktenzeichen in its normal form (`aktenzeichen::normal`) → Akte
        AkteZeichen = 6 "akte_zeichen",
        /// rechteklasse u64, geaendert i64, id → Akte
        AkteKlasse = 7 "akte_klasse",
        /// quelle, fremd_id → Akte
        AkteFremd = 8 "akte_fremd",
        /// akte id, nummer u64 → Vorgang
        VorgangAkte = 9 "vorgang_akte",
        /// vorgang id, id → Dokument
        DokumentVorgang = 10 "dokument_vorgang",
        /// akte id, id → Dokument (also of its Vorgänge)
        DokumentAkte = 11 "dokument_akte",
        /// rechteklasse u64, id → Dokument in the Posteingang
        Posteingang = 12 "posteingang",
        /// digest → Dokument that refers to it
        DokumentBlob = 13 "dokument_blob",
        /// quelle, fremd_id → Dokument
        DokumentFremd = 14 "dokument_fremd",
        /// fingerprint of the set → Rechteklasse
        KlasseInhalt = 15 "klasse_inhalt",
        /// oe id → Rechteklasse
        KlasseOe = 16 "klasse_oe",
        /// grantee id (person or OE) → Rechteklasse
        KlasseFreigabe = 17 "klasse_freigabe",
        /// state, since i64 → Blob that is condemned
        BlobVerurteilt = 18 "blob_verurteilt",
        /// priority u64, since i64, digest → Textstand that is still open
        TextOffen = 19 "text_offen",
        /// since i64 → Anfrage
        AnfrageAlter = 20 "anfrage_alter",
        /// state, since i64 → Antrag
        AntragStand = 21 "antrag_stand",
        /// planeinheit number, laufnummer u64 → Akte
        AktePlan = 22 "akte_plan",
        /// geaendert i64 → Akte
        AkteGeaendert = 23 "akte_geaendert",
        /// person's OE id → Person
        PersonOe = 24 "person_oe",
        /// owner or station name → Schluessel
        SchluesselName = 25 "schluessel_name",
        /// typ, typ_version u64, id → Akte
        AkteTyp = 26 "akte_typ",
        /// old plan number in its normal form, new one → Konkordanz
        KonkordanzAlt = 27 "konkordanz_alt",
        /// new plan number in its normal form, old one → Konkordanz
        KonkordanzNeu = 28 "konkordanz_neu",
        /// rechteklasse u64, day u64, `Termin` u8, akte id → Fristenstand
        FristFaellig = 29 "frist_faellig",
        /// day of the next run u64, akte id → Fristenstand
        FristLauf = 30 "frist_lauf",
        /// akte id, id → Sperre that was not released
        SperreAkte = 31 "sperre_akte",
    }
}

/// One object as the journal keeps it.
pub trait Record: Serialize + DeserializeOwned {
    /// Its kind.
    const KIND: Kind;
    /// The form of the state as this version writes it; older forms go through `upgrade`.
    const FORM: u16;

    /// The primary key, unique within the kind.
    fn key(&self) -> String;

    /// Names every row by which this record can be listed.
    fn index(&self, _keys: &mut Keys) {}

    /// Reads a state that an older version wrote. The default knows one form only.
    ///
    /// # Errors
    /// If the JSON does not fit or the form is unknown.
    fn upgrade(form: u16, json: &str) -> Result<Self, String> {
        if form != Self::FORM {
            return Err(format!("{}: form {form} is not known here", Self::KIND.name()));
        }
        serde_json::from_str(json).map_err(|e| format!("{}: {e}", Self::KIND.name()))
    }
}

/// The secondary keys of one record.
#[derive(Debug, Default)]
pub struct Keys(pub Vec<(Index, Vec<u8>)>);

impl Keys {
    /// Adds one row.
    pub fn add(&mut self, index: Index, key: Parts) {
        self.0.push((index, key.0));
    }
}

/// Builds keys whose byte order is the order of their parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(pub Vec<u8>);

impl Parts {
    /// No part yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }
    /// A text, closed by a zero byte; bytes of the text below 2 are escaped, so any text sorts.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            match byte {
                0 | 1 => self.0.extend([1, byte + 1]),
                _ => self.0.push(byte),
            }
        }
        self.0.push(0);
        self
    }
    /// An unsigned number, eight bytes.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }
    /// An instant, eight bytes.
    #[must_use]
    pub fn time(self, at: Zeitpunkt) -> Self {
        self.number(u64::from_be_bytes(at.0.to_be_bytes()) ^ (1 << 63))
    }
    /// An id, sixteen bytes.
    #[must_use]
    pub fn id(mut self, id: Uuid) -> Self {
        self.0.extend(id.as_bytes());
        self
    }
    /// Bytes of a fixed length.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}
