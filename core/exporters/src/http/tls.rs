//! Serving over TLS, and knowing clients by their certificates.

use std::path::PathBuf;
use std::sync::Arc;

use metrion_model::{Error, ErrorCode, Result};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

use super::client_verifier::ClientVerifier;
use crate::certificates::{certificates, certificates_of_folder, identity, wrong};

/// The files that a server of TLS needs, and which clients it takes. The files are read once, when it
/// starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// The server's certificate and those between it and its authority, in PEM.
    pub certificates: PathBuf,
    /// The certificate's private key, in PEM, without a password.
    pub key: PathBuf,
    /// The authorities whose clients are known, in PEM. Without any, here and in the folder, clients
    /// are not asked for a certificate.
    pub client_authorities: Option<PathBuf>,
    /// A folder with more of them, in any number of files.
    pub client_authorities_folder: Option<PathBuf>,
    /// Whether a client without a certificate is refused.
    pub client_required: bool,
    /// The oldest version that a client may speak.
    pub min_version: TlsVersion,
    /// The newest version that a client may speak; all that there are by default.
    pub max_version: Option<TlsVersion>,
}

/// A version of TLS. Older ones are broken, and not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// 1.2.
    #[default]
    Tls12,
    /// 1.3.
    Tls13,
}

/// What makes a connection one of TLS.
///
/// # Errors
/// `io` when a file cannot be read, `invalid_value` when it is not what it should be, when key and
/// certificate do not belong together, or when the options contradict each other.
pub(super) fn acceptor(options: &TlsOptions) -> Result<TlsAcceptor> {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(options)?)
        .map_err(|error| wrong(&options.certificates, &error))?;
    let config = match client_authorities(options)? {
        None if options.client_required => {
            return Err(Error::new(
                ErrorCode::InvalidValue,
                "clients cannot be required to have a certificate without authorities that sign them",
            ));
        }
        None => config.with_no_client_auth(),
        Some(authorities) => {
            let verifier = ClientVerifier::new(authorities, options.client_required, &provider)?;
            config.with_client_cert_verifier(Arc::new(verifier))
        }
    };
    let identity = identity(&options.certificates, &options.key, &provider)?;
    let mut config = config.with_cert_resolver(identity);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn versions(options: &TlsOptions) -> Result<Vec<&'static SupportedProtocolVersion>> {
    let newest = options.max_version.unwrap_or(TlsVersion::Tls13);
    let all = [(TlsVersion::Tls12, &TLS12), (TlsVersion::Tls13, &TLS13)];
    let taken = all.into_iter().filter(|(own, _)| (options.min_version..=newest).contains(own));
    let taken: Vec<_> = taken.map(|(_, version)| version).collect();
    if taken.is_empty() {
        let message = "the oldest version of TLS that is taken is newer than the newest one";
        return Err(Error::new(ErrorCode::InvalidValue, message));
    }
    Ok(taken)
}

/// `None` when clients are not asked.
fn client_authorities(options: &TlsOptions) -> Result<Option<Vec<CertificateDer<'static>>>> {
    let mut all = Vec::new();
    if let Some(file) = &options.client_authorities {
        all.extend(certificates(file)?);
    }
    if let Some(folder) = &options.client_authorities_folder {
        all.extend(certificates_of_folder(folder)?);
    }
    Ok((!all.is_empty()).then_some(all))
}
