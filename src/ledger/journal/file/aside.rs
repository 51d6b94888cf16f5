//! The small files beside the segments: bytes that recovery cut off (`cut-*.bin`) and the list of
//! erasures that were begun (`erase.todo`).
//!
//! Both carry a checksum over all of their bytes and are put in place whole. The list makes an
//! erasure that a crash interrupted be finished by the next start, and half-erased bodies be
//! recognised until then; it never contains a body.

use std::{io, path::Path};

use super::{
    bytes::{Take, checksum, long, size},
    frame::Todo,
    segment::{clear, temporary},
};
use crate::disk::{Disk, Sync};

/// File name of the list of erasures.
pub const TODO: &str = "erase.todo";

const CUT_MAGIC: [u8; 8] = *b"AKLCUTTL";
const TODO_MAGIC: [u8; 8] = *b"AKLERASE";
const FORM: u16 = 1;
const SUM: usize = 16;

/// Puts a file in place whole and durably.
fn put(disk: &dyn Disk, dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = dir.join(name);
    let tmp = temporary(&path);
    clear(disk, &tmp)?;
    let file = disk.create(&tmp)?;
    file.write_at(bytes, 0)?;
    file.sync(Sync::Segment)?;
    disk.rename(&tmp, &path)?;
    disk.sync_dir(dir, Sync::SegmentDir)
}

/// The bytes of a file, without its checksum, if that is right.
fn load(disk: &dyn Disk, dir: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    let file = disk.open(&dir.join(name), false)?;
    let mut bytes = vec![0; size(file.size()?)];
    let read = file.read_at(&mut bytes, 0)?;
    bytes.truncate(read);
    let whole =
        bytes.split_last_chunk::<SUM>().is_some_and(|(data, sum)| checksum(&[data]) == *sum);
    bytes.truncate(bytes.len().saturating_sub(SUM));
    Ok(whole.then_some(bytes))
}

fn head(magic: [u8; 8]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend_from_slice(&FORM.to_be_bytes());
    bytes.extend_from_slice(&[0; 6]);
    bytes
}

fn close(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&[&bytes]);
    bytes.extend_from_slice(&sum);
    bytes
}

/// Keeps bytes that are about to be cut from segment `number` at `offset`; returns the file's
/// name. The same bytes are kept once, others of the same place beside them.
pub fn keep_cut(
    disk: &dyn Disk,
    dir: &Path,
    (number, offset): (u64, u64),
    cut: &[u8],
) -> io::Result<String> {
    let mut bytes = head(CUT_MAGIC);
    for number in [number, offset, long(cut.len())] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(cut);
    for copy in 1_u32.. {
        let name = match copy {
            1 => format!("cut-{number:08}-{offset}.bin"),
            copy => format!("cut-{number:08}-{offset}-{copy}.bin"),
        };
        match load(disk, dir, &name) {
            Ok(Some(found)) if found == bytes => return Ok(name),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                put(disk, dir, &name, &close(bytes))?;
                return Ok(name);
            }
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other("too many cuts"))
}

/// True if a file of cut bytes is as it was written.
pub fn check_cut(disk: &dyn Disk, dir: &Path, name: &str) -> io::Result<bool> {
    Ok(load(disk, dir, name)?.is_some_and(|bytes| bytes.starts_with(&CUT_MAGIC)))
}

/// Writes the list of erasures that are about to be done.
pub fn put_todo(disk: &dyn Disk, dir: &Path, todo: &Todo) -> io::Result<()> {
    let mut bytes = head(TODO_MAGIC);
    for (seq, digest) in todo {
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(digest);
    }
    put(disk, dir, TODO, &close(bytes))
}

/// Reads the list of erasures; none if it is damaged.
pub fn load_todo(disk: &dyn Disk, dir: &Path) -> io::Result<Option<Todo>> {
    let Some(bytes) = load(disk, dir, TODO)? else { return Ok(None) };
    let mut take = Take(&bytes);
    if take.array() != Some(TODO_MAGIC) || take.u16() != Some(FORM) || take.slice(6).is_none() {
        return Ok(None);
    }
    let mut todo = Todo::new();
    while let Some(seq) = take.u64() {
        let Some(digest) = take.array() else { return Ok(None) };
        todo.insert(seq, digest);
    }
    Ok(Some(todo))
}
