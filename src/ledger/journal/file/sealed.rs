//! A sealed segment: the same frames in independent zstd blocks, with an index at the end.
//!
//! Layout: header (128 bytes: magic, form, number, first seq, previous seal, checksum, zeros);
//! blocks (48 bytes of head: magic, stored length, raw length, first seq, checksum over those and
//! the compressed bytes, which follow), each of whole frames; the index (last seq, last seal, then
//! offset, stored length, raw length and first seq of each block); 32 bytes at the very end
//! (length of the index, checksum over index and length, magic). A sealed file is never changed:
//! an erasure writes another one and renames it over.

use std::{io, path::Path, sync::Arc};

use super::{
    super::{Damage, Error, Position, Seal},
    bytes::{Take, checksum, long, size},
};
use crate::disk::{Disk, File, Sync};

/// Bytes of the header; the first block follows.
pub const HEADER: u64 = 128;
/// Bytes of a block's head.
pub const HEAD: u64 = 48;

const MAGIC: [u8; 8] = *b"AKLSEALD";
const BLOCK: [u8; 8] = *b"AKLBLOCK";
const END: [u8; 8] = *b"AKLINDEX";
const FORM: u16 = 1;
/// Text: 0.31 of its size at 211 MB/s; higher levels gain little and are far slower.
const LEVEL: i32 = 3;
const TRAILER: u64 = 32;
const ROW: usize = 32;
/// Largest index, bytes: a segment of `frame::LARGEST` in blocks of a few kB.
const LARGEST_INDEX: u64 = 1 << 26;

/// Where a block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Byte of the file at which its head begins.
    pub offset: u64,
    /// Compressed bytes behind the head.
    pub stored: u64,
    /// Bytes of the frames.
    pub raw: u64,
    /// First seq of its first frame.
    pub first_seq: u64,
}

/// What a sealed file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Number of the segment.
    pub number: u64,
    /// Place before its first frame.
    pub before: Position,
    /// Place behind its last frame.
    pub last: Position,
    /// Its blocks, in order, without gaps.
    pub blocks: Vec<Block>,
}

/// File name of a sealed segment.
pub fn name(number: u64) -> String {
    format!("{number:08}.segz")
}

/// How files of the journal are named in reports.
pub fn place(name: &str) -> String {
    format!("journal/{name}")
}

/// Damage in a sealed segment.
pub fn damaged(number: u64, offset: u64, what: impl Into<String>) -> Error {
    let place = place(&name(number));
    Error::Damaged(Damage { place, offset: Some(offset), what: what.into() })
}

fn header(number: u64, before: Position) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size(HEADER));
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORM.to_be_bytes());
    bytes.extend_from_slice(&[0; 6]);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&before.seq.saturating_add(1).to_be_bytes());
    bytes.extend_from_slice(&before.seal.0);
    let sum = checksum(&[&bytes]);
    bytes.extend_from_slice(&sum);
    bytes.resize(size(HEADER), 0);
    bytes
}

/// Reads exactly `len` bytes, fewer only at the end of the file.
fn read(file: &dyn File, offset: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size(len)];
    let read = file.read_at(&mut bytes, offset)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Opens a sealed segment: header and index, not the blocks.
///
/// # Errors
/// `Damaged` naming the place; `Io` also for a newer form.
pub fn open(disk: &dyn Disk, path: &Path, number: u64) -> Result<(Arc<dyn File>, Index), Error> {
    let file = disk.open(path, false)?;
    let index = read_index(&*file, number)?;
    Ok((file, index))
}

fn read_index(file: &dyn File, number: u64) -> Result<Index, Error> {
    let head = read(file, 0, HEADER)?;
    let before = read_header(&head, number)?;
    let len = file.size()?;
    let trailer_at = len.saturating_sub(TRAILER);
    let trailer = read(file, trailer_at, TRAILER)?;
    let bad = |what: &str| damaged(number, trailer_at, what);
    let mut take = Take(&trailer);
    let fields = take.u64().zip(take.array::<16>()).zip(take.array::<8>());
    let Some(((index_len, sum), END)) = fields else {
        return Err(bad("the index at the end is missing"));
    };
    let at = trailer_at.checked_sub(index_len).filter(|at| *at >= HEADER);
    let Some(at) = at.filter(|_| index_len <= LARGEST_INDEX) else {
        return Err(bad("the index does not fit the file"));
    };
    let bytes = read(file, at, index_len)?;
    if checksum(&[&bytes, &index_len.to_be_bytes()]) != sum {
        return Err(damaged(number, at, "checksum of the index is wrong"));
    }
    let index = rows(&bytes, number, before).ok_or_else(|| bad("the index can't be read"))?;
    let end = index.blocks.iter().try_fold(HEADER, |at, block| {
        (block.offset == at).then(|| at.checked_add(HEAD)?.checked_add(block.stored)).flatten()
    });
    if end == Some(at) { Ok(index) } else { Err(bad("the index does not fit the blocks")) }
}

