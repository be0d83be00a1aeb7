//! What is measured of HTTP requests: names, help texts, labels and bounds, the same in every
//! language.

use std::fmt;
use std::sync::Arc;

use http::Method;
use metrion_metrics::{
    Counter, Family, FamilyOptions, Gauge, GaugeMode, GaugeOptions, Histogram, HistogramOptions,
    Registry,
};
use metrion_model::{Clock, Result};

/// The bounds of `http_request_duration_seconds`, in seconds, if no others are given.
pub const DURATION_BUCKETS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The bounds of the sizes of request and response bodies, in bytes.
pub const SIZE_BUCKETS: [f64; 7] = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

pub(super) const UNMATCHED: &str = "unmatched";
const OTHER_METHOD: &str = "OTHER";

pub(super) const SERVER_ERROR: &str = "500";
/// Not a status that anybody sends: nginx writes it to its log when the client did not wait.
pub(super) const CLIENT_CLOSED_REQUEST: &str = "499";

/// Of a request that has been taken.
const TAKEN: [&str; 2] = ["method", "route"];
/// Of a request that has ended.
const ENDED: [&str; 3] = ["method", "route", "status"];

const IN_FLIGHT: (&str, &str) = ("http_requests_in_flight", "HTTP requests being handled.");
const REQUESTS: (&str, &str) = ("http_requests_total", "HTTP requests handled.");
const DURATION: (&str, &str) = (
    "http_request_duration_seconds",
    "Time from the request's arrival to the last byte of its response.",
);
const REQUEST_SIZE: (&str, &str) =
    ("http_request_size_bytes", "Bytes of request body that the application read.");
const RESPONSE_SIZE: (&str, &str) =
    ("http_response_size_bytes", "Bytes of response body that were sent.");

/// The families of HTTP requests in one registry; services may share one.
pub(super) struct HttpFamilies {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) in_flight: Family<Gauge>,
    pub(super) requests: Family<Counter>,
    pub(super) duration: Family<Histogram>,
    pub(super) request_size: Family<Histogram>,
    pub(super) response_size: Family<Histogram>,
}

impl HttpFamilies {
    pub(super) fn new(registry: &Registry, duration_buckets: Vec<f64>) -> Result<Self> {
        let family = |(name, help), labels: &[&str]| FamilyOptions::labelled(name, help, labels);
        let histogram = |definition, buckets| {
            let family = family(definition, &ENDED);
            registry.histogram_family(HistogramOptions { family, buckets, native: None })
        };
        Ok(Self {
            clock: Arc::clone(registry.clock()),
            in_flight: registry.gauge_family(GaugeOptions {
                family: family(IN_FLIGHT, &TAKEN),
                mode: GaugeMode::UpDown,
            })?,
            requests: registry.counter_family(family(REQUESTS, &ENDED))?,
            duration: histogram(DURATION, duration_buckets)?,
            request_size: histogram(REQUEST_SIZE, SIZE_BUCKETS.to_vec())?,
            response_size: histogram(RESPONSE_SIZE, SIZE_BUCKETS.to_vec())?,
        })
    }
}

impl fmt::Debug for HttpFamilies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFamilies").field("requests", &self.requests).finish_non_exhaustive()
    }
}

/// The label of a method. Clients choose it, so only those that a standard knows (RFC 9110, 5789)
/// stand for themselves.
pub(super) fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::CONNECT => "CONNECT",
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::TRACE => "TRACE",
        _ => OTHER_METHOD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The text of a Python module of the package, with every run of white space as one blank.
    fn python(module: &str) -> String {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindings-python/python");
        let text = std::fs::read_to_string(package.join("metrion").join(module)).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What stands between the parentheses that `start` opens.
    fn tuple<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
        let (_, rest) = text.split_once(start).unwrap();
        let (inside, _) = rest.split_once(')').unwrap();
        // Not `*names`, which are the labels that users add.
        let is_own = |item: &&str| !item.is_empty() && !item.starts_with('*');
        inside.split(',').map(str::trim).filter(is_own).collect()
    }

    fn numbers(items: Vec<&str>) -> Vec<f64> {
        items.iter().map(|item| item.replace('_', "").parse().unwrap()).collect()
    }

    #[test]
    fn python_has_the_same_definitions() {
        let http = python("_http.py");
        for ((name, help), class, labels) in [
            (IN_FLIGHT, "Gauge", "taken"),
            (REQUESTS, "Counter", "ended"),
            (DURATION, "Histogram", "ended"),
            (REQUEST_SIZE, "Histogram", "ended"),
            (RESPONSE_SIZE, "Histogram", "ended"),
        ] {
            let call = format!("{class}( \"{name}\", \"{help}\", {labels}, registry=registry");
            assert!(http.contains(&call), "{call}");
        }
        // Each of them, and no other.
        assert_eq!(http.matches("registry=registry").count(), 5);
        assert!(http.contains("mode=\"up_down\""));
        assert_eq!(tuple(&http, "taken = ("), TAKEN.map(|name| format!("\"{name}\"")));
        assert_eq!(tuple(&http, "ended = ("), ENDED.map(|name| format!("\"{name}\"")));
        assert_eq!(numbers(tuple(&http, "SIZE_BUCKETS = (")), SIZE_BUCKETS);
        assert_eq!(numbers(tuple(&http, "DURATION_BUCKETS = (")), DURATION_BUCKETS);
        for (constant, value) in [
            ("UNMATCHED", UNMATCHED),
            ("OTHER_METHOD", OTHER_METHOD),
            ("SERVER_ERROR", SERVER_ERROR),
            ("CLIENT_CLOSED_REQUEST", CLIENT_CLOSED_REQUEST),
        ] {
            assert!(http.contains(&format!("{constant} = \"{value}\"")), "{constant}");
        }
    }

    #[test]
    fn python_knows_the_same_methods() {
        let http = python("_http.py");
        let methods = tuple(&http, "KNOWN_METHODS = frozenset( (");
        assert_eq!(methods.len(), 9);
        for method in methods {
            let name = method.trim_matches('"');
            assert_eq!(method_label(&Method::from_bytes(name.as_bytes()).unwrap()), name);
        }
        for other in ["get", "PURGE", "PROPFIND"] {
            let method = Method::from_bytes(other.as_bytes()).unwrap();
            assert_eq!(method_label(&method), OTHER_METHOD, "{other}");
        }
    }
}
