//! Looks through the frames of an open segment at the opening, and tells a tear from damage.
//!
//! Only the last write can be torn, because each was synced before the next. So a bad place is a
//! tear only if nothing valid, and nothing that can't belong to it, stands behind it; all else is
//! damage. Nothing is changed here.

use std::{io, sync::Arc};

use super::{
    super::{Damage, Error, Position},
    bytes::long,
    frame::{self, ALIGN, Todo, Wrong},
    map::Open,
    sealed::place,
    segment::{self, HEADER, Window},
};
use crate::disk::File;

/// Damage beyond this is not listed any more; the journal is read-only anyhow.
const MOST: usize = 1_000;

/// Bytes at the end that are no frame.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Number of the segment.
    pub number: u64,
    /// Where a frame should begin.
    pub at: u64,
    /// First byte that is not zero.
    pub first: u64,
    /// Last byte that is not zero.
    pub last: u64,
    /// Why it is no frame.
    pub wrong: Wrong,
}

/// What a scan knows as it goes from segment to segment.
#[derive(Debug, Default)]
pub struct Chain {
    /// Where the chain stands; none behind damage.
    pub follows: Option<Position>,
    /// The last valid entry seen at all.
    pub head: Position,
    /// True if no frame with entries stands at the end.
    pub last_empty: bool,
    /// The last frame in an open segment.
    pub last: Option<Last>,
    /// What is damaged.
    pub damage: Vec<Damage>,
}

impl Chain {
    /// Takes note of damage; the chain is unknown behind it.
    pub fn damaged(&mut self, name: &str, offset: Option<u64>, what: impl Into<String>) {
        if self.damage.len() < MOST {
            self.damage.push(Damage { place: place(name), offset, what: what.into() });
        }
        self.follows = None;
    }

    /// The chain goes on to `last`.
    pub fn advance(&mut self, last: Position) {
        self.follows = Some(last);
        if last.seq >= self.head.seq {
            self.head = last;
        }
    }
}

/// What stands in an open segment.
#[derive(Debug)]
pub struct Scanned {
    /// The segment, up to its last valid frame.
    pub open: Open,
    /// Place before its first frame.
    pub before: Position,
    /// What may be a torn write behind it.
    pub tail: Option<Tail>,
}

/// Place of the last frame of all.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    /// Number of its segment.
    pub number: u64,
    /// Its first byte.
    pub at: u64,
    /// Its bytes.
    pub len: u64,
}

/// What to do at a place.
enum Step {
    Frame {
        len: u64,
        last: Position,
        empty: bool,
    },
    /// The chain is broken; look at the same place again without it.
    Again,
    /// Go on there.
    Skip(u64),
    End(Option<Tail>),
}

/// Scans segment `number`.
///
/// # Errors
/// As the disk says, or `Unsupported` for a newer form.
pub fn open_segment(
    file: Arc<dyn File>,
    number: u64,
    chain: &mut Chain,
    todo: &Todo,
) -> Result<Scanned, Error> {
    let name = segment::name(number);
    let size = match segment::check_header(&*file, number)? {
        Ok(size) => size,
        Err(what) => {
            chain.damaged(&name, Some(0), what);
            file.size()?
        }
    };
    let mut before = chain.follows;
    let mut open = Open::new(Arc::clone(&file), size);
    let mut window = Window::new(&*file, size, None);
    let (mut at, mut tail) = (HEADER, None);
    while at < size && chain.damage.len() < MOST {
        match step(&mut window, number, at, chain, todo)? {
            Step::Frame { len, last, empty } => {
                let first = window.frame(at)?.map(|frame| frame.before()).unwrap_or_default();
                before = before.or(Some(first));
                open.push(first.seq.saturating_add(1), at, len);
                chain.advance(last);
                chain.last_empty = empty;
                chain.last = Some(Last { number, at, len });
                at += len;
            }
            Step::Again => {}
            Step::Skip(to) => at = to,
            Step::End(found) => {
                tail = found;
                break;
            }
        }
    }
    Ok(Scanned { open, before: before.unwrap_or(chain.head), tail })
}

fn step(
    window: &mut Window<'_>,
    number: u64,
    at: u64,
    chain: &mut Chain,
    todo: &Todo,
) -> Result<Step, Error> {
    let name = segment::name(number);
    let (wrong, len) = match window.frame(at)? {
        Ok(frame) => {
            let len = long(frame.bytes.len());
            match frame.check(chain.follows, todo) {
                Ok(last) => return Ok(Step::Frame { len, last, empty: frame.count == 0 }),
                Err(wrong) => (wrong, Some(len)),
            }
        }
        Err(wrong) => (wrong, None),
    };
    let what = wrong.to_string();
    if let Wrong::Newer(_) = wrong {
        return Err(Error::Io(io::Error::new(io::ErrorKind::Unsupported, what)));
    }
    let bad = at.saturating_add(wrong.at());
    if wrong == Wrong::Chain && chain.follows.is_some() {
        // It is whole, so it was written after frames that are not here any more.
        chain.damaged(&name, Some(at), what);
        return Ok(Step::Again);
    }
    let Some((first, last)) = window.not_zero(at)? else { return Ok(Step::End(None)) };
    let behind = at.saturating_add(len.unwrap_or(ALIGN));
    if let Some(next) = window.next_valid(behind)? {
        chain.damaged(&name, Some(bad), format!("{what}; a valid frame follows at {next}"));
        return Ok(Step::Skip(next));
    }
    // A frame whose header stands was whole if something was written behind it. And what lacks no
    // more than a bit to be the empty frame that belongs here was whole once.
    let written_behind = len.is_some() && last >= behind;
    let quiet = window.get(at, frame::QUIET)?.get(..frame::QUIET).unwrap_or_default();
    let rotten = last < at.saturating_add(long(frame::QUIET))
        && chain.follows.is_some_and(|head| frame::is_rotten_quiet(quiet, head));
    if written_behind || rotten || wrong == Wrong::Chain {
        chain.damaged(&name, Some(bad), what);
        return Ok(Step::End(None));
    }
    Ok(Step::End(Some(Tail { number, at, first, last, wrong })))
}
