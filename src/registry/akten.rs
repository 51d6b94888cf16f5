//! Akten: opened at the lowest level of the plan, numbered by the system, changed, closed, opened
//! again. What lies in an Akte never changes the Akte's own record.

use std::sync::Arc;

use chrono::Datelike;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Config, Registry,
    actor::{Acting, Clerk, Reader},
    aktentypen,
    ansicht::{AkteAnsicht, Quittung},
    eingabe::{AkteAenderung, AkteNeu, Begruendung, Feld, grund},
    error::Error,
    fristen,
    klassen::internieren,
    konkordanz,
    plan::plan,
    sicht::{Sicht, akte_offen},
    write::{Decision, Idempotenz, naechste, quittung, stimmt},
};
use crate::{
    domain::{
        access::{Empfaenger, Freigabe, Rechte, Stufe, Verb, Wer},
        akte::{Akte, Vorgang, Zustand},
        aktenplan::{Aktenplan, Planeinheit},
        aktenzeichen::{self, Grammatik, normal},
        aussonderung::{Schritt, schritt},
        organisation::Person,
        record::{Index, Parts},
    },
    ledger::{Change, Draft, Stored},
};

/// Rows fetched at once.
const CHUNK: usize = 500;

/// Why a closed Akte is opened again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wiederoeffnung {
    /// The reason; it has to be there.
    pub grund: Option<String>,
    /// It was closed rightly and is opened by mistake: if it is closed again and nothing was added
    /// or changed meanwhile, its former closing holds.
    pub irrtuemlich: bool,
}

/// The form of a Geschäftszeichen where the plan names none (Saxony's).
const GESCHAEFTSZEICHEN: &str = "{oe} {plan}-{lfd}-{vorgang}";

/// The grammar of the city's numbers, which stands in the plan.
pub(super) fn grammatik(plan: &Aktenplan) -> Result<Grammatik, aktenzeichen::Error> {
    let own = plan.geschaeftszeichen.as_str();
    Grammatik::parse(&plan.grammatik, if own.is_empty() { GESCHAEFTSZEICHEN } else { own })
}

/// The unit a new Akte is opened under.
fn blatt(sicht: &Sicht<'_, '_>, nummer: &str) -> Result<Planeinheit, Error> {
    let zeiger = "/planeinheit";
    let unit = sicht.get::<Planeinheit>(nummer)?.map(|u| u.value).ok_or_else(|| {
        let text = format!("Die Planeinheit „{nummer}“ gibt es nicht.");
        Error::ungueltig(zeiger, "planeinheit_unbekannt", text)
    })?;
    if !unit.blatt {
        let text = format!("„{nummer}“ ist keine Betreffseinheit. Wählen Sie eine darunter.");
        return Err(Error::ungueltig(zeiger, "planeinheit_kein_blatt", text));
    }
    if unit.stillgelegt {
        return Err(konkordanz::stillgelegt(sicht.view, nummer)?);
    }
    Ok(unit)
}

/// Refuses shares with whom there is not.
fn freigaben_pruefen(sicht: &Sicht<'_, '_>, freigaben: &[Freigabe]) -> Result<(), Error> {
    for (i, share) in freigaben.iter().enumerate() {
        let known = match share.fuer {
            Empfaenger::Oe(id) => sicht.oe(id)?.is_some(),
            Empfaenger::Person(id) => sicht.get::<Person>(&id.to_string())?.is_some(),
        };
        if !known {
            let text = "Diese Person oder Organisationseinheit gibt es nicht.";
            let zeiger = format!("/freigaben/{i}/fuer");
            return Err(Error::ungueltig(&zeiger, "empfaenger_unbekannt", text));
        }
    }
    Ok(())
}

/// Nobody gives an object a level or wall that he is not admitted to himself: he would lose it.
fn stufe_pruefen(sicht: &Sicht<'_, '_>, stufe: Stufe) -> Result<(), Error> {
    let own = match &sicht.wer {
        Wer::Person { stufe, .. } => *stufe,
        Wer::Maschine(key) => key.stufe,
    };
    if stufe > own {
        let text = "Diese Vertraulichkeitsstufe liegt über Ihrer eigenen.";
        return Err(Error::ungueltig("/stufe", "stufe_zu_hoch", text));
    }
    Ok(())
}

