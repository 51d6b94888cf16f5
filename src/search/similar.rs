//! Words of the index that differ little from one that is not there.
//!
//! They are words of all documents: who shows one must first find it in a document that may be
//! seen.

use std::collections::BTreeSet;

use tantivy::{
    Term,
    query::{DfaWrapper, FuzzyTermQuery},
};

use super::{Error, Index};

/// Terms looked at in one segment.
const LOOKED_AT: usize = 1_000;

impl Index {
    /// Terms one sign away from this one, then, for a long one, two; in the order of the alphabet,
    /// at most `max`. A swap of neighbours is one. None for a term of fewer than four characters.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn similar(&self, term: &str, max: usize) -> Result<Vec<String>, Error> {
        let most = match term.chars().count() {
            ..4 => 0,
            4..7 => 1,
            _ => 2,
        };
        let mut found: Vec<String> = Vec::new();
        for distance in 1..=most {
            let near = self.near(term, distance)?;
            found.extend(near.into_iter().filter(|near| near != term));
            found.dedup();
            if found.len() >= max {
                break;
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|near| seen.insert(near.clone()));
        found.truncate(max);
        Ok(found)
    }

    fn near(&self, term: &str, distance: u8) -> Result<BTreeSet<String>, Error> {
        let field = self.text_field();
        let fuzzy = || FuzzyTermQuery::new(Term::from_field_text(field, term), distance, true);
        let mut found = BTreeSet::new();
        for segment in self.searcher().segment_readers() {
            let automaton: DfaWrapper = fuzzy().automaton()?;
            let index = segment.inverted_index(field)?;
            let mut stream = index.terms().search(automaton).into_stream()?;
            let mut looked_at = 0;
            while looked_at < LOOKED_AT && stream.advance() {
                looked_at += 1;
                found.extend(std::str::from_utf8(stream.key()).ok().map(str::to_owned));
            }
        }
        Ok(found)
    }
}
