//! How German text becomes terms: one chain for documents and snippets, one for queries.
//!
//! A term is a word in lower case, stemmed, with umlauts and accents folded: `Müller`, `Mueller`
//! and `MÜLLER` are one. Compounds are cut in documents only: a query for `Bauantrag` that also
//! looked for `Antrag` would find every one. Any change of what comes out must raise `VERSION`.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, RawTokenizer, Stemmer, TextAnalyzer, Token, TokenStream,
    Tokenizer,
};

use super::compound::Compounds;

/// Name under which the chain for documents is registered with the engine.
pub const CHAIN: &str = "deutsch";

/// Bytes of a word that count; what follows is cut, in documents and in queries alike, so that
/// a megabyte of base64 is one short term and still the same one.
const WORD_MAX: usize = 64;

/// The chain for documents: the first term of a word is the one of [`for_queries`], those of its
/// parts follow at the same position.
#[must_use]
pub fn for_documents() -> TextAnalyzer {
    let word = || TextAnalyzer::builder(RawTokenizer::default());
    let fold = word().filter(AsciiFoldingFilter).build();
    let stem = word().filter(Stemmer::new(Language::German)).build();
    TextAnalyzer::builder(Words::default()).filter(Compounds { fold, stem }).build()
}

/// The chain for queries. `ä` and `é` become `a` and `e`, and so do `ae`, `oe`, `ue` in the
/// stemmer (Snowball 3).
#[must_use]
pub fn for_queries() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default())
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::German))
        .build()
}

/// The terms of a query's text in order.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let mut chain = for_queries();
    let mut stream = chain.token_stream(text);
    let mut terms = Vec::new();
    while stream.advance() {
        terms.push(stream.token().text.clone());
    }
    terms
}

/// What words that begin with a text begin with in the index: folded, not stemmed.
#[must_use]
pub fn beginning(text: &str) -> String {
    let mut chain = TextAnalyzer::builder(Words::default()).filter(AsciiFoldingFilter).build();
    let mut stream = chain.token_stream(text);
    if stream.advance() { stream.token().text.clone() } else { String::new() }
}

/// `gebuehr` as it is when folded from `gebühr`. The stemmer does the same to words.
#[must_use]
pub fn respelled(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    let mut before = [' '; 2];
    for c in folded.chars() {
        // `neue`, `bauer`, `quelle`: not every such e is an umlaut's.
        let umlaut = matches!(before, [.., 'a' | 'o' | 'u'])
            && !matches!(before, ['a' | 'e' | 'i' | 'o' | 'u' | 'q', _]);
        if c != 'e' || !umlaut {
            out.push(c);
        }
        before = [before[1], c];
    }
    out
}

/// The form in which file numbers are compared as a whole: without blanks, in lower case, every
/// dash the same one.
#[must_use]
pub fn zeichen(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !invisible(*c));
    kept.flat_map(|c| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-'.to_lowercase(),
        c => c.to_lowercase(),
    })
    .collect()
}

/// Characters that are there but not seen: soft hyphen, zero-width signs, direction marks.
pub const fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

const fn combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Cuts text into runs of letters and digits and writes them in lower case, composed.
#[derive(Clone, Default)]
pub struct Words {
    token: Token,
}

/// The words of one text. Most letters are ASCII and are taken by the run: every search walks
/// through twenty texts for their passages.
pub struct WordStream<'a> {
    text: &'a str,
    at: usize,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;
    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { text, at: 0, token: &mut self.token }
    }
}

