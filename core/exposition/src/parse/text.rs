use std::borrow::Cow;

use metrion_model::MetricType;

use super::cursor::{Cursor, Lines};
use super::escape::{Escapes, unescape};
use super::line::{Format, quote, read_family_name, read_series, read_value};
use super::number::parse_milliseconds;
use super::{Event, ParseError, ParseOptions, ParsedSample};

/// The events of a text in the Prometheus text format 0.0.4, also with the quoted names of
/// Prometheus 3. It ends after the first error.
#[derive(Clone, Debug)]
pub struct TextParser<'a> {
    lines: Lines<'a>,
    label_names: Vec<Cow<'a, str>>,
}

impl<'a> TextParser<'a> {
    /// A parser with the default options.
    #[must_use]
    pub fn new(input: &'a [u8]) -> Self {
        Self::with_options(input, &ParseOptions::default())
    }

    /// A parser.
    #[must_use]
    pub const fn with_options(input: &'a [u8], options: &ParseOptions) -> Self {
        Self { lines: Lines::new(input, options), label_names: Vec::new() }
    }

    /// The number of the line of the last event, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.lines.number()
    }

    #[inline(always)]
    fn sample(&mut self, mut cursor: Cursor<'a>) -> Result<Event<'a>, ParseError> {
        let (name, labels) = read_series(&mut cursor, Format::Text, &mut self.label_names)?;
        cursor.skip_blanks();
        let value = read_value(&mut cursor)?;
        cursor.skip_blanks();
        let timestamp = match cursor.is_at_end() {
            true => None,
            false => Some(read_timestamp(&mut cursor)?),
        };
        Ok(Event::Sample(ParsedSample { name, labels, value, timestamp, exemplar: None }))
    }
}

impl<'a> Iterator for TextParser<'a> {
    type Item = Result<Event<'a>, ParseError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            let mut cursor = Cursor::new(line, self.line());
            cursor.skip_blanks();
            let event = match cursor.peek() {
                None => continue,
                Some(b'#') => comment(cursor),
                Some(_) => self.sample(cursor),
            };
            if event.is_err() {
                self.lines.stop();
            }
            return Some(event);
        }
    }
}

fn read_timestamp(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    let at = cursor.at();
    let word = cursor.take_word();
    cursor.skip_blanks();
    if !cursor.is_at_end() {
        return Err(cursor.error(format!("expected the end, found {}", cursor.found())));
    }
    let fault = || cursor.error_at(at, format!("{} is no timestamp in milliseconds", quote(word)));
    parse_milliseconds(word).ok_or_else(fault)
}

/// A line that begins with `#`. Without a keyword, or without anything after it, it is for people.
#[inline(always)]
fn comment(mut cursor: Cursor<'_>) -> Result<Event<'_>, ParseError> {
    cursor.eat(b'#');
    let text = cursor.rest();
    if !cursor.skip_blanks() {
        return Ok(Event::Comment(text));
    }
    let keyword = cursor.take_word();
    cursor.skip_blanks();
    match keyword {
        "HELP" | "TYPE" if !cursor.is_at_end() => {}
        _ => return Ok(Event::Comment(text)),
    }
    let name = read_family_name(&mut cursor)?;
    let at = cursor.at();
    if !cursor.skip_blanks() && !cursor.is_at_end() {
        let message = format!("expected a blank after the name, found {}", cursor.found());
        return Err(cursor.error_at(at, message));
    }
    let at = cursor.at();
    let rest = cursor.take_rest();
    if keyword == "HELP" {
        return Ok(Event::Help { name, help: unescape(rest, Escapes::Plain) });
    }
    let metric_type = match rest {
        "counter" => MetricType::Counter,
        "gauge" => MetricType::Gauge,
        "histogram" => MetricType::Histogram,
        "summary" => MetricType::Summary,
        "untyped" => MetricType::Unknown,
        _ => return Err(cursor.error_at(at, format!("{} is no metric type", quote(rest)))),
    };
    Ok(Event::Type { name, metric_type })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<Event<'_>> {
        TextParser::new(text.as_bytes()).map(Result::unwrap).collect()
    }

    #[test]
    fn every_kind_of_line() {
        let text = "# HELP a x\\\\y\\nz\\\"\n#TYPE a b\n\n  # TYPE a\tcounter\n# HELP\n#\n\
                    \t a\t{ b = \"c\" , } 1.5\t-2500 \n# TYPE \"my.metric\" gauge\n\
                    {\"my.metric\",\"ä\"=\"x\"}NaN\n# HELP a";
        let events = events(text);
        assert_eq!(events[0], Event::Help { name: "a".into(), help: "x\\y\nz\\\"".into() });
        assert_eq!(events[1], Event::Comment("TYPE a b"));
        let metric_type = MetricType::Counter;
        assert_eq!(events[2], Event::Type { name: "a".into(), metric_type });
        assert_eq!(events[3], Event::Comment(" HELP"));
        assert_eq!(events[4], Event::Comment(""));
        let Event::Sample(sample) = &events[5] else { panic!("{:?}", events[5]) };
        assert_eq!((sample.value, sample.timestamp), (1.5, Some(-2.5)));
        assert_eq!(sample.labels.get("b").as_deref(), Some("c"));
        assert!(matches!(&events[6], Event::Type { name, .. } if name == "my.metric"));
        let Event::Sample(sample) = &events[7] else { panic!("{:?}", events[7]) };
        assert_eq!(sample.name, "my.metric");
        assert!(sample.value.is_nan());
        assert_eq!(sample.labels.get("ä").as_deref(), Some("x"));
        assert_eq!(events[8], Event::Help { name: "a".into(), help: "".into() });
        assert_eq!(events.len(), 9);
    }

    #[test]
    fn faults_and_their_places() {
        let cases = [
            ("a", 1, 2),
            ("a 1\nb x", 2, 3),
            ("a 1 2 3", 1, 7),
            ("a 1 1.5", 1, 5),
            ("1a 1", 1, 1),
            ("ä 1", 1, 1),
            ("a{b=\"c\"} ", 1, 10),
            ("a0.5", 1, 3),
            ("a+Inf", 1, 2),
            ("a\r\n", 1, 2),
            ("a 1\r\n", 1, 3),
            ("# TYPE a", 1, 9),
            ("# TYPE a gauge ", 1, 10),
            ("# TYPE a unknown", 1, 10),
            ("# HELP 9 x", 1, 8),
            ("# HELP a-b x", 1, 9),
            ("{b=\"c\"} 1", 1, 1),
            ("a{\"b\"} 1", 1, 1),
        ];
        for (text, line, column) in cases {
            let mut parser = TextParser::new(text.as_bytes());
            let error = parser.find_map(Result::err).unwrap();
            assert_eq!((error.line(), error.column()), (line, column), "{text}: {error}");
            assert!(parser.next().is_none());
        }
    }
}
