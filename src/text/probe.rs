//! The worker tries what it must not be able to do, and says what came of it.
//!
//! It is always compiled in: the same binary that reads documents is the one that is probed. An
//! attempt changes nothing that matters where it should succeed (a new file, a connection closed
//! at once, `true`).

use std::{
    fs::File,
    net::TcpStream,
    os::unix::net::{UnixDatagram, UnixStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What to try. Each must be possible for an ordinary process, or the probe proves nothing.
#[derive(Clone, Debug)]
pub struct Targets {
    /// An existing file that anybody may read.
    pub readable: PathBuf,
    /// A name in a folder that anybody may write to.
    pub creatable: PathBuf,
    /// Port on 127.0.0.1 where somebody listens.
    pub tcp_port: u16,
    /// Unix socket where somebody listens.
    pub unix: PathBuf,
    /// A program that anybody may run.
    pub program: PathBuf,
}

/// One attempt and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was tried.
    pub what: String,
    /// How it was refused; none: it was possible.
    pub refused: Option<String>,
}

impl Targets {
    pub(super) fn encode(&self) -> Vec<u8> {
        let Self { readable, creatable, tcp_port, unix, program } = self;
        let (readable, creatable) = (readable.display(), creatable.display());
        let (unix, program) = (unix.display(), program.display());
        format!("{readable}\n{creatable}\n{tcp_port}\n{unix}\n{program}").into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.split('\n');
        Some(Self {
            readable: lines.next()?.into(),
            creatable: lines.next()?.into(),
            tcp_port: lines.next()?.parse().ok()?,
            unix: lines.next()?.into(),
            program: lines.next()?.into(),
        })
    }

    /// Tries everything in this very process: the probe's control.
    #[must_use]
    pub fn attempt(&self) -> Vec<Attempt> {
        let results = [
            ("open a file", File::open(&self.readable).map(drop)),
            ("read /etc/passwd", std::fs::read("/etc/passwd").map(drop)),
            ("list a folder", std::fs::read_dir("/").map(drop)),
            ("create a file", File::create(&self.creatable).map(drop)),
            ("connect TCP", TcpStream::connect(("127.0.0.1", self.tcp_port)).map(drop)),
            ("connect a Unix socket", UnixStream::connect(&self.unix).map(drop)),
            ("make a socket", UnixDatagram::unbound().map(drop)),
            ("run a program", run(&self.program)),
            ("start a thread", std::thread::Builder::new().spawn(|| ()).map(drop)),
            ("signal the parent", signal_parent()),
            ("read the environment", read_environment()),
        ];
        let attempt = |(what, result): (&str, std::io::Result<()>)| Attempt {
            what: what.into(),
            refused: result.err().map(|error| error.to_string()),
        };
        results.into_iter().map(attempt).collect()
    }
}

impl Attempt {
    fn line(&self) -> String {
        format!("{}\t{}", self.what, self.refused.as_deref().unwrap_or_default())
    }

    pub(super) fn from_line(line: &str) -> Self {
        let (what, refused) = line.split_once('\t').unwrap_or((line, ""));
        let refused = (!refused.is_empty()).then(|| refused.to_owned());
        Self { what: what.into(), refused }
    }
}

/// In the worker: the attempts as lines of an answer.
pub fn attempt_all(targets: &[u8]) -> Vec<String> {
    let attempts = Targets::decode(targets).map(|targets| targets.attempt()).unwrap_or_default();
    attempts.iter().map(Attempt::line).collect()
}

fn run(program: &Path) -> std::io::Result<()> {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    command.spawn()?.wait().map(drop)
}

fn signal_parent() -> std::io::Result<()> {
    let parent = rustix::process::getppid().ok_or(std::io::ErrorKind::NotFound)?;
    Ok(rustix::process::test_kill_process(parent)?)
}

fn read_environment() -> std::io::Result<()> {
    let mut variables = std::env::vars_os();
    let variable = variables.find(|(name, _)| name != super::pool::ALLOCATOR.0);
    variable.map(drop).ok_or_else(|| std::io::Error::other("there is none"))
}
