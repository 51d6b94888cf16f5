//! A new version of the filing plan: read, compared with the one in force, put before a second
//! person, and applied in one commit when that person releases it.
//!
//! No unit is ever removed and no code of the archive is touched. A revision is applied only to
//! the very plan it was compared with; a file is opened either before it or by its rules.

use uuid::Uuid;

use super::{
    Error, System,
    actor::Administrator,
    ansicht::{PlanAenderung, Planbericht, Zeilenbefund},
    eingabe::Planfassung,
    error::Feldfehler,
    persons::hat_rolle,
    plan_bestand::{self, in_kraft},
    write::{Decision, Feder, put},
};
use crate::{
    domain::{
        access::Rolle,
        aktenplan::{
            self, Aktenplan, Befund, Gelesen, Planeinheit, Stelle,
            vergleich::{self, Aenderung, Konkordanz, Planteil, Uebergang, Vergleich},
        },
        record::{Kind, Record},
        verwaltung::{Antrag, AntragStand, Vorhaben},
    },
    ledger::{Change, Draft, View},
};

/// Units in one entry; each has its state before and after.
const UNITS_PER_ENTRY: usize = 100;
/// Findings in one answer.
const FINDINGS_MAX: usize = 200;

/// What a revision is made of.
struct Entwurf {
    basis: u64,
    plan: Aktenplan,
    vergleich: Vergleich,
}

/// Every unit, in the order of their numbers.
fn einheiten(view: &View<'_>) -> Result<Vec<Planeinheit>, Error> {
    Ok(plan_bestand::einheiten(view)?.into_iter().map(|unit| unit.value).collect())
}

/// The findings of one file, as the caller reads them.
fn zeilen(datei: &str, befunde: &[Befund]) -> Vec<Zeilenbefund> {
    let line = |b: &Befund| Zeilenbefund {
        datei: datei.into(),
        zeile: b.zeile,
        spalte: b.spalte.clone(),
        text: b.text.clone(),
    };
    befunde.iter().map(line).collect()
}

/// The plan that the files hold.
fn lesen(fassung: &Planfassung, plan: &Aktenplan) -> Result<Gelesen, Vec<Zeilenbefund>> {
    let read = match (&fassung.csv, &fassung.xdomea) {
        (Some(csv), None) => {
            let read = match &fassung.toml {
                Some(toml) => aktenplan::read(toml, csv),
                None => aktenplan::read_units(plan.clone(), csv),
            };
            read.map_err(|found| zeilen("plan.csv", &found))
        }
        (None, Some(xml)) => {
            aktenplan::read_0301(xml.as_bytes(), plan).map_err(|found| zeilen("xdomea", &found))
        }
        _ => {
            let text = "entweder csv oder xdomea wird gebraucht".into();
            let (datei, spalte) = ("plan.csv".into(), "Datei".into());
            Err(vec![Zeilenbefund { datei, zeile: 0, spalte, text }])
        }
    }?;
    // Numbers that are given stay what they are; another form would read them otherwise.
    let forms = |plan: &Aktenplan| (plan.grammatik.clone(), plan.geschaeftszeichen.clone());
    if forms(&read.plan) == forms(plan) {
        return Ok(read);
    }
    let text = "eine neue Fassung ändert die Form der Aktenzeichen nicht".into();
    let (datei, spalte) = ("plan.toml".into(), "grammatik".into());
    Err(vec![Zeilenbefund { datei, zeile: 0, spalte, text }])
}

