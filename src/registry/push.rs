//! The commit of a push: document, blob, state of its text and remembered request in one entry.
//!
//! The bytes are published before and under the digest's lock; here is decided whether they may be
//! relied on. The Akte that takes the document is read, never written.

use std::sync::Arc;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    actor::{Clerk, Pusher},
    akten::oe_wahl,
    ansicht::{DokumentAnsicht, Quittung},
    eingabe::{DokumentAenderung, Zielangabe},
    error::Error,
    klassen,
    sicht::{Sicht, akte_offen, vorgang_offen},
    write::{Ausgang, Decision, Marke, put, quittung, stimmt},
};
use crate::{
    blob::Deposit,
    domain::{
        access::{Urteil, Verb},
        akte::Akte,
        aktenzeichen::normal,
        digest::Digest,
        dokument::{
            Ablage, Blob, BlobStand, Dokument, Fassung, Ort, Primaerdokument, TextZustand,
            Textstand,
        },
        record::{Index, Kind, Parts},
        verwaltung::Anfrage,
        zeit::Zeitpunkt,
    },
    ledger::{Change, Stored},
    text,
};

/// How old a deposit may be when a record first names it, milliseconds: six hours, which leaves
/// eighteen for clocks that differ before a sweep takes it for a leftover.
const ABLAGE_MS_MAX: i64 = 6 * 60 * 60 * 1000;

/// A file whose bytes are published.
#[derive(Clone, Debug)]
pub struct Datei {
    /// Address, size, cleaned name, and media type as found in the bytes.
    pub dokument: Primaerdokument,
    /// What the blob store made durable, or found sound where a committed record names it.
    pub ablage: Deposit,
    /// 0 interactive, 1 bulk.
    pub vorrang: u8,
}

impl Datei {
    /// The records that its commit asks for.
    fn records(&self, mark: Option<&Marke>) -> Vec<(Kind, String)> {
        let sha256 = self.dokument.sha256.to_string();
        let request = mark.map(|mark| (Kind::Anfrage, mark.schluessel.clone()));
        let file = [(Kind::Blob, sha256.clone()), (Kind::Textstand, sha256)];
        file.into_iter().chain(request).collect()
    }
}

/// A document to be registered.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are those of domain::dokument::Dokument")]
pub struct Einlieferung {
    pub ziel: Zielangabe,
    /// The OE whose Posteingang it goes to, where no target is named.
    pub oe: Option<String>,
    pub betreff: String,
    pub typ: Option<String>,
    pub posteingangsdatum: NaiveDate,
    pub postausgangsdatum: Option<NaiveDate>,
    pub datum: Option<NaiveDate>,
    pub fremdes_geschaeftszeichen: Option<String>,
    pub absender: Option<String>,
    pub empfaenger: Option<String>,
    pub bemerkung: Option<String>,
    pub fremd_id: Option<String>,
    pub datei: Datei,
    /// The request's mark, where it came with an Idempotency-Key.
    pub(crate) marke: Option<Marke>,
}

/// Where a document will go, as it stands now; decided again at the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ziel {
    /// The Posteingang of an OE.
    Posteingang(Uuid),
    /// An Akte.
    Akte(Uuid),
    /// A Vorgang of an Akte.
    Vorgang(Uuid),
}

/// The receipt of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beleg {
    pub(crate) id: Uuid,
    pub(crate) seq: u64,
    pub(crate) siegel: String,
    pub(crate) wiederholt: bool,
}

impl Sicht<'_, '_> {
    /// The target, if the caller may push there now.
    pub(super) fn ziel(
        &self,
        angabe: &Zielangabe,
        oe: Option<&str>,
        verb: Verb,
    ) -> Result<Ziel, Error> {
        if angabe.anzahl() > 1 {
            let text = "Nennen Sie höchstens ein Ziel: vorgang_id, akte_id oder aktenzeichen.";
            return Err(Error::ungueltig("", "ziel_mehrfach", text));
        }
        if angabe.anzahl() == 1 && oe.is_some() {
            let text = "Die OE gilt nur für den Posteingang. Lassen Sie sie neben einem Ziel weg.";
            return Err(Error::ungueltig("/oe", "ziel_mehrfach", text));
        }
        if let Some(id) = angabe.vorgang_id {
            let (vorgang, akte) = self.vorgang(id, verb)?;
            akte_offen(&akte.value)?;
            vorgang_offen(&vorgang.value)?;
            return Ok(Ziel::Vorgang(id));
        }
        if let Some(text) = &angabe.aktenzeichen {
            let key = Parts::new().text(&normal(text));
            let akte = self.view.first::<Akte>(Index::AkteZeichen, &key)?;
            let akte = akte.ok_or_else(Error::nicht_gefunden)?.value;
            self.akte_darf(&akte, verb)?;
            akte_offen(&akte)?;
            return Ok(Ziel::Akte(akte.id));
        }
        if let Some(id) = angabe.akte_id {
            let (akte, _) = self.akte(id, verb)?;
            akte_offen(&akte.value)?;
            return Ok(Ziel::Akte(id));
        }
        let oe = oe_wahl(self, oe)?;
        match self.urteil(verb, &klassen::posteingang(oe), None, None) {
            Urteil::Ja => Ok(Ziel::Posteingang(oe)),
            Urteil::Nein | Urteil::Verborgen => Err(Error::nicht_erlaubt()),
        }
    }

