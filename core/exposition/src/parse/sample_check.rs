//! What OpenMetrics asks of one sample of a type.

use metrion_model::MetricType;

use super::{ParsedSample, parse_number};

/// The label that tells the samples of one label set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnLabel {
    /// `le`
    Bound,
    /// `quantile`
    Quantile,
    /// The family's name.
    State,
}

impl OwnLabel {
    /// That of samples with this suffix, which their names have behind that of the family.
    pub(super) fn of(metric_type: MetricType, suffix: &str) -> Option<Self> {
        match (metric_type, suffix) {
            (MetricType::Summary, "") => Some(Self::Quantile),
            (MetricType::StateSet, _) => Some(Self::State),
            (MetricType::Histogram | MetricType::GaugeHistogram, "_bucket") => Some(Self::Bound),
            _ => None,
        }
    }

    pub(super) const fn name(self, family: &str) -> &str {
        match self {
            Self::Bound => "le",
            Self::Quantile => "quantile",
            Self::State => family,
        }
    }
}

/// Checks a sample by its type. Returns the bound or quantile that it is of.
pub(super) fn check_sample(
    family: &str,
    metric_type: MetricType,
    suffix: &str,
    sample: &ParsedSample<'_>,
) -> Result<Option<f64>, String> {
    let bound = check_label(family, metric_type, suffix, sample)?;
    let name = &sample.name;
    let value = sample.value;
    let is_count = matches!(suffix, "_bucket" | "_count" | "_gcount");
    let only_grows = is_count || matches!(suffix, "_total" | "_sum");
    if is_count && value.fract() != 0.0 {
        return Err(format!("{name} must be an integer, not {value}"));
    }
    if value.is_nan() && (only_grows || suffix == "_gsum") {
        return Err(format!("{name} must not be NaN"));
    }
    if value < 0.0 && only_grows {
        return Err(format!("{name} must not be negative, but is {value}"));
    }
    match (metric_type, suffix) {
        (MetricType::StateSet, _) if value != 0.0 && value != 1.0 => {
            return Err(format!("a state of {name} must be 0 or 1, not {value}"));
        }
        (MetricType::Info, _) if value != 1.0 => {
            return Err(format!("{name} must be 1, not {value}"));
        }
        (MetricType::Summary, "") if value < 0.0 => {
            return Err(format!("a quantile of {name} must not be negative, but is {value}"));
        }
        _ => {}
    }
    let takes_exemplars = match metric_type {
        MetricType::Counter => suffix == "_total",
        MetricType::Histogram | MetricType::GaugeHistogram => suffix == "_bucket",
        _ => false,
    };
    if sample.exemplar.is_some() && !takes_exemplars {
        return Err(format!("{name} has an exemplar; only counters and buckets can"));
    }
    Ok(bound)
}

fn check_label(
    family: &str,
    metric_type: MetricType,
    suffix: &str,
    sample: &ParsedSample<'_>,
) -> Result<Option<f64>, String> {
    let Some(own) = OwnLabel::of(metric_type, suffix) else { return Ok(None) };
    let label = own.name(family);
    let name = &sample.name;
    let Some(value) = sample.labels.get(label) else {
        return Err(format!("a sample of {name} has no label {label:?}"));
    };
    let number = parse_number(&value);
    let is_right = match own {
        OwnLabel::State => return Ok(None),
        OwnLabel::Quantile => number.is_some_and(|q| (0.0..=1.0).contains(&q)),
        // There must be one way to write what every histogram has.
        OwnLabel::Bound => {
            number.is_some_and(|le| !le.is_nan() && (le != f64::INFINITY || value == "+Inf"))
        }
    };
    match is_right {
        true => Ok(number),
        false => Err(format!("{value:?} cannot be the label {label:?} of {name}")),
    }
}
