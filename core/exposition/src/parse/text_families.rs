use std::borrow::Cow;
use std::collections::HashMap;

use metrion_model::MetricType;
use rapidhash::quality::RandomState;

use super::{
    Event, ParseError, ParseOptions, ParsedFamily, ParsedSample, SeriesSet, TextParser,
    parse_number,
};

/// The families of an exposition in the text format 0.0.4, in the order in which they begin.
///
/// Samples of one family need not stand together, as Prometheus reads them too.
///
/// # Errors
/// A line that is wrong by itself; a second `# HELP` or `# TYPE` of a family, or a `# TYPE` after its
/// samples; a sample name that two families have; a bound or quantile that is no number; a series that
/// comes twice with the same timestamp or with none.
pub fn parse_text(input: &[u8]) -> Result<Vec<ParsedFamily<'_>>, ParseError> {
    parse_text_with(input, &ParseOptions::default())
}

/// As [`parse_text`], with options.
///
/// # Errors
/// As [`parse_text`].
pub fn parse_text_with<'a>(
    input: &'a [u8],
    options: &ParseOptions,
) -> Result<Vec<ParsedFamily<'a>>, ParseError> {
    let mut parser = TextParser::with_options(input, options);
    let mut families = Families::for_input(input.len());
    while let Some(event) = parser.next() {
        let line = parser.line();
        let fault = |message| ParseError::new(line, 1, message);
        match event? {
            Event::Help { name, help } => families.set_help(name, help).map_err(fault)?,
            Event::Type { name, metric_type } => {
                families.set_type(name, metric_type).map_err(fault)?;
            }
            Event::Sample(sample) => {
                families.push(sample, options.refuse_duplicates).map_err(fault)?;
            }
            Event::Unit { .. } | Event::Comment(_) | Event::Eof => {}
        }
    }
    Ok(families.all)
}

struct Families<'a> {
    all: Vec<ParsedFamily<'a>>,
    /// Of each family, whether a `# TYPE` line named it.
    are_typed: Vec<bool>,
    places: HashMap<Cow<'a, str>, usize, RandomState>,
    /// Of the line that came last.
    last: usize,
    /// The places of the samples, by that of their family.
    series: SeriesSet<(usize, usize)>,
}

impl<'a> Families<'a> {
    fn for_input(bytes: usize) -> Self {
        let (all, are_typed, places, last) = Default::default();
        Self { all, are_typed, places, last, series: SeriesSet::for_input(bytes) }
    }

    fn set_help(&mut self, name: Cow<'a, str>, help: Cow<'a, str>) -> Result<(), String> {
        self.last = self.place_named(name)?;
        let Some(family) = self.all.get_mut(self.last) else { return Ok(()) };
        match family.help.replace(help) {
            None => Ok(()),
            Some(_) => Err(format!("a second # HELP of {}", family.name)),
        }
    }

    fn set_type(&mut self, name: Cow<'a, str>, metric_type: MetricType) -> Result<(), String> {
        for suffix in suffixes(metric_type) {
            let sample = format!("{name}{suffix}");
            if self.places.contains_key(sample.as_str()) {
                return Err(format!("{sample} is a family and a sample of {name}"));
            }
        }
        self.last = self.place_named(name)?;
        let Some(family) = self.all.get_mut(self.last) else { return Ok(()) };
        let Some(is_typed) = self.are_typed.get_mut(self.last) else { return Ok(()) };
        if std::mem::replace(is_typed, true) {
            return Err(format!("a second # TYPE of {}", family.name));
        }
        if !family.samples.is_empty() {
            return Err(format!("the # TYPE of {} comes after its samples", family.name));
        }
        family.metric_type = metric_type;
        Ok(())
    }

    fn push(&mut self, sample: ParsedSample<'a>, refuse_twice: bool) -> Result<(), String> {
        self.last = self.place_of(&sample);
        if refuse_twice && self.is_known(&sample) {
            return Err(format!("a series of {} comes twice", sample.name));
        }
        let Some(family) = self.all.get_mut(self.last) else { return Ok(()) };
        let bound = match family.metric_type {
            MetricType::Histogram if sample.name.ends_with("_bucket") => sample.labels.get("le"),
            MetricType::Summary => sample.labels.get("quantile"),
            _ => None,
        };
        if let Some(bound) = bound
            && parse_number(&bound).is_none()
        {
            return Err(format!("{bound:?} is no bound or quantile of {}", family.name));
        }
        family.samples.push(sample);
        Ok(())
    }

