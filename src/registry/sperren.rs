//! Holds: set by the Registratur, released by two persons of it, seen by whoever reads an Akte that
//! one is about. Each Akte concerned gets its dates anew, and an entry in its log, in the commit.
//!
//! The second person asks for the same release once more. A request (`antraege`) would not fit:
//! these are decided by Administration and Revision, who neither release a hold nor may learn from
//! one which Akten there are.

use std::collections::HashSet;

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Art, Config, Feldfehler,
    actor::{Acting, Reader, Registrar},
    akten_liste::{Sammler, durch},
    ansicht::{Quittung, Seite},
    eingabe::{Begruendung, Blatt, Pruefer, Textart, grund},
    error::Error,
    fristen, gesperrt,
    persons::hat_rolle,
    sicht::Sicht,
    write::{Decision, Idempotenz, quittung},
};
use crate::{
    domain::{
        access::{Rolle, Urteil, Verb},
        akte::Akte,
        frist::Sperre as Zeitraum,
        organisation::Person,
        record::{Index, Kind, Parts, Record as _},
        sperre::{AKTEN_MAX, Aufgehoben, Aufhebung, Sperre},
    },
    ledger::{Draft, Stored},
};

/// Holds fetched at once.
const CHUNK: usize = 50;
/// Akten that one page asks the rule about, at most.
const ANGESEHEN_MAX: usize = 10_000;
/// Days are bounded, so that what is computed with them stays within the calendar.
const JAHRE: std::ops::RangeInclusive<i32> = 1900..=9998;

/// A new hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SperreNeu {
    /// On which Akten.
    pub akten: Vec<Uuid>,
    /// Why.
    pub grund: String,
    /// The first day; none: today.
    #[serde(default)]
    pub von: Option<NaiveDate>,
    /// The last day; none: until it is released.
    #[serde(default)]
    pub bis: Option<NaiveDate>,
}

/// A hold, as far as the caller may know of it.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::sperre::Sperre")]
pub struct SperreAnsicht {
    pub id: Uuid,
    pub grund: String,
    pub von: NaiveDate,
    pub bis: Option<NaiveDate>,
    /// True: it binds today.
    pub in_kraft: bool,
    /// Those of its Akten that the caller reads.
    pub akten: Vec<Uuid>,
    pub gesetzt_von: Uuid,
    pub gesetzt_am: crate::domain::zeit::Zeitpunkt,
    pub aufhebung: Option<Aufhebung>,
    pub aufgehoben: Option<Aufgehoben>,
    pub version: u64,
}

impl SperreNeu {
    fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        check.pflicht("/grund", &mut self.grund, Textart::Absatz(1000));
        match self.akten.len() {
            0 => check.falsch("/akten", "fehlt", "Nennen Sie mindestens eine Akte."),
            1..=AKTEN_MAX => {}
            _ => {
                let text = format!("Höchstens {AKTEN_MAX} Akten sind erlaubt.");
                check.falsch("/akten", "zu_viele", text);
            }
        }
        for (zeiger, day) in [("/von", self.von), ("/bis", self.bis)] {
            if day.is_some_and(|day| !JAHRE.contains(&day.year())) {
                let text = "Nennen Sie einen Tag zwischen 1900 und 9998.";
                check.falsch(zeiger, "datum_unzulaessig", text);
            }
        }
        check.ende()
    }

    /// Its days, seen from today.
    fn zeitraum(&self, heute: NaiveDate) -> Result<Zeitraum, Error> {
        let von = self.von.unwrap_or(heute);
        let wrong = |text: &str| Err(Error::ungueltig("/bis", "datum_unzulaessig", text));
        match self.bis {
            Some(bis) if bis < von => wrong("Der letzte Tag liegt vor dem ersten."),
            Some(bis) if bis < heute => wrong("Der letzte Tag ist schon vorbei."),
            bis => Ok(Zeitraum { von, bis }),
        }
    }
}

/// What the rule says of one of its Akten; an unknown one is hidden.
fn urteil(s: &Sicht<'_, '_>, id: Uuid, verb: Verb) -> Result<(Urteil, Option<Akte>), Error> {
    let Some(akte) = s.akte_roh(id)?.map(|akte| akte.value) else {
        return Ok((Urteil::Verborgen, None));
    };
    let rechte = s.klasse(akte.rechteklasse)?;
    let urteil = s.urteil(verb, &rechte, Some(akte.zustand), Some(&akte.planeinheit));
    Ok((urteil, Some(akte)))
}

