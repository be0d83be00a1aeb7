use std::time::Duration;

use metrion_exposition::EncodeOptions;
use metrion_model::{Error, ErrorCode, Result};

/// Where and within which bounds metrics are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// The address to listen on: an IPv4 or IPv6 address, or a name. `127.0.0.1` by default, so that
    /// nobody outside this machine reads the metrics unless that is wanted; `0.0.0.0` and `::` are
    /// every address.
    pub address: String,
    /// The port; 0, the default, takes any free one (see [`super::HttpServer::local_addr`]).
    pub port: u16,
    /// The path of the metrics, `/metrics` by default. `None` serves them under every path but
    /// `/favicon.ico`, as Python's `prometheus_client` does.
    pub path: Option<String>,
    /// What the formats may leave out or write in more than one way. Families that cannot be written
    /// under the names that a client takes are counted in the answer's header `metrion-left-out`.
    pub encode: EncodeOptions,
    /// Serves HTTPS instead of HTTP.
    #[cfg(feature = "tls")]
    pub tls: Option<super::TlsOptions>,
    /// How many connections are open at once, 256 by default. Further ones wait to be accepted.
    pub max_connections: u16,
    /// How many scrapes are collected or being sent at once, 16 by default; a further one is answered
    /// with 503. This, times the size of a page, bounds the memory that slow clients hold.
    pub max_scrapes: u16,
    /// How long a connection may go without sending a whole request head, be it new or kept alive.
    /// 90 seconds by default: longer than the usual scrape interval, so that scrapers can keep theirs.
    pub idle_timeout: Duration,
    /// How long a client may take to receive an answer, 30 seconds by default.
    pub send_timeout: Duration,
    /// How long stopping waits for the scrapes that are under way, 5 seconds by default.
    pub stop_timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            address: "127.0.0.1".to_owned(),
            port: 0,
            path: Some("/metrics".to_owned()),
            encode: EncodeOptions::default(),
            #[cfg(feature = "tls")]
            tls: None,
            max_connections: 256,
            max_scrapes: 16,
            idle_timeout: Duration::from_secs(90),
            send_timeout: Duration::from_secs(30),
            stop_timeout: Duration::from_secs(5),
        }
    }
}

impl HttpOptions {
    pub(super) fn check(&self) -> Result<()> {
        let fault = |what: String| Err(Error::new(ErrorCode::InvalidValue, what));
        if let Some(path) = &self.path
            && !path.starts_with('/')
        {
            return fault(format!("the path of the metrics must begin with a slash: {path:?}"));
        }
        if self.max_connections == 0 || self.max_scrapes == 0 {
            return fault("max_connections and max_scrapes must be at least 1".to_owned());
        }
        Ok(())
    }
}
