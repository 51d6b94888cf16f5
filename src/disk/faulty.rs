//! A simulated disk: it keeps in memory what was written and what would survive a power cut.
//!
//! Bytes survive once their file was synced, names once their folder was; of the rest each write
//! (torn at sectors) and each change of a name survives or not by a seeded throw. It can also fail
//! a call, run full, skip the syncs of one name, and rot. It must never be kinder than POSIX: a
//! synced file whose name was not synced is lost.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use super::{Disk, File, Item, Sync};

mod state;

use state::{Node, State};

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct Faulty {
    state: Arc<Mutex<State>>,
}

impl Faulty {
    /// An empty disk without faults; `seed` decides what a failing write leaves behind.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(seed))) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls (of any kind but `free`) were made.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Lets the call that follows after `calls` more ones fail, once.
    pub fn fail_after(&self, calls: u64) {
        let mut state = self.state();
        state.fail_at = Some(state.calls + calls + 1);
    }

    /// Lets every call fail that follows after `calls` more ones: the power is off.
    pub fn off_after(&self, calls: u64) {
        let mut state = self.state();
        state.off_at = Some(state.calls + calls + 1);
    }

    /// Takes back the failure and the power cut that were ordered and have not come yet.
    pub fn calm(&self) {
        let mut state = self.state();
        state.fail_at = None;
        state.off_at = None;
    }

    /// True once a call met the power cut.
    #[must_use]
    pub fn is_off(&self) -> bool {
        let state = self.state();
        state.off_at.is_some_and(|at| state.calls >= at)
    }

    /// Bytes that all files together may take.
    pub fn set_room(&self, bytes: u64) {
        self.state().room = bytes;
    }

    /// Lets every sync of this name do nothing and say that all is well.
    pub fn skip(&self, what: Sync) {
        self.state().skip = Some(what);
    }

    /// The time that files changed from now on will bear.
    pub fn set_time(&self, at: SystemTime) {
        self.state().now = at;
    }

    /// How often each sync was asked for.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Sync, u64> {
        self.state().counts.clone()
    }

    /// Turns one bit over, also on the platter: rot.
    ///
    /// # Errors
    /// If there is no such file or byte.
    pub fn flip(&self, path: &Path, offset: u64, bit: u8) -> io::Result<()> {
        self.state().flip(&clean(path), offset, bit)
    }

    /// Every file's path, in order.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let state = self.state();
        let files = state.live.iter().filter(|(_, node)| matches!(node, Node::File(_)));
        files.map(|(path, _)| path.clone()).collect()
    }

    /// The disk as it is found after a power cut, with another throw for each seed. This one is
    /// off from then on. No fault but a limit of room is carried over.
    #[must_use]
    pub fn cut(&self, seed: u64) -> Self {
        let mut state = self.state();
        state.off_at = Some(0);
        Self { state: Arc::new(Mutex::new(state.after_cut(seed))) }
    }
}

/// The path without `.` and doubled slashes; `..` is a programmer's error here.
fn clean(path: &Path) -> PathBuf {
    path.components().filter(|c| !matches!(c, Component::CurDir)).collect()
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{} is not there", path.display()))
}

#[derive(Debug)]
struct Open {
    disk: Faulty,
    id: u64,
    write: bool,
}

impl Open {
    fn may_write(&self) -> io::Result<()> {
        if self.write {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is open for reading"))
    }
}

impl File for Open {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.may_write()?;
        let mut state = self.disk.state();
        let failed = state.call().err();
        // A failing write leaves any part of itself behind.
        let len = if failed.is_some() { state.below(bytes.len() + 1) } else { bytes.len() };
        let off = state.is_off();
        if !off {
            state.write(self.id, bytes.get(..len).unwrap_or_default(), offset)?;
        }
        failed.map_or(Ok(()), Err)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.call()?;
        state.read(self.id, bytes, offset)
    }

    fn size(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        state.call()?;
        Ok(state.file(self.id)?.live.len() as u64)
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.may_write()?;
        let mut state = self.disk.state();
        state.call()?;
        state.resize(self.id, size)
    }

    fn sync(&self, what: Sync) -> io::Result<()> {
        let mut state = self.disk.state();
        state.count(what);
        let result = state.call();
        if result.is_ok() && state.skip != Some(what) {
            state.sync(self.id)?;
        } else if result.is_err() && !state.is_off() {
            // As Linux does: after a failed sync the pages count as clean, so a second one
            // succeeds and proves nothing.
            state.forget(self.id)?;
        }
        result
    }
}

impl Disk for Faulty {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let path = clean(path);
        let mut state = self.state();
        state.call()?;
        let id = state.create(&path)?;
        Ok(Arc::new(Open { disk: self.clone(), id, write: true }))
    }

    fn open(&self, path: &Path, write: bool) -> io::Result<Arc<dyn File>> {
        let path = clean(path);
        let mut state = self.state();
        state.call()?;
        let id = state.find(&path)?;
        if write && state.file(id)?.protected {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        Ok(Arc::new(Open { disk: self.clone(), id, write }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        state.rename(clean(from), clean(to))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        let id = state.find(&clean(from))?;
        state.name(clean(to), id)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = clean(path);
        let mut state = self.state();
        state.call()?;
        state.find(&path)?;
        state.change(path, None, None);
        Ok(())
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        state.make_dir(&clean(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Item>> {
        let mut state = self.state();
        state.call()?;
        state.list(&clean(path))
    }

    fn sync_dir(&self, path: &Path, what: Sync) -> io::Result<()> {
        let path = clean(path);
        let mut state = self.state();
        state.count(what);
        state.call()?;
        state.folder(&path)?;
        if state.skip != Some(what) {
            state.sync_dir(&path);
        }
        Ok(())
    }

    fn sync_system(&self, path: &Path, what: Sync) -> io::Result<()> {
        let mut state = self.state();
        state.count(what);
        state.call()?;
        state.folder(&clean(path))?;
        if state.skip != Some(what) {
            state.sync_all();
        }
        Ok(())
    }

    fn protect(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        let id = state.find(&clean(path))?;
        state.file_mut(id)?.protected = true;
        Ok(())
    }

    fn free(&self, _path: &Path) -> io::Result<u64> {
        let state = self.state();
        Ok(state.room.saturating_sub(state.used))
    }
}
