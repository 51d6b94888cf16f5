//! Lists on pages: so many rows at a time, and a link to go on.

use serde::Serialize;

use super::{door::Page, show};
use crate::{
    http::{page::Scope, problem::Problem},
    registry::Blatt,
};

/// Rows of a page: few enough that it stays below 50 kB whatever they hold.
pub const ZEILEN: usize = 25;

/// A page of a list, as the address asks for it.
#[derive(Debug)]
pub struct Liste {
    scope: Scope,
    /// What to ask the registry for.
    pub blatt: Blatt,
    /// True: not the first page.
    pub weitere: bool,
}

/// The links below a list.
#[derive(Clone, Debug, Default)]
pub struct Blaettern {
    /// To the first page; none there.
    pub anfang: Option<String>,
    /// To the next page; none at the end.
    pub weiter: Option<String>,
}

impl Liste {
    /// The page of `cursor`; `filters` are everything that the list depends on.
    ///
    /// # Errors
    /// 400 for a cursor of another caller or list.
    pub fn new(page: &Page, filters: &impl Serialize, rows: usize) -> Result<Self, Problem> {
        let cursor = page.query.wahl("cursor");
        let (scope, blatt) = page.signed.page(filters, Some(rows), cursor.as_deref())?;
        Ok(Self { scope, blatt, weitere: cursor.is_some() })
    }

    /// The links; `pairs` are the fields of the address besides the cursor.
    #[must_use]
    pub fn links(&self, path: &str, pairs: &[(&str, &str)], next: Option<&[u8]>) -> Blaettern {
        let anfang = self.weitere.then(|| format!("{path}{}", show::query(pairs)));
        let weiter = next.map(|place| {
            let cursor = self.scope.cursor(place);
            let all: Vec<(&str, &str)> =
                pairs.iter().copied().chain([("cursor", cursor.as_str())]).collect();
            format!("{path}{}", show::query(&all))
        });
        Blaettern { anfang, weiter }
    }
}
