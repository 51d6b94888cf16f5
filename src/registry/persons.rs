//! Persons and their passwords. One administrator makes and blocks persons; whatever gives a
//! person rights or a password needs a second one (`antraege`).

use uuid::Uuid;

use super::{
    actor::{Administrator, Auditor},
    ansicht::{PersonAnsicht, Quittung, Seite},
    eingabe::{Blatt, PersonNeu, Pruefer, Textart},
    error::Error,
    sicht::Sicht,
    views::person_ansicht,
    write::{Decision, Feder, Idempotenz, put, quittung, stimmt},
};
use crate::{
    domain::{
        access::{Rolle, Wer},
        organisation::{Person, Rollenzuweisung, Zugang},
        record::{Index, Kind, Parts},
        verwaltung::Loeschung,
    },
    ledger::{Draft, Stored, View},
};

impl PersonNeu {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        check.pflicht("/anmeldename", &mut self.anmeldename, Textart::Zeile(100));
        check.pflicht("/name", &mut self.name, Textart::Zeile(200));
        if self.anmeldename.chars().any(char::is_whitespace) {
            let text = "Ein Anmeldename hat keine Leerzeichen.";
            check.falsch("/anmeldename", "zeichen_unzulaessig", text);
        }
        check.ende()
    }

    /// The person without any right, if the name is free.
    pub(super) fn record(&self, view: &View<'_>, id: Uuid, feder: &Feder) -> Result<Person, Error> {
        let name = Parts::new().text(&self.anmeldename.to_lowercase());
        if view.first::<Person>(Index::PersonName, &name)?.is_some() {
            let text = format!("Der Anmeldename „{}“ ist schon vergeben.", self.anmeldename);
            return Err(Error::konflikt("anmeldename_vergeben", text));
        }
        Ok(Person {
            id,
            anmeldename: self.anmeldename.clone(),
            name: self.name.clone(),
            oe: None,
            rollen: vec![],
            schutzklassen: vec![],
            stufe: Default::default(),
            gesperrt: false,
            angelegt: feder.now,
        })
    }
}

/// Refuses roles that one person must not hold together: who runs the house reads no content, and
/// who audits it neither runs it nor works in it.
pub(super) fn rollen_vereinbar(rollen: &[Rollenzuweisung]) -> Result<(), Error> {
    let alone = [Rolle::Administration, Rolle::Revision];
    let mixed = |role: &Rolle| {
        rollen.iter().any(|r| r.rolle == *role) && rollen.iter().any(|r| r.rolle != *role)
    };
    if alone.iter().any(mixed) {
        let text = "Administration und Revision lassen sich mit keiner anderen Rolle verbinden. \
                    Legen Sie dafür eine zweite Person an.";
        return Err(Error::ungueltig("/rollen", "rollen_unvereinbar", text));
    }
    Ok(())
}

/// The entries that set a password: the new digest stands alone in its entry, so that this entry
/// can be erased when it is replaced in turn; the order to erase the old one stands in another,
/// so that it is never lost with it.
pub(super) fn zugang_drafts(
    view: &View<'_>,
    feder: &Feder,
    zugang: &Zugang,
    action: &str,
) -> Result<Vec<Draft>, Error> {
    let key = zugang.person.to_string();
    let old = view.get::<Zugang>(&key)?.map(|z| z.seq);
    let new = feder.draft(action, (Kind::Zugang, key.clone()), None, vec![put(zugang)?]);
    let mut drafts = vec![new];
    if let Some(old) = old {
        let erasure = put(&Loeschung { id: feder.commit, seqs: vec![old] })?;
        let mut order = feder.draft("zugang_ersetzt", (Kind::Person, key), None, vec![erasure]);
        order.erases = vec![old];
        drafts.push(order);
    }
    Ok(drafts)
}

impl Decision<'_, '_> {
    /// Refuses unless the caller has the role Administration now.
    pub(super) fn administration(&self) -> Result<(), Error> {
        hat_rolle(&self.sicht, &[Rolle::Administration])
    }
}

