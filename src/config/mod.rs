//! The file an operator writes, and what it means to each module.
//!
//! `File` is what was typed: TOML, unknown fields refused, every value optional but the data
//! directory. `File::check` names everything that can't work, in one go, before anything is opened.
//! Each module has its own `Config`; this one only fills them. Nothing here reads the environment.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ipnet::IpNet;
use serde::Deserialize;

use crate::{
    blob,
    domain::{aktentyp::Aktentypen, fristenstand::Hausvorgaben},
    http, intake, ledger, registry, text,
};

mod aktentypen;
mod aussonderung;
mod postgres;
mod s3;
#[cfg(test)]
mod tests;

pub use postgres::{LedgerEngine, Postgres};
pub use s3::{BlobEngine, S3};

/// Errors of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("{0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// It is not TOML, or names something unknown.
    #[error("{0}: {1}")]
    Parse(PathBuf, Box<toml::de::Error>),
    /// Values that can't work; all of them.
    #[error("configuration: {}", .0.join("; "))]
    Values(Vec<String>),
}

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The data directory.
    pub data: PathBuf,
    /// Where to listen.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Networks of reverse proxies whose X-Forwarded-For is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<IpNet>,
    /// Names under which browsers reach the pages, without port; `localhost` and addresses always
    /// do. Behind a proxy the names it passes on in `Host`.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Certificate and key.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// True: nothing is written.
    #[serde(default)]
    pub read_only: bool,
    /// Threads that serve connections.
    #[serde(default = "workers")]
    pub workers: usize,
    /// Bounds of requests.
    #[serde(default)]
    pub limits: Limits,
    /// Reading of texts.
    #[serde(default)]
    pub text: Text,
    /// Free bytes below which nothing is accepted.
    #[serde(default = "reserve")]
    pub reserve_bytes: u64,
    /// Journal and tables.
    #[serde(default)]
    pub ledger: Ledger,
    /// Blobs.
    #[serde(default)]
    pub blobs: Blobs,
    /// The index.
    #[serde(default)]
    pub index: Index,
    /// Suggestions of where a document belongs.
    #[serde(default)]
    pub suggestions: Suggestions,
    /// Periods.
    #[serde(default)]
    pub aussonderung: Hausvorgaben,
    /// Folder with the city's own types of Akten, one JSON Schema a file.
    #[serde(default)]
    pub aktentypen: Option<PathBuf>,
}

const fn listen() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420)
}

const fn workers() -> usize {
    2
}

const fn reserve() -> u64 {
    256 << 20
}

/// A certificate, PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Bounds of requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of an uploaded file.
    pub upload_bytes: u64,
    /// Uploads at the same time, of all callers.
    pub uploads: usize,
    /// Files sent at the same time, to all callers; one caller gets a quarter of it.
    pub downloads: usize,
    /// Blocking requests of keys at the same time; must leave threads for people.
    pub bulk: usize,
    /// Connections at the same time.
    pub connections: usize,
    /// Longest silence of a client that sends a body, or reads none of what is sent, seconds.
    pub idle_s: u64,
    /// Bytes a second a client must send on average.
    pub bytes_per_s_min: u64,
    /// Bytes a second that a check asked for over the API reads.
    pub check_bytes_per_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upload_bytes: 2 << 30,
            uploads: 128,
            downloads: 512,
            bulk: 64,
            connections: 20_000,
            idle_s: 30,
            bytes_per_s_min: 1024,
            check_bytes_per_s: 100 << 20,
        }
    }
}

/// Threads for blocking work of each serving thread.
pub const BLOCKING_THREADS: usize = 96;

/// Reading of texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Text {
    /// Worker processes.
    pub workers: usize,
    /// The worker's program; none: this program.
    pub program: Option<PathBuf>,
    /// True: texts wait.
    pub paused: bool,
    /// Above this many bytes a document's text is "zu groß".
    pub document_bytes_max: u64,
    /// Memory of a worker, bytes.
    pub memory_bytes: u64,
    /// CPU time of one document, seconds.
    pub cpu_s: u64,
    /// Time of one document, seconds.
    pub wall_s: u64,
    /// Text of one document, bytes.
    pub output_bytes: u64,
    /// Pages of one document.
    pub pages: u32,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            workers: 1,
            program: None,
            paused: false,
            document_bytes_max: 200 << 20,
            memory_bytes: 1 << 30,
            cpu_s: 60,
            wall_s: 120,
            output_bytes: 64 << 20,
            pages: 20_000,
        }
    }
}

