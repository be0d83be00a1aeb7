//! Collectors, metric families and registries over the cells of `metrion-slab`.

mod activity;
mod any;
mod any_options;
mod bounds;
mod callback;
mod cardinality;
mod checkpoint;
mod collector;
mod common;
mod common_family;
mod contents;
mod counter;
mod definition;
mod exemplars;
mod exponential;
mod family;
mod gauge;
mod handle_table;
mod histogram;
mod info;
mod members;
mod native;
mod options;
mod plan;
#[cfg(all(feature = "process", not(target_arch = "wasm32")))]
mod process;
mod record;
mod registry;
mod running;
mod selection;
mod self_metrics;
mod series;
mod span;
mod state_set;
mod summary;
mod timer;
mod view;

pub use any::Handle;
pub use any_options::{AnyFamilyOptions, AnyNativeOptions};
pub use bounds::{Bounds, BoundsTable, exponential_buckets, linear_buckets};
pub use cardinality::{CardinalityReport, FamilyCardinality, LabelCardinality};
pub use checkpoint::Checkpoint;
pub use collector::Collector;
pub use contents::SourceId;
pub use counter::Counter;
pub use definition::Storage;
pub use family::{Child, Family, Metric};
pub use gauge::Gauge;
pub use handle_table::HandleTable;
pub use histogram::{Histogram, HistogramValue};
pub use info::Info;
#[doc(no_inline)]
pub use metrion_slab::{
    Geometry, Locked, Memory, OwnedCells, ProcessWriter, Segment, SegmentReport, SlabReport,
    THREAD_SLABS, ThreadSlab, lock, thread_slabs,
};
pub use native::{DEFAULT_ZERO_THRESHOLD, NativeOptions};
pub use options::{
    DEFAULT_BUCKETS, FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, RegistryMemory,
    RegistryOptions, StateSetOptions, SummaryOptions,
};
#[cfg(all(feature = "process", not(target_arch = "wasm32")))]
pub use process::{ProcessCollector, ProcessOptions};
pub use registry::Registry;
#[cfg(not(target_arch = "wasm32"))]
pub use registry::default_registry;
pub use selection::Selection;
pub use series::CellAddress;
pub use span::{SpanContext, SpanSource};
pub use state_set::StateSet;
pub use summary::{Summary, SummaryValue};
pub use timer::HistogramTimer;
pub use view::RegistryView;
