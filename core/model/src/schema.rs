//! What a metric family is, apart from its numbers.

use crate::name::validate_metric_name;
use crate::{Error, ErrorCode, NameRules, Quoted, Result, Shown, validate_label_names};

/// The type of a metric family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricType {
    /// A number that only goes up.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Counts of observations by upper bound, and their sum.
    Histogram,
    /// As a histogram, but its counts go down too; only custom collectors yield it.
    GaugeHistogram,
    /// Quantiles of the observations in a sliding window of time, and the count and sum of all.
    Summary,
    /// Text that describes the program, as labels with the value 1.
    Info,
    /// Which of some named states hold.
    StateSet,
    /// A number of which nothing more is known; only custom collectors yield it.
    #[default]
    Unknown,
}

impl MetricType {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Counter,
        Self::Gauge,
        Self::Histogram,
        Self::GaugeHistogram,
        Self::Summary,
        Self::Info,
        Self::StateSet,
        Self::Unknown,
    ];

    /// The type with this word, see [`MetricType::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// The word of the OpenMetrics format. The text format 0.0.4 knows only some of them.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a series is counts by bucket.
    #[must_use]
    pub const fn has_buckets(self) -> bool {
        matches!(self, Self::Histogram | Self::GaugeHistogram)
    }

    /// What this type's own sample has behind the family's name, where the name alone may be given
    /// with or without it.
    #[must_use]
    pub const fn own_suffix(self) -> Option<&'static str> {
        match self {
            Self::Counter => Some("_total"),
            Self::Info => Some("_info"),
            _ => None,
        }
    }

    /// What the samples of this type have behind the family's name.
    #[must_use]
    pub const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "_created"],
            Self::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Self::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            Self::Summary => &["", "_count", "_sum", "_created"],
            Self::Info => &["_info"],
            Self::Gauge | Self::StateSet | Self::Unknown => &[""],
        }
    }
}

/// Name, help, unit, type, labels and bounds of a family.
///
/// Two families with equal schemas are the same family.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The family's name. A counter's has no `_total` and an info's no `_info`: their samples add it.
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
    /// A summary's quantiles, strictly increasing, from 0 to 1.
    pub quantiles: Vec<f64>,
    /// A state set's states.
    pub states: Vec<String>,
}

impl Schema {
    /// A schema of a type without labels, help or anything else.
    #[must_use]
    pub fn new(name: impl Into<String>, metric_type: MetricType) -> Self {
        Self { name: name.into(), metric_type, ..Self::default() }
    }

    /// Checks names, labels, bounds, quantiles and states, and brings the name to its family form.
    ///
    /// # Errors
    /// `invalid_name`, `reserved_name`, `invalid_buckets`, `invalid_objectives`, `invalid_value` for
    /// states.
    pub fn validated(self, rules: NameRules) -> Result<Self> {
        let schema = self.described(rules)?;
        schema.validate_states()?;
        Ok(schema)
    }

    /// As [`Schema::validated`] for what a source says in advance: it may not know the states yet.
    ///
    /// # Errors
    /// As for [`Schema::validated`], but for those of states.
    pub fn described(mut self, rules: NameRules) -> Result<Self> {
        validate_metric_name(&self.name, rules)?;
        if let Some(suffix) = self.metric_type.own_suffix()
            && let Some(base) = self.name.strip_suffix(suffix)
        {
            validate_metric_name(base, rules)?;
            self.name.truncate(base.len());
        }
        if self.metric_type == MetricType::StateSet {
            // Its name is that of a label, too.
            validate_label_names([self.name.as_str()].into_iter(), &[], rules)?;
        }
        self.validate_unit()?;
        let reserved: &[&str] = match self.metric_type {
            MetricType::Histogram | MetricType::GaugeHistogram => &["le"],
            MetricType::Summary => &["quantile"],
            MetricType::StateSet => &[self.name.as_str()],
            _ => &[],
        };
        let constant = self.constant_labels.iter().map(|(name, _)| name.as_str());
        let names = constant.chain(self.label_names.iter().map(String::as_str));
        validate_label_names(names, reserved, rules)?;
        validate_bounds(&mut self.bounds)?;
        validate_quantiles(&self.quantiles)?;
        Ok(self)
    }

