//! Requests to a Pushgateway.

use std::io::ErrorKind;
use std::path::PathBuf;

use metrion::exporters::push::{
    BasicAuth, Compression, PushError, PushMethod, PushOptions, PushRequest, PushTls,
    PushTransport, send,
};
use metrion::{Error, ErrorCode, Result as CoreResult};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{Failure, Result};
use crate::formats::unknown;
use crate::options::seconds;

type Headers = Vec<(String, String)>;

/// The address, the headers and the body of a request to a gateway: `PUT` and `POST` push a page of
/// text, `DELETE` removes the group.
#[pyfunction]
pub(crate) fn push_request<'py>(
    py: Python<'py>,
    method: &str,
    gateway: &str,
    job: &str,
    grouping: Headers,
    compression: Option<&str>,
    page: Vec<u8>,
) -> Result<(String, Headers, Bound<'py, PyBytes>)> {
    let compression = compression.map(compression_of).transpose()?;
    let mut options = PushOptions { grouping, compression, ..PushOptions::new(gateway, job) };
    let request = match method {
        "PUT" => PushRequest::of_page(page, &options)?,
        "POST" => {
            options.method = PushMethod::Add;
            PushRequest::of_page(page, &options)?
        }
        "DELETE" => PushRequest::delete(&options)?,
        other => return Err(unknown("method of a push", other)),
    };
    Ok((request.url, request.headers, PyBytes::new(py, &request.body)))
}

fn compression_of(word: &str) -> CoreResult<Compression> {
    match word.to_ascii_lowercase().as_str() {
        "gzip" => Ok(Compression::Gzip),
        "snappy" => Ok(Compression::Snappy),
        _ => {
            let message = format!("Unsupported compression type: {word}, not gzip or snappy");
            Err(Error::new(ErrorCode::Unsupported, message))
        }
    }
}

/// Sends such a request without the interpreter's lock. `tls` is `metrion._gateway.ClientTls`.
#[pyfunction]
#[pyo3(signature = (
    url,
    method,
    timeout,
    headers,
    data,
    *,
    auth=None,
    tls: "ClientTls | None"=None,
    follow_redirects=false
))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn send_push(
    py: Python<'_>,
    url: String,
    method: String,
    timeout: Option<f64>,
    mut headers: Headers,
    data: Vec<u8>,
    auth: Option<(String, String)>,
    tls: Option<Tls>,
    follow_redirects: bool,
) -> Result<()> {
    headers.extend(auth.map(|(user, password)| BasicAuth { user, password }.header()));
    let request = PushRequest { url, method, headers, body: data };
    let transport = PushTransport {
        timeout: timeout.map(|number| seconds("a timeout", number)).transpose()?,
        follow_redirects,
        tls: tls.map_or_else(PushTls::default, Tls::into_options),
    };
    py.detach(|| send(&request, &transport)).map_err(|error| to_failure(py, error))
}

/// What a push over HTTPS needs.
#[derive(FromPyObject)]
pub(crate) struct Tls {
    certfile: PathBuf,
    keyfile: PathBuf,
    cafile: Option<PathBuf>,
    insecure_skip_verify: bool,
}

impl Tls {
    fn into_options(self) -> PushTls {
        PushTls {
            client: Some((self.certfile, self.keyfile)),
            authorities: self.cafile,
            accept_any_server: self.insecure_skip_verify,
        }
    }
}

/// An exception of `metrion._push_errors`.
fn to_failure(py: Python<'_>, error: PushError) -> Failure {
    let shown = error.to_string();
    let exception = || -> PyResult<PyErr> {
        let errors = py.import("metrion._push_errors")?;
        let exception = match error {
            PushError::Refused { url, status, body } => {
                errors.getattr("PushRefused")?.call1((shown, url, status, body))?
            }
            PushError::Unreachable(error) => {
                let timed_out = error.io_kind() == Some(ErrorKind::TimedOut);
                let name = if timed_out { "PushTimeout" } else { "PushError" };
                errors.getattr(name)?.call1((error.code().as_str(), error.message()))?
            }
            PushError::Invalid(error) => return Ok(Failure::Core(error).into()),
        };
        Ok(PyErr::from_value(exception))
    };
    exception().unwrap_or_else(|missing| missing).into()
}
