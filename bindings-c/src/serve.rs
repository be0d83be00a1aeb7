//! An HTTP server for scrapes.

use std::ffi::{CString, c_void};
use std::io::{self, Write};

use metrion_core::exporters::http::{HttpOptions, TlsOptions, serve};
use metrion_core::{Error, ErrorCode, source};

use crate::callback::WarningFunction;
use crate::handle::{Registry, Server};
use crate::status::{Result, Status, done, returning};
use crate::text::Text;

/// Where metrics are served. All zero is the default: plain HTTP at any free port of 127.0.0.1, under
/// `/metrics`.
#[repr(C)]
pub struct ServeOptions {
    /// The address to listen on, or a name; empty is `127.0.0.1`, so that nobody outside this machine reads
    /// the metrics unless that is wanted. `0.0.0.0` and `::` are every address.
    pub address: Text,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// The path; empty is `/metrics`.
    pub path: Text,
    /// Whether the text formats tell when each counter, histogram and summary began.
    pub created: bool,
    /// The file of the server's certificates, in PEM: serves HTTPS. Empty is HTTP.
    pub tls_certificates: Text,
    /// The file of the private key, in PEM.
    pub tls_key: Text,
    /// The file of the authorities whose clients are known, in PEM; empty asks no client.
    pub tls_client_authorities: Text,
    /// Whether a client without a certificate is refused.
    pub tls_client_required: bool,
    /// Hears, before `metrion_serve` returns, that another process serves this shared registry, too: each answers
    /// for all, so only one may be scraped. Once for each registry and process. Null is a line on stderr.
    pub warn: WarningFunction,
    /// What `warn` is called with.
    pub warn_user: *mut c_void,
}

impl ServeOptions {
    fn read(&self) -> Result<HttpOptions> {
        // SAFETY: what callers of the library promise.
        let text = |text: Text, what| unsafe { text.read(what, ErrorCode::InvalidValue) };
        let mut options = HttpOptions { port: self.port, ..HttpOptions::default() };
        options.encode.created_samples = self.created;
        let address = text(self.address, "the address")?;
        if !address.is_empty() {
            address.clone_into(&mut options.address);
        }
        let path = text(self.path, "the path")?;
        if !path.is_empty() {
            options.path = Some(path.to_owned());
        }
        let certificates = text(self.tls_certificates, "the file of certificates")?;
        let key = text(self.tls_key, "the file of the key")?;
        let authorities = text(self.tls_client_authorities, "the file of authorities")?;
        if certificates.is_empty() != key.is_empty() {
            let message = "TLS needs both a file of certificates and one of the key";
            return Err(Error::new(ErrorCode::InvalidValue, message));
        }
        if !certificates.is_empty() {
            options.tls = Some(TlsOptions {
                certificates: certificates.into(),
                key: key.into(),
                client_authorities: (!authorities.is_empty()).then(|| authorities.into()),
                client_required: self.tls_client_required,
                ..TlsOptions::default()
            });
        }
        Ok(options)
    }

    fn warn(options: Option<&Self>, warning: String) {
        let own = options.and_then(|own| own.warn.map(|warn| (warn, own.warn_user)));
        let Some((warn, user)) = own else {
            // Who closed stderr does not want to know.
            let _unheard = writeln!(io::stderr(), "metrion: warning: {warning}");
            return;
        };
        let message = CString::new(warning).unwrap_or_default();
        // SAFETY: the caller gave both to be used together.
        unsafe { warn(user, message.as_ptr()) };
    }
}

/// Serves a registry over HTTP, from a thread of its own, until `metrion_server_free`; `options` may be
/// null. The socket listens when this returns. After fork() the child has no such thread.
///
/// Fails with `address_in_use` when another socket has the port, `invalid_value` for options that make no
/// sense, `io` for anything else that the operating system refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_serve(
    registry: Registry,
    options: Option<&ServeOptions>,
    out: *mut Server,
) -> Status {
    let start = || {
        let registry = registry.get()?;
        let http = options.map_or_else(|| Ok(HttpOptions::default()), ServeOptions::read)?;
        let server = Server::new(serve(source(registry), http)?);
        if let Some(warning) = registry.announce_exporter() {
            ServeOptions::warn(options, warning);
        }
        Ok(server)
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, start) }
}

/// The port on which a server listens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_server_port(server: Server, out: *mut u16) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, || server.port()) }
}

/// Stops a server: sends the answers that are under way, 5 seconds at most, and frees the port. A null
/// handle is no error, one that was freed is `not_found`.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_server_free(server: Server) -> Status {
    done(|| server.free())
}
