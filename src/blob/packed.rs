//! Compressed bytes from which any range can be read: zstd's seekable format.
//!
//! The original is cut into parts of 256 KiB, each a zstd frame with its own checksum; a table of
//! their sizes follows in a frame that decompressors skip, so `zstd -dc` proves the digest without
//! us. Form: facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md, 0.1.0.
//! Before the table stands, in another such frame, xxh3-128 of the frames and the table's rows:
//! zstd ignores some bits, and no flipped bit may pass silently.

use std::io;

use xxhash_rust::xxh3::Xxh3;
use zstd::{
    bulk::{Compressor, Decompressor},
    zstd_safe::CParameter,
};

/// Bytes of the original in one frame.
pub(super) const PART: usize = 256 << 10;
const SKIPPABLE: u32 = 0x184D_2A5E;
const SEEKABLE: u32 = 0x8F92_EAB1;
/// The skippable frame of the sum: magic, size, then the sum.
const SUM: u32 = 0x184D_2A50;
const SUM_SIZE: u32 = 16;
const SUM_FRAME: u64 = 24;
/// Bytes of the table besides its rows: head of the frame, then number, descriptor, magic.
const HEAD: u64 = 8;
const FOOT: u64 = 9;
const ROW: u64 = 8;

/// Takes the original, gives the packed bytes to a sink.
pub(super) struct Packer {
    compressor: Compressor<'static>,
    part: Vec<u8>,
    table: Vec<u8>,
    parts: u32,
    sum: Xxh3,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").field("parts", &self.parts).finish_non_exhaustive()
    }
}

impl Packer {
    pub(super) fn new(level: i32) -> io::Result<Self> {
        let mut compressor = Compressor::new(level)?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        let (part, table, sum) = (Vec::new(), Vec::new(), Xxh3::new());
        Ok(Self { compressor, part, table, parts: 0, sum })
    }

    pub(super) fn write(
        &mut self,
        mut bytes: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        while !bytes.is_empty() {
            let (taken, rest) = bytes.split_at((PART - self.part.len()).min(bytes.len()));
            self.part.extend_from_slice(taken);
            bytes = rest;
            if self.part.len() == PART {
                self.flush(sink)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let packed = self.compressor.compress(&self.part)?;
        for size in [packed.len(), self.part.len()] {
            let size = u32::try_from(size).map_err(io::Error::other)?;
            self.table.extend(size.to_le_bytes());
        }
        self.parts += 1;
        self.part.clear();
        self.sum.update(&packed);
        sink(&packed)
    }

    pub(super) fn finish(
        mut self,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.part.is_empty() {
            self.flush(sink)?;
        }
        let size = u32::try_from(self.table.len() as u64 + FOOT).map_err(io::Error::other)?;
        self.sum.update(&self.table);
        let mut frame = Vec::new();
        frame.extend(SUM.to_le_bytes());
        frame.extend(SUM_SIZE.to_le_bytes());
        frame.extend(self.sum.digest128().to_le_bytes());
        frame.extend(SKIPPABLE.to_le_bytes());
        frame.extend(size.to_le_bytes());
        frame.append(&mut self.table);
        frame.extend(self.parts.to_le_bytes());
        frame.push(0); // No checksums in the table: every frame carries its own.
        frame.extend(SEEKABLE.to_le_bytes());
        sink(&frame)
    }
}

/// Packs bytes that are in memory.
pub(super) fn pack(bytes: &[u8], level: i32) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut sink = |part: &[u8]| {
        packed.extend_from_slice(part);
        Ok(())
    };
    let mut packer = Packer::new(level)?;
    packer.write(bytes, &mut sink)?;
    packer.finish(&mut sink)?;
    Ok(packed)
}

/// Where one frame lies and what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) at: u64,
    pub(super) packed: usize,
    /// Place in the original.
    pub(super) from: u64,
    pub(super) size: usize,
}

/// What stands behind the frames.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) parts: Vec<Part>,
    rows: Vec<u8>,
    sum: u128,
}

impl Table {
    /// Reads it. `read` gives exactly that many bytes from that offset.
    pub(super) fn read(
        size: u64,
        read: &dyn Fn(u64, usize) -> io::Result<Vec<u8>>,
    ) -> io::Result<Self> {
        let foot_at = size.checked_sub(FOOT).ok_or_else(|| damaged("shorter than its table"))?;
        let foot = read(foot_at, to_usize(FOOT)?)?;
        let count = number(&foot, 0).unwrap_or(0);
        let len = u64::from(count) * ROW;
        let sum_at = foot_at
            .checked_sub(len + HEAD + SUM_FRAME)
            .ok_or_else(|| damaged("its table is too long"))?;
        let frames = read(sum_at, to_usize(SUM_FRAME + HEAD)?)?;
        let known = [
            number(&foot, 5) == Some(SEEKABLE),
            foot.get(4) == Some(&0),
            number(&frames, 0) == Some(SUM),
            number(&frames, 4) == Some(SUM_SIZE),
            number(&frames, 24) == Some(SKIPPABLE),
            number(&frames, 28).map(u64::from) == Some(len + FOOT),
        ];
        if known.contains(&false) {
            return Err(damaged("its table is not in the form that is written here"));
        }
        let sum = frames.get(8..24).and_then(|sum| sum.try_into().ok()).unwrap_or_default();
        let rows = read(sum_at + SUM_FRAME + HEAD, to_usize(len)?)?;
        let parts = parts(&rows, sum_at)?;
        Ok(Self { parts, rows, sum: u128::from_le_bytes(sum) })
    }

    /// Whether the sum is that of the frames that went through `seen`.
    pub(super) fn fits(&self, mut seen: Xxh3) -> io::Result<()> {
        seen.update(&self.rows);
        if seen.digest128() != self.sum {
            return Err(damaged("its packed bytes do not fit their checksum"));
        }
        Ok(())
    }
}

/// The frames that the rows tell of, which end at `end`.
fn parts(rows: &[u8], end: u64) -> io::Result<Vec<Part>> {
    let (mut parts, mut at, mut from) = (Vec::new(), 0, 0);
    for row in rows.chunks_exact(8) {
        let packed = to_usize(u64::from(number(row, 0).unwrap_or(0)))?;
        let size = to_usize(u64::from(number(row, 4).unwrap_or(0)))?;
        // Nothing of ours is larger; a rotten table must not take our memory.
        if size > PART || packed > 2 * PART {
            return Err(damaged("its table has an impossible row"));
        }
        parts.push(Part { at, packed, from, size });
        at += packed as u64;
        from += size as u64;
    }
    if at != end {
        return Err(damaged("its table does not fit its frames"));
    }
    Ok(parts)
}

/// The original bytes of one frame.
pub(super) fn unpack(packed: &[u8], part: &Part) -> io::Result<Vec<u8>> {
    let bytes = Decompressor::new()?
        .decompress(packed, part.size)
        .map_err(|e| damaged(&format!("a frame does not decompress: {e}")))?;
    if bytes.len() != part.size {
        return Err(damaged("a frame has another size than its table says"));
    }
    Ok(bytes)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn to_usize(number: u64) -> io::Result<usize> {
    usize::try_from(number).map_err(io::Error::other)
}

pub(super) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
