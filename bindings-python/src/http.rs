//! The HTTP server, and one page for servers that Python has already.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use metrion::exporters::http::{
    HttpOptions, HttpServer as Server, Page, PageRequest, TlsOptions, TlsVersion, serve,
};
use metrion::exposition::{EncodeOptions, Spelling, negotiate};
use metrion::{Error, ErrorCode, Result as CoreResult};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bytes::into_bytes;
use crate::errors::Result;
use crate::formats::{page_options, unknown};
use crate::source::Source;

/// A running server of metrics on threads of its own; `metrion.start_http_server` is easier to use.
///
/// It listens on `addr` and `port`; port 0 takes any free one. `tls` makes it HTTPS. `spelling` is
/// `short`, or `prometheus_client` for the text that this package writes; `created` says whether there are
/// `_created` samples, by default as pages have them when it starts.
///
/// Raises a `MetrionError` that is an `OSError` too: `address_in_use` when something else has the port,
/// `io` for other trouble with the address; `unsupported` for another spelling.
///
/// >>> from metrion import REGISTRY, HttpServer
/// >>> server = HttpServer(0, "127.0.0.1", REGISTRY)
/// >>> server.server_address[0], server.server_port > 0
/// ('127.0.0.1', True)
/// >>> server.shutdown()
#[pyclass(frozen, module = "metrion")]
pub(crate) struct HttpServer {
    address: (String, u16),
    server: Mutex<Option<Server>>,
}

#[pymethods]
impl HttpServer {
    #[new]
    #[pyo3(signature = (
        port,
        addr,
        registry: "Collector",
        *,
        tls: "Tls | None"=None,
        spelling="short",
        created=None
    ) -> "Self")]
    fn new(
        py: Python<'_>,
        port: u16,
        addr: String,
        registry: Source,
        tls: Option<Tls>,
        spelling: &str,
        created: Option<bool>,
    ) -> Result<Self> {
        let spelling = match spelling {
            "short" => Spelling::Short,
            "prometheus_client" => Spelling::PrometheusClient,
            other => return Err(unknown("spelling", other)),
        };
        let defaults = page_options();
        let created_samples = created.unwrap_or(defaults.created_samples);
        let options = HttpOptions {
            address: addr,
            port,
            // Every path but the browser's icon is served, as prometheus_client does.
            path: None,
            encode: EncodeOptions { created_samples, spelling, ..defaults },
            tls: tls.map(Tls::into_options).transpose()?,
            ..HttpOptions::default()
        };
        let source = registry.clone();
        let server = py.detach(|| serve(registry, options))?;
        source.announce_exporter(py);
        let local = server.local_addr();
        Ok(Self {
            address: (local.ip().to_string(), local.port()),
            server: Mutex::new(Some(server)),
        })
    }

    /// The address and the port on which it listens.
    #[getter]
    fn server_address(&self) -> (&str, u16) {
        (&self.address.0, self.address.1)
    }

    /// The port on which it listens.
    #[getter]
    fn server_port(&self) -> u16 {
        self.address.1
    }

    /// Stops listening, sends the answers that are under way, and frees the port. A second call does
    /// nothing.
    fn shutdown(&self, py: Python<'_>) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Without the interpreter's lock: a scrape under way may wait for it.
        py.detach(|| drop(server));
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        // Whoever drops the object without a word wants it to serve on, as prometheus_client's does.
        let server = self.server.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        server.into_iter().for_each(Server::detach);
    }
}

/// What HTTPS needs: `metrion._server.Tls`.
#[derive(FromPyObject)]
struct Tls {
    certfile: PathBuf,
    keyfile: PathBuf,
    client_cafile: Option<PathBuf>,
    client_capath: Option<PathBuf>,
    client_auth_required: bool,
    protocol: i32,
    min_version: Option<i32>,
    max_version: Option<i32>,
}

// What Python's module ssl calls them: `PROTOCOL_...` and `TLSVersion`.
const PROTOCOL_TLS: i32 = 2;
const PROTOCOL_TLS_1_2: i32 = 5;
const PROTOCOL_TLS_SERVER: i32 = 17;
const OLDEST: i32 = -2;
const NEWEST: i32 = -1;
const TLS_1_2: i32 = 0x303;
const TLS_1_3: i32 = 0x304;

impl Tls {
    fn into_options(self) -> CoreResult<TlsOptions> {
        let (oldest, newest) = match self.protocol {
            PROTOCOL_TLS | PROTOCOL_TLS_SERVER => (OLDEST, NEWEST),
            PROTOCOL_TLS_1_2 => (TLS_1_2, TLS_1_2),
            other => return Err(no_tls(&format!("of the protocol {other}"))),
        };
        Ok(TlsOptions {
            certificates: self.certfile,
            key: self.keyfile,
            client_authorities: self.client_cafile,
            client_authorities_folder: self.client_capath,
            client_required: self.client_auth_required,
            min_version: version(self.min_version.unwrap_or(oldest))?,
            max_version: Some(version(self.max_version.unwrap_or(newest))?),
        })
    }
}

fn version(number: i32) -> CoreResult<TlsVersion> {
    match number {
        TLS_1_2 | OLDEST => Ok(TlsVersion::Tls12),
        TLS_1_3 | NEWEST => Ok(TlsVersion::Tls13),
        other => Err(no_tls(&format!("of the version {other:#x}"))),
    }
}

fn no_tls(what: &str) -> Error {
    let message = format!("there is no TLS {what}: there are TLS 1.2 and 1.3");
    Error::new(ErrorCode::Unsupported, message)
}

/// Names and values.
type Headers = Vec<(&'static str, String)>;

/// The headers and the body that answer one scrape, made without the interpreter's lock.
#[pyfunction]
#[pyo3(signature = (
    registry: "Collector",
    query,
    accept,
    accept_encoding
))]
pub(crate) fn render<'py>(
    py: Python<'py>,
    registry: Source,
    query: &str,
    accept: &str,
    accept_encoding: &str,
) -> Result<(Headers, Bound<'py, PyBytes>)> {
    let request = PageRequest { query, accept, accept_encoding };
    let page = py.detach(|| Page::render(&registry, &request, page_options()))?;
    Ok((page.headers(), into_bytes(py, page.body)?))
}

/// The content type with which a request with this `Accept` header is answered.
#[pyfunction]
pub(crate) fn negotiated_content_type(accept: &str) -> String {
    negotiate(accept).content_type()
}
