//! The JSON about periods: the dates of an Akte, what becomes due, the daily run.
#![expect(missing_docs, reason = "fields have the names of the domain, and are explained there")]

use utoipa::ToSchema;

use super::{
    answers::OeKurz,
    words::{Datum, Folge, Id, Zeit, Zustand},
};

/// Where several fit, the first of these is told.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Lage {
    /// A maximum ends before a minimum: a person decides.
    Klaerfall,
    Dauernd,
    /// Not closed yet, or what holds the period open is still the case.
    Offen,
    /// A fact from which a rule counts is not known.
    UnbekannterAnker,
    Gesperrt,
    /// No rule but the plan's fallback: nothing is destroyed.
    Ausweichregel,
    Ok,
}

/// Why a date is what it is.
#[derive(ToSchema)]
pub struct Fristgrund {
    /// A German sentence with law, paragraph and the rule's validity.
    pub text: String,
    /// Of the rule that it is about.
    pub rechtsgrundlage: Option<String>,
}

/// The dates of an Akte as of `stichtag`.
#[derive(ToSchema)]
pub struct Fristen {
    pub akte_id: Id,
    pub stichtag: Datum,
    pub zustand: Zustand,
    pub geschlossen_am: Option<Datum>,
    /// Last day on which it can be reopened.
    pub wiederoeffnen_bis: Option<Datum>,
    /// Last day of the latest minimum.
    pub ende: Option<Datum>,
    /// Last day of the earliest maximum.
    pub hoechstens: Option<Datum>,
    /// From when on is warned of it.
    pub warnung: Option<Datum>,
    /// First day on which something is due; in a Klärfall the day after the minimum.
    pub faellig: Option<Datum>,
    /// What is due then.
    pub folge: Option<Folge>,
    /// From when on its use is restricted.
    pub eingeschraenkt_ab: Option<Datum>,
    /// Day on which it is reported for its age, whatever its period.
    pub meldetag: Option<Datum>,
    pub lage: Lage,
    /// No rule applies but the plan's fallback.
    pub ausweichregel: bool,
    /// A hold is in force today.
    pub gesperrt: bool,
    /// None: no hold, or one without end.
    pub gesperrt_bis: Option<Datum>,
    pub gruende: Vec<Fristgrund>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Termin {
    Faellig,
    /// By then at the latest a person has to have decided.
    Hoechstens,
    /// Months before that.
    Warnung,
    /// Reported for its age.
    Meldetag,
}

/// A day of an Akte; an Akte may have several.
#[derive(ToSchema)]
pub struct Faellig {
    pub art: Termin,
    pub tag: Datum,
    pub akte_id: Id,
    pub aktenzeichen: String,
    pub betreff: String,
    pub planeinheit: String,
    pub oe: OeKurz,
    pub zustand: Zustand,
    pub lage: Lage,
    pub folge: Option<Folge>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Laufstand {
    /// Today is done.
    Aktuell,
    Faellig,
    /// The clock is behind the last day done: nothing is done.
    UhrZurueck,
    /// The clock is far ahead of it: nothing is done until a person confirms the day.
    WartetAufBestaetigung,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Rechenanlass {
    Erstmals,
    Vorgaben,
    Aktenplan,
}

/// The recalculation under way, or the last one. Counts are for Revision alone.
#[derive(ToSchema)]
pub struct Neuberechnung {
    pub anlass: Rechenanlass,
    pub prozent: u64,
    /// None: it is under way.
    pub beendet: Option<Zeit>,
    pub gesamt: Option<u64>,
    pub geprueft: Option<u64>,
    pub geaendert: Option<u64>,
}

/// The daily run.
#[derive(ToSchema)]
pub struct Fristenlauf {
    /// The last day that is done; none: it has never run.
    pub tag: Option<Datum>,
    pub heute: Datum,
    pub stand: Laufstand,
    pub bestaetigt: Option<Datum>,
    pub neuberechnung: Option<Neuberechnung>,
}

/// Today, as whoever confirms it knows it.
#[derive(ToSchema)]
pub struct Bestaetigung {
    pub tag: Datum,
}
