use std::borrow::Cow;
use std::collections::HashMap;

use metrion_model::MetricType;
use rapidhash::quality::RandomState;

use super::histogram_check::{HistogramCheck, Number};
use super::sample_check::{OwnLabel, check_sample};
use super::{
    Event, Labels, OpenMetricsParser, ParseError, ParseOptions, ParsedFamily, ParsedSample, Series,
    SeriesSet,
};

/// The families of an exposition in OpenMetrics 1.0.
///
/// The rules are those of the specification, read as the reference parser of Python's
/// `prometheus_client` reads them.
///
/// # Errors
/// A line that is wrong by itself; metadata that comes twice or after samples; names that clash; units
/// that do not fit; families or label sets that are not in one piece; labels, values or exemplars that
/// the type does not allow; buckets that contradict each other; a series that comes twice; timestamps
/// that go back.
pub fn parse_openmetrics(input: &[u8]) -> Result<Vec<ParsedFamily<'_>>, ParseError> {
    parse_openmetrics_with(input, &ParseOptions::default())
}

/// As [`parse_openmetrics`], with options.
///
/// # Errors
/// As [`parse_openmetrics`].
pub fn parse_openmetrics_with<'a>(
    input: &'a [u8],
    options: &ParseOptions,
) -> Result<Vec<ParsedFamily<'a>>, ParseError> {
    let mut parser = OpenMetricsParser::with_options(input, options);
    let mut families = Families::for_input(input.len());
    while let Some(event) = parser.next() {
        let line = parser.line();
        let fault = |message| ParseError::new(line, 1, message);
        match event? {
            Event::Help { name, help } => {
                let family = &mut families.described(name, line)?.family;
                if family.help.replace(help).is_some() {
                    return Err(fault(format!("a second # HELP of {}", family.name)));
                }
            }
            Event::Type { name, metric_type } => {
                let open = families.described(name, line)?;
                if std::mem::replace(&mut open.is_typed, true) {
                    return Err(fault(format!("a second # TYPE of {}", open.family.name)));
                }
                open.family.metric_type = metric_type;
            }
            Event::Unit { name, unit } => {
                let family = &mut families.described(name, line)?.family;
                if family.unit.replace(unit).is_some() {
                    return Err(fault(format!("a second # UNIT of {}", family.name)));
                }
            }
            Event::Sample(sample) => families.push(sample, line)?,
            Event::Comment(_) | Event::Eof => {}
        }
    }
    families.close()?;
    Ok(families.done)
}

struct Families<'a> {
    done: Vec<ParsedFamily<'a>>,
    open: Option<OpenFamily<'a>>,
    /// The types of the families that are done, by their names.
    types: HashMap<Cow<'a, str>, MetricType, RandomState>,
    known: Known,
    /// Room for the names of samples.
    sample_name: String,
}

/// The places of samples, by the place of their family.
struct Known {
    /// The first samples of label sets. Of a histogram one label set is all buckets, their sum and
    /// their count.
    label_sets: SeriesSet<(usize, usize)>,
    /// The samples without timestamps of which a label set may have any number.
    samples: SeriesSet<(usize, usize)>,
}

impl<'a> Families<'a> {
    fn for_input(bytes: usize) -> Self {
        let known =
            Known { label_sets: SeriesSet::for_input(bytes), samples: SeriesSet::default() };
        let (done, types, sample_name) = Default::default();
        Self { done, open: None, types, known, sample_name }
    }

