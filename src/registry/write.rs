//! How the registry writes: one commit whose decision sees the caller's present rights, with the
//! Idempotency-Key remembered in the same entry.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Registry,
    actor::{Acting, Actor},
    ansicht::Quittung,
    error::Error,
    sicht::Sicht,
};
use crate::{
    domain::{
        digest::Digest,
        record::{Kind, Record},
        verwaltung::{Anfrage, Zaehler},
        zeit::Zeitpunkt,
    },
    ledger::{Change, Committed, Draft, Entry, Position, Subject, View},
};

/// A request that may come twice: the client's key, and what the request is besides its bytes.
#[derive(Clone, Debug)]
pub struct Idempotenz {
    /// `Idempotency-Key` as sent.
    pub schluessel: String,
    /// Method and route, e.g. `POST /dokumente`.
    pub route: String,
}

/// Reads a change of one record.
pub(super) fn put<R: Record>(record: &R) -> Result<Change, Error> {
    Ok(Change::put(record)?)
}

/// Refuses if the caller's If-Match is not the present state.
pub(super) fn stimmt(version: u64, present: u64) -> Result<(), Error> {
    if version == present { Ok(()) } else { Err(Error::veraltet()) }
}

/// The next number of a series, and the counter's change. Numbers are given in the decision and
/// journalled with what they number, so none is given twice and none is lost.
pub(super) fn naechste(view: &View<'_>, reihe: &str) -> Result<(u64, Change), Error> {
    let stand = view.get::<Zaehler>(reihe)?.map_or(0, |z| z.value.stand).saturating_add(1);
    Ok((stand, put(&Zaehler { reihe: reihe.to_owned(), stand })?))
}

/// The actor's part of every entry.
#[derive(Clone, Debug)]
pub(super) struct Feder {
    /// Id of the commit.
    pub(super) commit: Uuid,
    pub(super) now: Zeitpunkt,
    pub(super) actor: String,
    on_behalf_of: Option<String>,
    credential_id: Option<String>,
    request_id: Option<String>,
}

impl Feder {
    /// The pen of a person or machine.
    pub(super) fn of(actor: &Actor, commit: Uuid, now: Zeitpunkt) -> Self {
        Self {
            commit,
            now,
            actor: actor.name(),
            on_behalf_of: actor.on_behalf_of.clone(),
            credential_id: actor.credential_id.clone(),
            request_id: actor.request_id.clone(),
        }
    }

    /// The pen of the house itself (`system`, `cli:<os user>`).
    pub(super) fn house(actor: &str, commit: Uuid, now: Zeitpunkt) -> Self {
        Self {
            commit,
            now,
            actor: actor.to_owned(),
            on_behalf_of: None,
            credential_id: None,
            request_id: None,
        }
    }

    /// One entry about one object.
    pub(super) fn draft(
        &self,
        action: &str,
        (kind, key): (Kind, String),
        reason: Option<String>,
        records: Vec<Change>,
    ) -> Draft {
        Draft {
            time: self.now,
            actor: self.actor.clone(),
            on_behalf_of: self.on_behalf_of.clone(),
            credential_id: self.credential_id.clone(),
            request_id: self.request_id.clone(),
            action: action.to_owned(),
            subject: Subject { kind: kind.name().to_owned(), key },
            reason,
            records,
            erases: Vec::new(),
        }
    }
}

/// A decision in the making: the caller's sight and its pen.
pub(super) struct Decision<'a, 'v> {
    pub(super) sicht: Sicht<'a, 'v>,
    pub(super) feder: Feder,
    pub(super) actor: &'a Actor,
}

impl Decision<'_, '_> {
    /// The instant of the request.
    pub(super) const fn now(&self) -> Zeitpunkt {
        self.feder.now
    }

    /// One entry about `record`, which is among `records`.
    pub(super) fn draft<R: Record>(
        &self,
        action: &str,
        record: &R,
        reason: Option<String>,
        mut records: Vec<Change>,
    ) -> Result<Draft, Error> {
        records.insert(0, put(record)?);
        Ok(self.feder.draft(action, (R::KIND, record.key()), reason, records))
    }
}

/// What a decision found: new, or what an earlier request with the same key made.
pub(super) enum Ausgang<T> {
    Neu(T),
    Schon { seq: u64, ergebnis: Uuid },
}

/// Entries, the record that the last of them makes, and its id.
type Gemacht<R> = (Vec<Draft>, R, Uuid);

