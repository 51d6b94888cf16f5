//! Changes that need a second person: rights, start passwords, keys that can read.
//!
//! One administrator asks; another person with the role Administration or Revision releases, never
//! who asked and never who gains by it. What is secret is made at the release and shown to the
//! releasing person alone, so whoever asked never holds it.

use uuid::Uuid;

use super::{
    actor::{Acting, Administrator, Approver},
    ansicht::{AntragAnsicht, Freigegeben, Quittung, Seite},
    eingabe::{AntragNeu, Blatt, RechteNeu},
    error::Error,
    keys::{neues_geheimnis, nicht_gesperrt, nur_schreibend},
    persons::{hat_rolle, rollen_vereinbar, zugang_drafts},
    plan_revision,
    sicht::Sicht,
    views::antrag_ansicht,
    write::{Decision, Idempotenz, quittung},
};
use crate::{
    domain::{
        access::{Rolle, Schutzklasse, Stufe},
        organisation::{Person, Rollenzuweisung, Schluessel, Zugang},
        record::{Index, Parts},
        source::Source,
        verwaltung::{Antrag, AntragStand, Vorhaben},
    },
    identity::{password, secret},
    ledger::{Draft, Stored},
};

/// Who may see and decide.
const ENTSCHEIDER: [Rolle; 2] = [Rolle::Administration, Rolle::Revision];

/// Rights as resolved: OE, roles, walls, level.
pub(super) type Aufgeloest = (Option<Uuid>, Vec<Rollenzuweisung>, Vec<Schutzklasse>, Stufe);

impl RechteNeu {
    /// With OE by their ids.
    pub(super) fn aufloesen(&self, sicht: &Sicht<'_, '_>) -> Result<Aufgeloest, Error> {
        let oe = match &self.oe {
            Some(text) => Some(sicht.oe_finden("/oe", text)?.value.id),
            None => None,
        };
        if self.rollen.len() > 100 {
            let text = "Höchstens 100 Rollen sind erlaubt.";
            return Err(Error::ungueltig("/rollen", "anzahl", text));
        }
        let mut rollen = Vec::with_capacity(self.rollen.len());
        for (i, role) in self.rollen.iter().enumerate() {
            let oe = match &role.oe {
                Some(text) => Some(sicht.oe_finden(&format!("/rollen/{i}/oe"), text)?.value.id),
                None => None,
            };
            rollen.push(Rollenzuweisung { rolle: role.rolle, oe });
        }
        rollen.sort_unstable();
        rollen.dedup();
        rollen_vereinbar(&rollen)?;
        let mut walls = self.schutzklassen.clone();
        walls.sort_unstable();
        walls.dedup();
        Ok((oe, rollen, walls, self.stufe))
    }
}

impl Administrator {
    /// Asks for a change that another person has to release.
    ///
    /// # Errors
    /// `nicht_gefunden`, `rollen_unvereinbar`, input.
    pub fn antrag_stellen(
        &self,
        mut neu: AntragNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<AntragAnsicht>, Error> {
        if let AntragNeu::Schluessel { schluessel, .. } = &mut neu {
            schluessel.pruefen()?;
        }
        let source = &self.0.registry.0.source;
        let (id, key_id) = (source.id(), source.id());
        let request = neu.clone();
        let done = self.0.create(idem, &request, move |d| {
            d.administration()?;
            let vorhaben = vorhaben(d, neu, key_id)?;
            let antrag = Antrag {
                id,
                vorhaben,
                gestellt_von: d.actor.id(),
                gestellt: d.now(),
                stand: AntragStand::Offen,
                entschieden_von: None,
            };
            Ok((d.draft("antrag_gestellt", &antrag, None, vec![])?, antrag, id))
        })?;
        let seq = done.seq;
        done.map(|value| Ok(antrag_ansicht(Stored { seq, value })))
    }
}

fn vorhaben(d: &Decision<'_, '_>, neu: AntragNeu, key_id: Uuid) -> Result<Vorhaben, Error> {
    let person =
        |id: Uuid| d.sicht.get::<Person>(&id.to_string())?.ok_or_else(Error::nicht_gefunden);
    Ok(match neu {
        AntragNeu::Rechte { person: id, rechte } => {
            person(id)?;
            let (oe, rollen, schutzklassen, stufe) = rechte.aufloesen(&d.sicht)?;
            Vorhaben::Rechte { person: id, oe, rollen, schutzklassen, stufe }
        }
        AntragNeu::Zugang { person: id } => {
            person(id)?;
            Vorhaben::Zugang { person: id }
        }
        AntragNeu::Schluessel { id, schluessel } => {
            let mut key = schluessel.record(&d.sicht, id.unwrap_or(key_id), d.now())?;
            if let Some(id) = id {
                let old = d.sicht.get::<Schluessel>(&id.to_string())?;
                let old = old.ok_or_else(Error::nicht_gefunden)?.value;
                nicht_gesperrt(&old)?;
                key.angelegt = old.angelegt;
            }
            Vorhaben::Schluessel { schluessel: Box::new(key) }
        }
    })
}

impl Approver {
    /// The requests in the order they were made; `offen`: only those that wait.
    ///
    /// # Errors
    /// `nicht_erlaubt`, or as the ledger says.
    pub fn antraege(&self, offen: bool, blatt: &Blatt) -> Result<Seite<AntragAnsicht>, Error> {
        self.0.read(|s| {
            hat_rolle(s, &ENTSCHEIDER)?;
            let (after, limit) = (blatt.nach.as_deref(), blatt.menge());
            let stand = Parts::new().number(AntragStand::Offen as u64);
            let prefix = if offen { stand } else { Parts::new() };
            let rows = s.view.scan(Index::AntragStand, &prefix, after, false, limit)?;
            let full = rows.len() == limit;
            let weiter = rows.last().filter(|_| full).map(|r| r.place.clone());
            let mut eintraege = Vec::with_capacity(rows.len());
            for row in rows {
                eintraege.extend(s.get::<Antrag>(&row.key)?.map(antrag_ansicht));
            }
            Ok(Seite { eintraege, weiter })
        })
    }

