use std::borrow::Cow;

use metrion_model::MetricType;

use super::ParsedSample;

/// A family as an exposition shows it.
///
/// In OpenMetrics a counter's name has no `_total` and an info's no `_info`. In the text format 0.0.4
/// the name is that of the samples.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedFamily<'a> {
    /// The name.
    pub name: Cow<'a, str>,
    /// The type; unknown where no line says it.
    pub metric_type: MetricType,
    /// The help, if there is such a line.
    pub help: Option<Cow<'a, str>>,
    /// The unit, if there is such a line; it may be empty.
    pub unit: Option<&'a str>,
    /// The samples, in the order of the exposition.
    pub samples: Vec<ParsedSample<'a>>,
}

impl<'a> ParsedFamily<'a> {
    pub(super) const fn new(name: Cow<'a, str>) -> Self {
        let metric_type = MetricType::Unknown;
        Self { name, metric_type, help: None, unit: None, samples: Vec::new() }
    }
}
