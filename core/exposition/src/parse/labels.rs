use std::borrow::Cow;

use super::ParseError;
use super::byte_class::LABEL_NAME;
use super::cursor::Cursor;
use super::line::Format;

/// The labels of one sample, checked but not yet taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Labels<'a> {
    text: &'a str,
}

impl<'a> Labels<'a> {
    /// What stands between the braces, as it is written. It can hold the quoted name of the metric.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// The names and values, in the order of the text and without escapes.
    #[must_use]
    pub const fn iter(&self) -> LabelIter<'a> {
        LabelIter { cursor: Cursor::over(self.text) }
    }

    /// Whether there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The value of the label with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        if let Some((_, value)) = self.split_last(name) {
            return Some(Cow::Borrowed(value));
        }
        self.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

impl<'a> Labels<'a> {
    /// The labels before the last one, and its value, if it has this name and is written plainly, as
    /// `le` and `quantile` nearly always are.
    ///
    /// It reads from the end. What it finds cannot be within another value: that value would end at the
    /// quote found here, and the text, which is right, have one quote too many behind it.
    pub(super) fn split_last(&self, name: &str) -> Option<(Self, &'a str)> {
        let text = self.text.strip_suffix('"')?;
        let (before, value) = text.rsplit_once('"')?;
        let before = before.strip_suffix('=')?.strip_suffix(name)?;
        let is_plain = !value.contains('\\');
        match before.strip_suffix(',') {
            Some(before) if is_plain => Some((Self { text: before }, value)),
            None if is_plain && before.is_empty() => Some((Self { text: before }, value)),
            _ => None,
        }
    }
}

impl<'a> IntoIterator for Labels<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);
    type IntoIter = LabelIter<'a>;

    fn into_iter(self) -> LabelIter<'a> {
        self.iter()
    }
}

/// The pairs of [`Labels`].
#[derive(Clone, Debug)]
pub struct LabelIter<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for LabelIter<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let cursor = &mut self.cursor;
        loop {
            while cursor.eat(b',') || cursor.skip_blanks() {}
            if cursor.is_at_end() {
                return None;
            }
            let name = read_name(cursor).ok()?;
            cursor.skip_blanks();
            // A quoted name that no value follows is that of the metric.
            if cursor.eat(b'=') {
                cursor.skip_blanks();
                let value = cursor.quoted().ok()?;
                return Some((name, value.unescape()));
            }
        }
    }
}

/// Reads a label block from its opening brace on. Returns the labels, and the name of the metric if it
/// is in there: `{"my.metric",label="x"}`.
///
/// `names` is room for the label names, kept by the caller so that it is not allocated for each line.
pub(super) fn read_labels<'a>(
    cursor: &mut Cursor<'a>,
    format: Format,
    names: &mut Vec<Cow<'a, str>>,
) -> Result<(Labels<'a>, Option<Cow<'a, str>>), ParseError> {
    let opening = cursor.at();
    cursor.expect(b'{')?;
    let start = cursor.at();
    names.clear();
    let mut metric_name = None;
    let mut after_comma = false;
    loop {
        format.skip_blanks(cursor);
        // The text format lets a comma stand at the end.
        if cursor.peek() == Some(b'}') && !(after_comma && format == Format::OpenMetrics) {
            break;
        }
        let at = cursor.at();
        let is_quoted = cursor.peek() == Some(b'"');
        let name = read_name(cursor)?;
        format.skip_blanks(cursor);
        if is_quoted && matches!(cursor.peek(), Some(b',' | b'}')) {
            if metric_name.replace(name).is_some() {
                return Err(cursor.error_at(at, "a second name of the metric"));
            }
        } else {
            cursor.expect(b'=')?;
            format.skip_blanks(cursor);
            cursor.quoted()?;
            format.skip_blanks(cursor);
            if format.is_reserved(&name) {
                return Err(cursor.error_at(at, format!("the label name {name:?} is reserved")));
            }
            names.push(name);
        }
        after_comma = cursor.eat(b',');
        if !after_comma && cursor.peek() != Some(b'}') {
            let message = format!("expected ',' or '}}', found {}", cursor.found());
            return Err(cursor.error(message));
        }
    }
    let text = cursor.since(start);
    cursor.expect(b'}')?;
    if let Some(twice) = find_twice(names) {
        let message = format!("the label name {twice:?} comes twice");
        return Err(cursor.error_at(opening, message));
    }
    Ok((Labels { text }, metric_name))
}

/// Reads a label name, or anything that is not empty in quotes.
fn read_name<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, ParseError> {
    let at = cursor.at();
    if cursor.peek() == Some(b'"') {
        let name = cursor.quoted()?.unescape();
        if name.is_empty() {
            return Err(cursor.error_at(at, "the name is empty"));
        }
        return Ok(name);
    }
    let name = cursor.take(LABEL_NAME);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        let message = format!("expected a label name, found {}", cursor.found());
        return Err(cursor.error_at(at, message));
    }
    Ok(Cow::Borrowed(name))
}