    /// One request.
    ///
    /// # Errors
    /// `nicht_gefunden`.
    pub fn antrag(&self, id: Uuid) -> Result<AntragAnsicht, Error> {
        self.0.read(|s| {
            hat_rolle(s, &ENTSCHEIDER)?;
            let found = s.get::<Antrag>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            Ok(antrag_ansicht(found))
        })
    }

    /// Refuses it. Whoever asked may withdraw it in this way too.
    ///
    /// # Errors
    /// `nicht_gefunden`, `antrag_entschieden`.
    pub fn ablehnen(&self, id: Uuid) -> Result<Quittung<AntragAnsicht>, Error> {
        let done = self.0.write(move |d| {
            let antrag = entscheiden(d, id, AntragStand::Abgelehnt)?;
            let gone = plan_revision::abgelehnt(&antrag.vorhaben, id);
            Ok((vec![d.draft("antrag_abgelehnt", &antrag, None, gone)?], antrag))
        })?;
        let (value, at) = (done.value, done.last);
        Ok(quittung(antrag_ansicht(Stored { seq: at.seq, value }), at, false))
    }

    /// Releases it: it takes effect in the same commit.
    ///
    /// # Errors
    /// `nicht_gefunden`, `antrag_entschieden`, `vier_augen`, `antrag_ueberholt`, busy.
    pub fn freigeben(
        &self,
        gate: &password::Gate,
        id: Uuid,
    ) -> Result<Quittung<Freigegeben>, Error> {
        let antrag = self.antrag(id)?;
        // Asked again in the decision; here only so that no password is hashed for nothing.
        zwei_personen(self.0.actor.id(), antrag.gestellt_von, &antrag.vorhaben)?;
        let secret = Geheim::neu(&self.0, gate, &antrag.vorhaben)?;
        let (stored, shown) = (secret.stored, secret.shown);
        let rotation_ms = self.0.registry.0.config.rotation_ms;
        let done = self.0.write(move |d| {
            let antrag = entscheiden(d, id, AntragStand::Freigegeben)?;
            vier_augen(d, &antrag)?;
            let mut drafts = vec![d.draft("antrag_freigegeben", &antrag, None, vec![])?];
            drafts.extend(wirkung(d, &antrag, stored, rotation_ms)?);
            Ok((drafts, antrag))
        })?;
        let (value, at) = (done.value, done.first);
        let antrag = antrag_ansicht(Stored { seq: at.seq, value });
        Ok(quittung(Freigegeben { antrag, geheimnis: shown }, at, false))
    }
}

/// What the release makes: the form for the ledger, and the form for the releasing person.
struct Geheim {
    stored: Option<String>,
    shown: Option<String>,
}

impl Geheim {
    fn neu(acting: &Acting, gate: &password::Gate, vorhaben: &Vorhaben) -> Result<Self, Error> {
        let source = &*acting.registry.0.source;
        match vorhaben {
            Vorhaben::Rechte { .. } | Vorhaben::Aktenplan { .. } => {
                Ok(Self { stored: None, shown: None })
            }
            Vorhaben::Zugang { .. } => {
                let shown = startpasswort(source);
                let stored = gate.hash(&shown, source).map_err(super::sign_on::gate_error)?;
                Ok(Self { stored: Some(stored), shown: Some(shown) })
            }
            Vorhaben::Schluessel { .. } => {
                let secret = secret::new(source, secret::KEY_PREFIX);
                Ok(Self { stored: Some(secret.sha256), shown: Some(secret.shown) })
            }
        }
    }
}

/// Twenty characters that nobody mistakes for each other, in groups: 100 random bits.
pub(super) fn startpasswort(source: &dyn Source) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; 20];
    source.fill(&mut random);
    let mut text = String::with_capacity(23);
    for (i, byte) in random.iter().enumerate() {
        if i > 0 && i % 5 == 0 {
            text.push('-');
        }
        let letter = LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'x');
        text.push(char::from(letter));
    }
    text
}