    /// The place behind a target, and what has to be written for its class.
    pub(super) fn ort(&self, ziel: &Ziel) -> Result<(Ort, Vec<Change>), Error> {
        Ok(match ziel {
            Ziel::Posteingang(oe) => {
                let (rechteklasse, class) =
                    klassen::internieren(self.view, &klassen::posteingang(*oe))?;
                (Ort::Posteingang { oe: *oe, rechteklasse }, class)
            }
            Ziel::Akte(akte_id) => (Ort::Akte { akte_id: *akte_id }, vec![]),
            Ziel::Vorgang(vorgang_id) => {
                let found = self.vorgang_roh(*vorgang_id)?;
                let akte_id = found.ok_or_else(Error::nicht_gefunden)?.value.akte_id;
                (Ort::Vorgang { akte_id, vorgang_id: *vorgang_id }, vec![])
            }
        })
    }
}

/// What has to be written for the file's bytes and its text. `now` is the instant of the decision.
fn datei(
    d: &Decision<'_, '_>,
    datei: &Datei,
    text_bytes_max: u64,
    now: Zeitpunkt,
) -> Result<Vec<Change>, Error> {
    let (file, Deposit { ablage, made }) = (&datei.dokument, datei.ablage);
    let known = d.sicht.get::<Blob>(&file.sha256.to_string())?.map(|b| b.value);
    let named = known.is_some_and(|b| b.stand == BlobStand::Vorhanden && b.ablage == ablage);
    let good = match made {
        // The bytes were taken for granted because of a record. If that is no longer good
        // (condemned, deleted, or written anew meanwhile), they have to be written anew.
        None => named,
        // The sweep of another machine takes what is older than a day and named by no record. So
        // nothing is named that is nearly so old, wherever this push was held up.
        Some(made) => now.0.saturating_sub(made.0) <= ABLAGE_MS_MAX,
    };
    if !good {
        return Err(Error::kollision());
    }
    let mut changes = Vec::new();
    if !named {
        let (sha256, groesse) = (file.sha256, file.groesse);
        changes.push(put(&Blob { sha256, groesse, ablage, stand: BlobStand::Vorhanden })?);
    }
    if d.sicht.get::<Textstand>(&file.sha256.to_string())?.is_none() {
        let zustand = if !text::supported(&file.medientyp) {
            TextZustand::Fehlt { grund: "format".into() }
        } else if file.groesse > text_bytes_max {
            TextZustand::Fehlt { grund: "zu_gross".into() }
        } else {
            TextZustand::Offen { vorrang: datei.vorrang, seit: d.now() }
        };
        let (sha256, medientyp) = (file.sha256, file.medientyp.clone());
        let leser = Some(text::VERSION);
        changes.push(put(&Textstand { sha256, medientyp, leser, zustand })?);
    }
    Ok(changes)
}

impl Pusher {
    /// Whether the caller may push there now; asked before the bytes are read.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `akte_geschlossen`, `vorgang_geschlossen`, input.
    pub fn ziel_pruefen(&self, ziel: &Zielangabe, oe: Option<&str>) -> Result<Ziel, Error> {
        self.0.forecast(|s| s.ziel(ziel, oe, Verb::Einliefern))
    }

    /// Whether a new Fassung may be pushed to that document now.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, closed, struck out.
    pub fn fassung_pruefen(&self, id: Uuid, version: u64) -> Result<(), Error> {
        self.0.forecast(|s| fassung_ziel(s, id, version).map(drop))
    }

