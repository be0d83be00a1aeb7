//! Certificates and keys in files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use metrion_model::{Error, ErrorCode, Result};
use tokio_rustls::rustls::InconsistentKeys;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

/// The certificates of a file, of which there must be one.
///
/// # Errors
/// `io` when it cannot be read, `invalid_value` when it is not what it should be.
pub(crate) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all = all_certificates(file)?;
    if all.is_empty() {
        return Err(wrong(file, &"it has no certificate"));
    }
    Ok(all)
}

/// The certificates of all files in a folder; files of other kinds may be among them.
///
/// # Errors
/// `io` when the folder or a file cannot be read, `invalid_value` when no file has a certificate.
pub(crate) fn certificates_of_folder(folder: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let cannot_read = |error| Error::io(format_args!("cannot read {}", folder.display()), &error);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if path.is_file() {
            all.extend(all_certificates(&path)?);
        }
    }
    if all.is_empty() {
        return Err(wrong(folder, &"no file in it has a certificate"));
    }
    Ok(all)
}

/// What one end of a connection shows: the certificates of a file and the private key of another one.
///
/// # Errors
/// As for [`certificates()`], and `invalid_value` when they do not belong together.
pub(crate) fn identity(
    file: &Path,
    key_file: &Path,
    provider: &CryptoProvider,
) -> Result<Arc<SingleCertAndKey>> {
    let all = certificates(file)?;
    let key =
        PrivateKeyDer::from_pem_file(key_file).map_err(|error| cannot_use(key_file, &error))?;
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|error| wrong(key_file, &error))?;
    // rustls cannot compare the key with a certificate of version 1.
    let old_key = all.first().and_then(version_1).map(|old| old.public_key().raw.to_vec());
    let identity = CertifiedKey::new(all, key);
    let matches = match (old_key, identity.key.public_key()) {
        // A key that does not say what belongs to it: a handshake tells.
        (_, None) => Ok(()),
        (Some(old), Some(own)) if old == own.as_ref() => Ok(()),
        (Some(_), Some(_)) => Err(InconsistentKeys::KeyMismatch.into()),
        (None, Some(_)) => identity.keys_match(),
    };
    matches.map_err(|error| wrong(key_file, &error))?;
    Ok(Arc::new(SingleCertAndKey::from(identity)))
}

/// The certificate, if it is one of X.509 version 1.
///
/// `openssl x509 -req` makes such ones unless it is told of extensions, so many a program that was
/// given its certificate by hand has one; webpki and rustls read version 3 only.
pub(crate) fn version_1<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    (rest.is_empty() && certificate.version() == X509Version::V1).then_some(certificate)
}

fn all_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, pem::Error> =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    all.map_err(|error| cannot_use(file, &error))
}

fn cannot_use(file: &Path, error: &pem::Error) -> Error {
    match error {
        pem::Error::Io(error) => Error::io(format_args!("cannot read {}", file.display()), error),
        other => wrong(file, other),
    }
}

/// A file, or a folder, that is not what it should be.
pub(crate) fn wrong(file: &Path, what: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorCode::InvalidValue, format!("cannot use {}: {what}", file.display()))
}
