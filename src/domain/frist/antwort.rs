//! From the contributions of the rules to the dates of one object.
//!
//! Of several minimums the latest wins, of several maximums the earliest; one minimum without end
//! takes the end from all of them. A hold moves the due day and never an end.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    Anker, Bedingung, Beitrag, Einheit, Error, Folge, Frage, GiltNicht, Grund, LETZTE_EINTRAGUNG,
    Lage, Luecke, Regel, Rundung, SCHLIESSUNG, Sperre, Tatsache, Tatsachen, Vorgaben, Zaehlung,
    gerundet, letzter_tag, rechnen::danach,
};

/// The dates of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fristen {
    /// Last day of the latest minimum; none: there is no minimum, or it has no end.
    pub ende: Option<NaiveDate>,
    /// Last day on which the object may still be kept: the earliest maximum.
    pub hoechstens: Option<NaiveDate>,
    /// From when on is warned of it.
    pub warnung: Option<NaiveDate>,
    /// First day on which something is due; none: nothing is. In a Klärfall it is the day after
    /// the minimum, if that has an end. By when a person has to decide says `hoechstens`, from when
    /// on `warnung`: an index of days has to hold both.
    pub faellig: Option<NaiveDate>,
    /// The same if there were no hold: offering and appraisal do not wait for one.
    pub faellig_ohne_sperre: Option<NaiveDate>,
    /// What is due then.
    pub folge: Option<Folge>,
    /// First day on which its use is restricted (`einschraenken`).
    pub eingeschraenkt_ab: Option<NaiveDate>,
    /// Day on which it is reported for offering because of its last entry, whatever its period.
    pub meldetag: Option<NaiveDate>,
    /// The situation.
    pub lage: Lage,
    /// True if the plan's fallback was used, whatever `lage` tells first.
    pub ausweichregel: bool,
}

impl Fristen {
    /// True if on this day it is due to be offered or deleted. A restriction that is due leaves it
    /// where it is.
    #[must_use]
    pub fn reif(&self, heute: NaiveDate) -> bool {
        self.faellig.is_some_and(|day| day <= heute) && self.abgelaufen(heute)
    }

    /// The same, hold or not: offering and appraisal do not wait for one.
    #[must_use]
    pub fn abgelaufen(&self, heute: NaiveDate) -> bool {
        let over = self.faellig_ohne_sperre.is_some_and(|day| day <= heute);
        over && self.folge != Some(Folge::Einschraenken)
    }

    /// True if it may be offered on this day: its period is over, or it is reported for its age.
    #[must_use]
    pub fn anbietbar(&self, heute: NaiveDate) -> bool {
        self.abgelaufen(heute) || self.meldetag.is_some_and(|day| day <= heute)
    }

    /// True if the periods let it be destroyed on this day: all minimums are over, and nothing
    /// about them is in doubt. A hold in force on the day, which may have begun when it was due
    /// already, and the archive's decision are asked elsewhere.
    #[must_use]
    pub fn vernichtbar(&self, heute: NaiveDate) -> bool {
        self.lage == Lage::Ok && self.reif(heute)
    }
}

/// The dates and their reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Antwort<'a> {
    /// The dates.
    pub fristen: Fristen,
    /// One for every rule, and one for whatever else moved a date.
    pub gruende: Vec<Grund<'a>>,
}

/// What the rules give together, before holds.
#[derive(Default)]
struct Summe<'a> {
    ende: Option<(NaiveDate, Folge)>,
    dauernd: bool,
    offen: bool,
    unbekannt: bool,
    /// A minimum applies that has no end, or none that is known.
    endlos: bool,
    /// A minimum applies.
    mindestens: bool,
    /// The law of a minimum that is the newest: before it another rule held the object.
    erster_tag: Option<NaiveDate>,
    /// A rule asks for an offer.
    anbieten: bool,
    hoechstens: Option<NaiveDate>,
    /// The first day after a maximum, and what follows.
    danach: Option<(NaiveDate, Folge)>,
    eingeschraenkt: Option<NaiveDate>,
    gruende: Vec<Grund<'a>>,
}

