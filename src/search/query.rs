//! A question to the index: text, the rights it is asked under, filters, order, and a page of it.
//!
//! Rights, exclusions and filters stand inside the engine's query, so that hits and counts agree.
//! Scores are BM25 with fixed statistics instead of the index's own: a document's score depends
//! on nothing but itself and the query.

use std::{
    collections::HashSet,
    fmt,
    ops::{Bound, RangeInclusive},
    sync::Arc,
};

use chrono::NaiveDate;
use tantivy::{
    DocId, DocSet, Score, SeekDangerResult, SegmentReader, TantivyError, Term,
    columnar::ColumnValues,
    query::{
        Bm25StatisticsProvider, BooleanQuery, BoostQuery, ConstScoreQuery, EnableScoring,
        Explanation, Occur, PhraseQuery, Query as Engine, RangeQuery, Scorer, TermQuery, Weight,
        doc_predicate_query::{DocPredicateQuery, FunctionPredicate},
    },
    schema::{Field, IndexRecordOption},
};
use uuid::Uuid;

use super::{
    collect::{Order, Place},
    doc::{Art, Fields, day},
    terms::{Clause, Terms},
};

/// Hits that one page may have.
pub const LIMIT_MAX: usize = 500;

/// A question. Without `klassen` nothing is found.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Words, all of which must occur, and "phrases"; empty: whatever the filters let through.
    pub text: String,
    /// The Rechteklassen that the caller may read now.
    pub klassen: Vec<u64>,
    /// Akten and Dokumente whose rights changed since they were indexed (see `follow`); they are
    /// treated as absent, Akten together with all that lies in them.
    pub ausgeschlossen: Vec<Uuid>,
    /// Only this Akte and what lies in it.
    pub akte: Option<Uuid>,
    /// Only plan units whose number begins so.
    pub planeinheit: Option<String>,
    /// Only this type.
    pub typ: Option<String>,
    /// Only this kind of object.
    pub art: Option<Art>,
    /// First day, inclusive; objects without a date are left out.
    pub von: Option<NaiveDate>,
    /// Last day, inclusive.
    pub bis: Option<NaiveDate>,
    /// None: struck-out documents are found too and flagged, because they stay visible.
    pub storno: Option<bool>,
    /// Order of the hits.
    pub order: Order,
    /// Hits wanted, at most [`LIMIT_MAX`]; 0 only counts.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Place>,
}

/// How much a word found there counts more than one found somewhere.
const BETREFF: Score = 3.0;
const ZEICHEN: Score = 3.0;
const ABSENDER: Score = 1.0;
/// A file number found as a whole beats everything else.
const ZEICHEN_WHOLE: Score = 64.0;

impl Query {
    /// What the engine is asked.
    pub(super) fn engine(&self, fields: &Fields, terms: &Terms) -> Box<dyn Engine> {
        let mut parts: Vec<(Occur, Box<dyn Engine>)> = Vec::new();
        for clause in &terms.clauses {
            parts.push((Occur::Must, rounded(clause, fields.inhalt, 1.0)));
            for (field, boost) in
                [(fields.betreff, BETREFF), (fields.zeichen, ZEICHEN), (fields.absender, ABSENDER)]
            {
                parts.push((Occur::Should, rounded(clause, field, boost)));
            }
        }
        let several = (terms.clauses.len() > 1).then_some(&terms.whole);
        for number in terms.clauses.iter().map(|clause| &clause.whole).chain(several) {
            for field in [fields.zeichen_roh, fields.zeichen_eigen] {
                parts.push((Occur::Should, whole(field, number)));
            }
        }
        if let Some(akte) = self.akte {
            parts.push((Occur::Must, is(Term::from_field_bytes(fields.akte, akte.as_bytes()))));
        }
        if let Some(typ) = &self.typ {
            parts.push((Occur::Must, is(Term::from_field_text(fields.typ, typ))));
        }
        if let Some(unit) = self.planeinheit.as_deref().filter(|unit| !unit.is_empty()) {
            parts.push((Occur::Must, begins(fields.planeinheit, unit)));
        }
        parts.push((Occur::Must, self.predicate()));
        Box::new(BooleanQuery::new(parts))
    }

    /// Rights and the narrow filters, looked up per candidate: the cost grows with the candidates,
    /// not with the number of classes.
    fn predicate(&self) -> Box<dyn Engine> {
        let klassen = Arc::new(Klassen::new(&self.klassen));
        let mut gone: Vec<(u64, u64)> = self.ausgeschlossen.iter().map(Uuid::as_u64_pair).collect();
        gone.sort_unstable();
        let gone = Arc::new(gone);
        let art = self.art.map(Art::code);
        let storno = self.storno.map(u64::from);
        let days = self.days();
        let build = move |segment: &SegmentReader| {
            let columns = Columns::open(segment)?;
            let (klassen, gone, days) = (klassen.clone(), gone.clone(), days.clone());
            Ok(move |doc: DocId| {
                klassen.contains(columns.klasse.get_val(doc))
                    && art.is_none_or(|art| columns.art.get_val(doc) == art)
                    && storno.is_none_or(|storno| columns.storno.get_val(doc) == storno)
                    && days.as_ref().is_none_or(|days| days.contains(&columns.datum.get_val(doc)))
                    && (gone.is_empty() || !columns.among(doc, &gone))
            })
        };
        let predicate = DocPredicateQuery::from(FunctionPredicate::from(build));
        Box::new(ConstScoreQuery::new(Box::new(predicate), 0.0))
    }

    fn days(&self) -> Option<RangeInclusive<u64>> {
        if self.von.is_none() && self.bis.is_none() {
            return None;
        }
        let last = self.bis.map_or(u64::MAX, |bis| day(Some(bis)));
        Some(day(self.von).max(1)..=last)
    }
}

