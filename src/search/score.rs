//! What is done to the engine's scores and scorers, so that answers are exact and repeatable.

use std::fmt;

use tantivy::{
    DocId, DocSet, Score, SeekDangerResult, SegmentReader, TantivyError, Term,
    query::{Bm25StatisticsProvider, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::Field,
};

use super::doc::Fields;

/// Fixed statistics for BM25, so that scores are the same in every state of the index: average
/// lengths of ordinary correspondence, every term as rare as one in ten.
pub(super) struct Statistics(pub Fields);

impl Bm25StatisticsProvider for Statistics {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let average = if field == self.0.inhalt { 400 } else { 8 };
        Ok(average * 1_000)
    }
    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(1_000)
    }
    fn doc_freq(&self, _: &Term) -> tantivy::Result<u64> {
        Ok(100)
    }
}

/// A query whose scores or whose scorer are made to fit.
#[derive(Debug)]
pub(super) struct Wrapped {
    inner: Box<dyn Query>,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Rounded,
    Steady,
}

impl Wrapped {
    /// Rounds scores to 1/1024. Sums of such numbers below 16,384 are exact in `f32`, so they
    /// don't depend on the order in which the engine adds them, which differs by segment.
    pub fn rounded(inner: Box<dyn Query>) -> Self {
        Self { inner, how: How::Rounded }
    }

    /// Seeks step by step. What is excluded is asked for documents before its first one, and the
    /// engine's scorer of phrases does not expect that of its shortcut.
    pub fn steady(inner: Box<dyn Query>) -> Self {
        Self { inner, how: How::Steady }
    }
}

impl Clone for Wrapped {
    fn clone(&self) -> Self {
        Self { inner: self.inner.box_clone(), how: self.how }
    }
}

impl Query for Wrapped {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let plain = self.how == How::Rounded && !scoring.is_scoring_enabled();
        let inner = self.inner.weight(scoring)?;
        Ok(if plain { inner } else { Box::new(WrappedWeight { inner, how: self.how }) })
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.inner.query_terms(visitor);
    }
}

struct WrappedWeight {
    inner: Box<dyn Weight>,
    how: How,
}

impl Weight for WrappedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let inner = self.inner.scorer(reader, boost)?;
        Ok(Box::new(WrappedScorer { inner, how: self.how }))
    }

    fn scorer_danger(
        &self,
        reader: &SegmentReader,
        target: DocId,
        boost: Score,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        if self.how == How::Steady {
            let mut scorer = self.scorer(reader, boost)?;
            return Ok((scorer.seek_danger(target), scorer));
        }
        let (found, inner) = self.inner.scorer_danger(reader, target, boost)?;
        Ok((found, Box::new(WrappedScorer { inner, how: self.how })))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("scores are not explained".into()))
    }
}

struct WrappedScorer {
    inner: Box<dyn Scorer>,
    how: How,
}

impl fmt::Debug for WrappedScorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedScorer")
    }
}

impl Scorer for WrappedScorer {
    fn score(&mut self) -> Score {
        (self.inner.score() * 1024.0).round() / 1024.0
    }
}

impl DocSet for WrappedScorer {
    fn advance(&mut self) -> DocId {
        self.inner.advance()
    }
    fn seek(&mut self, target: DocId) -> DocId {
        self.inner.seek(target)
    }
    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if self.how == How::Rounded {
            return self.inner.seek_danger(target);
        }
        let doc = match self.doc() {
            doc if doc < target => self.seek(target),
            doc => doc,
        };
        if doc == target { SeekDangerResult::Found } else { SeekDangerResult::SeekLowerBound(doc) }
    }
    fn doc(&self) -> DocId {
        self.inner.doc()
    }
    fn size_hint(&self) -> u32 {
        self.inner.size_hint()
    }
    fn cost(&self) -> u64 {
        self.inner.cost()
    }
}
