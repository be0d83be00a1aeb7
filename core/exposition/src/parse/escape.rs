use std::borrow::Cow;

/// Which escapes a text has beside `\\` and `\n`. Any other backslash stands for itself, in all
/// parsers of these formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// No others: help of the text format 0.0.4.
    Plain,
    /// `\"`: quoted strings, and help of OpenMetrics.
    Quote,
}

pub(super) fn unescape(text: &str, escapes: Escapes) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        out.push_str(plain);
        let (char, len) = match escaped.as_bytes().first() {
            Some(b'n') => ('\n', 1),
            Some(b'\\') => ('\\', 1),
            Some(b'"') if escapes == Escapes::Quote => ('"', 1),
            _ => ('\\', 0),
        };
        out.push(char);
        rest = escaped.get(len..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_escapes() {
        let quoted = |text| unescape(text, Escapes::Quote).into_owned();
        assert_eq!(quoted(r#"a\\n\n\"\x\"#), "a\\n\n\"\\x\\");
        assert_eq!(unescape(r#"\"\n"#, Escapes::Plain), "\\\"\n");
        assert!(matches!(unescape("plain", Escapes::Quote), Cow::Borrowed("plain")));
    }
}
