//! Native histograms: their options and their buckets.

use metrion::{Error, ErrorCode, NativeHistogram, NativeOptions, Result as CoreResult};
use pyo3::prelude::*;

use crate::helpers::value_class;

/// The `native` argument: a factor, or `metrion.NativeHistogramOptions`.
#[derive(FromPyObject)]
pub(crate) enum NativeArgument {
    Factor(f64),
    Options(Options),
}

/// What is `None` is the core's default.
#[derive(FromPyObject)]
pub(crate) struct Options {
    factor: Option<f64>,
    schema: Option<i8>,
    max_buckets: Option<usize>,
    zero_threshold: Option<f64>,
    max_zero_threshold: Option<f64>,
    min_reset_seconds: Option<f64>,
}

impl NativeArgument {
    pub(crate) fn into_options(self) -> CoreResult<NativeOptions> {
        match self {
            Self::Factor(factor) => NativeOptions::with_factor(factor),
            Self::Options(options) => options.into_options(),
        }
    }
}

impl Options {
    fn into_options(self) -> CoreResult<NativeOptions> {
        let default = NativeOptions::default();
        let schema = match (self.factor, self.schema) {
            (Some(_), Some(_)) => {
                let message = "a native histogram is given a factor or a schema, not both";
                return Err(Error::new(ErrorCode::InvalidBuckets, message));
            }
            (Some(factor), None) => NativeOptions::with_factor(factor)?.schema,
            (None, schema) => schema.unwrap_or(default.schema),
        };
        Ok(NativeOptions {
            schema,
            max_buckets: self.max_buckets.unwrap_or(default.max_buckets),
            zero_threshold: self.zero_threshold.unwrap_or(default.zero_threshold),
            max_zero_threshold: self.max_zero_threshold.unwrap_or(default.max_zero_threshold),
            min_reset_seconds: self.min_reset_seconds.unwrap_or(default.min_reset_seconds),
        })
    }
}

/// `metrion.NativeHistogram`.
pub(crate) fn native_value(py: Python<'_>, native: NativeHistogram) -> PyResult<Bound<'_, PyAny>> {
    let NativeHistogram { schema, zero_threshold, zero_count, positive, negative } = native;
    value_class(py, "NativeHistogram")?.call1((
        schema,
        zero_threshold,
        zero_count,
        positive,
        negative,
    ))
}
