//! Collects one page of hits and the exact count, in one walk over the matches.
//!
//! A page goes on behind a `Place`, the key and id of the last hit, not behind a number of hits:
//! so there is no depth at which paging ends, and equal keys are ordered by id.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tantivy::{
    DocId, Score, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::ColumnValues,
};
use uuid::Uuid;

use super::{doc::Art, facets::Facets};

/// How hits are ordered. Equal ones come newest id first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Best first.
    #[default]
    Score,
    /// Latest date first; those without a date last.
    Date,
}

/// Where a hit stands in its order. Valid for the same query and order only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Bits of the score, or the day.
    pub key: u64,
    /// The hit.
    pub id: Uuid,
}

/// One hit.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// What was found.
    pub id: Uuid,
    /// Its kind.
    pub art: Art,
    /// True: struck out.
    pub storno: bool,
    /// Score; 0 when ordered by date.
    pub score: f32,
    /// Where it stands.
    pub place: Place,
}

/// A page of hits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The hits in order.
    pub hits: Vec<Hit>,
    /// All hits of the query, whatever the page; exact.
    pub count: u64,
    /// Where the next page goes on; none: this is the last.
    pub next: Option<Place>,
    /// The hits counted, where that was asked for.
    pub facets: Option<Facets>,
}

/// A hit that may become one of the page. Greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub key: u64,
    pub id: (u64, u64),
    pub segment: SegmentOrdinal,
    pub doc: DocId,
}

/// What was found in one segment, or in all.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub count: u64,
    /// Matches behind the place that the page goes on from.
    pub behind: u64,
    pub top: Vec<Candidate>,
}

/// The collector of one page.
pub(super) struct TopPage {
    pub order: Order,
    pub limit: usize,
    pub after: Option<Place>,
}

impl Collector for TopPage {
    type Fruit = Found;
    type Child = SegmentPage;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentPage> {
        let column = |name: &str| reader.fast_fields().column_first_or_default::<u64>(name);
        Ok(SegmentPage {
            segment,
            date: match self.order {
                Order::Score => None,
                Order::Date => Some(column("datum")?),
            },
            hi: column("id_hi")?,
            lo: column("id_lo")?,
            limit: self.limit,
            after: self.after.map(|place| (place.key, place.id.as_u64_pair())),
            count: 0,
            behind: 0,
            top: Vec::new(),
            least: None,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Score
    }

    fn merge_fruits(&self, segments: Vec<Found>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        for segment in segments {
            all.count += segment.count;
            all.behind += segment.behind;
            all.top.extend(segment.top);
        }
        all.top.sort_unstable_by(|a, b| b.cmp(a));
        all.top.truncate(self.limit);
        Ok(all)
    }
}

/// The collector of one page within one segment.
pub(super) struct SegmentPage {
    segment: SegmentOrdinal,
    date: Option<Arc<dyn ColumnValues<u64>>>,
    hi: Arc<dyn ColumnValues<u64>>,
    lo: Arc<dyn ColumnValues<u64>>,
    limit: usize,
    after: Option<(u64, (u64, u64))>,
    count: u64,
    behind: u64,
    /// At most twice the page; cut back to the page when it is full, which costs less per hit
    /// than keeping an order.
    top: Vec<Candidate>,
    /// The worst of the last cut: what is below can't come onto the page.
    least: Option<Candidate>,
}

impl SegmentCollector for SegmentPage {
    type Fruit = Found;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.count += 1;
        // Bits of numbers that are not negative are ordered as the numbers are.
        let key = self.date.as_ref().map_or(u64::from(score.to_bits()), |date| date.get_val(doc));
        if self.after.is_some_and(|(place, _)| key > place) {
            return;
        }
        let id = |page: &Self| (page.hi.get_val(doc), page.lo.get_val(doc));
        if self.after.is_some_and(|(place, last)| key == place && id(self) >= last) {
            return;
        }
        self.behind += 1;
        // The id, two more columns, is read only where it can matter.
        if self.limit == 0 || self.least.is_some_and(|least| key < least.key) {
            return;
        }
        let candidate = Candidate { key, id: id(self), segment: self.segment, doc };
        if self.least.is_some_and(|least| candidate < least) {
            return;
        }
        self.top.push(candidate);
        if self.top.len() >= self.limit.saturating_mul(2) {
            self.cut();
        }
    }

    fn harvest(mut self) -> Found {
        self.cut();
        Found { count: self.count, behind: self.behind, top: self.top }
    }
}

impl SegmentPage {
    fn cut(&mut self) {
        self.top.sort_unstable_by(|a, b| b.cmp(a));
        self.top.truncate(self.limit);
        if self.top.len() == self.limit {
            self.least = self.top.last().copied();
        }
    }
}