/// The Akten named, each once, if the caller may change every one.
fn aenderbar(s: &Sicht<'_, '_>, ids: &[Uuid]) -> Result<Vec<Akte>, Error> {
    let (mut akten, mut seen) = (Vec::with_capacity(ids.len()), HashSet::new());
    let (mut hidden, mut refused) = (Vec::new(), Vec::new());
    for (at, id) in ids.iter().enumerate() {
        let place = |refusal: Error| Feldfehler {
            zeiger: format!("/akten/{at}"),
            code: refusal.code,
            text: refusal.text,
        };
        match urteil(s, *id, Verb::Aendern)? {
            (Urteil::Ja, Some(akte)) if seen.insert(akte.id) => akten.push(akte),
            (Urteil::Ja, _) => {}
            (Urteil::Nein, _) => refused.push(place(Error::nicht_erlaubt())),
            (Urteil::Verborgen, _) => hidden.push(place(Error::nicht_gefunden())),
        }
    }
    if !hidden.is_empty() {
        return Err(Error { fehler: hidden, ..Error::nicht_gefunden() });
    }
    if !refused.is_empty() {
        return Err(Error { fehler: refused, ..Error::nicht_erlaubt() });
    }
    Ok(akten)
}

/// A reason with the days of the hold, as it stands in the log of an Akte.
fn mit_tagen(hold: &Sperre, reason: &str) -> String {
    format!("{}: {reason}", hold.zeitraum())
}

/// The entries of what is done to a hold: one for each of its Akten, with its dates if they have
/// to be computed anew, and last the one about the hold.
fn eintraege(
    d: &Decision<'_, '_>,
    config: Option<&Config>,
    action: &str,
    hold: &Sperre,
    reason: &str,
    akten: &[Akte],
) -> Result<Vec<Draft>, Error> {
    let view = d.sicht.view;
    let mut records: Vec<Vec<_>> = vec![vec![]; akten.len()];
    if let Some(config) = config {
        let mut with_holds = Vec::with_capacity(akten.len());
        for akte in akten {
            let mut holds = gesperrt::sperren(view, akte.id)?;
            holds.retain(|other| other.id != hold.id);
            let mut days: Vec<Zeitraum> = holds.iter().map(Sperre::zeitraum).collect();
            days.extend(hold.aufgehoben.is_none().then(|| hold.zeitraum()));
            with_holds.push((akte, days));
        }
        let staende = fristen::staende(view, config, with_holds, d.now().datum())?;
        records = staende.into_iter().map(|stand| vec![stand]).collect();
    }
    let text = mit_tagen(hold, reason);
    let of_akte = |(akte, records): (&Akte, Vec<_>)| {
        d.feder.draft(action, (Kind::Akte, akte.key()), Some(text.clone()), records)
    };
    let mut drafts: Vec<Draft> = akten.iter().zip(records).map(of_akte).collect();
    drafts.push(d.draft(action, hold, Some(reason.to_owned()), vec![])?);
    Ok(drafts)
}

fn setzen(
    d: &Decision<'_, '_>,
    config: &Config,
    neu: SperreNeu,
    id: Uuid,
) -> Result<(Vec<Draft>, Sperre, Uuid), Error> {
    hat_rolle(&d.sicht, &[Rolle::Registratur])?;
    let Zeitraum { von, bis } = neu.zeitraum(d.now().datum())?;
    let akten = aenderbar(&d.sicht, &neu.akten)?;
    let hold = Sperre {
        id,
        grund: neu.grund,
        von,
        bis,
        akten: akten.iter().map(|akte| akte.id).collect(),
        gesetzt_von: d.actor.id(),
        gesetzt_am: d.now(),
        aufhebung: None,
        aufgehoben: None,
    };
    let drafts = eintraege(d, Some(config), "sperre_gesetzt", &hold, &hold.grund, &akten)?;
    Ok((drafts, hold, id))
}

