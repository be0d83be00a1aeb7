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
}
