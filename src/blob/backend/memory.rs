//! Blobs in memory, for tests.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Arc, Backend, Content, Digest, Name, Object, Stored, SystemTime, io};

#[derive(Debug, Default)]
pub(in crate::blob) struct Memory {
    blobs: Mutex<BTreeMap<Name, Arc<Vec<u8>>>>,
}

impl Memory {
    fn blobs(&self) -> MutexGuard<'_, BTreeMap<Name, Arc<Vec<u8>>>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Vec<u8> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        io::Read::read(&mut self.get(from..).unwrap_or_default(), bytes)
    }
}

impl Backend for Memory {
    fn put(&self, name: Name, content: Content<'_>) -> io::Result<()> {
        let bytes = match content {
            Content::Bytes(bytes) => bytes.to_vec(),
            Content::File(_) => return Err(io::Error::other("nothing is staged in files here")),
        };
        self.blobs().insert(name, Arc::new(bytes));
        Ok(())
    }

    fn open(&self, name: Name) -> io::Result<Option<Arc<dyn Object>>> {
        Ok(self.blobs().get(&name).map(|bytes| Arc::clone(bytes) as Arc<dyn Object>))
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        self.blobs().remove(&name);
        Ok(())
    }

    fn settle(&self, _digest: Digest) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, shard: u8) -> io::Result<Vec<Stored>> {
        let blobs = self.blobs();
        let inside = blobs.iter().filter(|(name, _)| name.shard() == shard);
        let stored = inside.map(|(name, bytes)| Stored {
            name: Ok(*name),
            size: bytes.len() as u64,
            modified: SystemTime::UNIX_EPOCH,
        });
        Ok(stored.collect())
    }
}
