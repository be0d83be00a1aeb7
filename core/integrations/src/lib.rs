//! Metrion inside other Rust libraries, each behind a feature:
//!
//! - `tower`: `http`, the metrics of HTTP requests as a layer; `axum` adds its route templates.
//! - `metrics-facade`: `metrics_facade`, a recorder for the `metrics` crate.
//! - `opentelemetry`: `opentelemetry`, exemplars of the current span.
//! - `prometheus-crate`: `prometheus_crate`, bridges from and to the `prometheus` crate.

#[cfg(feature = "tower")]
pub mod http;
#[cfg(feature = "metrics-facade")]
pub mod metrics_facade;
#[cfg(feature = "opentelemetry")]
pub mod opentelemetry;
#[cfg(feature = "prometheus-crate")]
pub mod prometheus_crate;
