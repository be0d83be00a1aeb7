use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use metrion_exposition::{EncodeOptions, Format};

/// Where a group of metrics goes, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct PushOptions {
    /// The gateway's address, `https://host:9091`; without a scheme it is `http`. A path in it stays
    /// in front of the gateway's own.
    pub url: String,
    /// The value of the label `job`.
    pub job: String,
    /// The other labels of the group.
    pub grouping: Vec<(String, String)>,
    /// What becomes of the metrics that the group has already.
    pub method: PushMethod,
    /// In which format they are sent: the text format by default.
    pub format: Format,
    /// What the format may leave out or write in more than one way.
    pub encode: EncodeOptions,
    /// Whether the body is compressed; it is not by default.
    pub compression: Option<Compression>,
    /// A user and a password.
    pub basic_auth: Option<BasicAuth>,
    /// More headers of the request.
    pub headers: Vec<(String, String)>,
    /// How the request travels.
    pub transport: PushTransport,
}

/// What becomes of the metrics that the group has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PushMethod {
    /// All of them go (PUT).
    #[default]
    Replace,
    /// Those with the same names go (POST).
    Add,
}

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// gzip, at its fastest level; the Pushgateway takes it from 1.5 on.
    Gzip,
    /// The framed format of snappy; the Pushgateway takes it from 1.6 on.
    Snappy,
}

/// A user and a password, for a gateway that asks for them.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicAuth {
    /// The user's name.
    pub user: String,
    /// The password. It is not shown by `Debug`.
    pub password: String,
}

/// How a request travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushTransport {
    /// How long all of it may take, 30 seconds by default; `None` waits for ever.
    pub timeout: Option<Duration>,
    /// Follows redirects with the same method, headers and body, passwords included. Only for
    /// gateways that are trusted; without it, a redirect is an error.
    pub follow_redirects: bool,
    /// Who proves what to whom, where the address is one of HTTPS.
    pub tls: PushTls,
}

/// What a push over HTTPS needs. The files are read for each push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushTls {
    /// The client's certificate and its private key, two files in PEM, for a gateway that asks for
    /// one.
    pub client: Option<(PathBuf, PathBuf)>,
    /// The authorities that may sign the gateway's certificate, in PEM; those of the operating system
    /// by default.
    pub authorities: Option<PathBuf>,
    /// Takes any certificate: whoever is in between can read and change what is sent.
    pub accept_any_server: bool,
}

impl PushOptions {
    /// A group of the label `job` alone, which is replaced.
    #[must_use]
    pub fn new(url: &str, job: &str) -> Self {
        Self {
            url: url.to_owned(),
            job: job.to_owned(),
            grouping: Vec::new(),
            method: PushMethod::default(),
            format: Format::default(),
            encode: EncodeOptions::default(),
            compression: None,
            basic_auth: None,
            headers: Vec::new(),
            transport: PushTransport::default(),
        }
    }
}

impl BasicAuth {
    /// The header that has them.
    #[must_use]
    pub fn header(&self) -> (String, String) {
        let token = STANDARD.encode(format!("{}:{}", self.user, self.password));
        ("Authorization".to_owned(), format!("Basic {token}"))
    }
}

impl Default for PushTransport {
    fn default() -> Self {
        Self {
            timeout: Some(Duration::from_secs(30)),
            follow_redirects: false,
            tls: PushTls::default(),
        }
    }
}

impl std::fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BasicAuth").field("user", &self.user).finish_non_exhaustive()
    }
}
