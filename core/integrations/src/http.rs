//! Metrics of HTTP requests, as a [`tower`](https://docs.rs/tower) layer.
//!
//! The families, all of them also by `method` and by `route` (the template, such as
//! `/orders/{order_id}`), are those of Python's `metrion.fastapi`:
//!
//! - `http_requests_total`, by `status`
//! - `http_request_duration_seconds`, by `status`: until the last byte of the response is taken
//! - `http_request_size_bytes` and `http_response_size_bytes`, by `status`: bytes of the bodies
//! - `http_requests_in_flight`
//!
//! What a client can choose never becomes a label: a request that no route matches has the route
//! `unmatched`, and a method that no standard knows is `OTHER`. A service or a body that fails or
//! panics counts as status 500; a client that leaves before the response starts counts as 499, and
//! one that leaves later as the response's status. A client that breaks off its own body is an error
//! of the request's body: what the service answers to that is what counts. A connection that is upgraded
//! (a WebSocket) counts with its handshake.
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use metrion_integrations::http::HttpMetricsLayer;
//! use metrion_metrics::{Registry, RegistryOptions};
//!
//! let registry = Registry::new(RegistryOptions::default())?;
//! let app: Router = Router::new()
//!     .route("/orders/{order_id}", get(|| async { "an order" }))
//!     // After the routes and the fallback: axum's layers see only what is there before them.
//!     .layer(HttpMetricsLayer::axum(&registry)?);
//! # Ok::<(), metrion_model::Error>(())
//! ```

mod body;
mod exchange;
mod families;
mod future;
mod layer;
mod options;
mod routes;

pub use body::{RequestBody, ResponseBody};
pub use families::{DURATION_BUCKETS, SIZE_BUCKETS};
pub use future::ResponseFuture;
pub use layer::{HttpMetricsLayer, HttpMetricsService};
#[cfg(feature = "axum")]
pub use options::axum_route;
pub use options::{HttpMetricsOptions, RouteOf};
