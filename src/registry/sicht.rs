//! One caller's sight of the tables: every object is fetched through the access rule.
//!
//! It lives for one read or one decision and remembers what it has fetched, so that a page of
//! fifty documents of one Akte reads that Akte once. The caller's rights are read anew when it is
//! made; what a session believed of itself does not count.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use uuid::Uuid;

use super::{actor::Actor, error::Error};
use crate::{
    domain::{
        access::{Rechte, Urteil, Verb, Wer, darf},
        akte::{Akte, Vorgang, Zustand},
        dokument::{Dokument, Ort},
        organisation::{Oe, Person, Schluessel},
        record::{Index, Kind, Parts, Record},
        verwaltung::Rechteklasse,
        zeit::Zeitpunkt,
    },
    ledger::{Stored, View},
};

/// An Akte and the rights it stands under.
pub(super) type MitRechten<T> = (Stored<T>, Rechte);

/// See the module.
pub(super) struct Sicht<'a, 'v> {
    pub(super) view: &'a View<'v>,
    pub(super) wer: Wer,
    klassen: RefCell<HashMap<u64, Rechte>>,
    akten: RefCell<HashMap<Uuid, Option<Stored<Akte>>>>,
    vorgaenge: RefCell<HashMap<Uuid, Option<Stored<Vorgang>>>>,
    dokumente: RefCell<HashMap<Uuid, Option<Stored<Dokument>>>>,
    oes: RefCell<HashMap<Uuid, Option<Stored<Oe>>>>,
}

impl<'a, 'v> Sicht<'a, 'v> {
    /// The sight of `actor` as the ledger knows it now.
    pub(super) fn new(view: &'a View<'v>, actor: &Actor, now: Zeitpunkt) -> Result<Self, Error> {
        let wer = present(view, &actor.wer, now)?;
        Ok(Self::with(view, wer))
    }

    /// The sight of `actor` as the sign-on found it.
    pub(super) fn found(view: &'a View<'v>, actor: &Actor) -> Self {
        Self::with(view, actor.wer.clone())
    }

    /// The sight of the house itself, which the rule grants nothing: for what is no secret.
    pub(super) fn house(view: &'a View<'v>) -> Self {
        let (rollen, schutzklassen) = (vec![], vec![]);
        let stufe = Default::default();
        Self::with(view, Wer::Person { id: Uuid::nil(), oe: None, rollen, schutzklassen, stufe })
    }

    fn with(view: &'a View<'v>, wer: Wer) -> Self {
        Self {
            view,
            wer,
            klassen: RefCell::default(),
            akten: RefCell::default(),
            vorgaenge: RefCell::default(),
            dokumente: RefCell::default(),
            oes: RefCell::default(),
        }
    }

    /// A record, whoever asks; for what is no secret, and before the rule was asked.
    pub(super) fn get<R: Record>(&self, key: &str) -> Result<Option<Stored<R>>, Error> {
        Ok(self.view.get::<R>(key)?)
    }

    /// The rights behind a class.
    pub(super) fn klasse(&self, nummer: u64) -> Result<Rechte, Error> {
        if let Some(known) = self.klassen.borrow().get(&nummer) {
            return Ok(known.clone());
        }
        let found = self.get::<Rechteklasse>(&nummer.to_string())?;
        let Some(found) = found else {
            return Err(Error::intern(format!("rechteklasse {nummer} is missing")));
        };
        self.klassen.borrow_mut().insert(nummer, found.value.rechte.clone());
        Ok(found.value.rechte)
    }

    /// What the rule says.
    pub(super) fn urteil(
        &self,
        verb: Verb,
        rechte: &Rechte,
        zustand: Option<Zustand>,
        planeinheit: Option<&str>,
    ) -> Urteil {
        darf(&self.wer, verb, rechte, zustand, planeinheit)
    }

    /// The rule as a refusal.
    pub(super) fn darf(
        &self,
        verb: Verb,
        rechte: &Rechte,
        zustand: Option<Zustand>,
        planeinheit: Option<&str>,
    ) -> Result<(), Error> {
        match self.urteil(verb, rechte, zustand, planeinheit) {
            Urteil::Ja => Ok(()),
            Urteil::Nein => Err(Error::nicht_erlaubt()),
            Urteil::Verborgen => Err(Error::nicht_gefunden()),
        }
    }

