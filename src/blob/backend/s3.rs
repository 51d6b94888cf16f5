//! Blobs in a bucket: `blobs/ab/<64 hex digits>.<deposit>`, with the bytes that a local file would
//! have, and `.zst` behind what is compressed. A digest has no folder of its own, because a server
//! that keeps objects as files would have to make it, which costs more than the object.
//!
//! Other machines use the bucket too, so no name is ever written twice or used again after its
//! removal. What was put or found is remembered, within bounds, to save asking for its name; being
//! remembered proves nothing.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    super::s3::{Bucket, S3},
    Ablage, Arc, Backend, Content, Copy, Digest, Form, Name, Object, Stored, io,
};
use crate::{disk::Disk, domain::source::Source};

/// Names that are remembered; each takes some 150 bytes.
const REMEMBERED_MAX: usize = 1 << 14;
/// Bytes that the first request for an object takes at most: most documents as a whole.
const FIRST: u64 = 1 << 20;
/// Bytes that a later one takes.
const AHEAD: u64 = 4 << 20;
/// Bytes at the end that are kept apart: the table of a compressed object, which is read first,
/// lies in them.
const TAIL: u64 = 128 << 10;
/// What stands for a plain deposit, as copied from a local store.
const PLAIN: &str = "plain";

#[derive(Debug)]
pub(in crate::blob) struct Remote {
    bucket: Arc<Bucket>,
    disk: Arc<dyn Disk>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    names: HashMap<Digest, (Name, u64)>,
    /// The oldest first.
    order: VecDeque<Digest>,
}

impl Remote {
    pub(in crate::blob) fn open(
        config: &S3,
        disk: Arc<dyn Disk>,
        source: &dyn Source,
    ) -> io::Result<Self> {
        let bucket = Bucket::new(config)?;
        if !config.read_only {
            bucket.probe(source)?;
        }
        Ok(Self { bucket, disk, known: Mutex::default() })
    }

    fn path(&self, name: Name) -> object_store::path::Path {
        self.bucket.path(&["blobs", &format!("{:02x}", name.shard()), &text(name)])
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, name: Name, size: u64) {
        let mut known = self.known();
        if known.names.insert(name.digest, (name, size)).is_none() {
            known.order.push_back(name.digest);
            if known.order.len() > REMEMBERED_MAX
                && let Some(oldest) = known.order.pop_front()
            {
                known.names.remove(&oldest);
            }
        }
    }

    fn object(&self, name: Name, size: u64) -> Copy {
        let window =
            Mutex::new(Window { parts: [(0, Vec::new()), (size, Vec::new())], ahead: FIRST });
        let (bucket, path) = (Arc::clone(&self.bucket), self.path(name));
        (name, Arc::new(Opened { bucket, path, size, window }))
    }
}

/// The name behind `blobs/ab/`.
fn text(name: Name) -> String {
    let deposit = name.ablage.0.map_or_else(|| PLAIN.to_owned(), |id| id.to_string());
    let form = match name.form {
        Form::Raw => "",
        Form::Packed => ".zst",
    };
    format!("{}.{deposit}{form}", name.digest)
}

/// What `text` made.
fn parse(below: &str) -> Option<Name> {
    let (hex, last) = below.split_once('.')?;
    let (deposit, form) = match last.strip_suffix(".zst") {
        Some(deposit) => (deposit, Form::Packed),
        None => (last, Form::Raw),
    };
    let ablage = match deposit {
        PLAIN => Ablage::default(),
        id => Ablage(Some(uuid::Uuid::parse_str(id).ok()?)),
    };
    let name = Name { digest: Digest::parse(hex)?, ablage, form };
    // Any other spelling would be another object of the same name.
    (text(name) == below).then_some(name)
}

impl Backend for Remote {
    fn shared(&self) -> bool {
        true
    }

    fn put(&self, name: Name, content: Content<'_>) -> io::Result<()> {
        let path = self.path(name);
        let size = match content {
            Content::Bytes(bytes) => {
                self.bucket.put(&path, bytes.to_vec())?;
                bytes.len() as u64
            }
            Content::File(file) => self.bucket.put_file(&path, &*self.disk.open(file, false)?)?,
        };
        self.remember(name, size);
        Ok(())
    }

