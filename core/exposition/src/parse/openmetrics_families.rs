use std::borrow::Cow;
use std::collections::HashSet;

use metrion_model::MetricType;

use super::histogram_check::HistogramCheck;
use super::sample_check::{check_sample, group_label};
use super::{
    Event, Labels, OpenMetricsParser, ParseError, ParseOptions, ParsedFamily, ParsedSample,
    PointSet,
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
    let mut families = Families::default();
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
            Event::Sample(sample) => families.open_for(&sample, line)?.push(sample, line)?,
            Event::Comment(_) | Event::Eof => {}
        }
    }
    families.close()?;
    Ok(families.done)
}

#[derive(Default)]
struct Families<'a> {
    done: Vec<ParsedFamily<'a>>,
    open: Option<OpenFamily<'a>>,
    /// Every name that a family or one of its samples has.
    names: HashSet<String>,
}

impl<'a> Families<'a> {
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
            Some(_) => Ok(self.open.get_or_insert_with(|| OpenFamily::new(name, line))),
            None => self.begin(name, line),
        }
    }

    /// The family that a sample belongs to: the open one, or a new one of unknown type.
    fn open_for(
        &mut self,
        sample: &ParsedSample<'a>,
        line: usize,
    ) -> Result<&mut OpenFamily<'a>, ParseError> {
        if self.open.as_ref().is_some_and(|open| open.has_sample(&sample.name)) {
            return Ok(self.open.get_or_insert_with(|| OpenFamily::new("".into(), line)));
        }
        self.begin(sample.name.clone(), line)
    }

    fn begin(
        &mut self,
        name: Cow<'a, str>,
        line: usize,
    ) -> Result<&mut OpenFamily<'a>, ParseError> {
        self.close()?;
        Ok(self.open.insert(OpenFamily::new(name, line)))
    }

    fn close(&mut self) -> Result<(), ParseError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        open.histogram.finish()?;
        let ParsedFamily { name, metric_type, unit, .. } = &open.family;
        let fault = |message| Err(ParseError::new(open.line, 1, message));
        let own = metric_type.suffixes().iter().filter(|suffix| !suffix.is_empty());
        for suffix in own.chain([&""]) {
            let sample = format!("{name}{suffix}");
            if let Some(clash) = self.names.replace(sample) {
                return fault(format!("{clash} belongs to two families"));
            }
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
        self.done.push(open.family);
        Ok(())
    }
}

/// The family that lines are being added to.
struct OpenFamily<'a> {
    family: ParsedFamily<'a>,
    /// Where it begins.
    line: usize,
    is_typed: bool,
    /// The label set that lines are being added to. Of a histogram this is all buckets, their sum and
    /// their count.
    group: Vec<u8>,
    /// The label sets that there were, the open one included.
    groups: HashSet<Vec<u8>>,
    group_timestamp: Option<f64>,
    /// The series without timestamps.
    points: PointSet<'a>,
    histogram: HistogramCheck,
}

impl<'a> OpenFamily<'a> {
    fn new(name: Cow<'a, str>, line: usize) -> Self {
        Self {
            histogram: HistogramCheck::new(&name),
            family: ParsedFamily::new(name),
            line,
            is_typed: false,
            group: Vec::new(),
            groups: HashSet::new(),
            group_timestamp: None,
            points: PointSet::default(),
        }
    }

    fn has_sample(&self, name: &str) -> bool {
        let suffix = name.strip_prefix(self.family.name.as_ref());
        suffix.is_some_and(|suffix| self.family.metric_type.suffixes().contains(&suffix))
    }

    fn push(&mut self, sample: ParsedSample<'a>, line: usize) -> Result<(), ParseError> {
        let fault = |message| ParseError::new(line, 1, message);
        let ParsedFamily { name, metric_type, .. } = &self.family;
        let suffix = sample.name.get(name.len()..).unwrap_or_default();
        check_sample(name, *metric_type, suffix, &sample).map_err(fault)?;

        let group = match metric_type {
            // Its labels are its value: nothing tells two of them apart.
            MetricType::Info => Vec::new(),
            _ => group_key(sample.labels, group_label(name, *metric_type, suffix)),
        };
        let is_new = self.family.samples.is_empty() || group != self.group;
        if is_new && !self.groups.insert(group.clone()) {
            return Err(fault(format!("the samples of one label set of {name} are apart")));
        }
        if !is_new {
            self.check_timestamp(&sample).map_err(fault)?;
        }
        if metric_type.has_buckets() {
            let begins = is_new || sample.timestamp != self.group_timestamp;
            self.histogram.push(&sample, suffix, begins, line)?;
        }
        // Times may differ by less than an f64 shows, so only series without a time are duplicates.
        if sample.timestamp.is_none() && !self.points.insert(&sample) {
            return Err(fault(format!("a series of {} comes twice", sample.name)));
        }
        self.group = group;
        self.group_timestamp = sample.timestamp;
        self.family.samples.push(sample);
        Ok(())
    }

    fn check_timestamp(&self, sample: &ParsedSample<'_>) -> Result<(), String> {
        let name = &sample.name;
        match (self.group_timestamp, sample.timestamp) {
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

/// A key that is equal for equal labels, whatever the order and the escapes. The label `without` does
/// not count.
fn group_key(labels: Labels<'_>, without: Option<&str>) -> Vec<u8> {
    let mut pairs: Vec<_> =
        labels.iter().filter(|(name, _)| Some(name.as_ref()) != without).collect();
    pairs.sort_unstable();
    let mut key = Vec::with_capacity(labels.text().len() + 16 * pairs.len());
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        // The length tells ("ab", "c") from ("a", "bc").
        key.extend_from_slice(&text.len().to_le_bytes());
        key.extend_from_slice(text.as_bytes());
    }
    key
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
