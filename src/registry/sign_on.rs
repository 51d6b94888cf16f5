//! What the sign-on asks the registry: who has this name, whose is this key, and may he still.
//! It checks no password: that is `identity`, and costs too much to be done here.

use std::net::IpAddr;

use uuid::Uuid;

use super::{
    Registry,
    actor::Member,
    ansicht::PersonAnsicht,
    error::Error,
    persons::zugang_drafts,
    sicht::{person_als_wer, schluessel_gilt},
    views::person_ansicht,
};
use crate::{
    domain::{
        access::Wer,
        organisation::{Person, Schluessel, Zugang},
        record::{Index, Parts},
    },
    identity::password,
    ledger::Stored,
};

/// A person and the password digest, where there is one.
pub type Anmeldung = (Stored<Person>, Option<Stored<Zugang>>);

impl Registry {
    /// The person of that sign-on name (without regard to case), blocked ones too, and the
    /// password digest. Whoever asks must treat a blocked person like an unknown name.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn person_by_name(&self, name: &str) -> Result<Option<Anmeldung>, Error> {
        let view = self.0.ledger.view();
        let key = Parts::new().text(&name.to_lowercase());
        let Some(person) = view.first::<Person>(Index::PersonName, &key)? else {
            return Ok(None);
        };
        let zugang = view.get::<Zugang>(&person.value.id.to_string())?;
        Ok(Some((person, zugang)))
    }

    /// The key with that secret (SHA-256, hex), if it is valid now and from that address.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn find_key(&self, sha256: &str, from: IpAddr) -> Result<Option<Schluessel>, Error> {
        let (view, now) = (self.0.ledger.view(), self.now());
        let key = Parts::new().text(&sha256.to_lowercase());
        let found = view.first::<Schluessel>(Index::SchluesselHash, &key)?;
        let Some(key) = found.map(|k| k.value) else { return Ok(None) };
        let from = from.to_canonical();
        let near = key.netze.is_empty() || key.netze.iter().any(|net| net.contains(&from));
        let secret = key.geheimnisse.iter().find(|g| g.sha256.eq_ignore_ascii_case(sha256));
        let fresh = secret.is_some_and(|g| g.gueltig_bis.is_none_or(|end| now < end));
        Ok(Some(key).filter(|k| near && fresh && schluessel_gilt(k, now)))
    }

    /// The person as the access rule sees it; none if unknown or blocked.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn wer(&self, person: Uuid) -> Result<Option<Wer>, Error> {
        let found = self.0.ledger.view().get::<Person>(&person.to_string())?;
        Ok(found.map(|p| p.value).filter(|p| !p.gesperrt).map(person_als_wer))
    }

    /// The entry that gave the person the present password, and whether it is a start password,
    /// which has to be changed; none without a password.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn passwortstand(&self, person: Uuid) -> Result<Option<(u64, bool)>, Error> {
        let found = self.0.ledger.view().get::<Zugang>(&person.to_string())?;
        Ok(found.map(|z| (z.seq, z.value.einmalig)))
    }
}

impl Member {
    /// Oneself; none for a machine.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn ich(&self) -> Result<Option<PersonAnsicht>, Error> {
        self.0.read(|s| match &s.wer {
            Wer::Person { id, .. } => Ok(s.get::<Person>(&id.to_string())?.map(person_ansicht)),
            Wer::Maschine(_) => Ok(None),
        })
    }

    /// Changes one's own password; the old one must be given. The entry that held the old digest
    /// is erased. The caller ends the person's sessions; returned is the entry of the new password,
    /// for the next one.
    ///
    /// # Errors
    /// `passwort_falsch`, `passwort_schwach`, `nicht_erlaubt` for a machine, busy, ledger.
    pub fn passwort_aendern(
        &self,
        gate: &password::Gate,
        alt: &str,
        neu: &str,
    ) -> Result<u64, Error> {
        let Wer::Person { id, .. } = self.0.actor.wer else { return Err(Error::nicht_erlaubt()) };
        let registry = &self.0.registry;
        let (person, zugang) = self.0.read(|s| {
            let person = s.get::<Person>(&id.to_string())?.ok_or_else(Error::nicht_erlaubt)?;
            Ok((person.value, s.get::<Zugang>(&id.to_string())?))
        })?;
        let hash = zugang.as_ref().map(|z| z.value.hash.as_str());
        if !gate.verify(hash, alt).map_err(gate_error)? {
            let text = "Das bisherige Passwort ist falsch.";
            return Err(Error::ungueltig("/alt", "passwort_falsch", text));
        }
        if let Err(weak) = password::check(neu, &person.anmeldename) {
            return Err(Error::ungueltig("/neu", "passwort_schwach", weak.to_string()));
        }
        if alt == neu {
            let text = "Das neue Passwort ist das bisherige. Wählen Sie ein anderes.";
            return Err(Error::ungueltig("/neu", "passwort_schwach", text));
        }
        let hash = gate.hash(neu, &*registry.0.source).map_err(gate_error)?;
        let verified = zugang.map(|z| z.seq);
        let done = self.0.write(move |d| {
            // Whoever verified a password that was replaced meanwhile proved nothing.
            let present = d.sicht.get::<Zugang>(&id.to_string())?.map(|z| z.seq);
            if present != verified {
                return Err(Error::veraltet());
            }
            let zugang = Zugang { person: id, hash, einmalig: false, seit: d.now() };
            Ok((zugang_drafts(d.sicht.view, &d.feder, &zugang, "passwort_geaendert")?, ()))
        })?;
        Ok(done.first.seq)
    }
}

/// A gate that has too many waiting says so; anything else is ours.
pub(super) fn gate_error(error: password::Error) -> Error {
    match error {
        password::Error::Busy => {
            let text = "Zurzeit melden sich zu viele an. Wiederholen Sie es in einigen Sekunden.";
            Error::new(super::Art::Voll, "voll", text)
        }
        password::Error::Hash(cause) => Error::intern(cause),
    }
}