    fn validate_unit(&self) -> Result<()> {
        let fault = |what: String| Err(Error::new(ErrorCode::InvalidName, what));
        if self.unit.is_empty() {
            return Ok(());
        }
        if matches!(self.metric_type, MetricType::Info | MetricType::StateSet) {
            let kind = self.metric_type.as_str();
            return fault(format!(
                "metric {:?} is of type {kind}, which has no unit",
                Quoted(&self.name)
            ));
        }
        let base = self.name.strip_suffix(self.unit.as_str());
        if !base.is_some_and(|base| base.ends_with('_')) {
            return fault(format!(
                "metric {:?} must end with its unit: _{}",
                Quoted(&self.name),
                self.unit
            ));
        }
        Ok(())
    }

    fn validate_states(&self) -> Result<()> {
        let fault = |what: String| Err(Error::new(ErrorCode::InvalidValue, what));
        if self.metric_type != MetricType::StateSet {
            return Ok(());
        }
        if self.states.is_empty() || self.states.len() > MAX_STATES {
            return fault(format!(
                "{} has {} states; it must have 1 to {MAX_STATES}",
                self.name,
                self.states.len()
            ));
        }
        for (i, state) in self.states.iter().enumerate() {
            if self.states.iter().take(i).any(|other| other == state) {
                return fault(format!(
                    "the state {state:?} of {} is given twice",
                    self.name,
                    state = Quoted(state)
                ));
            }
        }
        Ok(())
    }

    /// How many numbers one series of this family has, in this order: a histogram has one count for
    /// each bucket alone, the one to infinity included, and the sum; a summary the values of its
    /// quantiles, the sum and the count; a state set one for each state; every other type has one.
    #[must_use]
    pub fn width(&self) -> usize {
        match self.metric_type {
            MetricType::Histogram | MetricType::GaugeHistogram => self.bounds.len() + 2,
            MetricType::Summary => self.quantiles.len() + 2,
            MetricType::StateSet => self.states.len(),
            MetricType::Counter | MetricType::Gauge | MetricType::Info | MetricType::Unknown => 1,
        }
    }

    /// Every name that a sample of this family can have in any format, the family's own included.
    #[must_use]
    pub fn sample_names(&self) -> Vec<String> {
        let suffixes = self.metric_type.suffixes().iter().filter(|suffix| !suffix.is_empty());
        let samples = suffixes.map(|suffix| format!("{}{suffix}", self.name));
        std::iter::once(self.name.clone()).chain(samples).collect()
    }

    /// A short form for error messages: `histogram latency{method,path} with 12 buckets`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut labels: Vec<String> = self
            .constant_labels
            .iter()
            .map(|(name, value)| format!("{name}={:?}", Quoted(value)))
            .collect();
        labels.extend(self.label_names.iter().cloned());
        let mut text =
            format!("{} {}{{{}}}", self.metric_type.as_str(), self.name, labels.join(","));
        match self.metric_type {
            MetricType::Histogram | MetricType::GaugeHistogram => {
                text.push_str(&format!(" with bounds {:?}", Shown::all(&self.bounds)));
            }
            MetricType::Summary => {
                text.push_str(&format!(" with quantiles {:?}", Shown::all(&self.quantiles)));
            }
            MetricType::StateSet => {
                text.push_str(&format!(" with states {:?}", Quoted::all(&self.states)))
            }
            _ => {}
        }
        if !self.unit.is_empty() {
            text.push_str(&format!(" in {}", self.unit));
        }
        text.push_str(&format!(", help {:?}", Quoted(&self.help)));
        text
    }
}

/// A state set's value is one number in which every state is a bit, and an f64 has 53 of them.
const MAX_STATES: usize = 53;

fn validate_quantiles(quantiles: &[f64]) -> Result<()> {
    let fault = |what: String| Err(Error::new(ErrorCode::InvalidObjectives, what));
    if let Some(bad) = quantiles.iter().find(|quantile| !(0.0..=1.0).contains(*quantile)) {
        return fault(format!("quantile {} is not between 0 and 1", Shown(*bad)));
    }
    for pair in quantiles.windows(2) {
        if let [low, high] = pair
            && low >= high
        {
            let (low, high) = (Shown(*low), Shown(*high));
            return fault(format!("quantiles must increase: {low} is followed by {high}"));
        }
    }
    Ok(())
}

