//! Reading entries: finds the block or the stretch of an open segment by the map, reads no more
//! than that, and checks all that it hands out.

use std::{collections::VecDeque, sync::Arc};

use super::{
    super::{Damage, Error, Position, Sealed},
    Inner,
    bytes::long,
    frame::{Frame, Todo, Wrong},
    lock,
    map::Piece,
    sealed::{self, Block},
    segment::{self, Window},
    shared,
};

/// Decompressed blocks are kept for the next reader: at most so many.
const CACHED: usize = 8;

/// The blocks read last, by segment and offset; the newest last.
#[derive(Debug, Default)]
pub struct Cache {
    blocks: VecDeque<(u64, u64, Arc<Vec<u8>>)>,
}

impl Cache {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.blocks.clear();
    }

    fn get(&self, number: u64, offset: u64) -> Option<Arc<Vec<u8>>> {
        let found = self.blocks.iter().find(|(n, o, _)| (*n, *o) == (number, offset));
        found.map(|(_, _, frames)| Arc::clone(frames))
    }

    fn put(&mut self, number: u64, offset: u64, frames: Arc<Vec<u8>>) {
        if self.blocks.len() >= CACHED {
            self.blocks.pop_front();
        }
        self.blocks.push_back((number, offset, frames));
    }
}

/// What a reader has gathered so far.
struct Batch<'t> {
    /// The entry that comes next.
    want: u64,
    entries: Vec<Sealed>,
    max_entries: usize,
    bytes_left: usize,
    full: bool,
    /// Where the chain stands behind the last frame read.
    follows: Option<Position>,
    todo: &'t Todo,
}

impl Batch<'_> {
    /// Takes what is wanted of a frame.
    fn take(&mut self, frame: &Frame<'_>) -> Result<(), Wrong> {
        let behind = frame.first_seq.saturating_add(u64::from(frame.count));
        if behind <= self.want && self.follows.is_none() {
            return Ok(());
        }
        self.follows = Some(frame.chain(self.follows)?);
        for entry in frame.sealed(self.want, self.todo) {
            let entry = entry?;
            let len = entry.secret.as_ref().map_or(0, |(_, body)| body.len());
            let none = self.entries.is_empty();
            self.full = self.entries.len() >= self.max_entries || len > self.bytes_left && !none;
            if self.full {
                break;
            }
            self.bytes_left = self.bytes_left.saturating_sub(len);
            self.want = entry.position.seq.saturating_add(1);
            self.entries.push(entry);
        }
        self.full |= self.entries.len() >= self.max_entries;
        Ok(())
    }
}

/// Damage at a place of a segment.
fn damaged(name: &str, at: u64, wrong: &Wrong) -> Error {
    let offset = Some(at.saturating_add(wrong.at()));
    Error::Damaged(Damage { place: sealed::place(name), offset, what: wrong.to_string() })
}

impl Inner {
    /// As `Journal::read`. Damage behind some good entries shows only when it is come to.
    pub fn read(
        &self,
        from: u64,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<Sealed>, Error> {
        let _bytes = shared(&self.bytes);
        let mut batch = Batch {
            want: from.max(1),
            entries: Vec::new(),
            max_entries,
            bytes_left: max_bytes,
            full: max_entries == 0,
            follows: None,
            todo: &self.todo,
        };
        while !batch.full && batch.want <= shared(&self.map).head.seq {
            if let Err(error) = self.read_piece(&mut batch) {
                return if batch.entries.is_empty() { Err(error) } else { Ok(batch.entries) };
            }
        }
        Ok(batch.entries)
    }

    /// Reads on from where the wanted entry lies: a block, or the rest of an open segment.
    fn read_piece(&self, batch: &mut Batch<'_>) -> Result<(), Error> {
        let want = batch.want;
        let piece = shared(&self.map).piece(want);
        let place = match piece {
            Some(Piece::Open { number, file, mut at, end }) => {
                let name = segment::name(number);
                let mut window = Window::new(&*file, end, None);
                while at < end && !batch.full {
                    let frame = window.frame(at)?.map_err(|wrong| damaged(&name, at, &wrong))?;
                    batch.take(&frame).map_err(|wrong| damaged(&name, at, &wrong))?;
                    at += long(frame.bytes.len());
                }
                name
            }
            Some(Piece::Sealed(index, block)) => {
                let name = sealed::name(index.number);
                let raw = self.block(index.number, &block)?;
                let mut rest = raw.as_slice();
                while !rest.is_empty() && !batch.full {
                    let wrong = |wrong: Wrong| damaged(&name, block.offset, &wrong);
                    let frame = Frame::parse(rest).map_err(wrong)?;
                    batch.take(&frame).map_err(wrong)?;
                    rest = rest.get(frame.bytes.len()..).unwrap_or_default();
                }
                name
            }
            None => "the segments".into(),
        };
        if batch.want == want && !batch.full {
            let (place, what) = (sealed::place(&place), format!("entry {want} is missing"));
            return Err(Error::Damaged(Damage { place, offset: None, what }));
        }
        Ok(())
    }

    /// The frames of a block, from the cache if it was read of late.
    fn block(&self, number: u64, block: &Block) -> Result<Arc<Vec<u8>>, Error> {
        if let Some(frames) = lock(&self.cache).get(number, block.offset) {
            return Ok(frames);
        }
        let file = self.disk.open(&self.config.dir.join(sealed::name(number)), false)?;
        let frames = Arc::new(sealed::frames(&*file, number, block)?);
        lock(&self.cache).put(number, block.offset, Arc::clone(&frames));
        Ok(frames)
    }
}
