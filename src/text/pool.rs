//! The parent's side: a bounded number of workers, each given time by measure and then replaced.
//!
//! A worker is started when it is needed and used for many documents. It is thrown away after a
//! timeout, a crash, an answer out of form, its number of documents, and after a document from
//! behind a hard wall, whose text must not stay in a process that reads other documents. No fault
//! of a worker reaches beyond the document it had.

use std::{
    io::{self, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt, process::ExitStatusExt},
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    // Wall time is not domain time: it bounds a child process and appears in no record.
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit};

use super::{
    Attempt, Failure, Limits, Targets, Text, WORKER_ARGUMENT,
    frame::{self, Hello, Kind, Mode},
    limit,
};

/// How long a new worker may take to limit itself.
const START_S: u64 = 20;
/// Bytes handed over at once.
const CHUNK: usize = 64 << 10;

/// What happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Documents handed to a worker.
    pub documents: u64,
    /// Workers started.
    pub started: u64,
    /// Workers ended because a document took too long.
    pub timeouts: u64,
    /// Workers that died or answered out of form.
    pub broken: u64,
    /// CPU milliseconds for answered documents, the start of their workers included.
    pub cpu_ms: u64,
}

/// The workers of one process.
#[derive(Debug)]
pub struct Pool {
    program: PathBuf,
    limits: Limits,
    workers: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Worker>,
    /// Idle and busy ones.
    live: usize,
    counts: Counts,
}

impl Pool {
    /// Starts nothing yet. `program` is this binary; at most `workers` (at least one) run.
    #[must_use]
    pub fn new(program: PathBuf, limits: Limits, workers: usize) -> Self {
        let state = Mutex::default();
        Self { program, limits, workers: workers.max(1), state, freed: Condvar::new() }
    }

    /// Starts a worker and says what this system lacks to limit it; empty: nothing. To be logged
    /// at the start.
    ///
    /// # Errors
    /// `Failure::Worker` if none could be started.
    pub fn check(&self) -> Result<Vec<String>, Failure> {
        let lease = self.lease()?;
        let lacking = lease.worker().map(|worker| worker.lacking.clone()).unwrap_or_default();
        lease.keep();
        Ok(lacking)
    }

    /// Reads a document of `size` bytes. Blocks until a worker is free and has answered. `isolate`:
    /// it comes from behind a hard wall.
    ///
    /// # Errors
    /// Why there is no text. `Source`, `Away` and `Worker` say nothing about the document.
    pub fn extract(
        &self,
        media_type: &str,
        bytes: &mut dyn Read,
        size: u64,
        isolate: bool,
    ) -> Result<Text, Failure> {
        let Some(kind) = Kind::of(media_type) else { return Err(Failure::Format) };
        if size > self.limits.input_bytes {
            return Err(Failure::TooLarge);
        }
        let mut lease = self.lease()?;
        let Some(worker) = lease.worker_mut() else { return Err(no_worker("it is gone")) };
        let before = worker.cpu;
        let result = worker.read(kind, bytes, size, &self.limits);
        let spent = worker.cpu.saturating_sub(before);
        let last = worker.served >= self.limits.documents_per_worker;
        let mut state = self.lock();
        state.counts.documents += 1;
        state.counts.cpu_ms += u64::try_from(spent.as_millis()).unwrap_or(0);
        match &result {
            Err(Fault::Broken(Failure::Timeout)) => state.counts.timeouts += 1,
            Err(Fault::Broken(_)) => state.counts.broken += 1,
            _ => {}
        }
        drop(state);
        match result {
            Ok(answer) if isolate || last => answer,
            Ok(answer) => {
                lease.keep();
                answer
            }
            Err(Fault::Broken(failure) | Fault::Source(failure)) => Err(failure),
        }
    }