    /// What the caller made earlier with this Idempotency-Key, and with which entry. `schluessel`
    /// is a digest over caller and key (`Marke`), so nobody reads another's.
    pub(crate) fn gesehen(&self, schluessel: &str) -> Result<Option<Stored<Anfrage>>, Error> {
        Ok(self.0.registry.0.ledger.view().get(schluessel)?)
    }

    /// The receipt of what was made earlier.
    pub(crate) fn beleg(&self, anfrage: &Stored<Anfrage>) -> Result<Beleg, Error> {
        let siegel = self.0.registry.entry(anfrage.seq)?.position.seal.to_string();
        let id = anfrage.value.ergebnis;
        Ok(Beleg { id, seq: anfrage.seq, siegel, wiederholt: true })
    }

    /// The deposit that a committed record of the digest names, so that its bytes count.
    pub(crate) fn bekannt(&self, digest: Digest) -> Result<Option<Ablage>, Error> {
        let blob = self.blob(digest)?.filter(|blob| blob.stand == BlobStand::Vorhanden);
        Ok(blob.map(|blob| blob.ablage))
    }

    /// True if a record names these very bytes, condemned or not.
    pub(crate) fn benannt(&self, digest: Digest, ablage: Ablage) -> Result<bool, Error> {
        let blobs = &self.0.registry.0.blobs;
        Ok(self.blob(digest)?.is_some_and(|blob| blobs.same(blob.ablage, ablage)))
    }

    fn blob(&self, digest: Digest) -> Result<Option<Blob>, Error> {
        let view = self.0.registry.0.ledger.view();
        Ok(view.get::<Blob>(&digest.to_string())?.map(|blob| blob.value))
    }

    /// Registers a document whose bytes are published. The caller holds the digest's lock.
    ///
    /// # Errors
    /// As `ziel_pruefen`; `Kollision` if the bytes have to be published again with
    /// nothing known.
    pub(crate) fn einliefern(&self, push: Einlieferung) -> Result<Beleg, Error> {
        let registry = &self.0.registry;
        let (id, text_bytes_max) = (registry.0.source.id(), registry.0.config.text_bytes_max);
        let source = Arc::clone(&registry.0.source);
        let mut records = push.datei.records(push.marke.as_ref());
        records.push((Kind::Dokument, id.to_string()));
        let done = self.0.write_expecting(records, move |d| {
            if let Some(seen) = push.marke.as_ref().map(|m| m.gesehen(d)).transpose()?.flatten() {
                return Ok((vec![], Ausgang::Schon { seq: seen.0, ergebnis: seen.1.ergebnis }));
            }
            let ziel = d.sicht.ziel(&push.ziel, push.oe.as_deref(), Verb::Einliefern)?;
            let (ort, mut changes) = d.sicht.ort(&ziel)?;
            changes.extend(datei(d, &push.datei, text_bytes_max, source.now())?);
            if let Some(mark) = &push.marke {
                changes.push(put(&mark.anfrage(id, d.now()))?);
            }
            let dokument = dokument(d, push, id, ort);
            let draft = d.draft("dokument_eingeliefert", &dokument, None, changes)?;
            Ok((vec![draft], Ausgang::Neu(id)))
        })?;
        self.ausgang(done.value, done.last)
    }

    /// Adds a Fassung to a document. The caller holds the digest's lock.
    ///
    /// # Errors
    /// As `fassung_pruefen`; `Kollision`.
    pub(crate) fn fassung(
        &self,
        id: Uuid,
        version: u64,
        file: Datei,
        mark: Option<Marke>,
    ) -> Result<Beleg, Error> {
        let text_bytes_max = self.0.registry.0.config.text_bytes_max;
        let source = Arc::clone(&self.0.registry.0.source);
        let mut records = file.records(mark.as_ref());
        records.push((Kind::Dokument, id.to_string()));
        let done = self.0.write_expecting(records, move |d| {
            if let Some(seen) = mark.as_ref().map(|m| m.gesehen(d)).transpose()?.flatten() {
                return Ok((vec![], Ausgang::Schon { seq: seen.0, ergebnis: seen.1.ergebnis }));
            }
            let mut dokument = fassung_ziel(&d.sicht, id, version)?.value;
            let mut changes = datei(d, &file, text_bytes_max, source.now())?;
            if let Some(mark) = &mark {
                changes.push(put(&mark.anfrage(id, d.now()))?);
            }
            let last = dokument.fassungen.iter().map(|f| f.nummer).max().unwrap_or_default();
            dokument.fassungen.push(Fassung {
                nummer: last.saturating_add(1),
                formate: vec![file.dokument],
                angelegt_von: d.actor.name(),
                angelegt: d.now(),
            });
            dokument.geaendert = d.now();
            let draft = d.draft("fassung_angelegt", &dokument, None, changes)?;
            Ok((vec![draft], Ausgang::Neu(id)))
        })?;
        self.ausgang(done.value, done.last)
    }