/// The OE of a new object: named, or the caller's only one.
pub(super) fn oe_wahl(sicht: &Sicht<'_, '_>, oe: Option<&str>) -> Result<Uuid, Error> {
    match oe {
        Some(text) => Ok(sicht.oe_finden("/oe", text)?.value.id),
        None => sicht.einzige_oe().ok_or_else(|| {
            let text = "Nennen Sie die Organisationseinheit; Sie haben mehr als eine.";
            Error::ungueltig("/oe", "fehlt", text)
        }),
    }
}

fn anlegen(
    d: &Decision<'_, '_>,
    config: &Config,
    neu: AkteNeu,
    id: Uuid,
) -> Result<(Draft, Akte, Uuid), Error> {
    let s = &d.sicht;
    let unit = blatt(s, &neu.planeinheit)?;
    let typ = aktentypen::typ(&config.typen, neu.typ.as_deref(), &unit)?;
    let rechte = Rechte {
        oe: oe_wahl(s, neu.oe.as_deref())?,
        stufe: neu.stufe,
        schutzklasse: aktentypen::wall(typ, unit.schutzklasse)?,
        freigaben: neu.freigaben,
    };
    stufe_pruefen(s, neu.stufe)?;
    // An OE in which the caller opens nothing is no secret, so it is a refusal, not "not found".
    if s.darf(Verb::Anlegen, &rechte, None, Some(&unit.nummer)).is_err() {
        return Err(Error::nicht_erlaubt());
    }
    freigaben_pruefen(s, &rechte.freigaben)?;
    let felder = aktentypen::felder(typ, neu.felder.unwrap_or_default())?;
    let (laufnummer, counter) = naechste(s.view, &format!("akte:{}", unit.nummer))?;
    let jahr = u16::try_from(d.now().datum().year()).unwrap_or_default();
    let plan = plan(s.view)?;
    let grammatik = grammatik(&plan).map_err(Error::intern)?;
    let aktenzeichen = grammatik.aktenzeichen(&unit.nummer, laufnummer, jahr);
    let key = Parts::new().text(&normal(&aktenzeichen));
    if s.view.first::<Akte>(Index::AkteZeichen, &key)?.is_some() {
        return Err(Error::intern(format!("aktenzeichen {aktenzeichen} is given already")));
    }
    let (rechteklasse, class) = internieren(s.view, &rechte)?;
    let quelle = neu.fremd_id.is_some().then(|| d.actor.id());
    let akte = Akte {
        id,
        aktenzeichen,
        planeinheit: unit.nummer.clone(),
        laufnummer,
        betreff: neu.betreff,
        oe: rechte.oe,
        rechteklasse,
        stufe: rechte.stufe,
        schutzklasse: rechte.schutzklasse,
        freigaben: rechte.freigaben,
        zustand: Zustand::Offen,
        medium: neu.medium,
        typ: Some(typ.kennung.clone()),
        typ_version: Some(typ.version),
        felder,
        bemerkung: neu.bemerkung,
        geschlossen_am: None,
        irrtuemlich_geoeffnet: None,
        fremd_id: neu.fremd_id,
        quelle,
        angelegt: d.now(),
        geaendert: d.now(),
    };
    let stand = fristen::erster_stand(config, (&plan, &unit), &akte, d.now().datum())?;
    let records = class.into_iter().chain([counter, stand]).collect();
    Ok((d.draft("akte_angelegt", &akte, None, records)?, akte, id))
}