    fn remembered(&self, digest: Digest) -> Option<Copy> {
        let (name, size) = self.known().names.get(&digest).copied()?;
        Some(self.object(name, size))
    }

    fn find(&self, digest: Digest) -> io::Result<Vec<Copy>> {
        let [shard, ..] = digest.0;
        let start = self.bucket.path(&["blobs", &format!("{shard:02x}"), &format!("{digest}.")]);
        let mut found = Vec::new();
        for meta in self.bucket.beginning(&start)? {
            if let Some(name) = meta.location.filename().and_then(parse) {
                found.push((name, meta.size));
            }
        }
        // Who asks was not served by the copy that is remembered: another one is better.
        let old = self.known().names.get(&digest).map(|(name, _)| *name);
        let better = found.iter().find(|(name, _)| Some(*name) != old).or_else(|| found.first());
        if let Some((name, size)) = better {
            self.remember(*name, *size);
        }
        Ok(found.into_iter().map(|(name, size)| self.object(name, size)).collect())
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        self.bucket.remove(&self.path(name))
    }

    fn settle(&self, _digest: Digest) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, shard: u8) -> io::Result<Vec<Stored>> {
        let folder = self.bucket.path(&["blobs", &format!("{shard:02x}")]);
        let stored = self.bucket.list(&folder)?.into_iter().map(|meta| {
            let whole = meta.location.to_string();
            let below = whole.strip_prefix(folder.as_ref()).and_then(|p| p.strip_prefix('/'));
            let name = below.and_then(parse).filter(|name| name.shard() == shard);
            let name = name.ok_or(whole);
            Stored { name, size: meta.size, modified: meta.last_modified.into() }
        });
        Ok(stored.collect())
    }
}

/// An object that is read in large steps ahead of the reader.
#[derive(Debug)]
struct Opened {
    bucket: Arc<Bucket>,
    path: object_store::path::Path,
    size: u64,
    window: Mutex<Window>,
}

/// What was read of an object and is kept: the last step, and the end.
#[derive(Debug)]
struct Window {
    parts: [(u64, Vec<u8>); 2],
    /// Bytes that the next request takes.
    ahead: u64,
}

impl Window {
    /// The kept bytes from `offset` on.
    fn kept(&self, offset: u64) -> Option<&[u8]> {
        self.parts.iter().find_map(|(at, bytes)| {
            let skip = usize::try_from(offset.checked_sub(*at)?).ok()?;
            bytes.get(skip..).filter(|rest| !rest.is_empty())
        })
    }
}

impl Opened {
    /// Reads the step in which `offset` lies.
    fn fetch(&self, window: &mut Window, offset: u64) -> io::Result<()> {
        let [step, end] = &mut window.parts;
        if self.size <= FIRST {
            *step = (0, self.bucket.get(&self.path, 0..self.size)?);
        } else if offset >= self.size - TAIL {
            let from = self.size - TAIL;
            *end = (from, self.bucket.get(&self.path, from..self.size)?);
        } else {
            let to = offset.saturating_add(window.ahead).min(self.size);
            window.ahead = AHEAD;
            // Given back first, so that there are never two of them.
            *step = (offset, Vec::new());
            *step = (offset, self.bucket.get(&self.path, offset..to)?);
        }
        Ok(())
    }
}

impl Object for Opened {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut done, mut asked) = (0, None);
        while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(done as u64);
            if at >= self.size {
                break;
            }
            let Some(kept) = window.kept(at) else {
                if asked == Some(at) {
                    break; // The object is shorter than its listing said.
                }
                asked = Some(at);
                self.fetch(&mut window, at)?;
                continue;
            };
            let taken = kept.len().min(rest.len());
            let (Some(to), Some(from)) = (rest.get_mut(..taken), kept.get(..taken)) else { break };
            to.copy_from_slice(from);
            done += taken;
        }
        Ok(done)
    }
}