    /// Lets a worker try what it must not be able to do. `landlock_alone`: without the limits that
    /// hide whether Landlock holds.
    ///
    /// # Errors
    /// `Failure::Worker` if none could be started or it did not answer.
    pub fn probe(&self, targets: &Targets, landlock_alone: bool) -> Result<Vec<Attempt>, Failure> {
        let mode = if landlock_alone { Mode::ProbeLandlock } else { Mode::Documents };
        let mut worker = Worker::start(&self.program, self.limits, mode)?;
        let lines = worker.ask_probe(&targets.encode()).map_err(no_worker)?;
        Ok(lines.iter().map(|line| Attempt::from_line(line)).collect())
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Process ids of the idle workers.
    #[must_use]
    pub fn idle(&self) -> Vec<u32> {
        self.lock().idle.iter().map(|worker| worker.child.id()).collect()
    }

    /// Ends the idle workers, whose memory is then free; new ones start when needed.
    pub fn rest(&self) {
        let mut state = self.lock();
        let idle = std::mem::take(&mut state.idle);
        state.live = state.live.saturating_sub(idle.len());
        drop(state);
        drop(idle);
        self.freed.notify_all();
    }

    fn lease(&self) -> Result<Lease<'_>, Failure> {
        let mut state = self.lock();
        loop {
            if let Some(mut worker) = state.idle.pop() {
                if worker.alive() {
                    return Ok(Lease { pool: self, worker: Some(worker) });
                }
                state.live = state.live.saturating_sub(1);
                continue;
            }
            if state.live < self.workers {
                break;
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.live += 1;
        state.counts.started += 1;
        drop(state);
        // From here on the place is given back by the lease, whatever happens.
        let mut lease = Lease { pool: self, worker: None };
        let worker = Worker::start(&self.program, self.limits, Mode::Documents)?;
        lease.worker = Some(worker);
        Ok(lease)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the workers. Dropped, it ends its worker; kept, the worker waits for another.
#[derive(Debug)]
struct Lease<'a> {
    pool: &'a Pool,
    worker: Option<Worker>,
}

impl Lease<'_> {
    fn worker(&self) -> Option<&Worker> {
        self.worker.as_ref()
    }

    fn worker_mut(&mut self) -> Option<&mut Worker> {
        self.worker.as_mut()
    }

    fn keep(mut self) {
        if let Some(worker) = self.worker.take() {
            let mut state = self.pool.lock();
            state.idle.push(worker);
            // What the drop takes away again.
            state.live += 1;
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // The process ends before its place is free, so that there are never more than allowed.
        drop(self.worker.take());
        let mut state = self.pool.lock();
        state.live = state.live.saturating_sub(1);
        drop(state);
        self.pool.freed.notify_one();
    }
}

/// Why a worker can't be used again.
#[derive(Debug)]
enum Fault {
    /// It took too long, died or spoke out of form.
    Broken(Failure),
    /// The caller's bytes ended early; the worker waits for the rest.
    Source(Failure),
}

#[derive(Debug)]
struct Worker {
    child: Child,
    wire: UnixStream,
    lacking: Vec<String>,
    served: u32,
    /// CPU time as last looked up.
    cpu: Duration,
}

/// All of a worker's environment. The allocator sets 1 GiB of addresses aside otherwise, which the
/// worker's limit counts.
pub(super) const ALLOCATOR: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "32MiB");

impl Worker {
    fn start(program: &PathBuf, limits: Limits, mode: Mode) -> Result<Self, Failure> {
        let (wire, theirs) = UnixStream::pair().map_err(no_worker)?;
        let child = Command::new(program)
            .arg(WORKER_ARGUMENT)
            .env_clear()
            .env(ALLOCATOR.0, ALLOCATOR.1)
            .current_dir("/")
            // A signal from the terminal is for the server, which ends its workers itself.
            .process_group(0)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(no_worker)?;
        let cpu = Duration::ZERO;
        let mut worker = Self { child, wire, lacking: Vec::new(), served: 0, cpu };
        worker.lacking = worker.greet(&Hello { mode, limits }).map_err(no_worker)?;
        Ok(worker)
    }

    fn greet(&mut self, hello: &Hello) -> io::Result<Vec<String>> {
        let mut timed = self.timed(START_S);
        frame::write_hello(&mut timed, hello)?;
        frame::read_lines(&mut timed)
    }

    fn ask_probe(&mut self, targets: &[u8]) -> io::Result<Vec<String>> {
        let mut timed = self.timed(START_S);
        let size = u64::try_from(targets.len()).map_err(io::Error::other)?;
        frame::write_question(&mut timed, Kind::Probe, size)?;
        timed.write_all(targets)?;
        frame::read_lines(&mut timed)
    }

    fn read(
        &mut self,
        kind: Kind,
        bytes: &mut dyn Read,
        size: u64,
        limits: &Limits,
    ) -> Result<Result<Text, Failure>, Fault> {
        self.served = self.served.saturating_add(1);
        self.bound_cpu(limits);
        let result = self.converse(kind, bytes, size, limits);
        match result {
            Ok(answer) => {
                self.cpu = self.cpu_used().unwrap_or(self.cpu);
                Ok(answer)
            }
            Err(Broken::Source(error)) if error.kind() == io::ErrorKind::HostUnreachable => {
                Err(Fault::Source(Failure::Away(error.to_string())))
            }
            Err(Broken::Source(error)) => Err(Fault::Source(Failure::Source(error.to_string()))),
            Err(Broken::Wire(error)) => Err(Fault::Broken(self.diagnose(&error))),
        }
    }

    fn converse(
        &mut self,
        kind: Kind,
        bytes: &mut dyn Read,
        size: u64,
        limits: &Limits,
    ) -> Result<Result<Text, Failure>, Broken> {
        let mut timed = self.timed(limits.wall_s);
        frame::write_question(&mut timed, kind, size).map_err(Broken::Wire)?;
        let mut left = size;
        let mut chunk = vec![0; CHUNK];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let room = chunk.get_mut(..most).unwrap_or_default();
            let asked = Instant::now();
            let read = bytes.read(room).map_err(Broken::Source)?;
            // A slow disk is not the document's fault.
            timed.end += asked.elapsed();
            if read == 0 {
                return Err(Broken::Source(io::ErrorKind::UnexpectedEof.into()));
            }
            timed.write_all(chunk.get(..read).unwrap_or_default()).map_err(Broken::Wire)?;
            left = left.saturating_sub(u64::try_from(read).unwrap_or(left));
        }
        frame::read_answer(&mut timed, limits.output_bytes).map_err(Broken::Wire)
    }

    /// What became of a worker that did not answer; ends it.
    fn diagnose(&mut self, error: &io::Error) -> Failure {
        if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) {
            return Failure::Timeout;
        }
        if error.kind() == io::ErrorKind::InvalidData {
            return Failure::Unreadable("the reader answered out of form".into());
        }
        // Its end of the socket is closed, so it is ending: the kill changes nothing about the
        // status it ends with, unless it lives on in spite of that.
        let _ = self.child.kill();
        let signal = self.child.wait().ok().and_then(|status| status.signal());
        match signal {
            Some(libc::SIGXCPU) => Failure::Timeout,
            Some(signal) => Failure::Unreadable(format!("the reader died of signal {signal}")),
            None => Failure::Unreadable("the reader ended".into()),
        }
    }

