//! A small client of our own REST API, for `push` and `demo`.
//!
//! It sends what any other client would send; it knows nothing that openapi.json does not say.

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
    time::Duration,
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use ureq::{Agent, SendBody, tls};

/// Separates the parts of an upload. Parts are announced with their length by nobody, so it must
/// not occur in the bytes: 128 bits of a digest over them make that as good as impossible.
const BOUNDARY: &str = "aktenlauf";

/// What went wrong with a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server can't be reached, or the connection broke.
    #[error("{0}")]
    Transport(#[from] ureq::Error),
    /// A file can't be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The server refused (RFC 9457).
    #[error("{status} {code}: {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable code of the problem.
        code: String,
        /// What to do, in German.
        detail: String,
        /// True if the same request may succeed later.
        again: bool,
    },
}

impl Error {
    /// True if the same request may succeed later.
    #[must_use]
    pub const fn again(&self) -> bool {
        matches!(self, Self::Transport(_) | Self::Refused { again: true, .. })
    }
}

/// A connection to one server with one credential.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    key: String,
}

impl Client {
    /// `base` is the server's address, e.g. `https://akten.example.org`; `key` a key or a session
    /// token; `ca` a PEM file of the city's own certificate authority.
    ///
    /// # Errors
    /// If `ca` can't be read.
    pub fn new(base: &str, key: &str, ca: Option<&Path>) -> Result<Self, Error> {
        let mut tls = tls::TlsConfig::builder();
        if let Some(path) = ca {
            let pem = std::fs::read(path)?;
            let items: Vec<_> = tls::parse_pem(&pem)
                .filter_map(Result::ok)
                .filter_map(|item| match item {
                    tls::PemItem::Certificate(c) => Some(c),
                    _ => None,
                })
                .collect();
            tls = tls.root_certs(tls::RootCerts::new_with_certs(&items));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(tls.build())
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(300)))
            // Shorter than the server waits for the next request, so that none meets a closed one.
            .max_idle_age(Duration::from_secs(2))
            .max_idle_connections_per_host(16)
            .build()
            .new_agent();
        Ok(Self { agent, base: base.trim_end_matches('/').to_owned(), key: key.to_owned() })
    }

    /// Sends JSON. `once` is the Idempotency-Key.
    ///
    /// # Errors
    /// See `Error`.
    pub fn post(&self, path: &str, once: Option<&str>, body: &Value) -> Result<Value, Error> {
        let url = format!("{}/api/v1{path}", self.base);
        let mut request = self.agent.post(url);
        if !self.key.is_empty() {
            request = request.header("Authorization", self.bearer());
        }
        if let Some(once) = once {
            request = request.header("Idempotency-Key", once);
        }
        answer(request.send_json(body)?)
    }

    /// Sends JSON that changes what is at `path`; `version` is the `seq` of its last change.
    ///
    /// # Errors
    /// See `Error`.
    pub fn change(&self, path: &str, version: u64, body: &Value) -> Result<Value, Error> {
        let request = self
            .agent
            .post(format!("{}/api/v1{path}", self.base))
            .header("Authorization", self.bearer())
            .header("If-Match", format!("\"{version}\""));
        answer(request.send_json(body)?)
    }

    /// Pushes one document from a file.
    ///
    /// # Errors
    /// See `Error`.
    pub fn push_file(&self, path: &Path, metadata: &Value) -> Result<Value, Error> {
        let (mut digest, mut file) = (Sha256::new(), File::open(path)?);
        let size = io::copy(&mut file, &mut Hashing(&mut digest))?;
        let digest = hex::encode(digest.finalize());
        self.push("/dokumente", None, &digest, size, &mut File::open(path)?, metadata)
    }

    /// Pushes one document from memory.
    ///
    /// # Errors
    /// See `Error`.
    pub fn push_bytes(&self, bytes: &[u8], metadata: &Value) -> Result<Value, Error> {
        let digest = hex::encode(Sha256::digest(bytes));
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.push("/dokumente", None, &digest, size, &mut Cursor::new(bytes), metadata)
    }

    /// Pushes another Fassung of a document; `version` is the `seq` of its last change.
    ///
    /// # Errors
    /// See `Error`.
    pub fn push_fassung(
        &self,
        id: &str,
        version: u64,
        bytes: &[u8],
        metadata: &Value,
    ) -> Result<Value, Error> {
        let digest = hex::encode(Sha256::digest(bytes));
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let path = format!("/dokumente/{id}/fassungen");
        self.push(&path, Some(version), &digest, size, &mut Cursor::new(bytes), metadata)
    }

    fn push(
        &self,
        path: &str,
        version: Option<u64>,
        digest: &str,
        size: u64,
        bytes: &mut dyn Read,
        metadata: &Value,
    ) -> Result<Value, Error> {
        let mut metadata = metadata.clone();
        if let Value::Object(fields) = &mut metadata {
            fields.insert("sha256".into(), digest.into());
        }
        let metadata = metadata.to_string();
        // The same bytes with the same words are the same push: run again, nothing doubles.
        let once = hex::encode(Sha256::digest(format!("{path}{metadata}")));
        let boundary = format!("{BOUNDARY}-{}", digest.get(..32).unwrap_or(digest));
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"metadaten\"\r\n\
             Content-Type: application/json\r\n\r\n{metadata}\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"inhalt\"; filename=\"inhalt\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let frame = u64::try_from(head.len() + tail.len()).unwrap_or(u64::MAX);
        let mut body = Cursor::new(head).chain(bytes).chain(Cursor::new(tail));
        let mut request = self.agent.post(format!("{}/api/v1{path}", self.base));
        if let Some(version) = version {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        let response = request
            .header("Authorization", self.bearer())
            .header("Idempotency-Key", once)
            .header("Content-Type", format!("multipart/form-data; boundary={boundary}"))
            .header("Content-Length", (frame + size).to_string())
            .send(SendBody::from_reader(&mut body))?;
        answer(response)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }
}

struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Value, Error> {
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(16 << 20).read_to_string()?;
    let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if (200..300).contains(&status) {
        return Ok(value);
    }
    let word = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(Error::Refused {
        status,
        code: word("code"),
        detail: word("detail"),
        again: value.get("wiederholbar").and_then(Value::as_bool).unwrap_or(status >= 500),
    })
}
