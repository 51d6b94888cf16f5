//! A frame: one group of entries, as one write puts it on disk.
//!
//! Layout: header (96 bytes), a head of 40 bytes for each entry, then for each its salt (32 bytes)
//! and body, then zeros up to a multiple of 64. The frame's checksum covers header and heads;
//! salts and bodies are covered by the digests in the heads, so that a body can be erased in place
//! and the frame stays valid; the padding must be zero. So every byte is covered by something. An
//! erased body is zeros behind a mark that only `mark` can make: a sector that the disk zeroed is
//! never taken for an erasure.

use std::collections::BTreeMap;

use super::{
    super::{Position, Seal, Sealed, digest, mark, seal},
    bytes::{Take, checksum, is_zero, long, size},
};

/// Frames begin at multiples of this many bytes.
pub const ALIGN: u64 = 64;
/// Bytes of a frame's header.
pub const HEADER: usize = 96;
/// Bytes of a frame without entries.
pub const QUIET: usize = 128;
/// Largest frame, bytes: what recovery is willing to hold in memory.
pub const LARGEST: u64 = 1 << 30;

const HEAD: usize = 40;
const SALT: usize = 32;
const MAGIC: [u8; 8] = *b"AKLFRAME";
/// Ends the header. Each byte has several bits set, so that a header whose end was not written is
/// never one flipped bit away from a whole one.
const END: [u8; 4] = *b"ENDE";
const FORM: u16 = 1;

/// Entries whose erasure was begun: seq and digest.
pub type Todo = BTreeMap<u64, [u8; 32]>;

/// Why bytes are not the frame that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There is no valid header.
    Header(&'static str),
    /// Written by a newer version.
    Newer(u16),
    /// Whole in itself, but it does not follow the frame before.
    Chain,
    /// The body of an entry, at this byte of the frame.
    Body(u64, usize),
    /// The padding is not zero.
    Padding(usize),
}

impl Wrong {
    /// Byte of the frame that it is about.
    pub fn at(&self) -> u64 {
        match self {
            Self::Body(_, at) | Self::Padding(at) => long(*at),
            _ => 0,
        }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Header(what) => write!(f, "bad frame: {what}"),
            Self::Newer(form) => write!(f, "frame form {form} is newer than this software"),
            Self::Chain => f.write_str("the frame does not continue the chain"),
            Self::Body(seq, _) => write!(f, "salt or body of entry {seq} is not the sealed one"),
            Self::Padding(_) => f.write_str("padding is not zero"),
        }
    }
}

/// What became of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is the sealed one.
    Kept,
    /// It was erased.
    Erased,
    /// It is neither.
    Wrong,
}

/// One entry in a frame.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Number.
    pub seq: u64,
    /// Form of the body.
    pub form: u16,
    /// Digest of salt and body.
    pub digest: [u8; 32],
    /// Byte of the frame at which the salt begins; the body follows it.
    pub at: usize,
    salt: [u8; SALT],
    body: &'a [u8],
}

impl Item<'_> {
    /// What became of the body. One whose erasure was begun counts as erased in any state.
    pub fn state(&self, todo: &Todo) -> State {
        if digest(&self.salt, self.body) == self.digest {
            State::Kept
        } else if self.salt == mark(&self.digest) && is_zero(self.body)
            || todo.get(&self.seq) == Some(&self.digest)
        {
            State::Erased
        } else {
            State::Wrong
        }
    }

    /// What stands in the place of salt and body once they are erased.
    pub fn erased(&self) -> Vec<u8> {
        let mut bytes = mark(&self.digest).to_vec();
        bytes.resize(SALT + self.body.len(), 0);
        bytes
    }
}

/// A frame whose header and heads are valid.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Seq of the first entry, or of the next one if there is none.
    pub first_seq: u64,
    /// Seal before the first entry.
    pub previous: Seal,
    /// How many entries.
    pub count: u32,
    /// All its bytes.
    pub bytes: &'a [u8],
    heads: &'a [u8],
    rest: &'a [u8],
}

struct Header {
    count: u32,
    length: u64,
    first_seq: u64,
    previous: Seal,
    sum: [u8; 16],
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Wrong> {
        Self::fields(bytes).unwrap_or(Err(Wrong::Header("cut off")))
    }

