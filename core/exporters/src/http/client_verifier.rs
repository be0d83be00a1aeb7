//! Which clients' certificates are taken.

use std::sync::Arc;

use metrion_model::{Error, ErrorCode, Result};
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    self, CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore,
    SignatureScheme,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ED25519, Oid,
};
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use crate::certificates::version_1;

/// What may sign a certificate of version 1; not SHA-1.
const SIGNATURES: [Oid<'static>; 6] = [
    OID_PKCS1_SHA256WITHRSA,
    OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA256,
    OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ED25519,
];

/// Takes the certificates that webpki takes, and those of X.509 version 1 that an authority signed
/// itself, with TLS 1.3: see [`version_1`].
#[derive(Debug)]
pub(super) struct ClientVerifier {
    webpki: Arc<dyn ClientCertVerifier>,
    authorities: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientVerifier {
    /// # Errors
    /// `invalid_value` for authorities that are none.
    pub(super) fn new(
        authorities: Vec<CertificateDer<'static>>,
        is_required: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self> {
        let wrong = |error: &dyn std::fmt::Display| {
            let message = format!("cannot check clients by these authorities: {error}");
            Error::new(ErrorCode::InvalidValue, message)
        };
        let mut roots = RootCertStore::empty();
        for authority in &authorities {
            roots.add(authority.clone()).map_err(|error| wrong(&error))?;
        }
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let builder = if is_required { builder } else { builder.allow_unauthenticated() };
        let webpki = builder.build().map_err(|error| wrong(&error))?;
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { webpki, authorities, algorithms })
    }

    fn check_version_1(
        &self,
        certificate: &X509Certificate<'_>,
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let algorithm = &certificate.signature_algorithm;
        if *algorithm != certificate.signature || !SIGNATURES.contains(&algorithm.algorithm) {
            return Err(CertificateError::BadSignature.into());
        }
        let seconds = i64::try_from(now.as_secs()).map_err(|_| CertificateError::BadEncoding)?;
        let now = ASN1Time::from_timestamp(seconds).map_err(|_| CertificateError::BadEncoding)?;
        if now < certificate.validity().not_before {
            return Err(CertificateError::NotValidYet.into());
        }
        if now > certificate.validity().not_after {
            return Err(CertificateError::Expired.into());
        }
        let is_signed = self.authorities.iter().any(|authority| {
            X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
                authority.subject().as_raw() == certificate.issuer().as_raw()
                    && certificate.verify_signature(Some(authority.public_key())).is_ok()
            })
        });
        match is_signed {
            true => Ok(ClientCertVerified::assertion()),
            false => Err(CertificateError::UnknownIssuer.into()),
        }
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match version_1(end_entity) {
            Some(certificate) => self.check_version_1(&certificate, now),
            None => self.webpki.verify_client_cert(end_entity, intermediates, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match version_1(certificate) {
            Some(certificate) => {
                let key = SubjectPublicKeyInfoDer::from(certificate.public_key().raw);
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
            }
            None => self.webpki.verify_tls13_signature(message, certificate, signature),
        }
    }

    fn offer_client_auth(&self) -> bool {
        self.webpki.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.webpki.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
