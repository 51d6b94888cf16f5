//! Journal and tables in one PostgreSQL schema, for any number of nodes.
//!
//! A group of commits is one transaction: it locks the one head row, decides, and writes entries
//! and rows; `seq` comes from the head row, never from a sequence. Nothing is called durable that
//! PostgreSQL, with its synchronous standbys where there must be some, has not said to be so. The
//! layout of keys and values is the ledger's own; this only keeps bytes.

use std::{
    path::PathBuf,
    str::FromStr as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

use postgres::config::Host;

use super::{Position, journal, table};

mod cache;
mod connect;
mod fence;
mod group;
mod journals;
mod operational;
mod pool;
mod schema;
mod tables;
mod views;

pub use journals::Journals;
pub use operational::Operational;
pub use tables::Tables;

use cache::Cache;
use connect::{Connection, Connector};
use fence::Fence;
use group::Group;
use pool::Pool;

/// Where the schema is, and how it is used.
#[derive(Clone)]
pub struct Config {
    /// Connection string as libpq takes it; several hosts are tried in order, the one that takes
    /// writes is found by itself. Without a password.
    pub url: String,
    /// The password, where one is needed.
    pub password: Option<String>,
    /// The schema, one for each Mandant: a to z, digits, `_`, at most 40 characters.
    pub schema: String,
    /// PEM file of the authorities that the server's certificate must come from; none: no TLS,
    /// which is refused for a host that is not this one.
    pub ca: Option<PathBuf>,
    /// True: no commit counts before a synchronous standby has it; without one nothing is written.
    pub synchronous: bool,
    /// Connections for reading.
    pub connections: usize,
    /// After so long a connection attempt fails.
    pub connect_timeout: Duration,
    /// After so long a statement is cancelled, and a commit without an answer counts as unknown:
    /// PostgreSQL itself waits for a standby without end.
    pub statement_timeout: Duration,
    /// How long the outcome of a commit whose answer was lost is looked for.
    pub settle_timeout: Duration,
    /// File in which this node remembers the newest history that it saw.
    pub seen: Option<PathBuf>,
    /// Database roles that may read the reporting views: all but walled units, and these too.
    pub report_role: Option<String>,
    /// See `report_role`.
    pub report_walled_role: Option<String>,
}

impl Config {
    /// A schema of that name, with the usual times.
    #[must_use]
    pub fn new(url: impl Into<String>, schema: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            schema: schema.into(),
            ca: None,
            synchronous: false,
            connections: 16,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(15),
            settle_timeout: Duration::from_secs(10),
            seen: None,
            report_role: None,
            report_walled_role: None,
        }
    }

    /// What is wrong with it, in the operator's words.
    ///
    /// # Errors
    /// The first thing that is.
    pub fn check(&self) -> Result<(), String> {
        let name = |text: &str| {
            let mut bytes = text.bytes();
            bytes.next().is_some_and(|b| b.is_ascii_lowercase())
                && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
                && text.len() <= 40
        };
        let roles = self.report_role.iter().chain(&self.report_walled_role);
        for text in roles.chain([&self.schema]) {
            if !name(text) {
                return Err(format!("{text:?} is no name of a to z, digits and _"));
            }
        }
        let url = postgres::Config::from_str(&self.url).map_err(|e| e.to_string())?;
        if url.get_password().is_some() {
            return Err("the connection string must not hold a password".into());
        }
        let here = |host: &Host| match host {
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
            Host::Unix(_) => true,
        };
        if self.ca.is_none() && !url.get_hosts().iter().all(here) {
            return Err("a server on another host needs `ca`, so that TLS can be trusted".into());
        }
        Ok(())
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("postgres::Config")
            .field("url", &self.url)
            .field("schema", &self.schema)
            .field("synchronous", &self.synchronous)
            .finish_non_exhaustive()
    }
}

/// Errors of this engine, before they are a journal's or a table's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Configuration or server are not fit for an E-Akte; trying again does not help.
    #[error("PostgreSQL: {0}")]
    Unfit(String),
    /// Not reachable, or not to be written to now; nothing was written.
    #[error("PostgreSQL: {0}")]
    Unreachable(String),
    /// No answer to a commit.
    #[error("PostgreSQL: {0}")]
    Unknown(String),
    /// Anything else that the server says.
    #[error("PostgreSQL: {0}")]
    Server(String),
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else { return Self::Unreachable(full(&error)) };
        let text = format!("{} ({})", db.message(), db.code().code());
        // By class: connection, no resources, shut down; by code: a wait that ended, a standby, a
        // transaction that an earlier error has ended and that can't be committed any more.
        let soon = ["08", "53", "57", "40"].iter().any(|class| db.code().code().starts_with(class))
            || ["55P03", "25006", "25P02", "25P03"].contains(&db.code().code());
        if soon { Self::Unreachable(text) } else { Self::Server(text) }
    }
}