/// Who asked for the release, as long as that still counts: a person who was blocked, or does not
/// keep files any more, is no first one.
fn beantragt(s: &Sicht<'_, '_>, hold: &Sperre) -> Result<Option<Aufhebung>, Error> {
    let Some(asked) = &hold.aufhebung else { return Ok(None) };
    let person = s.get::<Person>(&asked.von.to_string())?.map(|p| p.value);
    let still = person
        .is_some_and(|p| !p.gesperrt && p.rollen.iter().any(|r| r.rolle == Rolle::Registratur));
    Ok(still.then(|| asked.clone()))
}

fn aufheben(
    d: &Decision<'_, '_>,
    config: &Config,
    id: Uuid,
    reason: Option<String>,
) -> Result<(Vec<Draft>, Sperre), Error> {
    let s = &d.sicht;
    hat_rolle(s, &[Rolle::Registratur])?;
    let found = s.get::<Sperre>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
    let mut hold = found.value;
    sichtbar(s, &hold)?;
    let mut akten = Vec::with_capacity(hold.akten.len());
    for id in &hold.akten {
        // What only the Registratur in charge may; a share to work on an Akte is not enough.
        match urteil(s, *id, Verb::Oeffnen)? {
            (Urteil::Ja, Some(akte)) => akten.push(akte),
            // An Akte that is gone, after the hold was over, keeps nobody from releasing it.
            (_, None) => {}
            (_, Some(_)) => return Err(Error::nicht_erlaubt()),
        }
    }
    if hold.aufgehoben.is_some() {
        return Err(Error::zustand("sperre_aufgehoben", "Die Sperre ist schon aufgehoben."));
    }
    let Some(asked) = beantragt(s, &hold)? else {
        let reason = grund(reason)?;
        let (von, am) = (d.actor.id(), d.now());
        hold.aufhebung = Some(Aufhebung { von, am, grund: reason.clone() });
        let action = "sperre_aufhebung_beantragt";
        return Ok((eintraege(d, None, action, &hold, &reason, &akten)?, hold));
    };
    if asked.von == d.actor.id() {
        let text = "Sie haben die Aufhebung selbst beantragt. Eine zweite Person der Registratur \
                    muss sie freigeben.";
        return Err(Error::konflikt("zweite_person", text));
    }
    let reason = reason.unwrap_or_else(|| asked.grund.clone());
    let done = Aufgehoben { beantragt: asked, freigegeben_von: d.actor.id(), am: d.now() };
    hold.aufgehoben = Some(done);
    Ok((eintraege(d, Some(config), "sperre_aufgehoben", &hold, &reason, &akten)?, hold))
}

/// The Akten of the hold that the caller reads; it is unknown to whoever knows of none of them.
fn sichtbar(s: &Sicht<'_, '_>, hold: &Sperre) -> Result<Vec<Uuid>, Error> {
    let (mut akten, mut refusal) = (Vec::new(), Error::nicht_gefunden());
    for id in &hold.akten {
        match urteil(s, *id, Verb::Lesen)?.0 {
            Urteil::Ja => akten.push(*id),
            Urteil::Nein => refusal = Error::nicht_erlaubt(),
            Urteil::Verborgen => {}
        }
    }
    if akten.is_empty() { Err(refusal) } else { Ok(akten) }
}

fn ansicht(
    s: &Sicht<'_, '_>,
    Stored { seq, value: hold }: Stored<Sperre>,
    heute: NaiveDate,
) -> Result<SperreAnsicht, Error> {
    Ok(SperreAnsicht {
        akten: sichtbar(s, &hold)?,
        in_kraft: hold.gilt_am(heute),
        id: hold.id,
        grund: hold.grund,
        von: hold.von,
        bis: hold.bis,
        gesetzt_von: hold.gesetzt_von,
        gesetzt_am: hold.gesetzt_am,
        aufhebung: hold.aufhebung,
        aufgehoben: hold.aufgehoben,
        version: seq,
    })
}

/// The same for a list: none where it is unknown to the caller.
fn zeige(
    s: &Sicht<'_, '_>,
    hold: Stored<Sperre>,
    heute: NaiveDate,
) -> Result<Option<SperreAnsicht>, Error> {
    match ansicht(s, hold, heute) {
        Err(error) if matches!(error.art, Art::NichtGefunden | Art::NichtErlaubt) => Ok(None),
        shown => shown.map(Some),
    }
}

