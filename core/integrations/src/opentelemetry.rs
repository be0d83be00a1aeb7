//! The current OpenTelemetry span as an exemplar.
//!
//! ```
//! use std::sync::Arc;
//!
//! use metrion_integrations::opentelemetry::CurrentSpan;
//! use metrion_metrics::{Registry, RegistryOptions};
//!
//! let options =
//!     RegistryOptions { spans: Some(Arc::new(CurrentSpan)), ..RegistryOptions::default() };
//! let registry = Registry::new(options)?;
//! let latency = registry.timer("request", "Time of requests.")?;
//! // Inside a sampled span, this keeps its trace_id and span_id beside the bucket.
//! latency.observe_in_span(0.2);
//! # Ok::<(), metrion_model::Error>(())
//! ```

use metrion_metrics::{SpanContext, SpanSource};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

/// Finds the span that is current in the calling thread's OpenTelemetry context; for
/// [`metrion_metrics::RegistryOptions::spans`].
#[derive(Clone, Copy, Debug, Default)]
pub struct CurrentSpan;

impl SpanSource for CurrentSpan {
    fn current(&self) -> Option<SpanContext> {
        Context::map_current(|context| {
            let span = context.span();
            let found = span.span_context();
            found.is_valid().then(|| SpanContext {
                trace_id: found.trace_id().to_bytes(),
                span_id: found.span_id().to_bytes(),
                is_sampled: found.is_sampled(),
            })
        })
    }
}
