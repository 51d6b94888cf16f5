//! Which history this node has seen. Each promotion of a standby begins a new timeline, and the
//! first group written on it raises the epoch in the head row; a node that saw an epoch never
//! goes back to a server of an older one, where an old primary still runs.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde::{Deserialize, Serialize};

use super::{Error, lock};

/// The newest history seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    epoch: i64,
    timeline: i64,
}

#[derive(Debug)]
pub(super) struct Fence {
    file: Option<PathBuf>,
    seen: Mutex<Seen>,
}

impl Fence {
    /// Reads what an earlier run of this node saw.
    pub fn open(file: Option<PathBuf>) -> Result<Self, Error> {
        let unfit = |e: &dyn std::fmt::Display| Error::Unfit(format!("{file:?}: {e}"));
        let seen = match file.as_deref().map(fs::read) {
            None => Seen::default(),
            Some(Err(e)) if e.kind() == io::ErrorKind::NotFound => Seen::default(),
            Some(Err(e)) => return Err(unfit(&e)),
            Some(Ok(bytes)) => serde_json::from_slice(&bytes).map_err(|e| unfit(&e))?,
        };
        Ok(Self { file, seen: Mutex::new(seen) })
    }

    /// True if this node has written, or read what was written.
    pub fn knows_any(&self) -> bool {
        *lock(&self.seen) != Seen::default()
    }

    /// Refuses a server whose history is older than one that was seen.
    pub fn admit(&self, epoch: i64, timeline: i64) -> Result<(), Error> {
        let seen = *lock(&self.seen);
        if epoch < seen.epoch || timeline < seen.timeline {
            return Err(Error::Unreachable(format!(
                "this server has epoch {epoch} on timeline {timeline}, but a newer history was \
                 seen: epoch {} on timeline {}; it is an old primary that must not be used",
                seen.epoch, seen.timeline
            )));
        }
        Ok(())
    }

    /// The newest epoch that was seen.
    pub fn epoch(&self) -> i64 {
        lock(&self.seen).epoch
    }

    /// Remembers a history, before anything of it is acknowledged.
    pub fn remember(&self, epoch: i64, timeline: i64) -> Result<(), Error> {
        let mut seen = lock(&self.seen);
        let new = Seen { epoch: epoch.max(seen.epoch), timeline: timeline.max(seen.timeline) };
        if *seen != new {
            if let Some(file) = &self.file {
                keep(file, new).map_err(|e| Error::Unreachable(format!("{file:?}: {e}")))?;
            }
            *seen = new;
        }
        Ok(())
    }
}

fn keep(path: &Path, seen: Seen) -> io::Result<()> {
    let temp = path.with_extension("new");
    let mut file = fs::File::create(&temp)?;
    file.write_all(serde_json::to_string(&seen)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temp, path)?;
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    parent.map_or(Ok(()), |parent| fs::File::open(parent)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_never_goes_back_to_an_older_history_also_after_a_restart() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("seen.json");
        let fence = Fence::open(Some(file.clone())).unwrap();
        fence.admit(1, 1).unwrap();
        fence.remember(2, 2).unwrap();
        assert!(fence.admit(1, 1).is_err());
        let fence = Fence::open(Some(file)).unwrap();
        assert!(fence.admit(1, 1).is_err() && fence.admit(2, 1).is_err());
        fence.admit(3, 3).unwrap();
    }
}
