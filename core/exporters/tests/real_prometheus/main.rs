//! A real Prometheus server scrapes the exporter: what it has in the end is compared with what was
//! there, number by number.
//!
//! Debian's 2.42 asks for OpenMetrics, and for protocol buffers when it is to take native histograms.
//! It no longer asks for the text format first: for that a relay changes its request. UTF-8 names and
//! zstd are beyond it: see `http/negotiation.rs`.

#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

mod families;
mod relay;
mod server;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use families::{CREATED, Samples, everything, help, samples};
use metrion_exporters::http::{HttpOptions, HttpServer, serve};
use metrion_exposition::{EncodeOptions, encode_text};
use metrion_model::{NameFilter, NativeHistogram};
use serde_json::{Value, json};
use server::{Prometheus, escaped, is_installed};

/// In which format a server scraped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    OpenMetrics,
    Protobuf,
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64().floor()
}

/// Serves [`everything`] of this moment, and goes on to serve the same.
fn exporter() -> (HttpServer, f64) {
    let now = now();
    let encode = EncodeOptions { created_samples: true, ..EncodeOptions::default() };
    let options = HttpOptions { encode, ..HttpOptions::default() };
    (serve(move |_: &NameFilter| everything(now), options).unwrap(), now)
}

/// All current numbers of a job, but for those that the server makes itself.
fn numbers(data: &Value) -> Samples {
    let series = data["result"].as_array().unwrap().iter();
    let floats = series.filter(|series| !series["value"].is_null());
    let pairs = floats.map(|series| {
        let labels: BTreeMap<String, String> =
            serde_json::from_value(series["metric"].clone()).unwrap();
        let value: f64 = series["value"][1].as_str().unwrap().parse().unwrap();
        (labels, value.to_bits())
    });
    pairs
        .filter(|(labels, _)| {
            labels["__name__"] != "up" && !labels["__name__"].starts_with("scrape_")
        })
        .collect()
}

fn check_numbers(server: &Prometheus, job: &str, instance: &str, format: Format) {
    let expected = samples(job, instance, format);
    let query = escaped(&format!("{{job=\"{job}\"}}"));
    server.poll(&format!("/api/v1/query?query={query}"), |data| {
        let found = numbers(data);
        let text = |samples: &Samples, others: &Samples| {
            let own = samples.iter().filter(|(labels, value)| others.get(*labels) != Some(value));
            own.map(|(labels, value)| format!("\n{labels:?} {}", f64::from_bits(*value)))
                .collect::<String>()
        };
        match found == expected {
            true => Ok(()),
            false => Err(format!(
                "missing:{}\nnot expected:{}",
                text(&expected, &found),
                text(&found, &expected)
            )),
        }
    });
}

fn check_value(server: &Prometheus, query: &str, expected: &Value) {
    server.poll(&format!("/api/v1/query?query={}", escaped(query)), |data| {
        let found: Vec<&Value> =
            data["result"].as_array().unwrap().iter().map(|series| &series["value"][1]).collect();
        match found[..] == [expected] {
            true => Ok(()),
            false => Err(format!("{found:?}, expected {expected}")),
        }
    });
}

/// The types and help texts, by the names that each format gives the families.
fn check_metadata(server: &Prometheus, job: &str, families: &[(&str, &str, &str)]) {
    let matching = escaped(&format!("{{job=\"{job}\"}}"));
    let expected: BTreeMap<&str, (&str, String)> =
        families.iter().map(|(name, kind, help_of)| (*name, (*kind, help(help_of)))).collect();
    server.poll(&format!("/api/v1/targets/metadata?match_target={matching}"), |data| {
        let entries = data.as_array().ok_or_else(|| data.to_string())?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found: BTreeMap<String, (String, String)> = entries
            .iter()
            .map(|entry| (text(&entry["metric"]), (text(&entry["type"]), text(&entry["help"]))))
            .collect();
        let same = found.len() == expected.len()
            && found.iter().all(|(name, (kind, help))| {
                expected.get(name.as_str()).is_some_and(|own| own.0 == kind && own.1 == *help)
            });
        if same { Ok(()) } else { Err(format!("{found:#?}")) }
    });
}

fn check_exemplars(server: &Prometheus, job: &str, now: f64) {
    let query = escaped(&format!("{{job=\"{job}\"}}"));
    let target =
        format!("/api/v1/query_exemplars?query={query}&start={}&end={}", now - 60.0, now + 600.0);
    server.poll(&target, |data| {
        let found: BTreeMap<String, Value> = data
            .as_array()
            .into_iter()
            .flatten()
            .map(|series| {
                let labels = &series["seriesLabels"];
                let name = labels["__name__"].as_str().unwrap();
                let bound = labels["le"].as_str().unwrap_or_default();
                (format!("{name} {bound}"), series["exemplars"].clone())
            })
            .collect();
        let expected = [
            (
                "jobs_total ",
                json!([{"labels": {"trace_id": "ab12"}, "value": "1", "timestamp": now - 20.5}]),
            ),
            (
                "wait_seconds_bucket 2.0",
                json!([{"labels": {"trace_id": "ef56"}, "value": "1.75", "timestamp": now - 10.25}]),
            ),
        ];
        let expected = expected.map(|(name, exemplars)| (name.to_owned(), exemplars));
        match found == BTreeMap::from(expected) {
            true => Ok(()),
            false => Err(format!("{found:#?}")),
        }
    });
}

/// The number of a moment that the source names itself.
fn check_timestamp(server: &Prometheus, job: &str, now: f64) {
    let query = escaped(&format!("past{{job=\"{job}\"}}[10m]"));
    server.poll(&format!("/api/v1/query?query={query}"), |data| {
        match data["result"][0]["values"] == json!([[now - 30.25, "7"]]) {
            true => Ok(()),
            false => Err(data.to_string()),
        }
    });
}

