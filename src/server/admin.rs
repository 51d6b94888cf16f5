//! `admin.sock`: how commands reach the process that owns a data directory.
//!
//! One JSON object a line, both ways: a `Command` in, any number of `Progress` out, then `Done` or
//! `Failed`. The socket is the operator's (0600): who can open it could open the files too. What
//! is done through it stands in the journal under the operating system user's id.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read as _, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use rustix::net::sockopt::socket_peercred;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest line that is read.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// What the owner is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Command {
    /// Its name, see `commands`.
    pub command: String,
    /// What it needs.
    #[serde(default)]
    pub arguments: Value,
}

/// What the owner says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// So far.
    Progress {
        /// Steps done.
        done: u64,
        /// Steps in all; 0: not known.
        total: u64,
    },
    /// Done; the last line.
    Done(Value),
    /// Not done, and why; the last line.
    Failed(String),
}

/// Errors of asking.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody serves this directory.
    #[error("{0}: nobody listens")]
    Nobody(PathBuf),
    /// The connection broke.
    #[error("admin.sock: {0}")]
    Io(#[from] io::Error),
    /// Something else than an answer came.
    #[error("admin.sock: {0}")]
    Answer(#[from] serde_json::Error),
    /// The owner could not do it.
    #[error("{0}")]
    Failed(String),
}

/// What carries out commands. `progress(done, total)`; the `String` is the reason why not.
pub type Handler = dyn Fn(&Command, &str, &dyn Fn(u64, u64)) -> Result<Value, String> + Send + Sync;

/// The listening socket; dropping it takes the file away.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
}

impl Socket {
    /// Listens. The caller holds the lock of the directory, so a file left there is a dead one's.
    ///
    /// # Errors
    /// As the system says.
    pub fn listen(path: &Path, handler: Arc<Handler>) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        // The directory is 0700, so nobody gets in between these two.
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let accept = move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let handler = Arc::clone(&handler);
                let serve = move || {
                    if let Err(error) = serve(&stream, &*handler) {
                        tracing::debug!(%error, "admin.sock");
                    }
                };
                drop(thread::Builder::new().name("admin-command".into()).spawn(serve));
            }
        };
        // The thread ends with the process: it holds nothing that must be given back.
        thread::Builder::new().name("admin".into()).spawn(accept)?;
        Ok(Self { path: path.to_owned() })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

fn serve(stream: &UnixStream, handler: &Handler) -> Result<(), Error> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let user = socket_peercred(stream).map_err(io::Error::from)?.uid.as_raw().to_string();
    let mut line = String::new();
    BufReader::new(stream.take(LINE_BYTES_MAX)).read_line(&mut line)?;
    let command: Command = serde_json::from_str(&line)?;
    let progress = |done, total| drop(say(stream, &Answer::Progress { done, total }));
    let answer = match handler(&command, &user, &progress) {
        Ok(value) => Answer::Done(value),
        Err(reason) => Answer::Failed(reason),
    };
    say(stream, &answer)
}

fn say(mut stream: &UnixStream, answer: &Answer) -> Result<(), Error> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    Ok(stream.write_all(&line)?)
}

/// Asks the owner of a data directory.
///
/// # Errors
/// See `Error`; `Nobody` means that the caller may take the lock and do it himself.
pub fn ask(data: &Path, command: &Command, progress: &dyn Fn(u64, u64)) -> Result<Value, Error> {
    let path = data.join("admin.sock");
    let mut stream = UnixStream::connect(&path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Error::Nobody(path),
        _ => Error::Io(e),
    })?;
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line?)? {
            Answer::Progress { done, total } => progress(done, total),
            Answer::Done(value) => return Ok(value),
            Answer::Failed(reason) => return Err(Error::Failed(reason)),
        }
    }
    Err(Error::Io(io::ErrorKind::UnexpectedEof.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gets_progress_and_an_answer_and_a_dead_socket_is_nobody() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("admin.sock");
        let command = Command { command: "double".into(), arguments: 21.into() };
        assert!(matches!(ask(temp.path(), &command, &|_, _| {}), Err(Error::Nobody(_))));
        let handler: Arc<Handler> = Arc::new(|command, _, progress| {
            progress(1, 2);
            let number = command.arguments.as_u64().ok_or("not a number")?;
            Ok((number * 2).into())
        });
        let socket = Socket::listen(&path, handler).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let seen = std::cell::Cell::new(0);
        let answer = ask(temp.path(), &command, &|done, _| seen.set(done)).unwrap();
        assert_eq!((answer, seen.get()), (42.into(), 1));
        drop(socket);
        assert!(matches!(ask(temp.path(), &command, &|_, _| {}), Err(Error::Nobody(_))));
    }
}
