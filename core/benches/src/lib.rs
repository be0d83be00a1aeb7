//! Metrion beside the crates that a Rust user would pick instead.
//!
//! [`ROWS`] is the one place where it is said what is measured. Two bench targets run it:
//! `side_by_side` takes turns between Metrion and its peers and yields the ratios that the project
//! states; `core` hands the same closures to criterion, one after the other, for working on the core.
// A case that cannot be set up must end the run: there is nobody to report an error to.
#![allow(clippy::unwrap_used)]

mod case;
mod creation;
mod scrapes;
mod series;
pub mod side_by_side;
mod updates;

pub use case::{Peer, Row, Run};

/// Everything that is measured. A row is set up when it is called, and takes its memory with it when
/// it is dropped.
pub const ROWS: &[fn() -> Row] = &[
    updates::counter,
    updates::counters_in_turn,
    updates::labelled_counter,
    updates::histogram,
    updates::gauge,
    scrapes::encode_counters,
    scrapes::snapshot_counters,
    scrapes::encode_histograms,
    creation::new_series,
];
