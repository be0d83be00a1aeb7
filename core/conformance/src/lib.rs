//! Test vectors that every Metrion language must pass, and their Rust runner.
//!
//! The vectors are data: `vectors/<area>/<case>.json`. `README.md` describes the format. Nothing in
//! here is part of what users install.

mod format;
mod runner;

pub use format::{
    AREAS, Case, Create, Expectation, ExpectedHistogram, ExpectedValue, GaugeKind, Kind, Number,
    Operation, Step, VectorFile, load,
};
pub use runner::run;