impl Acting {
    fn sperre_quittung(&self, done: Quittung<Sperre>) -> Result<Quittung<SperreAnsicht>, Error> {
        let (seq, heute) = (done.seq, self.registry.now().datum());
        let view = self.registry.0.ledger.view();
        let s = Sicht::new(&view, &self.actor, self.registry.now())?;
        done.map(|value| ansicht(&s, Stored { seq, value }, heute))
    }
}

impl Registrar {
    /// Sets a hold on Akten that the caller may change, every one.
    ///
    /// # Errors
    /// `nicht_erlaubt`; `nicht_gefunden` with the places of hidden and unknown Akten;
    /// `idempotenz_abweichung`, input.
    pub fn sperre_setzen(
        &self,
        mut neu: SperreNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<SperreAnsicht>, Error> {
        neu.pruefen()?;
        let id = self.0.registry.0.source.id();
        let (request, registry) = (neu.clone(), self.0.registry.clone());
        let records = neu.akten.iter().map(|id| (Kind::Akte, id.to_string())).collect();
        let done = self.0.create_entries(idem, &request, records, move |d| {
            setzen(d, &registry.0.config, neu, id)
        })?;
        self.0.sperre_quittung(done)
    }

    /// Asks for the release of a hold or, as the second person, releases it: which of the two it
    /// was says `aufgehoben`. The first person names a reason.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `zweite_person`, `sperre_aufgehoben`, input.
    pub fn sperre_aufheben(
        &self,
        id: Uuid,
        warum: Begruendung,
    ) -> Result<Quittung<SperreAnsicht>, Error> {
        let reason = warum.grund.map(|text| grund(Some(text))).transpose()?;
        let registry = self.0.registry.clone();
        let done = self.0.write(move |d| aufheben(d, &registry.0.config, id, reason))?;
        self.0.sperre_quittung(quittung(done.value, done.last, false))
    }
}

impl Reader {
    /// One hold.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn sperre(&self, id: Uuid) -> Result<SperreAnsicht, Error> {
        let heute = self.0.registry.now().datum();
        self.0.read(|s| {
            let found = s.get::<Sperre>(&id.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            ansicht(s, found, heute)
        })
    }

    /// Holds, the newest first; with `akte` those on that Akte that were not released, the oldest
    /// first.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt` for the Akte.
    pub fn sperren(
        &self,
        akte: Option<Uuid>,
        blatt: &Blatt,
    ) -> Result<Seite<SperreAnsicht>, Error> {
        let heute = self.0.registry.now().datum();
        self.0.read(|s| {
            let Some(akte) = akte else { return alle(s, blatt, heute) };
            s.akte(akte, Verb::Lesen)?;
            let (list, of_it) = ((Index::SperreAkte, Kind::Sperre), Parts::new().id(akte));
            durch(s.view, list, &of_it, blatt, |key| {
                let hold = s.get::<Sperre>(key)?;
                Ok(hold.map(|hold| zeige(s, hold, heute)).transpose()?.flatten())
            })
        })
    }
}

/// All holds that the caller knows of.
fn alle(s: &Sicht<'_, '_>, blatt: &Blatt, heute: NaiveDate) -> Result<Seite<SperreAnsicht>, Error> {
    let wrong = || Error::ungueltig("", "cursor", "Diese Seite gibt es nicht.");
    let place = blatt.nach.clone().map(String::from_utf8).transpose();
    let (mut before, mut looked) = (place.map_err(|_| wrong())?, 0_usize);
    let mut page = Sammler::new(blatt);
    loop {
        let holds = s.view.kind_back::<Sperre>(before.as_deref(), CHUNK)?;
        let full = holds.len() == CHUNK;
        for hold in holds {
            if looked >= ANGESEHEN_MAX {
                page.genug();
            }
            if !page.offen() {
                return Ok(page.seite());
            }
            looked = looked.saturating_add(hold.value.akten.len());
            let key = hold.value.key();
            page.zeile(key.clone().into_bytes(), zeige(s, hold, heute)?);
            before = Some(key);
        }
        if !full {
            return Ok(page.seite());
        }
    }
}
