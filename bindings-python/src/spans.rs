//! The current span of OpenTelemetry, for exemplars that are attached by themselves.

use metrion::{SpanContext, SpanSource};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

/// `opentelemetry.trace.get_current_span`.
pub(crate) struct CurrentSpan(Py<PyAny>);

impl CurrentSpan {
    /// `None` where the package `opentelemetry-api` is not installed.
    pub(crate) fn find(py: Python<'_>) -> PyResult<Option<Self>> {
        match py.import("opentelemetry.trace") {
            Ok(trace) => Ok(Some(Self(trace.getattr("get_current_span")?.unbind()))),
            Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(&self, py: Python<'_>) -> PyResult<Option<SpanContext>> {
        let context = self.0.bind(py).call0()?.call_method0("get_span_context")?;
        let is_sampled: bool = context.getattr("trace_flags")?.getattr("sampled")?.extract()?;
        if !is_sampled {
            // Outside of spans, too: the ids would be read for nothing.
            return Ok(None);
        }
        let trace_id: u128 = context.getattr("trace_id")?.extract()?;
        let span_id: u64 = context.getattr("span_id")?.extract()?;
        let (trace_id, span_id) = (trace_id.to_be_bytes(), span_id.to_be_bytes());
        Ok(Some(SpanContext { trace_id, span_id, is_sampled }))
    }
}

impl SpanSource for CurrentSpan {
    fn current(&self) -> Option<SpanContext> {
        // An update goes on without an exemplar where there is something wrong with the span, and when
        // the interpreter is ending.
        Python::try_attach(|py| self.read(py).ok())??
    }
}
