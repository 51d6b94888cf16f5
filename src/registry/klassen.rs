//! Rechteklassen: sets of rights, interned, so that lists and search select by a number.
//!
//! A class is made in the decision that first needs it. Whoever changes or adds a class also
//! writes the counter `rechteklasse`, whose last change therefore versions all that is cached of
//! classes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use super::{
    error::Error,
    sicht::Sicht,
    write::{naechste, put},
};
use crate::{
    domain::{
        access::{Rechte, Stufe, Wer, anker, sieht},
        record::{Index, Parts},
        verwaltung::{Rechteklasse, Zaehler},
    },
    ledger::{Change, View},
};

/// Name of the counter.
const REIHE: &str = "rechteklasse";
/// Callers whose classes are remembered.
const CACHED_MAX: usize = 4096;
/// Rows fetched at once.
const CHUNK: usize = 1000;

/// The classes that each caller reads, as of one version of the counter.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<HashMap<String, Gelesen>>);

/// A class, and what of it search asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Klasse {
    pub(super) nummer: u64,
    pub(super) oe: Uuid,
    pub(super) stufe: Stufe,
}

/// The version that was looked at, and the classes.
type Gelesen = (u64, Arc<Vec<Klasse>>);

/// The class of these rights, and what has to be written if it is a new one.
pub(super) fn internieren(view: &View<'_>, rechte: &Rechte) -> Result<(u64, Vec<Change>), Error> {
    if let Some(nummer) = finden(view, rechte)? {
        return Ok((nummer, vec![]));
    }
    let (nummer, counter) = naechste(view, REIHE)?;
    let mut rechte = rechte.clone();
    rechte.freigaben.sort_unstable();
    rechte.freigaben.dedup();
    Ok((nummer, vec![put(&Rechteklasse { nummer, rechte })?, counter]))
}

/// The class of these rights, if there is one.
pub(super) fn finden(view: &View<'_>, rechte: &Rechte) -> Result<Option<u64>, Error> {
    let key = Parts::new().text(&rechte.canonical());
    let found = view.first::<Rechteklasse>(Index::KlasseInhalt, &key)?;
    Ok(found.map(|k| k.value.nummer))
}

/// The rights of what waits in an OE's Posteingang: nothing but the OE.
pub(super) fn posteingang(oe: Uuid) -> Rechte {
    Rechte { oe, stufe: Default::default(), schutzklasse: None, freigaben: vec![] }
}

impl Cache {
    /// The classes that the caller reads, ascending.
    pub(super) fn of(&self, sicht: &Sicht<'_, '_>) -> Result<Arc<Vec<Klasse>>, Error> {
        let version = sicht.get::<Zaehler>(REIHE)?.map_or(0, |z| z.seq);
        let caller = fingerprint(&sicht.wer);
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&caller).cloned();
        if let Some((_, known)) = cached.filter(|(at, _)| *at == version) {
            return Ok(known);
        }
        let found = Arc::new(collect(sicht)?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CACHED_MAX {
            all.clear();
        }
        all.insert(caller, (version, Arc::clone(&found)));
        Ok(found)
    }
}

/// Everything of the caller that the access rule looks at.
fn fingerprint(wer: &Wer) -> String {
    match wer {
        Wer::Person { .. } => format!("{wer:?}"),
        Wer::Maschine(k) => format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?}",
            k.id, k.rolle, k.verben, k.oe, k.planeinheiten, k.schutzklassen, k.stufe
        ),
    }
}

fn collect(sicht: &Sicht<'_, '_>) -> Result<Vec<Klasse>, Error> {
    let anchors = anker(&sicht.wer);
    let mut candidates = BTreeSet::new();
    if anchors.alle {
        let mut after: Option<String> = None;
        loop {
            let rows = sicht.view.kind::<Rechteklasse>(after.as_deref(), CHUNK)?;
            candidates.extend(rows.iter().map(|k| k.value.nummer));
            match rows.last() {
                Some(last) if rows.len() == CHUNK => after = Some(last.value.nummer.to_string()),
                _ => break,
            }
        }
    }
    for oe in &anchors.oe {
        rows(sicht, Index::KlasseOe, *oe, &mut candidates)?;
    }
    for grantee in &anchors.freigaben {
        rows(sicht, Index::KlasseFreigabe, *grantee, &mut candidates)?;
    }
    let mut seen = Vec::new();
    for nummer in candidates {
        let rechte = sicht.klasse(nummer)?;
        if sieht(&sicht.wer, &rechte) {
            seen.push(Klasse { nummer, oe: rechte.oe, stufe: rechte.stufe });
        }
    }
    Ok(seen)
}

fn rows(
    sicht: &Sicht<'_, '_>,
    index: Index,
    of: Uuid,
    into: &mut BTreeSet<u64>,
) -> Result<(), Error> {
    let prefix = Parts::new().id(of);
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = sicht.view.scan(index, &prefix, after.as_deref(), false, CHUNK)?;
        into.extend(rows.iter().filter_map(|r| r.key.parse::<u64>().ok()));
        match rows.last() {
            Some(last) if rows.len() == CHUNK => after = Some(last.place.clone()),
            _ => return Ok(()),
        }
    }
}
