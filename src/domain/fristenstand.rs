//! The dates of one Akte as they were computed last, how they are computed, and how far the daily
//! work on all of them is.
//!
//! A Fristenstand is small and apart from its Akte, so that a new rule touches no Akte that stays
//! as it is. It is a projection of the Akte, its last entry, its type's fields, its unit's rules
//! and the city's choices; it decides nothing, and nothing is destroyed by it.

#[cfg(test)]
mod tests;

use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    akte::{Akte, Zustand},
    aktenplan::{Aktenplan, Einheit, HEMMUNGEN, Planeinheit},
    aktentyp::Aktentyp,
    aussonderung::{Stand, Transferfrist, Umstaende, tageslauf, transferfrist_bis},
    frist::{
        self, Antwort, Frage, Fristen, Grund, LETZTE_EINTRAGUNG, Lage, Regel, SCHLIESSUNG, Sperre,
        Tatsache, Tatsachen, Vorgaben, antworten, naechster_wechsel,
    },
    record::{Index, Keys, Kind, Parts, Record},
    zeit::Zeitpunkt,
};

/// After so many days since the last one done, the daily run waits for a person: the clock may be
/// wrong, and a wrong one would make the whole stock due.
pub const SPRUNG_TAGE_MAX: i64 = 60;

/// What the city lays down about periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hausvorgaben {
    /// Its Land, as in `aktenplan::LAENDER`, e.g. `NW`; none: no rule of a Land applies.
    pub land: Option<String>,
    /// Months for which a closed Akte can be reopened; 0: not at all.
    pub transferfrist_monate: u32,
    /// Years after the last entry at which an Akte is reported for offering.
    pub melden_nach_jahren: u32,
    /// The same of a permanent one.
    pub melden_nach_jahren_dauernd: u32,
}

impl Default for Hausvorgaben {
    fn default() -> Self {
        let (transferfrist_monate, melden_nach_jahren) = (12, 30);
        Self {
            land: None,
            transferfrist_monate,
            melden_nach_jahren,
            melden_nach_jahren_dauernd: 50,
        }
    }
}

impl Hausvorgaben {
    /// What holds for every Akte under this plan.
    #[must_use]
    pub fn vorgaben(&self, plan: &Aktenplan) -> Vorgaben {
        let fallback = plan.ausweichregel.clone();
        Vorgaben {
            melden_nach_jahren: self.melden_nach_jahren,
            melden_nach_jahren_dauernd: self.melden_nach_jahren_dauernd,
            ..Vorgaben::ueblich(fallback, self.land.clone())
        }
    }

    /// How long a closed Akte can be reopened.
    #[must_use]
    pub const fn transferfrist(&self) -> Transferfrist {
        Transferfrist { dauer: self.transferfrist_monate, einheit: Einheit::Monate }
    }
}

/// The rules of a unit, all of them: which one applies on a day and in a Land says the engine.
#[must_use]
pub fn regeln(unit: &Planeinheit) -> Vec<Regel> {
    let rules = unit.regel.iter().chain(&unit.weitere_regeln);
    rules.cloned().collect()
}

/// What is known of an Akte: its closing, its last entry, and the anchors that its type's fields
/// fill. A field that is empty says that nobody knows; what no field fills is not stated.
#[must_use]
pub fn tatsachen(akte: &Akte, letzte: Zeitpunkt, typ: Option<&Aktentyp>) -> Tatsachen {
    let mut facts = Tatsachen::new();
    // No field says yet whether a tax may still be assessed: nobody knows, and what nobody knows
    // must not end a period.
    for open in HEMMUNGEN {
        facts = facts.mit(open, Tatsache::Unbekannt);
    }
    for (anchor, field) in typ.into_iter().flat_map(|typ| &typ.anker) {
        let text = akte.felder.get(field).and_then(Value::as_str);
        let day = text.and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
        facts = facts.mit(anchor, day.map_or(Tatsache::Unbekannt, Tatsache::Am));
    }
    // These two are facts of the Akte itself, whatever a type says.
    facts = facts.ohne(SCHLIESSUNG).mit(LETZTE_EINTRAGUNG, Tatsache::Um(letzte));
    if akte.ist_offen() {
        return facts;
    }
    facts.mit(SCHLIESSUNG, akte.geschlossen_am.map_or(Tatsache::Unbekannt, Tatsache::Am))
}

impl Akte {
    /// True before zdA.
    #[must_use]
    pub const fn ist_offen(&self) -> bool {
        matches!(self.zustand, Zustand::Offen | Zustand::InSchliessung)
    }

    /// Where it stands on its way to the archive.
    #[must_use]
    pub const fn stand(&self) -> Stand {
        Stand {
            zustand: self.zustand,
            geschlossen_am: self.geschlossen_am,
            irrtuemlich_geoeffnet: self.irrtuemlich_geoeffnet,
            bewertung: None,
        }
    }

    /// Takes the stand after a step.
    pub const fn gehe(&mut self, stand: &Stand) {
        self.zustand = stand.zustand;
        self.geschlossen_am = stand.geschlossen_am;
        self.irrtuemlich_geoeffnet = stand.irrtuemlich_geoeffnet;
    }
}

