//! The word list, and how a compound is cut into words of it.
//!
//! The fewest words win, with linking letters between them (`Genehmigung-s-verfahren`). A word of
//! the list itself is never cut, so the list must hold no compounds. No list is complete: a word
//! that it lacks is told by its ending (`Abgeschlossenheit-s-bescheinigung`). It is made by
//! `tests/search/woerter.rs` from public-domain texts and `woerter_eigen.txt`.

use std::{collections::HashMap, ops::Range, sync::OnceLock};

/// The list: a word a line, in lower case with umlauts folded; `wohn-` only stands before others.
const GERMAN: &str = include_str!("woerter.txt");

/// Bytes of the shortest word of the list.
const PART_MIN: usize = 3;
/// Words that a compound may have. A longer chain is a list of syllables, not German.
const PARTS_MAX: usize = 6;
/// Bytes of a word that is looked at; longer ones are never cut.
const WORD_MAX: usize = 64;
/// What may stand between two words.
const LINKS: &[&str] = &["", "s", "es", "n", "en", "er", "e", "ns", "ens"];
/// What may follow the last one. Umlauts are folded, so this makes most plurals too.
const ENDINGS: &[&str] = &["", "s", "es", "n", "en", "er", "e", "ern", "em", "ens"];
/// What makes a noun of any stem and is always linked by an s: the word before it need not be
/// known.
const SUFFIXES: &[&str] = &["ung", "heit", "keit", "schaft", "ion", "itat"];
/// Bytes of the shortest word that is told by its suffix.
const UNKNOWN_MIN: usize = 7;

/// Where a word may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Anywhere.
    Noun,
    /// Before other words only.
    Front,
}

/// A set of words that compounds are made of.
#[derive(Default)]
pub struct Lexicon {
    words: HashMap<Box<str>, Place>,
    longest: usize,
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lexicon").field("words", &self.words.len()).finish_non_exhaustive()
    }
}

/// Words so far that the list lacks, all words, bytes of linking letters.
type Cost = (usize, usize, usize);

/// The cheapest way to a place within a word.
#[derive(Clone, Copy)]
struct Step {
    cost: Cost,
    /// The last word of the way; it began where the step before ended.
    from: usize,
    to: usize,
}

