//! Who acts, and what that alone opens: without the right there is no object that has the verb.
//!
//! The role objects are only the first door. Each verb asks `domain::access::darf` again, inside
//! the decision and with the caller's rights as the ledger has them then, so that a right taken
//! away a moment ago counts.

use uuid::Uuid;

use super::{Registry, error::Error};
use crate::domain::access::{Rolle, Verb, Wer};

/// Who asks, as the sign-on found it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Person or machine.
    pub wer: Wer,
    /// The credential: session or key id.
    pub credential_id: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// For whom, where a Fachverfahren names its user.
    pub on_behalf_of: Option<String>,
}

impl Actor {
    /// Its id: the person's or the key's.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match &self.wer {
            Wer::Person { id, .. } => *id,
            Wer::Maschine(key) => key.id,
        }
    }

    /// As it stands in entries: `person:<id>`, `schluessel:<id>`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.wer {
            Wer::Person { id, .. } => format!("person:{id}"),
            Wer::Maschine(key) => format!("schluessel:{}", key.id),
        }
    }

    fn has(&self, any: &[Rolle]) -> bool {
        match &self.wer {
            Wer::Person { rollen, .. } => rollen.iter().any(|r| any.contains(&r.rolle)),
            Wer::Maschine(_) => false,
        }
    }

    fn key_has(&self, any: &[Verb]) -> bool {
        match &self.wer {
            Wer::Person { .. } => false,
            Wer::Maschine(key) => key.verben.iter().any(|v| any.contains(v)),
        }
    }
}

/// A caller with the registry in hand, and no verb yet.
#[derive(Clone, Debug)]
pub struct Acting {
    pub(crate) registry: Registry,
    pub(crate) actor: Actor,
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub(super) Acting);
    )* };
}

roles! {
    /// Anyone signed on: the filing plan, the list of OEs, one's own password.
    Member
    /// Reads Akten and documents, searches, sees the log of what it may see.
    Reader
    /// Brings documents (clerk, scan station, Fachverfahren).
    Pusher
    /// Opens, changes, files, closes, strikes out.
    Clerk
    /// Keeps files in order: what becomes due, holds.
    Registrar
    /// Persons, OEs, keys; asks for what a second person releases. Reads no content.
    Administrator
    /// Releases what another asked for.
    Approver
    /// Runs the check; sees the log without values.
    Auditor
}

impl Acting {
    /// The actor.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What anyone signed on may.
    #[must_use]
    pub fn member(&self) -> Member {
        Member(self.clone())
    }

    /// For whoever reads objects or (Revision) their log.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn reader(&self) -> Result<Reader, Error> {
        use Rolle::{Archiv, Registratur, Revision, Sachbearbeitung};
        let person = self.actor.has(&[Sachbearbeitung, Registratur, Archiv, Revision]);
        self.allow(person || self.actor.key_has(&[Verb::Lesen, Verb::Protokoll]), Reader)
    }

    /// For whoever brings documents.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn pusher(&self) -> Result<Pusher, Error> {
        use Rolle::{Fachverfahren, Registratur, Sachbearbeitung, Scanstelle};
        let person = self.actor.has(&[Sachbearbeitung, Registratur, Scanstelle, Fachverfahren]);
        self.allow(person || self.actor.key_has(&[Verb::Einliefern]), Pusher)
    }

    /// For whoever works on files.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn clerk(&self) -> Result<Clerk, Error> {
        use Verb::{Aendern, Anlegen, Freigeben, Oeffnen, Schliessen, Stornieren};
        let person = self.actor.has(&[Rolle::Sachbearbeitung, Rolle::Registratur]);
        let verbs = [Anlegen, Aendern, Verb::Ablegen, Schliessen, Oeffnen, Stornieren, Freigeben];
        self.allow(person || self.actor.key_has(&verbs), Clerk)
    }

    /// For the role Registratur; never for a machine.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn registrar(&self) -> Result<Registrar, Error> {
        self.allow(self.actor.has(&[Rolle::Registratur]), Registrar)
    }

    /// For the role Administration; never for a machine.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn administrator(&self) -> Result<Administrator, Error> {
        self.allow(self.actor.has(&[Rolle::Administration]), Administrator)
    }

    /// For the second person: Administration or Revision; never a machine.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn approver(&self) -> Result<Approver, Error> {
        self.allow(self.actor.has(&[Rolle::Administration, Rolle::Revision]), Approver)
    }

    /// For the role Revision.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn auditor(&self) -> Result<Auditor, Error> {
        self.allow(self.actor.has(&[Rolle::Revision]), Auditor)
    }

    fn allow<T>(&self, allowed: bool, make: fn(Self) -> T) -> Result<T, Error> {
        if allowed { Ok(make(self.clone())) } else { Err(Error::nicht_erlaubt()) }
    }
}
