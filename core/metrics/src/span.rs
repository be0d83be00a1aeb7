//! Where exemplars get the current trace from.

use std::fmt::Write;

/// Finds the span that the calling thread is in, for exemplars that are attached by themselves.
pub trait SpanSource: Send + Sync + 'static {
    /// The current span, if there is one.
    fn current(&self) -> Option<SpanContext>;
}

/// The ids of a span, as W3C Trace Context and OpenTelemetry have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanContext {
    /// The trace's id.
    pub trace_id: [u8; 16],
    /// The span's id.
    pub span_id: [u8; 8],
    /// Whether the trace is recorded: an exemplar of one that is not would lead nowhere.
    pub is_sampled: bool,
}

/// The labels of a span's exemplar, in the names that OpenTelemetry gives them.
pub(crate) struct SpanLabels {
    trace_id: String,
    span_id: String,
}

impl SpanLabels {
    pub(crate) fn new(span: SpanContext) -> Self {
        Self { trace_id: hex(&span.trace_id), span_id: hex(&span.span_id) }
    }

    pub(crate) fn as_pairs(&self) -> [(&str, &str); 2] {
        [("trace_id", &self.trace_id), ("span_id", &self.span_id)]
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hexadecimal() {
        let span = SpanContext { trace_id: [0xab; 16], span_id: [1; 8], is_sampled: true };
        let labels = SpanLabels::new(span);
        let pairs =
            [("trace_id", "abababababababababababababababab"), ("span_id", "0101010101010101")];
        assert_eq!(labels.as_pairs(), pairs);
    }
}