    fn ausgang(&self, ausgang: Ausgang<Uuid>, at: crate::ledger::Position) -> Result<Beleg, Error> {
        match ausgang {
            Ausgang::Neu(id) => {
                let siegel = at.seal.to_string();
                Ok(Beleg { id, seq: at.seq, siegel, wiederholt: false })
            }
            Ausgang::Schon { seq, ergebnis } => {
                let siegel = self.0.registry.entry(seq)?.position.seal.to_string();
                Ok(Beleg { id: ergebnis, seq, siegel, wiederholt: true })
            }
        }
    }
}

/// The document that a new Fassung goes to, if it may.
fn fassung_ziel(sicht: &Sicht<'_, '_>, id: Uuid, version: u64) -> Result<Stored<Dokument>, Error> {
    let found = sicht.dokument(id, Verb::Aendern)?;
    stimmt(version, found.seq)?;
    sicht.ort_offen(&found.value.ort)?;
    super::dokumente::nicht_storniert(&found.value)?;
    Ok(found)
}

fn dokument(d: &Decision<'_, '_>, push: Einlieferung, id: Uuid, ort: Ort) -> Dokument {
    let fassung = Fassung {
        nummer: 1,
        formate: vec![push.datei.dokument],
        angelegt_von: d.actor.name(),
        angelegt: d.now(),
    };
    let quelle = push.fremd_id.is_some().then(|| d.actor.id());
    Dokument {
        id,
        ort,
        betreff: push.betreff,
        typ: push.typ,
        posteingangsdatum: push.posteingangsdatum,
        postausgangsdatum: push.postausgangsdatum,
        datum: push.datum,
        fremdes_geschaeftszeichen: push.fremdes_geschaeftszeichen,
        absender: push.absender,
        empfaenger: push.empfaenger,
        bemerkung: push.bemerkung,
        fremd_id: push.fremd_id,
        quelle,
        fassungen: vec![fassung],
        storno: None,
        angelegt: d.now(),
        geaendert: d.now(),
    }
}

impl Clerk {
    /// Files a document that waits in the Posteingang.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `nicht_im_posteingang`,
    /// `ziel_fehlt`, `akte_geschlossen`, `vorgang_geschlossen`, `dokument_storniert`.
    pub fn ablegen(
        &self,
        id: Uuid,
        version: u64,
        ziel: Zielangabe,
    ) -> Result<Quittung<DokumentAnsicht>, Error> {
        self.ablegen_mit(id, version, ziel, DokumentAenderung::default())
    }

    /// The same, with better metadata in one entry; these need the right to change it.
    ///
    /// # Errors
    /// As `ablegen`, and input.
    pub fn ablegen_mit(
        &self,
        id: Uuid,
        version: u64,
        ziel: Zielangabe,
        mut change: DokumentAenderung,
    ) -> Result<Quittung<DokumentAnsicht>, Error> {
        change.pruefen()?;
        if ziel.anzahl() == 0 {
            let text = "Nennen Sie das Ziel: vorgang_id, akte_id oder aktenzeichen.";
            return Err(Error::ungueltig("", "ziel_fehlt", text));
        }
        let done = self.0.write(move |d| {
            let found = d.sicht.dokument(id, Verb::Ablegen)?;
            stimmt(version, found.seq)?;
            let mut dokument = found.value;
            if dokument.ort.akte().is_some() {
                let text = "Das Dokument ist schon abgelegt. Umlegen ist ein eigener Vorgang mit \
                            zweiter Person.";
                return Err(Error::zustand("nicht_im_posteingang", text));
            }
            super::dokumente::nicht_storniert(&dokument)?;
            if change != DokumentAenderung::default() {
                d.sicht.dokument(id, Verb::Aendern)?;
                change.auf(&mut dokument)?;
            }
            let ziel = d.sicht.ziel(&ziel, None, Verb::Ablegen)?;
            let (ort, changes) = d.sicht.ort(&ziel)?;
            dokument.ort = ort;
            dokument.geaendert = d.now();
            let draft = d.draft("dokument_abgelegt", &dokument, change.grund, changes)?;
            Ok((vec![draft], dokument))
        })?;
        self.0.dokument_quittung(quittung(done.value, done.last, false))
    }
}
