//! The server: opens a data directory, serves it, runs the house's own threads, shuts down.
//!
//! This is the one place with a real clock and real randomness. A stop takes no more connections,
//! lets running requests end, ends the threads, and closes index and ledger, the latter with its
//! clean marker. When a write of journal or blobs failed and its outcome is unknown, readiness
//! goes red and the process ends with `Exit::Poisoned`, because nothing it could still say would be
//! sure.

pub mod admin;
pub mod commands;
pub mod data;
mod fristen;
pub mod house;
mod jobs;
pub mod log;
pub mod moving;
mod patience;
mod rereads;
mod rest;
#[cfg(test)]
mod rig;
pub mod shelf;
mod source;
mod suggest;
mod sweeps;
mod texts;
pub mod tls;
mod typen;
mod web;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use actix_web::web::Data;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

pub use house::{Error, House};
pub use source::System;

use self::web::{Shared, Web};
use crate::{
    api, config,
    http::{Front, peer::Proxies},
    intake::Intake,
    ledger::{self, State},
    registry::Registry,
    text::Pool,
    web as pages,
};
use rest::Rest;

/// How long a thread may go on after a stop was asked for; a text may take longer, and is left.
const THREADS_PATIENCE: Duration = Duration::from_secs(5);
/// How often the ledger's state is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(250);
/// Time between a poisoned ledger and the end, so that readiness is seen red.
const POISONED_GRACE: Duration = Duration::from_secs(2);

/// Why a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was asked to.
    Asked,
    /// A write failed; what became of it is unknown until the next start.
    Poisoned,
}

impl Exit {
    /// The process's exit code; 3 is documented as "start me again and look at the disk".
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Asked => 0,
            Self::Poisoned => 3,
        }
    }
}

/// A running server. Dropping it without `stop` leaves the ledger unclean, as a crash would.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    tls: bool,
    house: Arc<House>,
    web: Option<Web>,
    threads: Vec<JoinHandle<()>>,
    rest: Arc<Rest>,
    admin: Option<admin::Socket>,
    ended: Mutex<mpsc::Receiver<Exit>>,
    end: mpsc::SyncSender<Exit>,
}

/// Opens and serves. `progress(done, total)` tells of a rebuild.
///
/// # Errors
/// See `Error`.
pub fn start(file: &config::File, progress: &dyn Fn(u64, u64)) -> Result<Running, Error> {
    file.check()?;
    raise_open_files();
    let tls = file.tls.as_ref().map(tls::config).transpose()?;
    let named = |what: String| move |e: io::Error| Error::System(what, e);
    // Bound before the stores are opened: a wrong address is said at once.
    let listener = TcpListener::bind(file.listen).map_err(named(file.listen.to_string()))?;
    let addr = listener.local_addr().map_err(named(file.listen.to_string()))?;
    let alone = file.postgres()?.is_none() && !file.read_only;
    let mark = alone.then(|| file.data.join("operational").join("aktentypen.json"));
    let house = Arc::new(House::open(file, Arc::new(System), true, progress)?);
    // Only here: whoever verifies or repairs a house must not be stopped by a schema.
    if let Err(unfit) = typen::check(&house.registry, &house.ledger, mark.as_deref()) {
        house.close();
        return Err(Error::Aktentypen(unfit));
    }
    let rest = Arc::new(Rest::default());
    let (end, ended) = mpsc::sync_channel(4);
    let pool = pool(file);
    let workers = file.text.workers;
    let learns = !file.suggestions.paused;
    let mut threads = jobs::start(&house, &rest, pool, workers, learns, file.read_only)
        .map_err(named("jobs".into()))?;
    threads.push(watch(&house, &rest, end.clone()).map_err(named("watch".into()))?);
    let admin = admin::Socket::listen(
        &file.data.join("admin.sock"),
        commands::handler(&house, end.clone()),
    );
    let admin = admin.map_err(named("admin.sock".into()))?;
    let shared =
        Shared { front: front(file, &house), app: app(file, &house), setup: setup(file, &house) };
    let has_tls = tls.is_some();
    let web = Web::start(file, listener, tls, shared).map_err(named("web".into()))?;
    tracing::info!(%addr, read_only = file.read_only, "serving");
    Ok(Running {
        addr,
        tls: has_tls,
        house,
        web: Some(web),
        threads,
        rest,
        admin: Some(admin),
        ended: Mutex::new(ended),
        end,
    })
}

fn front(file: &config::File, house: &House) -> Data<Front> {
    let proxies = Proxies(file.trusted_proxies.clone());
    let (source, sessions) = (Arc::clone(&house.source), Arc::clone(&house.sessions));
    Data::new(Front::new(source, house.registry.clone(), proxies, file.http(), sessions))
}

fn app(file: &config::File, house: &House) -> Data<api::App> {
    let check = api::check::Check {
        ledger: Arc::clone(&house.ledger),
        blobs: Arc::clone(&house.blobs),
        index: Arc::clone(&house.index),
        follow: Arc::clone(&house.follow),
        bytes_per_s: Some(file.limits.check_bytes_per_s),
    };
    Data::new(api::App {
        intake: Intake::new(house.registry.clone(), file.intake()),
        follow: Arc::clone(&house.follow),
        check: Arc::new(check),
        runs: api::pruefung::Runs::default(),
        read_only: file.read_only,
    })
}

