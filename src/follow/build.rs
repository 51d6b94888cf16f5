//! Makes of a record what the index takes, with the record as it is now.

use std::collections::HashMap;

use uuid::Uuid;

use super::Error;
use crate::{
    blob::{self, Derived},
    domain::{
        akte::{Akte, Vorgang},
        aktentyp::Aktentypen,
        digest::Digest,
        dokument::{Dokument, Ort, TextZustand, Textstand},
    },
    ledger::{Stored, View},
    search::{Art, Doc},
    text,
};

/// Bytes of a document's text that are indexed; what follows is not found. (A book has 1 MB.)
const TEXT_MAX: usize = 16 << 20;

/// Akten remembered while a batch is indexed.
const AKTEN_MAX: usize = 1_000;

/// The file names of the newest Fassung.
fn names(record: &Dokument) -> Vec<String> {
    let newest = record.fassungen.last().map(|f| f.formate.as_slice()).unwrap_or_default();
    newest.iter().map(|file| file.dateiname.clone()).collect()
}

/// What one batch needs to make its documents.
pub(super) struct Builder<'a> {
    pub view: View<'a>,
    pub derived: &'a Derived,
    typen: &'a Aktentypen,
    akten: HashMap<Uuid, Option<Stored<Akte>>>,
    /// Texts that the ledger calls ready and that are not there: to be made again.
    pub missing: Vec<Digest>,
}

impl<'a> Builder<'a> {
    pub fn new(view: View<'a>, derived: &'a Derived, typen: &'a Aktentypen) -> Self {
        Self { view, derived, typen, akten: HashMap::new(), missing: Vec::new() }
    }

    /// The document; none if it has no place that could give it rights.
    pub fn dokument(&mut self, stored: &Stored<Dokument>) -> Result<Option<Doc>, Error> {
        let record = &stored.value;
        let foreign = record.fremdes_geschaeftszeichen.clone();
        let mut doc = Doc {
            id: record.id,
            art: Art::Dokument,
            akte: record.ort.akte(),
            klasse: 0,
            betreff: record.betreff.clone(),
            zeichen: Vec::new(),
            planeinheit: None,
            typ: record.typ.clone(),
            datum: Some(record.datum.unwrap_or(record.posteingangsdatum)),
            absender: record.absender.clone(),
            empfaenger: record.empfaenger.clone(),
            dateien: names(record),
            felder: vec![],
            text: None,
            seq: stored.seq,
            storno: record.storno.is_some(),
        };
        match &record.ort {
            Ort::Posteingang { rechteklasse, .. } => doc.klasse = *rechteklasse,
            Ort::Akte { akte_id } | Ort::Vorgang { akte_id, .. } => {
                let Some(akte) = self.akte(*akte_id)? else { return Ok(None) };
                doc.klasse = akte.rechteklasse;
                doc.planeinheit = Some(akte.planeinheit.clone());
                doc.zeichen.push(akte.aktenzeichen.clone());
            }
        }
        if let Ort::Vorgang { vorgang_id, .. } = &record.ort {
            let vorgang = self.view.get::<Vorgang>(&vorgang_id.to_string())?;
            doc.zeichen.extend(vorgang.map(|vorgang| vorgang.value.geschaeftszeichen));
        }
        doc.zeichen.extend(foreign);
        doc.text = self.text(record)?;
        Ok(Some(doc))
    }

    /// An Akte.
    pub fn of_akte(&self, stored: &Stored<Akte>) -> Doc {
        let akte = &stored.value;
        let version = akte.typ.as_deref().zip(akte.typ_version);
        let typ = version.and_then(|(name, version)| self.typen.version(name, version));
        Doc {
            id: akte.id,
            art: Art::Akte,
            akte: Some(akte.id),
            klasse: akte.rechteklasse,
            betreff: akte.betreff.clone(),
            zeichen: vec![akte.aktenzeichen.clone()],
            planeinheit: Some(akte.planeinheit.clone()),
            typ: akte.typ.clone(),
            datum: Some(akte.angelegt.datum()),
            absender: None,
            empfaenger: None,
            dateien: vec![],
            felder: typ.map(|typ| typ.suchwerte(&akte.felder)).unwrap_or_default(),
            text: None,
            seq: stored.seq,
            storno: false,
        }
    }

    /// A Vorgang; none without its Akte.
    pub fn vorgang(&mut self, stored: &Stored<Vorgang>) -> Result<Option<Doc>, Error> {
        let vorgang = &stored.value;
        let Some(akte) = self.akte(vorgang.akte_id)? else { return Ok(None) };
        Ok(Some(Doc {
            id: vorgang.id,
            art: Art::Vorgang,
            akte: Some(vorgang.akte_id),
            klasse: akte.rechteklasse,
            betreff: vorgang.betreff.clone(),
            zeichen: vec![vorgang.geschaeftszeichen.clone(), akte.aktenzeichen.clone()],
            planeinheit: Some(akte.planeinheit.clone()),
            typ: vorgang.typ.clone(),
            datum: Some(vorgang.angelegt.datum()),
            absender: None,
            empfaenger: None,
            dateien: vec![],
            felder: vec![],
            text: None,
            seq: stored.seq,
            storno: false,
        }))
    }

    /// An Akte as it was at some time of this batch, which is new enough: a later change of it
    /// comes with a later entry.
    fn akte(&mut self, id: Uuid) -> Result<Option<&Akte>, Error> {
        if self.akten.len() >= AKTEN_MAX {
            self.akten.clear();
        }
        let found = match self.akten.entry(id) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(self.view.get(&id.to_string())?)
            }
        };
        Ok(found.as_ref().map(|stored| &stored.value))
    }

    fn text(&mut self, record: &Dokument) -> Result<Option<String>, Error> {
        for digest in record.textquellen() {
            let stand = self.view.get::<Textstand>(&digest.to_string())?;
            let ready =
                stand.is_some_and(|s| matches!(s.value.zustand, TextZustand::Bereit { .. }));
            if !ready {
                continue;
            }
            // One text that can't be read must not stop the index: it is made again instead. If
            // none can be read for now, the index waits.
            let found = match self.derived.get(digest, text::KIND, text::VERSION) {
                Err(error @ blob::Error::Unreachable(_)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%digest, %error, "a text can't be read");
                    None
                }
                Ok(found) => found,
            };
            let Some(bytes) = found else {
                self.missing.push(digest);
                continue;
            };
            let bytes = bytes.get(..TEXT_MAX).unwrap_or(&bytes);
            return Ok(Some(String::from_utf8_lossy(bytes).into_owned()));
        }
        Ok(None)
    }
}
