//! Instants. Calendar dates are `chrono::NaiveDate` in Europe/Berlin; an instant is UTC.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since 1970-01-01T00:00:00Z; in JSON `2026-11-22T04:46:29.123Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zeitpunkt(pub i64);

impl Zeitpunkt {
    /// The calendar date in Europe/Berlin, in which all periods are counted.
    #[must_use]
    pub fn datum(self) -> NaiveDate {
        let utc = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        utc.with_timezone(&chrono_tz::Europe::Berlin).date_naive()
    }

    /// This instant moved by `millis` (negative: back).
    #[must_use]
    pub const fn plus_ms(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Reads the RFC 3339 form; any offset is accepted, fractions below a millisecond are cut.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_millis()))
    }
}

impl std::fmt::Display for Zeitpunkt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let utc = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&utc.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Zeitpunkt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Zeitpunkt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("kein Zeitpunkt nach RFC 3339"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_half_hour_of_a_utc_year_is_the_next_year_in_berlin() {
        let at = Zeitpunkt::parse("2024-12-31T23:30:00Z").unwrap();
        assert_eq!(at.datum(), NaiveDate::from_ymd_opt(2025, 1, 1).unwrap());
        assert_eq!(at.to_string(), "2024-12-31T23:30:00.000Z");
    }
}
