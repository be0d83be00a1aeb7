//! Text 0.0.4 by a reading of its own, for the target of operations.

use std::collections::HashSet;

/// Panics at the first line that is not of the text format 0.0.4, that repeats a series, or that
/// contradicts its histogram.
pub fn check_text(text: &str) {
    assert!(text.is_empty() || text.ends_with('\n'));
    let mut family = ("", "");
    let mut families = HashSet::new();
    let mut all_series = HashSet::new();
    let mut bucket: Option<f64> = None;
    for line in text.split_terminator('\n') {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (kind, name) = (words.next().unwrap(), words.next().unwrap());
            assert!(is_name(name), "{line}");
            let rest = words.next().unwrap_or_default();
            if kind == "TYPE" {
                assert!(families.insert(name), "{name} comes twice");
                family = (name, rest);
            } else {
                assert_eq!(kind, "HELP", "{line}");
            }
            continue;
        }
        let (series, number) = line.rsplit_once(' ').unwrap();
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
            None => (series, ""),
        };
        let suffix = name.strip_prefix(family.0).unwrap();
        assert!(all_series.insert(series), "{series} comes twice");
        check_labels(labels);
        let value: f64 = number.parse().unwrap();
        match (family.1, suffix) {
            ("counter", "") => assert!(value >= 0.0 || value.is_nan(), "{line}"),
            ("gauge" | "summary", "") | ("histogram" | "summary", "_sum") => {}
            ("summary", "_count") => assert!(value >= 0.0, "{line}"),
            ("histogram", "_bucket") => {
                assert!(value >= bucket.unwrap_or(0.0), "{line}");
                bucket = Some(value);
            }
            ("histogram", "_count") => assert_eq!(bucket.take(), Some(value), "{line}"),
            _ => panic!("{line} does not belong to {family:?}"),
        }
    }
}

fn check_labels(labels: &str) {
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, quoted) = rest.split_once("=\"").unwrap();
        assert!(is_name(name) && !name.contains(':'), "{labels}");
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            assert!(!escaped || b"\\\"n".contains(&byte), "{labels}");
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        rest = &quoted[end.unwrap() + 1..];
        if let Some(more) = rest.strip_prefix(',') {
            assert!(!more.is_empty(), "{labels}");
            rest = more;
        } else {
            assert!(rest.is_empty(), "{labels}");
        }
    }
}

fn is_name(name: &str) -> bool {
    let head = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':';
    name.bytes().next().is_some_and(head)
        && name.bytes().all(|byte| head(byte) || byte.is_ascii_digit())
}
