//! Pushing to a Pushgateway.

use std::time::Duration;

use metrion::exporters::push::{
    BasicAuth, PushMethod, PushOptions as CoreOptions, delete_pushed, push,
};

use crate::error::{Result, invalid};
use crate::options::{Label, owned_pairs};
use crate::registry::Registry;

/// Where a group of metrics goes, and how.
#[derive(uniffi::Record)]
pub struct PushOptions {
    /// The gateway's address, `https://host:9091`; without a scheme it is `http`.
    pub url: String,
    /// The value of the label `job`.
    pub job: String,
    /// The other labels of the group.
    pub grouping: Vec<Label>,
    /// Whether metrics of other names stay, which the group has already.
    pub add: bool,
    /// A user's name, for a gateway that asks for one.
    pub user: Option<String>,
    /// Their password.
    pub password: Option<String>,
    /// How long all of it may take; 30 seconds by default.
    pub timeout_seconds: Option<f64>,
}

impl PushOptions {
    fn into_core(self) -> Result<CoreOptions> {
        let mut options = CoreOptions::new(&self.url, &self.job);
        options.grouping = owned_pairs(self.grouping);
        if self.add {
            options.method = PushMethod::Add;
        }
        options.basic_auth = self.user.map(|user| {
            let password = self.password.unwrap_or_default();
            BasicAuth { user, password }
        });
        if let Some(seconds) = self.timeout_seconds {
            let timeout = Duration::try_from_secs_f64(seconds)
                .map_err(|_| invalid(format!("a timeout is a number from 0 up, not {seconds}")))?;
            options.transport.timeout = Some(timeout);
        }
        Ok(options)
    }
}

#[uniffi::export]
impl Registry {
    /// Sends the registry to a Pushgateway, and waits for the answer.
    pub fn push(&self, options: PushOptions) -> Result<()> {
        Ok(push(&metrion::source(&self.0), &options.into_core()?)?)
    }
}

/// Takes a group out of a Pushgateway, and waits for the answer.
#[uniffi::export]
pub fn delete_from_gateway(options: PushOptions) -> Result<()> {
    Ok(delete_pushed(&options.into_core()?)?)
}
