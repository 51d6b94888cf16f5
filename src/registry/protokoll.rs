//! The log of an object: each entry that concerns it, with the old and the new value of every
//! field it changed. The log is the journal itself; nothing is kept for it.
//!
//! Who may see the log but not the object's content (Revision) learns which fields changed, when
//! and by whom, but no value. An object's log is its own: what lies in an Akte has its own log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    actor::{Acting, Administrator, Auditor, Member, Reader},
    ansicht::{Feldaenderung, Protokolleintrag, Seite},
    eingabe::Blatt,
    error::Error,
    persons::hat_rolle,
    sicht::Sicht,
};
use crate::{
    domain::{
        access::{Rolle, Urteil, Verb, Wer},
        dokument::Dokument,
        organisation::{Oe, Person, Schluessel},
        record::Kind,
        verwaltung::Antrag,
    },
    ledger::{Entry, View},
};

/// Fields that nobody is shown, in whatever record they stand.
const GEHEIM: [&str; 2] = ["geheimnisse", "hash"];

/// Where a record has the fields of its type.
const FELDER: &str = "felder";

/// What the log is of, and whether its values are shown.
struct Objekt {
    kind: Kind,
    values: bool,
}

impl Reader {
    /// The log of an Akte, a Vorgang or a document, newest first.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn protokoll(&self, id: Uuid, blatt: &Blatt) -> Result<Seite<Protokolleintrag>, Error> {
        let objekt = self.0.read(|s| akten_objekt(s, id))?.ok_or_else(Error::nicht_gefunden)?;
        self.0.protokoll_seite(&objekt, id, blatt)
    }
}

impl Auditor {
    /// The log of any object, without values where it is content.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn protokoll(&self, id: Uuid, blatt: &Blatt) -> Result<Seite<Protokolleintrag>, Error> {
        let objekt = self.0.read(|s| {
            hat_rolle(s, &[Rolle::Revision])?;
            Ok(akten_objekt(s, id)?.or(haus_objekt(s.view, id)?))
        })?;
        self.0.protokoll_seite(&objekt.ok_or_else(Error::nicht_gefunden)?, id, blatt)
    }
}

impl Administrator {
    /// The log of a person, an OE, a key or a request; never of content.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn protokoll(&self, id: Uuid, blatt: &Blatt) -> Result<Seite<Protokolleintrag>, Error> {
        let objekt = self.0.read(|s| {
            hat_rolle(s, &[Rolle::Administration])?;
            haus_objekt(s.view, id)
        })?;
        self.0.protokoll_seite(&objekt.ok_or_else(Error::nicht_gefunden)?, id, blatt)
    }
}

impl Acting {
    /// The log of an object by the role the caller has. Roles that would see different things
    /// can't be held together, so the first one counts.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn protokoll(&self, id: Uuid, blatt: &Blatt) -> Result<Seite<Protokolleintrag>, Error> {
        let has = |role| match &self.actor.wer {
            Wer::Person { rollen, .. } => rollen.iter().any(|r| r.rolle == role),
            Wer::Maschine(_) => false,
        };
        if has(Rolle::Revision) {
            self.auditor()?.protokoll(id, blatt)
        } else if has(Rolle::Administration) {
            self.administrator()?.protokoll(id, blatt)
        } else {
            self.reader()?.protokoll(id, blatt)
        }
    }
}

impl Member {
    /// The names of those whom log entries name as `person:<id>` or `schluessel:<id>`; who works
    /// in the house is no secret to whoever works there.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn namen(&self, akteure: &BTreeSet<String>) -> Result<BTreeMap<String, String>, Error> {
        self.0.read(|s| {
            let mut names = BTreeMap::new();
            for akteur in akteure {
                let name = match akteur.split_once(':') {
                    Some(("person", id)) => s.get::<Person>(id)?.map(|p| p.value.name),
                    Some(("schluessel", id)) => s.get::<Schluessel>(id)?.map(|k| k.value.name),
                    _ => None,
                };
                names.extend(name.map(|name| (akteur.clone(), name)));
            }
            Ok(names)
        })
    }
}

/// The Akte, Vorgang or document, if the caller may see its log. A hidden one refuses like an
/// unknown one.
fn akten_objekt(s: &Sicht<'_, '_>, id: Uuid) -> Result<Option<Objekt>, Error> {
    let (kind, urteil) = if let Some(akte) = s.akte_roh(id)? {
        let (a, rechte) = (&akte.value, s.klasse(akte.value.rechteklasse)?);
        let ask = |verb| s.urteil(verb, &rechte, Some(a.zustand), Some(&a.planeinheit));
        (Kind::Akte, (ask(Verb::Protokoll), ask(Verb::Lesen)))
    } else if let Some(vorgang) = s.vorgang_roh(id)? {
        let akte = s.akte_roh(vorgang.value.akte_id)?;
        let akte = akte.ok_or_else(|| Error::intern("akte is missing"))?.value;
        let rechte = s.klasse(akte.rechteklasse)?;
        let ask = |verb| s.urteil(verb, &rechte, Some(akte.zustand), Some(&akte.planeinheit));
        (Kind::Vorgang, (ask(Verb::Protokoll), ask(Verb::Lesen)))
    } else if let Some(dok) = s.get::<Dokument>(&id.to_string())? {
        let ask = |verb| s.dokument_urteil(&dok.value, verb);
        (Kind::Dokument, (ask(Verb::Protokoll)?, ask(Verb::Lesen)?))
    } else {
        return Ok(None);
    };
    match urteil.0 {
        Urteil::Ja => Ok(Some(Objekt { kind, values: urteil.1 == Urteil::Ja })),
        Urteil::Nein => Err(Error::nicht_erlaubt()),
        Urteil::Verborgen => Err(Error::nicht_gefunden()),
    }
}

