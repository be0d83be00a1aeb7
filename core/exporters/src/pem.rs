//! Certificates and keys in files.

use std::fs;
use std::path::Path;

use metrion_model::{Error, ErrorCode, Result};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

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

/// The private key of a file.
///
/// # Errors
/// As for [`certificates`].
pub(crate) fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| cannot_use(file, &error))
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
