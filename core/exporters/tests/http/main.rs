//! The HTTP exporter as a client sees it.

#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

mod client;
mod negotiation;
mod serving;