/// The request with its new state, if it still waits.
fn entscheiden(d: &Decision<'_, '_>, id: Uuid, stand: AntragStand) -> Result<Antrag, Error> {
    hat_rolle(&d.sicht, &ENTSCHEIDER)?;
    let found = d.sicht.get::<Antrag>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
    if found.value.stand != AntragStand::Offen {
        let text = "Über diesen Antrag ist schon entschieden.";
        return Err(Error::konflikt("antrag_entschieden", text));
    }
    Ok(Antrag { stand, entschieden_von: Some(d.actor.id()), ..found.value })
}

/// Refuses who asked himself, or gains by it himself.
fn zwei_personen(releasing: Uuid, asked: Uuid, vorhaben: &Vorhaben) -> Result<(), Error> {
    let gains = match vorhaben {
        Vorhaben::Rechte { person, .. } | Vorhaben::Zugang { person } => Some(*person),
        Vorhaben::Schluessel { .. } | Vorhaben::Aktenplan { .. } => None,
    };
    if asked == releasing || gains == Some(releasing) {
        let text = "Freigeben muss eine andere Person: nicht, wer den Antrag gestellt hat, und \
                    nicht, wen er betrifft.";
        return Err(Error::new(super::Art::NichtErlaubt, "vier_augen", text));
    }
    Ok(())
}

/// Refuses unless two different people stand behind it, both with the right to it now.
fn vier_augen(d: &Decision<'_, '_>, antrag: &Antrag) -> Result<(), Error> {
    zwei_personen(d.actor.id(), antrag.gestellt_von, &antrag.vorhaben)?;
    let asked = d.sicht.get::<Person>(&antrag.gestellt_von.to_string())?.map(|p| p.value);
    let still = asked
        .is_some_and(|p| !p.gesperrt && p.rollen.iter().any(|r| r.rolle == Rolle::Administration));
    if still { Ok(()) } else { Err(ueberholt()) }
}

fn ueberholt() -> Error {
    let text = "Der Antrag passt nicht mehr zum jetzigen Stand. Lehnen Sie ihn ab und lassen Sie \
                ihn neu stellen.";
    Error::konflikt("antrag_ueberholt", text)
}

/// The entries by which the request takes effect.
fn wirkung(
    d: &Decision<'_, '_>,
    antrag: &Antrag,
    secret: Option<String>,
    rotation_ms: i64,
) -> Result<Vec<Draft>, Error> {
    let person = |id: &Uuid| -> Result<Person, Error> {
        let found = d.sicht.get::<Person>(&id.to_string())?.ok_or_else(ueberholt)?.value;
        if found.gesperrt { Err(ueberholt()) } else { Ok(found) }
    };
    match (&antrag.vorhaben, secret) {
        (Vorhaben::Rechte { person: id, oe, rollen, schutzklassen, stufe }, _) => {
            let (rollen, schutzklassen) = (rollen.clone(), schutzklassen.clone());
            let person = Person { oe: *oe, rollen, schutzklassen, stufe: *stufe, ..person(id)? };
            Ok(vec![d.draft("rechte_geaendert", &person, None, vec![])?])
        }
        (Vorhaben::Aktenplan { plan, basis, teile, .. }, _) => {
            plan_revision::freigegeben(d, antrag.id, *basis, plan, *teile)
        }
        (Vorhaben::Zugang { person: id }, Some(hash)) => {
            person(id)?;
            let zugang = Zugang { person: *id, hash, einmalig: true, seit: d.now() };
            zugang_drafts(d.sicht.view, &d.feder, &zugang, "startpasswort_gesetzt")
        }
        (Vorhaben::Schluessel { schluessel }, Some(sha256)) => {
            let mut key = (**schluessel).clone();
            let name = Parts::new().text(&key.name);
            let same = d.sicht.view.first::<Schluessel>(Index::SchluesselName, &name)?;
            if same.is_some_and(|k| k.value.id != key.id) {
                return Err(ueberholt());
            }
            let before = d.sicht.get::<Schluessel>(&key.id.to_string())?.map(|k| k.value);
            if before.as_ref().is_some_and(|k| k.gesperrt) {
                return Err(ueberholt());
            }
            // One administrator holds the secret of a key that he made alone: it must not begin to
            // read by a release that he asked for.
            let approved = before.filter(|k| !nur_schreibend(k));
            let old = approved.map(|k| k.geheimnisse).unwrap_or_default();
            neues_geheimnis(&mut key, &old, sha256, d.now().plus_ms(rotation_ms));
            Ok(vec![d.draft("schluessel_freigegeben", &key, None, vec![])?])
        }
        _ => Err(Error::intern("no secret was made")),
    }
}
