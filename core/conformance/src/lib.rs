//! Test vectors that every Metrion language must pass, and their Rust runner.
//!
//! The vectors are data: `vectors/<area>/<case>.json`. `README.md` describes the format. Nothing in
//! here is part of what users install.

mod collected;
mod format;
mod handle;
mod page;
mod runner;
mod spread;

pub use format::{
    AREAS, Case, Create, Expectation, ExpectedHistogram, ExpectedNative, ExpectedSummary,
    ExpectedValue, GaugeKind, Kind, Native, Number, Operation, Pairs, Setup, Step, VectorFile,
    load, read,
};
pub use page::{Collected, CollectedKind, CollectedSeries, Page, ParsedFormat};
pub use runner::{Part, run};
pub use spread::{PROCESSES, run_part, run_spread};
