//! The plain data that every Metrion crate shares: schemas, label sets, snapshots, error codes and
//! the clock. Nothing here allocates threads, reads the time or knows a format beyond the escaping
//! of a label value.

mod clock;
mod error;
mod exemplar;
mod family_snapshot;
mod filter;
mod labels;
mod name;
mod native;
mod power_of_two;
mod sample_value;
mod schema;
mod shown;
mod snapshot;

#[cfg(not(target_arch = "wasm32"))]
pub use clock::SystemClock;
pub use clock::{Clock, ManualClock};
pub use error::{Error, ErrorCode, Result};
pub use exemplar::Exemplar;
pub use family_snapshot::{FamilySnapshot, PlacedExemplar, Value};
pub use filter::NameFilter;
pub use labels::{LabelPairs, LabelSets};
pub use name::{
    NameRules, OVERFLOW_LABEL, is_classic_label_name, is_classic_metric_name, validate_label_names,
    validate_metric_name,
};
pub use native::NativeHistogram;
pub use schema::{MetricType, Schema};
pub use shown::{Quoted, Shown};
pub use snapshot::Snapshot;