impl<'a> Summe<'a> {
    fn add(&mut self, rule: &'a Regel, gives: Beitrag<'a>) -> Result<(), Error> {
        self.gruende.push(Grund::Regel { regel: rule, beitrag: gives });
        let minimum = rule.ist_mindestfrist();
        let applies = !matches!(gives, Beitrag::GiltNicht(_));
        self.anbieten |= applies && rule.rechtsfolge() == Folge::Anbieten;
        if minimum && applies {
            self.mindestens = true;
            self.endlos |= !matches!(gives, Beitrag::Endet { .. });
        }
        match gives {
            Beitrag::GiltNicht(_) => {}
            Beitrag::Dauernd => self.dauernd = true,
            Beitrag::NichtGeschlossen | Beitrag::Gehemmt(_) => self.offen = true,
            Beitrag::Unbekannt(_) => self.unbekannt = true,
            Beitrag::Endet { ende, .. } if minimum => self.minimum(rule, ende)?,
            Beitrag::Endet { ende, .. } => self.maximum(rule, ende)?,
        }
        Ok(())
    }

    fn minimum(&mut self, rule: &Regel, ende: NaiveDate) -> Result<(), Error> {
        let folge = rule.rechtsfolge();
        if folge == Folge::Einschraenken {
            self.restrict(first_day(rule, ende)?);
        }
        let later = |(day, other)| (day, milde(other)) < (ende, milde(folge));
        if self.ende.is_none_or(later) {
            self.ende = Some((ende, folge));
        }
        self.erster_tag = self.erster_tag.max(rule.von);
        Ok(())
    }

    fn maximum(&mut self, rule: &Regel, ende: NaiveDate) -> Result<(), Error> {
        let (folge, day) = (rule.rechtsfolge(), first_day(rule, ende)?);
        // Restricted data are kept on, so this is no maximum of keeping: § 13 II BMG restricts
        // after 5 years and deletes after 55.
        if folge == Folge::Einschraenken {
            self.restrict(day);
            return Ok(());
        }
        self.hoechstens = Some(self.hoechstens.map_or(ende, |earliest| earliest.min(ende)));
        let earlier = |(first, other)| day < first || day == first && milde(other) < milde(folge);
        if self.danach.is_none_or(earlier) {
            self.danach = Some((day, folge));
        }
        Ok(())
    }

    fn restrict(&mut self, day: NaiveDate) {
        self.eingeschraenkt = Some(self.eingeschraenkt.map_or(day, |first| first.min(day)));
    }

    /// A maximum that is over before the minimum is.
    fn klaerfall(&self) -> Option<Grund<'a>> {
        let hoechstens = self.hoechstens?;
        let ende = self.ende.map(|(ende, _)| ende);
        // A minimum that only is not known yet is reported as that.
        let clash = self.dauernd || ende.is_some_and(|ende| hoechstens < ende);
        let ende = if self.endlos { None } else { ende };
        clash.then_some(Grund::Klaerfall { hoechstens, ende })
    }

    /// The first day on which something is due, without holds.
    fn due(&mut self) -> Result<Option<(NaiveDate, Folge)>, Error> {
        // One rule that lets the archive choose is enough for an offer.
        let offer = |folge| if self.anbieten { Folge::Anbieten } else { folge };
        let maximum = self.danach.map(|(day, folge)| (day, offer(folge)));
        if !self.mindestens {
            // Where nothing but a restriction is asked for, that is what is due.
            let restriction = self.eingeschraenkt.map(|day| (day, Folge::Einschraenken));
            return Ok(maximum.or(restriction));
        }
        let Some((ende, folge)) = self.ende.filter(|_| !self.endlos) else { return Ok(None) };
        let mut day = danach(ende)?;
        if let Some(von) = self.erster_tag.filter(|von| day < *von) {
            self.gruende.push(Grund::ErsterTag(von));
            day = von;
        }
        // A restriction leaves the object where it is: how it goes on says the maximum.
        Ok(Some(match (maximum, offer(folge)) {
            (Some((first, then)), Folge::Einschraenken) => (first.max(day), then),
            (_, folge) => (day, folge),
        }))
    }

    fn lage(&self, clash: bool, gesperrt: bool, fallback: bool) -> Lage {
        let fits = [
            (clash, Lage::Klaerfall),
            (self.dauernd, Lage::Dauernd),
            (self.offen, Lage::Offen),
            (self.unbekannt, Lage::UnbekannterAnker),
            (gesperrt, Lage::Gesperrt),
            (fallback, Lage::Ausweichregel),
        ];
        fits.into_iter().find(|(fits, _)| *fits).map_or(Lage::Ok, |(_, lage)| lage)
    }
}

