//! The bucket in the operator's file. The key itself stands in a file of its own, which nobody but
//! its owner may read; it is never in the configuration.

use std::{
    net::IpAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::{Blobs, Error, File};
use crate::blob;

/// Where blobs lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobEngine {
    /// In the data directory.
    #[default]
    Local,
    /// In a bucket that several nodes may share.
    S3,
}

/// A bucket of an S3 server (Garage, Ceph, MinIO).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// URL of the server, without the bucket.
    pub endpoint: String,
    /// The bucket; it must exist.
    pub bucket: String,
    /// What all names begin with: one Mandant each.
    pub prefix: String,
    /// The region that the server was given.
    #[serde(default = "region")]
    pub region: String,
    /// Name of the key.
    pub access_key: String,
    /// File that holds the key, readable by its owner alone.
    pub secret_key_file: PathBuf,
    /// Certificates (PEM) in place of the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// True: without TLS off loopback, over a network that is guarded otherwise.
    #[serde(default)]
    pub allow_http: bool,
    /// Seconds that a connection may take to come about.
    #[serde(default = "connect_s")]
    pub connect_s: u64,
    /// Seconds that a request may take.
    #[serde(default = "request_s")]
    pub request_s: u64,
}

fn region() -> String {
    "garage".into()
}

const fn connect_s() -> u64 {
    5
}

const fn request_s() -> u64 {
    30
}

/// After so long no request is repeated any more.
const RETRY: Duration = Duration::from_secs(10);

/// Names what can't work.
pub(super) fn check(blobs: &Blobs, must: &mut impl FnMut(bool, &str)) {
    let chosen = blobs.engine == BlobEngine::S3;
    must(
        chosen || blobs.s3.is_none(),
        "blobs.s3: it is there, but blobs.engine is not \"s3\"; take one of the two away",
    );
    must(!chosen || blobs.s3.is_some(), "blobs.s3: blobs.engine is \"s3\", but there is no bucket");
    let Some(s3) = &blobs.s3 else { return };
    let (tls, host) = match s3.endpoint.split_once("://") {
        Some(("https", rest)) => (true, host(rest)),
        Some(("http", rest)) => (false, host(rest)),
        _ => (true, None),
    };
    must(host.is_some(), "blobs.s3.endpoint: https://HOST or https://HOST:PORT, nothing behind it");
    let loopback = host
        .is_some_and(|h| h == "localhost" || h.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()));
    must(
        tls || loopback || s3.allow_http,
        "blobs.s3.endpoint: off loopback it takes https, or allow_http = true if the network is \
         guarded otherwise: documents would go in clear",
    );
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
    must(
        (3..=63).contains(&s3.bucket.len()) && s3.bucket.bytes().all(plain),
        "blobs.s3.bucket: 3 to 63 of a to z, 0 to 9, - and .",
    );
    let part = |part: &str| {
        let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(fits)
    };
    must(
        s3.prefix.len() <= 200 && s3.prefix.split('/').all(part),
        "blobs.s3.prefix: names of letters, digits, -, _ and ., with / between them",
    );
    must(!s3.region.is_empty(), "blobs.s3.region: not empty");
    must(!s3.access_key.is_empty(), "blobs.s3.access_key: not empty");
    must(s3.secret_key_file.is_file(), "blobs.s3.secret_key_file: no such file");
    must(
        !s3.secret_key_file.is_file() || private(&s3.secret_key_file),
        "blobs.s3.secret_key_file: others may read it; chmod 600",
    );
    must(s3.ca.as_ref().is_none_or(|ca| ca.is_file()), "blobs.s3.ca: no such file");
    must((1..=60).contains(&s3.connect_s), "blobs.s3.connect_s: 1 to 60");
    must((1..=600).contains(&s3.request_s), "blobs.s3.request_s: 1 to 600");
}

/// The host of what stands behind `://`, if there is nothing else but a port.
fn host(rest: &str) -> Option<&str> {
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b':');
    let host = Some(host).filter(|host| !host.is_empty() && host.bytes().all(fits))?;
    port.is_none_or(|port| port.parse::<u16>().is_ok()).then_some(host)
}

/// True if nobody but the owner may read it.
pub(super) fn private(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0)
}

