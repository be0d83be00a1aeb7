//! An HTTP server for scrapes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrion::exporters::http::{HttpOptions, HttpServer, TlsOptions, serve};
use metrion::source;

use crate::error::{Result, invalid};
use crate::registry::Registry;

/// Where metrics are served.
#[derive(uniffi::Record)]
pub struct ServeOptions {
    /// The address to listen on, or a name; `127.0.0.1` by default.
    pub address: Option<String>,
    /// The port; 0 takes any free one.
    pub port: i32,
    /// The path; `/metrics` by default.
    pub path: Option<String>,
    /// Whether the text formats tell when each counter, histogram and summary began.
    pub created: bool,
    /// Serves HTTPS.
    pub tls: Option<ServerTls>,
}

/// What HTTPS needs: files in PEM.
#[derive(uniffi::Record)]
pub struct ServerTls {
    /// The server's certificates.
    pub certificates: String,
    /// The private key.
    pub key: String,
    /// The authorities whose clients are known.
    #[uniffi(default = None)]
    pub client_authorities: Option<String>,
    /// Whether a client without a certificate is refused.
    #[uniffi(default = false)]
    pub client_required: bool,
}

/// A running HTTP server. Garbage collection does not end it: programs often keep no hold of theirs.
#[derive(uniffi::Object)]
pub struct Server {
    port: u16,
    warning: Option<String>,
    running: Mutex<Option<HttpServer>>,
}

impl ServeOptions {
    fn into_core(self) -> Result<HttpOptions> {
        let port = u16::try_from(self.port)
            .map_err(|_| invalid(format!("a port is 0 to 65535, not {}", self.port)))?;
        let mut options = HttpOptions { port, ..HttpOptions::default() };
        options.encode.created_samples = self.created;
        options.address = self.address.unwrap_or(options.address);
        options.path = self.path.or(options.path);
        options.tls = self.tls.map(|tls| TlsOptions {
            certificates: tls.certificates.into(),
            key: tls.key.into(),
            client_authorities: tls.client_authorities.map(Into::into),
            client_required: tls.client_required,
            ..TlsOptions::default()
        });
        Ok(options)
    }
}

#[uniffi::export]
impl Registry {
    /// Serves the registry over HTTP, from a thread of the library. The socket listens when this returns.
    pub fn serve(&self, options: ServeOptions) -> Result<Arc<Server>> {
        let server = serve(source(&self.0), options.into_core()?)?;
        let port = server.local_addr().port();
        let warning = self.0.announce_exporter();
        Ok(Arc::new(Server { port, warning, running: Mutex::new(Some(server)) }))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let running = self.lock().take();
        running.into_iter().for_each(HttpServer::detach);
    }
}

impl Server {
    fn lock(&self) -> MutexGuard<'_, Option<HttpServer>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[uniffi::export]
impl Server {
    /// The port on which it listens, or listened.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What people should know: that another process serves this shared registry, too. Once for each registry.
    pub fn warning(&self) -> Option<String> {
        self.warning.clone()
    }

    /// Sends the answers that are under way, 5 seconds at most, and frees the port. Again, it does nothing.
    pub fn stop(&self) {
        let running = self.lock().take();
        running.into_iter().for_each(HttpServer::stop);
    }
}
