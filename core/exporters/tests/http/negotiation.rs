//! Which format a client gets, in which coding, and under which names.
//!
//! The requests named after Prometheus 3 are scripted: they have the header lines that its releases
//! send, but no such server takes part. The one that does is in `real_prometheus`.

use std::io::Read;

use crate::client::{Answer, ask};
use flate2::read::GzDecoder;
use metrion_exporters::http::{HttpOptions, HttpServer, serve};
use metrion_exposition::{EncodeOptions, Escaping, parse_protobuf};
use metrion_model::{FamilySnapshot, MetricType, NameFilter, Schema, Snapshot, Value};

/// What a counter and a gauge become whose names are not classic; a second gauge has the name that the
/// first one gets with underscores.
fn source(filter: &NameFilter) -> Snapshot {
    let schema =
        Schema { label_names: vec!["a.b".into()], ..Schema::new("jobs.done", MetricType::Counter) };
    let mut counter = FamilySnapshot::new(schema);
    counter.push(&["x"], Value::Number(3.0)).unwrap();
    counter.set_created(0, 1_700_000_000.0);
    let gauge = |name: &str, value: f64| {
        let mut gauge = FamilySnapshot::new(Schema::new(name, MetricType::Gauge));
        gauge.push(&[], Value::Number(value)).unwrap();
        gauge
    };
    let mut families = vec![counter, gauge("depth.now", 1.0), gauge("depth_now", 2.0)];
    families.retain(|family| filter.takes(family.schema()));
    Snapshot { families }
}

fn server() -> HttpServer {
    serve(source, HttpOptions::default()).unwrap()
}

fn scrape(server: &HttpServer, headers: &str) -> Answer {
    ask(server.local_addr(), "GET", "/metrics", headers)
}

const QUOTED: &str = r#"# TYPE "jobs.done" counter
{"jobs.done_total","a.b"="x"} 3.0
# TYPE "depth.now" gauge
{"depth.now"} 1.0
# TYPE depth_now gauge
depth_now 2.0
# EOF
"#;

const PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

/// Prometheus 3.0 with its default `scrape_protocols`.
#[test]
fn prometheus_3() {
    let headers = "User-Agent: Prometheus/3.0.0\r\n\
        Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,\
        text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
        text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2\r\n\
        Accept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n";
    let answer = scrape(&server(), headers);
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8")
    );
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.header("metrion-left-out"), None);
    let mut text = String::new();
    GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, QUOTED);
}

/// Prometheus 3 that scrapes native histograms, with `metric_name_validation_scheme: legacy`.
#[test]
fn prometheus_3_with_protocol_buffers_and_old_names() {
    let headers = format!(
        "Accept: {PROTOBUF};escaping=underscores;q=0.6,\
         application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,\
         application/openmetrics-text;version=0.0.1;escaping=underscores;q=0.4,\
         text/plain;version=1.0.0;escaping=underscores;q=0.3,\
         text/plain;version=0.0.4;escaping=underscores;q=0.2,*/*;q=0.1\r\n"
    );
    let answer = scrape(&server(), &headers);
    assert_eq!(
        answer.header("content-type"),
        Some(
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
             encoding=delimited; escaping=underscores"
        )
    );
    // The gauge that is told apart from an earlier one by a dot alone.
    assert_eq!(answer.header("metrion-left-out"), Some("1"));
    let families: Vec<_> = parse_protobuf(&answer.body).map(Result::unwrap).collect();
    let names: Vec<&str> = families.iter().map(|family| family.name()).collect();
    assert_eq!(names, ["jobs_done_total", "depth_now"]);
    let counter = &families[0].metric[0];
    assert_eq!((counter.label[0].name(), counter.label[0].value()), ("a_b", "x"));
    assert_eq!(counter.counter.as_ref().unwrap().value(), 3.0);
}

/// The order is the client's; without one it is the server's.
#[test]
fn codings() {
    let server = server();
    let coding = |accepted: &str| {
        let answer = scrape(&server, &format!("Accept-Encoding: {accepted}\r\n"));
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
        answer
    };
    let plain = scrape(&server, "");
    assert_eq!(plain.header("content-encoding"), None);
    // What browsers, and curl with --compressed, send.
    for accepted in ["gzip, deflate, br, zstd", "zstd;q=0.5, gzip;q=0.4"] {
        let answer = coding(accepted);
        assert_eq!(answer.header("content-encoding"), Some("zstd"), "{accepted}");
        assert_eq!(zstd::decode_all(answer.body.as_slice()).unwrap(), plain.body);
    }
    let answer = coding("zstd;q=0.4, gzip;q=0.5");
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(coding("br, zstd;q=0").body, plain.body);
}

/// `Accept` may stand on several lines, and be anything.
#[test]
fn odd_requests() {
    let server = server();
    let kind = |headers: &str| {
        let answer = scrape(&server, headers);
        assert_eq!(answer.status, 200);
        answer.header("content-type").unwrap().to_owned()
    };
    let lines =
        "Accept: text/plain;q=0.5\r\nAccept: application/openmetrics-text;version=1.0.0\r\n";
    assert_eq!(kind(lines), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for accept in ["", ",;=\"", "text/html", "\u{e9}", &"a/b,".repeat(5000)] {
        let text = "text/plain; version=0.0.4; charset=utf-8";
        assert_eq!(kind(&format!("Accept: {accept}\r\n")), text);
    }
}

#[test]
fn options() {
    let encode = EncodeOptions {
        created_samples: true,
        escaping: Escaping::Values,
        ..EncodeOptions::default()
    };
    let server = serve(source, HttpOptions { encode, ..HttpOptions::default() }).unwrap();
    let answer = scrape(&server, "");
    let expected = r#"# TYPE U__jobs_2e_done__total counter
U__jobs_2e_done__total{U__a_2e_b="x"} 3
"#;
    assert!(answer.text().starts_with(expected), "{}", answer.text());
    assert!(answer.text().contains("_created{U__a_2e_b=\"x\"} 1700000000\n"), "{}", answer.text());
    // A client that says how it wants the names gets them so.
    let answer = scrape(&server, "Accept: text/plain;version=0.0.4;escaping=dots\r\n");
    assert!(answer.text().contains("jobs_dot_done__total{a_dot_b=\"x\"} 3\n"), "{}", answer.text());
}
