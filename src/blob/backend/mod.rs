//! What keeps a store's bytes under a name. A backend must never call bytes durable that a power
//! cut could take; what the bytes mean (digest, compression) is the store's business alone.

use std::{fmt::Debug, io, path::Path, sync::Arc, time::SystemTime};

use super::{Ablage, Digest};

mod group;
pub(super) mod local;
pub(super) mod memory;
pub(super) mod s3;

/// How the bytes stand in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// As they came.
    Raw,
    /// Compressed, see `packed`.
    Packed,
}

impl Form {
    pub(super) const ALL: [Self; 2] = [Self::Raw, Self::Packed];

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Raw => Self::Packed,
            Self::Packed => Self::Raw,
        }
    }
}

/// The name of stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) digest: Digest,
    /// Always plain where the backend keeps one deposit of a digest.
    pub(super) ablage: Ablage,
    pub(super) form: Form,
}

impl Name {
    /// 64 hex digits, and `.zst` behind what is compressed: nothing a client sends gets in here.
    fn text(self) -> String {
        match self.form {
            Form::Raw => self.digest.to_string(),
            Form::Packed => format!("{}.zst", self.digest),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (hex, form) = match text.strip_suffix(".zst") {
            Some(hex) => (hex, Form::Packed),
            None => (text, Form::Raw),
        };
        let name = Self { digest: Digest::parse(hex)?, ablage: Ablage::default(), form };
        // Upper case would be another file of the same name.
        (name.text() == text).then_some(name)
    }

    /// The first byte of the digest: names are spread over 256 shards.
    const fn shard(self) -> u8 {
        let [first, ..] = self.digest.0;
        first
    }
}

/// Bytes to be stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Bytes(&'a [u8]),
    /// A finished file of the staging folder, not to be changed or taken away.
    File(&'a Path),
}

/// Stored bytes, opened.
pub(super) trait Object: Debug + Send + Sync {
    fn size(&self) -> io::Result<u64>;
    /// Reads into `bytes` from `offset`; fewer only at the end.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// What lies in a shard.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// The name, or the path of something that is no blob.
    pub(super) name: Result<Name, String>,
    pub(super) size: u64,
    pub(super) modified: SystemTime,
}

/// Stored bytes under their name.
pub(super) type Copy = (Name, Arc<dyn Object>);

/// Keeps bytes under names.
///
/// An error of the kind `HostUnreachable` says that the backend is out of reach for now.
pub(super) trait Backend: Debug + Send + Sync {
    /// True: other machines write here too, so every put gets a name that was never used before.
    fn shared(&self) -> bool {
        false
    }
    /// Returns once the bytes are durable under the name, in place of what was there. After an
    /// error the name stands for the old bytes or for the new ones, never for a part.
    fn put(&self, name: Name, content: Content<'_>) -> io::Result<()>;
    /// A copy that may be known without asking; it may be gone meanwhile, which then is an error
    /// of the kind `NotFound` when it is read.
    fn remembered(&self, _digest: Digest) -> Option<Copy> {
        None
    }
    /// All copies of a digest that are there.
    fn find(&self, digest: Digest) -> io::Result<Vec<Copy>>;
    /// Takes the name away if it is there; durable after `settle`.
    fn remove(&self, name: Name) -> io::Result<()>;
    /// Returns once removals near this digest are durable.
    fn settle(&self, digest: Digest) -> io::Result<()>;
    fn list(&self, shard: u8) -> io::Result<Vec<Stored>>;
    /// Why nothing is stored any more until the next start; none: it works.
    fn broken(&self) -> Option<String> {
        None
    }
}
