//! A bucket of an S3 server, as the synchronous layers use it: each call returns when the server
//! has answered or is taken to be out of reach.
//!
//! The requests run on a thread of their own with a small runtime, which never leaves this module.
//! No correctness rests on conditional requests (Garage ignores them) or on an answer: what was
//! asked and not answered may have been done, or may be done later.

use std::{
    collections::VecDeque,
    io,
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Receiver,
    },
    time::Duration,
};

use futures_util::TryStreamExt as _;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, Checksum},
    list::{PaginatedListOptions, PaginatedListStore as _},
    path::Path,
};
use tokio::sync::Semaphore;

use super::runtime::Runtime;
use crate::{disk::File, domain::source::Source};

/// Bytes of one part of a large object; S3 takes 10,000 parts of at least 5 MiB.
const PART: usize = 8 << 20;
/// Parts of one object under way at once.
const PARTS_AHEAD: usize = 2;
/// Parts of all objects under way at once, which bounds their memory to 128 MiB.
const PARTS_MAX: usize = 16;
/// How often a request is repeated at most.
const RETRIES: usize = 3;

/// How a bucket is reached.
#[derive(Clone)]
pub struct S3 {
    /// URL of the server, without the bucket.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What all names begin with; one Mandant each. Letters, digits, `-`, `_`, `.`, `/`.
    pub prefix: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Name of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
    /// Certificates (PEM) that the server's is proven by, in place of the system's.
    pub ca: Option<PathBuf>,
    /// The local folder where uploads wait; nothing else may lie in it.
    pub staging: PathBuf,
    /// Level of zstd, 1 to 19; 0 switches compression off.
    pub compress_level: i32,
    /// Bytes that must stay free where uploads wait.
    pub reserve_bytes: u64,
    /// True: nothing is written, so nothing is tried at the start.
    pub read_only: bool,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a request may take, with up to 8 MiB to be sent.
    pub request_timeout: Duration,
    /// After so long no request is repeated any more.
    pub retry_timeout: Duration,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// The bucket, below the prefix.
#[derive(Debug)]
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    runtime: Runtime,
    parts: Arc<Semaphore>,
    root: Path,
    /// True from the first request that did not reach the server until one does, so that an outage
    /// is told once.
    away: AtomicBool,
}

