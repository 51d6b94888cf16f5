//! The passage of a text that shows why it was found.
//!
//! The caller brings the text, of documents only that the reader may see. Marks are offsets;
//! what they become (and all escaping) is the page's business.

use std::collections::HashMap;

use tantivy::tokenizer::{TextAnalyzer, TokenStream, Tokenizer};

use super::{
    analysis::{self, Words},
    language::Terms,
};

/// Bytes of text that a snippet shows, about.
const WINDOW: usize = 240;
/// Bytes before the first mark.
const LEAD: usize = 60;
/// Bytes of a text that are looked at; long texts need not be read to the end for a snippet.
const SCAN_MAX: usize = 2 << 20;
/// Letters of a word that its stem begins with.
const START: usize = 3;
/// Places that are weighed against each other.
const PLACES_MAX: usize = 1_000;

/// A passage with the places that match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The passage: on one line, without control or direction characters, not escaped.
    pub text: String,
    /// Byte ranges in `text` that match, in order, not overlapping.
    pub marks: Vec<(usize, usize)>,
}

/// A place where a clause matches.
#[derive(Clone, Copy)]
struct Match {
    clause: usize,
    from: usize,
    to: usize,
}

impl Terms {
    /// The best passage of a text; its beginning, without marks, if nothing matches.
    #[must_use]
    pub fn snippet(&self, text: &str) -> Snippet {
        let matches = self.matches(text, true);
        let best = self.best(&matches);
        let from = best.first().map_or(0, |first| floor(text, first.from.saturating_sub(LEAD)));
        let from = word_start(text, from, best.first().map_or(0, |first| first.from));
        let least = best.last().map_or(0, |last| last.to);
        let to = ceil(text, least.max(from.saturating_add(WINDOW)));
        cut(text, from, word_end(text, to, least), &matches)
    }

    /// A whole short text (a Betreff) with its marks.
    #[must_use]
    pub fn marked(&self, text: &str) -> Snippet {
        cut(text, 0, text.len(), &self.matches(text, false))
    }

    /// Places where clauses match, in order. With `enough`, ends
    /// behind the first passage that shows them all.
    fn matches(&self, text: &str, enough: bool) -> Vec<Match> {
        let mut matches = Vec::new();
        if self.clauses.is_empty() {
            return matches;
        }
        let mut numbers = Numbers::new(self);
        let longest = self.clauses.iter().map(|c| c.terms.len()).max().unwrap_or(1);
        // The last tokens: kind of the word (0: none of ours), from, to.
        let mut recent: Vec<(usize, usize, usize)> = Vec::with_capacity(longest + 1);
        let mut end = SCAN_MAX;
        let mut words = Words::default();
        let mut stream = words.token_stream(text);
        while stream.advance() && matches.len() < PLACES_MAX {
            let token = stream.token();
            if token.offset_from > end {
                break;
            }
            if recent.len() == longest {
                recent.remove(0);
            }
            let kind = numbers.of(&token.text);
            recent.push((kind, token.offset_from, token.offset_to));
            if kind == 0 {
                continue;
            }
            for (clause, sequence) in numbers.clauses.iter().enumerate() {
                let Some(start) = recent.len().checked_sub(sequence.len()) else { continue };
                let tail = recent.get(start..).unwrap_or_default();
                if tail.iter().zip(sequence).all(|(t, number)| numbers.is(t.0, *number)) {
                    let from = tail.first().map_or(0, |t| t.1);
                    matches.push(Match { clause, from, to: token.offset_to });
                }
            }
            if enough && end == SCAN_MAX && self.all_in(&matches) {
                end = token.offset_to.saturating_add(WINDOW);
            }
        }
        matches
    }

    /// True if the last passage of these shows every clause.
    fn all_in(&self, matches: &[Match]) -> bool {
        let Some(last) = matches.last() else { return false };
        let near = matches.iter().rev().take_while(|m| m.from + WINDOW - LEAD >= last.to);
        distinct(near) == self.clauses.len()
    }

    /// The run of matches that fits one window and shows most clauses; the first of equals.
    fn best<'a>(&self, matches: &'a [Match]) -> &'a [Match] {
        let mut best: &[Match] = &[];
        let mut shown = 0;
        let mut end = 0;
        for (start, first) in matches.iter().enumerate() {
            let fits = |m: &Match| m.to <= first.from + WINDOW - LEAD;
            end = end.max(start + 1);
            while matches.get(end).is_some_and(fits) {
                end += 1;
            }
            let run = matches.get(start..end).unwrap_or_default();
            let count = distinct(run.iter());
            if count > shown {
                (best, shown) = (run, count);
            }
            if shown == self.clauses.len() {
                break;
            }
        }
        best
    }
}

