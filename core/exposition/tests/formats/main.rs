//! Every format, with everything that a snapshot can hold.

#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

mod everything;
mod json;
mod protobuf;
mod text;
