//! Dates as people type them: a year, a month, a day, or a span of them.

use chrono::{Datelike as _, Months, NaiveDate};

/// First and last day, days of the common era; 1 and the largest number stand for no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub from: u64,
    pub to: u64,
}

/// A date as the index counts it, days of the common era; none is 0.
pub(super) fn day(date: Option<NaiveDate>) -> u64 {
    date.and_then(|d| u64::try_from(d.num_days_from_ce()).ok()).unwrap_or(0)
}

/// Reads `2024`, `2024-03`, `2024-03-15`, `15.03.2024`, `a..b` (one side may be missing), `>=a`,
/// `<=a`.
pub(super) fn days(text: &str) -> Option<Days> {
    let first = |part: &str| Some(day(Some(span(part)?.0)));
    let last = |part: &str| Some(day(Some(span(part)?.1)));
    let days = if let Some((a, b)) = text.split_once("..") {
        if a.is_empty() && b.is_empty() {
            return None;
        }
        let from = if a.is_empty() { 1 } else { first(a)? };
        let to = if b.is_empty() { u64::MAX } else { last(b)? };
        Days { from, to }
    } else if let Some(a) = text.strip_prefix(">=") {
        Days { from: first(a)?, to: u64::MAX }
    } else if let Some(b) = text.strip_prefix("<=") {
        Days { from: 1, to: last(b)? }
    } else {
        Days { from: first(text)?, to: last(text)? }
    };
    (days.from <= days.to).then_some(days)
}

/// First and last day of what is named.
fn span(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let number = |part: &str, digits: &[usize]| -> Option<u32> {
        let plain = digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let parts: Vec<&str> = if text.contains('.') {
        text.split('.').rev().collect()
    } else {
        text.split('-').collect()
    };
    let year = i32::try_from(number(parts.first()?, &[4])?).ok().filter(|year| *year > 0)?;
    let small = |part: &str| number(part, if text.contains('.') { &[1, 2] } else { &[2] });
    let last_of = |first: NaiveDate, months| {
        first.checked_add_months(Months::new(months)).and_then(|next| next.pred_opt())
    };
    match parts.as_slice() {
        [_] => {
            let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
            Some((first, last_of(first, 12)?))
        }
        [_, month] => {
            let first = NaiveDate::from_ymd_opt(year, small(month)?, 1)?;
            Some((first, last_of(first, 1)?))
        }
        [_, month, day] => {
            let date = NaiveDate::from_ymd_opt(year, small(month)?, small(day)?)?;
            Some((date, date))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_type_them() {
        let on = |y, m, d| day(NaiveDate::from_ymd_opt(y, m, d));
        let (end, begin) = (u64::MAX, 1);
        for (text, from, to) in [
            ("2024", on(2024, 1, 1), on(2024, 12, 31)),
            ("2024-02", on(2024, 2, 1), on(2024, 2, 29)),
            ("02.2023", on(2023, 2, 1), on(2023, 2, 28)),
            ("2024-12", on(2024, 12, 1), on(2024, 12, 31)),
            ("2024-03-15", on(2024, 3, 15), on(2024, 3, 15)),
            ("15.3.2024", on(2024, 3, 15), on(2024, 3, 15)),
            ("2023..2024-06", on(2023, 1, 1), on(2024, 6, 30)),
            ("01.02.2024..", on(2024, 2, 1), end),
            ("..2024", begin, on(2024, 12, 31)),
            (">=2024-05", on(2024, 5, 1), end),
            ("<=2024-05", begin, on(2024, 5, 31)),
        ] {
            assert_eq!(days(text), Some(Days { from, to }), "{text}");
        }
        for wrong in [
            "",
            "..",
            "0000-00-00",
            "0000",
            "2024-13",
            "2024-02-30",
            "30.02.2024",
            "24",
            "20244",
            "2024-1-1",
            "2024..2023",
            "heute",
            "1.2.3.2024",
            "2024-01-01-01",
            "+2024",
            "２０２４",
        ] {
            assert_eq!(days(wrong), None, "{wrong}");
        }
    }
}
