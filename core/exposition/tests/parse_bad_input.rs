//! Input that is cut, huge or not text: a clear error, bounded memory, no panic.

#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use metrion_exposition::parse::{
    Event, OpenMetricsParser, ParseError, ParseOptions, TextParser, parse_openmetrics,
    parse_openmetrics_with, parse_text, parse_text_with,
};
use metrion_model::ErrorCode;
use proptest::prelude::*;

const TEXT: &str = r#"# HELP a_total Help with \\ and \n.
# TYPE a_total counter
a_total{x="1",y="\"\\\n"} 1.5e3 1234
# comment
# TYPE h histogram
h_bucket{le="0.5"} 1
h_bucket{le="+Inf"} 2
h_sum 1.25
h_count 2
# TYPE "my.metric" gauge
{"my.metric","ä"="é☃"} NaN
"#;

const OPENMETRICS: &str = r#"# HELP a_seconds Help with \\ and \" and \n.
# TYPE a_seconds counter
# UNIT a_seconds seconds
a_seconds_total{x="1",y="\"\\\n"} 1.5e3 12.5 # {id="ab",ö="x"} 0.5 12
# TYPE h histogram
h_bucket{le="0.5"} 1
h_bucket{le="+Inf"} 2 # {} 4
h_sum 1.25
h_count 2
# TYPE "my.metric" gauge
{"my.metric","ä"="é☃"} NaN
# EOF
"#;

fn openmetrics() -> String {
    OPENMETRICS.replace("ö=", "\"ö\"=")
}

/// The place is one in the input, or right behind its end.
fn assert_place(input: &[u8], error: &ParseError) {
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    assert!((1..=lines.len() + 1).contains(&error.line()), "{error}");
    let line = lines.get(error.line() - 1).copied().unwrap_or_default();
    let chars = String::from_utf8_lossy(line).chars().count();
    assert!((1..=chars + 1).contains(&error.column()), "{error} in {chars} characters");
    assert!(!error.message().is_empty());
    assert!(error.message().len() < 1000, "{error}");
}

#[test]
fn cut_at_every_byte() {
    let openmetrics = openmetrics();
    assert_eq!(parse_text(TEXT.as_bytes()).unwrap().len(), 3);
    assert_eq!(parse_openmetrics(openmetrics.as_bytes()).unwrap().len(), 3);
    for end in 0..openmetrics.len() {
        let input = &openmetrics.as_bytes()[..end];
        // Only the last line feed may be missing.
        match parse_openmetrics(input) {
            Ok(_) => assert_eq!(end, openmetrics.len() - 1),
            Err(error) => assert_place(input, &error),
        }
    }
    for end in 0..TEXT.len() {
        let input = &TEXT.as_bytes()[..end];
        let whole_lines = input.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let before = parse_text(&input[..whole_lines]).unwrap();
        match parse_text(input) {
            // What was read before the cut is as it was.
            Ok(families) => assert!(families.len() >= before.len()),
            Err(error) => {
                assert_place(input, &error);
                assert!(whole_lines < end);
            }
        }
    }
}

#[test]
fn any_byte_replaced_at_any_place() {
    let openmetrics = openmetrics();
    for byte in [0, b'\n', b'"', b'\\', b'{', b'}', b' ', b'#', b',', b'=', 0x80, 0xff] {
        for at in 0..openmetrics.len() {
            let mut input = openmetrics.clone().into_bytes();
            input[at] = byte;
            if let Err(error) = parse_openmetrics(&input) {
                assert_place(&input, &error);
            }
            if let Err(error) = parse_text(&input) {
                assert_place(&input, &error);
            }
        }
    }
}

/// A gigabyte without a line feed: the pages of the input that the parser does not look at are never
/// mapped, so this takes no memory.
#[test]
fn a_line_of_a_gigabyte() {
    let input = vec![0_u8; 1 << 30];
    let message = "the line is longer than 1048576 bytes";
    for error in [parse_text(&input).unwrap_err(), parse_openmetrics(&input).unwrap_err()] {
        assert_eq!((error.line(), error.column(), error.message()), (1, 1, message));
    }
}

