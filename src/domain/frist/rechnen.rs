//! Counting days, months and years as §§ 187 to 189 BGB do.
//!
//! A date is never chained (31 August + 6 months is the end of February, whatever lies between),
//! and never rounded here unless the rule says so.

use chrono::{Datelike as _, Days, Months, NaiveDate};

use super::{Einheit, Error, Rundung};

/// Whether the first day belongs to the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zaehlung {
    /// It does (§ 187 II BGB): a year of life ends on the day before the birthday.
    Mitgezaehlt,
    /// An event fell into it, so it does not (§ 187 I BGB).
    Ereignis,
}

/// The latest year that a date here may have: four digits are what `YYYY-MM-DD` holds.
const JAHR_MAX: i32 = 9999;

/// The last day of a period of `dauer` that begins with `tag`.
///
/// # Errors
/// [`Error::Kalender`] where the end lies behind the year 9999.
pub fn letzter_tag(
    tag: NaiveDate,
    zaehlung: Zaehlung,
    dauer: u32,
    einheit: Einheit,
) -> Result<NaiveDate, Error> {
    let months = |n| tag.checked_add_months(Months::new(n));
    let moved = match einheit {
        Einheit::Tage => tag.checked_add_days(Days::new(dauer.into())),
        Einheit::Monate => months(dauer),
        Einheit::Jahre => dauer.checked_mul(12).and_then(months),
    };
    let moved = moved.ok_or(Error::Kalender)?;
    // Where the month lacks the day, its last day is the end in either way of counting: § 188 III
    // names it, and born on 29 February one is a year older when 28 February is over.
    let lacking = einheit != Einheit::Tage && moved.day() != tag.day();
    let last = match zaehlung {
        Zaehlung::Mitgezaehlt if !lacking => moved.pred_opt().ok_or(Error::Kalender)?,
        Zaehlung::Mitgezaehlt | Zaehlung::Ereignis => moved,
    };
    im_kalender(last)
}

/// The day on which a period that runs out on `tag` ends.
///
/// # Errors
/// [`Error::Kalender`] behind the year 9999.
pub fn gerundet(tag: NaiveDate, rundung: Rundung) -> Result<NaiveDate, Error> {
    match rundung {
        Rundung::Tag => im_kalender(tag),
        Rundung::Jahresende => {
            let last = NaiveDate::from_ymd_opt(tag.year(), 12, 31);
            im_kalender(last.ok_or(Error::Kalender)?)
        }
    }
}

/// The day after.
pub(super) fn danach(tag: NaiveDate) -> Result<NaiveDate, Error> {
    im_kalender(tag.succ_opt().ok_or(Error::Kalender)?)
}

fn im_kalender(tag: NaiveDate) -> Result<NaiveDate, Error> {
    if tag.year() > JAHR_MAX { Err(Error::Kalender) } else { Ok(tag) }
}
