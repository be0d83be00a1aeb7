//! Metrion beside the crates that a Rust user would pick instead.
//!
//! [`ROWS`] is the one place where it is said what is measured. Two bench targets run it:
//! `side_by_side` takes turns between Metrion and its peers and yields the ratios that the project
//! states; `core` hands the same closures to criterion, one after the other, for working on the core.
// A case that cannot be set up must end the run: there is nobody to report an error to.
#![allow(clippy::unwrap_used)]

mod case;
mod creation;
mod formats;
mod parse;
mod scrapes;
mod series;
mod shared;
pub mod side_by_side;
mod updates;

pub use case::{Peer, Row, Run};

/// Sets a row up.
pub type Setup = fn() -> Row;

/// Everything that is measured, by ids for machines. A row takes its memory with it when it is dropped.
pub const ROWS: &[(&str, Setup)] = &[
    ("counter_inc", updates::counter),
    ("counters_inc", updates::counters_in_turn),
    ("labelled_counter_inc", updates::labelled_counter),
    ("histogram_observe", updates::histogram),
    ("gauge_set", updates::gauge),
    ("encode_counters", scrapes::encode_counters),
    ("snapshot_counters", scrapes::snapshot_counters),
    ("encode_histograms", scrapes::encode_histograms),
    ("encode_counters_openmetrics", formats::counters_as_openmetrics),
    ("encode_histograms_openmetrics", formats::histograms_as_openmetrics),
    ("encode_counters_protobuf", formats::counters_as_protobuf),
    ("encode_histograms_protobuf", formats::histograms_as_protobuf),
    ("encode_counters_json", formats::counters_as_json),
    ("encode_histograms_json", formats::histograms_as_json),
    ("new_series", creation::new_series),
    ("shared_counter_inc", shared::counter),
    ("shared_labelled_counter_inc", shared::labelled_counter),
    ("shared_histogram_observe", shared::histogram),
    ("shared_attach", shared::attach),
    ("shared_first_page", shared::first_page),
    ("shared_snapshot", shared::snapshot),
    ("parse_text_events", parse::text_events),
    ("parse_text", parse::text_families),
    ("parse_openmetrics_events", parse::openmetrics_events),
    ("parse_openmetrics", parse::openmetrics_families),
];
