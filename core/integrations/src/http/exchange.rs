//! One request and its response.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;
use metrion_metrics::Gauge;

use super::families::{CLIENT_CLOSED_REQUEST, HttpFamilies, SERVER_ERROR};

/// One request and its response, as they pass through the layer.
///
/// Whoever is responsible for the end holds it: first the service's future, then the response's body.
/// It is counted when it is dropped, be it because the body ended, because nobody waits any more, or
/// because the service failed or panicked.
#[derive(Debug)]
pub(super) struct Exchange {
    families: Arc<HttpFamilies>,
    method: &'static str,
    route: Arc<str>,
    in_flight: Gauge,
    /// Monotonic seconds.
    start: f64,
    status: Option<StatusCode>,
    /// The bytes that the service read, which its request body counts. None for a body that has
    /// none.
    received: Option<Arc<AtomicU64>>,
    sent: u64,
    /// Whether the service's code runs or has failed: a drop then means that it did not come back.
    in_service: bool,
}

impl Exchange {
    pub(super) fn begin(
        families: &Arc<HttpFamilies>,
        method: &'static str,
        route: Arc<str>,
        received: Option<Arc<AtomicU64>>,
    ) -> Option<Self> {
        let in_flight = families.in_flight.labels(&[method, &route]).ok()?.clone();
        in_flight.inc();
        Some(Self {
            families: Arc::clone(families),
            method,
            route,
            in_flight,
            start: families.clock.monotonic_seconds(),
            status: None,
            received,
            sent: 0,
            in_service: false,
        })
    }

    /// The service's code runs from here on.
    pub(super) fn enter(&mut self) {
        self.in_service = true;
    }

    /// The service's code came back without an error.
    pub(super) fn leave(&mut self) {
        self.in_service = false;
    }

    pub(super) fn respond(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    pub(super) fn send(&mut self, bytes: usize) {
        // The answer to HEAD has no body, whatever the service says.
        if self.method != "HEAD" {
            self.sent += bytes as u64;
        }
    }

    fn outcome(&self) -> &str {
        match &self.status {
            _ if self.in_service => SERVER_ERROR,
            Some(status) => status.as_str(),
            None => CLIENT_CLOSED_REQUEST,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let seconds = (self.families.clock.monotonic_seconds() - self.start).max(0.0);
        self.in_flight.dec();

        let received = self.received.as_ref().map_or(0, |bytes| bytes.load(Ordering::Relaxed));
        let labels = [self.method, &self.route, self.outcome()];
        // Labels of another number are the only error, and these are as many as were registered.
        if let Ok(requests) = self.families.requests.labels(&labels) {
            requests.inc();
        }
        for (family, value) in [
            (&self.families.duration, seconds),
            (&self.families.request_size, received as f64),
            (&self.families.response_size, self.sent as f64),
        ] {
            if let Ok(histogram) = family.labels(&labels) {
                histogram.observe(value);
            }
        }
    }
}
