//! The reasons of an answer, each a German sentence for the clerk.
//!
//! They are kept as data and written out only when somebody reads them, because a recalculation
//! of a million objects does not.

use std::fmt;

use chrono::{Datelike as _, NaiveDate};

use super::{Bedingung, Einheit, Fristart, Regel, Rundung, Sperre, Zaehlung};

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grund<'a> {
    /// What one rule says.
    Regel {
        /// The rule.
        regel: &'a Regel,
        /// What it gives.
        beitrag: Beitrag<'a>,
    },
    /// No rule applies: the plan's fallback, whose reason follows.
    Ausweichregel,
    /// Due not before this first day of a rule.
    ErsterTag(NaiveDate),
    /// A maximum ends before a minimum.
    Klaerfall {
        /// Its end.
        hoechstens: NaiveDate,
        /// The minimum's; none: it has none.
        ende: Option<NaiveDate>,
    },
    /// A hold moves the due day behind its end.
    Sperre {
        /// Its first day.
        von: NaiveDate,
        /// Its last.
        bis: NaiveDate,
        /// The due day then, unless another hold covers it.
        faellig: NaiveDate,
    },
    /// As long as a hold without end lasts, there is no due day.
    SperreOhneEnde {
        /// Its first day.
        von: NaiveDate,
    },
}

/// What one rule gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beitrag<'a> {
    /// A day on which it ends.
    Endet {
        /// The anchor's day.
        anker: NaiveDate,
        /// Whether that day counts.
        zaehlung: Zaehlung,
        /// It does not end before this event.
        nicht_vor: Option<NaiveDate>,
        /// The first day that counts: after the anchor's year where years end with a year.
        beginn: NaiveDate,
        /// The last day.
        ende: NaiveDate,
    },
    /// No end ever.
    Dauernd,
    /// No end, for this fact is not known.
    Unbekannt(&'a str),
    /// No end, for the object is not closed.
    NichtGeschlossen,
    /// No end, as long as this fact is the case.
    Gehemmt(&'a str),
    /// It does not apply.
    GiltNicht(GiltNicht<'a>),
}

/// Why a rule does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiltNicht<'a> {
    /// It is the rule of this Land.
    Land(&'a str),
    /// It is law from this day on only.
    ErstAb(NaiveDate),
    /// It was law until this day.
    NurBis(NaiveDate),
    /// Its condition is not met.
    Bedingung(&'a Bedingung),
}

impl fmt::Display for Grund<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regel { regel, beitrag } => satz(f, regel, beitrag),
            Self::Ausweichregel => f.write_str(
                "Keine Regel trifft zu: Ausweichregel des Aktenplans; nichts wird vernichtet, \
                 bis eine Regel bestätigt ist",
            ),
            Self::ErsterTag(von) => {
                write!(f, "Fällig nicht vor dem ersten Tag der Regel, {von}")
            }
            Self::Klaerfall { hoechstens, ende } => {
                write!(f, "Klärfall: Die Höchstfrist endet am {hoechstens}, die Mindestfrist ")?;
                match ende {
                    Some(ende) => write!(f, "erst am {ende}"),
                    None => f.write_str("nie"),
                }
            }
            Self::Sperre { von, bis, faellig } => {
                let hold = Sperre { von: *von, bis: Some(*bis) };
                write!(f, "{hold}: fällig frühestens {faellig}")
            }
            Self::SperreOhneEnde { von } => {
                write!(f, "{}: nicht fällig", Sperre { von: *von, bis: None })
            }
        }
    }
}

fn satz(f: &mut fmt::Formatter<'_>, rule: &Regel, gives: &Beitrag<'_>) -> fmt::Result {
    match rule.dauer {
        None => f.write_str("dauernd")?,
        Some(n) => {
            if rule.art == Fristart::Hoechst {
                f.write_str("höchstens ")?;
            }
            write!(f, "{n} {}", einheit(n, rule.einheit))?;
        }
    }
    write!(f, ", {}", rule.rechtsgrundlage)?;
    match gives {
        Beitrag::Endet { anker, zaehlung, nicht_vor, .. } => {
            ab(f, rule, *anker, *zaehlung)?;
            if let Some(event) = nicht_vor {
                write!(f, ", mindestens bis {event}")?;
            }
        }
        Beitrag::Dauernd => {}
        Beitrag::Unbekannt(fact) => write!(f, ", ohne Ende: „{fact}“ ist unbekannt")?,
        Beitrag::NichtGeschlossen => f.write_str(", ohne Ende: noch nicht geschlossen")?,
        Beitrag::Gehemmt(fact) => write!(f, ", ohne Ende, solange „{fact}“ gilt")?,
        Beitrag::GiltNicht(why) => gilt_nicht(f, *why)?,
    }
    match rule.von {
        Some(von) => write!(f, "; Regel gilt seit {von}")?,
        None => write!(f, "; Regel nach dem Stand vom {}", rule.stand)?,
    }
    match rule.bis {
        Some(bis) => write!(f, " bis {bis}"),
        None => Ok(()),
    }
}

fn ab(
    f: &mut fmt::Formatter<'_>,
    rule: &Regel,
    anker: NaiveDate,
    zaehlung: Zaehlung,
) -> fmt::Result {
    if rule.rundung == Rundung::Jahresende
        && rule.einheit == Einheit::Jahre
        && zaehlung == Zaehlung::Ereignis
    {
        return write!(f, ", ab Ende {}", anker.year());
    }
    write!(f, ", ab {anker}")?;
    if zaehlung == Zaehlung::Mitgezaehlt {
        f.write_str(" (der Tag zählt mit)")?;
    }
    if rule.rundung == Rundung::Jahresende {
        f.write_str(", bis zum Jahresende")?;
    }
    Ok(())
}

fn gilt_nicht(f: &mut fmt::Formatter<'_>, why: GiltNicht<'_>) -> fmt::Result {
    f.write_str(", gilt hier nicht: ")?;
    match why {
        GiltNicht::Land(land) => write!(f, "Regel des Landes {land}"),
        GiltNicht::ErstAb(von) => write!(f, "erst ab {von}"),
        GiltNicht::NurBis(bis) => write!(f, "nur bis {bis}"),
        GiltNicht::Bedingung(Bedingung::Bekannt(fact)) => {
            write!(f, "nur wenn „{fact}“ bekannt ist")
        }
        GiltNicht::Bedingung(Bedingung::NichtBekannt(fact)) => {
            write!(f, "„{fact}“ ist bekannt und geht vor")
        }
    }
}

const fn einheit(n: u32, unit: Einheit) -> &'static str {
    match (n, unit) {
        (1, Einheit::Tage) => "Tag",
        (1, Einheit::Monate) => "Monat",
        (1, Einheit::Jahre) => "Jahr",
        (_, Einheit::Tage) => "Tage",
        (_, Einheit::Monate) => "Monate",
        (_, Einheit::Jahre) => "Jahre",
    }
}
