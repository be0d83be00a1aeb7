use std::borrow::Cow;

use metrion_model::{Exemplar, MetricType};

use super::cursor::{Cursor, Lines};
use super::escape::{Escapes, unescape};
use super::labels::{Labels, read_labels};
use super::line::{Format, quote, read_family_name, read_series, read_value};
use super::number::parse_seconds;
use super::{Event, ParseError, ParseOptions, ParsedExemplar, ParsedSample};

/// The events of a text in the OpenMetrics text format 1.0, also with the quoted names of
/// Prometheus 3. It ends after the first error, or with [`Event::Eof`].
#[derive(Clone, Debug)]
pub struct OpenMetricsParser<'a> {
    lines: Lines<'a>,
    label_names: Vec<Cow<'a, str>>,
    is_done: bool,
}

impl<'a> OpenMetricsParser<'a> {
    /// A parser with the default options.
    #[must_use]
    pub fn new(input: &'a [u8]) -> Self {
        Self::with_options(input, &ParseOptions::default())
    }

    /// A parser.
    #[must_use]
    pub const fn with_options(input: &'a [u8], options: &ParseOptions) -> Self {
        Self { lines: Lines::new(input, options), label_names: Vec::new(), is_done: false }
    }

    /// The number of the line of the last event, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.lines.number()
    }

    #[inline(always)]
    fn event(&mut self) -> Result<Event<'a>, ParseError> {
        let line = match self.lines.next() {
            Some(line) => line?,
            None => return Err(ParseError::new(self.line() + 1, 1, "the last line is not # EOF")),
        };
        let mut cursor = Cursor::new(line, self.line());
        match cursor.peek() {
            None => Err(cursor.error("a blank line")),
            Some(b'#') if cursor.rest() == "# EOF" => match self.lines.next() {
                None => Ok(Event::Eof),
                Some(_) => Err(ParseError::new(self.line(), 1, "text after # EOF")),
            },
            Some(b'#') => metadata(cursor),
            Some(_) => self.sample(&mut cursor),
        }
    }

    #[inline(always)]
    fn sample(&mut self, cursor: &mut Cursor<'a>) -> Result<Event<'a>, ParseError> {
        let (name, labels) = read_series(cursor, Format::OpenMetrics, &mut self.label_names)?;
        cursor.expect(b' ')?;
        let value = read_value(cursor)?;
        let mut sample = ParsedSample { name, labels, value, timestamp: None, exemplar: None };
        if !cursor.is_at_end() && !cursor.rest().starts_with(" #") {
            sample.timestamp = Some(read_timestamp(cursor)?);
        }
        if !cursor.is_at_end() {
            sample.exemplar = Some(self.exemplar(cursor)?);
        }
        Ok(Event::Sample(sample))
    }

    fn exemplar(&mut self, cursor: &mut Cursor<'a>) -> Result<ParsedExemplar<'a>, ParseError> {
        cursor.expect(b' ')?;
        cursor.expect(b'#')?;
        cursor.expect(b' ')?;
        let at = cursor.at();
        let (labels, name) = read_labels(cursor, Format::OpenMetrics, &mut self.label_names)?;
        if name.is_some() {
            return Err(cursor.error_at(at, "an exemplar has labels, but no name"));
        }
        if count_chars(labels) > Exemplar::MAX_CHARS {
            let message = format!(
                "the exemplar's labels have more than {} characters together",
                Exemplar::MAX_CHARS
            );
            return Err(cursor.error_at(at, message));
        }
        cursor.expect(b' ')?;
        let value = read_value(cursor)?;
        let timestamp = match cursor.is_at_end() {
            true => None,
            false => Some(read_timestamp(cursor)?),
        };
        if !cursor.is_at_end() {
            return Err(cursor.error(format!("expected the end, found {}", cursor.found())));
        }
        Ok(ParsedExemplar { labels, value, timestamp })
    }
}

impl<'a> Iterator for OpenMetricsParser<'a> {
    type Item = Result<Event<'a>, ParseError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let event = self.event();
        self.is_done = matches!(event, Err(_) | Ok(Event::Eof));
        Some(event)
    }
}

fn count_chars(labels: Labels<'_>) -> usize {
    labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum()
}