/// Reads and compares; none: something is wrong, and the report says what.
fn entwerfen(
    view: &View<'_>,
    fassung: &Planfassung,
) -> Result<(Planbericht, Option<Entwurf>), Error> {
    let stored = in_kraft(view)?;
    let wrong = |befunde| Ok((Planbericht { befunde, ..Planbericht::default() }, None));
    let read = match lesen(fassung, &stored.value) {
        Ok(read) => read,
        Err(befunde) => return wrong(befunde),
    };
    let steps = match fassung.konkordanz.as_deref().map(vergleich::konkordanz).transpose() {
        Ok(steps) => steps.unwrap_or_default(),
        Err(found) => return wrong(zeilen("konkordanz.csv", &found)),
    };
    let found = match vergleich::vergleichen(&einheiten(view)?, &read.einheiten, &steps) {
        Ok(found) => found,
        // What has no line in the concordance is about the plan as a whole.
        Err(found) => {
            let (plan, steps): (Vec<_>, Vec<_>) = found.into_iter().partition(|b| b.zeile == 0);
            let mut befunde = zeilen("plan.csv", &plan);
            befunde.extend(zeilen("konkordanz.csv", &steps));
            return wrong(befunde);
        }
    };
    let change = |change: &Aenderung| PlanAenderung {
        nummer: change.nachher.nummer.clone(),
        bezeichnung: change.nachher.bezeichnung.clone(),
        bisher: change.vorher.as_ref().map(|unit| unit.bezeichnung.clone()),
        wandel: change.wandel.iter().copied().collect(),
    };
    let bericht = Planbericht {
        befunde: vec![],
        hinweise: zeilen("plan.csv", &read.hinweise),
        zahlen: found.zaehlen(),
        aenderungen: found.aenderungen.iter().map(change).collect(),
        konkordanz: found.konkordanz.clone(),
        antrag: None,
    };
    Ok((bericht, Some(Entwurf { basis: stored.seq, plan: read.plan, vergleich: found })))
}

/// The findings as faults of the request.
fn unlesbar(befunde: Vec<Zeilenbefund>) -> Error {
    let fault = |b: Zeilenbefund| {
        let zeiger = match b.datei.as_str() {
            "plan.toml" => "/toml",
            "xdomea" => "/xdomea",
            "konkordanz.csv" => "/konkordanz",
            _ => "/csv",
        };
        let text = format!("{} Zeile {}, {}: {}", b.datei, b.zeile, b.spalte, b.text);
        Feldfehler { zeiger: zeiger.into(), code: "aktenplan_fehlerhaft", text }
    };
    Error::eingabe(befunde.into_iter().take(FINDINGS_MAX).map(fault).collect())
}

/// The revision in parts that fit into entries. The concordance goes with the first.
fn teile(antrag: Uuid, vergleich: Vergleich) -> Vec<Planteil> {
    let Vergleich { aenderungen, mut konkordanz } = vergleich;
    let chunks = aenderungen.chunks(UNITS_PER_ENTRY).map(<[Aenderung]>::to_vec);
    let mut parts: Vec<Vec<Aenderung>> = chunks.collect();
    if parts.is_empty() {
        parts.push(vec![]);
    }
    (0_u64..)
        .zip(parts)
        .map(|(teil, aenderungen)| {
            let konkordanz = std::mem::take(&mut konkordanz);
            Planteil { antrag, teil, aenderungen, konkordanz }
        })
        .collect()
}

/// The entries by which a revision takes effect.
fn eintraege(
    view: &View<'_>,
    feder: &Feder,
    basis: u64,
    plan: &Aktenplan,
    parts: impl Iterator<Item = Result<(Vec<Aenderung>, Vec<Uebergang>, Vec<Change>), Error>>,
) -> Result<Vec<Draft>, Error> {
    let before = in_kraft(view)?;
    if before.seq != basis {
        return Err(ueberholt());
    }
    let subject = || (Kind::Aktenplan, plan.kennung.clone());
    let mut records = vec![put(plan)?];
    if before.value.kennung != plan.kennung {
        records.push(Change::delete(Kind::Aktenplan, before.value.kennung));
    }
    let mut drafts = vec![feder.draft("aktenplan_revidiert", subject(), None, records)];
    for part in parts {
        let (aenderungen, konkordanz, mut records) = part?;
        for change in aenderungen {
            let unit = view.get::<Planeinheit>(&change.nachher.nummer)?.map(|unit| unit.value);
            if unit != change.vorher {
                return Err(ueberholt());
            }
            records.push(put(&change.nachher)?);
        }
        for Uebergang { alt, neu, art } in konkordanz {
            records.push(put(&Konkordanz { alt, neu, art, seit: plan.stand })?);
        }
        drafts.push(feder.draft("planeinheiten_revidiert", subject(), None, records));
    }
    Ok(drafts)
}

fn ueberholt() -> Error {
    let text = "Der Aktenplan wurde inzwischen geändert. Lehnen Sie den Antrag ab und lesen Sie \
                die Fassung neu ein.";
    Error::konflikt("antrag_ueberholt", text)
}

