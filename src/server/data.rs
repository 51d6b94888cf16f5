//! A data directory: what lies in it, in which form, and whose it is at the moment.
//!
//! One directory is one Mandant and has at most one owner, who holds a lock on `lock`. `FORMAT`
//! names the layout; a newer one is refused by name and never touched.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

/// The layout that this version writes.
pub const LAYOUT: u32 = 1;

/// The note that a move leaves behind.
const MOVED: &str = "moved.json";

/// Errors of a data directory.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process owns it.
    #[error("{0} is in use: another process holds its lock")]
    InUse(PathBuf),
    /// A newer version wrote it.
    #[error("{path} has layout {layout}, written by {version}; this version knows up to {LAYOUT}")]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its layout.
        layout: u32,
        /// Who wrote it.
        version: String,
    },
    /// It holds files, but no FORMAT.
    #[error("{0} is not empty and not a data directory (no FORMAT)")]
    Foreign(PathBuf),
    /// Its FORMAT can't be read.
    #[error("{0}/FORMAT can't be read: {1}")]
    Format(PathBuf, String),
    /// It was used with another engine than the configuration names now.
    #[error("{0} holds {1}")]
    Engine(PathBuf, &'static str),
    /// It was moved elsewhere.
    #[error("its content was moved elsewhere, see {0}; who removes that file forks the history")]
    Moved(PathBuf),
    /// There is no data directory.
    #[error("{0}: no data directory here")]
    Missing(PathBuf),
    /// The system.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

#[derive(Debug, Serialize, Deserialize)]
struct Format {
    layout: u32,
    version: String,
}

/// An owned data directory; dropping it gives the lock back.
#[derive(Debug)]
pub struct Data {
    dir: PathBuf,
    _lock: File,
}

impl Data {
    /// Takes ownership, making the directory where there is none and `create`.
    ///
    /// # Errors
    /// See `Error`.
    pub fn own(dir: &Path, create: bool) -> Result<Self, Error> {
        let io = |e| Error::Io(dir.to_owned(), e);
        if !dir.join("FORMAT").exists() {
            if !create {
                return Err(Error::Missing(dir.to_owned()));
            }
            make_dir(dir).map_err(io)?;
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(dir.join("lock"))
            .map_err(io)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| Error::InUse(dir.to_owned()))?;
        let data = Self { dir: dir.to_owned(), _lock: lock };
        data.check_format(io)?;
        if data.path(MOVED).exists() {
            return Err(Error::Moved(data.path(MOVED)));
        }
        for name in ["journal", "tables", "blobs", "derived", "index", "modell", "operational"] {
            make_dir(&data.path(name)).map_err(io)?;
        }
        Ok(data)
    }

    /// The path of one of its parts.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Refuses a directory in which there is something of another engine than the configured one.
    ///
    /// # Errors
    /// `Engine`.
    pub fn none_of(&self, name: &str, what: &'static str) -> Result<(), Error> {
        let path = self.path(name);
        let found = match fs::read_dir(&path) {
            Ok(mut items) => items.next().is_some(),
            Err(_) => path.exists(),
        };
        if found { Err(Error::Engine(path, what)) } else { Ok(()) }
    }

    /// Notes that all of it was moved elsewhere: nobody may go on with the history here.
    ///
    /// # Errors
    /// `Io`.
    pub fn moved(&self, to: &Path, seq: u64) -> Result<(), Error> {
        let (path, new) = (self.path(MOVED), self.path("moved.new"));
        let note = serde_json::json!({ "to": to, "seq": seq }).to_string();
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(note.as_bytes()).and_then(|()| file.sync_all())?;
            fs::rename(&new, &path)?;
            File::open(&self.dir)?.sync_all()
        };
        write().map_err(|e| Error::Io(path.clone(), e))
    }

    fn check_format(&self, io: impl Fn(io::Error) -> Error) -> Result<(), Error> {
        let path = self.path("FORMAT");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return self.found(io),
            Err(e) => return Err(io(e)),
        };
        let format: Format = serde_json::from_str(&text)
            .map_err(|e| Error::Format(self.dir.clone(), e.to_string()))?;
        if format.layout > LAYOUT {
            let Format { layout, version } = format;
            return Err(Error::Newer { path: self.dir.clone(), layout, version });
        }
        Ok(())
    }

    /// Writes FORMAT into a directory that holds nothing but our lock.
    fn found(&self, io: impl Fn(io::Error) -> Error) -> Result<(), Error> {
        let mut names = fs::read_dir(&self.dir).map_err(&io)?.filter_map(Result::ok);
        // `lost+found` is what mkfs leaves in a file system of our own; the rest may be left of a
        // founding that was cut off before FORMAT had its name.
        let known = |name: &std::ffi::OsStr| {
            ["lock", "lost+found", "FORMAT.new", "logins.json"].iter().any(|k| name == *k)
        };
        if names.any(|item| !known(&item.file_name())) {
            return Err(Error::Foreign(self.dir.clone()));
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let text = serde_json::to_string(&Format { layout: LAYOUT, version })
            .map_err(|e| Error::Format(self.dir.clone(), e.to_string()))?;
        let new = self.path("FORMAT.new");
        let mut file = File::create(&new).map_err(&io)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(&io)?;
        fs::rename(&new, self.path("FORMAT")).map_err(&io)?;
        File::open(&self.dir).and_then(|d| d.sync_all()).map_err(&io)
    }
}

/// Only the owner may look inside: there is nothing in it that others may read.
fn make_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_owner_and_a_newer_or_foreign_one_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("data");
        assert!(matches!(Data::own(&dir, false), Err(Error::Missing(_))));
        let mine = Data::own(&dir, true).unwrap();
        assert!(matches!(Data::own(&dir, true), Err(Error::InUse(_))));
        drop(mine);
        fs::write(dir.join("FORMAT"), r#"{"layout":99,"version":"9.9"}"#).unwrap();
        assert!(Data::own(&dir, true).unwrap_err().to_string().contains("9.9"));
        fs::remove_file(dir.join("FORMAT")).unwrap();
        assert!(matches!(Data::own(&dir, true), Err(Error::Foreign(_))));
    }
}