/// Which consequence is taken where two rules end on one day: the one that leaves more.
const fn milde(folge: Folge) -> u8 {
    match folge {
        Folge::Anbieten => 2,
        Folge::Einschraenken => 1,
        Folge::LoeschenOhneAnbietung => 0,
    }
}

/// The first day after an end, but not before the rule's own first day.
fn first_day(rule: &Regel, ende: NaiveDate) -> Result<NaiveDate, Error> {
    let day = danach(ende)?;
    Ok(rule.von.map_or(day, |von| day.max(von)))
}

/// Answers a question.
///
/// # Errors
/// A rule whose anchor cannot be read, or dates behind the year 9999.
pub fn antworten<'a>(frage: &Frage<'a>) -> Result<Antwort<'a>, Error> {
    let Frage { vorgaben, tatsachen, .. } = *frage;
    let mut sum = Summe::default();
    let mut applied = false;
    for rule in frage.regeln {
        let gives = match gilt_nicht(rule, frage) {
            Some(why) => Beitrag::GiltNicht(why),
            None => beitrag(rule, tatsachen)?,
        };
        applied |= !matches!(gives, Beitrag::GiltNicht(_));
        sum.add(rule, gives)?;
    }
    if !applied {
        sum.gruende.push(Grund::Ausweichregel);
        let fallback = &vorgaben.ausweichregel;
        sum.add(fallback, beitrag(fallback, tatsachen)?)?;
    }
    let clash = sum.klaerfall();
    let due = sum.due()?;
    let is_clash = clash.is_some();
    sum.gruende.extend(clash);
    let (faellig, gesperrt) = hold(frage, due.map(|(day, _)| day), &mut sum.gruende)?;
    let ahead = Months::new(vorgaben.warnen_monate);
    let warnung = sum.hoechstens.and_then(|day| day.checked_sub_months(ahead));
    let fristen = Fristen {
        ende: sum.ende.filter(|_| !sum.endlos).map(|(ende, _)| ende),
        hoechstens: sum.hoechstens,
        warnung,
        faellig,
        faellig_ohne_sperre: due.map(|(day, _)| day),
        folge: due.map(|(_, folge)| folge),
        eingeschraenkt_ab: sum.eingeschraenkt,
        meldetag: meldetag(tatsachen, sum.dauernd, vorgaben)?,
        lage: sum.lage(is_clash, gesperrt, !applied),
        ausweichregel: !applied,
    };
    Ok(Antwort { fristen, gruende: sum.gruende })
}

/// The first day after `stichtag` on which the same question may get another answer by itself,
/// for a rule begins or ceases to be law or an open hold begins. None: never. An index of due days
/// has to be made anew then, and not before, unless a rule, a fact or a hold is changed.
#[must_use]
pub fn naechster_wechsel(frage: &Frage<'_>) -> Option<NaiveDate> {
    let bounds =
        frage.regeln.iter().flat_map(|rule| [rule.von, rule.bis.and_then(|day| day.succ_opt())]);
    let open = frage.sperren.iter().filter(|hold| hold.bis.is_none()).map(|hold| Some(hold.von));
    bounds.chain(open).flatten().filter(|day| frage.stichtag < *day).min()
}

/// The day on which an object is reported for offering: so many years after its last entry,
/// permanent ones later. None if that day is not known.
///
/// # Errors
/// [`Error::Kalender`]
pub fn meldetag(
    tatsachen: &Tatsachen,
    dauernd: bool,
    vorgaben: &Vorgaben,
) -> Result<Option<NaiveDate>, Error> {
    let years =
        if dauernd { vorgaben.melden_nach_jahren_dauernd } else { vorgaben.melden_nach_jahren };
    let last = tatsachen.tag(LETZTE_EINTRAGUNG);
    last.map(|day| letzter_tag(day, Zaehlung::Ereignis, years, Einheit::Jahre)).transpose()
}

