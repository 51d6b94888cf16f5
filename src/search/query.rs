//! A question to the index: text, the rights it is asked under, filters, order, and a page of it.
//!
//! Rights, exclusions and filters stand inside the engine's query, so that hits and counts agree.
//! Scores are BM25 with fixed statistics instead of the index's own: a document's score depends
//! on nothing but itself and the query.

use std::{
    collections::HashSet,
    ops::{Bound, RangeInclusive},
    sync::Arc,
};

use chrono::NaiveDate;
use tantivy::{
    DocId, Score, SegmentReader, Term,
    columnar::ColumnValues,
    query::{
        AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhraseQuery, Query as Engine,
        RangeQuery, TermQuery,
        doc_predicate_query::{DocPredicateQuery, FunctionPredicate},
    },
    schema::{Field, IndexRecordOption},
};
use uuid::Uuid;

use super::{
    collect::{Order, Place},
    days::day,
    doc::{Art, Fields},
    fachfeld::{self, Fachfrage},
    language::{Clause, Feld, Merkmal, Part, Terms, What},
    score::Wrapped,
};

/// Hits that one page may have.
pub const LIMIT_MAX: usize = 500;

/// A question. Without `klassen` nothing is found.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// What is looked for; nothing: whatever the filters let through.
    pub terms: Terms,
    /// The Rechteklassen that have what `Terms::merkmale` names; what is not here has none.
    pub merkmale: Vec<(Merkmal, Vec<u64>)>,
    /// The Rechteklassen that the caller may read now.
    pub klassen: Vec<u64>,
    /// Akten and Dokumente whose rights changed since they were indexed (see `follow`); they are
    /// treated as absent, Akten together with all that lies in them.
    pub ausgeschlossen: Vec<Uuid>,
    /// Only this Akte and what lies in it.
    pub akte: Option<Uuid>,
    /// Only plan units whose number begins so.
    pub planeinheit: Option<String>,
    /// Only this very plan unit.
    pub einheit: Option<String>,
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
    /// Count the hits by kind, type, unit, year and class too.
    pub facets: bool,
}

/// How much a word found there counts more than one found somewhere.
const BETREFF: Score = 3.0;
const ZEICHEN: Score = 3.0;
const ABSENDER: Score = 1.0;
/// A file number found as a whole beats everything else.
const ZEICHEN_WHOLE: Score = 64.0;
/// What a beginning counts, whatever it stands for.
const PREFIX: Score = 1.0;

type Clauses = Vec<(Occur, Box<dyn Engine>)>;

impl Query {
    /// What the engine is asked.
    pub(super) fn engine(&self, fields: &Fields) -> Box<dyn Engine> {
        let mut parts = Clauses::new();
        for group in &self.terms.groups {
            match group.as_slice() {
                [part] => self.part(fields, part, &mut parts),
                choice => {
                    let alternative = |part: &Part| -> (Occur, Box<dyn Engine>) {
                        let mut parts = Clauses::new();
                        self.part(fields, part, &mut parts);
                        if part.not {
                            parts.push((Occur::Must, constant(Box::new(AllQuery), 0.0)));
                        }
                        (Occur::Should, Box::new(BooleanQuery::new(parts)))
                    };
                    let choice = choice.iter().map(alternative).collect();
                    parts.push((Occur::Must, Box::new(BooleanQuery::new(choice))));
                }
            }
        }
        let typed = self.terms.clauses.iter().map(|clause| &clause.whole);
        let several = (self.terms.groups.len() > 1).then_some(&self.terms.whole);
        for number in typed.chain(several).filter(|number| !number.is_empty()) {
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
            parts.push((Occur::Must, constant(begins(fields.planeinheit, unit), 0.0)));
        }
        if let Some(unit) = &self.einheit {
            parts.push((Occur::Must, is(Term::from_field_text(fields.planeinheit, unit))));
        }
        parts.push((Occur::Must, self.predicate()));
        Box::new(BooleanQuery::new(parts))
    }

