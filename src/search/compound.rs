//! The token filter that makes a document's words into terms, compounds with their parts.
//!
//! The whole word comes first and is exactly the term that a query for it looks for; the parts
//! follow at the same position, so phrases of whole words and of parts both match. What a word
//! becomes is remembered, because most words of a text come again and again.

use std::{collections::HashMap, sync::Arc};

use tantivy::tokenizer::{TextAnalyzer, Token, TokenFilter, TokenStream, Tokenizer};

use super::{analysis::respelled, lexicon::Lexicon};

/// Words that are remembered; then all are forgotten. With their terms they take some 200 bytes
/// each, and the engine keeps one memory for each field that it is writing.
const WORDS_MAX: usize = 20_000;

/// The filter. It folds and stems too, because that is what is worth remembering.
#[derive(Clone)]
pub struct Compounds {
    /// Folds a word.
    pub fold: TextAnalyzer,
    /// Makes a folded word or part into its term.
    pub stem: TextAnalyzer,
}

impl TokenFilter for Compounds {
    type Tokenizer<T: Tokenizer> = Filtered<T>;

    fn transform<T: Tokenizer>(self, words: T) -> Filtered<T> {
        Filtered { words, memory: Memory { chains: self, words: HashMap::new() } }
    }
}

/// A tokenizer with the filter behind it.
#[derive(Clone)]
pub struct Filtered<T> {
    words: T,
    memory: Memory,
}

impl<T: Tokenizer> Tokenizer for Filtered<T> {
    type TokenStream<'a> = Terms<'a, T::TokenStream<'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        let words = self.words.token_stream(text);
        Terms { words, memory: &mut self.memory, terms: Arc::default(), next: 0 }
    }
}

/// What the words seen lately become.
#[derive(Clone)]
struct Memory {
    chains: Compounds,
    words: HashMap<String, Arc<[String]>>,
}

impl Memory {
    fn terms(&mut self, word: &str) -> Arc<[String]> {
        if let Some(terms) = self.words.get(word) {
            return Arc::clone(terms);
        }
        if self.words.len() >= WORDS_MAX {
            self.words.clear();
        }
        let terms: Arc<[String]> = self.chains.terms(word).into();
        self.words.insert(word.to_owned(), Arc::clone(&terms));
        terms
    }
}

impl Compounds {
    /// The whole word's term and those of its parts, each once: the engine wants the places of a
    /// term in ascending order.
    fn terms(&mut self, word: &str) -> Vec<String> {
        let folded = only(&mut self.fold, word);
        let mut terms = vec![only(&mut self.stem, &folded)];
        let mut parts = pieces(&folded);
        let respelled = respelled(&folded);
        if parts.is_empty() && respelled != folded {
            parts = pieces(&respelled);
        }
        for part in parts {
            let term = only(&mut self.stem, part);
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        terms
    }
}

/// What a chain makes of one word.
fn only(chain: &mut TextAnalyzer, word: &str) -> String {
    let mut stream = chain.token_stream(word);
    stream.next().map_or_else(String::new, |token| token.text.clone())
}

/// Every word that stands in a compound: its parts, and the neighbours among them together, since
/// a `Straßenreinigungssatzung` is also looked for by `Straßenreinigung`.
fn pieces(folded: &str) -> Vec<&str> {
    let parts = Lexicon::german().parts(folded);
    let mut pieces = Vec::new();
    for (first, from) in parts.iter().enumerate() {
        for (last, to) in parts.iter().enumerate().skip(first) {
            if last + 1 - first < parts.len() {
                pieces.extend(folded.get(from.start..to.end));
            }
        }
    }
    pieces
}

/// The terms of a text.
pub struct Terms<'a, S> {
    words: S,
    memory: &'a mut Memory,
    /// Of the word that `words` stands at, and how many of them were shown.
    terms: Arc<[String]>,
    next: usize,
}

impl<S: TokenStream> TokenStream for Terms<'_, S> {
    fn advance(&mut self) -> bool {
        if self.next >= self.terms.len() {
            if !self.words.advance() {
                return false;
            }
            self.terms = self.memory.terms(&self.words.token().text);
            self.next = 0;
        }
        let text = &mut self.words.token_mut().text;
        text.clear();
        text.push_str(self.terms.get(self.next).map_or("", String::as_str));
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        self.words.token()
    }

    fn token_mut(&mut self) -> &mut Token {
        self.words.token_mut()
    }
}