fn gilt_nicht<'a>(rule: &'a Regel, frage: &Frage<'_>) -> Option<GiltNicht<'a>> {
    let land = rule.land.as_deref();
    if let Some(land) = land.filter(|land| frage.vorgaben.land.as_deref() != Some(land)) {
        return Some(GiltNicht::Land(land));
    }
    if let Some(von) = rule.von.filter(|von| frage.stichtag < *von) {
        return Some(GiltNicht::ErstAb(von));
    }
    if let Some(bis) = rule.bis.filter(|bis| *bis < frage.stichtag) {
        return Some(GiltNicht::NurBis(bis));
    }
    let condition = rule.wenn.as_ref()?;
    let met = match condition {
        Bedingung::Bekannt(fact) => frage.tatsachen.tag(fact).is_some(),
        Bedingung::NichtBekannt(fact) => frage.tatsachen.tag(fact).is_none(),
    };
    (!met).then_some(GiltNicht::Bedingung(condition))
}

/// What a rule that applies gives.
fn beitrag<'a>(rule: &'a Regel, facts: &Tatsachen) -> Result<Beitrag<'a>, Error> {
    let anchor = Anker::lesen(&rule.anker).ok_or_else(|| Error::Anker(rule.anker.clone()))?;
    let Some(length) = rule.dauer else { return Ok(Beitrag::Dauernd) };
    // That nobody knows a day does not mean that there is none.
    if let Some(Bedingung::NichtBekannt(fact)) = &rule.wenn
        && facts.get(fact) == Some(Tatsache::Unbekannt)
    {
        return Ok(Beitrag::Unbekannt(fact));
    }
    if let Some(fact) = rule.offen_solange.as_deref().filter(|_| rule.ist_mindestfrist()) {
        match facts.get(fact) {
            Some(Tatsache::Unbekannt) => return Ok(Beitrag::Unbekannt(fact)),
            Some(_) => return Ok(Beitrag::Gehemmt(fact)),
            None => {}
        }
    }
    let start = match anchor.beginn(facts) {
        Ok(start) => start,
        Err(Luecke::Tatsache(SCHLIESSUNG)) if facts.get(SCHLIESSUNG).is_none() => {
            return Ok(Beitrag::NichtGeschlossen);
        }
        Err(Luecke::Tatsache(fact)) => return Ok(Beitrag::Unbekannt(fact)),
        Err(Luecke::Kalender) => return Err(Error::Kalender),
    };
    let end = letzter_tag(start.tag, start.zaehlung, length, rule.einheit)?;
    let end = start.nicht_vor.map_or(end, |event| end.max(event));
    let event = start.zaehlung == Zaehlung::Ereignis;
    let beginn = match rule.rundung {
        Rundung::Jahresende if rule.einheit == Einheit::Jahre && event => {
            danach(gerundet(start.tag, Rundung::Jahresende)?)?
        }
        _ if event => danach(start.tag)?,
        _ => start.tag,
    };
    Ok(Beitrag::Endet {
        anker: start.tag,
        zaehlung: start.zaehlung,
        nicht_vor: start.nicht_vor,
        beginn,
        ende: gerundet(end, rule.rundung)?,
    })
}

/// The due day behind all holds, and whether a hold without end takes it away. A hold that is
/// over before the day, or begins after it, changes nothing.
fn hold<'a>(
    frage: &Frage<'_>,
    due: Option<NaiveDate>,
    reasons: &mut Vec<Grund<'a>>,
) -> Result<(Option<NaiveDate>, bool), Error> {
    let mut holds: Vec<Sperre> = frage.sperren.to_vec();
    holds.sort_unstable();
    // An open hold that is in force on the day of the question stops what is overdue, too.
    let open = |hold: &&Sperre| hold.bis.is_none() && hold.gilt_am(frage.stichtag);
    if let Some(hold) = holds.iter().find(open) {
        reasons.push(Grund::SperreOhneEnde { von: hold.von });
        return Ok((None, true));
    }
    let Some(mut day) = due else { return Ok((None, false)) };
    // In the order of their first days one pass is enough: a hold that did not cover the day
    // because it was over covers no later one.
    for hold in holds {
        if !hold.gilt_am(day) {
            continue;
        }
        let Some(last) = hold.bis else {
            reasons.push(Grund::SperreOhneEnde { von: hold.von });
            return Ok((None, true));
        };
        day = danach(last)?;
        reasons.push(Grund::Sperre { von: hold.von, bis: last, faellig: day });
    }
    Ok((Some(day), false))
}
