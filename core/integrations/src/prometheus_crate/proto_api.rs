//! What the `prometheus` crate calls differently with and without its `protobuf` feature.
//!
//! Any crate of a program may turn that feature on, so this one must compile with both. A method of a
//! type itself hides a trait's: where a name below is the crate's own, that one is called.
#![allow(dead_code, deprecated, reason = "some of it is hidden, and some of what hides it is old")]

use prometheus::proto::{Counter, Gauge, Metric};

/// The number of a counter or gauge: `get_value` without the feature, `value` with it.
trait NumberApi {
    fn value(&self) -> f64;
    fn get_value(&self) -> f64;
}

impl NumberApi for Counter {
    fn value(&self) -> f64 {
        self.get_value()
    }

    fn get_value(&self) -> f64 {
        self.value()
    }
}

impl NumberApi for Gauge {
    fn value(&self) -> f64 {
        self.get_value()
    }

    fn get_value(&self) -> f64 {
        self.value()
    }
}

pub(super) fn counter(metric: &Metric) -> f64 {
    metric.get_counter().value()
}

pub(super) fn gauge(metric: &Metric) -> f64 {
    metric.get_gauge().value()
}

/// With the feature an untyped metric is a field that does not exist without it.
trait UntypedApi {
    fn get_untyped(&self) -> Unreadable {
        Unreadable
    }
}

struct Unreadable;

impl Unreadable {
    fn get_value(&self) -> f64 {
        f64::NAN
    }
}

impl UntypedApi for Metric {}

/// The value of an untyped metric, NaN if it cannot be read.
pub(super) fn untyped(metric: &Metric) -> f64 {
    metric.get_untyped().get_value()
}
