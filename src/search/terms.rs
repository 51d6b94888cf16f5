//! What a searcher typed: words that must all occur, and "phrases".
//!
//! No sign has a hidden meaning here, and every text is answered: with terms, or with the
//! position at which it can't be understood.

use super::analysis;

/// Characters that a query may have.
pub const LENGTH_MAX: usize = 1_000;

/// Terms (words within phrases count each) that a query may have.
pub const TERMS_MAX: usize = 64;

/// Why a text can't be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// More than [`LENGTH_MAX`] characters.
    TooLong,
    /// More than [`TERMS_MAX`] terms.
    TooMany,
    /// A quotation mark without its partner.
    Unclosed,
    /// There is not one letter or digit in it.
    NoWord,
}

/// A text that can't be searched for, and where the trouble begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} (Zeichen {})", .why.text(), .position + 1)]
pub struct Invalid {
    /// Characters before the place.
    pub position: usize,
    /// What is wrong there.
    pub why: Why,
}

impl Why {
    /// The sentence that the searcher reads.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooLong => "Die Suchanfrage ist länger als 1000 Zeichen",
            Self::TooMany => "Die Suchanfrage hat mehr als 64 Suchwörter",
            Self::Unclosed => "Zu diesem Anführungszeichen fehlt das schließende",
            Self::NoWord => "Die Suchanfrage enthält kein Suchwort",
        }
    }
}

/// One word or phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// Its terms in order; more than one must stand side by side.
    pub terms: Vec<String>,
    /// As typed, in the form in which whole file numbers are compared.
    pub whole: String,
}

/// A query's words and phrases. None: everything fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    pub(super) clauses: Vec<Clause>,
    /// The whole text in the form in which file numbers are compared (they may have blanks).
    pub(super) whole: String,
}

impl Terms {
    /// Reads a text. An empty one has no terms.
    ///
    /// # Errors
    /// [`Invalid`] with the place.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // `nth` looks at no more than the limit, however long the text is.
        if text.chars().nth(LENGTH_MAX).is_some() {
            return Err(Invalid { position: LENGTH_MAX, why: Why::TooLong });
        }
        let mut found = Found::default();
        let mut piece = String::new();
        let mut start = 0;
        let mut quote = None;
        for (position, c) in text.chars().enumerate() {
            let ends = is_quote(c) || (quote.is_none() && c.is_whitespace());
            if !ends {
                if piece.is_empty() {
                    start = position;
                }
                piece.push(c);
                continue;
            }
            found.take(&mut piece, start)?;
            if is_quote(c) {
                quote = if quote.is_some() { None } else { Some(position) };
            }
        }
        if let Some(position) = quote {
            return Err(Invalid { position, why: Why::Unclosed });
        }
        found.take(&mut piece, start)?;
        if found.clauses.is_empty() && !text.trim().is_empty() {
            return Err(Invalid { position: 0, why: Why::NoWord });
        }
        Ok(Self { clauses: found.clauses, whole: analysis::zeichen(text) })
    }

    /// True if there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '„' | '“' | '”' | '«' | '»')
}

#[derive(Default)]
struct Found {
    clauses: Vec<Clause>,
    terms: usize,
}

impl Found {
    fn take(&mut self, piece: &mut String, start: usize) -> Result<(), Invalid> {
        let terms = analysis::terms(piece);
        let clause = Clause { terms, whole: analysis::zeichen(piece) };
        piece.clear();
        if clause.terms.is_empty() || self.clauses.contains(&clause) {
            return Ok(());
        }
        self.terms += clause.terms.len();
        if self.terms > TERMS_MAX {
            return Err(Invalid { position: start, why: Why::TooMany });
        }
        self.clauses.push(clause);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<usize> {
        Terms::parse(text).unwrap().clauses.iter().map(|c| c.terms.len()).collect()
    }

    #[test]
    fn words_and_phrases() {
        assert_eq!(shape("Bauantrag  \"Müller und Söhne\" 2024"), [1, 3, 1]);
        assert_eq!(shape("„Müller und Söhne“ «zwei Wörter»"), [3, 2]);
        assert_eq!(shape("61.26-12/2024"), [4]);
        assert_eq!(shape("antrag Antrag ANTRÄGE"), [1, 1]);
        assert_eq!(shape("title:x^9 AND (a OR *) ~ [b TO c] {!frange}"), [3, 1, 1, 1, 1, 1, 1, 1]);
        assert!(shape("   ").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let why = |text: &str| Terms::parse(text).unwrap_err();
        assert_eq!(why("ab \"cd"), Invalid { position: 3, why: Why::Unclosed });
        assert_eq!(why("§ - *"), Invalid { position: 0, why: Why::NoWord });
        assert_eq!(why(&"x ".repeat(500_000)).why, Why::TooLong);
        let many: String = (0..100).map(|n| format!("w{n} ")).collect();
        assert_eq!(why(&many), Invalid { position: 246, why: Why::TooMany });
        assert!(why("\"").to_string().ends_with("(Zeichen 1)"));
    }
}
