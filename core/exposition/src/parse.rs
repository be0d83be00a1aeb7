//! Parsers of the text formats.
//!
//! [`TextParser`] and [`OpenMetricsParser`] are iterators over what the lines say. They copy nothing
//! and check each line by itself. [`parse_text`] and [`parse_openmetrics`] collect families on top of
//! them and check what only the whole exposition shows. Which parser accepts what is written down in
//! `core/docs/adr/0010-parsers.md`.

mod byte_class;
mod cursor;
mod error;
mod escape;
mod event;
mod family;
mod histogram_check;
mod labels;
mod line;
mod number;
mod openmetrics;
mod openmetrics_families;
mod sample_check;
mod series_set;
mod text;
mod text_families;

pub use error::ParseError;
pub use event::{Event, ParsedExemplar, ParsedSample};
pub use family::ParsedFamily;
pub use labels::{LabelIter, Labels};
pub use openmetrics::OpenMetricsParser;
pub use openmetrics_families::{parse_openmetrics, parse_openmetrics_with};
pub use text::TextParser;
pub use text_families::{parse_text, parse_text_with};

pub(crate) use number::{parse_number, parse_short_integer};
pub(crate) use series_set::{Series, SeriesSet};

/// What a parser takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseOptions {
    /// The longest line in bytes, its line feed not counted; 1 MiB by default. A longer one is an
    /// error and is not read to its end.
    pub max_line_bytes: usize,
    /// Whether [`parse_text_with`] refuses a series that comes twice, as it does by default. Without
    /// it they stay in the family, where [`crate::lint`] finds them.
    pub refuse_duplicates: bool,
}

/// Whether a page is OpenMetrics, which ends with `# EOF`, and not the text format 0.0.4.
#[must_use]
pub fn is_openmetrics(page: &[u8]) -> bool {
    let text = page.strip_suffix(b"\n").unwrap_or(page);
    text == b"# EOF" || text.ends_with(b"\n# EOF")
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { max_line_bytes: 1 << 20, refuse_duplicates: true }
    }
}
