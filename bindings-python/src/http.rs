//! The HTTP server, and one page for servers that Python has already.

use std::sync::{Mutex, PoisonError};

use metrion::exporters::http::{HttpOptions, HttpServer as Server, Page, PageRequest, serve};
use metrion::exposition::{EncodeOptions, Spelling};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::Result;
use crate::formats::unknown;
use crate::source::Source;

/// A running server of metrics on threads of its own; `metrion.start_http_server` is easier to use.
///
/// It listens on `addr` and `port`; port 0 takes any free one. `spelling` is `short`, or
/// `prometheus_client` for the text that this package writes; `created` adds `_created` samples.
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
        registry: "CollectorRegistry | RestrictedRegistry",
        *,
        spelling="short",
        created=false
    ) -> "Self")]
    fn new(
        py: Python<'_>,
        port: u16,
        addr: String,
        registry: Source,
        spelling: &str,
        created: bool,
    ) -> Result<Self> {
        let spelling = match spelling {
            "short" => Spelling::Short,
            "prometheus_client" => Spelling::PrometheusClient,
            other => return Err(unknown("spelling", other)),
        };
        let encode =
            EncodeOptions { created_samples: created, spelling, ..EncodeOptions::default() };
        // Every path but the browser's icon is served, as prometheus_client does.
        let options =
            HttpOptions { address: addr, port, path: None, encode, ..HttpOptions::default() };
        let server = py.detach(|| serve(registry, options))?;
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

/// Names and values.
type Headers = Vec<(&'static str, String)>;

/// The headers and the body that answer one scrape, made without the interpreter's lock.
#[pyfunction]
#[pyo3(signature = (
    registry: "CollectorRegistry | RestrictedRegistry",
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
    let page = py.detach(|| Page::render(&registry, &request, EncodeOptions::default()))?;
    Ok((page.headers(), PyBytes::new(py, &page.body)))
}
