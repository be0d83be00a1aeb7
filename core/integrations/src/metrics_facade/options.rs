//! What a user says of a recorder.

use metrion_metrics::{DEFAULT_BUCKETS, Geometry};

use super::names::sanitize_metric_name;

/// Which names something is said of. Names are compared as they are after the characters that they
/// cannot have became `_`, without a unit that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameMatcher {
    /// This name.
    Full(String),
    /// The names that begin with this.
    Prefix(String),
    /// The names that end with this.
    Suffix(String),
}

impl NameMatcher {
    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Full(full) => name == sanitize_metric_name(full),
            Self::Prefix(prefix) => name.starts_with(&sanitize_metric_name(prefix)),
            Self::Suffix(suffix) => name.ends_with(&sanitize_metric_name(suffix)),
        }
    }

    /// The closer of two matchers wins: a full name before a prefix, and that before a suffix.
    fn rank(&self) -> u8 {
        match self {
            Self::Full(_) => 0,
            Self::Prefix(_) => 1,
            Self::Suffix(_) => 2,
        }
    }
}

/// How a recorder keeps metrics.
#[derive(Clone, Debug)]
pub struct RecorderOptions {
    /// The upper bounds of histograms.
    pub buckets: Vec<f64>,
    /// The bounds of some histograms. A full name counts before a prefix, and that before a suffix;
    /// of two of a kind the first in this list.
    pub buckets_for: Vec<(NameMatcher, Vec<f64>)>,
    /// Whether a name gets its described unit as an ending, before a counter's `_total`:
    /// `latency` in `Unit::Seconds` is `latency_seconds`. `Unit::Percent` ends with `_ratio` and
    /// `Unit::Count` with nothing. Values stay as they are.
    pub unit_suffix: bool,
    /// The bounds of the memory for all series. Past them, writes go to one overflow series for each
    /// family.
    pub geometry: Geometry,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            buckets: DEFAULT_BUCKETS.to_vec(),
            buckets_for: Vec::new(),
            unit_suffix: false,
            geometry: Geometry::default(),
        }
    }
}

impl RecorderOptions {
    pub(super) fn bounds_of(&self, name: &str) -> &[f64] {
        let matching = self.buckets_for.iter().filter(|(matcher, _)| matcher.matches(name));
        // The first of equal ranks is the minimum.
        let closest = matching.min_by_key(|(matcher, _)| matcher.rank());
        closest.map_or(&self.buckets, |(_, buckets)| buckets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_matcher_wins() {
        let options = RecorderOptions {
            buckets: vec![0.0],
            buckets_for: vec![
                (NameMatcher::Suffix("_size".into()), vec![1.0]),
                (NameMatcher::Prefix("http.".into()), vec![2.0]),
                (NameMatcher::Prefix("http.request".into()), vec![3.0]),
                (NameMatcher::Full("http.request.size".into()), vec![4.0]),
            ],
            ..RecorderOptions::default()
        };
        for (name, bound) in [
            ("latency", 0.0),
            ("page_size", 1.0),
            ("http_page_size", 2.0),
            ("http_request", 2.0),
            ("http_request_size", 4.0),
        ] {
            assert_eq!(options.bounds_of(name), [bound], "{name}");
        }
    }
}
