//! The registry: all rules of record keeping, and the only writer of the ledger.
//!
//! Every change is one commit whose decision runs in the ledger's writer, on the tables as they are
//! then: rights, existence, state, numbers and If-Match are decided there and nowhere before. Reads
//! go through the same checks. What somebody may do is a type: `acting_as` gives objects that alone
//! have the verbs. A hidden object answers exactly like an unknown one. It never looks at a
//! document's content and knows nothing of HTTP.

mod actor;
mod akten;
mod akten_liste;
mod aktentypen;
mod ansicht;
mod antraege;
mod content;
mod dokumente;
mod dokumente_liste;
mod eingabe;
mod error;
mod facetten;
mod fachsicht;
mod faellig;
mod founding;
mod fristen;
mod fristenlauf;
mod fristenlauf_regeln;
mod gesperrt;
mod jobs;
mod keys;
mod klassen;
mod konkordanz;
mod meinten_sie;
mod merge;
mod organisation;
mod persons;
mod plan;
mod plan_bestand;
mod plan_revision;
mod protokoll;
mod push;
mod search;
mod sicht;
mod sign_on;
mod sperren;
mod views;
mod vorgaenge;
mod vorschlaege;
mod vorschlaege_akten;
mod vorschlaege_lernen;
mod vorschlaege_rueckmeldung;
mod vorschlaege_stand;
mod write;

use std::sync::Arc;

pub use actor::{
    Acting, Actor, Administrator, Approver, Auditor, Clerk, Member, Pusher, Reader, Registrar,
};
pub use akten::Wiederoeffnung;
pub use aktentypen::Feldanzeige;
pub use ansicht::*;
pub use content::{Inhalt, Volltext};
pub use eingabe::*;
pub(crate) use eingabe::{Pruefer, Textart};
pub use error::{Art, Error, Feldfehler};
pub use facetten::{Facette, Facetten, Feldfacette};
pub use fachsicht::FachsichtNeu;
pub use faellig::{FaelligAnsicht, FaelligFilter};
pub use founding::{NeuePerson, System};
pub use fristen::{FristenAnsicht, Fristgrund};
pub use fristenlauf::{FristenlaufAnsicht, Fristenrunde, Fristenschritt, NeuberechnungAnsicht};
pub use jobs::{Jobs, Lesung, OffenerText, SweepReport};
pub(crate) use push::Beleg;
pub use push::{Datei, Einlieferung, Ziel};
pub use search::{Suchanfrage, Suchergebnis};
pub use sign_on::Anmeldung;
pub use sperren::{SperreAnsicht, SperreNeu};
pub use vorschlaege::*;
pub use vorschlaege_lernen::{Anlass, Folge, Lernstoff};
pub use vorschlaege_rueckmeldung::{Rueckgemeldet, RueckmeldungNeu};
pub use vorschlaege_stand::{Abgelehnt, Gelernt, Lose, Vorschlagsstand};
pub use write::Idempotenz;
pub(crate) use write::Marke;

use crate::{
    blob,
    domain::{aktentyp::Aktentypen, fristenstand::Hausvorgaben, source::Source, zeit::Zeitpunkt},
    ledger::Ledger,
    search::Index,
};

/// What varies from house to house.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long the old secret of a rotated key stays valid, milliseconds.
    pub rotation_ms: i64,
    /// How long answers to an Idempotency-Key are kept, milliseconds.
    pub anfragen_ms: i64,
    /// Above this many bytes a document's text is "zu groß".
    pub text_bytes_max: u64,
    /// The types of Akten that there are.
    pub typen: Arc<Aktentypen>,
    /// What the city lays down about periods.
    pub fristen: Hausvorgaben,
}

impl Default for Config {
    fn default() -> Self {
        const DAY_MS: i64 = 86_400_000;
        Self {
            rotation_ms: 7 * DAY_MS,
            anfragen_ms: 90 * DAY_MS,
            text_bytes_max: 200 << 20,
            typen: Aktentypen::eigene(),
            fristen: Hausvorgaben::default(),
        }
    }
}

/// Joins ledger, blobs, derived texts and index. Cheap to clone: all clones are one.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Arc<Ledger>,
    blobs: Arc<blob::Store>,
    derived: Arc<blob::Derived>,
    index: Arc<Index>,
    source: Arc<dyn Source>,
    config: Config,
    klassen: klassen::Cache,
    plan: plan_bestand::Cache,
    vorschlaege: vorschlaege_stand::Halter,
}

impl Registry {
    /// Joins what layer 1 opened.
    #[must_use]
    pub fn new(
        ledger: Arc<Ledger>,
        blobs: Arc<blob::Store>,
        derived: Arc<blob::Derived>,
        index: Arc<Index>,
        source: Arc<dyn Source>,
        config: Config,
    ) -> Self {
        let (klassen, plan, vorschlaege) = Default::default();
        Self(Arc::new(Inner {
            ledger,
            blobs,
            derived,
            index,
            source,
            config,
            klassen,
            plan,
            vorschlaege,
        }))
    }

    /// The caller with the registry in hand.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Acting {
        Acting { registry: self.clone(), actor }
    }

    /// The operator on the command line: trusted as far as the data directory is his.
    #[must_use]
    pub fn system(&self, os_user: &str) -> System {
        System::new(self.clone(), os_user)
    }

    /// The house's own work.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs::new(self.clone())
    }

    /// The ledger, for what only reads it (follow, verify).
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    /// The blob store, for staging.
    #[must_use]
    pub fn blobs(&self) -> &Arc<blob::Store> {
        &self.0.blobs
    }

    /// The types of Akten that there are.
    #[must_use]
    pub fn aktentypen(&self) -> &Arc<Aktentypen> {
        &self.0.config.typen
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Zeitpunkt {
        self.0.source.now()
    }
}
