//! From records to what callers see. Nothing is checked here: who may see it was asked before.

use super::{
    ansicht::{
        AkteAnsicht, AntragAnsicht, DokumentAnsicht, OeAnsicht, OeKurz, PersonAnsicht,
        SchluesselAnsicht, VorgangAnsicht,
    },
    error::Error,
    sicht::Sicht,
};
use crate::{
    domain::{
        akte::{Akte, Vorgang},
        dokument::{Dokument, Ort},
        organisation::{Oe, Person, Schluessel},
        verwaltung::Antrag,
    },
    ledger::Stored,
};

impl Sicht<'_, '_> {
    /// An OE in a few words; one that is missing shows its id alone.
    pub(super) fn oe_kurz(&self, id: uuid::Uuid) -> Result<OeKurz, Error> {
        let found = self.oe(id)?.map(|oe| oe.value);
        let (kuerzel, name) = found.map_or_else(Default::default, |oe| (oe.kuerzel, oe.name));
        Ok(OeKurz { id, kuerzel, name })
    }

    /// OE, level, wall and shares come from the class: a reorganisation changes the class alone.
    pub(super) fn akte_ansicht(&self, akte: Stored<Akte>) -> Result<AkteAnsicht, Error> {
        let Stored { seq, value: a, .. } = akte;
        let rechte = self.klasse(a.rechteklasse)?;
        Ok(AkteAnsicht {
            id: a.id,
            aktenzeichen: a.aktenzeichen,
            planeinheit: a.planeinheit,
            betreff: a.betreff,
            oe: self.oe_kurz(rechte.oe)?,
            stufe: rechte.stufe,
            schutzklasse: rechte.schutzklasse,
            freigaben: rechte.freigaben,
            zustand: a.zustand,
            medium: a.medium,
            typ: a.typ,
            typ_version: a.typ_version,
            felder: a.felder,
            bemerkung: a.bemerkung,
            geschlossen_am: a.geschlossen_am,
            fremd_id: a.fremd_id,
            angelegt: a.angelegt,
            geaendert: a.geaendert,
            version: seq,
        })
    }

    pub(super) fn vorgang_ansicht(
        &self,
        vorgang: Stored<Vorgang>,
    ) -> Result<VorgangAnsicht, Error> {
        let Stored { seq, value: v, .. } = vorgang;
        let akte = self.akte_roh(v.akte_id)?.ok_or_else(|| Error::intern("akte is missing"))?;
        Ok(VorgangAnsicht {
            id: v.id,
            akte_id: v.akte_id,
            aktenzeichen: akte.value.aktenzeichen,
            nummer: v.nummer,
            geschaeftszeichen: v.geschaeftszeichen,
            betreff: v.betreff,
            zustand: v.zustand,
            typ: v.typ,
            bemerkung: v.bemerkung,
            geschlossen_am: v.geschlossen_am,
            angelegt: v.angelegt,
            geaendert: v.geaendert,
            version: seq,
        })
    }

    pub(super) fn dokument_ansicht(
        &self,
        dokument: Stored<Dokument>,
    ) -> Result<DokumentAnsicht, Error> {
        let Stored { seq, value: d, .. } = dokument;
        let akte = match d.ort.akte() {
            Some(id) => self.akte_roh(id)?.map(|a| a.value),
            None => None,
        };
        let vorgang = match &d.ort {
            Ort::Vorgang { vorgang_id, .. } => self.vorgang_roh(*vorgang_id)?.map(|v| v.value),
            _ => None,
        };
        let oe = match (&akte, &d.ort) {
            (Some(akte), _) => self.klasse(akte.rechteklasse)?.oe,
            (None, Ort::Posteingang { rechteklasse, .. }) => self.klasse(*rechteklasse)?.oe,
            (None, _) => return Err(Error::intern("document without its akte")),
        };
        Ok(DokumentAnsicht {
            id: d.id,
            akte_id: akte.as_ref().map(|a| a.id),
            aktenzeichen: akte.map(|a| a.aktenzeichen),
            vorgang_id: vorgang.as_ref().map(|v| v.id),
            geschaeftszeichen: vorgang.map(|v| v.geschaeftszeichen),
            oe: self.oe_kurz(oe)?,
            betreff: d.betreff,
            typ: d.typ,
            posteingangsdatum: d.posteingangsdatum,
            postausgangsdatum: d.postausgangsdatum,
            datum: d.datum,
            fremdes_geschaeftszeichen: d.fremdes_geschaeftszeichen,
            absender: d.absender,
            empfaenger: d.empfaenger,
            bemerkung: d.bemerkung,
            fremd_id: d.fremd_id,
            fassungen: d.fassungen,
            storno: d.storno,
            text: None,
            angelegt: d.angelegt,
            geaendert: d.geaendert,
            version: seq,
        })
    }
}

pub(super) fn oe_ansicht(oe: Stored<Oe>) -> OeAnsicht {
    let Stored { seq, value: o, .. } = oe;
    OeAnsicht {
        id: o.id,
        kuerzel: o.kuerzel,
        name: o.name,
        uebergeordnet: o.uebergeordnet,
        aktiv: o.aktiv,
        version: seq,
    }
}

pub(super) fn person_ansicht(person: Stored<Person>) -> PersonAnsicht {
    let Stored { seq, value: p, .. } = person;
    PersonAnsicht {
        id: p.id,
        anmeldename: p.anmeldename,
        name: p.name,
        oe: p.oe,
        rollen: p.rollen,
        schutzklassen: p.schutzklassen,
        stufe: p.stufe,
        gesperrt: p.gesperrt,
        angelegt: p.angelegt,
        version: seq,
    }
}

pub(super) fn schluessel_ansicht(key: Stored<Schluessel>) -> SchluesselAnsicht {
    let Stored { seq, value: k, .. } = key;
    SchluesselAnsicht {
        id: k.id,
        name: k.name,
        rolle: k.rolle,
        verben: k.verben,
        oe: k.oe,
        planeinheiten: k.planeinheiten,
        netze: k.netze,
        schutzklassen: k.schutzklassen,
        stufe: k.stufe,
        ablauf: k.ablauf,
        grenzen: k.grenzen,
        gesperrt: k.gesperrt,
        geheimnisse: k.geheimnisse.len(),
        angelegt: k.angelegt,
        version: seq,
    }
}

pub(super) fn antrag_ansicht(antrag: Stored<Antrag>) -> AntragAnsicht {
    let Stored { seq, value: a, .. } = antrag;
    AntragAnsicht {
        id: a.id,
        vorhaben: a.vorhaben,
        gestellt_von: a.gestellt_von,
        gestellt: a.gestellt,
        stand: a.stand,
        entschieden_von: a.entschieden_von,
        version: seq,
    }
}
