use std::time::Duration;

use metrion_exposition::{EncodeOptions, Format};

/// Where a group of metrics goes, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct PushOptions {
    /// The gateway's address, `http://host:9091`, without TLS. A path in it stays in front of the
    /// gateway's own.
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
    /// How long all of it may take, 30 seconds by default.
    pub timeout: Duration,
    /// A user and a password.
    pub basic_auth: Option<BasicAuth>,
    /// More headers of the request.
    pub headers: Vec<(String, String)>,
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

/// A user and a password, for a gateway that asks for them.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicAuth {
    /// The user's name.
    pub user: String,
    /// The password. It is not shown by `Debug`.
    pub password: String,
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
            timeout: Duration::from_secs(30),
            basic_auth: None,
            headers: Vec::new(),
        }
    }
}

impl std::fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BasicAuth").field("user", &self.user).finish_non_exhaustive()
    }
}