    fn fields(bytes: &[u8]) -> Option<Result<Self, Wrong>> {
        let mut take = Take(bytes.get(..HEADER)?);
        if take.array()? != MAGIC {
            return Some(Err(Wrong::Header("no frame begins here")));
        }
        let form = take.u16()?;
        take.u16()?;
        let header = Self {
            count: take.u32()?,
            length: take.u64()?,
            first_seq: take.u64()?,
            previous: Seal(take.array()?),
            sum: take.array()?,
        };
        // Only the checksum tells whether a strange form is rot or the future.
        let heads = bytes.get(HEADER..HEADER + header.heads()?)?;
        if sum(bytes, heads)? != header.sum {
            return Some(Err(Wrong::Header("checksum of the header is wrong")));
        }
        Some(if form == FORM { Ok(header) } else { Err(Wrong::Newer(form)) })
    }

    fn heads(&self) -> Option<usize> {
        usize::try_from(self.count).ok()?.checked_mul(HEAD)
    }
}

/// Checksum of a header (without the place of the checksum itself) and the heads.
fn sum(header: &[u8], heads: &[u8]) -> Option<[u8; 16]> {
    Some(checksum(&[header.get(..64)?, header.get(80..HEADER)?, heads]))
}

/// Bytes that must be at hand for `valid`, if a frame may begin here.
pub fn wanted_for_header(bytes: &[u8]) -> Option<usize> {
    let mut take = Take(bytes);
    (take.array()? == MAGIC).then_some(())?;
    take.u32()?;
    usize::try_from(take.u32()?).ok()?.checked_mul(HEAD)?.checked_add(HEADER)
}

/// True if a valid header (with heads) begins here, whatever its bodies are.
pub fn valid(bytes: &[u8]) -> bool {
    Header::read(bytes).is_ok()
}

/// Bytes of the frame that may begin here, as its (unchecked) header says.
pub fn length(bytes: &[u8]) -> Option<u64> {
    let mut take = Take(bytes);
    (take.array()? == MAGIC).then_some(())?;
    take.u64()?;
    take.u64()
}

impl<'a> Frame<'a> {
    /// Reads the frame at the front of `bytes`; checks header and heads.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Wrong> {
        let header = Header::read(bytes)?;
        let cut = Wrong::Header("longer than its place");
        let bytes = bytes.get(..size(header.length)).ok_or(cut.clone())?;
        let heads_end = HEADER + header.heads().ok_or(cut.clone())?;
        let (heads, rest) = bytes.get(HEADER..).ok_or(cut.clone())?.split_at(heads_end - HEADER);
        let frame = Self {
            first_seq: header.first_seq,
            previous: header.previous,
            count: header.count,
            bytes,
            heads,
            rest,
        };
        let (items, used) = frame.items().fold((0_u32, heads_end), |(count, _), item| {
            (count.saturating_add(1), item.at + SALT + item.body.len())
        });
        let whole = items == header.count && round(used) == bytes.len();
        if whole { Ok(frame) } else { Err(Wrong::Header("lengths do not agree")) }
    }

    /// The entries in order.
    pub fn items(&self) -> impl Iterator<Item = Item<'a>> + use<'a> {
        let (mut heads, mut rest) = (Take(self.heads), Take(self.rest));
        let (mut seq, mut at) = (self.first_seq, HEADER + self.heads.len());
        std::iter::from_fn(move || {
            let form = heads.u16()?;
            heads.u16()?;
            let len = usize::try_from(heads.u32()?).ok()?;
            let digest = heads.array()?;
            let item = Item { seq, form, digest, at, salt: rest.array()?, body: rest.slice(len)? };
            seq = seq.checked_add(1)?;
            at += SALT + len;
            Some(item)
        })
    }

    /// Where the chain stands before this frame.
    pub fn before(&self) -> Position {
        Position { seq: self.first_seq.saturating_sub(1), seal: self.previous }
    }

    /// Where the chain stands behind it.
    ///
    /// # Errors
    /// If it does not follow `follows` (none: unknown).
    pub fn chain(&self, follows: Option<Position>) -> Result<Position, Wrong> {
        let before = self.before();
        if self.first_seq == 0 || follows.is_some_and(|follows| follows != before) {
            return Err(Wrong::Chain);
        }
        Ok(self.items().fold(before, next))
    }

    /// Checks all of it, bodies and padding too; returns where the chain stands behind it.
    pub fn check(&self, follows: Option<Position>, todo: &Todo) -> Result<Position, Wrong> {
        let last = self.chain(follows)?;
        let bad = self.items().find(|item| item.state(todo) == State::Wrong);
        bad.map_or(Ok(()), |item| Err(Wrong::Body(item.seq, item.at)))?;
        self.padding()?;
        Ok(last)
    }

    /// Checks that the padding is zero.
    pub fn padding(&self) -> Result<(), Wrong> {
        let used = self
            .items()
            .last()
            .map_or(HEADER + self.heads.len(), |item| item.at + SALT + item.body.len());
        let clean = self.bytes.get(used..).is_some_and(is_zero);
        if clean { Ok(()) } else { Err(Wrong::Padding(used)) }
    }

    /// The entries from `from` on, each checked, as the journal hands them out.
    pub fn sealed<'t>(
        &self,
        from: u64,
        todo: &'t Todo,
    ) -> impl Iterator<Item = Result<Sealed, Wrong>> + use<'a, 't> {
        let mut last = self.before();
        self.items().filter_map(move |item| {
            last = next(last, item);
            (item.seq >= from).then(|| {
                let secret = match item.state(todo) {
                    State::Kept => Some((item.salt, item.body.to_vec())),
                    State::Erased => None,
                    State::Wrong => return Err(Wrong::Body(item.seq, item.at)),
                };
                Ok(Sealed { position: last, form: item.form, digest: item.digest, secret })
            })
        })
    }
}