impl Registry {
    /// Commits with the house's own pen.
    pub(super) fn house_write<T: Send + 'static>(
        &self,
        actor: &str,
        decide: impl FnOnce(&View<'_>, &Feder) -> Result<(Vec<Draft>, T), Error> + Send + 'static,
    ) -> Result<Committed<T>, Error> {
        self.house_write_expecting(actor, vec![], decide)
    }

    /// As `house_write`; `records` are those that the decision will ask for.
    pub(super) fn house_write_expecting<T: Send + 'static>(
        &self,
        actor: &str,
        records: Vec<(Kind, String)>,
        decide: impl FnOnce(&View<'_>, &Feder) -> Result<(Vec<Draft>, T), Error> + Send + 'static,
    ) -> Result<Committed<T>, Error> {
        let id = self.0.source.id();
        let feder = Feder::house(actor, id, self.now());
        Ok(self.0.ledger.commit_expecting(id, records, move |view| decide(view, &feder))?)
    }

    /// The entry of that number.
    pub(super) fn entry(&self, seq: u64) -> Result<Entry, Error> {
        let mut found = self.0.ledger.entries(seq, 1)?;
        found
            .pop()
            .filter(|e| e.position.seq == seq)
            .ok_or_else(|| Error::intern(format!("entry {seq} is missing")))
    }
}

impl Acting {
    /// Commits; `decide` sees the caller's rights of that moment.
    pub(super) fn write<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Decision<'_, '_>) -> Result<(Vec<Draft>, T), Error> + Send + 'static,
    ) -> Result<Committed<T>, Error> {
        self.write_expecting(vec![], decide)
    }

    /// As `write`; `records` are those that the decision will ask for, as far as they are known.
    pub(super) fn write_expecting<T: Send + 'static>(
        &self,
        records: Vec<(Kind, String)>,
        decide: impl FnOnce(&Decision<'_, '_>) -> Result<(Vec<Draft>, T), Error> + Send + 'static,
    ) -> Result<Committed<T>, Error> {
        let now = self.registry.now();
        let id = self.registry.0.source.id();
        let actor = self.actor.clone();
        Ok(self.registry.0.ledger.commit_expecting(id, records, move |view| {
            let sicht = Sicht::new(view, &actor, now)?;
            let feder = Feder::of(&actor, id, now);
            decide(&Decision { sicht, feder, actor: &actor })
        })?)
    }

    /// Reads; `read` sees the caller's rights of this moment.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Sicht<'_, '_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let view = self.registry.0.ledger.view();
        let sicht = Sicht::new(&view, &self.actor, self.registry.now())?;
        read(&sicht)
    }

    /// Says what a decision would say, with the rights that the sign-on found a moment ago: for
    /// what is decided once more, because a way to the tables may be long.
    pub(super) fn forecast<T>(
        &self,
        read: impl FnOnce(&Sicht<'_, '_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let view = self.registry.0.ledger.view();
        read(&Sicht::found(&view, &self.actor))
    }

    /// Commits the making of one record, once for one Idempotency-Key. On a replay the record is
    /// taken from the entry that made it, so that the answer is the original one.
    pub(super) fn create<R: Record + Send + 'static>(
        &self,
        idem: Option<&Idempotenz>,
        request: &impl Serialize,
        decide: impl FnOnce(&Decision<'_, '_>) -> Result<(Draft, R, Uuid), Error> + Send + 'static,
    ) -> Result<Quittung<R>, Error> {
        self.create_entries(idem, request, vec![], |d| {
            let (draft, record, id) = decide(d)?;
            Ok((vec![draft], record, id))
        })
    }

    /// As `create`, in several entries; the last one is about the record. `records` as in
    /// `write_expecting`.
    pub(super) fn create_entries<R: Record + Send + 'static>(
        &self,
        idem: Option<&Idempotenz>,
        request: &impl Serialize,
        records: Vec<(Kind, String)>,
        decide: impl FnOnce(&Decision<'_, '_>) -> Result<Gemacht<R>, Error> + Send + 'static,
    ) -> Result<Quittung<R>, Error> {
        let mark = idem.map(|i| Marke::new(&self.actor, i, request, None)).transpose()?;
        let done = self.write_expecting(records, move |d| {
            if let Some(found) = mark.as_ref().map(|m| m.gesehen(d)).transpose()?.flatten() {
                return Ok((vec![], Ausgang::Schon { seq: found.0, ergebnis: found.1.ergebnis }));
            }
            let (mut drafts, record, id) = decide(d)?;
            if let (Some(mark), Some(last)) = (&mark, drafts.last_mut()) {
                last.records.push(put(&mark.anfrage(id, d.now()))?);
            }
            Ok((drafts, Ausgang::Neu(record)))
        })?;
        match done.value {
            Ausgang::Neu(wert) => Ok(quittung(wert, done.last, false)),
            Ausgang::Schon { seq, ergebnis } => {
                let entry = self.registry.entry(seq)?;
                let position = entry.position;
                let wert = record_in::<R>(&entry, &ergebnis.to_string())?;
                Ok(quittung(wert, position, true))
            }
        }
    }
}