/// Journal and tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// Size at which a segment of the journal is sealed.
    pub segment_bytes: u64,
    /// Quiet after which the last frame is confirmed, milliseconds.
    pub quiet_ms: u64,
    /// Memory for pages of the tables.
    pub cache_bytes: u64,
    /// Where journal and tables lie.
    pub engine: LedgerEngine,
    /// The server, for `engine = "postgres"`.
    pub postgres: Option<Postgres>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            quiet_ms: 1000,
            cache_bytes: 32 << 20,
            engine: LedgerEngine::default(),
            postgres: None,
        }
    }
}

/// Blobs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Blobs {
    /// True: no neighbours on this file system, so that one syncfs may sync a group of blobs.
    pub own_filesystem: bool,
    /// Level of zstd for blobs that shrink; 0: none.
    pub compress_level: i32,
    /// Where they lie.
    pub engine: BlobEngine,
    /// The bucket, for `engine = "s3"`.
    pub s3: Option<S3>,
}

impl Default for Blobs {
    fn default() -> Self {
        let engine = BlobEngine::default();
        Self { own_filesystem: false, compress_level: 3, engine, s3: None }
    }
}

/// The index.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Index {
    /// Memory of its writer.
    pub heap_bytes: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self { heap_bytes: 32 << 20 }
    }
}

/// Suggestions of where a document belongs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Suggestions {
    /// True: nothing is learned; the model that lies there is used, if there is one.
    pub paused: bool,
}

impl File {
    /// All defaults for a data directory.
    #[must_use]
    pub fn new(data: &Path, listen: SocketAddr) -> Self {
        Self {
            data: data.to_owned(),
            listen,
            trusted_proxies: Vec::new(),
            hosts: Vec::new(),
            tls: None,
            read_only: false,
            workers: workers(),
            limits: Limits::default(),
            text: Text::default(),
            reserve_bytes: reserve(),
            ledger: Ledger::default(),
            blobs: Blobs::default(),
            index: Index::default(),
            suggestions: Suggestions::default(),
            aussonderung: Hausvorgaben::default(),
            aktentypen: None,
        }
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// See `Error`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::Read(path.to_owned(), e))?;
        let file: Self =
            toml::from_str(&text).map_err(|e| Error::Parse(path.to_owned(), Box::new(e)))?;
        file.check()?;
        Ok(file)
    }

    /// Names everything that can't work.
    ///
    /// # Errors
    /// `Values`.
    pub fn check(&self) -> Result<(), Error> {
        let mut wrong = Vec::new();
        let mut must = |fits: bool, what: &str| {
            if !fits {
                wrong.push(what.to_owned());
            }
        };
        let proxied = !self.trusted_proxies.is_empty();
        must(
            self.listen.ip().is_loopback() || self.tls.is_some() || proxied,
            "listen: off loopback it takes [tls] or trusted_proxies, else passwords go in clear",
        );
        if let Some(tls) = &self.tls {
            must(tls.cert.is_file(), "tls.cert: no such file");
            must(tls.key.is_file(), "tls.key: no such file");
        }
        let name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        must(
            self.hosts.iter().all(|h| !h.is_empty() && h.bytes().all(name)),
            "hosts: names like akten.lindenau.example, without scheme and port",
        );
        must((1..=64).contains(&self.workers), "workers: 1 to 64");
        let Limits { upload_bytes, uploads, downloads, bulk, connections, idle_s, .. } =
            self.limits;
        must(upload_bytes >= 1, "limits.upload_bytes: at least 1");
        must((1..=4096).contains(&uploads), "limits.uploads: 1 to 4096");
        must((4..=65_536).contains(&downloads), "limits.downloads: 4 to 65536");
        must(
            (1..=BLOCKING_THREADS * 3 / 4).contains(&bulk),
            "limits.bulk: 1 to 72, so that threads are left for people",
        );
        must((1..=1_000_000).contains(&connections), "limits.connections: 1 to 1000000");
        must((1..=3600).contains(&idle_s), "limits.idle_s: 1 to 3600");
        must(self.text.workers <= 64, "text.workers: at most 64");
        let program = self.text.program.as_ref();
        must(program.is_none_or(|p| p.is_file()), "text.program: no such file");
        must(self.text.memory_bytes >= 64 << 20, "text.memory_bytes: at least 67108864");
        must(self.ledger.segment_bytes >= 64 << 10, "ledger.segment_bytes: at least 65536");
        must((10..=60_000).contains(&self.ledger.quiet_ms), "ledger.quiet_ms: 10 to 60000");
        must((0..=19).contains(&self.blobs.compress_level), "blobs.compress_level: 0 to 19");
        postgres::check(&self.ledger, &mut must);
        s3::check(&self.blobs, &mut must);
        aussonderung::check(&self.aussonderung, &mut must);
        must(
            self.index.heap_bytes >= 15 << 20,
            "index.heap_bytes: at least 15728640 (the index takes no less)",
        );
        if wrong.is_empty() { Ok(()) } else { Err(Error::Values(wrong)) }
    }

