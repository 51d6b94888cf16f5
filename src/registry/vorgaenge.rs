//! Vorgänge: one matter within an Akte. Their rights are the Akte's; a closed one never changes.

use chrono::Datelike;
use uuid::Uuid;

use super::{
    actor::{Acting, Clerk, Reader},
    akten::grammatik,
    ansicht::{Quittung, Seite, VorgangAnsicht},
    eingabe::{Begruendung, Blatt, VorgangAenderung, VorgangNeu, grund},
    error::Error,
    plan::plan,
    sicht::{Sicht, akte_offen, vorgang_offen},
    write::{Idempotenz, naechste, quittung, stimmt},
};
use crate::{
    domain::{
        access::Verb,
        akte::{Vorgang, Zustand},
        record::{Index, Kind, Parts},
    },
    ledger::Stored,
};

impl Reader {
    /// One Vorgang.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn vorgang(&self, id: Uuid) -> Result<VorgangAnsicht, Error> {
        self.0.read(|s| s.vorgang_ansicht(s.vorgang(id, Verb::Lesen)?.0))
    }

    /// The Vorgänge of an Akte in the order of their numbers. A new one comes at the end.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn vorgaenge(&self, akte: Uuid, blatt: &Blatt) -> Result<Seite<VorgangAnsicht>, Error> {
        self.0.read(|s| {
            s.akte(akte, Verb::Lesen)?;
            let (after, limit) = (blatt.nach.as_deref(), blatt.menge());
            let prefix = Parts::new().id(akte);
            let rows = s.view.scan(Index::VorgangAkte, &prefix, after, false, limit)?;
            let full = rows.len() == limit;
            let weiter = rows.last().filter(|_| full).map(|r| r.place.clone());
            let mut eintraege = Vec::with_capacity(rows.len());
            s.view.expect(Kind::Vorgang, rows.iter().map(|row| row.key.as_str()))?;
            for row in rows {
                if let Some(vorgang) = s.get::<Vorgang>(&row.key)? {
                    eintraege.push(s.vorgang_ansicht(vorgang)?);
                }
            }
            Ok(Seite { eintraege, weiter })
        })
    }
}

impl Acting {
    fn vorgang_quittung(&self, done: Quittung<Vorgang>) -> Result<Quittung<VorgangAnsicht>, Error> {
        let seq = done.seq;
        let view = self.registry.0.ledger.view();
        let sicht = Sicht::new(&view, &self.actor, self.registry.now())?;
        done.map(|value| sicht.vorgang_ansicht(Stored { seq, value }))
    }

    fn vorgang_write(
        &self,
        id: Uuid,
        version: u64,
        verb: Verb,
        change: impl FnOnce(&mut Vorgang) -> (&'static str, Option<String>) + Send + 'static,
    ) -> Result<Quittung<VorgangAnsicht>, Error> {
        let done = self.write(move |d| {
            let (found, akte) = d.sicht.vorgang(id, verb)?;
            stimmt(version, found.seq)?;
            akte_offen(&akte.value)?;
            let mut vorgang = found.value;
            vorgang_offen(&vorgang)?;
            vorgang.geaendert = d.now();
            if verb == Verb::Schliessen {
                vorgang.geschlossen_am = Some(d.now().datum());
            }
            let (action, reason) = change(&mut vorgang);
            Ok((vec![d.draft(action, &vorgang, reason, vec![])?], vorgang))
        })?;
        self.vorgang_quittung(quittung(done.value, done.last, false))
    }
}

impl Clerk {
    /// Opens a Vorgang in an open Akte; the system gives its number and Geschäftszeichen.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `akte_geschlossen`, `idempotenz_abweichung`, input.
    pub fn vorgang_anlegen(
        &self,
        akte: Uuid,
        mut neu: VorgangNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<VorgangAnsicht>, Error> {
        neu.pruefen()?;
        let id = self.0.registry.0.source.id();
        let request = (akte, neu.clone());
        let done = self.0.create(idem, &request, move |d| {
            let (found, rechte) = d.sicht.akte(akte, Verb::Anlegen)?;
            akte_offen(&found.value)?;
            let (nummer, counter) = naechste(d.sicht.view, &format!("vorgang:{akte}"))?;
            let oe = d.sicht.oe(rechte.oe)?.ok_or_else(|| Error::intern("oe is missing"))?.value;
            let a = &found.value;
            let jahr = u16::try_from(a.angelegt.datum().year()).unwrap_or_default();
            let geschaeftszeichen = grammatik(&plan(d.sicht.view)?)
                .map_err(Error::intern)?
                .geschaeftszeichen(&oe.kuerzel, &a.planeinheit, a.laufnummer, nummer, jahr)
                .map_err(|why| Error::konflikt("kuerzel_unpassend", why.to_string()))?;
            let vorgang = Vorgang {
                id,
                akte_id: akte,
                nummer,
                geschaeftszeichen,
                betreff: neu.betreff,
                zustand: Zustand::Offen,
                typ: neu.typ,
                bemerkung: neu.bemerkung,
                geschlossen_am: None,
                angelegt: d.now(),
                geaendert: d.now(),
            };
            Ok((d.draft("vorgang_angelegt", &vorgang, None, vec![counter])?, vorgang, id))
        })?;
        self.0.vorgang_quittung(done)
    }

    /// Changes an open Vorgang.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `akte_geschlossen`,
    /// `vorgang_geschlossen`, input.
    pub fn vorgang_aendern(
        &self,
        id: Uuid,
        version: u64,
        mut change: VorgangAenderung,
    ) -> Result<Quittung<VorgangAnsicht>, Error> {
        change.pruefen()?;
        self.0.vorgang_write(id, version, Verb::Aendern, move |vorgang| {
            if let Some(betreff) = change.betreff {
                vorgang.betreff = betreff;
            }
            change.typ.auf(&mut vorgang.typ);
            change.bemerkung.auf(&mut vorgang.bemerkung);
            ("vorgang_geaendert", change.grund)
        })
    }

    /// Closes a Vorgang; it does not change from then on.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `akte_geschlossen`,
    /// `vorgang_geschlossen`.
    pub fn vorgang_schliessen(
        &self,
        id: Uuid,
        version: u64,
        warum: Begruendung,
    ) -> Result<Quittung<VorgangAnsicht>, Error> {
        let reason = warum.grund.map(|text| grund(Some(text))).transpose()?;
        self.0.vorgang_write(id, version, Verb::Schliessen, |vorgang| {
            vorgang.zustand = Zustand::Geschlossen;
            ("vorgang_geschlossen", reason)
        })
    }
}
