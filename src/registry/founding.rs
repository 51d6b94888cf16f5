//! Founding a house, and what the operator does on the command line: trust is access to the data
//! directory, so the operator needs no second person. Every entry names him (`cli:<os user>`).

use uuid::Uuid;

use super::{
    Registry,
    actor::{Auditor, Member},
    akten::grammatik,
    ansicht::{OeAnsicht, PersonAnsicht, Pruefstand, SchluesselAnsicht, SchluesselNeuAnsicht},
    antraege::startpasswort,
    eingabe::{OeNeu, PersonNeu, RechteNeu, SchluesselNeu},
    error::Error,
    persons::{hat_rolle, zugang_drafts},
    sicht::Sicht,
    views::{oe_ansicht, person_ansicht, schluessel_ansicht},
    write::put,
};
use crate::{
    domain::{
        access::Rolle,
        aktenplan::{Aktenplan, Planeinheit},
        organisation::{Geheimnis, Mandant, Oe, Person, Schluessel, Zugang},
        record::{Kind, Record},
        zeit::Zeitpunkt,
    },
    identity::{password, secret},
    ledger::{Change, Draft, Stored},
};

/// Units of the plan in one entry.
const UNITS_PER_ENTRY: usize = 200;

/// The operator.
#[derive(Clone, Debug)]
pub struct System {
    pub(super) registry: Registry,
    pub(super) actor: String,
}

/// A person as the operator made it, with the start password to hand over.
#[derive(Clone, Debug)]
pub struct NeuePerson {
    /// The person.
    pub person: PersonAnsicht,
    /// Shown once; must be changed at the first sign-on.
    pub startpasswort: String,
}

impl System {
    pub(super) fn new(registry: Registry, os_user: &str) -> Self {
        let name: String = os_user.chars().filter(|c| !c.is_control()).take(100).collect();
        Self { registry, actor: format!("cli:{name}") }
    }

