//! What reading a scrape costs: a real page of node_exporter 1.5.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hint::black_box;

use metrion::exposition::parse::{TextParser, parse_openmetrics, parse_text};

use crate::case::{Peer, Row, Run, repeat};

const PAGE: &str = include_str!("../data/node_exporter.txt");

/// Text 0.0.4 as events: each line by itself, as a scraper of known targets reads it.
pub(crate) fn text_events() -> Row {
    Row {
        title: "parse a page of 507 samples, line by line",
        threads: &[1],
        ours: repeat(|_| {
            let events = TextParser::new(black_box(PAGE.as_bytes()));
            for event in events {
                black_box(event.unwrap());
            }
        }),
        peers: vec![Peer::new("prometheus-parse", prometheus_parse())],
    }
}

/// Text 0.0.4 as families, with all checks of the whole page.
pub(crate) fn text_families() -> Row {
    Row {
        title: "parse a page of 507 samples into families",
        threads: &[1],
        ours: repeat(|_| drop(black_box(parse_text(black_box(PAGE.as_bytes())).unwrap()))),
        peers: vec![Peer::new("prometheus-parse", prometheus_parse())],
    }
}

/// The same samples in OpenMetrics. There is no parser of it with a licence that we can take, so the
/// peer reads the page as it is.
pub(crate) fn openmetrics_families() -> Row {
    let page = openmetrics(PAGE);
    Row {
        title: "parse the same in OpenMetrics (peer: in text 0.0.4)",
        threads: &[1],
        ours: repeat(move |_| {
            drop(black_box(parse_openmetrics(black_box(page.as_bytes())).unwrap()));
        }),
        peers: vec![Peer::new("prometheus-parse", prometheus_parse())],
    }
}

fn prometheus_parse() -> Run {
    repeat(|_| {
        let lines = black_box(PAGE).lines().map(|line| Ok(line.to_owned()));
        drop(black_box(prometheus_parse::Scrape::parse(lines).unwrap()));
    })
}

/// A page of text 0.0.4 whose families are in one piece, in OpenMetrics.
fn openmetrics(text: &str) -> String {
    let types: HashMap<&str, &str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let mut out = String::new();
    for line in text.lines() {
        out.push_str(&openmetrics_line(line, &types));
        out.push('\n');
    }
    out.push_str("# EOF\n");
    out
}

fn openmetrics_line<'a>(line: &'a str, types: &HashMap<&str, &str>) -> Cow<'a, str> {
    let comment = line.strip_prefix("# ").and_then(|comment| comment.split_once(' '));
    let Some((keyword, (name, rest))) =
        comment.and_then(|(keyword, rest)| Some((keyword, rest.split_once(' ')?)))
    else {
        return Cow::Borrowed(line);
    };
    // The page has counters without `_total`, and some beside a gauge of the name that is left
    // without it: OpenMetrics takes neither.
    let base = name.strip_suffix("_total").filter(|base| !types.contains_key(base));
    let is_counter = types.get(name) == Some(&"counter");
    let (name, rest) = match (base.filter(|_| is_counter), rest) {
        (Some(base), _) => (base, rest),
        (None, "counter" | "untyped") => (name, "unknown"),
        (None, _) => (name, rest),
    };
    Cow::Owned(format!("# {keyword} {name} {rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three cases read the same numbers.
    #[test]
    fn everyone_reads_all_samples() {
        let page = openmetrics(PAGE);
        let ours = parse_text(PAGE.as_bytes()).unwrap();
        let openmetrics = parse_openmetrics(page.as_bytes()).unwrap();
        let count = |families: &[metrion::exposition::parse::ParsedFamily<'_>]| {
            families.iter().map(|family| family.samples.len()).sum::<usize>()
        };
        assert_eq!((count(&ours), count(&openmetrics)), (507, 507));
        let lines = PAGE.lines().map(|line| Ok(line.to_owned()));
        assert!(prometheus_parse::Scrape::parse(lines).unwrap().samples.len() > 400);
    }
}
