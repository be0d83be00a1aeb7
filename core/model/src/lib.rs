//! The plain data that every Metrion crate shares: schemas, label sets, snapshots, error codes and
//! the clock. Nothing here allocates threads, reads the time or knows a format beyond the escaping
//! of a label value.

mod clock;
mod error;
mod labels;
mod name;
mod schema;
mod snapshot;

pub use clock::Clock;
#[cfg(not(target_arch = "wasm32"))]
pub use clock::SystemClock;
pub use error::{Error, ErrorCode, Result};
pub use labels::{LabelPairs, LabelSets};
pub use name::{OVERFLOW_LABEL, validate_label_names, validate_metric_name};
pub use schema::{MetricType, Schema};
pub use snapshot::{FamilySnapshot, NameFilter, Snapshot, Value};