/// Refuses unless the caller is a person with one of these roles now; never a machine.
pub(super) fn hat_rolle(sicht: &Sicht<'_, '_>, roles: &[Rolle]) -> Result<(), Error> {
    match &sicht.wer {
        Wer::Person { rollen, .. } if rollen.iter().any(|r| roles.contains(&r.rolle)) => Ok(()),
        _ => Err(Error::nicht_erlaubt()),
    }
}

/// A page of persons in the order of their sign-on names.
fn seite(sicht: &Sicht<'_, '_>, blatt: &Blatt) -> Result<Seite<PersonAnsicht>, Error> {
    let (after, limit) = (blatt.nach.as_deref(), blatt.menge());
    let rows = sicht.view.scan(Index::PersonName, &Parts::new(), after, false, limit)?;
    let full = rows.len() == limit;
    let weiter = rows.last().filter(|_| full).map(|r| r.place.clone());
    let mut eintraege = Vec::with_capacity(rows.len());
    for row in rows {
        eintraege.extend(sicht.get::<Person>(&row.key)?.map(person_ansicht));
    }
    Ok(Seite { eintraege, weiter })
}

impl Auditor {
    /// All persons and their rights.
    ///
    /// # Errors
    /// `nicht_erlaubt`, or as the ledger says.
    pub fn personen(&self, blatt: &Blatt) -> Result<Seite<PersonAnsicht>, Error> {
        self.0.read(|s| {
            hat_rolle(s, &[Rolle::Revision])?;
            seite(s, blatt)
        })
    }
}

impl Administrator {
    /// All persons.
    ///
    /// # Errors
    /// `nicht_erlaubt`, or as the ledger says.
    pub fn personen(&self, blatt: &Blatt) -> Result<Seite<PersonAnsicht>, Error> {
        self.0.read(|s| {
            hat_rolle(s, &[Rolle::Administration])?;
            seite(s, blatt)
        })
    }

    /// One person.
    ///
    /// # Errors
    /// `nicht_gefunden`.
    pub fn person(&self, id: Uuid) -> Result<PersonAnsicht, Error> {
        self.0.read(|s| {
            hat_rolle(s, &[Rolle::Administration])?;
            let found = s.get::<Person>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            Ok(person_ansicht(found))
        })
    }

    /// Makes a person who can do nothing yet.
    ///
    /// # Errors
    /// `anmeldename_vergeben`, input.
    pub fn person_anlegen(
        &self,
        mut neu: PersonNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<PersonAnsicht>, Error> {
        neu.pruefen()?;
        let id = self.0.registry.0.source.id();
        let request = neu.clone();
        let done = self.0.create(idem, &request, move |d| {
            d.administration()?;
            let person = neu.record(d.sicht.view, id, &d.feder)?;
            Ok((d.draft("person_angelegt", &person, None, vec![])?, person, id))
        })?;
        let seq = done.seq;
        done.map(|value| Ok(person_ansicht(Stored { seq, value })))
    }

    /// Blocks a person, or lets it in again with the rights that two persons gave it. The caller
    /// ends the sessions of a blocked one.
    ///
    /// # Errors
    /// `nicht_gefunden`, `version_veraltet`, `selbst_gesperrt`.
    pub fn person_sperren(
        &self,
        id: Uuid,
        version: u64,
        gesperrt: bool,
    ) -> Result<Quittung<PersonAnsicht>, Error> {
        let done = self.0.write(move |d| {
            d.administration()?;
            if d.actor.id() == id {
                let text = "Sich selbst sperrt niemand. Bitten Sie eine andere Administration.";
                return Err(Error::konflikt("selbst_gesperrt", text));
            }
            let found = d.sicht.get::<Person>(&id.to_string())?;
            let found = found.ok_or_else(Error::nicht_gefunden)?;
            stimmt(version, found.seq)?;
            let person = Person { gesperrt, ..found.value };
            let action = if gesperrt { "person_gesperrt" } else { "person_entsperrt" };
            Ok((vec![d.draft(action, &person, None, vec![])?], person))
        })?;
        let (value, at) = (done.value, done.last);
        Ok(quittung(person_ansicht(Stored { seq: at.seq, value }), at, false))
    }
}
