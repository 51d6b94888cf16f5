//! What a form or an address brings: names and values.
//!
//! An empty field is one that was not filled in: browsers send them all. Unknown fields are left
//! aside, because addresses are kept, mailed and typed; REST is stricter.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::http::problem::Problem;

/// The fields.
#[derive(Clone, Debug, Default)]
pub struct Felder(Vec<(String, String)>);

impl Felder {
    /// As they came.
    #[must_use]
    pub const fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// As typed, without the blanks around it; empty if it is missing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.roh(name).trim()
    }

    /// As typed, blanks and all: for passwords.
    #[must_use]
    pub fn roh(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }

    /// The same, none if it is empty.
    #[must_use]
    pub fn wahl(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|t| !t.is_empty()).map(str::to_owned)
    }

    /// A date.
    ///
    /// # Errors
    /// 400.
    pub fn datum(&self, name: &str) -> Result<Option<NaiveDate>, Problem> {
        let Some(text) = self.wahl(name) else { return Ok(None) };
        let read = datum(&text);
        read.map(Some).ok_or_else(|| {
            let text = "Das ist kein Datum. Schreiben Sie es als TT.MM.JJJJ.";
            Problem::at(format!("?{name}"), "datum", text)
        })
    }

    /// An id.
    ///
    /// # Errors
    /// 400.
    pub fn id(&self, name: &str) -> Result<Option<Uuid>, Problem> {
        let Some(text) = self.wahl(name) else { return Ok(None) };
        Uuid::try_parse(&text)
            .map(Some)
            .map_err(|_| Problem::at(format!("?{name}"), "kennung", "Das ist keine Kennung."))
    }

    /// A number.
    ///
    /// # Errors
    /// 400.
    pub fn zahl<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.wahl(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Problem::at(format!("?{name}"), "zahl", "Das ist keine Zahl, wie sie hier steht.")
        })
    }
}

/// A date as browsers send it and as people write it.
#[must_use]
pub fn datum(typed: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d.%m.%Y"].iter().find_map(|form| NaiveDate::parse_from_str(typed, form).ok())
}