/// The columns that filters read.
struct Columns {
    klasse: Arc<dyn ColumnValues<u64>>,
    art: Arc<dyn ColumnValues<u64>>,
    storno: Arc<dyn ColumnValues<u64>>,
    datum: Arc<dyn ColumnValues<u64>>,
    id: [Arc<dyn ColumnValues<u64>>; 2],
    akte: [Arc<dyn ColumnValues<u64>>; 2],
}

impl Columns {
    fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let column = |name: &str| segment.fast_fields().column_first_or_default::<u64>(name);
        Ok(Self {
            klasse: column("klasse")?,
            art: column("art")?,
            storno: column("storno")?,
            datum: column("datum")?,
            id: [column("id_hi")?, column("id_lo")?],
            akte: [column("akte_hi")?, column("akte_lo")?],
        })
    }

    /// True if the object or its Akte is among `ids`, which are sorted.
    fn among(&self, doc: DocId, ids: &[(u64, u64)]) -> bool {
        let is_in = |[hi, lo]: &[Arc<dyn ColumnValues<u64>>; 2]| {
            ids.binary_search(&(hi.get_val(doc), lo.get_val(doc))).is_ok()
        };
        is_in(&self.akte) || is_in(&self.id)
    }
}

/// A set of rights classes. They are numbered from 1, so a bit for each is the shortest way.
struct Klassen {
    bits: Vec<u64>,
    rest: HashSet<u64>,
}

impl Klassen {
    /// Classes above are kept one by one; no city comes near (128 KiB of bits).
    const BITS_MAX: u64 = 1 << 20;

    fn new(klassen: &[u64]) -> Self {
        let (small, large): (Vec<u64>, Vec<u64>) =
            klassen.iter().partition(|klasse| **klasse < Self::BITS_MAX);
        let words = small.iter().max().map_or(0, |max| max / 64 + 1);
        let mut bits = vec![0; usize::try_from(words).unwrap_or(0)];
        for klasse in small {
            if let Some(word) = usize::try_from(klasse / 64).ok().and_then(|at| bits.get_mut(at)) {
                *word |= 1 << (klasse % 64);
            }
        }
        Self { bits, rest: large.into_iter().collect() }
    }

    fn contains(&self, klasse: u64) -> bool {
        match usize::try_from(klasse / 64).ok().and_then(|at| self.bits.get(at)) {
            Some(word) => word & (1 << (klasse % 64)) != 0,
            None => !self.rest.is_empty() && self.rest.contains(&klasse),
        }
    }
}

fn is(term: Term) -> Box<dyn Engine> {
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
}

fn whole(field: Field, number: &str) -> Box<dyn Engine> {
    let term = Term::from_field_text(field, number);
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(query), ZEICHEN_WHOLE))
}

/// Terms of a raw field that begin with `prefix`: from it up to `prefix` with its last byte
/// raised, and bytes of UTF-8 never reach 255.
fn begins(field: Field, prefix: &str) -> Box<dyn Engine> {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    let mut upper = Term::from_field_text(field, "");
    upper.append_bytes(&end);
    let lower = Bound::Included(Term::from_field_text(field, prefix));
    let range = RangeQuery::new(lower, Bound::Excluded(upper));
    Box::new(ConstScoreQuery::new(Box::new(range), 0.0))
}

fn rounded(clause: &Clause, field: Field, boost: Score) -> Box<dyn Engine> {
    let mut terms: Vec<Term> =
        clause.terms.iter().map(|term| Term::from_field_text(field, term)).collect();
    let query: Box<dyn Engine> = match (terms.pop(), terms.is_empty()) {
        (Some(only), true) => Box::new(TermQuery::new(only, IndexRecordOption::WithFreqs)),
        (last, _) => {
            terms.extend(last);
            Box::new(PhraseQuery::new(terms))
        }
    };
    Box::new(Rounded(Box::new(BoostQuery::new(query, boost))))
}

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

/// Rounds the scores of a query to 1/1024. Sums of such numbers below 16,384 are exact in `f32`,
/// so they don't depend on the order in which the engine adds them, which differs by segment.
#[derive(Debug)]
struct Rounded(Box<dyn Engine>);

impl Clone for Rounded {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Engine for Rounded {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let enabled = scoring.is_scoring_enabled();
        let inner = self.0.weight(scoring)?;
        Ok(if enabled { Box::new(RoundedWeight(inner)) } else { inner })
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.0.query_terms(visitor);
    }
}

struct RoundedWeight(Box<dyn Weight>);

impl Weight for RoundedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(RoundedScorer(self.0.scorer(reader, boost)?)))
    }

    fn scorer_danger(
        &self,
        reader: &SegmentReader,
        target: DocId,
        boost: Score,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        let (found, scorer) = self.0.scorer_danger(reader, target, boost)?;
        Ok((found, Box::new(RoundedScorer(scorer))))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("scores are not explained".into()))
    }
}

struct RoundedScorer(Box<dyn Scorer>);

impl fmt::Debug for RoundedScorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoundedScorer")
    }
}

impl Scorer for RoundedScorer {
    fn score(&mut self) -> Score {
        (self.0.score() * 1024.0).round() / 1024.0
    }
}

impl DocSet for RoundedScorer {
    fn advance(&mut self) -> DocId {
        self.0.advance()
    }
    fn seek(&mut self, target: DocId) -> DocId {
        self.0.seek(target)
    }
    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        self.0.seek_danger(target)
    }
    fn doc(&self) -> DocId {
        self.0.doc()
    }
    fn size_hint(&self) -> u32 {
        self.0.size_hint()
    }
    fn cost(&self) -> u64 {
        self.0.cost()
    }
}