fn setup(file: &config::File, house: &House) -> Data<pages::Setup> {
    Data::new(pages::Setup {
        hosts: file.hosts.clone(),
        secure: file.secure(),
        follow: Arc::clone(&house.follow),
        docs: pages::Docs::new(&api::openapi()),
    })
}

/// True if nothing was founded yet where the configuration says that the journal is.
///
/// # Errors
/// If that can't be found out.
pub fn is_new(file: &config::File) -> Result<bool, Error> {
    Ok(match file.postgres()? {
        Some(postgres) => !ledger::postgres::founded(&postgres)?,
        None => !file.data.join("FORMAT").exists(),
    })
}

/// The workers that read texts; none while texts are to wait.
fn pool(file: &config::File) -> Option<Arc<Pool>> {
    if file.text.paused || file.read_only || file.text.workers == 0 {
        return None;
    }
    let program = match &file.text.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into()),
    };
    let pool = Pool::new(program, file.text(), file.text.workers);
    match pool.check() {
        Ok(lacking) => lacking.iter().for_each(|what| tracing::warn!(what, "text worker")),
        Err(error) => tracing::error!(%error, "text worker"),
    }
    Some(Arc::new(pool))
}

/// Ends the server when the ledger is poisoned, or blobs can't be stored any more.
fn watch(
    house: &House,
    rest: &Arc<Rest>,
    end: mpsc::SyncSender<Exit>,
) -> io::Result<JoinHandle<()>> {
    let (ledger, blobs) = (Arc::clone(&house.ledger), Arc::clone(&house.blobs));
    let rest = Arc::clone(rest);
    std::thread::Builder::new().name("watch".into()).spawn(move || {
        while !rest.pause(WATCH_EVERY) {
            let poisoned = match ledger.state() {
                State::Poisoned(why) => Some(why),
                _ => blobs.broken(),
            };
            if let Some(why) = poisoned {
                tracing::error!(why, "the outcome of a write is unknown: the process ends");
                rest.pause(POISONED_GRACE);
                let _ = end.try_send(Exit::Poisoned);
                return;
            }
        }
    })
}

/// A connection is a file. What the system allows is taken; what it does not, shows at the bound.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address as a client writes it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }

    /// The rules, for whoever runs in the same process.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.house.registry
    }

    /// What was opened.
    #[must_use]
    pub const fn house(&self) -> &Arc<House> {
        &self.house
    }

    /// From here on SIGTERM and SIGINT end `wait` instead of the process. To be called before
    /// anybody is told that the server is there, who might stop it at once.
    ///
    /// # Errors
    /// If signals can't be waited for.
    pub fn catch_signals(&self) -> Result<(), Error> {
        let end = self.end.clone();
        let named = |e| Error::System("signals".into(), e);
        let (ready, caught) = mpsc::sync_channel(1);
        // The thread ends with the process.
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || signals(&end, &ready))
            .map_err(named)?;
        caught.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into())).map_err(named)
    }

    /// Waits until it is to end: by a signal, a command, or a poisoned ledger. Then stops.
    #[must_use]
    pub fn wait(self) -> Exit {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let exit = ended.unwrap_or(Exit::Asked);
        self.stop();
        exit
    }

    /// Stops: no more connections, running requests end, threads end, the ledger is closed.
    pub fn stop(mut self) {
        drop(self.admin.take());
        if let Some(web) = self.web.take() {
            web.stop();
        }
        self.rest.end();
        // A real clock, because it bounds a wait and decides nothing else.
        let begun = Instant::now();
        let mut following = false;
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && begun.elapsed() < THREADS_PATIENCE {
                std::thread::sleep(Duration::from_millis(5));
            }
            if thread.is_finished() {
                drop(thread.join());
            } else {
                following |= thread.thread().name() == Some(jobs::FOLLOW);
            }
        }
        // One that still works holds the index; it goes on from its last commit at the next start.
        if !following && let Err(error) = self.house.follow.close() {
            tracing::warn!(%error, "the index begins at its last commit when it is opened again");
        }
        self.house.close();
        tracing::info!("stopped");
    }
}

/// Tells `ready` once it waits for SIGTERM and SIGINT, and waits.
fn signals(end: &mpsc::SyncSender<Exit>, ready: &mpsc::SyncSender<io::Result<()>>) {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    actix_web::rt::System::new().block_on(async {
        let both = signal(SignalKind::terminate())
            .and_then(|term| Ok((term, signal(SignalKind::interrupt())?)));
        match both {
            Ok((mut term, mut int)) => {
                let _ = ready.send(Ok(()));
                futures_util::future::select(Box::pin(term.recv()), Box::pin(int.recv())).await;
                let _ = end.try_send(Exit::Asked);
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    });
}
