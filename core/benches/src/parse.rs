//! What reading a sample of a scrape costs: a real page of node_exporter 1.5.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use metrion::exposition::parse::{OpenMetricsParser, TextParser, parse_openmetrics, parse_text};

use crate::case::{Peer, Row, Run};

const PAGE: &str = include_str!("../data/node_exporter.txt");
const SAMPLES: u64 = 507;

/// Text 0.0.4 as events: each line by itself, as a scraper of known targets reads it.
pub(crate) fn text_events() -> Row {
    Row {
        title: "parse a sample (of a page of 507), line by line",
        threads: &[1],
        ours: repeat_samples(|| {
            for event in TextParser::new(black_box(PAGE.as_bytes())) {
                black_box(event.unwrap());
            }
        }),
        peers: vec![Peer::new("prometheus-parse", prometheus_parse())],
    }
}

/// Text 0.0.4 as families, with all checks of the whole page.
pub(crate) fn text_families() -> Row {
    Row {
        title: "parse a sample into families",
        threads: &[1],
        ours: repeat_samples(|| drop(black_box(parse_text(black_box(PAGE.as_bytes())).unwrap()))),
        peers: vec![Peer::new("prometheus-parse", prometheus_parse())],
    }
}

/// The same samples in OpenMetrics, line by line. There is no parser of it with a licence that we can
/// take, so the peer reads the page as it is.
pub(crate) fn openmetrics_events() -> Row {
    let page = openmetrics(PAGE);
    Row {
        title: "parse a sample of OpenMetrics, line by line (peer: of text 0.0.4)",
        threads: &[1],
        ours: repeat_samples(move || {
            for event in OpenMetricsParser::new(black_box(page.as_bytes())) {
                black_box(event.unwrap());
            }
        }),
        peers: vec![Peer::new("prometheus-parse", prometheus_parse())],
    }
}

/// The same as families.
pub(crate) fn openmetrics_families() -> Row {
    let page = openmetrics(PAGE);
    Row {
        title: "parse a sample of OpenMetrics into families (peer: of text 0.0.4)",
        threads: &[1],
        ours: repeat_samples(move || {
            drop(black_box(parse_openmetrics(black_box(page.as_bytes())).unwrap()));
        }),
        peers: vec![Peer::new("prometheus-parse", prometheus_parse())],
    }
}

fn prometheus_parse() -> Run {
    repeat_samples(|| {
        let lines = black_box(PAGE).lines().map(|line| Ok(line.to_owned()));
        drop(black_box(prometheus_parse::Scrape::parse(lines).unwrap()));
    })
}

/// A case whose one time is one sample, so that times per second are samples per second. It reads whole
/// pages and counts the part of the time that the samples asked for took.
fn repeat_samples(read_page: impl Fn() + Send + Sync + 'static) -> Run {
    Box::new(move |times| {
        let pages = times.div_ceil(SAMPLES);
        let start = Instant::now();
        for _ in 0..pages {
            read_page();
        }
        start.elapsed().mul_f64(times as f64 / (pages.max(1) * SAMPLES) as f64)
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

    /// All cases read the same numbers.
    #[test]
    fn everyone_reads_all_samples() {
        let page = openmetrics(PAGE);
        let ours = parse_text(PAGE.as_bytes()).unwrap();
        let openmetrics = parse_openmetrics(page.as_bytes()).unwrap();
        let count = |families: &[metrion::exposition::parse::ParsedFamily<'_>]| {
            families.iter().map(|family| family.samples.len()).sum::<usize>()
        };
        assert_eq!((count(&ours), count(&openmetrics)), (SAMPLES as usize, SAMPLES as usize));
        let lines = PAGE.lines().map(|line| Ok(line.to_owned()));
        assert!(prometheus_parse::Scrape::parse(lines).unwrap().samples.len() > 400);
    }
}