fn distinct<'a>(matches: impl Iterator<Item = &'a Match>) -> usize {
    let mut seen: Vec<usize> = matches.map(|m| m.clause).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

/// Numbers the terms that are looked for, and remembers of each word of the text which of them it
/// shows: most words of a long text come again and again, and the stemmer is the dear part.
struct Numbers {
    clauses: Vec<Vec<usize>>,
    terms: HashMap<String, usize>,
    /// What words begin with that stand for a term.
    beginnings: Vec<(String, usize)>,
    /// Kinds of words: the numbers of the terms that such a word shows, by itself or by a part.
    /// The first has none.
    kinds: Vec<Vec<usize>>,
    words: HashMap<String, usize>,
    chain: TextAnalyzer,
    /// What a word must contain to show any term.
    starts: Vec<Start>,
    /// The word at hand, folded.
    folded: String,
}

impl Numbers {
    fn new(terms: &Terms) -> Self {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let clauses = terms.clauses.iter().map(|clause| {
            let number = clause.terms.iter().map(|term| {
                let next = numbers.len();
                *numbers.entry(term.clone()).or_insert(next)
            });
            number.collect()
        });
        let clauses: Vec<Vec<usize>> = clauses.collect();
        let of_clause = terms.clauses.iter().zip(&clauses).flat_map(|(clause, numbers)| {
            let number = numbers.first().copied();
            clause.prefixes.iter().filter_map(move |prefix| Some((prefix.clone(), number?)))
        });
        let beginnings: Vec<_> = of_clause.collect();
        Self {
            starts: starts(&numbers, &beginnings),
            clauses,
            terms: numbers,
            beginnings,
            kinds: vec![Vec::new()],
            words: HashMap::new(),
            chain: analysis::for_documents(),
            folded: String::new(),
        }
    }

    /// False only if the word shows no term. Nine words of ten need not be stemmed and cut then.
    fn may_show(&mut self, word: &str) -> bool {
        let folded = if word.is_ascii() {
            word
        } else {
            self.folded.clear();
            for c in word.chars() {
                match c {
                    c if c.is_ascii() => self.folded.push(c),
                    'ä' => self.folded.push('a'),
                    'ö' => self.folded.push('o'),
                    'ü' => self.folded.push('u'),
                    'ß' => self.folded.push_str("ss"),
                    _ => return true,
                }
            }
            &self.folded
        };
        let has = |word: &str| {
            let mut last = 0_u32;
            word.bytes().any(|byte| {
                last = last << 8 | u32::from(byte);
                self.starts.iter().any(|start| last & start.mask == start.letters)
            })
        };
        // Of the folded word: `Böen` folds to `boen`, and its stem to `bon`.
        let umlaut = |pair: &[u8]| matches!(pair, [b'a' | b'o' | b'u', b'e']);
        has(folded) || folded.as_bytes().windows(2).any(umlaut) && has(&analysis::respelled(folded))
    }

    /// The kind of a word.
    fn of(&mut self, word: &str) -> usize {
        if !self.may_show(word) {
            return 0;
        }
        if let Some(kind) = self.words.get(word) {
            return *kind;
        }
        let mut shown = Vec::new();
        let mut stream = self.chain.token_stream(word);
        while let Some(token) = stream.next() {
            shown.extend(self.terms.get(&token.text));
            let begun = self.beginnings.iter().filter(|(begin, _)| token.text.starts_with(begin));
            shown.extend(begun.map(|(_, number)| number));
        }
        drop(stream);
        let known = self.kinds.iter().position(|kind| *kind == shown);
        let kind = known.unwrap_or(self.kinds.len());
        if known.is_none() {
            self.kinds.push(shown);
        }
        self.words.insert(word.to_owned(), kind);
        kind
    }

    /// True if a word of this kind shows the term.
    fn is(&self, kind: usize, number: usize) -> bool {
        self.kinds.get(kind).is_some_and(|shown| shown.contains(&number))
    }
}

/// What words contain that become such terms or begin so: stems keep the first three letters of
/// the word or part that they come from.
fn starts(terms: &HashMap<String, usize>, beginnings: &[(String, usize)]) -> Vec<Start> {
    let all = terms.keys().chain(beginnings.iter().map(|(begin, _)| begin));
    let start = |term: &String| {
        let none = Start { letters: 0, mask: 0 };
        term.bytes().take(START).fold(none, |start, byte| Start {
            letters: start.letters << 8 | u32::from(byte),
            mask: start.mask << 8 | 0xFF,
        })
    };
    all.map(start).collect()
}

/// The first letters of a term as one number, and which of its bytes count.
#[derive(Clone, Copy)]
struct Start {
    letters: u32,
    mask: u32,
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The nearest character boundary at or behind `at`.
fn ceil(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// `from`, moved to the beginning of the next word, at most to `limit`.
fn word_start(text: &str, from: usize, limit: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let blank = text.get(from..limit).and_then(|lead| lead.find(char::is_whitespace));
    blank.map_or(from, |blank| from + blank)
}

/// `to`, moved back to the end of a word, at least to `limit`.
fn word_end(text: &str, to: usize, limit: usize) -> usize {
    if to >= text.len() {
        return text.len();
    }
    let blank = text.get(limit..to).and_then(|tail| tail.rfind(char::is_whitespace));
    blank.map_or(to, |blank| limit + blank)
}

/// Copies `from..to` onto one line and moves the marks along.
fn cut(text: &str, from: usize, to: usize, matches: &[Match]) -> Snippet {
    let mut out = Snippet::default();
    let mut marks = matches.iter().filter(|m| m.from >= from && m.to <= to).peekable();
    let mut open: Option<(usize, usize)> = None;
    for (at, c) in text.get(from..to).unwrap_or_default().char_indices() {
        let at = from + at;
        if let Some((start, _)) = open.take_if(|(_, end)| *end <= at) {
            out.marks.push((start, out.text.len()));
        }
        if c.is_whitespace() || c.is_control() {
            if !out.text.is_empty() && !out.text.ends_with(' ') {
                out.text.push(' ');
            }
            continue;
        }
        while let Some(mark) = marks.next_if(|m| m.from <= at) {
            let start = open.map_or(out.text.len(), |(start, _)| start);
            let end = open.map_or(mark.to, |(_, end)| end.max(mark.to));
            open = Some((start, end));
        }
        if !analysis::invisible(c) {
            out.text.push(c);
        }
    }
    if let Some((start, _)) = open {
        out.marks.push((start, out.text.len()));
    }
    out.text.truncate(out.text.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::{super::language::Clause, *};

    fn marked(query: &str, text: &str) -> Vec<String> {
        let snippet = Terms::parse(query).unwrap().snippet(text);
        snippet.marks.iter().map(|(from, to)| snippet.text[*from..*to].to_owned()).collect()
    }

    #[test]
    fn marks_are_the_words_as_they_stand_there() {
        let text = "Sehr geehrte Frau Müller,\n\nIhr  Antrag auf Anträge der MÜLLERS \u{202e}liegt";
        assert_eq!(marked("mueller antrag", text), ["Müller", "Antrag", "Anträge", "MÜLLERS"]);
        assert_eq!(marked("\"frau müller\"", text), ["Frau Müller"]);
        assert_eq!(marked("MUEL* antr*", text), ["Müller", "Antrag", "Anträge", "MÜLLERS"]);
        assert_eq!(marked("nichts", text), Vec::<String>::new());
    }

    #[test]
    fn a_compound_is_marked_where_a_part_of_it_was_looked_for() {
        let text = "Ihr neuer Bauantrag und der Baugenehmigungsbescheid; Antragsteller: Müller";
        assert_eq!(marked("antrag", text), ["Bauantrag"]);
        assert_eq!(marked("\"neuer antrag\" bau", text).len(), 2);
        assert_eq!(marked("\"neuer antrag und\"", text), ["neuer Bauantrag und"]);
        assert_eq!(marked("genehmigungsbescheid", text), ["Baugenehmigungsbescheid"]);
    }

    #[test]
    fn no_word_is_passed_over_that_shows_a_term() {
        let known =
            include_str!("woerter.txt").lines().step_by(7).filter_map(|l| l.split(' ').next());
        let mixed = [
            "ÄRZTEHAUS",
            "Buergeramt",
            "Zuerstprüfung",
            "Böen",
            "säen",
            "Ölheizung",
            "übermäßig",
            "Škoda",
        ];
        let words = known.chain(mixed).flat_map(|word| [word.to_owned(), format!("bau{word}")]);
        let mut seen = 0;
        for word in words {
            let mut chain = analysis::for_documents();
            let mut stream = chain.token_stream(&word);
            while let Some(token) = stream.next() {
                let clause = Clause { terms: vec![token.text.clone()], ..Clause::default() };
                let mut numbers =
                    Numbers::new(&Terms { clauses: vec![clause], ..Terms::default() });
                let mut words = Words::default();
                let mut lower = words.token_stream(&word);
                assert!(lower.advance() && numbers.may_show(&lower.token().text), "{word}");
                seen += 1;
            }
        }
        assert!(seen > 500, "{seen}");
    }

    #[test]
    fn what_is_not_looked_for_stays_unmarked() {
        let text = "Sehr geehrte Frau Müller,\n\nIhr  Antrag auf \u{202e}liegt";
        assert_eq!(marked("nichts bauantrag", text), Vec::<String>::new());
        let whole = Terms::parse("liegt").unwrap().snippet(text);
        assert!(whole.text.contains("Müller, Ihr Antrag") && !whole.text.contains('\u{202e}'));
    }

    #[test]
    fn a_mark_ends_with_its_word_even_where_a_sign_follows() {
        let snippet = Terms::parse("antrag bescheid").unwrap().marked("(Antrag)Bescheid: Antrag");
        assert_eq!(snippet.marks, [(1, 7), (8, 16), (18, 24)]);
    }

    #[test]
    fn the_passage_with_most_words_is_taken_and_stays_short() {
        let far = "wort ".repeat(20_000);
        let text = format!("Antrag {far} ein Antrag auf Wohngeld {far}");
        let snippet = Terms::parse("antrag wohngeld").unwrap().snippet(&text);
        assert_eq!(snippet.marks.len(), 2, "{snippet:?}");
        assert!(snippet.text.len() <= WINDOW + LEAD, "{}", snippet.text.len());
        let whole = format!("{}ü{}", "ä".repeat(500), "x".repeat(500));
        assert!(Terms::parse("nichts").unwrap().snippet(&whole).text.len() <= WINDOW + LEAD);
    }
}