/// An error with what caused it; the crate's own text often names only the place.
fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl From<Error> for journal::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unreachable(why) => Self::Unreachable(why),
            other => Self::Io(std::io::Error::other(other.to_string())),
        }
    }
}

impl From<Error> for table::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unreachable(why) => Self::Unreachable(why),
            Error::Unknown(why) => Self::Unknown(why),
            other => Self::Engine(other.to_string()),
        }
    }
}

/// The schema, opened: connections, the running group, the last known head.
#[derive(Debug)]
struct Engine {
    config: Config,
    connector: Connector,
    pool: Pool,
    group: Mutex<Group>,
    head: Mutex<Position>,
    cache: Mutex<Cache>,
    /// The connection that listens for other nodes' commits.
    ear: Mutex<Option<Connection>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens the schema, making it where there is none, as a journal and its tables.
///
/// # Errors
/// `Unfit` if the server does not keep what it is told; else as the server says.
pub fn open(config: Config) -> Result<(Journals, Tables), Error> {
    config.check().map_err(Error::Unfit)?;
    let connector = Connector::new(&config, Fence::open(config.seen.clone())?)?;
    let (wanted, known) = (config.clone(), connector.fence.knows_any());
    let ensure = move |connection: &mut Connection| {
        schema::ensure(connection, &wanted, known)?;
        schema::head(connection)
    };
    let (first, head) = patient(config.statement_timeout, connector.writable()?, ensure)?;
    let engine = Arc::new(Engine::new(config, connector, Some(first), head.position));
    let tables = Tables::new(Arc::clone(&engine));
    Ok((Journals(engine), tables))
}

/// The journal as some server has it, a standby or a former primary perhaps. Nothing is written.
///
/// # Errors
/// As the server says.
pub fn look(config: Config) -> Result<Journals, Error> {
    config.check().map_err(Error::Unfit)?;
    let connector = Connector::new(&config, Fence::open(None)?)?;
    let head = schema::head(&mut connector.readable()?)?;
    Ok(Journals(Arc::new(Engine::new(config, connector, None, head.position))))
}

/// Waits for what ends with a commit, but not without end, as PostgreSQL does where a standby is
/// missing. A wait that is given up goes on, on a connection that nobody uses any more: to cancel
/// it would show to readers what no standby has.
fn patient<T: Send + 'static>(
    limit: Duration,
    mut connection: Connection,
    act: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
) -> Result<(Connection, T), Error> {
    let (tell, told) = mpsc::sync_channel(1);
    let wait = move || {
        let done = act(&mut connection);
        // Who asked may have given up.
        let _ = tell.send(done.map(|value| (connection, value)));
    };
    let thread = std::thread::Builder::new().name("commit".into()).spawn(wait);
    thread.map_err(|e| Error::Unreachable(e.to_string()))?;
    told.recv_timeout(limit).unwrap_or_else(|_| {
        let text = format!("no answer to a commit within {limit:?}; is a standby missing?");
        Err(Error::Unknown(text))
    })
}

/// True if somebody has written to the schema. Nothing is made or remembered.
///
/// # Errors
/// As the server says.
pub fn founded(config: &Config) -> Result<bool, Error> {
    config.check().map_err(Error::Unfit)?;
    let mut connection = Connector::new(config, Fence::open(None)?)?.readable()?;
    let there = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'head'";
    if connection.client.query_opt(there, &[&config.schema])?.is_none() {
        return Ok(false);
    }
    Ok(schema::head(&mut connection)?.position != Position::default())
}

impl Engine {
    fn patient<T: Send + 'static>(
        &self,
        connection: Connection,
        act: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<(Connection, T), Error> {
        patient(self.config.statement_timeout, connection, act)
    }

    fn new(
        config: Config,
        connector: Connector,
        first: Option<Connection>,
        head: Position,
    ) -> Self {
        Self {
            pool: Pool::new(config.connections),
            group: Mutex::new(Group::on(first)),
            head: Mutex::new(head),
            cache: Mutex::default(),
            ear: Mutex::default(),
            connector,
            config,
        }
    }
}
