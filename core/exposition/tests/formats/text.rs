//! The two text formats, every type in them, byte for byte.

use crate::everything::{everything, utf8};
use metrion_exposition::{EncodeOptions, Escaping, Format, Syntax};
use metrion_model::{FamilySnapshot, MetricType, Schema, Snapshot, Value};

fn encode(syntax: Syntax, snapshot: &Snapshot, created: bool, escaping: Escaping) -> String {
    let mut out = Vec::new();
    let options = EncodeOptions { created_samples: created, escaping, ..EncodeOptions::default() };
    let left_out = Format { syntax, escaping: None }.encode(snapshot, options, &mut out);
    assert_eq!(left_out, []);
    String::from_utf8(out).unwrap()
}

#[test]
fn all_types_as_text() {
    let text = encode(Syntax::Text, &everything(), true, Escaping::Underscores);
    let expected = r#"# HELP jobs_total About "jobs"\\\n.
# TYPE jobs_total counter
jobs_total{zone="a",queue="a\\b\"\n"} 3
jobs_total{zone="a",queue="é"} 1234567
# HELP jobs_created About "jobs"\\\n.
# TYPE jobs_created gauge
jobs_created{zone="a",queue="a\\b\"\n"} 1700000000.25
# HELP depth About "depth"\\\n.
# TYPE depth gauge
depth -Inf 1700000003500
# HELP odd About "odd"\\\n.
# TYPE odd untyped
odd{x=""} NaN
# HELP wait_seconds About "wait_seconds"\\\n.
# TYPE wait_seconds histogram
wait_seconds_bucket{queue="a",le="0.5"} 1
wait_seconds_bucket{queue="a",le="2"} 3
wait_seconds_bucket{queue="a",le="+Inf"} 6
wait_seconds_sum{queue="a"} 17.5
wait_seconds_count{queue="a"} 6
# HELP wait_seconds_created About "wait_seconds"\\\n.
# TYPE wait_seconds_created gauge
wait_seconds_created{queue="a"} 1700000000
# HELP size About "size"\\\n.
# TYPE size histogram
size_bucket{le="1"} 2
size_bucket{le="4"} 3
size_bucket{le="+Inf"} 4
size_sum 30
size_count 4
# HELP sizes About "sizes"\\\n.
# TYPE sizes histogram
sizes_bucket{x="1",le="1"} 4
sizes_bucket{x="1",le="+Inf"} 5
# HELP sizes_gcount About "sizes"\\\n.
# TYPE sizes_gcount gauge
sizes_gcount{x="1"} 5
# HELP sizes_gsum About "sizes"\\\n.
# TYPE sizes_gsum gauge
sizes_gsum{x="1"} 9.5
# HELP took About "took"\\\n.
# TYPE took summary
took{x="1",quantile="0.5"} 0.125
took{x="1",quantile="1"} NaN
took_sum{x="1"} 9
took_count{x="1"} 4
# HELP took_created About "took"\\\n.
# TYPE took_created gauge
took_created{x="1"} 1700000000
# HELP build_info About "build"\\\n.
# TYPE build_info gauge
build_info{version="1.2"} 1
# HELP mode About "mode"\\\n.
# TYPE mode gauge
mode{x="1",mode="on"} 1
mode{x="1",mode="o\"ff"} 0
"#;
    assert_eq!(text, expected);
}

#[test]
fn all_types_as_openmetrics() {
    let text = encode(Syntax::OpenMetrics, &everything(), true, Escaping::Underscores);
    let expected = r#"# HELP jobs About \"jobs\"\\\n.
# TYPE jobs counter
jobs_total{zone="a",queue="a\\b\"\n"} 3.0 # {trace_id="ab12"} 1.0 1700000001.5
jobs_created{zone="a",queue="a\\b\"\n"} 1700000000.25
jobs_total{zone="a",queue="é"} 1.234567e+06 # {trace_id="cd34"} 0.5
# HELP depth About \"depth\"\\\n.
# TYPE depth gauge
depth -Inf 1700000003.5
# HELP odd About \"odd\"\\\n.
# TYPE odd unknown
odd{x=""} NaN
# HELP wait_seconds About \"wait_seconds\"\\\n.
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{queue="a",le="0.5"} 1
wait_seconds_bucket{queue="a",le="2.0"} 3 # {trace_id="ef56"} 1.75 1700000002
wait_seconds_bucket{queue="a",le="+Inf"} 6 # {trace_id="gh78"} 9.0
wait_seconds_sum{queue="a"} 17.5
wait_seconds_count{queue="a"} 6
wait_seconds_created{queue="a"} 1700000000
# HELP size About \"size\"\\\n.
# TYPE size histogram
size_bucket{le="1.0"} 2
size_bucket{le="4.0"} 3
size_bucket{le="+Inf"} 4
size_sum 30.0
size_count 4
# HELP sizes About \"sizes\"\\\n.
# TYPE sizes gaugehistogram
sizes_bucket{x="1",le="1.0"} 4
sizes_bucket{x="1",le="+Inf"} 5
sizes_gsum{x="1"} 9.5
sizes_gcount{x="1"} 5
# HELP took About \"took\"\\\n.
# TYPE took summary
took{x="1",quantile="0.5"} 0.125
took{x="1",quantile="1.0"} NaN
took_sum{x="1"} 9.0
took_count{x="1"} 4
took_created{x="1"} 1700000000
# HELP build About \"build\"\\\n.
# TYPE build info
build_info{version="1.2"} 1.0
# HELP mode About \"mode\"\\\n.
# TYPE mode stateset
mode{x="1",mode="on"} 1.0
mode{x="1",mode="o\"ff"} 0.0
# EOF
"#;
    assert_eq!(text, expected);
}

