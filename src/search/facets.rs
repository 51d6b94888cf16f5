//! Counts the hits of a question by what they are, in the same walk that finds them.
//!
//! What is counted is what is found, under the same rights: a facet never counts what its asker may
//! not see.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{Datelike as _, NaiveDate};
use tantivy::{
    DocId, Score, SegmentOrdinal, SegmentReader, TantivyError,
    collector::{Collector, SegmentCollector},
    columnar::{ColumnValues, StrColumn},
};

use super::{
    doc::{FACHFACETTE, PLANEINHEIT, TYP},
    fachfeld,
};

/// How many hits have which value. Hits without a value are in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// By kind: the number that [`super::Art`] has in the index.
    pub art: BTreeMap<u64, u64>,
    /// By type.
    pub typ: BTreeMap<String, u64>,
    /// By number of the plan unit.
    pub planeinheit: BTreeMap<String, u64>,
    /// By year of the date.
    pub jahr: BTreeMap<i32, u64>,
    /// By Rechteklasse, which tells the OE.
    pub klasse: BTreeMap<u64, u64>,
    /// By fields of types: `typ.feld`, and its values.
    pub felder: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Values up to this number are counted in a row of numbers, others one by one.
const DENSE_MAX: u64 = 1 << 20;

/// The collector.
pub(super) struct Counter;

impl Collector for Counter {
    type Fruit = Facets;
    type Child = Segment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<Segment> {
        let column = |name: &str| reader.fast_fields().column_first_or_default::<u64>(name);
        Ok(Segment {
            art: Numbers::new(column("art")?),
            datum: Numbers::new(column("datum")?),
            klasse: Numbers::new(column("klasse")?),
            typ: Words::new(reader, TYP)?,
            planeinheit: Words::new(reader, PLANEINHEIT)?,
            felder: Words::new(reader, FACHFACETTE)?,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Facets>>) -> tantivy::Result<Facets> {
        let mut all = Facets::default();
        for segment in segments {
            let segment = segment?;
            add(&mut all.art, segment.art);
            add(&mut all.typ, segment.typ);
            add(&mut all.planeinheit, segment.planeinheit);
            add(&mut all.jahr, segment.jahr);
            add(&mut all.klasse, segment.klasse);
            for (feld, values) in segment.felder {
                add(all.felder.entry(feld).or_default(), values);
            }
        }
        Ok(all)
    }
}

fn add<K: Ord>(all: &mut BTreeMap<K, u64>, more: impl IntoIterator<Item = (K, u64)>) {
    for (key, count) in more {
        *all.entry(key).or_default() += count;
    }
}

/// The counts of one segment.
pub(super) struct Segment {
    art: Numbers,
    datum: Numbers,
    klasse: Numbers,
    typ: Words,
    planeinheit: Words,
    felder: Words,
}

impl SegmentCollector for Segment {
    type Fruit = tantivy::Result<Facets>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.art.count(doc);
        self.datum.count(doc);
        self.klasse.count(doc);
        self.typ.count(doc);
        self.planeinheit.count(doc);
        self.felder.count(doc);
    }

    fn harvest(self) -> tantivy::Result<Facets> {
        let mut jahr = BTreeMap::new();
        let year = |day: u64| {
            let date = i32::try_from(day).ok().filter(|day| *day > 0);
            Some(NaiveDate::from_num_days_from_ce_opt(date?)?.year())
        };
        let days = self.datum.all().filter_map(|(day, count)| Some((year(day)?, count)));
        add(&mut jahr, days);
        let mut felder: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (counted, count) in self.felder.all()? {
            if let Some((feld, wert)) = fachfeld::told(&counted) {
                felder.entry(feld.to_owned()).or_default().insert(wert.to_owned(), count);
            }
        }
        Ok(Facets {
            art: self.art.all().collect(),
            typ: self.typ.all()?,
            planeinheit: self.planeinheit.all()?,
            jahr,
            klasse: self.klasse.all().collect(),
            felder,
        })
    }
}

/// Counts by a number.
struct Numbers {
    column: Arc<dyn ColumnValues<u64>>,
    least: u64,
    dense: Vec<u64>,
    rest: BTreeMap<u64, u64>,
}

impl Numbers {
    fn new(column: Arc<dyn ColumnValues<u64>>) -> Self {
        let least = column.min_value();
        let span = column.max_value().saturating_sub(least).saturating_add(1).min(DENSE_MAX);
        let dense = vec![0; usize::try_from(span).unwrap_or_default()];
        Self { column, least, dense, rest: BTreeMap::new() }
    }

    fn count(&mut self, doc: DocId) {
        let value = self.column.get_val(doc);
        let at = value.checked_sub(self.least).and_then(|at| usize::try_from(at).ok());
        match at.and_then(|at| self.dense.get_mut(at)) {
            Some(count) => *count += 1,
            None => *self.rest.entry(value).or_default() += 1,
        }
    }

    fn all(self) -> impl Iterator<Item = (u64, u64)> {
        let least = self.least;
        let dense = (least..).zip(self.dense).filter(|(_, count)| *count > 0);
        dense.chain(self.rest)
    }
}

/// Counts by a text; an object may have several.
struct Words {
    column: Option<StrColumn>,
    counts: Vec<u64>,
}

impl Words {
    fn new(reader: &SegmentReader, name: &str) -> tantivy::Result<Self> {
        let column = reader.fast_fields().str(name)?;
        let terms = column.as_ref().map_or(0, |column| column.num_terms());
        Ok(Self { column, counts: vec![0; terms] })
    }

    fn count(&mut self, doc: DocId) {
        let Some(column) = &self.column else { return };
        for ord in column.ords().values_for_doc(doc) {
            let at = usize::try_from(ord).ok();
            if let Some(count) = at.and_then(|at| self.counts.get_mut(at)) {
                *count += 1;
            }
        }
    }

    fn all(self) -> tantivy::Result<BTreeMap<String, u64>> {
        let mut all = BTreeMap::new();
        let Some(column) = &self.column else { return Ok(all) };
        for (ord, count) in (0..).zip(self.counts).filter(|(_, count)| *count > 0) {
            let mut text = String::new();
            if !column.ord_to_str(ord, &mut text).map_err(TantivyError::from)? {
                return Err(TantivyError::InternalError(format!("no value {ord} in a column")));
            }
            all.insert(text, count);
        }
        Ok(all)
    }
}
