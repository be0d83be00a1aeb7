//! What an encoder may leave out or write in more than one way.

use crate::Escaping;

/// Choices of whoever serves metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Whether the text formats tell when each counter, histogram and summary began, as `_created`
    /// samples. Off by default: Prometheus takes them for series, a third more of them for counters.
    /// The protocol buffer format and JSON always tell it, where it is known.
    pub created_samples: bool,
    /// How names are written that are not classic, where a reader has not said how it wants them.
    pub escaping: Escaping,
    /// How the text formats spell what they leave open.
    pub spelling: Spelling,
}

/// How the text formats spell what they leave open. Readers read the same of all spellings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// The shortest one: see [`crate::encode_text`] and [`crate::encode_openmetrics`].
    #[default]
    Short,
    /// That of Python's `prometheus_client`, for programs that compare its text: every number has a
    /// point or an exponent (`1.0`, counts too), labels are sorted, `_count` comes before `_sum`, and
    /// a family without series or help is shown all the same. No family is left out because of its
    /// escaped name.
    PrometheusClient,
}