    /// The tenant of this directory; none before it was founded.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn mandant(&self) -> Result<Option<Mandant>, Error> {
        let view = self.registry.0.ledger.view();
        Ok(view.get::<Mandant>("mandant")?.map(|m| m.value))
    }

    /// Founds the house: the first entry of every journal.
    ///
    /// # Errors
    /// `schon_gegruendet`, or as the ledger says.
    pub fn gruenden(&self, name: &str) -> Result<Mandant, Error> {
        let (id, name) = (self.registry.0.source.id(), name.trim().to_owned());
        let head = self.registry.0.ledger.head().seq;
        let done = self.registry.house_write(&self.actor, move |view, feder| {
            if head != 0 || view.get::<Mandant>("mandant")?.is_some() {
                let text = "Dieses Verzeichnis gehört schon einem Mandanten.";
                return Err(Error::konflikt("schon_gegruendet", text));
            }
            let mandant = Mandant { id, name, angelegt: feder.now };
            let subject = (Kind::Mandant, mandant.key());
            let draft = feder.draft("mandant_gegruendet", subject, None, vec![put(&mandant)?]);
            Ok((vec![draft], mandant))
        })?;
        Ok(done.value)
    }

    /// Loads the first filing plan, whole or not at all. Its revision is another matter.
    ///
    /// # Errors
    /// `aktenplan_vorhanden`, `grammatik_ungueltig`, or as the ledger says.
    pub fn aktenplan_laden(&self, plan: Aktenplan, units: Vec<Planeinheit>) -> Result<(), Error> {
        grammatik(&plan).map_err(|why| {
            Error::ungueltig("/grammatik", "grammatik_ungueltig", why.to_string())
        })?;
        self.registry.house_write(&self.actor, move |view, feder| {
            if !view.kind::<Aktenplan>(None, 1)?.is_empty() {
                let text = "Es ist schon ein Aktenplan geladen.";
                return Err(Error::konflikt("aktenplan_vorhanden", text));
            }
            let subject = || (Kind::Aktenplan, plan.kennung.clone());
            let first = feder.draft("aktenplan_geladen", subject(), None, vec![put(&plan)?]);
            let mut drafts: Vec<Draft> = vec![first];
            for chunk in units.chunks(UNITS_PER_ENTRY) {
                let records = chunk.iter().map(put).collect::<Result<Vec<Change>, Error>>()?;
                drafts.push(feder.draft("planeinheiten_geladen", subject(), None, records));
            }
            Ok((drafts, ()))
        })?;
        Ok(())
    }

    /// Makes an OE.
    ///
    /// # Errors
    /// `kuerzel_vergeben`, input.
    pub fn oe_anlegen(&self, mut neu: OeNeu) -> Result<OeAnsicht, Error> {
        neu.pruefen()?;
        let id = self.registry.0.source.id();
        let done = self.registry.house_write(&self.actor, move |view, feder| {
            let oe: Oe = neu.record(&Sicht::house(view), id)?;
            let draft = feder.draft("oe_angelegt", (Kind::Oe, oe.key()), None, vec![put(&oe)?]);
            Ok((vec![draft], oe))
        })?;
        Ok(oe_ansicht(Stored { seq: done.last.seq, value: done.value }))
    }

    /// Makes a person with rights and a start password.
    ///
    /// # Errors
    /// `anmeldename_vergeben`, `rollen_unvereinbar`, input.
    pub fn person_anlegen(
        &self,
        mut neu: PersonNeu,
        rechte: RechteNeu,
    ) -> Result<NeuePerson, Error> {
        neu.pruefen()?;
        let source = &*self.registry.0.source;
        let (id, shown) = (source.id(), startpasswort(source));
        let hash = password::hash(&shown, source).map_err(Error::intern)?;
        let done = self.registry.house_write(&self.actor, move |view, feder| {
            let (oe, rollen, schutzklassen, stufe) = rechte.aufloesen(&Sicht::house(view))?;
            let person = neu.record(view, id, feder)?;
            let person = Person { oe, rollen, schutzklassen, stufe, ..person };
            let subject = (Kind::Person, person.key());
            let first = feder.draft("person_angelegt", subject, None, vec![put(&person)?]);
            let zugang = Zugang { person: id, hash, einmalig: true, seit: feder.now };
            let mut drafts = vec![first];
            drafts.extend(zugang_drafts(view, feder, &zugang, "startpasswort_gesetzt")?);
            Ok((drafts, person))
        })?;
        let person = person_ansicht(Stored { seq: done.first.seq, value: done.value });
        Ok(NeuePerson { person, startpasswort: shown })
    }

    /// Gives a person other rights.
    ///
    /// # Errors
    /// `nicht_gefunden`, `rollen_unvereinbar`, input.
    pub fn person_rechte(&self, id: Uuid, rechte: RechteNeu) -> Result<PersonAnsicht, Error> {
        self.person_write(id, "rechte_geaendert", move |s, person| {
            let (oe, rollen, schutzklassen, stufe) = rechte.aufloesen(s)?;
            Ok(Person { oe, rollen, schutzklassen, stufe, ..person })
        })
    }

    /// Blocks a person, or lets it in again.
    ///
    /// # Errors
    /// `nicht_gefunden`, or as the ledger says.
    pub fn person_sperren(&self, id: Uuid, gesperrt: bool) -> Result<PersonAnsicht, Error> {
        let action = if gesperrt { "person_gesperrt" } else { "person_entsperrt" };
        self.person_write(id, action, move |_, person| Ok(Person { gesperrt, ..person }))
    }

    fn person_write(
        &self,
        id: Uuid,
        action: &'static str,
        change: impl FnOnce(&Sicht<'_, '_>, Person) -> Result<Person, Error> + Send + 'static,
    ) -> Result<PersonAnsicht, Error> {
        let done = self.registry.house_write(&self.actor, move |view, feder| {
            let found = view.get::<Person>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            let person = change(&Sicht::house(view), found.value)?;
            let subject = (Kind::Person, person.key());
            Ok((vec![feder.draft(action, subject, None, vec![put(&person)?])], person))
        })?;
        Ok(person_ansicht(Stored { seq: done.last.seq, value: done.value }))
    }

    /// Gives a person a new start password, which is shown this once.
    ///
    /// # Errors
    /// `nicht_gefunden`, or as the ledger says.
    pub fn startpasswort(&self, id: Uuid) -> Result<String, Error> {
        let source = &*self.registry.0.source;
        let shown = startpasswort(source);
        let hash = password::hash(&shown, source).map_err(Error::intern)?;
        self.registry.house_write(&self.actor, move |view, feder| {
            view.get::<Person>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            let zugang = Zugang { person: id, hash, einmalig: true, seit: feder.now };
            Ok((zugang_drafts(view, feder, &zugang, "startpasswort_gesetzt")?, ()))
        })?;
        Ok(shown)
    }

    /// Makes a key of any scope.
    ///
    /// # Errors
    /// `name_vergeben`, input.
    pub fn schluessel_anlegen(
        &self,
        mut neu: SchluesselNeu,
    ) -> Result<SchluesselNeuAnsicht, Error> {
        neu.pruefen()?;
        let source = &*self.registry.0.source;
        let (id, secret) = (source.id(), secret::new(source, secret::KEY_PREFIX));
        let sha256 = secret.sha256;
        let schluessel = self.key_write("schluessel_angelegt", move |s, feder_now| {
            let mut key = neu.record(s, id, feder_now)?;
            key.geheimnisse.push(Geheimnis { sha256, gueltig_bis: None });
            Ok(key)
        })?;
        Ok(SchluesselNeuAnsicht { schluessel, geheimnis: secret.shown })
    }

    /// Blocks a key for good.
    ///
    /// # Errors
    /// `nicht_gefunden`, or as the ledger says.
    pub fn schluessel_sperren(&self, id: Uuid) -> Result<SchluesselAnsicht, Error> {
        self.key_write("schluessel_gesperrt", move |s, _| {
            let found = s.get::<Schluessel>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            Ok(Schluessel { gesperrt: true, ..found.value })
        })
    }

    fn key_write(
        &self,
        action: &'static str,
        make: impl FnOnce(&Sicht<'_, '_>, Zeitpunkt) -> Result<Schluessel, Error> + Send + 'static,
    ) -> Result<SchluesselAnsicht, Error> {
        let done = self.registry.house_write(&self.actor, move |view, feder| {
            let key = make(&Sicht::house(view), feder.now)?;
            let subject = (Kind::Schluessel, key.key());
            Ok((vec![feder.draft(action, subject, None, vec![put(&key)?])], key))
        })?;
        Ok(schluessel_ansicht(Stored { seq: done.last.seq, value: done.value }))
    }
}

impl Member {
    /// The tenant's name.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn mandant(&self) -> Result<Option<Mandant>, Error> {
        self.0.read(|s| Ok(s.get::<Mandant>("mandant")?.map(|m| m.value)))
    }

    /// Head and counts: what everybody's receipts can be compared with.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn pruefstand(&self) -> Result<Pruefstand, Error> {
        self.0.read(|_| Ok(()))?;
        self.0.registry.pruefstand()
    }
}

impl Auditor {
    /// Refuses unless the caller still has the role now; asked before a check is begun.
    ///
    /// # Errors
    /// `nicht_erlaubt`.
    pub fn noch(&self) -> Result<(), Error> {
        self.0.read(|s| hat_rolle(s, &[Rolle::Revision]))
    }
}
