//! Blobs in memory, for tests: one process's own, or a bucket that several stores share as
//! machines do, with whatever comes between the steps of one of them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Ablage, Arc, Backend, Content, Copy, Digest, Form, Name, Object, Stored, SystemTime, io,
};

/// What a store is about to do, or has just done, to a shared bucket in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It will write a deposit.
    Put(Digest),
    /// It wrote one.
    Written(Digest),
    /// It will look for deposits.
    Find(Digest),
    /// It will take a deposit away.
    Remove(Digest, Ablage),
    /// It will list a shard.
    List,
}

/// What becomes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Done,
    /// It is not done: out of reach.
    Lost,
    /// It is done, and nobody hears of it.
    Unheard,
    /// It is not done now, and nobody hears of it; `Shared::catch_up` does it.
    Late,
}

type Blobs = BTreeMap<Name, Arc<Vec<u8>>>;
type Hook = Box<dyn Fn(Step) -> Fate + Send + Sync>;

#[derive(Debug)]
enum Late {
    Put(Name, Arc<Vec<u8>>),
    Remove(Name),
}

/// A bucket in memory that several stores use.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    bucket: Arc<Bucket>,
    /// The mistake that deposits' names prevent: equal bytes have one name.
    careless: bool,
}

#[derive(Default)]
struct Bucket {
    blobs: Mutex<Blobs>,
    late: Mutex<Vec<Late>>,
    hook: Mutex<Option<Arc<Hook>>>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket").field("late", &self.late).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// One in which equal bytes have one name, to show what then goes wrong.
    #[must_use]
    pub fn careless() -> Self {
        Self { careless: true, ..Self::default() }
    }

    /// From now on `hook` runs before each step and says what becomes of it. It may use the stores
    /// itself, as another machine would at this moment.
    pub fn hook(&self, hook: impl Fn(Step) -> Fate + Send + Sync + 'static) {
        *locked(&self.bucket.hook) = Some(Arc::new(Box::new(hook)));
    }

    /// Does one of the steps that were held back, the `number`th modulo how many there are. False:
    /// there was none.
    pub fn catch_up(&self, number: usize) -> bool {
        let mut late = locked(&self.bucket.late);
        if late.is_empty() {
            return false;
        }
        let at = number % late.len();
        match late.swap_remove(at) {
            Late::Put(name, bytes) => drop(locked(&self.bucket.blobs).insert(name, bytes)),
            Late::Remove(name) => drop(locked(&self.bucket.blobs).remove(&name)),
        }
        true
    }

    /// Rot: a bit of every deposit of the digest flips.
    pub fn rot(&self, digest: Digest) {
        for (_, bytes) in locked(&self.bucket.blobs).iter_mut().filter(|(n, _)| n.digest == digest)
        {
            let mut bad = bytes.to_vec();
            if let Some(last) = bad.last_mut() {
                *last ^= 1;
            }
            *bytes = Arc::new(bad);
        }
    }

    /// How many deposits there are.
    #[must_use]
    pub fn count(&self) -> usize {
        locked(&self.bucket.blobs).len()
    }

    fn ask(&self, step: Step) -> Fate {
        let hook = locked(&self.bucket.hook).clone();
        hook.map_or(Fate::Done, |hook| hook(step))
    }
}

#[derive(Debug, Default)]
pub(in crate::blob) struct Memory {
    shared: Shared,
    /// True: one machine of several.
    tagged: bool,
}

impl Memory {
    pub(in crate::blob) fn of(shared: &Shared) -> Self {
        Self { shared: shared.clone(), tagged: !shared.careless }
    }

    fn blobs(&self) -> MutexGuard<'_, Blobs> {
        locked(&self.shared.bucket.blobs)
    }

    /// Runs a step that changes nothing.
    fn look(&self, step: Step) -> io::Result<()> {
        if self.shared.ask(step) == Fate::Lost { away() } else { Ok(()) }
    }

    /// Runs a step as its fate is.
    fn step(&self, step: Step, late: Late) -> io::Result<()> {
        let fate = self.shared.ask(step);
        match (fate, late) {
            (Fate::Lost, _) => return away(),
            (Fate::Late, late) => {
                locked(&self.shared.bucket.late).push(late);
                return away();
            }
            (_, Late::Put(name, bytes)) => drop(self.blobs().insert(name, bytes)),
            (_, Late::Remove(name)) => drop(self.blobs().remove(&name)),
        }
        if fate == Fate::Unheard { away() } else { Ok(()) }
    }
}

fn away() -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::HostUnreachable, "no answer"))
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
    fn shared(&self) -> bool {
        self.tagged
    }

    fn put(&self, name: Name, content: Content<'_>) -> io::Result<()> {
        let bytes = match content {
            Content::Bytes(bytes) => Arc::new(bytes.to_vec()),
            Content::File(_) => return Err(io::Error::other("nothing is staged in files here")),
        };
        self.step(Step::Put(name.digest), Late::Put(name, bytes))?;
        self.shared.ask(Step::Written(name.digest));
        Ok(())
    }

    fn find(&self, digest: Digest) -> io::Result<Vec<Copy>> {
        self.look(Step::Find(digest))?;
        let blobs = self.blobs();
        let from = Name { digest, ablage: Ablage::default(), form: Form::Raw };
        let found = blobs.range(from..).take_while(|(name, _)| name.digest == digest);
        Ok(found.map(|(name, bytes)| (*name, Arc::clone(bytes) as Arc<dyn Object>)).collect())
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        if !self.blobs().contains_key(&name) {
            return Ok(()); // Not even a late one could find anything: no name is used again.
        }
        self.step(Step::Remove(name.digest, name.ablage), Late::Remove(name))
    }

    fn settle(&self, _digest: Digest) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, shard: u8) -> io::Result<Vec<Stored>> {
        self.look(Step::List)?;
        let blobs = self.blobs();
        let mut first = [0; 32];
        first[0] = shard;
        let (digest, ablage) = (Digest(first), Ablage::default());
        let from = Name { digest, ablage, form: Form::Raw };
        let inside = blobs.range(from..).take_while(|(name, _)| name.shard() == shard);
        let stored = inside.map(|(name, bytes)| Stored {
            name: Ok(*name),
            size: bytes.len() as u64,
            modified: SystemTime::UNIX_EPOCH,
        });
        Ok(stored.collect())
    }
}