    /// Whether the last family has the series of a sample, which is added to it otherwise.
    fn is_known(&mut self, sample: &ParsedSample<'a>) -> bool {
        let place = self.all.get(self.last).map_or(0, |family| family.samples.len());
        let series = sample.series();
        let is_equal = |(family, place): (usize, usize)| {
            let other = self.all.get(family).and_then(|family| family.samples.get(place));
            other.is_some_and(|other| other.series().equals(&series))
        };
        self.series.insert(&series, (self.last, place), is_equal).is_some()
    }

    /// The place of the family that a sample belongs to, which is made if there is none.
    fn place_of(&mut self, sample: &ParsedSample<'a>) -> usize {
        let name = &sample.name;
        // Whoever has samples of a name is the only one: see `place_named` and `set_type`.
        if self.all.get(self.last).is_some_and(|last| owns(last, name)) {
            return self.last;
        }
        let known = self.places.get(name).copied().or_else(|| self.owner(name));
        known.unwrap_or_else(|| self.add(name.clone()))
    }

    /// The place of the family of this name, which is made if there is none.
    fn place_named(&mut self, name: Cow<'a, str>) -> Result<usize, String> {
        if self.all.get(self.last).is_some_and(|last| last.name == name) {
            return Ok(self.last);
        }
        if let Some(place) = self.places.get(&name) {
            return Ok(*place);
        }
        if let Some(owner) = self.owner(&name).and_then(|place| self.all.get(place)) {
            return Err(format!("{name} is a family and a sample of {}", owner.name));
        }
        Ok(self.add(name))
    }

    /// The histogram or summary that has samples of this name.
    fn owner(&self, sample: &str) -> Option<usize> {
        let (family, _) = sample.split_at_checked(sample.rfind('_')?)?;
        let place = *self.places.get(family)?;
        self.all.get(place).is_some_and(|family| owns(family, sample)).then_some(place)
    }

    fn add(&mut self, name: Cow<'a, str>) -> usize {
        let place = self.all.len();
        self.all.push(ParsedFamily::new(name.clone()));
        self.are_typed.push(false);
        self.places.insert(name, place);
        place
    }
}

/// Whether a family has samples of this name.
fn owns(family: &ParsedFamily<'_>, sample: &str) -> bool {
    let suffix = sample.strip_prefix(family.name.as_ref());
    suffix.is_some_and(|suffix| suffix.is_empty() || suffixes(family.metric_type).contains(&suffix))
}

/// What the names of a type's samples have behind that of the family in this format, if anything.
const fn suffixes(metric_type: MetricType) -> &'static [&'static str] {
    match metric_type {
        MetricType::Histogram => &["_bucket", "_sum", "_count"],
        MetricType::Summary => &["_sum", "_count"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_find_their_families() {
        let text = "# HELP h About.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nother 2\n\
                    h_sum 3\nh_count 1\nh_other 4\n# TYPE c_total counter\nc_total 1\n";
        let families = parse_text(text.as_bytes()).unwrap();
        let shape: Vec<_> = families
            .iter()
            .map(|family| (family.name.as_ref(), family.metric_type, family.samples.len()))
            .collect();
        let expected = [
            ("h", MetricType::Histogram, 3),
            ("other", MetricType::Unknown, 1),
            ("h_other", MetricType::Unknown, 1),
            ("c_total", MetricType::Counter, 1),
        ];
        assert_eq!(shape, expected);
        assert_eq!(families[0].help.as_deref(), Some("About."));
        assert_eq!(families[1].help, None);
    }

    #[test]
    fn what_only_the_whole_shows() {
        let cases = [
            ("# HELP a x\n# HELP a x\n", 2),
            ("# TYPE a gauge\n# TYPE a gauge\n", 2),
            ("a 1\n# TYPE a gauge\n", 2),
            ("a 1\na 1\n", 2),
            ("a{b=\"1\",c=\"\\n\"} 1\nd 1\na{c=\"\\n\",b=\"1\"} 2\n", 3),
            ("a 1 7\na 2 7\n", 2),
            ("# TYPE a histogram\n# TYPE a_count gauge\n", 2),
            ("a_count 1\n# TYPE a summary\n", 2),
            ("# TYPE a summary\na{quantile=\"x\"} 1\n", 2),
            ("# TYPE a histogram\na_bucket{le=\"\"} 1\n", 2),
        ];
        for (text, line) in cases {
            let error = parse_text(text.as_bytes()).unwrap_err();
            assert_eq!((error.line(), error.column()), (line, 1), "{text}: {error}");
        }
        assert_eq!(parse_text(b"a 1 7\na 2 8\n").unwrap()[0].samples.len(), 2);
        let options = ParseOptions { refuse_duplicates: false, ..ParseOptions::default() };
        assert_eq!(parse_text_with(b"a 1\na 1\n", &options).unwrap()[0].samples.len(), 2);
    }
}