/// Bounds must be numbers, strictly increasing; a trailing infinity is dropped, as it is implied.
fn validate_bounds(bounds: &mut Vec<f64>) -> Result<()> {
    if bounds.last() == Some(&f64::INFINITY) {
        bounds.pop();
    }
    let fault = |what: String| Err(Error::new(ErrorCode::InvalidBuckets, what));
    if let Some(bad) = bounds.iter().find(|bound| !bound.is_finite()) {
        return fault(format!("bucket bound {} is not a finite number", Shown(*bad)));
    }
    for pair in bounds.windows(2) {
        if let [low, high] = pair
            && low >= high
        {
            let (low, high) = (Shown(*low), Shown(*high));
            return fault(format!("bucket bounds must increase: {low} is followed by {high}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(name: &str, metric_type: MetricType) -> Schema {
        Schema::new(name, metric_type)
    }

    #[test]
    fn a_counter_loses_its_suffix() {
        let plain = schema("requests", MetricType::Counter).validated(NameRules::Classic).unwrap();
        let total =
            schema("requests_total", MetricType::Counter).validated(NameRules::Classic).unwrap();
        assert_eq!(plain, total);
        assert_eq!(plain.sample_names(), ["requests", "requests_total", "requests_created"]);
        let bare = schema("_total", MetricType::Counter).validated(NameRules::Classic).unwrap_err();
        assert_eq!(bare.code(), ErrorCode::InvalidName);
    }

    #[test]
    fn bounds() {
        let check = |bounds: &[f64]| {
            Schema { bounds: bounds.to_vec(), ..schema("h", MetricType::Histogram) }
                .validated(NameRules::Classic)
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
    fn quantiles_and_states() {
        let summary = |quantiles: &[f64]| {
            Schema { quantiles: quantiles.to_vec(), ..schema("s", MetricType::Summary) }
                .validated(NameRules::Classic)
                .map(|schema| schema.width())
                .map_err(|error| error.code())
        };
        assert_eq!(summary(&[0.0, 0.5, 1.0]), Ok(5));
        for bad in [&[0.5, 0.5][..], &[0.9, 0.5], &[-0.1], &[1.1], &[f64::NAN]] {
            assert_eq!(summary(bad), Err(ErrorCode::InvalidObjectives), "{bad:?}");
        }
        let states = |states: Vec<String>| {
            Schema { states, ..schema("s", MetricType::StateSet) }
                .validated(NameRules::Classic)
                .map(|schema| schema.width())
                .map_err(|error| error.code())
        };
        assert_eq!(states(vec!["a".into(), "b".into()]), Ok(2));
        assert_eq!(states((0..53).map(|i| i.to_string()).collect()), Ok(53));
        for bad in [vec![], vec!["a".into(), "a".into()], (0..54).map(|i| i.to_string()).collect()]
        {
            assert_eq!(states(bad), Err(ErrorCode::InvalidValue));
        }
        for (name, code) in [("__a", ErrorCode::ReservedName), ("a:b", ErrorCode::InvalidName)] {
            let set = Schema { states: vec!["a".into()], ..schema(name, MetricType::StateSet) };
            assert_eq!(set.validated(NameRules::Classic).unwrap_err().code(), code);
        }
    }

    #[test]
    fn reserved_labels() {
        let reserved = |metric_type, label: &str| {
            let schema = Schema {
                label_names: vec![label.into()],
                states: vec!["a".into()],
                ..schema("m", metric_type)
            };
            schema.validated(NameRules::Classic).map(drop).map_err(|error| error.code())
        };
        for (metric_type, label) in [
            (MetricType::Histogram, "le"),
            (MetricType::GaugeHistogram, "le"),
            (MetricType::Summary, "quantile"),
            (MetricType::StateSet, "m"),
        ] {
            assert_eq!(reserved(metric_type, label), Err(ErrorCode::ReservedName));
            assert_eq!(reserved(MetricType::Counter, label), Ok(()));
        }
    }

    #[test]
    fn the_unit_ends_the_name() {
        let unit = |name: &str| {
            let schema = Schema { unit: "seconds".into(), ..schema(name, MetricType::Gauge) };
            schema.validated(NameRules::Classic)
        };
        assert!(unit("age_seconds").is_ok());
        assert_eq!(unit("age").unwrap_err().code(), ErrorCode::InvalidName);
        assert_eq!(unit("ageseconds").unwrap_err().code(), ErrorCode::InvalidName);
        let info = Schema { unit: "x".into(), ..schema("a_x", MetricType::Info) };
        let error = info.validated(NameRules::Classic).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidName);
    }
}