    /// An Akte without asking the rule.
    pub(super) fn akte_roh(&self, id: Uuid) -> Result<Option<Stored<Akte>>, Error> {
        memo(&self.akten, id, || self.get::<Akte>(&id.to_string()))
    }

    /// A document without asking the rule.
    pub(super) fn dokument_roh(&self, id: Uuid) -> Result<Option<Stored<Dokument>>, Error> {
        memo(&self.dokumente, id, || self.get::<Dokument>(&id.to_string()))
    }

    /// Fetches many documents and their Akten in two ways to the tables, not in one for each.
    pub(super) fn vorholen(&self, ids: &[Uuid]) -> Result<(), Error> {
        let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        self.view.expect(Kind::Dokument, keys.iter().map(String::as_str))?;
        let mut akten = BTreeSet::new();
        for id in ids {
            akten.extend(self.dokument_roh(*id)?.and_then(|dok| dok.value.ort.akte()));
        }
        let keys: Vec<String> = akten.iter().map(Uuid::to_string).collect();
        Ok(self.view.expect(Kind::Akte, keys.iter().map(String::as_str))?)
    }

    /// A Vorgang without asking the rule.
    pub(super) fn vorgang_roh(&self, id: Uuid) -> Result<Option<Stored<Vorgang>>, Error> {
        memo(&self.vorgaenge, id, || self.get::<Vorgang>(&id.to_string()))
    }

    /// An OE; no secret.
    pub(super) fn oe(&self, id: Uuid) -> Result<Option<Stored<Oe>>, Error> {
        memo(&self.oes, id, || self.get::<Oe>(&id.to_string()))
    }

    /// An OE named by Kürzel or id.
    pub(super) fn oe_finden(&self, zeiger: &str, text: &str) -> Result<Stored<Oe>, Error> {
        let found = match Uuid::parse_str(text) {
            Ok(id) => self.oe(id)?,
            Err(_) => {
                let name = Parts::new().text(text.trim());
                self.view.first::<Oe>(Index::OeKuerzel, &name)?
            }
        };
        found.filter(|oe| oe.value.aktiv).ok_or_else(|| {
            let text = format!("Die Organisationseinheit „{text}“ gibt es nicht.");
            Error::ungueltig(zeiger, "oe_unbekannt", text)
        })
    }

    /// What the rule says of an Akte that was already fetched.
    pub(super) fn akte_darf(&self, akte: &Akte, verb: Verb) -> Result<Rechte, Error> {
        let rechte = self.klasse(akte.rechteklasse)?;
        self.darf(verb, &rechte, Some(akte.zustand), Some(&akte.planeinheit))?;
        Ok(rechte)
    }

    /// An Akte for one verb.
    pub(super) fn akte(&self, id: Uuid, verb: Verb) -> Result<MitRechten<Akte>, Error> {
        let akte = self.akte_roh(id)?.ok_or_else(Error::nicht_gefunden)?;
        let rechte = self.akte_darf(&akte.value, verb)?;
        Ok((akte, rechte))
    }

    /// A Vorgang for one verb; its rights are its Akte's.
    pub(super) fn vorgang(
        &self,
        id: Uuid,
        verb: Verb,
    ) -> Result<(Stored<Vorgang>, Stored<Akte>), Error> {
        let vorgang = self.vorgang_roh(id)?.ok_or_else(Error::nicht_gefunden)?;
        let (akte, _) = self.akte(vorgang.value.akte_id, verb)?;
        Ok((vorgang, akte))
    }

    /// What the rule says of a document that was already fetched.
    pub(super) fn dokument_urteil(&self, dok: &Dokument, verb: Verb) -> Result<Urteil, Error> {
        match &dok.ort {
            Ort::Posteingang { rechteklasse, .. } => {
                Ok(self.urteil(verb, &self.klasse(*rechteklasse)?, None, None))
            }
            Ort::Akte { akte_id } | Ort::Vorgang { akte_id, .. } => {
                let akte = self.akte_roh(*akte_id)?;
                let akte = akte.ok_or_else(|| Error::intern("document without its akte"))?.value;
                let rechte = self.klasse(akte.rechteklasse)?;
                Ok(self.urteil(verb, &rechte, Some(akte.zustand), Some(&akte.planeinheit)))
            }
        }
    }