/// The person, OE, key or request.
fn haus_objekt(view: &View<'_>, id: Uuid) -> Result<Option<Objekt>, Error> {
    let key = id.to_string();
    let kind = if view.get::<Person>(&key)?.is_some() {
        Kind::Person
    } else if view.get::<Oe>(&key)?.is_some() {
        Kind::Oe
    } else if view.get::<Schluessel>(&key)?.is_some() {
        Kind::Schluessel
    } else if view.get::<Antrag>(&key)?.is_some() {
        Kind::Antrag
    } else {
        return Ok(None);
    };
    Ok(Some(Objekt { kind, values: true }))
}

impl Acting {
    fn protokoll_seite(
        &self,
        objekt: &Objekt,
        id: Uuid,
        blatt: &Blatt,
    ) -> Result<Seite<Protokolleintrag>, Error> {
        let key = id.to_string();
        let before = match &blatt.nach {
            None => u64::MAX,
            Some(place) => <[u8; 8]>::try_from(place.as_slice())
                .map(u64::from_be_bytes)
                .map_err(|_| Error::ungueltig("", "cursor", "Diese Seite gibt es nicht."))?,
        };
        let limit = blatt.menge();
        let ledger = &self.registry.0.ledger;
        // A few more than shown: the old values of the oldest one stand in an entry before it,
        // and some entries concern an object without changing it.
        let seqs = ledger.history(objekt.kind, &key, before, limit + 8)?;
        let mut entries = Vec::with_capacity(seqs.len());
        for seq in &seqs {
            let entry = self.registry.entry(*seq)?;
            let state = state_in(&entry, objekt.kind, &key)?;
            entries.push((entry, state));
        }
        let more = seqs.len() > limit;
        let mut shown = Vec::with_capacity(limit);
        for (i, (entry, state)) in entries.iter().take(limit).enumerate() {
            let older = entries.iter().skip(i + 1).find_map(|(_, state)| state.as_ref());
            shown.push(eintrag(entry, state.as_ref(), older, objekt.values));
        }
        let last = shown.last().filter(|_| more).map(|e| e.seq.to_be_bytes().to_vec());
        Ok(Seite { eintraege: shown, weiter: last })
    }
}

/// The state that an entry gave to the object; an empty one if it was taken away.
fn state_in(entry: &Entry, kind: Kind, key: &str) -> Result<Option<Map<String, Value>>, Error> {
    let records = entry.body.iter().flat_map(|b| &b.records);
    let mut of_it = records.filter(|c| c.kind == kind.name() && c.key == key);
    let Some(change) = of_it.next() else { return Ok(None) };
    match &change.state {
        None => Ok(Some(Map::new())),
        Some(state) => Ok(Some(serde_json::from_str(state.get())?)),
    }
}

fn eintrag(
    entry: &Entry,
    state: Option<&Map<String, Value>>,
    older: Option<&Map<String, Value>>,
    values: bool,
) -> Protokolleintrag {
    let body = entry.body.as_ref();
    let empty = Map::new();
    let changes = state.map(|new| diff(older.unwrap_or(&empty), new, values));
    Protokolleintrag {
        seq: entry.position.seq,
        siegel: entry.position.seal.to_string(),
        zeit: body.map(|b| b.time),
        akteur: body.map(|b| b.actor.clone()),
        im_auftrag_von: body.and_then(|b| b.on_behalf_of.clone()),
        aktion: body.map(|b| b.action.clone()),
        // A reason is written by whoever sees the content, and may repeat it.
        grund: body.filter(|_| values).and_then(|b| b.reason.clone()),
        request_id: body.and_then(|b| b.request_id.clone()),
        aenderungen: changes.unwrap_or_default(),
    }
}

/// The fields of a type, each for itself.
fn felder(before: Option<Value>, after: Option<Value>, values: bool) -> Vec<Feldaenderung> {
    let object = |value: Option<Value>| match value {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let mut changes = diff(&object(before), &object(after), values);
    for change in &mut changes {
        change.feld = format!("{FELDER}.{}", change.feld);
    }
    changes
}

fn diff(old: &Map<String, Value>, new: &Map<String, Value>, values: bool) -> Vec<Feldaenderung> {
    let fields: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let value =
        |of: &Map<String, Value>, field: &str| of.get(field).filter(|v| !v.is_null()).cloned();
    let mut changes = Vec::new();
    for field in fields {
        let (before, after) = (value(old, field), value(new, field));
        if before == after {
            continue;
        }
        if field == FELDER {
            changes.extend(felder(before, after, values));
            continue;
        }
        let hidden = !values || GEHEIM.contains(&field.as_str());
        changes.push(Feldaenderung {
            feld: field.clone(),
            alt: before.filter(|_| !hidden),
            neu: after.filter(|_| !hidden),
            verdeckt: hidden,
        });
    }
    changes
}
