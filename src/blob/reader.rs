//! Reads a blob and proves its digest on the way. Bytes that were not proven are withheld: at
//! least the last chunk is handed out only when the digest fits.

use std::{
    io::{self, Read},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::Xxh3;

use super::{
    Digest, Error,
    backend::{Form, Object},
    packed::{self, Table, damaged},
};

/// Bytes read at once.
pub(super) const CHUNK: usize = 256 << 10;
/// Blobs up to this size are verified before the first byte is handed out.
pub(super) const VERIFIED_FIRST: u64 = 64 << 20;

/// The original bytes of one stored copy, not verified.
#[derive(Clone, Debug)]
pub(super) struct Source {
    object: Arc<dyn Object>,
    /// The frames, if it is compressed.
    table: Option<Arc<Table>>,
    size: u64,
}

impl Source {
    pub(super) fn new(object: Arc<dyn Object>, form: Form) -> io::Result<Self> {
        let stored = object.size()?;
        let (table, size) = match form {
            Form::Raw => (None, stored),
            Form::Packed => {
                let table = Table::read(stored, &|at, len| exact(&*object, at, len))?;
                let size = table.parts.last().map_or(0, |part| part.from + part.size as u64);
                (Some(Arc::new(table)), size)
            }
        };
        Ok(Self { object, table, size })
    }

    /// Bytes of the original.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// At most `len` bytes from `from` on.
    pub(super) fn range(&self, from: u64, len: usize) -> io::Result<Vec<u8>> {
        let end = from.saturating_add(len as u64).min(self.size);
        if from >= end {
            return Ok(Vec::new());
        }
        let len = usize::try_from(end - from).map_err(io::Error::other)?;
        let Some(table) = &self.table else { return exact(&*self.object, from, len) };
        let mut bytes = Vec::with_capacity(len);
        let first = table.parts.partition_point(|part| part.from + part.size as u64 <= from);
        for part in table.parts.iter().skip(first).take_while(|part| part.from < end) {
            let packed = exact(&*self.object, part.at, part.packed)?;
            let original = packed::unpack(&packed, part)?;
            let skip = usize::try_from(from.saturating_sub(part.from)).unwrap_or(usize::MAX);
            let wanted = original.get(skip..).unwrap_or_default();
            let taken = wanted.len().min(len - bytes.len());
            bytes.extend_from_slice(wanted.get(..taken).unwrap_or_default());
        }
        Ok(bytes)
    }
}

/// All chunks of a source in order, with every proof there is at the end.
struct Chunks {
    digest: Digest,
    source: Source,
    at: u64,
    frame: usize,
    original: Sha256,
    stored: Xxh3,
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("digest", &self.digest).field("at", &self.at).finish()
    }
}

impl Chunks {
    fn new(digest: Digest, source: Source) -> Self {
        let (original, stored) = (Sha256::new(), Xxh3::new());
        Self { digest, source, at: 0, frame: 0, original, stored }
    }

    /// The next chunk; none at the end, if all that came before was right.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let chunk = match self.source.table.clone() {
            Some(table) => self.frame(&table)?,
            None => self.source.range(self.at, CHUNK)?,
        };
        if chunk.is_empty() {
            return self.prove().map(|()| None);
        }
        self.at += chunk.len() as u64;
        self.original.update(&chunk);
        Ok(Some(chunk))
    }

    /// The next frame, unpacked.
    fn frame(&mut self, table: &Table) -> io::Result<Vec<u8>> {
        let Some(part) = table.parts.get(self.frame) else { return Ok(Vec::new()) };
        self.frame += 1;
        let packed = exact(&*self.source.object, part.at, part.packed)?;
        self.stored.update(&packed);
        packed::unpack(&packed, part)
    }

    fn prove(&mut self) -> io::Result<()> {
        if let Some(table) = &self.source.table {
            if self.at < self.source.size {
                return Err(damaged("a frame is empty"));
            }
            table.fits(self.stored.clone())?;
        }
        let found = Digest(self.original.clone().finalize().into());
        if found != self.digest {
            return Err(damaged(&format!("its bytes have the digest {found}")));
        }
        Ok(())
    }
}

/// Exactly `len` bytes.
fn exact(object: &dyn Object, at: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    if object.read_at(&mut bytes, at)? < len {
        return Err(damaged("it ends too early"));
    }
    Ok(bytes)
}

/// A blob that is being read.
#[derive(Debug)]
pub struct Reader {
    chunks: Chunks,
    /// Read and hashed, not to be handed out before the next chunk, or the end, was seen.
    held: Option<Vec<u8>>,
    given: io::Cursor<Vec<u8>>,
}

impl Reader {
    pub(super) fn new(digest: Digest, source: Source) -> Result<Self, Error> {
        let mut chunks = Chunks::new(digest, source);
        let held = chunks.next().map_err(|e| Error::of(digest, e))?;
        let mut reader = Self { chunks, held, given: io::Cursor::default() };
        if reader.size() <= CHUNK as u64 {
            // All of it is here: an error can be told before anybody asked for a byte.
            reader.advance().map_err(|e| Error::of(digest, e))?;
        }
        Ok(reader)
    }

    /// Bytes of the original.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.chunks.source.size()
    }

    /// Moves the next chunk to where it can be read; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        let Some(chunk) = self.held.take() else { return Ok(false) };
        self.held = self.chunks.next()?;
        self.given = io::Cursor::new(chunk);
        Ok(true)
    }
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.given.read(bytes)?;
            if read > 0 || bytes.is_empty() {
                return Ok(read);
            }
            let more = self.advance().map_err(|e| match Error::of(self.chunks.digest, e) {
                Error::Io(error) => error,
                away @ Error::Unreachable(_) => {
                    io::Error::new(io::ErrorKind::HostUnreachable, away)
                }
                named => io::Error::new(io::ErrorKind::InvalidData, named),
            })?;
            if !more {
                return Ok(0);
            }
        }
    }
}

/// A blob that was verified as a whole when it was opened, once for all parts that are read of it.
#[derive(Debug)]
pub struct Verified {
    digest: Digest,
    source: Source,
}

impl Verified {
    pub(super) fn new(digest: Digest, source: Source) -> Result<Self, Error> {
        verify(digest, source.clone())?;
        Ok(Self { digest, source })
    }

    /// At most `len` bytes from `from` on; fewer only at the end.
    ///
    /// # Errors
    /// `Damaged`, or as the disk says.
    pub fn read_at(&self, from: u64, len: usize) -> Result<Vec<u8>, Error> {
        self.source.range(from, len).map_err(|e| Error::of(self.digest, e))
    }
}

/// The store's error of a failed read from a `Reader`.
pub(super) fn error(digest: Digest, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(named) => named,
        Err(error) => Error::of(digest, error),
    }
}

/// Reads and hashes everything.
pub(super) fn verify(digest: Digest, source: Source) -> Result<(), Error> {
    let mut chunks = Chunks::new(digest, source);
    while chunks.next().map_err(|e| Error::of(digest, e))?.is_some() {}
    Ok(())
}