/// The Akte with its new rights, and what has to be written for the class.
fn rechte_aendern(
    d: &Decision<'_, '_>,
    akte: &mut Akte,
    change: &AkteAenderung,
) -> Result<Vec<Change>, Error> {
    let s = &d.sicht;
    let mut rechte = s.akte_darf(akte, Verb::Freigeben)?;
    if let Some(shares) = &change.freigaben {
        freigaben_pruefen(s, shares)?;
        rechte.freigaben.clone_from(shares);
    }
    if let Some(stufe) = change.stufe {
        stufe_pruefen(s, stufe)?;
        rechte.stufe = stufe;
    }
    if let Some(text) = &change.oe {
        rechte.oe = s.oe_finden("/oe", text)?.value.id;
    }
    let (nummer, class) = internieren(s.view, &rechte)?;
    akte.rechteklasse = nummer;
    akte.oe = rechte.oe;
    akte.stufe = rechte.stufe;
    akte.freigaben = rechte.freigaben;
    Ok(class)
}

/// Refuses while a Vorgang of the Akte is open. Tells whether one was changed behind that entry.
fn vorgaenge_geschlossen(sicht: &Sicht<'_, '_>, akte: Uuid, seq: u64) -> Result<bool, Error> {
    let prefix = Parts::new().id(akte);
    let (mut after, mut changed): (Option<Vec<u8>>, bool) = (None, false);
    loop {
        let rows = sicht.view.scan(Index::VorgangAkte, &prefix, after.as_deref(), false, CHUNK)?;
        for row in &rows {
            let found = sicht.get::<Vorgang>(&row.key)?;
            changed |= found.as_ref().is_some_and(|v| v.seq > seq);
            if let Some(open) = found.filter(|v| v.value.zustand.nimmt_auf()) {
                let text = format!(
                    "Der Vorgang {} ist noch offen. Schließen Sie zuerst alle Vorgänge.",
                    open.value.geschaeftszeichen
                );
                return Err(Error::zustand("vorgaenge_offen", text));
            }
        }
        match rows.last() {
            Some(last) if rows.len() == CHUNK => after = Some(last.place.clone()),
            _ => return Ok(changed),
        }
    }
}

/// Action, reason, the new state, what else is written.
type Geaendert = (&'static str, Option<String>, Akte, Vec<Change>);

impl Acting {
    /// The receipt with the view of the Akte that was written.
    fn akte_quittung(&self, done: Quittung<Akte>) -> Result<Quittung<AkteAnsicht>, Error> {
        let seq = done.seq;
        let view = self.registry.0.ledger.view();
        let sicht = Sicht::new(&view, &self.actor, self.registry.now())?;
        done.map(|value| sicht.akte_ansicht(Stored { seq, value }))
    }

    /// Changes one Akte in one entry, and its dates with it.
    fn akte_write(
        &self,
        id: Uuid,
        version: u64,
        verb: Verb,
        change: impl FnOnce(&Decision<'_, '_>, Akte) -> Result<Geaendert, Error> + Send + 'static,
    ) -> Result<Quittung<AkteAnsicht>, Error> {
        let registry = self.registry.clone();
        let done = self.write(move |d| {
            let (found, _) = d.sicht.akte(id, verb)?;
            stimmt(version, found.seq)?;
            let (action, reason, mut akte, mut records) = change(d, found.value)?;
            akte.geaendert = d.now();
            let (config, heute) = (&registry.0.config, d.now().datum());
            records.push(fristen::stand(d.sicht.view, config, &akte, heute)?);
            Ok((vec![d.draft(action, &akte, reason, records)?], akte))
        })?;
        self.akte_quittung(quittung(done.value, done.last, false))
    }
}

impl Reader {
    /// One Akte.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn akte(&self, id: Uuid) -> Result<AkteAnsicht, Error> {
        self.0.read(|s| s.akte_ansicht(s.akte(id, Verb::Lesen)?.0))
    }
}