    /// A document for one verb.
    pub(super) fn dokument(&self, id: Uuid, verb: Verb) -> Result<Stored<Dokument>, Error> {
        let dok = self.get::<Dokument>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
        match self.dokument_urteil(&dok.value, verb)? {
            Urteil::Ja => Ok(dok),
            Urteil::Nein => Err(Error::nicht_erlaubt()),
            Urteil::Verborgen => Err(Error::nicht_gefunden()),
        }
    }

    /// Refuses what would change a document, or add one, where the file is closed.
    pub(super) fn ort_offen(&self, ort: &Ort) -> Result<(), Error> {
        if let Some(id) = ort.akte() {
            let akte = self.akte_roh(id)?.ok_or_else(|| Error::intern("akte is missing"))?;
            akte_offen(&akte.value)?;
        }
        if let Ort::Vorgang { vorgang_id, .. } = ort {
            let found = self.vorgang_roh(*vorgang_id)?;
            let vorgang = found.ok_or_else(|| Error::intern("vorgang is missing"))?;
            vorgang_offen(&vorgang.value)?;
        }
        Ok(())
    }

    /// The OE in which the caller may do `verb` to new things, where it is the only one.
    pub(super) fn einzige_oe(&self) -> Option<Uuid> {
        let mut all: Vec<Uuid> = match &self.wer {
            Wer::Person { oe, rollen, .. } => {
                let mut of_roles: Vec<Uuid> = rollen.iter().filter_map(|r| r.oe).collect();
                if let Some(own) =
                    oe.filter(|own| of_roles.contains(own) || rollen.iter().any(|r| r.oe.is_none()))
                {
                    return Some(own);
                }
                of_roles.sort_unstable();
                of_roles
            }
            Wer::Maschine(key) => key.oe.clone(),
        };
        all.dedup();
        match all.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

/// Refuses unless the Akte is open.
pub(super) fn akte_offen(akte: &Akte) -> Result<(), Error> {
    if akte.zustand.nimmt_auf() {
        return Ok(());
    }
    let text = format!(
        "Die Akte {} ist nicht mehr offen. Lassen Sie sie von der Registratur wieder öffnen, \
         oder wählen Sie eine andere.",
        akte.aktenzeichen
    );
    Err(Error::zustand("akte_geschlossen", text))
}

/// Refuses unless the Vorgang is open.
pub(super) fn vorgang_offen(vorgang: &Vorgang) -> Result<(), Error> {
    if vorgang.zustand.nimmt_auf() {
        return Ok(());
    }
    let text = format!(
        "Der Vorgang {} ist geschlossen und ändert sich nicht mehr. Wählen Sie einen anderen \
         Vorgang derselben Akte, oder legen Sie einen neuen an.",
        vorgang.geschaeftszeichen
    );
    Err(Error::zustand("vorgang_geschlossen", text))
}

fn memo<T: Clone>(
    cell: &RefCell<HashMap<Uuid, Option<T>>>,
    id: Uuid,
    fetch: impl FnOnce() -> Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    if let Some(known) = cell.borrow().get(&id) {
        return Ok(known.clone());
    }
    let found = fetch()?;
    cell.borrow_mut().insert(id, found.clone());
    Ok(found)
}

/// The caller as the ledger knows it now.
fn present(view: &View<'_>, wer: &Wer, now: Zeitpunkt) -> Result<Wer, Error> {
    match wer {
        Wer::Person { id, .. } => {
            let person = view.get::<Person>(&id.to_string())?.filter(|p| !p.value.gesperrt);
            Ok(person_als_wer(person.ok_or_else(Error::nicht_erlaubt)?.value))
        }
        Wer::Maschine(key) => {
            let found = view.get::<Schluessel>(&key.id.to_string())?.map(|k| k.value);
            let found = found.filter(|k| schluessel_gilt(k, now));
            Ok(Wer::Maschine(Box::new(found.ok_or_else(Error::nicht_erlaubt)?)))
        }
    }
}

/// The person as the access rule sees it.
pub(super) fn person_als_wer(person: Person) -> Wer {
    Wer::Person {
        id: person.id,
        oe: person.oe,
        rollen: person.rollen,
        schutzklassen: person.schutzklassen,
        stufe: person.stufe,
    }
}

/// False once a key is blocked or over.
pub(super) fn schluessel_gilt(key: &Schluessel, now: Zeitpunkt) -> bool {
    !key.gesperrt && key.ablauf.is_none_or(|end| now < end)
}