/// A value and where it was written.
pub(super) fn quittung<T>(wert: T, at: Position, wiederholt: bool) -> Quittung<T> {
    Quittung { wert, seq: at.seq, siegel: at.seal.to_string(), wiederholt }
}

impl<T> Quittung<T> {
    /// The same receipt for another form of the value.
    pub(super) fn map<U>(
        self,
        f: impl FnOnce(T) -> Result<U, Error>,
    ) -> Result<Quittung<U>, Error> {
        let Self { wert, seq, siegel, wiederholt } = self;
        Ok(Quittung { wert: f(wert)?, seq, siegel, wiederholt })
    }
}

/// The state that an entry gave to a record.
fn record_in<R: Record>(entry: &Entry, key: &str) -> Result<R, Error> {
    let records = entry.body.iter().flat_map(|b| &b.records);
    let mut of_it = records.filter(|c| c.kind == R::KIND.name() && c.key == key);
    let change = of_it.next().and_then(|c| Some((c.form, c.state.as_ref()?)));
    let (form, state) = change.ok_or_else(|| Error::intern("remembered answer is missing"))?;
    R::upgrade(form, state.get()).map_err(Error::intern)
}

/// Takes `null` fields away: a field that a later version adds must not make a retry another
/// request.
fn ohne_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(ohne_null);
        }
        Value::Array(items) => items.iter_mut().for_each(ohne_null),
        _ => {}
    }
}

/// The remembered form of one request with an Idempotency-Key.
#[derive(Clone, Debug)]
pub(crate) struct Marke {
    /// SHA-256 over caller and key, hex.
    pub(crate) schluessel: String,
    /// SHA-256 over route, canonical request and digest, hex.
    abdruck: String,
    sha256: Option<Digest>,
}

impl Marke {
    /// Of a request by that caller.
    pub(crate) fn new(
        actor: &Actor,
        idem: &Idempotenz,
        request: &impl Serialize,
        sha256: Option<Digest>,
    ) -> Result<Self, Error> {
        let key = &idem.schluessel;
        if key.is_empty() || key.len() > 200 || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let text = "Der Idempotency-Key darf 1 bis 200 sichtbare ASCII-Zeichen haben.";
            return Err(Error::ungueltig("", "idempotenz_schluessel", text));
        }
        let hash = |parts: &[&[u8]]| {
            let mut hasher = Sha256::new();
            for part in parts {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
            hex::encode(hasher.finalize())
        };
        // `serde_json::Value` keeps objects sorted by key (no `preserve_order` here), so equal
        // requests have equal bytes whatever the order they were sent in.
        let mut canonical = serde_json::to_value(request)?;
        ohne_null(&mut canonical);
        let canonical = serde_json::to_vec(&canonical)?;
        let digest = sha256.map(|d| d.0);
        let bytes = digest.as_ref().map_or(&[][..], |d| d);
        Ok(Self {
            schluessel: hash(&[actor.id().as_bytes(), key.as_bytes()]),
            abdruck: hash(&[idem.route.as_bytes(), &canonical, bytes]),
            sha256,
        })
    }

    /// What the same caller made earlier with this key.
    pub(super) fn gesehen(&self, d: &Decision<'_, '_>) -> Result<Option<(u64, Anfrage)>, Error> {
        let Some(found) = d.sicht.get::<Anfrage>(&self.schluessel)? else { return Ok(None) };
        self.passt(&found.value)?;
        Ok(Some((found.seq, found.value)))
    }

    /// Refuses if the remembered request was another one.
    pub(crate) fn passt(&self, anfrage: &Anfrage) -> Result<(), Error> {
        if anfrage.abdruck == self.abdruck {
            return Ok(());
        }
        let text = "Dieser Idempotency-Key wurde schon für eine andere Anfrage verwendet. Nehmen \
                    Sie für jede neue Anfrage einen neuen.";
        Err(Error::konflikt("idempotenz_abweichung", text))
    }

    /// The record of it.
    pub(super) fn anfrage(&self, ergebnis: Uuid, am: Zeitpunkt) -> Anfrage {
        let (schluessel, abdruck) = (self.schluessel.clone(), self.abdruck.clone());
        Anfrage { schluessel, abdruck, ergebnis, sha256: self.sha256, am }
    }
}