impl S3 {
    pub(super) fn config(&self, file: &File) -> Result<blob::S3, Error> {
        let path = &self.secret_key_file;
        let key = std::fs::read_to_string(path).map_err(|e| Error::Read(path.clone(), e))?;
        if key.trim().is_empty() {
            return Err(Error::Values(vec!["blobs.s3.secret_key_file: it is empty".into()]));
        }
        Ok(blob::S3 {
            endpoint: self.endpoint.clone(),
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
            region: self.region.clone(),
            access_key: self.access_key.clone(),
            secret_key: key.trim().to_owned(),
            ca: self.ca.clone(),
            staging: file.data.join("blobs").join("staging"),
            compress_level: file.blobs.compress_level,
            reserve_bytes: file.reserve_bytes,
            read_only: file.read_only,
            connect_timeout: Duration::from_secs(self.connect_s),
            request_timeout: Duration::from_secs(self.request_s),
            retry_timeout: RETRY,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    /// The file with one line of the bucket replaced or added.
    fn parse(key: &Path, name: &str, value: &str) -> Result<File, String> {
        let mut lines = vec![
            ("endpoint", "'https://s3.stadt.example:3900'".to_owned()),
            ("bucket", "'akten'".to_owned()),
            ("prefix", "'stadt/musterstadt'".to_owned()),
            ("access_key", "'GK1'".to_owned()),
            ("secret_key_file", format!("'{}'", key.display())),
        ];
        lines.retain(|(known, _)| *known != name);
        if !name.is_empty() {
            lines.push((name, value.to_owned()));
        }
        let lines: Vec<String> = lines.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        let text = format!("data = '/d'\n[blobs]\nengine = 's3'\n[blobs.s3]\n{}", lines.join("\n"));
        let file: File = toml::from_str(&text).map_err(|e| e.to_string())?;
        file.check().map_err(|e| e.to_string())?;
        Ok(file)
    }

    /// Fails if any one of the checks is taken away.
    #[test]
    fn every_value_that_can_not_work_is_named() {
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("key");
        fs::write(&key, "secret\n").unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        let file = parse(&key, "", "").unwrap();
        let config = file.s3().unwrap().unwrap();
        assert_eq!((config.secret_key.as_str(), config.region.as_str()), ("secret", "garage"));
        assert!(!format!("{config:?}{file:?}").contains("secret\""), "{config:?}");
        for (name, value) in [
            ("endpoint", "'ftp://host'"),
            ("endpoint", "'s3.stadt.example'"),
            ("endpoint", "'https://host/path'"),
            ("endpoint", "'https://'"),
            ("endpoint", "'https://host:port'"),
            ("endpoint", "'http://10.0.0.1:3900'"),
            ("bucket", "'ab'"),
            ("bucket", "'Akten'"),
            ("prefix", "''"),
            ("prefix", "'/stadt'"),
            ("prefix", "'a/../b'"),
            ("prefix", "'a b'"),
            ("region", "''"),
            ("access_key", "''"),
            ("secret_key_file", "'/nowhere/key'"),
            ("ca", "'/nowhere/ca.pem'"),
            ("connect_s", "0"),
            ("request_s", "601"),
            ("secret_key", "'never here'"),
        ] {
            let wrong = parse(&key, name, value).unwrap_err();
            assert!(wrong.contains(name), "{name} = {value}: {wrong}");
        }
        for (name, value) in [
            ("endpoint", "'http://127.0.0.1:3900'"),
            ("endpoint", "'http://[::1]:3900'"),
            ("endpoint", "'http://localhost'"),
            ("endpoint", "'http://10.0.0.1:3900'\nallow_http = true"),
        ] {
            assert!(parse(&key, name, value).is_ok(), "{name} = {value}");
        }
        fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
        assert!(parse(&key, "", "").unwrap_err().contains("chmod 600"));
    }

    #[test]
    fn an_engine_without_a_bucket_and_a_bucket_without_its_engine_are_refused() {
        let check = |text: &str| {
            let file: File = toml::from_str(text).unwrap();
            file.check().map_err(|e| e.to_string())
        };
        assert!(check("data = '/d'\n[blobs]\nengine = 's3'").unwrap_err().contains("blobs.s3"));
        let unused = "data = '/d'\n[blobs.s3]\nendpoint = 'https://h'\nbucket = 'abc'\n\
                      prefix = 'p'\naccess_key = 'k'\nsecret_key_file = '/k'";
        assert!(check(unused).unwrap_err().contains("blobs.engine"));
        assert!(check("data = '/d'\n[blobs]\nengine = 'local'").is_ok());
    }
}
