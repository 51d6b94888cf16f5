//! Keys of scan stations and Fachverfahren. A key that only writes is one administrator's
//! business; whatever can read, or stands behind a wall, needs a second person (`antraege`).
//!
//! Secrets are 256 random bits, shown once; the ledger holds their SHA-256, from which nothing can
//! be guessed, so the entries of replaced ones stay.

use uuid::Uuid;

use super::{
    actor::Administrator,
    ansicht::{Quittung, SchluesselAnsicht, SchluesselNeuAnsicht, Seite},
    eingabe::{Blatt, Pruefer, SchluesselNeu, Textart},
    error::Error,
    persons::hat_rolle,
    sicht::Sicht,
    views::schluessel_ansicht,
    write::{Idempotenz, quittung, stimmt},
};
use crate::{
    domain::{
        access::{Rolle, Stufe, Verb},
        aktenplan::Planeinheit,
        organisation::{Geheimnis, Schluessel},
        record::{Index, Parts},
        zeit::Zeitpunkt,
    },
    identity::secret,
    ledger::Stored,
};

/// True for a key that one administrator may make, change and rotate alone: it brings content in
/// and gets none out.
pub(super) fn nur_schreibend(key: &Schluessel) -> bool {
    matches!(key.rolle, Rolle::Scanstelle | Rolle::Fachverfahren)
        && key.verben.iter().all(|v| matches!(v, Verb::Einliefern | Verb::Anlegen))
        && key.schutzklassen.is_empty()
        && key.stufe == Stufe::Offen
}

fn zweite_person() -> Error {
    let text = "Dieser Schlüssel kann lesen oder steht hinter einer Schutzklasse. Stellen Sie \
                einen Antrag; eine zweite Person gibt ihn frei.";
    Error::new(super::Art::NichtErlaubt, "zweite_person_noetig", text)
}

impl SchluesselNeu {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        check.pflicht("/name", &mut self.name, Textart::Zeile(100));
        if self.oe.is_empty() || self.oe.len() > 200 {
            let text = "Nennen Sie 1 bis 200 Organisationseinheiten.";
            check.falsch("/oe", "anzahl", text);
        }
        if self.planeinheiten.len() > 200 || self.netze.len() > 100 {
            let text = "Höchstens 200 Planeinheiten und 100 Netze sind erlaubt.";
            check.falsch("/planeinheiten", "anzahl", text);
        }
        self.verben.sort_unstable();
        self.verben.dedup();
        self.schutzklassen.sort_unstable();
        self.schutzklassen.dedup();
        check.ende()
    }

    /// The key of that scope, without secrets.
    pub(super) fn record(
        &self,
        sicht: &Sicht<'_, '_>,
        id: Uuid,
        now: Zeitpunkt,
    ) -> Result<Schluessel, Error> {
        let name = Parts::new().text(&self.name);
        let same = sicht.view.first::<Schluessel>(Index::SchluesselName, &name)?;
        if same.is_some_and(|k| k.value.id != id) {
            let text = format!("Der Name „{}“ ist schon vergeben.", self.name);
            return Err(Error::konflikt("name_vergeben", text));
        }
        if self.ablauf.is_some_and(|end| end <= now) {
            let text = "Der Ablauf liegt in der Vergangenheit.";
            return Err(Error::ungueltig("/ablauf", "vergangen", text));
        }
        let mut oe = Vec::with_capacity(self.oe.len());
        for text in &self.oe {
            oe.push(sicht.oe_finden("/oe", text)?.value.id);
        }
        oe.sort_unstable();
        oe.dedup();
        for unit in &self.planeinheiten {
            if sicht.get::<Planeinheit>(unit)?.is_none() {
                let text = format!("Die Planeinheit „{unit}“ gibt es nicht.");
                return Err(Error::ungueltig("/planeinheiten", "planeinheit_unbekannt", text));
            }
        }
        Ok(Schluessel {
            id,
            name: self.name.clone(),
            rolle: self.rolle,
            verben: self.verben.clone(),
            oe,
            planeinheiten: self.planeinheiten.clone(),
            netze: self.netze.clone(),
            schutzklassen: self.schutzklassen.clone(),
            stufe: self.stufe,
            geheimnisse: vec![],
            ablauf: self.ablauf,
            grenzen: self.grenzen,
            gesperrt: false,
            angelegt: now,
        })
    }
}

/// Adds a secret. The newest one before it stays valid for a while, so that a station can be moved
/// to the new one without a gap; older ones go.
pub(super) fn neues_geheimnis(
    key: &mut Schluessel,
    before: &[Geheimnis],
    sha256: String,
    until: Zeitpunkt,
) {
    key.geheimnisse = before.last().cloned().into_iter().collect();
    for old in &mut key.geheimnisse {
        old.gueltig_bis = Some(old.gueltig_bis.map_or(until, |end| end.min(until)));
    }
    key.geheimnisse.push(Geheimnis { sha256, gueltig_bis: None });
}

impl Administrator {
    /// All keys, in the order of their names.
    ///
    /// # Errors
    /// `nicht_erlaubt`, or as the ledger says.
    pub fn schluessel_liste(&self, blatt: &Blatt) -> Result<Seite<SchluesselAnsicht>, Error> {
        self.0.read(|s| {
            hat_rolle(s, &[Rolle::Administration])?;
            let (after, limit) = (blatt.nach.as_deref(), blatt.menge());
            let rows = s.view.scan(Index::SchluesselName, &Parts::new(), after, false, limit)?;
            let full = rows.len() == limit;
            let weiter = rows.last().filter(|_| full).map(|r| r.place.clone());
            let mut eintraege = Vec::with_capacity(rows.len());
            for row in rows {
                eintraege.extend(s.get::<Schluessel>(&row.key)?.map(schluessel_ansicht));
            }
            Ok(Seite { eintraege, weiter })
        })
    }

