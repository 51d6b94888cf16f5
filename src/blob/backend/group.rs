//! One thread that syncs for all: whoever comes while it works is in the next group.
//!
//! A group's files are synced, renamed, and each folder synced once. A failed sync is never
//! retried: a file's is thrown away with the file; after a folder's nothing is stored any more,
//! because a later success would prove nothing of the names before.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        OnceLock,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::JoinHandle,
};

use super::{Arc, io};
use crate::disk::{Disk, File, Sync};

/// How many share one sync at most.
const GROUP_MAX: usize = 256;

const GONE: &str = "the thread that syncs blobs has ended";

/// A folder whose names are to be durable.
#[derive(Debug)]
pub(super) struct Job {
    /// To be synced first; none: it is already.
    pub(super) file: Option<Arc<dyn File>>,
    /// A written file and the name it is to get in the folder. None: a name was taken away there,
    /// which goes through here too, because a failed sync concerns all names of its folder.
    pub(super) rename: Option<(PathBuf, PathBuf)>,
    pub(super) folder: PathBuf,
}

type Answer = io::Result<()>;
type Waiting = (Job, SyncSender<Answer>);

/// The thread's handle; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Group {
    jobs: Option<Sender<Waiting>>,
    thread: Option<JoinHandle<()>>,
    broken: Arc<OnceLock<String>>,
}

impl Group {
    /// `whole`: the folder whose whole file system may be synced in one call.
    pub(super) fn start(disk: Arc<dyn Disk>, whole: Option<PathBuf>) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        let broken = Arc::new(OnceLock::new());
        let mut worker = Worker { disk, whole, broken: Arc::clone(&broken) };
        let thread = std::thread::Builder::new()
            .name("blob-sync".into())
            .spawn(move || worker.work(&waiting))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), broken })
    }

    /// Why nothing is stored any more, if so.
    pub(super) fn broken(&self) -> Option<String> {
        let ended = self.thread.as_ref().is_some_and(JoinHandle::is_finished);
        let ended = || ended.then(|| GONE.to_owned());
        self.broken.get().cloned().or_else(ended)
    }

    /// Returns once the folder is durable, with the file under its name.
    pub(super) fn run(&self, job: Job) -> Answer {
        let gone = || io::Error::other(GONE);
        let (answer, answered) = sync_channel(1);
        self.jobs.as_ref().ok_or_else(gone)?.send((job, answer)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that syncs blobs has panicked");
        }
    }
}

struct Worker {
    disk: Arc<dyn Disk>,
    whole: Option<PathBuf>,
    /// Why nothing is stored any more.
    broken: Arc<OnceLock<String>>,
}

impl Worker {
    fn work(&mut self, waiting: &Receiver<Waiting>) {
        while let Ok(first) = waiting.recv() {
            let group: Vec<Waiting> =
                std::iter::once(first).chain(waiting.try_iter().take(GROUP_MAX - 1)).collect();
            for (answer, result) in self.store(group) {
                // Who does not wait any more has given up on the upload.
                let _ = answer.send(result);
            }
        }
    }

    /// Makes a group durable; an answer to each.
    fn store(&mut self, group: Vec<Waiting>) -> Vec<(SyncSender<Answer>, Answer)> {
        let mut answers = Vec::with_capacity(group.len());
        let files = group.iter().filter(|(job, _)| job.file.is_some()).count();
        let synced = match &self.whole {
            Some(folder) if files > 1 => Some(self.disk.sync_system(folder, Sync::Blob)),
            _ => None,
        };
        let mut folders: BTreeMap<PathBuf, Vec<SyncSender<Answer>>> = BTreeMap::new();
        for (job, answer) in group {
            match self.rename(&job, synced.as_ref()) {
                Ok(()) => folders.entry(job.folder).or_default().push(answer),
                Err(error) => answers.push((answer, Err(error))),
            }
        }
        let whole = match &self.whole {
            Some(folder) if folders.len() > 1 => Some(self.disk.sync_system(folder, Sync::BlobDir)),
            _ => None,
        };
        for (folder, waiting) in folders {
            let result = match &whole {
                Some(result) => again(result),
                None => self.disk.sync_dir(&folder, Sync::BlobDir),
            };
            if let Err(error) = &result {
                tracing::error!(folder = %folder.display(), %error, "a folder was not synced");
                self.broken.get_or_init(|| format!("{} was not synced: {error}", folder.display()));
            }
            answers.extend(waiting.into_iter().map(|answer| (answer, again(&result))));
        }
        answers
    }

    /// Gives one file its name, once its bytes are durable.
    fn rename(&self, job: &Job, synced: Option<&Answer>) -> Answer {
        if let Some(why) = self.broken.get() {
            return Err(io::Error::other(format!("nothing is stored any more: {why}")));
        }
        match (&job.file, synced) {
            (None, _) => {}
            (Some(_), Some(result)) => again(result)?,
            (Some(file), None) => file.sync(Sync::Blob)?,
        }
        job.rename.as_ref().map_or(Ok(()), |(temp, target)| self.disk.rename(temp, target))
    }
}

/// The same result for another one who waits.
fn again(result: &Answer) -> Answer {
    match result {
        Ok(()) => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    }
}
