//! The linter beside `promtool check metrics` (Debian package prometheus), where it is installed.

#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use metrion_exposition::lint;
use metrion_exposition::parse::{ParseOptions, parse_text_with};

const PAGE: &str = include_str!("../../benches/data/node_exporter.txt");

/// One for each rule, and the borders of the rules.
const CASES: &[&str] = &[
    "# TYPE no_help gauge\nno_help 1\n",
    "# HELP empty_help\n# TYPE empty_help gauge\nempty_help 1\n",
    "# HELP empty_help \n# TYPE empty_help gauge\nempty_help 1\n",
    "# HELP no_samples x\n# TYPE no_samples counter\n",
    "# HELP a x\n# TYPE a counter\na 1\n",
    "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n",
    "# HELP a_total x\na_total 1\n",
    "# HELP a_total x\n# TYPE a_total summary\na_total_count 1\na_total_sum 1\n",
    "# HELP a_milliseconds x\n# TYPE a_milliseconds gauge\na_milliseconds 1\n",
    "# HELP a_mibibytes_used x\n# TYPE a_mibibytes_used gauge\na_mibibytes_used 1\n",
    "# HELP hours_left x\n# TYPE hours_left gauge\nhours_left 1\n",
    "# HELP a_hoursago x\n# TYPE a_hoursago gauge\na_hoursago 1\n",
    "# HELP a_thermometers x\n# TYPE a_thermometers gauge\na_thermometers 1\n",
    "# HELP a_Minutes x\n# TYPE a_Minutes gauge\na_Minutes 1\n",
    "# HELP a_kelvins x\n# TYPE a_kelvins gauge\na_kelvins 1\n",
    "# HELP a_bucket x\n# TYPE a_bucket gauge\na_bucket{le=\"1\"} 1\n",
    "# HELP a_count x\n# TYPE a_count counter\na_count 1\n",
    "# HELP a_sum x\n# TYPE a_sum gauge\na_sum{quantile=\"1\"} 1\n",
    "# HELP a_sum x\n# TYPE a_sum summary\na_sum_sum 1\na_sum_count 1\n",
    "a_bucket{le=\"1\",quantile=\"0\"} 1\n",
    "# HELP a x\n# TYPE a summary\na{quantile=\"0.5\",le=\"1\"} 1\na_sum 1\na_count 1\n",
    "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
    "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\",quantile=\"1\"} 1\na_sum 1\na_count 1\n",
    "# HELP a_gauge x\n# TYPE a_gauge gauge\na_gauge 1\n",
    "# HELP a_Counter_b_total x\n# TYPE a_Counter_b_total counter\na_Counter_b_total 1\n",
    "# HELP a_gauge_histogram x\n# TYPE a_gauge_histogram gauge\na_gauge_histogram 1\n",
    "# HELP summary_a x\n# TYPE summary_a gauge\nsummary_a 1\n",
    "# HELP a_untyped x\na_untyped 1\n",
    "# HELP a:b x\n# TYPE a:b gauge\na:b 1\n",
    "# HELP aBc x\n# TYPE aBc gauge\naBc{dE=\"\",fG=\"\"} 1\naBc{dE=\"2\"} 1\n",
    "# HELP ABC_D x\n# TYPE ABC_D gauge\nABC_D{D_e=\"\"} 1\n",
    "# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n",
    "# HELP a_KB_b_s x\n# TYPE a_KB_b_s gauge\na_KB_b_s 1\n",
    "# HELP ms_a x\n# TYPE ms_a gauge\nms_a 1\n",
    "# HELP aa_h_d x\n# TYPE aa_h_d counter\naa_h_d{le=\"\"} 1\n",
];

fn ours(text: &str) -> BTreeSet<String> {
    let options = ParseOptions { refuse_duplicates: false, ..ParseOptions::default() };
    let families = parse_text_with(text.as_bytes(), &options).unwrap();
    let findings = lint(&families);
    findings.iter().map(|finding| format!("{} {}", finding.metric, finding.text)).collect()
}

/// Its findings, or nothing where it is not installed.
fn promtool(text: &str) -> Option<BTreeSet<String>> {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.stderr(Stdio::piped()).spawn().ok()?;
    process.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stderr).unwrap();
    assert!(!lines.contains("error while linting"), "{lines}{text}");
    // It says some things once for each series.
    Some(lines.lines().map(str::to_owned).collect())
}

#[test]
fn finds_what_promtool_finds() {
    for text in CASES.iter().chain([&PAGE]) {
        let Some(theirs) = promtool(text) else {
            eprintln!("skipped: no promtool");
            return;
        };
        assert_eq!(ours(text), theirs, "{text}");
    }
}

/// So that the rules are tested without promtool too.
#[test]
fn every_rule_finds_something() {
    let all: BTreeSet<String> = CASES
        .iter()
        .flat_map(|text| ours(text))
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .collect();
    let expected = [
        "counter metrics should have \"_total\" suffix",
        "label names should be written in 'snake_case' not 'camelCase'",
        "metric name should not include type 'counter'",
        "metric name should not include type 'gauge'",
        "metric name should not include type 'gauge_histogram'",
        "metric name should not include type 'histogram'",
        "metric names should be written in 'snake_case' not 'camelCase'",
        "metric names should not contain ':'",
        "metric names should not contain abbreviated units",
        "no help text",
        "non-counter metrics should not have \"_total\" suffix",
        "non-histogram and non-summary metrics should not have \"_count\" suffix",
        "non-histogram and non-summary metrics should not have \"_sum\" suffix",
        "non-histogram metrics should not have \"_bucket\" suffix",
        "non-histogram metrics should not have \"le\" label",
        "non-summary metrics should not have \"quantile\" label",
        "use base unit \"bytes\" instead of \"mibibytes\"",
        "use base unit \"kelvin\" instead of \"kelvins\"",
        "use base unit \"seconds\" instead of \"hours\"",
        "use base unit \"seconds\" instead of \"milliseconds\"",
    ];
    assert_eq!(all, expected.map(str::to_owned).into());
}