/// What the release of a revision writes; its parts go.
pub(super) fn freigegeben(
    d: &Decision<'_, '_>,
    antrag: Uuid,
    basis: u64,
    plan: &Aktenplan,
    count: u64,
) -> Result<Vec<Draft>, Error> {
    let parts = (0..count).map(|teil| {
        let key = Planteil::schluessel(antrag, teil);
        let found = d.sicht.get::<Planteil>(&key)?;
        let part = found.ok_or_else(|| Error::intern("a part of the revision is missing"))?.value;
        let gone = vec![Change::delete(Kind::Planteil, key)];
        Ok((part.aenderungen, part.konkordanz, gone))
    });
    eintraege(d.sicht.view, &d.feder, basis, plan, parts)
}

/// What the refusal of a revision writes: its parts go.
pub(super) fn abgelehnt(vorhaben: &Vorhaben, antrag: Uuid) -> Vec<Change> {
    let Vorhaben::Aktenplan { teile, .. } = vorhaben else { return vec![] };
    let key = |teil| Planteil::schluessel(antrag, teil);
    (0..*teile).map(|teil| Change::delete(Kind::Planteil, key(teil))).collect()
}

impl Administrator {
    /// Reads a new version of the plan and reports what it changes. Unless that is all that is
    /// asked for, it is put before a second person.
    ///
    /// # Errors
    /// `nicht_erlaubt`, `aktenplan_fehlt`; unless it is only looked at: every fault of the files,
    /// `nichts_zu_tun`.
    pub fn planfassung(&self, fassung: &Planfassung, probe: bool) -> Result<Planbericht, Error> {
        let (mut bericht, entwurf) = self.0.read(|s| {
            hat_rolle(s, &[Rolle::Administration])?;
            entwerfen(s.view, fassung)
        })?;
        if probe {
            return Ok(bericht);
        }
        let Some(Entwurf { basis, plan, vergleich }) = entwurf else {
            return Err(unlesbar(bericht.befunde));
        };
        let id = self.0.registry.0.source.id();
        let zahlen = bericht.zahlen.clone();
        self.0.write(move |d| {
            d.administration()?;
            let before = in_kraft(d.sicht.view)?;
            if before.seq != basis {
                return Err(ueberholt());
            }
            if vergleich.aenderungen.is_empty() && before.value == plan {
                let text = "Die Fassung unterscheidet sich nicht vom geltenden Aktenplan.";
                return Err(Error::zustand("nichts_zu_tun", text));
            }
            let parts = teile(id, vergleich);
            let (count, plan) = (parts.len() as u64, Box::new(plan));
            let antrag = Antrag {
                id,
                vorhaben: Vorhaben::Aktenplan { plan, basis, teile: count, zahlen },
                gestellt_von: d.actor.id(),
                gestellt: d.now(),
                stand: AntragStand::Offen,
                entschieden_von: None,
            };
            let mut drafts = vec![d.draft("antrag_gestellt", &antrag, None, vec![])?];
            for part in &parts {
                let subject = (Kind::Antrag, antrag.key());
                let draft = d.feder.draft("planfassung_vorgelegt", subject, None, vec![put(part)?]);
                drafts.push(draft);
            }
            Ok((drafts, ()))
        })?;
        bericht.antrag = Some(id);
        Ok(bericht)
    }
}

impl System {
    /// The plan in force, whole, as it could be written and read again.
    ///
    /// # Errors
    /// `aktenplan_fehlt`.
    pub fn aktenplan(&self) -> Result<Gelesen, Error> {
        let view = self.registry.0.ledger.view();
        let (plan, einheiten) = (in_kraft(&view)?.value, einheiten(&view)?);
        let stellen = vec![Stelle::default(); einheiten.len()];
        Ok(Gelesen { plan, einheiten, stellen, hinweise: vec![] })
    }

    /// As `Administrator::planfassung`; the operator needs no second person, so it takes effect.
    ///
    /// # Errors
    /// `aktenplan_fehlt`; unless it is only looked at: every fault of the files.
    pub fn planfassung(&self, fassung: &Planfassung, probe: bool) -> Result<Planbericht, Error> {
        let (bericht, entwurf) = entwerfen(&self.registry.0.ledger.view(), fassung)?;
        if probe {
            return Ok(bericht);
        }
        let Some(Entwurf { basis, plan, vergleich }) = entwurf else {
            return Err(unlesbar(bericht.befunde));
        };
        self.registry.house_write(&self.actor, move |view, feder| {
            let parts = teile(Uuid::nil(), vergleich).into_iter();
            let parts = parts.map(|part| Ok((part.aenderungen, part.konkordanz, vec![])));
            Ok((eintraege(view, feder, basis, &plan, parts)?, ()))
        })?;
        Ok(bericht)
    }
}