/// Few names are compared with each other, many are sorted: a line may have a hundred thousand.
fn find_twice<'n>(names: &'n mut [Cow<'_, str>]) -> Option<&'n str> {
    const FEW: usize = 16;
    if names.len() > FEW {
        names.sort_unstable();
        return names.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some(a.as_ref()),
            _ => None,
        });
    }
    let before = |at| names.iter().take(at);
    let mut all = names.iter().enumerate();
    all.find_map(|(at, name)| before(at).any(|other| other == name).then_some(name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = Vec<(String, String)>;

    fn read(text: &str, format: Format) -> Result<(Pairs, Option<String>), usize> {
        let mut cursor = Cursor::over(text);
        let (labels, name) =
            read_labels(&mut cursor, format, &mut Vec::new()).map_err(|error| error.column())?;
        let pairs = labels.iter().map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        Ok((pairs, name.map(Cow::into_owned)))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Pairs {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn labels_and_names() {
        for format in [Format::Text, Format::OpenMetrics] {
            assert_eq!(read("{}", format), Ok((vec![], None)));
            let two = pairs(&[("a", "x"), ("b", "\"\n\\\\q}")]);
            assert_eq!(read(r#"{a="x",b="\"\n\\\\q}"}"#, format), Ok((two, None)));
            let quoted = pairs(&[("ä.\"", "x")]);
            let name = Some("my.metric".to_owned());
            assert_eq!(read(r#"{"my.metric","ä.\""="x"}"#, format), Ok((quoted, name.clone())));
            assert_eq!(read(r#"{"my.metric"}"#, format), Ok((vec![], name)));
        }
    }

    #[test]
    fn the_last_label_from_the_end() {
        let last = |text: &'static str| {
            let own = Labels { text };
            let expected = own.iter().find(|(name, _)| name == "le").map(|(_, value)| value);
            assert_eq!(own.get("le"), expected, "{text}");
            own.split_last("le").map(|(before, value)| (before.text(), value))
        };
        assert_eq!(last(r#"le="1""#), Some(("", "1")));
        assert_eq!(last(r#"a="\"",le="1""#), Some((r#"a="\"""#, "1")));
        assert_eq!(last(r#""my.metric",le="""#), Some((r#""my.metric""#, "")));
        for text in [
            "",
            r#"a="""#,
            r#"a="le=""#,
            r#"a=",le=""#,
            r#"a="x,le=\"1""#,
            r#"a="x",le="\\""#,
            r#"le="1",a="2""#,
            r#"file="1""#,
            r#"a="b","le"="1""#,
            r#"le = "1""#,
            r#"le="1","#,
        ] {
            assert_eq!(last(text), None, "{text}");
        }
    }

    #[test]
    fn what_only_the_text_format_takes() {
        for text in [r#"{a="x",}"#, r#"{ a = "x" , b="" }"#, r#"{__a="x"}"#] {
            assert!(read(text, Format::Text).is_ok(), "{text}");
            assert!(read(text, Format::OpenMetrics).is_err(), "{text}");
        }
    }

    #[test]
    fn faults_and_their_columns() {
        let cases = [
            ("{", 2),
            ("{a", 3),
            ("{a=", 4),
            ("{a=x}", 4),
            (r#"{a="x"#, 4),
            (r#"{a="x""#, 7),
            (r#"{a="x"b="y"}"#, 7),
            (r#"{,a="x"}"#, 2),
            (r#"{a="x",,b="y"}"#, 8),
            (r#"{1a="x"}"#, 2),
            (r#"{a:b="x"}"#, 3),
            (r#"{""="x"}"#, 2),
            (r#"{"x","y"}"#, 6),
            (r#"{a="1","a"="2"}"#, 1),
            (r#"{__name__="x"}"#, 2),
            (r#"{ä="x"}"#, 2),
        ];
        for (text, column) in cases {
            for format in [Format::Text, Format::OpenMetrics] {
                assert_eq!(read(text, format), Err(column), "{text}");
            }
        }
    }

    #[test]
    fn a_hundred_thousand_labels() {
        let mut text: Vec<String> = (0..100_000).map(|i| format!("l{i}=\"\"")).collect();
        assert_eq!(
            read(&format!("{{{}}}", text.join(",")), Format::Text).unwrap().0.len(),
            100_000
        );
        text.push("l5=\"\"".to_owned());
        assert_eq!(read(&format!("{{{}}}", text.join(",")), Format::Text), Err(1));
    }
}