    /// From now on the CPU seconds of one document. The kernel keeps watch, also when the parent
    /// is gone.
    fn bound_cpu(&self, limits: &Limits) {
        let (Some(used), Some(pid)) = (self.cpu_used(), self.pid()) else { return };
        let hard = limit::cpu_s_hard(limits);
        let soft = used.as_secs().saturating_add(1).saturating_add(limits.cpu_s).min(hard);
        // Where the system refuses, the hard limit and the wall time hold.
        let limit = Rlimit { current: Some(soft), maximum: Some(hard) };
        let _ = rustix::process::prlimit(Some(pid), Resource::Cpu, limit);
    }

    /// CPU time of the process so far, from `/proc`.
    fn cpu_used(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name in brackets may hold anything; user and system time are the 12th and 13th
        // field behind it, in ticks.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace().skip(11);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        let ticks = user.saturating_add(system).saturating_mul(1000);
        Some(Duration::from_millis(ticks / rustix::param::clock_ticks_per_second().max(1)))
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn timed(&self, seconds: u64) -> Timed<'_> {
        Timed { wire: &self.wire, end: Instant::now() + Duration::from_secs(seconds) }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Which side of a conversation failed.
#[derive(Debug)]
enum Broken {
    Wire(io::Error),
    Source(io::Error),
}

/// The socket with one deadline for all that is said.
#[derive(Debug)]
struct Timed<'a> {
    wire: &'a UnixStream,
    end: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.wire.set_read_timeout(self.left()?)?;
        self.wire.read(bytes)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wire.set_write_timeout(self.left()?)?;
        self.wire.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn no_worker(why: impl std::fmt::Display) -> Failure {
    Failure::Worker(why.to_string())
}
