//! Words of the index that differ little from one that is not there.
//!
//! They are words of all documents: who shows one must first find it in a document that may be
//! seen. The index holds stems, so a word is judged only when it is found as it stands there.

use std::collections::BTreeSet;

use tantivy::{
    Term,
    query::{DfaWrapper, FuzzyTermQuery},
};

use super::{Error, Index, analysis};

/// Terms looked at in one segment.
const LOOKED_AT: usize = 1_000;
/// Signs that an ending has at most, which a stem lacks.
const ENDING_MAX: usize = 6;
/// Signs of the shortest stem that is looked for under a mistyped ending.
const STEM_MIN: usize = 5;

/// How many signs may differ in a word of that length.
fn tolerance(length: usize) -> u8 {
    match length {
        ..4 => 0,
        4..7 => 1,
        _ => 2,
    }
}

/// True if the second word may be what was meant by the first. A swap of neighbours is one sign.
#[must_use]
pub fn near(typed: &str, word: &str) -> bool {
    let folded = |word: &str| analysis::respelled(&analysis::beginning(word));
    let (typed, word) = (folded(typed), folded(word));
    strsim::osa_distance(&typed, &word) <= usize::from(tolerance(typed.chars().count()))
}

impl Index {
    /// Terms one sign away from this one, then, for a long one, two, in the order of the alphabet;
    /// then stems that it begins with, because an ending may be mistyped; at most `max`. None for a
    /// term of fewer than four characters.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn similar(&self, term: &str, max: usize) -> Result<Vec<String>, Error> {
        let mut found: Vec<String> = Vec::new();
        for distance in 1..=tolerance(term.chars().count()) {
            let near = self.near(term, distance)?;
            found.extend(near.into_iter().filter(|near| near != term));
            found.dedup();
            if found.len() >= max {
                break;
            }
        }
        found.extend(self.stems(term)?);
        let mut seen = BTreeSet::new();
        found.retain(|near| seen.insert(near.clone()));
        found.truncate(max);
        Ok(found)
    }

    /// Terms that are beginnings of this one, the longest first.
    fn stems(&self, term: &str) -> Result<Vec<String>, Error> {
        let (field, searcher) = (self.text_field(), self.searcher());
        let ends: Vec<usize> = term.char_indices().map(|(at, _)| at).skip(STEM_MIN).collect();
        let mut found = Vec::new();
        for stem in ends.iter().rev().take(ENDING_MAX).filter_map(|end| term.get(..*end)) {
            let wanted = Term::from_field_text(field, stem);
            if searcher.doc_freq(&wanted)? > 0 {
                found.push(stem.to_owned());
            }
        }
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
