use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use metrion_model::{Clock, Error, ErrorCode, Result, SystemClock};

/// Where Graphite is, and how series are named there.
#[derive(Clone)]
pub struct GraphiteOptions {
    /// The address of Graphite's plain-text receiver, or its name.
    pub host: String,
    /// Its port, usually 2003.
    pub port: u16,
    /// What all paths begin with, `servers.web`; nothing by default.
    pub prefix: String,
    /// Whether labels become tags, `up;job=api`, which Graphite has from 1.1 on; by default they are
    /// parts of the path, `up.job.api`.
    pub tags: bool,
    /// Whether there are `_created` samples.
    pub created_samples: bool,
    /// How long connecting and sending may take, 30 seconds by default. Looking a name up is not
    /// part of it.
    pub timeout: Duration,
    /// Of when the values are.
    pub clock: Arc<dyn Clock>,
}

impl GraphiteOptions {
    /// The defaults.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            prefix: String::new(),
            tags: false,
            created_samples: false,
            timeout: Duration::from_secs(30),
            clock: Arc::new(SystemClock::default()),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(());
        }
        let message = format!("a prefix of Graphite is ASCII without spaces: {:?}", self.prefix);
        Err(Error::new(ErrorCode::InvalidValue, message))
    }
}

impl fmt::Debug for GraphiteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphiteOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("prefix", &self.prefix)
            .field("tags", &self.tags)
            .field("created_samples", &self.created_samples)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