/// Everything that the dates of one Akte are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Grundlage<'a> {
    /// The rules of its unit.
    pub regeln: &'a [Regel],
    /// What holds for every Akte.
    pub vorgaben: &'a Vorgaben,
    /// How long it can be reopened.
    pub transferfrist: Transferfrist,
    /// What is known of it.
    pub tatsachen: &'a Tatsachen,
    /// Its holds that were not released.
    pub sperren: &'a [Sperre],
    /// The day.
    pub heute: NaiveDate,
}

/// The dates and their reasons.
#[derive(Clone, Debug)]
pub struct Rechnung<'a> {
    /// The dates.
    pub fristen: Fristen,
    /// Why.
    pub gruende: Vec<Grund<'a>>,
    /// Why there are no dates: a rule that can't be read, or a day behind the calendar. The Akte is
    /// then reported like one with an unknown anchor, and can't become due.
    pub fehler: Option<frist::Error>,
}

impl<'a> Grundlage<'a> {
    const fn frage(&self) -> Frage<'a> {
        let Self { regeln, vorgaben, tatsachen, sperren, heute, .. } = *self;
        Frage { regeln, vorgaben, tatsachen, sperren, stichtag: heute }
    }

    /// The dates as of `heute`.
    #[must_use]
    pub fn rechnen(&self) -> Rechnung<'a> {
        match antworten(&self.frage()) {
            Ok(Antwort { fristen, gruende }) => Rechnung { fristen, gruende, fehler: None },
            Err(error) => Rechnung { fristen: unbekannt(), gruende: vec![], fehler: Some(error) },
        }
    }

    /// What counts when a step is asked for; that all Vorgänge are closed is asked before.
    #[must_use]
    pub fn umstaende(&self, fristen: Fristen) -> Umstaende {
        Umstaende {
            heute: self.heute,
            fristen,
            gesperrt: self.sperren.iter().any(|hold| hold.gilt_am(self.heute)),
            vorgaenge_offen: 0,
            transferfrist: self.transferfrist,
            schweigen_gilt_ab: None,
        }
    }

    /// The record for an Akte with these dates.
    #[must_use]
    pub fn stand(&self, akte: &Akte, fristen: Fristen) -> Fristenstand {
        Fristenstand {
            akte_id: akte.id,
            rechteklasse: akte.rechteklasse,
            fristen,
            gerechnet_am: self.heute,
            naechster_lauf: self.naechster_lauf(akte, &fristen),
        }
    }

    /// The first day after `heute` on which something changes without anybody doing anything.
    fn naechster_lauf(&self, akte: &Akte, fristen: &Fristen) -> Option<NaiveDate> {
        let stand = akte.stand();
        // What could go on now goes on in the next run.
        let moved = tageslauf(&stand, &self.umstaende(*fristen));
        if moved.is_ok_and(|next| next != stand) {
            return self.heute.succ_opt();
        }
        let of_state = match stand.zustand {
            // A document that comes does not touch this record: at the reporting day it is looked
            // whether one came, and where none had, a year later again.
            Zustand::Offen | Zustand::InSchliessung => match fristen.meldetag {
                Some(day) if day <= self.heute => {
                    [self.heute.checked_add_months(Months::new(12)), None]
                }
                day => [day, None],
            },
            Zustand::Geschlossen => {
                let last = transferfrist_bis(&stand, self.transferfrist).ok().flatten();
                [last.and_then(|day| day.succ_opt()), None]
            }
            Zustand::Aufbewahrung => [fristen.faellig, fristen.faellig_ohne_sperre],
            _ => [None, None],
        };
        let days = of_state.into_iter().chain([naechster_wechsel(&self.frage())]);
        days.flatten().filter(|day| self.heute < *day).min()
    }
}

/// No date is known.
const fn unbekannt() -> Fristen {
    Fristen {
        ende: None,
        hoechstens: None,
        warnung: None,
        faellig: None,
        faellig_ohne_sperre: None,
        folge: None,
        eingeschraenkt_ab: None,
        meldetag: None,
        lage: Lage::UnbekannterAnker,
        ausweichregel: false,
    }
}

/// The kinds of days that are listed: what is due, and by when a person has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Termin {
    /// `Fristen::faellig`
    Faellig,
    /// `Fristen::hoechstens`
    Hoechstens,
    /// `Fristen::warnung`
    Warnung,
    /// `Fristen::meldetag`
    Meldetag,
}

impl Termin {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Faellig, Self::Hoechstens, Self::Warnung, Self::Meldetag];

    /// The byte that stands in table keys; never reused.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Faellig => 1,
            Self::Hoechstens => 2,
            Self::Warnung => 3,
            Self::Meldetag => 4,
        }
    }

    /// The day of an Akte with these dates.
    #[must_use]
    pub const fn tag(self, fristen: &Fristen) -> Option<NaiveDate> {
        match self {
            Self::Faellig => fristen.faellig,
            Self::Hoechstens => fristen.hoechstens,
            Self::Warnung => fristen.warnung,
            Self::Meldetag => fristen.meldetag,
        }
    }

    /// Kind and day of a row of `Index::FristFaellig`, from its place behind the Rechteklasse.
    #[must_use]
    pub fn lesen(place: &[u8]) -> Option<(NaiveDate, Self)> {
        let (day, rest) = place.split_first_chunk::<8>()?;
        let kind = Self::ALL.into_iter().find(|kind| rest.first() == Some(&kind.code()))?;
        Some((tag_aus(u64::from_be_bytes(*day))?, kind))
    }
}