/// Where the chain stands behind one more entry.
fn next(last: Position, item: Item<'_>) -> Position {
    Position { seq: item.seq, seal: seal(item.form, item.seq, &last.seal, &item.digest) }
}

fn round(len: usize) -> usize {
    len.next_multiple_of(size(ALIGN))
}

/// The bytes of a frame that follows `previous`; none if an entry or the frame is too large.
pub fn encode(previous: Position, group: &[Sealed]) -> Option<Vec<u8>> {
    let body = |entry: &Sealed| entry.secret.as_ref().map_or(0, |(_, body)| body.len());
    let used = HEADER + group.iter().fold(0, |all: usize, entry| all + HEAD + SALT + body(entry));
    let length = long(round(used));
    if length > LARGEST {
        return None;
    }
    let mut heads = Vec::with_capacity(HEAD * group.len());
    for entry in group {
        heads.extend_from_slice(&entry.form.to_be_bytes());
        heads.extend_from_slice(&[0; 2]);
        heads.extend_from_slice(&u32::try_from(body(entry)).ok()?.to_be_bytes());
        heads.extend_from_slice(&entry.digest);
    }
    let mut bytes = Vec::with_capacity(size(length));
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORM.to_be_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(&u32::try_from(group.len()).ok()?.to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&previous.seq.checked_add(1)?.to_be_bytes());
    bytes.extend_from_slice(&previous.seal.0);
    let mut end = [0; HEADER - 80];
    end.last_chunk_mut::<4>()?.copy_from_slice(&END);
    bytes.extend_from_slice(&checksum(&[&bytes, &end, &heads]));
    bytes.extend_from_slice(&end);
    bytes.extend_from_slice(&heads);
    for entry in group {
        match &entry.secret {
            Some((salt, body)) => {
                bytes.extend_from_slice(salt);
                bytes.extend_from_slice(body);
            }
            None => bytes.extend_from_slice(&mark(&entry.digest)),
        }
    }
    bytes.resize(size(length), 0);
    Some(bytes)
}

/// True if `bytes` are the empty frame behind `head` but for one or two bits. A write that was
/// torn lacks more than that, so this is rot, although nothing valid follows.
pub fn is_rotten_quiet(bytes: &[u8], head: Position) -> bool {
    let expected = encode(head, &[]).unwrap_or_default();
    let bits: u32 = expected.iter().zip(bytes).map(|(a, b)| (a ^ b).count_ones()).sum();
    bytes.len() == expected.len() && (1..=2).contains(&bits)
}
