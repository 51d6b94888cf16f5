//! An open segment: a file of fixed size, zeros at first, into which frames are written.
//!
//! It is made whole under another name, synced, and renamed before it is needed, so a segment that
//! is seen is complete, and a bad header is damage, never a tear. Its header is never rewritten.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    bytes::{Take, checksum, is_zero, long, size},
    frame::{self, ALIGN, Frame, Wrong},
};
use crate::disk::{Disk, File, Sync};

/// Bytes of the header; the first frame follows.
pub const HEADER: u64 = 128;
/// How much is read or written at a time, bytes.
pub const WINDOW: usize = 1 << 18;

const MAGIC: [u8; 8] = *b"AKLSEGMT";
const FORM: u16 = 1;

/// A segment that was made and holds no frame yet.
#[derive(Debug)]
pub struct Prepared {
    /// Its number.
    pub number: u64,
    /// The file, open for writing.
    pub file: Arc<dyn File>,
    /// Its bytes.
    pub size: u64,
}

/// File name of an open segment.
pub fn name(number: u64) -> String {
    format!("{number:08}.seg")
}

/// Path of a file while it is being made.
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

/// Removes a file that may not be there.
pub fn clear(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn header(number: u64, size: u64) -> [u8; 128] {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORM.to_be_bytes());
    bytes.extend_from_slice(&[0; 6]);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&size.to_be_bytes());
    let sum = checksum(&[&bytes]);
    bytes.extend_from_slice(&sum);
    let mut whole = [0; 128];
    whole.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    whole
}

/// Makes segment `number` of at least `bytes`, durably, and replaces an empty one of that name.
pub fn create(disk: &dyn Disk, dir: &Path, number: u64, bytes: u64) -> io::Result<Prepared> {
    let bytes = bytes.max(HEADER + ALIGN).next_multiple_of(ALIGN);
    let path = dir.join(name(number));
    let tmp = temporary(&path);
    clear(disk, &tmp)?;
    let made = fill(disk, &tmp, number, bytes).and_then(|file| {
        disk.rename(&tmp, &path)?;
        disk.sync_dir(dir, Sync::SegmentDir)?;
        Ok(file)
    });
    match made {
        Ok(file) => Ok(Prepared { number, file, size: bytes }),
        Err(error) => {
            // The room is wanted back; a failure changes nothing, the next start clears it.
            let _ = clear(disk, &tmp);
            Err(error)
        }
    }
}

/// Writes header and zeros: real ones, so that no later write can find the disk full.
fn fill(disk: &dyn Disk, path: &Path, number: u64, bytes: u64) -> io::Result<Arc<dyn File>> {
    let file = disk.create(path)?;
    let mut chunk = header(number, bytes).to_vec();
    chunk.resize(WINDOW.min(size(bytes)), 0);
    let mut at = 0;
    while at < bytes {
        let len = size(bytes - at).min(chunk.len());
        file.write_at(chunk.get(..len).unwrap_or_default(), at)?;
        if at == 0 {
            chunk.fill(0);
        }
        at += long(len);
    }
    file.sync(Sync::Segment)?;
    Ok(file)
}

/// What the header of a segment says: its size, or what is wrong.
///
/// # Errors
/// As the disk says, and `Unsupported` for a newer form.
pub fn check_header(file: &dyn File, number: u64) -> io::Result<Result<u64, String>> {
    let mut found = [0; 128];
    let read = file.read_at(&mut found, 0)?;
    let len = file.size()?;
    if read == found.len() && found == header(number, len) {
        return Ok(Ok(len));
    }
    let mut take = Take(&found);
    let (magic, form) = (take.array::<8>(), take.u16());
    let whole = found.get(..32).zip(found.get(32..48)).is_some_and(|(a, b)| checksum(&[a]) == b);
    match form {
        Some(form) if magic == Some(MAGIC) && whole && form > FORM => {
            let what = format!("{}: form {form} is newer than this software", name(number));
            Err(io::Error::new(io::ErrorKind::Unsupported, what))
        }
        _ => Ok(Err(format!("the header of the segment is damaged, or its size ({len}) is wrong"))),
    }
}

/// Reads a segment piece by piece, with bounded memory.
#[derive(Debug)]
pub struct Window<'a> {
    file: &'a dyn File,
    /// Nothing is read from here on.
    pub end: u64,
    /// Held while bytes are read, so that an erasure is seen whole or not at all.
    erasing: Option<&'a RwLock<()>>,
    start: u64,
    bytes: Vec<u8>,
}

impl<'a> Window<'a> {
    /// Reads `file` up to `end`.
    pub fn new(file: &'a dyn File, end: u64, erasing: Option<&'a RwLock<()>>) -> Self {
        Self { file, end, erasing, start: 0, bytes: Vec::new() }
    }

    /// The bytes from `offset` on: at least `need` of them unless the end comes first.
    pub fn get(&mut self, offset: u64, need: usize) -> io::Result<&[u8]> {
        let need = need.min(size(self.end.saturating_sub(offset)));
        let loaded = self.start..=self.start + long(self.bytes.len());
        if !loaded.contains(&offset) || !loaded.contains(&(offset + long(need))) {
            let want = need.max(WINDOW).min(size(self.end.saturating_sub(offset)));
            let _guard = self.erasing.map(|l| l.read().unwrap_or_else(PoisonError::into_inner));
            self.bytes.resize(want, 0);
            let read = self.file.read_at(&mut self.bytes, offset)?;
            self.bytes.truncate(read);
            self.start = offset;
        }
        Ok(self.bytes.get(size(offset - self.start)..).unwrap_or_default())
    }

    /// The frame at `offset`; its header and heads are checked.
    pub fn frame(&mut self, offset: u64) -> io::Result<Result<Frame<'_>, Wrong>> {
        let room = self.end.saturating_sub(offset);
        let need = match frame::length(self.get(offset, frame::HEADER)?) {
            Some(length) if length <= room && length <= frame::LARGEST => size(length),
            _ => frame::HEADER,
        };
        Ok(Frame::parse(self.get(offset, need)?))
    }

    /// The first place from `from` on (on the grid) where a valid header stands. `from` lies on
    /// the grid.
    pub fn next_valid(&mut self, from: u64) -> io::Result<Option<u64>> {
        let mut at = from;
        while at < self.end {
            if let Some(need) = frame::wanted_for_header(self.get(at, frame::HEADER)?)
                && need <= size(self.end - at)
                && frame::valid(self.get(at, need)?)
            {
                return Ok(Some(at));
            }
            at += ALIGN;
        }
        Ok(None)
    }

    /// The first byte from `from` on that is not zero, and the last.
    pub fn not_zero(&mut self, from: u64) -> io::Result<Option<(u64, u64)>> {
        let mut found = None;
        let mut at = from;
        while at < self.end {
            let bytes = self.get(at, WINDOW)?;
            if bytes.is_empty() {
                break;
            }
            if !is_zero(bytes) {
                let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(0);
                let last = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
                let start = found.map_or(at + long(first), |(start, _)| start);
                found = Some((start, at + long(last)));
            }
            at += long(bytes.len());
        }
        Ok(found)
    }
}
