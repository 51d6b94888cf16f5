//! Which branches of the plan an OE works with: set by the Registratur, read by everyone.
//!
//! What is set is all that counts. Where an OE's files lie is not looked at: the view would tell of
//! files that its reader may not see.

use std::collections::HashSet;

use serde::Deserialize;
use uuid::Uuid;

use super::{
    actor::{Clerk, Member},
    ansicht::{FachsichtAnsicht, OeAnsicht, Quittung},
    eingabe::{Pruefer, Textart},
    error::Error,
    konkordanz::heute,
    plan_bestand::Bestand,
    sicht::Sicht,
    views::oe_ansicht,
    write::{put, quittung, stimmt},
};
use crate::{
    domain::{
        access::{Rolle, Wer},
        aktenplan::{
            Planeinheit,
            fachsicht::{Fachsicht, ZWEIGE_MAX},
        },
        record::{Kind, Record as _},
    },
    ledger::Stored,
};

/// OE above each other, at most.
const EBENEN_MAX: usize = 100;

/// The branches of the plan that an OE is to work with, all of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::aktenplan::fachsicht::Fachsicht")]
pub struct FachsichtNeu {
    pub planeinheiten: Vec<String>,
}

impl Member {
    /// The branches that are set for this very OE.
    ///
    /// # Errors
    /// `nicht_gefunden`.
    pub fn fachsicht(&self, oe: Uuid) -> Result<FachsichtAnsicht, Error> {
        self.0.read(|s| {
            s.oe(oe)?.ok_or_else(Error::nicht_gefunden)?;
            Ok(ansicht(gesetzt(s, oe)?))
        })
    }

    /// An OE in office, named by Kürzel or id.
    ///
    /// # Errors
    /// `oe_unbekannt`.
    pub fn oe_genannt(&self, text: &str) -> Result<OeAnsicht, Error> {
        self.0.read(|s| Ok(oe_ansicht(s.oe_finden("/oe", text)?)))
    }
}

impl Clerk {
    /// Sets the branches that an OE works with; none: those of the OE above count. For the
    /// Registratur of that OE, or of the whole house.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `planeinheit_unbekannt`, `zu_viele`.
    pub fn fachsicht_setzen(
        &self,
        oe: Uuid,
        version: u64,
        mut neu: FachsichtNeu,
    ) -> Result<Quittung<FachsichtAnsicht>, Error> {
        neu.pruefen()?;
        let key = |nummer: &String| (Kind::Planeinheit, nummer.clone());
        let expected = neu.planeinheiten.iter().map(key).collect();
        let done = self.0.write_expecting(expected, move |d| {
            let s = &d.sicht;
            let of = s.oe(oe)?.ok_or_else(Error::nicht_gefunden)?;
            registratur(s, oe)?;
            stimmt(version, gesetzt(s, oe)?.seq)?;
            let sicht = Fachsicht { oe, planeinheiten: geordnet(s, neu)? };
            // The log of the OE is where one looks for it.
            let subject = (Kind::Oe, of.value.key());
            let draft = d.feder.draft("fachsicht_gesetzt", subject, None, vec![put(&sicht)?]);
            Ok((vec![draft], sicht))
        })?;
        let (value, at) = (done.value, done.last);
        Ok(quittung(ansicht(Stored { seq: at.seq, value }), at, false))
    }
}

/// Refuses whoever does not keep the files of that OE in order. Machines set nothing.
fn registratur(s: &Sicht<'_, '_>, oe: Uuid) -> Result<(), Error> {
    let Wer::Person { rollen, .. } = &s.wer else { return Err(Error::nicht_erlaubt()) };
    let of_it = |own: Option<Uuid>| own.is_none_or(|own| own == oe);
    match rollen.iter().any(|r| r.rolle == Rolle::Registratur && of_it(r.oe)) {
        true => Ok(()),
        false => Err(Error::nicht_erlaubt()),
    }
}

/// The numbers in their order, each once, if the plan has them.
fn geordnet(s: &Sicht<'_, '_>, neu: FachsichtNeu) -> Result<Vec<String>, Error> {
    let mut check = Pruefer::default();
    let mut units = Vec::with_capacity(neu.planeinheiten.len());
    for (at, nummer) in neu.planeinheiten.into_iter().enumerate() {
        match s.get::<Planeinheit>(&nummer)? {
            Some(unit) => units.push((unit.value.ordnung, nummer)),
            None => {
                let text = format!("Die Planeinheit „{nummer}“ gibt es nicht.");
                check.falsch(&format!("/planeinheiten/{at}"), "planeinheit_unbekannt", text);
            }
        }
    }
    check.ende()?;
    units.sort();
    units.dedup();
    Ok(units.into_iter().map(|(_, nummer)| nummer).collect())
}

/// What is set for an OE; nothing, and entry 0, where nobody has.
fn gesetzt(s: &Sicht<'_, '_>, oe: Uuid) -> Result<Stored<Fachsicht>, Error> {
    let none = || Stored { seq: 0, value: Fachsicht { oe, planeinheiten: vec![] } };
    Ok(s.get::<Fachsicht>(&oe.to_string())?.unwrap_or_else(none))
}

fn ansicht(stored: Stored<Fachsicht>) -> FachsichtAnsicht {
    let Stored { seq: version, value: Fachsicht { oe, planeinheiten } } = stored;
    FachsichtAnsicht { oe, planeinheiten, version }
}

/// The places of the units that an OE works with: its branches or, where it has none, those of the
/// next OE above that has. A branch that was shut down stands beside what it became.
pub(super) fn einheiten(
    s: &Sicht<'_, '_>,
    bestand: &Bestand,
    oe: &str,
) -> Result<HashSet<usize>, Error> {
    let mut next = Some(s.oe_finden("/oe", oe)?.value);
    for _ in 0..EBENEN_MAX {
        let Some(oe) = next else { break };
        let numbers = gesetzt(s, oe.id)?.value.planeinheiten;
        if numbers.is_empty() {
            let above = oe.uebergeordnet.map(|above| s.oe(above)).transpose()?;
            next = above.flatten().map(|oe| oe.value);
            continue;
        }
        let mut all = numbers.clone();
        for number in &numbers {
            if bestand.roh(number).is_some_and(|unit| unit.stillgelegt) {
                all.extend(heute(s.view, number)?.into_iter().map(|unit| unit.nummer));
            }
        }
        return Ok(bestand.zweige(all.iter().map(String::as_str)));
    }
    Ok(HashSet::new())
}

impl FachsichtNeu {
    fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        if self.planeinheiten.len() > ZWEIGE_MAX {
            let text = format!("Höchstens {ZWEIGE_MAX} Zweige sind erlaubt.");
            check.falsch("/planeinheiten", "zu_viele", text);
            return check.ende();
        }
        for (at, nummer) in self.planeinheiten.iter_mut().enumerate() {
            check.pflicht(&format!("/planeinheiten/{at}"), nummer, Textart::Zeile(100));
        }
        check.ende()
    }
}
