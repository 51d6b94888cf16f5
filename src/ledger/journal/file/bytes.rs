//! Reading numbers from bytes without ever running past their end, and the checksum that all files
//! of the journal use. Numbers are big-endian.

use xxhash_rust::xxh3::Xxh3;

/// Takes bytes from the front; `None` when they do not suffice.
#[derive(Clone, Copy, Debug)]
pub struct Take<'a>(pub &'a [u8]);

impl<'a> Take<'a> {
    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// The next `len` bytes.
    pub fn slice(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    /// Two bytes as a number.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes as a number.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes as a number.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

/// XXH3 of 128 bits: it finds rot. Intent is found by the seals.
pub fn checksum(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(part);
    }
    hash.digest128().to_be_bytes()
}

/// True if there is nothing but zeros.
pub fn is_zero(bytes: &[u8]) -> bool {
    // Whole chunks are folded without a branch, which the compiler turns into wide instructions.
    bytes.chunks(64).all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
}

/// A length in memory; one that does not fit is larger than anything there.
pub fn size(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

/// A length in a file.
pub fn long(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
