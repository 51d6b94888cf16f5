//! Documents: read, change of metadata, strike out. A struck-out document stays visible and does
//! not change any more; nothing here removes one.

use uuid::Uuid;

use super::{
    actor::{Acting, Clerk, Reader},
    ansicht::{DokumentAnsicht, Quittung},
    eingabe::{Begruendung, DokumentAenderung, grund},
    error::Error,
    gesperrt::frei,
    sicht::Sicht,
    write::{quittung, stimmt},
};
use crate::{
    domain::{
        access::Verb,
        dokument::{Dokument, Storno, Textstand},
    },
    ledger::Stored,
};

/// Refuses a struck-out document.
pub(super) fn nicht_storniert(dokument: &Dokument) -> Result<(), Error> {
    if dokument.storno.is_some() {
        let text = "Das Dokument ist storniert und ändert sich nicht mehr.";
        return Err(Error::zustand("dokument_storniert", text));
    }
    Ok(())
}

impl DokumentAenderung {
    /// Changes the document.
    pub(super) fn auf(&self, dok: &mut Dokument) -> Result<(), Error> {
        if let Some(date) = self.posteingangsdatum.filter(|d| *d != dok.posteingangsdatum) {
            if self.grund.is_none() {
                let text = "Das Posteingangsdatum bestimmt Fristen. Begründen Sie die Änderung.";
                return Err(Error::ungueltig("/grund", "fehlt", text));
            }
            dok.posteingangsdatum = date;
        }
        if let Some(betreff) = &self.betreff {
            dok.betreff.clone_from(betreff);
        }
        self.typ.auf(&mut dok.typ);
        self.postausgangsdatum.auf(&mut dok.postausgangsdatum);
        self.datum.auf(&mut dok.datum);
        self.fremdes_geschaeftszeichen.auf(&mut dok.fremdes_geschaeftszeichen);
        self.absender.auf(&mut dok.absender);
        self.empfaenger.auf(&mut dok.empfaenger);
        self.bemerkung.auf(&mut dok.bemerkung);
        Ok(())
    }
}

impl Reader {
    /// One document, with the state of its newest Fassung's text.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn dokument(&self, id: Uuid) -> Result<DokumentAnsicht, Error> {
        self.0.read(|s| {
            let found = s.dokument(id, Verb::Lesen)?;
            let newest = found.value.fassungen.last().and_then(|f| f.formate.first());
            let text = match newest {
                Some(file) => s.get::<Textstand>(&file.sha256.to_string())?,
                None => None,
            };
            let ansicht = s.dokument_ansicht(found)?;
            Ok(DokumentAnsicht { text: text.map(|t| t.value.zustand), ..ansicht })
        })
    }
}

impl Acting {
    /// The receipt with the view of the document that was written.
    pub(super) fn dokument_quittung(
        &self,
        done: Quittung<Dokument>,
    ) -> Result<Quittung<DokumentAnsicht>, Error> {
        let seq = done.seq;
        let view = self.registry.0.ledger.view();
        let sicht = Sicht::new(&view, &self.actor, self.registry.now())?;
        done.map(|value| sicht.dokument_ansicht(Stored { seq, value }))
    }
}

impl Clerk {
    /// Changes a document's metadata. Another Posteingangsdatum needs a reason: it decides legal
    /// deadlines.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `akte_geschlossen`,
    /// `vorgang_geschlossen`, `dokument_storniert`, input.
    pub fn dokument_aendern(
        &self,
        id: Uuid,
        version: u64,
        mut change: DokumentAenderung,
    ) -> Result<Quittung<DokumentAnsicht>, Error> {
        change.pruefen()?;
        let done = self.0.write(move |d| {
            let found = d.sicht.dokument(id, Verb::Aendern)?;
            stimmt(version, found.seq)?;
            let mut dok = found.value;
            d.sicht.ort_offen(&dok.ort)?;
            nicht_storniert(&dok)?;
            change.auf(&mut dok)?;
            dok.geaendert = d.now();
            Ok((vec![d.draft("dokument_geaendert", &dok, change.grund, vec![])?], dok))
        })?;
        self.0.dokument_quittung(quittung(done.value, done.last, false))
    }

    /// Strikes a document out, with a reason. It stays visible.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `akte_geschlossen`,
    /// `vorgang_geschlossen`, `dokument_storniert`, `gesperrt`, input.
    pub fn storno(
        &self,
        id: Uuid,
        version: u64,
        warum: Begruendung,
    ) -> Result<Quittung<DokumentAnsicht>, Error> {
        let reason = grund(warum.grund)?;
        let done = self.0.write(move |d| {
            let found = d.sicht.dokument(id, Verb::Stornieren)?;
            stimmt(version, found.seq)?;
            let mut dok = found.value;
            frei(d.sicht.view, &dok.ort, d.now().datum())?;
            d.sicht.ort_offen(&dok.ort)?;
            nicht_storniert(&dok)?;
            dok.storno = Some(Storno { grund: reason.clone(), von: d.actor.name(), am: d.now() });
            dok.geaendert = d.now();
            Ok((vec![d.draft("dokument_storniert", &dok, Some(reason), vec![])?], dok))
        })?;
        self.0.dokument_quittung(quittung(done.value, done.last, false))
    }
}
