//! The server's certificate: rustls with ring, TLS 1.2 and 1.3.

use std::path::PathBuf;

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::config::Tls;

/// Errors of certificate or key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file can't be read as PEM.
    #[error("{0}: {1}")]
    Pem(PathBuf, rustls::pki_types::pem::Error),
    /// Certificate and key don't fit, or are of a kind that is not known.
    #[error("certificate and key: {0}")]
    Pair(#[from] rustls::Error),
}

/// Reads certificate and key.
///
/// # Errors
/// See `Error`.
pub fn config(tls: &Tls) -> Result<ServerConfig, Error> {
    let pem = |e| Error::Pem(tls.cert.clone(), e);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&tls.cert)
        .map_err(pem)?
        .collect::<Result<_, _>>()
        .map_err(pem)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|e| Error::Pem(tls.key.clone(), e))?;
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(config)
}
