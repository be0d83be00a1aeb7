//! What a user says of the measuring of HTTP requests.

use http::request::Parts;

use super::families::DURATION_BUCKETS;

/// Finds the template of the route that will handle a request, such as `/orders/{order_id}`; `None`
/// when no route does. It must never give the path itself: clients choose that.
pub type RouteOf = for<'a> fn(&'a Parts) -> Option<&'a str>;

/// How requests are measured.
#[derive(Clone, Debug)]
pub struct HttpMetricsOptions {
    /// The bounds of `http_request_duration_seconds`, in seconds.
    pub buckets: Vec<f64>,
    /// Route templates that are not measured: by default `/metrics`.
    pub exclude: Vec<String>,
    /// Finds a request's route. By default no request has one.
    pub route_of: RouteOf,
}

impl Default for HttpMetricsOptions {
    fn default() -> Self {
        Self {
            buckets: DURATION_BUCKETS.to_vec(),
            exclude: vec!["/metrics".to_owned()],
            route_of: |_| None,
        }
    }
}

/// The route that axum's router found: for [`HttpMetricsOptions::route_of`].
///
/// The router tells it to layers that were added with `Router::layer`, not to those around the
/// whole router.
#[cfg(feature = "axum")]
#[must_use]
pub fn axum_route(request: &Parts) -> Option<&str> {
    request.extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}