    /// One key.
    ///
    /// # Errors
    /// `nicht_gefunden`.
    pub fn schluessel(&self, id: Uuid) -> Result<SchluesselAnsicht, Error> {
        self.0.read(|s| {
            hat_rolle(s, &[Rolle::Administration])?;
            let found = s.get::<Schluessel>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            Ok(schluessel_ansicht(found))
        })
    }

    /// Makes a key that only writes. A replay of the request shows no secret: it is gone for good.
    ///
    /// # Errors
    /// `zweite_person_noetig`, `name_vergeben`, input.
    pub fn schluessel_anlegen(
        &self,
        mut neu: SchluesselNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<SchluesselNeuAnsicht>, Error> {
        neu.pruefen()?;
        let source = &*self.0.registry.0.source;
        let (id, secret) = (source.id(), secret::new(source, secret::KEY_PREFIX));
        let (request, sha256) = (neu.clone(), secret.sha256.clone());
        let done = self.0.create(idem, &request, move |d| {
            d.administration()?;
            let mut key = neu.record(&d.sicht, id, d.now())?;
            if !nur_schreibend(&key) {
                return Err(zweite_person());
            }
            key.geheimnisse.push(Geheimnis { sha256, gueltig_bis: None });
            Ok((d.draft("schluessel_angelegt", &key, None, vec![])?, key, id))
        })?;
        let seq = done.seq;
        let geheimnis = if done.wiederholt { String::new() } else { secret.shown };
        done.map(|value| {
            let schluessel = schluessel_ansicht(Stored { seq, value });
            Ok(SchluesselNeuAnsicht { schluessel, geheimnis })
        })
    }

    /// Gives a key that only writes another scope; its secrets stay.
    ///
    /// # Errors
    /// `nicht_gefunden`, `version_veraltet`, `zweite_person_noetig`, `name_vergeben`, input.
    pub fn schluessel_aendern(
        &self,
        id: Uuid,
        version: u64,
        mut neu: SchluesselNeu,
    ) -> Result<Quittung<SchluesselAnsicht>, Error> {
        neu.pruefen()?;
        self.key_write(id, version, "schluessel_geaendert", move |sicht, key, now| {
            let changed = neu.record(sicht, id, now)?;
            if !nur_schreibend(&key) || !nur_schreibend(&changed) {
                return Err(zweite_person());
            }
            let Schluessel { geheimnisse, angelegt, gesperrt, .. } = key;
            Ok(Schluessel { geheimnisse, angelegt, gesperrt, ..changed })
        })
    }

    /// Gives a key that only writes a new secret; the present one ends after a while.
    ///
    /// # Errors
    /// `nicht_gefunden`, `version_veraltet`, `zweite_person_noetig`, `schluessel_gesperrt`.
    pub fn schluessel_rotieren(
        &self,
        id: Uuid,
        version: u64,
    ) -> Result<Quittung<SchluesselNeuAnsicht>, Error> {
        let secret = secret::new(&*self.0.registry.0.source, secret::KEY_PREFIX);
        let sha256 = secret.sha256.clone();
        let rotation_ms = self.0.registry.0.config.rotation_ms;
        let done = self.key_write(id, version, "schluessel_rotiert", move |_, mut key, now| {
            if !nur_schreibend(&key) {
                return Err(zweite_person());
            }
            nicht_gesperrt(&key)?;
            let before = std::mem::take(&mut key.geheimnisse);
            neues_geheimnis(&mut key, &before, sha256, now.plus_ms(rotation_ms));
            Ok(key)
        })?;
        let geheimnis = secret.shown;
        done.map(|schluessel| Ok(SchluesselNeuAnsicht { schluessel, geheimnis }))
    }

    /// Blocks a key for good: whoever has its secret might have copied it.
    ///
    /// # Errors
    /// `nicht_gefunden`, `version_veraltet`.
    pub fn schluessel_sperren(
        &self,
        id: Uuid,
        version: u64,
    ) -> Result<Quittung<SchluesselAnsicht>, Error> {
        self.key_write(id, version, "schluessel_gesperrt", |_, key, _| {
            Ok(Schluessel { gesperrt: true, ..key })
        })
    }

    fn key_write(
        &self,
        id: Uuid,
        version: u64,
        action: &'static str,
        change: impl FnOnce(&Sicht<'_, '_>, Schluessel, Zeitpunkt) -> Result<Schluessel, Error>
        + Send
        + 'static,
    ) -> Result<Quittung<SchluesselAnsicht>, Error> {
        let done = self.0.write(move |d| {
            d.administration()?;
            let found = d.sicht.get::<Schluessel>(&id.to_string())?;
            let found = found.ok_or_else(Error::nicht_gefunden)?;
            stimmt(version, found.seq)?;
            let key = change(&d.sicht, found.value, d.now())?;
            Ok((vec![d.draft(action, &key, None, vec![])?], key))
        })?;
        let (value, at) = (done.value, done.last);
        Ok(quittung(schluessel_ansicht(Stored { seq: at.seq, value }), at, false))
    }
}

/// Refuses a blocked key.
pub(super) fn nicht_gesperrt(key: &Schluessel) -> Result<(), Error> {
    if key.gesperrt {
        let text = "Der Schlüssel ist gesperrt und bleibt es. Legen Sie einen neuen an.";
        return Err(Error::zustand("schluessel_gesperrt", text));
    }
    Ok(())
}
