//! "Meinten Sie": where nothing was found, a question with one word replaced by one that is.
//!
//! The index knows words of hidden documents too. So a word is only proposed as it stands in a
//! document that the caller reads and the filters let through, and the choice among several depends
//! on nothing else.

use super::{actor::Reader, ansicht::Treffer, error::Error, sicht::Sicht};
use crate::search::{Query, Terms, near};

/// Similar words of the index that are tried for one question: each is a search of its own.
const TRIED_MAX: usize = 100;
/// Words of a question that are looked at.
const WORDS_MAX: usize = 6;

impl Reader {
    /// The question with its first word that is not found replaced, if that helps.
    pub(super) fn meinten_sie(
        &self,
        s: &Sicht<'_, '_>,
        text: &str,
        query: &mut Query,
    ) -> Result<Option<String>, Error> {
        let index = &self.0.registry.0.index;
        let asked = std::mem::take(&mut query.terms);
        (query.limit, query.after, query.facets) = (1, None, false);
        let mut left = TRIED_MAX;
        for word in text.split_whitespace().take(WORDS_MAX) {
            let plain = left > 0 && word.chars().all(char::is_alphanumeric);
            let Some(terms) = Terms::parse(word).ok().filter(|_| plain) else { continue };
            let Some(term) = terms.only().filter(|term| asked.names(term)) else { continue };
            query.terms = Terms::of_term(term);
            if index.search(query)?.count > 0 {
                continue;
            }
            for similar in index.similar(term, left)? {
                left -= 1;
                query.terms = Terms::of_term(&similar);
                let Some(found) = self.surface(s, query, word)? else { continue };
                let better = text.replacen(word, &found, 1);
                let Ok(terms) = Terms::parse(&better) else { continue };
                query.terms = terms;
                if index.search(query)?.count > 0 {
                    return Ok(Some(better));
                }
            }
        }
        Ok(None)
    }

    /// A word near the typed one as it stands in the best hit, if the caller reads it.
    fn surface(
        &self,
        s: &Sicht<'_, '_>,
        query: &Query,
        typed: &str,
    ) -> Result<Option<String>, Error> {
        let page = self.0.registry.0.index.search(query)?;
        let Some(hit) = page.hits.first() else { return Ok(None) };
        let Some(treffer) = self.treffer(s, hit, Some(&query.terms))? else { return Ok(None) };
        let (betreff, auszug) = match &treffer {
            Treffer::Dokument { dokument, auszug } => (&dokument.betreff, auszug.as_slice()),
            Treffer::Akte { akte } => (&akte.betreff, &[][..]),
            Treffer::Vorgang { vorgang } => (&vorgang.betreff, &[][..]),
        };
        let snippet = query.terms.marked(betreff);
        let in_betreff = snippet.marks.iter().filter_map(|(a, b)| snippet.text.get(*a..*b));
        let in_text = auszug.iter().filter(|piece| piece.treffer).map(|piece| piece.text.as_str());
        Ok(in_betreff.chain(in_text).find(|word| near(typed, word)).map(str::to_owned))
    }
}
