//! Connections: made, tested, and set up so that a dead node never holds the head row for long.

use std::{
    fs,
    path::Path,
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use postgres::{Client, NoTls, Statement, config::TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Config, Error};

/// A connection with the statements that every read and write needs.
pub(super) struct Connection {
    pub client: Client,
    /// Set by a warning of the server since it was last cleared.
    warned: Arc<AtomicBool>,
    /// True on a standby, where nothing can be written.
    pub standby: bool,
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
    base: postgres::Config,
    tls: Option<MakeRustlsConnect>,
    setup: String,
    synchronous: bool,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    pub fn new(config: &Config) -> Result<Self, Error> {
        let mut base =
            postgres::Config::from_str(&config.url).map_err(|e| Error::Unfit(super::full(&e)))?;
        if let Some(password) = &config.password {
            base.password(password);
        }
        base.application_name("aktenlauf")
            .connect_timeout(config.connect_timeout)
            .tcp_user_timeout(config.statement_timeout)
            .keepalives(true)
            .keepalives_idle(std::time::Duration::from_secs(5))
            .keepalives_interval(std::time::Duration::from_secs(2))
            .keepalives_retries(3);
        let tls = config.ca.as_deref().map(trusting).transpose()?;
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
        Ok(Self { base, tls, setup, synchronous: config.synchronous })
    }

    fn connect(&self, wanted: TargetSessionAttrs) -> Result<Connection, Error> {
        let warned = Arc::new(AtomicBool::new(false));
        let mut config = self.base.clone();
        config.target_session_attrs(wanted);
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
        warned.store(false, Ordering::SeqCst);
        Ok(Connection { client, warned, standby, statements: Vec::new() })
    }

    /// A connection to the server that takes writes, which must keep what it is told.
    pub fn writable(&self) -> Result<Connection, Error> {
        let mut connection = self.connect(TargetSessionAttrs::ReadWrite)?;
        if connection.standby {
            return Err(Error::Unreachable("it is a standby, and takes no writes".into()));
        }
        self.fit(&mut connection.client)?;
        Ok(connection)
    }

    /// A connection for reading: to the server that takes writes, else to any.
    pub fn readable(&self) -> Result<Connection, Error> {
        self.connect(TargetSessionAttrs::ReadWrite)
            .or_else(|first| self.connect(TargetSessionAttrs::Any).map_err(|_| first))
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
