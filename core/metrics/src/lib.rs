//! Collectors, metric families and registries over the cells of `metrion-slab`.

mod bounds;
mod callback;
mod collector;
mod counter;
mod family;
mod gauge;
mod histogram;
mod members;
mod options;
mod record;
mod registry;
mod self_metrics;
mod series;

pub use bounds::{Bounds, exponential_buckets, linear_buckets};
pub use collector::Collector;
pub use counter::Counter;
pub use family::{Child, Family, Metric};
pub use gauge::Gauge;
pub use histogram::{Histogram, HistogramValue};
#[doc(no_inline)]
pub use metrion_slab::{Geometry, OwnedCells, ProcessWriter, Segment};
pub use options::{
    DEFAULT_BUCKETS, FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, RegistryOptions,
};
#[cfg(not(target_arch = "wasm32"))]
pub use registry::default_registry;
pub use registry::{Registry, SourceId};
