//! Serving over TLS, and knowing clients by their certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use metrion_model::{Error, ErrorCode, Result};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// The files that a server of TLS needs. They are read once, when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsOptions {
    /// The server's certificate and those between it and its authority, in PEM.
    pub certificates: PathBuf,
    /// The certificate's private key, in PEM.
    pub key: PathBuf,
    /// The authorities whose clients are known, in PEM. Without it clients are not asked.
    pub client_authorities: Option<PathBuf>,
    /// Whether a client without a certificate is refused; only with `client_authorities`.
    pub client_required: bool,
}

/// What makes a connection one of TLS 1.2 or 1.3.
///
/// # Errors
/// `io` when a file cannot be read, `invalid_value` when it is not what it should be or when key and
/// certificate do not belong together.
pub(super) fn acceptor(options: &TlsOptions) -> Result<TlsAcceptor> {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&options.certificates, &error))?;
    let config = match &options.client_authorities {
        None => config.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(file)? {
                roots.add(authority).map_err(|error| wrong(file, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = match options.client_required {
                true => verifier,
                false => verifier.allow_unauthenticated(),
            };
            let verifier = verifier.build().map_err(|error| wrong(file, &error))?;
            config.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::from_pem_file(&options.key)
        .map_err(|error| cannot_use(&options.key, &error))?;
    let mut config = config
        .with_single_cert(certificates(&options.certificates)?, key)
        .map_err(|error| wrong(&options.key, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, pem::Error> =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let all = all.map_err(|error| cannot_use(file, &error))?;
    if all.is_empty() {
        return Err(wrong(file, &"it has no certificate"));
    }
    Ok(all)
}

fn cannot_use(file: &Path, error: &pem::Error) -> Error {
    match error {
        pem::Error::Io(error) => {
            Error::new(ErrorCode::Io, format!("cannot read {}: {error}", file.display()))
        }
        other => wrong(file, other),
    }
}

fn wrong(file: &Path, what: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorCode::InvalidValue, format!("cannot use {}: {what}", file.display()))
}