impl Clerk {
    /// Opens an Akte; the system gives its number.
    ///
    /// # Errors
    /// `nicht_erlaubt`, `aktenplan_fehlt`, `idempotenz_abweichung`, input.
    pub fn akte_anlegen(
        &self,
        mut neu: AkteNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<AkteAnsicht>, Error> {
        neu.pruefen()?;
        let id = self.0.registry.0.source.id();
        let (request, registry) = (neu.clone(), self.0.registry.clone());
        let done =
            self.0.create(idem, &request, move |d| anlegen(d, &registry.0.config, neu, id))?;
        self.0.akte_quittung(done)
    }

    /// Changes an Akte. Shares, level and OE need the right to share it; they move it to another
    /// Rechteklasse, and with it all that lies in it.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `akte_geschlossen`, input.
    pub fn akte_aendern(
        &self,
        id: Uuid,
        version: u64,
        mut change: AkteAenderung,
    ) -> Result<Quittung<AkteAnsicht>, Error> {
        change.pruefen()?;
        let metadata = change.betreff.is_some()
            || change.typ != Feld::Unveraendert
            || change.felder != Feld::Unveraendert
            || change.bemerkung != Feld::Unveraendert;
        let verb = if change.rechte() && !metadata { Verb::Freigeben } else { Verb::Aendern };
        let typen = Arc::clone(&self.0.registry.0.config.typen);
        self.0.akte_write(id, version, verb, move |d, mut akte| {
            if metadata {
                akte_offen(&akte)?;
            }
            let records =
                if change.rechte() { rechte_aendern(d, &mut akte, &change)? } else { vec![] };
            if let Some(betreff) = change.betreff {
                akte.betreff = betreff;
            }
            aktentypen::aendern(&d.sicht, &typen, &mut akte, &change.typ, change.felder)?;
            change.bemerkung.auf(&mut akte.bemerkung);
            // Whoever changes it, works on it: it is not open by mistake alone any more.
            akte.irrtuemlich_geoeffnet = None;
            Ok(("akte_geaendert", change.grund, akte, records))
        })
    }

    /// zdA: closes an Akte whose Vorgänge are all closed. One that was opened by mistake, and in
    /// which nothing has happened since, gets its former closing back.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `akte_geschlossen`,
    /// `vorgaenge_offen`.
    pub fn akte_schliessen(
        &self,
        id: Uuid,
        version: u64,
        warum: Begruendung,
    ) -> Result<Quittung<AkteAnsicht>, Error> {
        let reason = warum.grund.map(|text| grund(Some(text))).transpose()?;
        let registry = self.0.registry.clone();
        self.0.akte_write(id, version, Verb::Schliessen, move |d, mut akte| {
            akte_offen(&akte)?;
            // `version` is the entry of the reopening, else `irrtuemlich_geoeffnet` were gone.
            let changed = vorgaenge_geschlossen(&d.sicht, id, version)?
                || akte.irrtuemlich_geoeffnet.is_some()
                    && fristen::dokumente_seit(d.sicht.view, id, version)?;
            let step = Schritt::Schliessen { unveraendert: !changed };
            akte_schritt(d, &registry, &mut akte, step)?;
            Ok(("akte_geschlossen", reason, akte, vec![]))
        })
    }

    /// Opens a closed Akte again, within the Transferfrist, with a reason. Its period begins anew
    /// with the next closing, unless it was opened by mistake.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `version_veraltet`, `akte_nicht_geschlossen`,
    /// `transferfrist_abgelaufen`, input.
    pub fn akte_oeffnen(
        &self,
        id: Uuid,
        version: u64,
        warum: Wiederoeffnung,
    ) -> Result<Quittung<AkteAnsicht>, Error> {
        let Wiederoeffnung { grund: reason, irrtuemlich } = warum;
        let (reason, registry) = (grund(reason)?, self.0.registry.clone());
        self.0.akte_write(id, version, Verb::Oeffnen, move |d, mut akte| {
            akte_schritt(d, &registry, &mut akte, Schritt::Wiederoeffnen { irrtuemlich })?;
            Ok(("akte_geoeffnet", Some(reason), akte, vec![]))
        })
    }
}

/// Takes the Akte one step on, if the state machine allows it.
fn akte_schritt(
    d: &Decision<'_, '_>,
    registry: &Registry,
    akte: &mut Akte,
    step: Schritt,
) -> Result<(), Error> {
    let heute = d.now().datum();
    let um = fristen::umstaende(d.sicht.view, &registry.0.config, akte, heute)?;
    akte.gehe(&schritt(&akte.stand(), step, &um).map_err(|e| fristen::verweigert(&e))?);
    Ok(())
}
