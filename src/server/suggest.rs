//! The model of the suggestions: read from its file at the start, learned anew when it is time.
//!
//! The file is a projection: without it, or with one that is not sound, everything is learned
//! again. While it learns, which may take minutes, the thread holds nothing of the house, so that
//! a stop waits for nobody.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    patience::{Hindrance, Patience},
    rest::Rest,
};
use crate::{
    disk::{Disk, File, Sync, local::Local},
    registry::{Anlass, Folge, Gelernt, Jobs, Lose},
};

/// How often it is asked whether it is time to learn.
const EVERY: Duration = Duration::from_secs(5);
/// Learning takes at most one part in so many of a core's time, however often it would be time.
const REST: u32 = 10;
/// Name of the file in its folder, and while it is written.
const FILE: &str = "vorschlaege";
const NEW: &str = "vorschlaege.new";
/// A larger file was not written by us.
const BYTES_MAX: u64 = 1 << 30;

/// Works until it is over. `learns` false: the model that lies there is used as it is.
pub(super) fn run(house: &Lose, folder: &Path, learns: bool, rest: &Rest) {
    let (disk, mut patience) = (Local::new(), Patience::of("suggestions"));
    let file = Place { disk: &disk, folder };
    if let Some(registry) = house.registry() {
        file.load(&registry.jobs());
    }
    // A real clock: it spaces the work and decides nothing else.
    let (mut turn, mut pause) = (Turn { folge: Folge::default(), next: Instant::now() }, EVERY);
    if learns {
        pause = Duration::ZERO;
    }
    while !rest.pause(pause) {
        pause = match round(house, &file, &mut turn, learns, rest) {
            Ok(true) => {
                patience.over();
                EVERY
            }
            Ok(false) => return,
            Err(hindrance) => patience.met(&hindrance),
        };
    }
}

/// What was looked through, and from when on it may learn again.
struct Turn {
    folge: Folge,
    next: Instant,
}

/// Forgets at once what has to be forgotten, and learns if it is time. False: it is over.
fn round(
    house: &Lose,
    file: &Place<'_>,
    turn: &mut Turn,
    learns: bool,
    rest: &Rest,
) -> Result<bool, Hindrance> {
    let go_on = &mut || !rest.is_over();
    let Some(registry) = house.registry() else { return Ok(false) };
    let jobs = registry.jobs();
    let Some(why) = jobs.lernanlass(&mut turn.folge, go_on)? else { return Ok(true) };
    if why == Anlass::Vergessen {
        jobs.modell_vergessen();
        file.forget();
    }
    let begun = Instant::now();
    if !learns || begun < turn.next {
        return Ok(true);
    }
    let Some(stuff) = jobs.lernstoff(go_on)? else { return Ok(false) };
    drop((jobs, registry));
    let learned = Arc::new(stuff.lernen());
    let Some(registry) = house.registry().filter(|_| !rest.is_over()) else { return Ok(false) };
    registry.jobs().modell_setzen(Arc::clone(&learned));
    drop(registry);
    turn.folge = Folge::default();
    let (documents, seconds) = (learned.gelernt_aus(), begun.elapsed().as_secs());
    tracing::info!(documents, seconds, ?why, "the suggestions were learned");
    if let Err(error) = file.write(&|to| learned.write(to)) {
        // The old one may know what has to be forgotten.
        file.forget();
        tracing::warn!(%error, "the model of the suggestions was not kept");
    }
    turn.next = Instant::now() + begun.elapsed().saturating_mul(REST);
    Ok(true)
}

/// Where the file lies.
struct Place<'a> {
    disk: &'a dyn Disk,
    folder: &'a Path,
}

impl Place<'_> {
    /// Makes the model in the file the one in use; without one it is learned.
    fn load(&self, jobs: &Jobs) {
        let Ok(Some(house)) = jobs.haus() else { return };
        let bytes = match self.read() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return tracing::warn!(%error, "the model of the suggestions is refused"),
        };
        match Gelernt::from_bytes(&bytes, &house) {
            Ok(learned) if !jobs.kennt(&learned).unwrap_or(false) => {
                tracing::warn!("the model of the suggestions is of another journal");
            }
            Ok(learned) => {
                tracing::info!(documents = learned.gelernt_aus(), "the suggestions were read");
                jobs.modell_setzen(Arc::new(learned));
            }
            Err(error) => tracing::warn!(%error, "the model of the suggestions is refused"),
        }
    }

    /// Takes the file away, if there is one.
    fn forget(&self) {
        let gone = self.disk.remove(&self.folder.join(FILE));
        let gone = gone.and_then(|()| self.disk.sync_dir(self.folder, Sync::Model));
        match gone {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the model of the suggestions was not removed");
            }
            _ => {}
        }
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let file = self.disk.open(&self.folder.join(FILE), false)?;
        let size = file.size()?;
        if size > BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than a model"));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        let read = file.read_at(&mut bytes, 0)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Replaces the file: whoever reads finds the old one whole or the new one.
    fn write(&self, content: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let (new, name) = (self.folder.join(NEW), self.folder.join(FILE));
        match self.disk.remove(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = self.disk.create(&new)?;
        content(&mut Strom { file: &*file, at: 0 })?;
        file.sync(Sync::Model)?;
        self.disk.rename(&new, &name)?;
        self.disk.sync_dir(self.folder, Sync::Model)
    }
}

/// A file that is written from its beginning on.
struct Strom<'a> {
    file: &'a dyn File,
    at: u64,
}

impl Write for Strom<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if a file that was cut off while it was written keeps the next one from being
    /// written, an old one stays in its place, or one that is to be forgotten stays.
    #[test]
    fn a_file_is_replaced_whole() {
        let (folder, disk) = (tempfile::tempdir().unwrap(), Local::new());
        let file = Place { disk: &disk, folder: folder.path() };
        assert_eq!(file.read().unwrap_err().kind(), io::ErrorKind::NotFound);
        for parts in [&["eins"][..], &["zwei", " und", " mehr"], &[]] {
            std::fs::write(folder.path().join(NEW), b"half").unwrap();
            file.write(&|to| parts.iter().try_for_each(|part| to.write_all(part.as_bytes())))
                .unwrap();
            assert_eq!(file.read().unwrap(), parts.concat().as_bytes());
            assert!(!folder.path().join(NEW).exists());
        }
        assert_eq!(disk.counts()[&Sync::Model], 6, "bytes and name");
        let broken = file.write(&|to| to.write_all(b"x").and(Err(io::Error::other("broken"))));
        assert!(broken.is_err() && file.read().unwrap().is_empty(), "the old one stays whole");
        file.forget();
        assert_eq!(file.read().unwrap_err().kind(), io::ErrorKind::NotFound);
        file.forget();
    }
}
