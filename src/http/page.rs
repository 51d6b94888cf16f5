//! Pages of lists: how many, and where to go on.
//!
//! A cursor names the place behind the last row, not a count of rows: under writes a list neither
//! repeats nor skips a row that keeps its place. It is bound to the caller and to everything else
//! of the query; with another caller or query it is refused. It grants nothing: rights are checked
//! for each row anew, so it needs no signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::problem::{Code, Problem};

/// Rows of a page where nothing is said.
pub const LIMIT_DEFAULT: usize = 50;
/// Rows of a page at most.
pub const LIMIT_MAX: usize = 500;

/// Longest place that a cursor may carry.
const PLACE_BYTES_MAX: usize = 4096;

/// Who asks for what: cursors of one can't be used for another.
#[derive(Clone, Debug)]
pub struct Scope([u8; 16]);

impl Scope {
    /// Of a caller, a route, and the filters.
    #[must_use]
    pub fn new(caller: &str, route: &str, filters: &impl Serialize) -> Self {
        let mut hash = Sha256::new();
        for part in [caller.as_bytes(), route.as_bytes()] {
            hash.update(u64::try_from(part.len()).unwrap_or(0).to_be_bytes());
            hash.update(part);
        }
        hash.update(serde_json::to_vec(filters).unwrap_or_default());
        let mut bound = [0; 16];
        bound.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        Self(bound)
    }

    /// The cursor behind a place.
    #[must_use]
    pub fn cursor(&self, place: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([&self.0, place].concat())
    }

    /// The place of a cursor.
    ///
    /// # Errors
    /// 400 if it is none, or of another caller or query.
    pub fn place(&self, cursor: Option<&str>) -> Result<Option<Vec<u8>>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|b| b.len() < PLACE_BYTES_MAX);
        let split = bytes.as_deref().and_then(|b| b.split_at_checked(16));
        match split {
            Some((bound, place)) if bound == self.0 => Ok(Some(place.to_vec())),
            _ => Err(Code::CursorUngueltig.into()),
        }
    }
}

/// The number of rows asked for.
///
/// # Errors
/// 400 for none or too many.
pub fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(LIMIT_DEFAULT) {
        n @ 1..=LIMIT_MAX => Ok(n),
        _ => Err(Problem::at("?limit", "ausserhalb", format!("1 bis {LIMIT_MAX}."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_serves_only_its_caller_and_query() {
        let mine = Scope::new("person:a", "/akten", &Some("offen"));
        let cursor = mine.cursor(b"place");
        assert_eq!(mine.place(Some(&cursor)).unwrap().unwrap(), b"place");
        for other in [
            Scope::new("person:b", "/akten", &Some("offen")),
            Scope::new("person:a", "/suche", &Some("offen")),
            Scope::new("person:a", "/akten", &None::<&str>),
        ] {
            assert_eq!(other.place(Some(&cursor)).unwrap_err().code(), Code::CursorUngueltig);
        }
        assert!(mine.place(Some("!")).is_err());
        assert!(mine.place(Some("")).is_err());
    }
}
