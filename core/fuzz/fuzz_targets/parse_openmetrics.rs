//! The parser of OpenMetrics: what it accepts, written in another form, is read as the same, and what
//! it refuses has a place in the input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use metrion::exposition::parse::{
    OpenMetricsParser, ParseOptions, parse_openmetrics, parse_openmetrics_with,
};
use metrion::exposition::{compare, lint};

mod rewrite;

use rewrite::{Format, meaning, rewrite};

fuzz_target!(|input: &[u8]| {
    let families = match parse_openmetrics(input) {
        Ok(families) => families,
        Err(error) => {
            let lines = input.split(|byte| *byte == b'\n').count();
            assert!((1..=lines + 1).contains(&error.line()), "{error}");
            assert!((1..=input.len() + 1).contains(&error.column()), "{error}");
            // The events go as far, and no further than the first error.
            let mut events = OpenMetricsParser::new(input);
            let last = events.by_ref().last();
            assert!(last.is_none_or(|event| event.is_ok()) || events.next().is_none());
            return;
        }
    };
    assert!(OpenMetricsParser::new(input).all(|event| event.is_ok()));
    let again = rewrite(&families, Format::OpenMetrics);
    let options = ParseOptions { max_line_bytes: usize::MAX, ..ParseOptions::default() };
    let read_again = match parse_openmetrics_with(again.as_bytes(), &options) {
        Ok(families) => families,
        Err(error) => panic!("{error}\n{again}"),
    };
    assert_eq!(
        meaning(&families, Format::OpenMetrics),
        meaning(&read_again, Format::OpenMetrics),
        "{again}"
    );
    let _findings = lint(&families);
    assert_eq!(compare(input, input), Ok(()));
});