    /// One part of the question, as clauses of which the first decides.
    fn part(&self, fields: &Fields, part: &Part, parts: &mut Clauses) {
        let must = if part.not { Occur::MustNot } else { Occur::Must };
        let only = match &part.what {
            What::Words(field, clause) => {
                let anywhere = *field == Feld::Text;
                let only = words(clause, fields.of(*field), 1.0);
                let only = if part.not { Box::new(Wrapped::steady(only)) } else { only };
                parts.push((must, only));
                let better = [
                    (fields.betreff, BETREFF),
                    (fields.zeichen, ZEICHEN),
                    (fields.absender, ABSENDER),
                ];
                for (field, boost) in better.into_iter().filter(|_| anywhere && !part.not) {
                    parts.push((Occur::Should, words(clause, field, boost)));
                }
                return;
            }
            What::Plan(unit) => constant(begins(fields.planeinheit, unit), 0.0),
            What::Typ(typ) => is(Term::from_field_text(fields.typ, typ)),
            What::Art(art) => column("art", *art..=*art),
            What::Days(days) => column("datum", days.from..=days.to),
            What::Storno(storno) => column("storno", u64::from(*storno)..=u64::from(*storno)),
            What::Fach(frage) => fach(fields.fachfeld, frage),
            What::Klasse(merkmal) => {
                let known = self.merkmale.iter().find(|(of, _)| of == merkmal);
                in_klassen(known.map_or(&[], |(_, klassen)| klassen))
            }
        };
        parts.push((must, only));
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
        constant(Box::new(predicate), 0.0)
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

fn constant(query: Box<dyn Engine>, score: Score) -> Box<dyn Engine> {
    Box::new(ConstScoreQuery::new(query, score))
}

fn is(term: Term) -> Box<dyn Engine> {
    constant(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0)
}

fn whole(field: Field, number: &str) -> Box<dyn Engine> {
    let term = Term::from_field_text(field, number);
    constant(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), ZEICHEN_WHOLE)
}

/// Objects whose column has a value in that range.
fn column(name: &'static str, range: RangeInclusive<u64>) -> Box<dyn Engine> {
    let build = move |segment: &SegmentReader| {
        let column = segment.fast_fields().column_first_or_default::<u64>(name)?;
        let range = range.clone();
        Ok(move |doc: DocId| range.contains(&column.get_val(doc)))
    };
    constant(Box::new(DocPredicateQuery::from(FunctionPredicate::from(build))), 0.0)
}

fn in_klassen(klassen: &[u64]) -> Box<dyn Engine> {
    let klassen = Arc::new(Klassen::new(klassen));
    let build = move |segment: &SegmentReader| {
        let column = segment.fast_fields().column_first_or_default::<u64>("klasse")?;
        let klassen = klassen.clone();
        Ok(move |doc: DocId| klassen.contains(column.get_val(doc)))
    };
    constant(Box::new(DocPredicateQuery::from(FunctionPredicate::from(build))), 0.0)
}

/// Terms of a field that begin with `prefix`: from it up to `prefix` with its last byte raised,
/// and bytes of UTF-8 never reach 255.
fn begins(field: Field, prefix: &str) -> Box<dyn Engine> {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    let mut upper = Term::from_field_text(field, "");
    upper.append_bytes(&end);
    let lower = Bound::Included(Term::from_field_text(field, prefix));
    Box::new(RangeQuery::new(lower, Bound::Excluded(upper)))
}

/// Objects whose field has that value, or all its words.
fn fach(field: Field, frage: &Fachfrage) -> Box<dyn Engine> {
    let (feld, wert) = (&frage.feld, &frage.wert);
    let term = |text: &String| is(Term::from_field_text(field, text));
    let mut any: Clauses = Vec::new();
    let whole = fachfeld::whole(feld, wert);
    let mut words = fachfeld::words(feld, wert);
    if frage.anfang {
        any.push((Occur::Should, begins(field, &whole)));
        if words.len() == 1 {
            any.push((Occur::Should, begins(field, &fachfeld::beginning(feld, wert))));
        } else {
            words.clear();
        }
    } else {
        any.push((Occur::Should, term(&whole)));
    }
    if !words.is_empty() {
        let all = words.iter().map(|word| (Occur::Must, term(word))).collect();
        any.push((Occur::Should, Box::new(BooleanQuery::new(all))));
    }
    constant(Box::new(BooleanQuery::new(any)), 0.0)
}

/// A word, a phrase or a beginning in one field.
fn words(clause: &Clause, field: Field, boost: Score) -> Box<dyn Engine> {
    if clause.prefixes.is_empty() {
        return rounded(clause, field, boost);
    }
    // The word itself may be shorter in the index, where it is stemmed.
    let stems = clause.terms.iter().map(|term| is(Term::from_field_text(field, term)));
    let longer = clause.prefixes.iter().map(|prefix| begins(field, prefix));
    let any = stems.chain(longer).map(|query| (Occur::Should, query)).collect();
    constant(Box::new(BooleanQuery::new(any)), PREFIX * boost)
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
    Box::new(Wrapped::rounded(Box::new(BoostQuery::new(query, boost))))
}