    /// The family that a metadata line is about.
    fn described(
        &mut self,
        name: Cow<'a, str>,
        line: usize,
    ) -> Result<&mut OpenFamily<'a>, ParseError> {
        let is_open = self.open.as_ref().filter(|open| open.family.name == name);
        match is_open {
            Some(open) if !open.family.samples.is_empty() => {
                Err(ParseError::new(line, 1, format!("metadata of {name} after its samples")))
            }
            Some(_) => {
                let place = self.done.len();
                Ok(self.open.get_or_insert_with(|| OpenFamily::new(name, line, place)))
            }
            None => self.begin(name, line),
        }
    }

    /// Adds a sample to the open family, or to a new one of unknown type.
    fn push(&mut self, sample: ParsedSample<'a>, line: usize) -> Result<(), ParseError> {
        if let Some(open) = &mut self.open
            && let Some(suffix) = open.suffix_of(&sample.name)
        {
            return open.push(sample, suffix, line, &mut self.known);
        }
        self.begin(sample.name.clone(), line)?;
        let Some(open) = &mut self.open else { return Ok(()) };
        open.push(sample, 0, line, &mut self.known)
    }

    fn begin(
        &mut self,
        name: Cow<'a, str>,
        line: usize,
    ) -> Result<&mut OpenFamily<'a>, ParseError> {
        self.close()?;
        Ok(self.open.insert(OpenFamily::new(name, line, self.done.len())))
    }

    fn close(&mut self) -> Result<(), ParseError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        open.histogram.finish(&open.family.name)?;
        let ParsedFamily { name, metric_type, unit, .. } = &open.family;
        let fault = |message| Err(ParseError::new(open.line, 1, message));
        if let Some(clash) = self.find_clash(name, *metric_type) {
            return fault(format!("{clash} belongs to two families"));
        }
        if let Some(unit) = unit.filter(|unit| !unit.is_empty()) {
            if matches!(metric_type, MetricType::Info | MetricType::StateSet) {
                let kind = metric_type.as_str();
                return fault(format!("{name} has a unit, but is of type {kind}"));
            }
            if !name.strip_suffix(unit).is_some_and(|base| base.ends_with('_')) {
                return fault(format!("{name} does not end with its unit: _{unit}"));
            }
        }
        self.types.insert(name.clone(), *metric_type);
        self.done.push(open.family);
        Ok(())
    }

    /// A name that this family or one of its samples has, and another family or its samples, too.
    fn find_clash(&mut self, name: &str, metric_type: MetricType) -> Option<String> {
        if self.types.contains_key(name) || self.is_sample(name) {
            return Some(name.to_owned());
        }
        for suffix in metric_type.suffixes().iter().filter(|suffix| !suffix.is_empty()) {
            self.sample_name.clear();
            self.sample_name.push_str(name);
            self.sample_name.push_str(suffix);
            // No suffix ends with another: only a family of this name can have a sample of that one.
            if self.types.contains_key(self.sample_name.as_str()) {
                return Some(self.sample_name.clone());
            }
        }
        None
    }

    /// Whether a family that is done has samples of this name, which is not its own.
    fn is_sample(&self, name: &str) -> bool {
        let Some(at) = name.rfind('_') else { return false };
        let (family, suffix) = name.split_at(at);
        let metric_type = self.types.get(family);
        metric_type.is_some_and(|metric_type| metric_type.suffixes().contains(&suffix))
    }
}

/// The family that lines are being added to.
struct OpenFamily<'a> {
    family: ParsedFamily<'a>,
    /// The line in which it begins.
    line: usize,
    /// Its place among the families.
    place: usize,
    is_typed: bool,
    /// The first sample of the label set that lines are being added to.
    label_set: Option<usize>,
    /// The time of its last sample.
    timestamp: Option<f64>,
    /// Which of the type's suffixes its samples have, one bit for each.
    suffixes: u8,
    histogram: HistogramCheck,
}

impl<'a> OpenFamily<'a> {
    fn new(name: Cow<'a, str>, line: usize, place: usize) -> Self {
        Self {
            family: ParsedFamily::new(name),
            line,
            place,
            is_typed: false,
            label_set: None,
            timestamp: None,
            suffixes: 0,
            histogram: HistogramCheck::default(),
        }
    }

    /// The place of the suffix that a sample of this family has; none if it is of another.
    fn suffix_of(&self, sample: &str) -> Option<usize> {
        let own = sample.strip_prefix(self.family.name.as_ref())?;
        let mut all = self.family.metric_type.suffixes().iter();
        // Two empty texts go without a comparison: that of glibc with AVX-512 reads, under an empty
        // mask, from the address 1 that the constant has, and such a read takes 100 ns.
        all.position(|suffix| match suffix.is_empty() {
            true => own.is_empty(),
            false => *suffix == own,
        })
    }

    fn push(
        &mut self,
        sample: ParsedSample<'a>,
        suffix_place: usize,
        line: usize,
        known: &mut Known,
    ) -> Result<(), ParseError> {
        let fault = |message| ParseError::new(line, 1, message);
        let ParsedFamily { name, metric_type, .. } = &self.family;
        let suffix = sample.name.get(name.len()..).unwrap_or_default();
        let bound = check_sample(name, *metric_type, suffix, &sample).map_err(fault)?;

        let own_label = OwnLabel::of(*metric_type, suffix);
        let place = (self.place, self.family.samples.len());
        let label_set = self.find_label_set(&sample, own_label, place, &mut known.label_sets);
        let is_open = label_set.is_some() && label_set == self.label_set;
        if label_set.is_some() && !is_open {
            return Err(fault(format!("the samples of one label set of {name} are apart")));
        }
        if is_open {
            self.check_timestamp(&sample).map_err(fault)?;
        } else {
            self.suffixes = 0;
        }
        if metric_type.has_buckets() {
            let begins = !is_open || sample.timestamp != self.timestamp;
            let number = Number { suffix, bound, value: sample.value };
            self.histogram.push(name, number, begins, line)?;
        }
        // Times may differ by less than an f64 shows, so only series without a time are duplicates.
        if sample.timestamp.is_none() {
            let bit = 1 << suffix_place;
            let is_first = match (metric_type, own_label) {
                // The bounds of buckets increase.
                (_, Some(OwnLabel::Bound)) => true,
                (MetricType::Info, _) | (_, Some(_)) => {
                    let own = sample.series();
                    known.samples.insert(&own, place, |other| self.has_at(other, &own)).is_none()
                }
                _ => self.suffixes & bit == 0,
            };
            if !is_first {
                return Err(fault(format!("a series of {} comes twice", sample.name)));
            }
            self.suffixes |= bit;
        }
        self.label_set = label_set.or(Some(place.1));
        self.timestamp = sample.timestamp;
        self.family.samples.push(sample);
        Ok(())
    }