#[test]
fn text_and_openmetrics() {
    if !is_installed("prometheus") {
        return;
    }
    let (exporter, now) = exporter();
    let direct = exporter.local_addr();
    let relay = relay::start(direct, "text/plain;version=0.0.4");
    let jobs = [("openmetrics", direct), ("text", relay)];
    let server = Prometheus::start("text", "exemplar-storage", &jobs);

    check_numbers(&server, "openmetrics", &direct.to_string(), Format::OpenMetrics);
    check_exemplars(&server, "openmetrics", now);
    check_timestamp(&server, "openmetrics", now);
    check_metadata(
        &server,
        "openmetrics",
        &[
            ("jobs", "counter", "jobs"),
            ("depth", "gauge", "depth"),
            ("past", "gauge", "past"),
            ("odd", "unknown", "odd"),
            ("wait_seconds", "histogram", "wait_seconds"),
            ("size", "histogram", "size"),
            ("both", "histogram", "both"),
            ("unbounded", "histogram", "unbounded"),
            ("halves", "histogram", "halves"),
            ("sizes", "gaugehistogram", "sizes"),
            ("took", "summary", "took"),
            ("build", "info", "build"),
            ("mode", "stateset", "mode"),
        ],
    );

    check_numbers(&server, "text", &relay.to_string(), Format::Text);
    check_timestamp(&server, "text", now);
    check_metadata(
        &server,
        "text",
        &[
            ("jobs_total", "counter", "jobs"),
            ("jobs_created", "gauge", "jobs"),
            ("depth", "gauge", "depth"),
            ("past", "gauge", "past"),
            ("odd", "unknown", "odd"),
            ("wait_seconds", "histogram", "wait_seconds"),
            ("wait_seconds_created", "gauge", "wait_seconds"),
            ("size", "histogram", "size"),
            ("both", "histogram", "both"),
            ("unbounded", "histogram", "unbounded"),
            ("halves", "histogram", "halves"),
            ("sizes", "histogram", "sizes"),
            ("sizes_gcount", "gauge", "sizes"),
            ("sizes_gsum", "gauge", "sizes"),
            ("took", "summary", "took"),
            ("took_created", "gauge", "took"),
            ("build_info", "gauge", "build"),
            ("mode", "gauge", "mode"),
        ],
    );
    let expected = json!(CREATED.to_string());
    check_value(&server, r#"wait_seconds_created{job="text"}"#, &expected);
}

#[test]
fn protocol_buffers() {
    if !is_installed("prometheus") {
        return;
    }
    let (exporter, now) = exporter();
    let direct = exporter.local_addr();
    let features = "native-histograms,exemplar-storage";
    let server = Prometheus::start("protobuf", features, &[("protobuf", direct)]);

    check_numbers(&server, "protobuf", &direct.to_string(), Format::Protobuf);
    check_exemplars(&server, "protobuf", now);
    check_timestamp(&server, "protobuf", now);
    check_metadata(
        &server,
        "protobuf",
        &[
            ("jobs_total", "counter", "jobs"),
            ("depth", "gauge", "depth"),
            ("past", "gauge", "past"),
            ("odd", "unknown", "odd"),
            ("wait_seconds", "histogram", "wait_seconds"),
            ("size", "histogram", "size"),
            ("both", "histogram", "both"),
            ("unbounded", "histogram", "unbounded"),
            ("halves", "histogram", "halves"),
            ("sizes", "gaugehistogram", "sizes"),
            ("took", "summary", "took"),
            ("build_info", "gauge", "build"),
            ("mode", "gauge", "mode"),
        ],
    );
    for name in ["size", "both", "sizes"] {
        check_native(&server, name);
    }
    check_value(&server, "histogram_count(halves)", &json!("3"));
    check_value(&server, "histogram_sum(halves)", &json!("15"));
    check_value(&server, "histogram_fraction(1, 4, halves)", &json!("0.5"));
}

/// Buckets as the server has them, and what its functions make of them.
fn check_native(server: &Prometheus, name: &str) {
    server.poll(&format!("/api/v1/query?query={name}"), |data| {
        let histogram = &data["result"][0]["histogram"][1];
        // The first number says which bounds belong to the bucket: 0 the upper one, 1 the lower one,
        // 3 both.
        let expected = json!({"count": "6", "sum": "30", "buckets": [
            [1, "-2", "-1", "1"],
            [3, "-1e-09", "1e-09", "1"],
            [0, "1", "2", "1"],
            [0, "2", "4", "2"],
            [0, "16", "32", "1"],
        ]});
        if *histogram == expected { Ok(()) } else { Err(data.to_string()) }
    });
    check_value(server, &format!("histogram_count({name})"), &json!("6"));
    check_value(server, &format!("histogram_sum({name})"), &json!("30"));
    check_value(server, &format!("histogram_fraction(1, 4, {name})"), &json!("0.5"));
    // All six observations are at most the upper bound of the last bucket.
    let highest = NativeHistogram::upper_bound(0, 5);
    check_value(server, &format!("histogram_quantile(1, {name})"), &json!(highest.to_string()));
}

/// Debian's promtool reads the text and has something to say about names alone.
#[test]
fn promtool() {
    if !is_installed("promtool") {
        return;
    }
    let mut text = Vec::new();
    encode_text(&everything(now()), &mut text);
    let mut process = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(&text).unwrap();
    let output = process.wait_with_output().unwrap();
    let said =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "");
}