fn read_timestamp(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    cursor.expect(b' ')?;
    let at = cursor.at();
    let word = cursor.take_word();
    let fault = || cursor.error_at(at, format!("{} is no timestamp in seconds", quote(word)));
    parse_seconds(word).ok_or_else(fault)
}

#[inline(always)]
fn metadata(mut cursor: Cursor<'_>) -> Result<Event<'_>, ParseError> {
    cursor.eat(b'#');
    cursor.expect(b' ')?;
    let at = cursor.at();
    let keyword = cursor.take_word();
    if !matches!(keyword, "HELP" | "TYPE" | "UNIT") {
        let message = format!("expected HELP, TYPE, UNIT or EOF, found {}", quote(keyword));
        return Err(cursor.error_at(at, message));
    }
    cursor.expect(b' ')?;
    let name = read_family_name(&mut cursor)?;
    cursor.expect(b' ')?;
    let at = cursor.at();
    let rest = cursor.take_rest();
    match keyword {
        "HELP" => Ok(Event::Help { name, help: unescape(rest, Escapes::Quote) }),
        "UNIT" => Ok(Event::Unit { name, unit: rest }),
        _ => match MetricType::from_word(rest) {
            Some(metric_type) => Ok(Event::Type { name, metric_type }),
            None => Err(cursor.error_at(at, format!("{} is no metric type", quote(rest)))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line() {
        let text = "# HELP a x\\\"\\x\n# TYPE a counter\n# UNIT a \n\
                    a_total{b=\"c # d\"} 1.5 2.5 # {id=\"x\"} 0.5 7\n{\"my.metric\"} 2 # {} 1\n# EOF";
        let events: Vec<_> = OpenMetricsParser::new(text.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(events[0], Event::Help { name: "a".into(), help: "x\"\\x".into() });
        let metric_type = MetricType::Counter;
        assert_eq!(events[1], Event::Type { name: "a".into(), metric_type });
        assert_eq!(events[2], Event::Unit { name: "a".into(), unit: "" });
        let Event::Sample(sample) = &events[3] else { panic!("{:?}", events[3]) };
        assert_eq!((sample.value, sample.timestamp), (1.5, Some(2.5)));
        let exemplar = sample.exemplar.as_ref().unwrap();
        assert_eq!((exemplar.value, exemplar.timestamp), (0.5, Some(7.0)));
        assert_eq!(exemplar.labels.text(), "id=\"x\"");
        let Event::Sample(sample) = &events[4] else { panic!("{:?}", events[4]) };
        assert_eq!((sample.name.as_ref(), sample.timestamp), ("my.metric", None));
        assert_eq!(events[5..], [Event::Eof]);
    }

    #[test]
    fn faults_and_their_places() {
        let cases = [
            ("", 1, 1),
            ("a 1\n", 2, 1),
            ("\n# EOF", 1, 1),
            ("# EOF\n\n", 2, 1),
            ("# EOF ", 1, 3),
            ("#  TYPE a gauge\n", 1, 3),
            ("# TYPE a untyped\n", 1, 10),
            ("# HELP a\n", 1, 9),
            ("a  1\n", 1, 3),
            ("a 1 \n", 1, 5),
            ("a 1 inf\n", 1, 5),
            ("a 1 # \n", 1, 7),
            ("a 1 #{} 1\n", 1, 6),
            ("a 1 # {\"x\"} 1\n", 1, 7),
            ("a 1 # {} 1 2 3\n", 1, 13),
            ("a 1 # {} 1 \n", 1, 12),
            ("a{b=\"c\"}1\n", 1, 9),
        ];
        for (text, line, column) in cases {
            let mut parser = OpenMetricsParser::new(text.as_bytes());
            let error = parser.find_map(Result::err).unwrap();
            assert_eq!((error.line(), error.column()), (line, column), "{text}: {error}");
            assert!(parser.next().is_none());
        }
    }

    #[test]
    fn exemplars_have_at_most_128_characters() {
        let parse = |len| {
            let text = format!("a 1 # {{ä=\"{}\"}} 1\n# EOF", "ö".repeat(len));
            let text = text.replace("ä=", "\"ä\"=");
            OpenMetricsParser::new(text.as_bytes()).find_map(Result::err)
        };
        assert_eq!(parse(127), None);
        assert_eq!(parse(128).unwrap().column(), 7);
    }
}
