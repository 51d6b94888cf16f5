//! Connections: made, tested, and set up so that a dead node never holds the head row for long.

use std::{
    fs,
    path::Path,
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use postgres::{
    Client, NoTls, Statement,
    config::{Host, SslMode},
    error::SqlState,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Config, Error, fence::Fence};

/// A connection with the statements that every read and write needs.
pub(super) struct Connection {
    pub client: Client,
    /// Set by a warning of the server since it was last cleared.
    warned: Arc<AtomicBool>,
    /// True on a standby, where nothing can be written.
    pub standby: bool,
    /// The epoch that its server had when it was made.
    pub epoch: i64,
    statements: Vec<(&'static str, Statement)>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("standby", &self.standby).finish_non_exhaustive()
    }
}

impl Connection {
    /// The statement, prepared once a connection.
    pub fn prepared(&mut self, sql: &'static str) -> Result<Statement, Error> {
        if let Some((_, found)) = self.statements.iter().find(|(text, _)| *text == sql) {
            return Ok(found.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.push((sql, statement.clone()));
        Ok(statement)
    }

    /// Whether the server warned since the last call. The one warning that a commit can meet is
    /// that its wait for a standby was cancelled: it is then committed here and nowhere else.
    pub fn warned(&self) -> bool {
        self.warned.swap(false, Ordering::SeqCst)
    }
}

/// Makes connections.
pub(super) struct Connector {
    /// One for each host of the connection string, in its order.
    servers: Vec<postgres::Config>,
    tls: Option<MakeRustlsConnect>,
    setup: String,
    synchronous: bool,
    pub fence: Fence,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    pub fn new(config: &Config, fence: Fence) -> Result<Self, Error> {
        let url = postgres::Config::from_str(&config.url);
        let url = url.map_err(|e| Error::Unfit(super::full(&e)))?;
        let tls = config.ca.as_deref().map(trusting).transpose()?;
        let mut servers = servers(&url);
        for server in &mut servers {
            if let Some(password) = &config.password {
                server.password(password);
            }
            if tls.is_some() {
                // Else a server that says it has no TLS would be talked to in clear.
                server.ssl_mode(SslMode::Require);
            }
            server
                .application_name("aktenlauf")
                .connect_timeout(config.connect_timeout)
                .tcp_user_timeout(config.statement_timeout)
                .keepalives(true)
                .keepalives_idle(Duration::from_secs(5))
                .keepalives_interval(Duration::from_secs(2))
                .keepalives_retries(3);
        }
        // A node that is gone must not keep the head row: the server notices within seconds.
        let setup = format!(
            "SET search_path TO \"{schema}\", pg_catalog; SET synchronous_commit = on; \
             SET statement_timeout = {wait}; SET lock_timeout = {wait}; \
             SET idle_in_transaction_session_timeout = {wait}; SET tcp_keepalives_idle = 5; \
             SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
             SET client_min_messages = warning; SET jit = off; SET TimeZone = 'UTC'",
            schema = config.schema,
            wait = config.statement_timeout.as_millis(),
        );
        Ok(Self { servers, tls, setup, synchronous: config.synchronous, fence })
    }

    fn connect(&self, server: &postgres::Config) -> Result<Connection, Error> {
        let warned = Arc::new(AtomicBool::new(false));
        let mut config = server.clone();
        let seen = Arc::clone(&warned);
        config.notice_callback(move |notice| {
            if notice.severity() == "WARNING" || notice.code().code().starts_with("01") {
                tracing::warn!(message = notice.message(), "PostgreSQL warns");
                seen.store(true, Ordering::SeqCst);
            }
        });
        let connected = match &self.tls {
            Some(tls) => config.connect(tls.clone()),
            None => config.connect(NoTls),
        };
        // Whatever a connection fails with may be over in a moment, a wrong password too.
        let mut client = connected.map_err(|e| Error::Unreachable(super::full(&e)))?;
        client.batch_execute(&self.setup)?;
        let standby = client.query_one("SELECT pg_is_in_recovery()", &[])?.try_get(0)?;
        let mut epoch = 0;
        let history = "SELECT epoch, timeline FROM head";
        match client.query_one(history, &[]) {
            Ok(row) => {
                epoch = row.try_get(0)?;
                let timeline = row.try_get(1)?;
                self.fence.admit(epoch, timeline)?;
                self.fence.remember(epoch, timeline)?;
            }
            // Before the first start there is no such table.
            Err(e) if e.code() == Some(&SqlState::UNDEFINED_TABLE) => {}
            Err(e) => return Err(e.into()),
        }
        warned.store(false, Ordering::SeqCst);
        Ok(Connection { client, warned, standby, epoch, statements: Vec::new() })
    }

    /// A connection to the first server that will do; the first reason why not, if none does.
    fn first(
        &self,
        fit: impl Fn(&mut Connection) -> Result<(), Error>,
    ) -> Result<Connection, Error> {
        let mut refused = None;
        for server in &self.servers {
            let connected = self.connect(server).and_then(|mut connection| {
                fit(&mut connection)?;
                Ok(connection)
            });
            match connected {
                // A server that loses documents ends the search: it must not be passed over.
                Ok(_) | Err(Error::Unfit(_)) => return connected,
                Err(error) => drop(refused.get_or_insert(error)),
            }
        }
        Err(refused.unwrap_or_else(|| Error::Unreachable("no host is named".into())))
    }

    /// A connection to the server that takes writes, which must keep what it is told.
    pub fn writable(&self) -> Result<Connection, Error> {
        self.first(|connection| {
            if connection.standby {
                return Err(Error::Unreachable("it is a standby, and takes no writes".into()));
            }
            self.fit(&mut connection.client)
        })
    }

    /// A connection for reading: to the server that takes writes, else to any.
    pub fn readable(&self) -> Result<Connection, Error> {
        let standby = || Error::Unreachable("it is a standby".into());
        self.first(|c| if c.standby { Err(standby()) } else { Ok(()) })
            .or_else(|first| self.first(|_| Ok(())).map_err(|_| first))
    }

    /// Refuses a server that acknowledges what it has not written.
    fn fit(&self, client: &mut Client) -> Result<(), Error> {
        let rows = client.query(
            "SELECT name, reset_val FROM pg_settings WHERE name IN \
             ('fsync', 'full_page_writes', 'synchronous_commit', 'server_encoding')",
            &[],
        )?;
        for row in rows {
            let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let fit = match name.as_str() {
                "server_encoding" => value == "UTF8",
                "synchronous_commit" => match self.synchronous {
                    true => ["on", "remote_apply"].contains(&value.as_str()),
                    false => value != "off",
                },
                _ => value == "on",
            };
            if !fit {
                let text = format!("the server has {name} = {value}; with that it loses documents");
                return Err(Error::Unfit(text));
            }
        }
        Ok(())
    }
}

/// The hosts of a connection string, each as a configuration of its own: which of them is used is
/// decided here, by what it says of its history.
fn servers(url: &postgres::Config) -> Vec<postgres::Config> {
    let one = |at: usize, host: &Host| {
        let mut server = postgres::Config::new();
        match host {
            Host::Tcp(name) => server.host(name),
            Host::Unix(path) => server.host_path(path),
        };
        if let Some(addr) = url.get_hostaddrs().get(at) {
            server.hostaddr(*addr);
        }
        let ports = url.get_ports();
        if let Some(port) = ports.get(at).or_else(|| ports.first()) {
            server.port(*port);
        }
        url.get_user().map(|user| server.user(user));
        url.get_dbname().map(|name| server.dbname(name));
        url.get_options().map(|options| server.options(options));
        server.ssl_mode(url.get_ssl_mode()).channel_binding(url.get_channel_binding());
        server
    };
    url.get_hosts().iter().enumerate().map(|(at, host)| one(at, host)).collect()
}

/// TLS that trusts the authorities of a PEM file and nobody else.
fn trusting(path: &Path) -> Result<MakeRustlsConnect, Error> {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let unfit = |what: String| Error::Unfit(format!("{}: {what}", path.display()));
    let pem = fs::read(path).map_err(|e| unfit(e.to_string()))?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| unfit(e.to_string()))?;
        roots.add(certificate).map_err(|e| unfit(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unfit("no certificate in it".into()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| unfit(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