fn read_header(bytes: &[u8], number: u64) -> Result<Position, Error> {
    let bad = || damaged(number, 0, "the header of the sealed segment is damaged");
    let mut take = Take(bytes);
    let magic = take.array::<8>().ok_or_else(bad)?;
    let form = take.u16().ok_or_else(bad)?;
    take.array::<14>().ok_or_else(bad)?;
    let first_seq = take.u64().ok_or_else(bad)?;
    let seal = Seal(take.array().ok_or_else(bad)?);
    let before = Position { seq: first_seq.checked_sub(1).ok_or_else(bad)?, seal };
    if bytes == header(number, before) {
        return Ok(before);
    }
    let whole = bytes.get(..64).zip(bytes.get(64..80)).is_some_and(|(a, b)| checksum(&[a]) == b);
    if magic == MAGIC && whole && form > FORM {
        let what = format!("{}: form {form} is newer than this software", name(number));
        return Err(Error::Io(io::Error::new(io::ErrorKind::Unsupported, what)));
    }
    Err(bad())
}

fn rows(bytes: &[u8], number: u64, before: Position) -> Option<Index> {
    let mut take = Take(bytes);
    let last = Position { seq: take.u64()?, seal: Seal(take.array()?) };
    let mut blocks = Vec::with_capacity(take.0.len() / ROW);
    while !take.0.is_empty() {
        let (offset, stored) = (take.u64()?, take.u64()?);
        blocks.push(Block { offset, stored, raw: take.u64()?, first_seq: take.u64()? });
    }
    Some(Index { number, before, last, blocks })
}

/// The head of a block, and what its checksum covers besides the data.
fn block_head(block: &Block, data: &[u8]) -> Vec<u8> {
    let mut bytes = BLOCK.to_vec();
    for number in [block.stored, block.raw, block.first_seq] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    let sum = checksum(&[&bytes, data]);
    bytes.extend_from_slice(&sum);
    bytes
}

/// Head and compressed bytes of a block, checked.
///
/// # Errors
/// `Damaged` naming the place.
pub fn stored(file: &dyn File, number: u64, block: &Block) -> Result<Vec<u8>, Error> {
    let bytes = read(file, block.offset, HEAD.saturating_add(block.stored))?;
    let bad = |what| damaged(number, block.offset, what);
    let (head, data) =
        bytes.split_at_checked(size(HEAD)).ok_or_else(|| bad("the block is cut off"))?;
    if long(data.len()) != block.stored || head != block_head(block, data) {
        return Err(bad("head or checksum of the block is wrong"));
    }
    Ok(bytes)
}

/// The frames of a block.
///
/// # Errors
/// `Damaged` naming the place.
pub fn frames(file: &dyn File, number: u64, block: &Block) -> Result<Vec<u8>, Error> {
    let bytes = stored(file, number, block)?;
    let data = bytes.get(size(HEAD)..).unwrap_or_default();
    match zstd::bulk::decompress(data, size(block.raw)) {
        Ok(raw) if long(raw.len()) == block.raw => Ok(raw),
        _ => Err(damaged(number, block.offset, "the block can't be decompressed")),
    }
}

/// Writes a sealed segment, block by block.
pub struct Writer {
    file: Arc<dyn File>,
    block_bytes: usize,
    compressor: zstd::bulk::Compressor<'static>,
    index: Index,
    at: u64,
    raw: Vec<u8>,
    first_seq: u64,
}

impl Writer {
    /// Begins one in a new, empty file.
    pub fn new(
        file: Arc<dyn File>,
        number: u64,
        before: Position,
        block_bytes: usize,
    ) -> io::Result<Self> {
        file.write_at(&header(number, before), 0)?;
        Ok(Self {
            file,
            block_bytes,
            compressor: zstd::bulk::Compressor::new(LEVEL)?,
            index: Index { number, before, last: before, blocks: Vec::new() },
            at: HEADER,
            raw: Vec::new(),
            first_seq: 0,
        })
    }

    /// Adds one whole frame.
    pub fn frame(&mut self, bytes: &[u8], first_seq: u64) -> io::Result<()> {
        if self.raw.is_empty() {
            self.first_seq = first_seq;
        }
        self.raw.extend_from_slice(bytes);
        if self.raw.len() >= self.block_bytes { self.flush() } else { Ok(()) }
    }

    /// Adds a block as it stands in another file (`block`: its lengths; `bytes`: head and data).
    pub fn copy(&mut self, block: &Block, bytes: &[u8]) -> io::Result<()> {
        self.flush()?;
        self.put(Block { offset: self.at, ..*block }, bytes)
    }

    /// Closes the running block.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let data = self.compressor.compress(&self.raw)?;
        let block = Block {
            offset: self.at,
            stored: long(data.len()),
            raw: long(self.raw.len()),
            first_seq: self.first_seq,
        };
        let mut bytes = block_head(&block, &data);
        bytes.extend_from_slice(&data);
        self.raw.clear();
        self.put(block, &bytes)
    }

    fn put(&mut self, block: Block, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(bytes, self.at)?;
        self.at += long(bytes.len());
        self.index.blocks.push(block);
        Ok(())
    }

    /// Writes the index behind the last frame and syncs the file.
    pub fn finish(mut self, last: Position) -> io::Result<Index> {
        self.flush()?;
        self.index.last = last;
        let mut bytes = last.seq.to_be_bytes().to_vec();
        bytes.extend_from_slice(&last.seal.0);
        for block in &self.index.blocks {
            for number in [block.offset, block.stored, block.raw, block.first_seq] {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
        }
        let len = long(bytes.len()).to_be_bytes();
        let sum = checksum(&[&bytes, &len]);
        bytes.extend_from_slice(&len);
        bytes.extend_from_slice(&sum);
        bytes.extend_from_slice(&END);
        self.file.write_at(&bytes, self.at)?;
        self.file.sync(Sync::Segment)?;
        Ok(self.index)
    }
}
