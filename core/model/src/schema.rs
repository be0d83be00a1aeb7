//! What a metric family is, apart from its numbers.

use crate::{Error, ErrorCode, Result, validate_label_names, validate_metric_name};

/// The type of a metric family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricType {
    /// A number that only goes up.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Counts of observations by upper bound, and their sum.
    Histogram,
    /// A number of which nothing more is known; only custom collectors yield it.
    Unknown,
}

impl MetricType {
    /// The word that the text format uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Unknown => "untyped",
        }
    }
}

/// Name, help, unit, type, labels and bounds of a family.
///
/// Two families with equal schemas are the same family.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The family's name. A counter's has no `_total`: its sample adds that.
    pub name: String,
    /// One sentence for people.
    pub help: String,
    /// The base unit, for instance `seconds`; empty when there is none. The name ends with it.
    pub unit: String,
    /// The type.
    pub metric_type: MetricType,
    /// Labels with one value for the whole family.
    pub constant_labels: Vec<(String, String)>,
    /// The names of the labels that tell its series apart, in order.
    pub label_names: Vec<String>,
    /// A histogram's finite upper bounds, strictly increasing; the bucket to infinity is implied.
    pub bounds: Vec<f64>,
}

impl Schema {
    /// Checks names, labels and bounds, and brings the name to its family form.
    ///
    /// # Errors
    /// `invalid_name`, `reserved_name`, `invalid_buckets`.
    pub fn validated(mut self) -> Result<Self> {
        validate_metric_name(&self.name)?;
        if self.metric_type == MetricType::Counter
            && let Some(base) = self.name.strip_suffix("_total")
        {
            validate_metric_name(base)?;
            self.name.truncate(base.len());
        }
        if !self.unit.is_empty() && !self.has_unit_suffix() {
            return Err(Error::new(
                ErrorCode::InvalidName,
                format!("metric {:?} must end with its unit: _{}", self.name, self.unit),
            ));
        }
        let reserved: &[&str] =
            if self.metric_type == MetricType::Histogram { &["le"] } else { &[] };
        let constant = self.constant_labels.iter().map(|(name, _)| name.as_str());
        let names = constant.chain(self.label_names.iter().map(String::as_str));
        validate_label_names(names, reserved)?;
        validate_bounds(&mut self.bounds)?;
        Ok(self)
    }

    fn has_unit_suffix(&self) -> bool {
        self.name.strip_suffix(self.unit.as_str()).is_some_and(|base| base.ends_with('_'))
    }

    /// How many numbers one series of this family has: a histogram has one count for each bucket,
    /// the one to infinity included, and the sum; every other type has one.
    #[must_use]
    pub fn width(&self) -> usize {
        match self.metric_type {
            MetricType::Histogram => self.bounds.len() + 2,
            MetricType::Counter | MetricType::Gauge | MetricType::Unknown => 1,
        }
    }

    /// Every name that a sample of this family can have in any format, the family's own included.
    #[must_use]
    pub fn sample_names(&self) -> Vec<String> {
        let suffixes: &[&str] = match self.metric_type {
            MetricType::Counter => &["", "_total", "_created"],
            MetricType::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
            MetricType::Gauge | MetricType::Unknown => &[""],
        };
        suffixes.iter().map(|suffix| format!("{}{suffix}", self.name)).collect()
    }

    /// A short form for error messages: `histogram latency{method,path} with 12 buckets`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut labels: Vec<String> =
            self.constant_labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        labels.extend(self.label_names.iter().cloned());
        let mut text =
            format!("{} {}{{{}}}", self.metric_type.as_str(), self.name, labels.join(","));
        if self.metric_type == MetricType::Histogram {
            text.push_str(&format!(" with bounds {:?}", self.bounds));
        }
        if !self.unit.is_empty() {
            text.push_str(&format!(" in {}", self.unit));
        }
        text.push_str(&format!(", help {:?}", self.help));
        text
    }
}

/// Bounds must be numbers, strictly increasing; a trailing infinity is dropped, as it is implied.
fn validate_bounds(bounds: &mut Vec<f64>) -> Result<()> {
    if bounds.last() == Some(&f64::INFINITY) {
        bounds.pop();
    }
    let fault = |what: String| Err(Error::new(ErrorCode::InvalidBuckets, what));
    if let Some(bad) = bounds.iter().find(|bound| !bound.is_finite()) {
        return fault(format!("bucket bound {bad} is not a finite number"));
    }
    for pair in bounds.windows(2) {
        if let [low, high] = pair
            && low >= high
        {
            return fault(format!("bucket bounds must increase: {low} is followed by {high}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(name: &str, metric_type: MetricType) -> Schema {
        Schema {
            name: name.into(),
            help: String::new(),
            unit: String::new(),
            metric_type,
            constant_labels: vec![],
            label_names: vec![],
            bounds: vec![],
        }
    }

    #[test]
    fn a_counter_loses_its_suffix() {
        let plain = schema("requests", MetricType::Counter).validated().unwrap();
        let total = schema("requests_total", MetricType::Counter).validated().unwrap();
        assert_eq!(plain, total);
        assert_eq!(plain.sample_names(), ["requests", "requests_total", "requests_created"]);
        let bare = schema("_total", MetricType::Counter).validated().unwrap_err();
        assert_eq!(bare.code(), ErrorCode::InvalidName);
    }

    #[test]
    fn bounds() {
        let check = |bounds: &[f64]| {
            Schema { bounds: bounds.to_vec(), ..schema("h", MetricType::Histogram) }
                .validated()
                .map(|schema| schema.bounds)
                .map_err(|error| error.code())
        };
        assert_eq!(check(&[1.0, 2.0, f64::INFINITY]), Ok(vec![1.0, 2.0]));
        assert_eq!(check(&[f64::INFINITY]), Ok(vec![]));
        for bad in [&[2.0, 1.0][..], &[1.0, 1.0], &[f64::NAN], &[f64::NEG_INFINITY, 1.0]] {
            assert_eq!(check(bad), Err(ErrorCode::InvalidBuckets), "{bad:?}");
        }
    }

    #[test]
    fn the_unit_ends_the_name() {
        let unit = |name: &str| {
            Schema { unit: "seconds".into(), ..schema(name, MetricType::Gauge) }.validated()
        };
        assert!(unit("age_seconds").is_ok());
        assert_eq!(unit("age").unwrap_err().code(), ErrorCode::InvalidName);
        assert_eq!(unit("ageseconds").unwrap_err().code(), ErrorCode::InvalidName);
    }
}