impl WordStream<'_> {
    /// Passes over bytes that fit; what follows is another one, or the end.
    fn run(&mut self, fits: impl Fn(u8) -> bool) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.bytes().position(|b| !fits(b)).unwrap_or(rest.len());
    }

    /// The character at hand, unless it is ASCII.
    fn beyond_ascii(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next().filter(|c| !c.is_ascii())
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        self.token.text.clear();
        self.token.position = self.token.position.wrapping_add(1);
        loop {
            self.run(|b| b.is_ascii() && !b.is_ascii_alphanumeric());
            match self.beyond_ascii() {
                Some(c) if !c.is_alphanumeric() => self.at += c.len_utf8(),
                _ => break,
            }
        }
        if self.at == self.text.len() {
            return false;
        }
        self.token.offset_from = self.at;
        // Scanned text and some PDFs write `u` + U+0308 for `ü`, and soft hyphens within words.
        let within = |c: char| c.is_alphanumeric() || combining(c) || c == '\u{ad}';
        loop {
            let begin = self.at;
            self.run(|b| b.is_ascii_alphanumeric());
            if self.at > begin {
                self.token.offset_to = self.at;
                let known = self.token.text.len();
                let count = WORD_MAX.saturating_sub(known).min(self.at - begin);
                self.token.text.push_str(self.text.get(begin..begin + count).unwrap_or_default());
                if let Some(new) = self.token.text.get_mut(known..) {
                    new.make_ascii_lowercase();
                }
            }
            let Some(c) = self.beyond_ascii().filter(|c| within(*c)) else { return true };
            self.at += c.len_utf8();
            if c != '\u{ad}' {
                self.token.offset_to = self.at;
            }
            if self.token.text.len() < WORD_MAX {
                fold(c, &mut self.token.text);
            }
        }
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Appends a character in lower case; combining marks join the letter before, ligatures dissolve.
fn fold(c: char, out: &mut String) {
    match c {
        '\u{308}' => {
            let composed = match out.pop() {
                Some('a') => 'ä',
                Some('o') => 'ö',
                Some('u') => 'ü',
                Some(other) => other,
                None => return,
            };
            out.push(composed);
        }
        '\u{ad}' => {}
        'ſ' => out.push('s'),
        'ﬀ' => out.push_str("ff"),
        'ﬁ' => out.push_str("fi"),
        'ﬂ' => out.push_str("fl"),
        'ﬃ' => out.push_str("ffi"),
        'ﬄ' => out.push_str("ffl"),
        'ﬅ' | 'ﬆ' => out.push_str("st"),
        c => out.extend(c.to_lowercase().filter(|c| !combining(*c))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_are_one_term() {
        for same in [
            ["Müller", "Mueller", "MÜLLER", "mu\u{308}ller"],
            ["Straße", "STRASSE", "Strasse", "Stra\u{ad}ße"],
            ["Gebühren", "gebuehr", "Gebühr", "GEBÜHREN"],
            ["Böhme", "Boehme", "Bohme", "BÖHMES"],
            ["Bescheide", "Bescheid", "Bescheides", "bescheiden"],
            ["Häuser", "Haeuser", "Haus", "HÄUSERN"],
            ["René", "Rene\u{301}", "RENÉ", "rene"],
            ["Pflicht", "Pﬂicht", "PFLICHT", "pflicht"],
        ] {
            let found: Vec<_> = same.iter().map(|word| terms(word)).collect();
            assert!(found.iter().all(|t| *t == found[0] && t.len() == 1), "{same:?}: {found:?}");
        }
    }

    #[test]
    fn a_documents_words_begin_with_the_terms_that_queries_look_for() {
        let text = "Der Bauantrag der Müllerin vom 1.2.2024: Straßenreinigungsgebühren, Gebuehren-
            bescheid, Rechtsrechte, Mitteilung, GRUNDSTÜCKSKAUFVERTRÄGE usw. Кириллица 𝔘";
        let mut chain = for_documents();
        let mut stream = chain.token_stream(text);
        let (mut whole, mut parts, mut position) = (Vec::new(), Vec::new(), usize::MAX);
        while let Some(token) = stream.next() {
            if token.position == position {
                parts.push((position, token.text.clone()));
            } else {
                assert_eq!(token.position, position.wrapping_add(1));
                whole.push(token.text.clone());
                position = token.position;
            }
        }
        assert_eq!(whole, terms(text));
        assert!(parts.len() > 6, "{parts:?}");
        let count = parts.len();
        parts.dedup();
        assert_eq!(parts.len(), count, "a term twice at one place");
    }

    #[test]
    fn numbers_and_file_numbers_keep_their_parts() {
        assert_eq!(terms("Az. 61.26-12/2024 II"), ["az", "61", "26", "12", "2024", "ii"]);
        assert_eq!(zeichen(" II 120 – 0211 "), "ii120-0211");
    }

    #[test]
    fn a_word_is_cut_and_never_lost() {
        let long = "x".repeat(1_000_000);
        let found = terms(&long);
        assert_eq!(found.len(), 1);
        assert!(found[0].len() <= WORD_MAX);
        assert!(terms("\u{0}\u{202e}\u{308} §§ -- !").is_empty());
    }
}