#[test]
fn created_samples_are_off_by_default() {
    let snapshot = everything();
    for syntax in [Syntax::Text, Syntax::OpenMetrics] {
        let with = encode(syntax, &snapshot, true, Escaping::Underscores);
        let without = encode(syntax, &snapshot, false, Escaping::Underscores);
        let expected = with.split_inclusive('\n').filter(|line| !line.contains("_created"));
        assert_eq!(without, expected.collect::<String>());
    }
}

#[test]
fn quoted_names() {
    let text = encode(Syntax::Text1, &utf8(), false, Escaping::AllowUtf8);
    let expected = r#"# HELP "my.\"jobs\"_s_total" Hé.
# TYPE "my.\"jobs\"_s_total" counter
{"my.\"jobs\"_s_total","a.b"="x",c="y"} 1
# TYPE "my.gauge" gauge
{"my.gauge"} 1
# TYPE "my.histogram" histogram
{"my.histogram_bucket",le="1"} 1
{"my.histogram_bucket",le="+Inf"} 1
{"my.histogram_sum"} 1
{"my.histogram_count"} 1
"#;
    assert_eq!(text, expected);
    let openmetrics = encode(Syntax::OpenMetrics, &utf8(), false, Escaping::AllowUtf8);
    let expected = r#"# HELP "my.\"jobs\"_s" Hé.
# TYPE "my.\"jobs\"_s" counter
# UNIT "my.\"jobs\"_s" s
{"my.\"jobs\"_s_total","a.b"="x",c="y"} 1.0
# TYPE "my.gauge" gauge
{"my.gauge"} 1.0
# TYPE "my.histogram" histogram
{"my.histogram_bucket",le="1.0"} 1
{"my.histogram_bucket",le="+Inf"} 1
{"my.histogram_sum"} 1.0
{"my.histogram_count"} 1
# EOF
"#;
    assert_eq!(openmetrics, expected);
}

#[test]
fn escaped_names() {
    let samples = |escaping| {
        let text = encode(Syntax::Text, &utf8(), false, escaping);
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        samples(Escaping::Underscores)[..2],
        [r#"my__jobs__s_total{a_b="x",c="y"} 1"#, "my_gauge 1"]
    );
    assert_eq!(
        samples(Escaping::Dots)[..3],
        [
            r#"my_dot___jobs____s__total{a_dot_b="x",c="y"} 1"#,
            "my_dot_gauge 1",
            r#"my_dot_histogram_bucket{le="1"} 1"#
        ]
    );
    assert_eq!(
        samples(Escaping::Values)[..2],
        [r#"U__my_2e__22_jobs_22___s__total{U__a_2e_b="x",c="y"} 1"#, "U__my_2e_gauge 1"]
    );
}

#[test]
fn openmetrics_forbids_the_sum_of_negative_buckets() {
    let mut family = FamilySnapshot::new(Schema {
        bounds: vec![-1.0, 1.0],
        ..Schema::new("h", MetricType::Histogram)
    });
    family.push(&[], Value::Histogram { counts: &[1.0, 0.0, 0.0], sum: -2.0 }).unwrap();
    family.set_created(0, 5.0);
    family.set_timestamp(0, 6.5);
    let snapshot = Snapshot { families: vec![family] };
    let expected = r#"# TYPE h histogram
h_bucket{le="-1.0"} 1 6.5
h_bucket{le="1.0"} 1 6.5
h_bucket{le="+Inf"} 1 6.5
h_created 5 6.5
# EOF
"#;
    assert_eq!(encode(Syntax::OpenMetrics, &snapshot, true, Escaping::Underscores), expected);
    let text = encode(Syntax::Text, &snapshot, false, Escaping::Underscores);
    assert!(text.contains("h_sum -2 6500\nh_count 1 6500\n"), "{text}");
}
