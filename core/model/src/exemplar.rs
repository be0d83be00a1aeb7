//! One observation that stands for others, with the trace that it came from.

use crate::labels::push_label;
use crate::{Error, ErrorCode, LabelPairs, NameRules, Result, validate_label_names};

/// An example of what a counter or a bucket counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    labels: String,
    value: f64,
    timestamp: Option<f64>,
}

impl Exemplar {
    /// The most characters that all label names and values have together, as OpenMetrics 1.0 says.
    pub const MAX_CHARS: usize = 128;

    /// The most bytes that [`Exemplar::label_text`] has: four for a character, escaped or not, and six
    /// for what stands around the name and value of a label, of which there are no more than characters.
    pub const MAX_BYTES: usize = Self::MAX_CHARS * 4 + Self::MAX_CHARS * 6;

    /// An exemplar. `timestamp` is in Unix seconds.
    ///
    /// # Errors
    /// `invalid_exemplar` when the labels are too long together, or have wrong names.
    pub fn new<'a>(
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        value: f64,
        timestamp: Option<f64>,
    ) -> Result<Self> {
        let mut text = String::new();
        let mut chars = 0;
        let mut names = Vec::new();
        for (name, value) in labels {
            chars += name.chars().count() + value.chars().count();
            if chars > Self::MAX_CHARS {
                let message = format!(
                    "an exemplar's labels have more than {} characters together",
                    Self::MAX_CHARS
                );
                return Err(Error::new(ErrorCode::InvalidExemplar, message));
            }
            names.push(name);
            if !text.is_empty() {
                text.push(',');
            }
            push_label(&mut text, name, value);
        }
        validate_label_names(names.into_iter(), &[], NameRules::Utf8).map_err(|error| {
            Error::new(ErrorCode::InvalidExemplar, format!("exemplar: {}", error.message()))
        })?;
        Ok(Self { labels: text, value, timestamp })
    }

    /// An exemplar whose labels are text of the form of [`Exemplar::label_text`] already.
    #[must_use]
    pub const fn from_label_text(labels: String, value: f64, timestamp: Option<f64>) -> Self {
        Self { labels, value, timestamp }
    }

    /// The labels as escaped text: `trace_id="ab12"`.
    #[must_use]
    pub fn label_text(&self) -> &str {
        &self.labels
    }

    /// The names and values of the labels.
    #[must_use]
    pub fn labels(&self) -> LabelPairs<'_> {
        LabelPairs::new(&self.labels)
    }

    /// The value that was observed or added.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// When, in Unix seconds.
    #[must_use]
    pub const fn timestamp(&self) -> Option<f64> {
        self.timestamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_in_characters() {
        let of = |value: &str| Exemplar::new([("id", value)], 1.0, None).map_err(|e| e.code());
        assert_eq!(of("ä\"").unwrap().label_text(), r#"id="ä\"""#);
        assert!(of(&"ä".repeat(126)).is_ok());
        assert_eq!(of(&"ä".repeat(127)), Err(ErrorCode::InvalidExemplar));
        let twice = Exemplar::new([("a", "1"), ("a", "2")], 1.0, None);
        assert_eq!(twice.unwrap_err().code(), ErrorCode::InvalidExemplar);
        assert_eq!(
            Exemplar::new([("", "1")], 1.0, None).unwrap_err().code(),
            ErrorCode::InvalidExemplar
        );
        assert_eq!(Exemplar::new([], 1.0, None).unwrap().label_text(), "");
    }
}
