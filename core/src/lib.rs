//! One fast metrics core: collectors of every type with labels, registries, the Prometheus
//! text format, and an HTTP server for scrapes.
//!
//! ```
//! use metrion::{FamilyOptions, Registry, RegistryOptions};
//!
//! let registry = Registry::new(RegistryOptions::default())?;
//! let requests = registry.counter_family(FamilyOptions::labelled(
//!     "http_requests_total",
//!     "Requests by method.",
//!     &["method"],
//! ))?;
//! requests.labels(&["GET"])?.inc();
//! assert!(metrion::text(&registry).contains("http_requests_total{method=\"GET\"} 1\n"));
//! # Ok::<(), metrion::Error>(())
//! ```
//!
//! This crate re-exports the parts and wires features; the code is in the crates that it names.
//!
//! Features: `exporters` is on by default; off are
//!
//! - `process`: `ProcessCollector`, memory, CPU time and open files of the process
//! - `tls`: HTTPS; `push`: pushing to a Pushgateway, over HTTPS too
//! - `tower` and `axum`: `http`, the metrics of HTTP requests as a layer
//! - `metrics-facade`: `metrics_facade`, a recorder for the `metrics` crate
//! - `prometheus-crate`: `prometheus_crate`, bridges from and to the `prometheus` crate

#[cfg(feature = "exporters")]
pub use metrion_exporters as exporters;
pub use metrion_exposition as exposition;
#[cfg(feature = "tower")]
pub use metrion_integrations::http;
#[cfg(feature = "metrics-facade")]
pub use metrion_integrations::metrics_facade;
#[cfg(feature = "opentelemetry")]
pub use metrion_integrations::opentelemetry;
#[cfg(feature = "prometheus-crate")]
pub use metrion_integrations::prometheus_crate;
#[cfg(not(target_arch = "wasm32"))]
pub use metrion_metrics::default_registry;
pub use metrion_metrics::{
    AnyFamilyOptions, AnyNativeOptions, Bounds, BoundsTable, CardinalityReport, CellAddress,
    Checkpoint, Child, Collector, Counter, DEFAULT_BUCKETS, DEFAULT_ZERO_THRESHOLD, Family,
    FamilyCardinality, FamilyOptions, Gauge, GaugeMode, GaugeOptions, Geometry, Handle,
    HandleTable, Histogram, HistogramOptions, HistogramTimer, HistogramValue, Info,
    LabelCardinality, Locked, Memory, Metric, NativeOptions, OwnedCells, ProcessWriter, Registry,
    RegistryMemory, RegistryOptions, RegistryView, Segment, SegmentReport, Selection, SlabReport,
    SourceId, SpanContext, SpanSource, StateSet, StateSetOptions, Storage, Summary, SummaryOptions,
    SummaryValue, THREAD_SLABS, ThreadSlab, exponential_buckets, linear_buckets, lock,
    thread_slabs,
};
#[cfg(all(feature = "process", not(target_arch = "wasm32")))]
pub use metrion_metrics::{ProcessCollector, ProcessOptions};
#[cfg(not(target_arch = "wasm32"))]
pub use metrion_model::SystemClock;
pub use metrion_model::{
    Clock, Error, ErrorCode, Exemplar, FamilySnapshot, LabelPairs, LabelSets, ManualClock,
    MetricType, NameFilter, NameRules, NativeHistogram, PlacedExemplar, Quoted, Result, Schema,
    Snapshot, Value, is_classic_label_name, is_classic_metric_name,
};

/// The registry's families in the Prometheus text format 0.0.4.
#[must_use]
pub fn text(registry: &Registry) -> String {
    let mut out = Vec::new();
    exposition::encode_text(&registry.snapshot(&NameFilter::all()), &mut out);
    // The encoder copies strings and ASCII only, so nothing is replaced.
    String::from_utf8(out)
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

/// Serves the registry's families over HTTP until the returned server is stopped. When another process serves this
/// registry already, that is a warning of `tracing`, once; see [`Registry::announce_exporter`].
///
/// # Errors
/// Those of [`exporters::http::serve`].
#[cfg(feature = "exporters")]
pub fn serve_http(
    registry: &Registry,
    options: exporters::http::HttpOptions,
) -> Result<exporters::http::HttpServer> {
    let server = exporters::http::serve(source(registry), options)?;
    if let Some(warning) = registry.announce_exporter() {
        tracing::warn!("{warning}");
    }
    Ok(server)
}

/// The registry as the source of an exporter.
#[cfg(feature = "exporters")]
pub fn source(registry: &Registry) -> impl exporters::Scrape + use<> {
    let registry = registry.clone();
    move |filter: &NameFilter| registry.snapshot(filter)
}