    /// True: browsers come over TLS, ours or a proxy's, so that cookies are `Secure`.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.tls.is_some() || !self.trusted_proxies.is_empty()
    }

    /// For `http`.
    #[must_use]
    pub fn http(&self) -> http::Limits {
        http::Limits {
            uploads: self.limits.uploads,
            downloads: self.limits.downloads,
            bulk: self.limits.bulk,
            idle: Duration::from_secs(self.limits.idle_s),
            bytes_per_s_min: self.limits.bytes_per_s_min,
            ..http::Limits::default()
        }
    }

    /// For `intake`.
    #[must_use]
    pub const fn intake(&self) -> intake::Config {
        intake::Config { bytes_max: self.limits.upload_bytes }
    }

    /// For `blob`.
    #[must_use]
    pub fn blob(&self) -> blob::Config {
        blob::Config {
            dir: self.data.join("blobs"),
            compress_level: self.blobs.compress_level,
            own_filesystem: self.blobs.own_filesystem,
            reserve_bytes: self.reserve_bytes,
        }
    }

    /// For `blob`, where blobs lie in a bucket; the key is read from its file.
    ///
    /// # Errors
    /// `Read`.
    pub fn s3(&self) -> Result<Option<blob::S3>, Error> {
        let Some(s3) = self.blobs.s3.as_ref().filter(|_| self.blobs.engine == BlobEngine::S3)
        else {
            return Ok(None);
        };
        s3.config(self).map(Some)
    }

    /// For `ledger`; `free` tells the free bytes where it lies.
    #[must_use]
    pub fn ledger(&self, free: ledger::Free) -> ledger::Config {
        ledger::Config {
            quiet_ms: self.ledger.quiet_ms,
            reserve_bytes: self.reserve_bytes,
            free: Some(free),
            read_only: self.read_only.then(|| "the operator wants it so".to_owned()),
            ..ledger::Config::default()
        }
    }

    /// For the journal.
    #[must_use]
    pub fn journal(&self) -> ledger::journal::file::Config {
        ledger::journal::file::Config {
            segment_bytes: self.ledger.segment_bytes,
            reserve_bytes: self.reserve_bytes,
            ..ledger::journal::file::Config::new(self.data.join("journal"))
        }
    }

    /// For the tables.
    #[must_use]
    pub fn tables(&self) -> ledger::table::sled::Config {
        ledger::table::sled::Config {
            cache_bytes: self.ledger.cache_bytes,
            ..ledger::table::sled::Config::new(self.data.join("tables"))
        }
    }

    /// The types of Akten: the program's and the city's.
    ///
    /// # Errors
    /// `Read`, or `Values` with all schemas that are refused.
    pub fn typen(&self) -> Result<Arc<Aktentypen>, Error> {
        aktentypen::read(self.aktentypen.as_deref())
    }

    /// For `registry`.
    #[must_use]
    pub fn registry(&self, typen: Arc<Aktentypen>) -> registry::Config {
        registry::Config {
            text_bytes_max: self.text.document_bytes_max,
            typen,
            fristen: self.aussonderung.clone(),
            ..registry::Config::default()
        }
    }

    /// For `text`.
    #[must_use]
    pub fn text(&self) -> text::Limits {
        text::Limits {
            memory_bytes: self.text.memory_bytes,
            cpu_s: self.text.cpu_s,
            wall_s: self.text.wall_s,
            input_bytes: self.text.document_bytes_max,
            output_bytes: self.text.output_bytes,
            pages: self.text.pages,
            ..text::Limits::default()
        }
    }
}