impl Bucket {
    /// Makes the client; asks nothing of the server yet.
    pub(super) fn new(config: &S3) -> io::Result<Arc<Self>> {
        // The client has TLS without a library of its own; ours is ring. That another one was
        // chosen before for the process is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = ClientOptions::new()
            .with_allow_http(config.endpoint.starts_with("http://"))
            .with_connect_timeout(config.connect_timeout)
            .with_timeout(config.request_timeout)
            .with_http1_only();
        if let Some(path) = &config.ca {
            let named =
                |e: &dyn std::fmt::Display| io::Error::other(format!("{}: {e}", path.display()));
            let pem = std::fs::read(path).map_err(|e| named(&e))?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|e| named(&e))?;
            if certificates.is_empty() {
                return Err(named(&"no certificate in it"));
            }
            client = certificates.into_iter().fold(client, ClientOptions::with_root_certificate);
            client = client.with_no_system_certificates(true);
        }
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        };
        let retry_timeout = config.retry_timeout;
        // Payloads are signed by default, and each carries its own checksum besides.
        let store = AmazonS3Builder::new()
            .with_endpoint(&config.endpoint)
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key)
            .with_secret_access_key(&config.secret_key)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout })
            .with_client_options(client)
            .build()
            .map_err(io::Error::other)?;
        let parts = Arc::new(Semaphore::new(PARTS_MAX));
        let (runtime, root) = (Runtime::start()?, Path::from(config.prefix.as_str()));
        let away = AtomicBool::new(false);
        Ok(Arc::new(Self { store: Arc::new(store), runtime, parts, root, away }))
    }

    /// Writes, reads and removes a small object, so that a wrong key or a missing right is told
    /// at the start and not by the first push.
    pub(super) fn probe(&self, source: &dyn Source) -> io::Result<()> {
        let path = self.path(&["probe", &source.id().to_string()]);
        let step = |what: &str, error: io::Error| {
            let (store, root) = (&self.store, &self.root);
            let message = format!("{what} a trial object under {root} in {store}: {error}");
            io::Error::other(message)
        };
        self.put(&path, b"probe".to_vec()).map_err(|e| step("writing", e))?;
        let read = self.get(&path, 0..5).map_err(|e| step("reading", e))?;
        if read != b"probe" {
            return Err(step("reading", io::Error::other("other bytes came back")));
        }
        self.remove(&path).map_err(|e| step("removing", e))
    }

    /// The name of an object, below the prefix.
    pub(super) fn path(&self, parts: &[&str]) -> Path {
        parts.iter().fold(self.root.clone(), |path, part| path.join(*part))
    }

    /// Writes an object in one request. It is there as a whole or not at all.
    pub(super) fn put(&self, path: &Path, bytes: Vec<u8>) -> io::Result<()> {
        let (store, path) = (Arc::clone(&self.store), path.clone());
        self.wait(async move { store.put(&path, bytes.into()).await.map(drop) })
    }

    /// Writes an object from a file, in parts if it is large, with few of them in memory. It is
    /// there as a whole or not at all. Returns its size.
    pub(super) fn put_file(&self, path: &Path, file: &dyn File) -> io::Result<u64> {
        let size = file.size()?;
        if size <= PART as u64 {
            let permit = self.permit()?;
            self.put(path, part(file, 0)?)?;
            drop(permit);
            return Ok(size);
        }
        let (store, at) = (Arc::clone(&self.store), path.clone());
        let mut upload = self.wait(async move { store.put_multipart(&at).await })?;
        if let Err(error) = self.parts(&mut *upload, file, size) {
            // Else the parts stay until the server's own rule for unfinished uploads takes them.
            if let Err(error) = self.wait(async move { upload.abort().await }) {
                tracing::warn!(%path, %error, "an unfinished upload stays");
            }
            return Err(error);
        }
        self.wait(async move { upload.complete().await.map(drop) })?;
        match self.size(path)? {
            found if found == size => Ok(size),
            found => Err(io::Error::other(format!("{path} has {found} bytes and not {size}"))),
        }
    }

    fn parts(
        &self,
        upload: &mut dyn MultipartUpload,
        file: &dyn File,
        size: u64,
    ) -> io::Result<()> {
        let mut under_way: VecDeque<Receiver<object_store::Result<()>>> = VecDeque::new();
        let mut at = 0;
        while at < size {
            if under_way.len() == PARTS_AHEAD
                && let Some(first) = under_way.pop_front()
            {
                self.runtime.join(first)?.map_err(error)?;
            }
            let permit = self.permit()?;
            let bytes = part(file, at)?;
            if bytes.is_empty() {
                return Err(io::Error::other("the staged file became shorter"));
            }
            at += bytes.len() as u64;
            let sent = upload.put_part(bytes.into());
            under_way.push_back(self.runtime.spawn(async move {
                let result = sent.await;
                drop(permit);
                result
            }));
        }
        under_way.into_iter().try_for_each(|sent| self.runtime.join(sent)?.map_err(error))
    }

    fn permit(&self) -> io::Result<tokio::sync::OwnedSemaphorePermit> {
        let permit = self.runtime.spawn(Arc::clone(&self.parts).acquire_owned());
        self.runtime.join(permit)?.map_err(io::Error::other)
    }

    /// That range of an object; fewer bytes only at its end.
    pub(super) fn get(&self, path: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
        let (store, path) = (Arc::clone(&self.store), path.clone());
        self.wait(async move { store.get_range(&path, range).await.map(Vec::from) })
    }

    /// All of an object.
    pub(super) fn get_all(&self, path: &Path) -> io::Result<Vec<u8>> {
        let (store, path) = (Arc::clone(&self.store), path.clone());
        self.wait(async move { store.get(&path).await?.bytes().await.map(Vec::from) })
    }

    /// Bytes of an object.
    pub(super) fn size(&self, path: &Path) -> io::Result<u64> {
        let (store, path) = (Arc::clone(&self.store), path.clone());
        self.wait(async move { store.head(&path).await.map(|meta| meta.size) })
    }

    /// Takes an object away; that there is none is no error.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        let (store, path) = (Arc::clone(&self.store), path.clone());
        match self.wait(async move { store.delete(&path).await }) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// All objects below a name, in the order of their names, asked for page by page.
    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<ObjectMeta>> {
        let (store, path) = (Arc::clone(&self.store), path.clone());
        self.wait(async move { store.list(Some(&path)).try_collect().await })
    }

    /// All objects whose names begin with this one, also in the midst of a part.
    pub(super) fn beginning(&self, start: &Path) -> io::Result<Vec<ObjectMeta>> {
        let (mut found, mut page_token) = (Vec::new(), None);
        loop {
            let (store, start) = (Arc::clone(&self.store), start.to_string());
            let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
            let asked = async move { store.list_paginated(Some(&start), options).await };
            let page = self.wait(asked)?;
            found.extend(page.result.objects);
            page_token = page.page_token;
            if page_token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The folders directly below a name.
    pub(super) fn folders(&self, path: &Path) -> io::Result<Vec<Path>> {
        let (store, path) = (Arc::clone(&self.store), path.clone());
        let found = self.wait(async move { store.list_with_delimiter(Some(&path)).await })?;
        Ok(found.common_prefixes)
    }

    fn wait<T: Send + 'static>(
        &self,
        request: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let result = self.runtime.join(self.runtime.spawn(request))?.map_err(error);
        match &result {
            Err(error) if error.kind() == io::ErrorKind::HostUnreachable => {
                if !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the bucket is not reachable");
                }
            }
            _ => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the bucket is reachable again");
                }
            }
        }
        result
    }
}

/// One part of a file.
fn part(file: &dyn File, at: u64) -> io::Result<Vec<u8>> {
    let rest = usize::try_from(file.size()?.saturating_sub(at)).unwrap_or(PART);
    let mut bytes = vec![0; rest.min(PART)];
    let read = file.read_at(&mut bytes, at)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Whatever the server or the way to it did wrong may heal, also a refused key: the start has
/// proven that all of it worked.
fn error(error: object_store::Error) -> io::Error {
    let kind = match &error {
        object_store::Error::NotFound { .. } => io::ErrorKind::NotFound,
        _ => io::ErrorKind::HostUnreachable,
    };
    io::Error::new(kind, error)
}
