//! What a connection to a gateway over TLS proves and asks for.

use std::sync::Arc;

use metrion_model::{Error, ErrorCode, Result};
use reqwest::Url;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_rustls::rustls;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::PushTls;
use crate::certificates::{certificates, identity, wrong};

/// The configuration for this address.
///
/// # Errors
/// `io` when a file cannot be read, `invalid_value` when it is not what it should be.
pub(super) fn client_config(url: &Url, options: &PushTls) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let cannot = |error: rustls::Error| {
        Error::new(ErrorCode::InvalidValue, format!("cannot push over TLS: {error}"))
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(cannot)?;
    let builder = if url.scheme() != "https" {
        // It is not used, and reading the system's authorities would take time.
        builder.with_root_certificates(RootCertStore::empty())
    } else if options.accept_any_server {
        let verifier = Arc::new(AnyServer(Arc::clone(&provider)));
        builder.dangerous().with_custom_certificate_verifier(verifier)
    } else if let Some(file) = &options.authorities {
        let mut roots = RootCertStore::empty();
        for authority in certificates(file)? {
            roots.add(authority).map_err(|error| wrong(file, &error))?;
        }
        builder.with_root_certificates(roots)
    } else {
        builder.with_platform_verifier().map_err(cannot)?
    };
    match &options.client {
        None => Ok(builder.with_no_client_auth()),
        Some((certificate, key)) => {
            Ok(builder.with_client_cert_resolver(identity(certificate, key, &provider)?))
        }
    }
}

/// Takes any certificate, but has the server prove that it is its own.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