impl Lexicon {
    /// The list that is built in.
    #[must_use]
    pub fn german() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(|| {
            let mut lexicon = Self::default();
            GERMAN.lines().for_each(|line| lexicon.add(line));
            lexicon
        })
    }

    /// Adds a line of the list.
    pub fn add(&mut self, line: &str) {
        let (word, place) = match line.strip_suffix('-') {
            Some(front) => (front, Place::Front),
            None => (line, Place::Noun),
        };
        if word.len() < PART_MIN {
            return;
        }
        self.longest = self.longest.max(word.len());
        // `Schule` is `Schul` before other words; a noun of that form keeps its place.
        if let Some(short) = word.strip_suffix('e').filter(|short| short.len() > PART_MIN) {
            self.words.entry(short.into()).or_insert(Place::Front);
        }
        let known = self.words.entry(word.into()).or_insert(place);
        if place == Place::Noun {
            *known = place;
        }
    }

    /// True if it is a noun of the list, whatever its ending.
    #[must_use]
    pub fn is_noun(&self, word: &str) -> bool {
        ENDINGS.iter().any(|ending| {
            let base = word.strip_suffix(ending);
            base.is_some_and(|base| self.words.get(base) == Some(&Place::Noun))
        })
    }

    /// The words that a compound consists of, as ranges of it, without linking letters; empty if
    /// it is none. The word is to be in lower case with umlauts folded.
    ///
    /// From each place that can be reached, words up to the longest of the list are looked up, so
    /// the time is bounded by 64 times that.
    #[must_use]
    pub fn parts(&self, word: &str) -> Vec<Range<usize>> {
        let cuttable = (2 * PART_MIN..=WORD_MAX).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_lowercase());
        if !cuttable || self.is_noun(word) {
            return Vec::new();
        }
        let mut steps: [Option<Step>; WORD_MAX + 1] = [None; WORD_MAX + 1];
        for start in 0..word.len() {
            let cost = match steps.get(start).copied().flatten() {
                Some(step) => step.cost,
                None if start == 0 => (0, 0, 0),
                None => continue,
            };
            self.go_on(word, start, cost, &mut steps);
        }
        way_back(&steps, word.len())
    }

    /// Takes every word that begins at `start` into `steps`.
    fn go_on(&self, word: &str, start: usize, cost: Cost, steps: &mut [Option<Step>]) {
        let Some(rest) = word.get(start..) else { return };
        let (unknown, parts, links) = cost;
        let mut reach = |more: usize, at: usize, to: usize| {
            let cost = (unknown + more, parts + 1, links + at - to);
            let step = Step { cost, from: start, to };
            if let Some(known) = steps.get_mut(at)
                && known.is_none_or(|known| step.cost < known.cost)
            {
                *known = Some(step);
            }
        };
        for (at, _) in rest.match_indices('s') {
            let front = rest.get(..at).unwrap_or_default();
            let noun = SUFFIXES.iter().any(|suffix| front.ends_with(suffix));
            if noun && at >= UNKNOWN_MIN && rest.len() > at + PART_MIN {
                reach(1, start + at + 1, start + at);
            }
        }
        for length in PART_MIN..=rest.len().min(self.longest) {
            let (Some(piece), Some(behind)) = (rest.get(..length), rest.get(length..)) else {
                return;
            };
            let Some(place) = self.words.get(piece) else { continue };
            let to = start + length;
            if *place == Place::Noun && start > 0 && ENDINGS.contains(&behind) {
                // The ending belongs to the word: the stemmer knows what to do with it.
                reach(0, word.len(), word.len());
            }
            for link in LINKS {
                // Nothing shorter than a word can follow.
                if behind.starts_with(link) && behind.len() >= link.len() + PART_MIN {
                    reach(0, to + link.len(), to);
                }
            }
        }
    }
}

/// The words on the way to `end`.
fn way_back(steps: &[Option<Step>], end: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut at = end;
    while let Some(step) = steps.get(at).copied().flatten() {
        parts.push(step.from..step.to);
        at = step.from;
    }
    if at != 0 || !(2..=PARTS_MAX).contains(&parts.len()) {
        return Vec::new();
    }
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(words: &str, word: &str) -> String {
        let mut lexicon = Lexicon::default();
        words.split_whitespace().for_each(|line| lexicon.add(line));
        let parts: Vec<&str> = lexicon.parts(word).into_iter().map(|part| &word[part]).collect();
        parts.join("+")
    }

    #[test]
    fn the_fewest_words_with_the_fewest_linking_letters() {
        assert_eq!(cut("genehmigung verfahren", "genehmigungsverfahren"), "genehmigung+verfahren");
        assert_eq!(cut("arbeit amt arbeits-", "arbeitsamt"), "arbeits+amt");
        assert_eq!(
            cut("kind garten kindergarten beitrag gart-", "kindergartenbeitrag"),
            "kindergarten+beitrag"
        );
        assert_eq!(cut("schule weg", "schulwege"), "schul+wege");
        assert_eq!(cut("haus block", "hauserblocks"), "haus+blocks");
        assert_eq!(cut("wohn- geld", "wohngelder"), "wohn+gelder");
        assert_eq!(cut("sperre", "veranderungssperre"), "veranderung+sperre");
        assert_eq!(cut("wahl zahl anderung", "wahlanderungszahl"), "wahl+anderung+zahl");
    }

    #[test]
    fn what_is_no_compound_of_the_list_stays_whole() {
        assert_eq!(cut("mit- teilung mitteilung", "mitteilungen"), "");
        assert_eq!(cut("bau antrag", "bauantragx"), "");
        assert_eq!(cut("bau wohn-", "bauwohn"), "", "a front is never the last");
        assert_eq!(cut("bau antrag", "bau"), "");
        assert_eq!(cut("bau", "baubaubaubaubaubaubau"), "");
        assert_eq!(cut("bau antrag", "bauäantrag"), "");
    }
}