/// A day as table keys hold it.
#[must_use]
pub fn tagzahl(day: NaiveDate) -> u64 {
    // Years before Christ are in no file.
    u64::try_from(day.num_days_from_ce()).unwrap_or(0)
}

/// The day of a row of `Index::FristLauf`, from its place.
#[must_use]
pub fn lauftag(place: &[u8]) -> Option<NaiveDate> {
    let (day, _) = place.split_first_chunk::<8>()?;
    tag_aus(u64::from_be_bytes(*day))
}

fn tag_aus(number: u64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(number).ok()?)
}

/// The dates of one Akte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fristenstand {
    /// Whose.
    pub akte_id: Uuid,
    /// The class that its Akte is read under.
    pub rechteklasse: u64,
    /// The dates.
    pub fristen: Fristen,
    /// As of this day.
    pub gerechnet_am: NaiveDate,
    /// When they have to be computed anew; none: only when something is changed.
    #[serde(default)]
    pub naechster_lauf: Option<NaiveDate>,
}

impl Record for Fristenstand {
    const KIND: Kind = Kind::Fristenstand;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.akte_id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        for kind in Termin::ALL {
            let Some(day) = kind.tag(&self.fristen) else { continue };
            let of_class = Parts::new().number(self.rechteklasse).number(tagzahl(day));
            keys.add(Index::FristFaellig, of_class.bytes(&[kind.code()]).id(self.akte_id));
        }
        if let Some(day) = self.naechster_lauf {
            keys.add(Index::FristLauf, Parts::new().number(tagzahl(day)).id(self.akte_id));
        }
    }
}

/// Why the dates of many Akten are computed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rechenanlass {
    /// They were never computed.
    Erstmals,
    /// What holds for every Akte is another.
    Vorgaben,
    /// The plan is newer; only Akten of units that changed.
    Aktenplan,
}

/// A recalculation under way. Cut off, it goes on behind `nach`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neuberechnung {
    /// Why.
    pub anlass: Rechenanlass,
    /// `Fristenlauf::plan_seq` once it is done.
    pub plan_seq: u64,
    /// `Fristenlauf::regelwerk` once it is done.
    pub regelwerk: String,
    /// Place of the last Akte in `Index::AktePlan`, hex; empty: none yet.
    pub nach: String,
    /// Akten concerned when it began.
    pub gesamt: u64,
    /// Akten looked at.
    pub geprueft: u64,
    /// Akten that got other dates.
    pub geaendert: u64,
}

/// A recalculation that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neuberechnet {
    /// Why.
    pub anlass: Rechenanlass,
    /// When it was done.
    pub am: Zeitpunkt,
    /// Akten looked at.
    pub geprueft: u64,
    /// Akten that got other dates.
    pub geaendert: u64,
}

/// Whether the daily run works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Laufstand {
    /// Today is done.
    Aktuell,
    /// Days are to be done.
    Faellig,
    /// The clock is behind the last day done: nothing is done until it has caught up.
    UhrZurueck,
    /// The clock is far ahead of it: a person has to confirm the day.
    WartetAufBestaetigung,
}

/// How far the daily run is. There is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fristenlauf {
    /// The last day that is done.
    pub tag: NaiveDate,
    /// Fingerprint of what holds for every Akte, as the dates were computed with it.
    pub regelwerk: String,
    /// The dates know the plan's entries up to here.
    pub plan_seq: u64,
    /// A recalculation under way.
    #[serde(default)]
    pub offen: Option<Neuberechnung>,
    /// The last one that was done.
    #[serde(default)]
    pub zuletzt: Option<Neuberechnet>,
    /// The day that a person confirmed after a leap of the clock.
    #[serde(default)]
    pub bestaetigt: Option<NaiveDate>,
}

impl Fristenlauf {
    /// Its key.
    pub const SCHLUESSEL: &'static str = "fristen";

    /// Whether it works on this day.
    #[must_use]
    pub fn stand(&self, heute: NaiveDate) -> Laufstand {
        if heute < self.tag {
            return Laufstand::UhrZurueck;
        }
        let confirmed = self.bestaetigt.filter(|day| *day <= heute);
        let sure = confirmed.map_or(self.tag, |day| day.max(self.tag));
        match heute.signed_duration_since(sure).num_days() {
            days if days > SPRUNG_TAGE_MAX => Laufstand::WartetAufBestaetigung,
            _ if heute == self.tag => Laufstand::Aktuell,
            _ => Laufstand::Faellig,
        }
    }
}

impl Record for Fristenlauf {
    const KIND: Kind = Kind::Fristenlauf;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        Self::SCHLUESSEL.to_owned()
    }
}
