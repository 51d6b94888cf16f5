//! Where the entries lie: the segments in order, and a sparse index of each.
//!
//! It holds about 32 bytes for every 256 kB of entries, so it stays in memory whole.

use std::sync::Arc;

use super::{
    sealed::{Block, Index},
    segment::HEADER,
};
use crate::{disk::File, ledger::Position};

/// In an open segment a frame is remembered about every so many bytes.
const STRIDE: u64 = 64 << 10;

/// An open segment.
#[derive(Clone, Debug)]
pub struct Open {
    /// The file; writable unless the journal is read-only.
    pub file: Arc<dyn File>,
    /// Bytes of the file.
    pub size: u64,
    /// Byte behind the last frame.
    pub end: u64,
    /// First seq and offset of some frames, the first always among them.
    pub places: Vec<(u64, u64)>,
}

impl Open {
    /// A segment without frames.
    pub fn new(file: Arc<dyn File>, size: u64) -> Self {
        Self { file, size, end: HEADER, places: Vec::new() }
    }

    /// Takes note of a frame. One behind damage is always remembered, so that it can be reached.
    pub fn push(&mut self, first_seq: u64, at: u64, len: u64) {
        let far = |(_, last): &(u64, u64)| at.saturating_sub(*last) >= STRIDE;
        if at != self.end || self.places.last().is_none_or(far) {
            self.places.push((first_seq, at));
        }
        self.end = at.saturating_add(len);
    }

    /// Offset of a frame at or before the one that holds `seq`.
    pub fn place(&self, seq: u64) -> u64 {
        let behind = self.places.partition_point(|(first, _)| *first <= seq);
        behind.checked_sub(1).and_then(|at| self.places.get(at)).map_or(HEADER, |(_, at)| *at)
    }
}

/// In which state a segment is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `.seg`
    Open(Open),
    /// `.segz`
    Sealed(Arc<Index>),
}

/// A segment.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Number in the file's name.
    pub number: u64,
    /// Place before its first frame.
    pub before: Position,
    /// What it is.
    pub kind: Kind,
}

/// Where to read on.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Frames of an open segment.
    Open {
        /// Number of the segment.
        number: u64,
        /// The file.
        file: Arc<dyn File>,
        /// Where a frame begins.
        at: u64,
        /// Byte behind the last frame.
        end: u64,
    },
    /// A block of a sealed segment.
    Sealed(Arc<Index>, Block),
}

/// All segments that hold frames, and the current one.
#[derive(Debug)]
pub struct Map {
    /// In order of their numbers. The last is the one that is written to.
    pub segments: Vec<Segment>,
    /// The last entry.
    pub head: Position,
    /// True if no frame with entries stands at the end.
    pub last_empty: bool,
}

impl Map {
    /// The segment that is written to.
    pub fn current(&self) -> Option<(u64, &Open)> {
        match self.segments.last() {
            Some(Segment { number, kind: Kind::Open(open), .. }) => Some((*number, open)),
            _ => None,
        }
    }

    /// Makes a new, empty segment the current one; it replaces an empty one of its number.
    pub fn begin(&mut self, number: u64, file: Arc<dyn File>, size: u64) {
        if self.current().is_some_and(|(current, _)| current == number) {
            self.segments.pop();
        }
        let kind = Kind::Open(Open::new(file, size));
        self.segments.push(Segment { number, before: self.head, kind });
    }

    /// A frame of `len` bytes was written at `at`; `last` is its last entry.
    pub fn advance(&mut self, at: u64, len: u64, last: Option<Position>) {
        let first_seq = self.head.seq.saturating_add(1);
        if let Some(Segment { kind: Kind::Open(open), .. }) = self.segments.last_mut() {
            open.push(first_seq, at, len);
        }
        self.head = last.unwrap_or(self.head);
        self.last_empty = last.is_none();
    }

    /// Where the entry `seq` lies.
    pub fn piece(&self, seq: u64) -> Option<Piece> {
        let segment = self.find(seq)?;
        match &segment.kind {
            Kind::Open(open) => Some(Piece::Open {
                number: segment.number,
                file: Arc::clone(&open.file),
                at: open.place(seq),
                end: open.end,
            }),
            Kind::Sealed(index) => {
                let behind = index.blocks.partition_point(|block| block.first_seq <= seq);
                let block = index.blocks.get(behind.checked_sub(1)?)?;
                Some(Piece::Sealed(Arc::clone(index), *block))
            }
        }
    }

    /// The segment that holds `seq`.
    pub fn find(&self, seq: u64) -> Option<&Segment> {
        let behind = self.segments.partition_point(|segment| segment.before.seq < seq);
        self.segments.get(behind.checked_sub(1)?)
    }

    /// The segment with this number.
    pub fn numbered(&self, number: u64) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.number == number)
    }

    /// Replaces what a segment is.
    pub fn replace(&mut self, number: u64, kind: Kind) {
        let found = self.segments.iter_mut().find(|segment| segment.number == number);
        if let Some(segment) = found {
            segment.kind = kind;
        }
    }
}