#[test]
fn the_limit_of_a_line_can_be_set() {
    let options = |max_line_bytes| ParseOptions { max_line_bytes, ..ParseOptions::default() };
    assert!(parse_text_with(b"aa 1\nbb 2\n", &options(4)).is_ok());
    assert_eq!(parse_text_with(b"aa 1\nbb 22\n", &options(4)).unwrap_err().line(), 2);
    assert!(parse_openmetrics_with(b"# EOF\n", &options(5)).is_ok());
    assert!(parse_openmetrics_with(b"# EOF\n", &options(4)).is_err());

    let long = format!("# HELP a {}\n", "x".repeat(2 << 20));
    assert!(parse_text(long.as_bytes()).is_err());
    assert!(parse_text_with(long.as_bytes(), &options(usize::MAX)).is_ok());
}

#[test]
fn text_that_is_not_utf8() {
    for (input, line, column) in [
        (&b"\xff"[..], 1, 1),
        (b"a 1\nb{c=\"\xc3\xa4\xc3\"} 1\n", 2, 7),
        (b"a 1\n\n# \xed\xa0\x80", 3, 3),
    ] {
        let error = parse_text(input).unwrap_err();
        assert_eq!((error.line(), error.column()), (line, column));
        assert_eq!(error.message(), "the text is not UTF-8");
        let error = metrion_model::Error::from(error);
        assert_eq!(error.code(), ErrorCode::ParseError);
        assert!(error.message().starts_with(&format!("line {line}, column {column}: ")));
    }
}

#[test]
fn long_numbers() {
    let nines = "9".repeat(1_000_000);
    for (number, value) in [
        (format!("0.{nines}"), Some(1.0)),
        (format!("{}1", "0".repeat(1_000_000)), Some(1.0)),
        (format!("1e-{nines}"), Some(0.0)),
        (format!("1e{nines}"), None),
        (nines, None),
    ] {
        let text = format!("a {number}\n");
        match (parse_text(text.as_bytes()), value) {
            (Ok(families), Some(value)) => assert_eq!(families[0].samples[0].value, value),
            (Err(error), None) => assert!(error.message().ends_with("... is no number")),
            (parsed, _) => panic!("{parsed:?}"),
        }
    }
}

#[test]
fn many_labels() {
    let labels: Vec<String> = (0..40_000).map(|i| format!("label_{i}=\"{i}\"")).collect();
    let line = format!("a{{{}}} 1\n", labels.join(","));
    let families = parse_text(line.as_bytes()).unwrap();
    assert_eq!(families[0].samples[0].labels.iter().count(), 40_000);
    let line = line.replace("label_39999=", "label_7=");
    assert!(parse_text(line.as_bytes()).unwrap_err().message().contains("label_7"));
}

#[test]
fn long_names_make_no_long_messages() {
    let name = "ä".repeat(100_000);
    for text in [
        format!("# HELP \"{name}\" x\n# HELP \"{name}\" x\n"),
        format!("a{{\"{name}\"=\"\",\"{name}\"=\"\"}} 1\n"),
        format!("a{{{name}=\"\"}} 1\n"),
        format!("# TYPE a {name}\n"),
    ] {
        let error = parse_text(text.as_bytes()).unwrap_err();
        assert!(error.message().chars().count() < 400);
        assert!(parse_openmetrics(text.as_bytes()).unwrap_err().message().chars().count() < 400);
    }
}

/// What looks like the format, so that the deeper parts of the parsers are reached.
fn almost_exposition() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# TYPE ",
        "# HELP ",
        "# UNIT ",
        "# EOF",
        "a",
        "a_total",
        "a_bucket",
        "a_sum",
        "a_count",
        "a_info",
        " counter",
        " gauge",
        " histogram",
        " summary",
        " info",
        " stateset",
        "{",
        "}",
        "le=\"1\"",
        "le=\"+Inf\"",
        "quantile=\"0.5\"",
        "\"",
        "\\",
        ",",
        " ",
        " 1",
        " 2",
        " NaN",
        " -1",
        " # {} 1",
        "\n",
        "\n",
        "\n",
        "ä",
        "\t",
        "\"a.b\"",
        "=",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(input in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        almost_exposition().prop_map(String::into_bytes),
    ]) {
        let errors = [parse_text(&input).err(), parse_openmetrics(&input).err()];
        errors.iter().flatten().for_each(|error| assert_place(&input, error));
        // The events end, and after an error there are none.
        let text: Vec<_> = TextParser::new(&input).collect();
        let openmetrics: Vec<_> = OpenMetricsParser::new(&input).collect();
        for events in [text, openmetrics] {
            let error = events.iter().position(Result::is_err);
            prop_assert!(error.is_none_or(|at| at + 1 == events.len()));
            let eof = events.iter().position(|event| event == &Ok(Event::Eof));
            prop_assert!(eof.is_none_or(|at| at + 1 == events.len()));
        }
    }
}