    /// The first sample of the label set that a sample belongs to. If there is none, it is added.
    fn find_label_set(
        &self,
        sample: &ParsedSample<'a>,
        own_label: Option<OwnLabel>,
        place: (usize, usize),
        known: &mut SeriesSet<(usize, usize)>,
    ) -> Option<usize> {
        let own = self.label_set_of(sample, own_label);
        let first = |at: usize| {
            let first = self.family.samples.get(at)?;
            let suffix = first.name.get(self.family.name.len()..)?;
            Some(self.label_set_of(first, OwnLabel::of(self.family.metric_type, suffix)))
        };
        let open =
            self.label_set.filter(|at| first(*at).is_some_and(|open| open.has_text_of(&own)));
        if open.is_some() {
            return open;
        }
        let is_equal = |(family, at): (usize, usize)| {
            family == self.place && first(at).is_some_and(|other| other.equals(&own))
        };
        known.insert(&own, place, is_equal).map(|(_, at)| at)
    }

    fn label_set_of<'s>(
        &'s self,
        sample: &ParsedSample<'a>,
        own_label: Option<OwnLabel>,
    ) -> Series<'a, 's> {
        let name = self.family.name.as_ref();
        let labels = match self.family.metric_type {
            // Its labels are its value: nothing tells two of them apart.
            MetricType::Info => Labels::default(),
            _ => sample.labels,
        };
        let without = own_label.map(|label| label.name(name));
        Series { name, labels, without, timestamp: None }
    }

    /// Whether the sample at a place is of this series.
    fn has_at(&self, (family, at): (usize, usize), series: &Series<'_, '_>) -> bool {
        let sample = self.family.samples.get(at).filter(|_| family == self.place);
        sample.is_some_and(|sample| sample.series().equals(series))
    }

    fn check_timestamp(&self, sample: &ParsedSample<'_>) -> Result<(), String> {
        let name = &sample.name;
        match (self.timestamp, sample.timestamp) {
            (None, None) => Ok(()),
            (Some(_), None) | (None, Some(_)) => {
                Err(format!("only some samples of a label set of {name} have timestamps"))
            }
            (Some(before), Some(now)) => {
                if before > now && self.family.metric_type != MetricType::Info {
                    return Err(format!("the timestamps of {name} go back"));
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (usize, String) {
        let error = parse_openmetrics(format!("{text}\n# EOF\n").as_bytes()).unwrap_err();
        (error.line(), error.message().to_owned())
    }

    #[test]
    fn families_and_their_parts() {
        let text = "# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n\
                    a_seconds_bucket{le=\"1\"} 0\na_seconds_bucket{le=\"+Inf\"} 1 # {} 5\n\
                    a_seconds_sum 5\na_seconds_count 1\na_seconds_created 9\nb 1\nc 1\n# EOF";
        let families = parse_openmetrics(text.as_bytes()).unwrap();
        let names: Vec<_> = families.iter().map(|family| family.name.as_ref()).collect();
        assert_eq!(names, ["a_seconds", "b", "c"]);
        assert_eq!((families[0].unit, families[0].samples.len()), (Some("seconds"), 5));
        assert_eq!(families[1].metric_type, MetricType::Unknown);
    }

    #[test]
    fn faults_name_their_line() {
        let (line, message) = fault("# TYPE a gauge\na 1\n# HELP a x");
        assert_eq!((line, message.as_str()), (3, "metadata of a after its samples"));
        let (line, message) = fault("# TYPE a gauge\nb 1\na 1");
        assert_eq!((line, message.as_str()), (3, "a belongs to two families"));
        let (line, message) = fault("# TYPE a gauge\na{b=\"1\"} 1\na{b=\"2\"} 1\na{b=\"1\"} 1");
        assert_eq!((line, message.as_str()), (4, "the samples of one label set of a are apart"));
        assert_eq!(fault("a 1\na 1").0, 2);
        assert_eq!(fault("a 1 2\na 1 1").0, 2);
        assert_eq!(fault("a 1 2\na 1").0, 2);
    }

    #[test]
    fn times_within_one_nanosecond_are_no_duplicates() {
        let text = "a 1 1520879607.789000001\na 2 1520879607.789000002\n# EOF";
        assert_eq!(parse_openmetrics(text.as_bytes()).unwrap()[0].samples.len(), 2);
    }
}
