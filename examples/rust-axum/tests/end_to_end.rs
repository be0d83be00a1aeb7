//! Runs the service, sends requests, and reads the numbers from its metrics.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The running program; it ends with the test.
struct Service {
    process: Child,
    address: String,
}

struct Answer {
    status: u16,
    body: String,
}

impl Service {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_metrion-example-rust-axum"))
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { process, address }
    }

    fn connect(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut stream = self.connect(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, body: body.to_owned() }
    }

    fn metrics(&self) -> Metrics {
        let page = self.send("GET", "/metrics", "");
        assert_eq!(page.status, 200);
        let samples = page.body.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        };
        Metrics { samples: samples.map(sample).collect(), page: page.body }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

struct Metrics {
    page: String,
    samples: HashMap<String, f64>,
}

impl Metrics {
    fn value(&self, series: &str) -> Option<f64> {
        self.samples.get(series).copied()
    }

    /// A number of the requests of a kind.
    fn of(&self, name: &str, method: &str, route: &str, status: u16) -> Option<f64> {
        self.value(&format!("{name}{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"))
    }
}

#[test]
fn every_request_is_counted() {
    let service = Service::start();
    let mut sent: HashMap<(&str, &str, u16), f64> = HashMap::new();
    let mut body_bytes: HashMap<(&str, &str, u16), (f64, f64)> = HashMap::new();
    for (method, path, route, body, status) in [
        ("POST", "/orders", "/orders", r#"{"coffee":"espresso","bags":2}"#, 201),
        ("POST", "/orders", "/orders", r#"{"coffee":"decaf","bags":40}"#, 201),
        ("POST", "/orders", "/orders", r#"{"coffee":"espresso","bags":3}"#, 201),
        ("POST", "/orders", "/orders", r#"{"coffee":"tea","bags":1}"#, 422),
        ("GET", "/orders", "/orders", "", 200),
        ("GET", "/orders/1", "/orders/{id}", "", 200),
        ("GET", "/orders/3", "/orders/{id}", "", 200),
        ("GET", "/orders/4", "/orders/{id}", "", 404),
        ("GET", "/orders/one", "/orders/{id}", "", 400),
        ("DELETE", "/orders/2", "/orders/{id}", "", 204),
        ("PATCH", "/orders/2", "/orders/{id}", "", 405),
        ("GET", "/health", "/health", "", 200),
        ("GET", "/admin.php", "unmatched", "", 404),
        ("PROPFIND", "/.git", "unmatched", "", 404),
    ] {
        let answer = service.send(method, path, body);
        assert_eq!(answer.status, status, "{method} {path}");
        let method = if method == "PROPFIND" { "OTHER" } else { method };
        *sent.entry((method, route, status)).or_default() += 1.0;
        let (received, returned) = body_bytes.entry((method, route, status)).or_default();
        *received += body.len() as f64;
        *returned += answer.body.len() as f64;
    }

    let metrics = service.metrics();
    for ((method, route, status), count) in &sent {
        for name in [
            "http_requests_total",
            "http_request_duration_seconds_count",
            "http_request_size_bytes_count",
            "http_response_size_bytes_count",
        ] {
            let counted = metrics.of(name, method, route, *status);
            assert_eq!(counted, Some(*count), "{name} {method} {route} {status}");
        }
        let bytes = |direction| {
            let name = format!("http_{direction}_size_bytes_sum");
            metrics.of(&name, method, route, *status).unwrap()
        };
        let expected = body_bytes[&(*method, *route, *status)];
        assert_eq!((bytes("request"), bytes("response")), expected, "{method} {route} {status}");
    }
    let counted = metrics.samples.keys().filter(|series| series.starts_with("http_requests_total"));
    assert_eq!(counted.count(), sent.len(), "{}", metrics.page);

    assert_eq!(metrics.value(r#"bags_ordered_total{coffee="espresso"}"#), Some(5.0));
    assert_eq!(metrics.value(r#"bags_ordered_total{coffee="decaf"}"#), Some(40.0));
    assert_eq!(metrics.value("order_value_euros_count"), Some(3.0));
    assert_eq!(metrics.value("order_value_euros_sum"), Some(25.0 + 520.0 + 37.5));
    assert_eq!(metrics.value(r#"order_value_euros_bucket{le="50"}"#), Some(2.0));

    let orders: Value = serde_json::from_str(&service.send("GET", "/orders", "").body).unwrap();
    let ids: Vec<u64> =
        orders.as_array().unwrap().iter().map(|order| order["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [3, 1]);
    assert_eq!(orders[1]["cents"], 2500);
}

#[test]
fn a_client_that_does_not_finish_its_request_is_counted() {
    let service = Service::start();
    let in_flight = r#"http_requests_in_flight{method="POST",route="/orders"}"#;
    let wait = |wanted: &dyn Fn(&Metrics) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let metrics = service.metrics();
            if wanted(&metrics) {
                return metrics;
            }
            assert!(Instant::now() < deadline, "{}", metrics.page);
        }
    };
    let client = service.connect(
        "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{\"coffee\":",
    );
    wait(&|metrics| metrics.value(in_flight) == Some(1.0));
    drop(client);
    let metrics = wait(&|metrics| metrics.value(in_flight) == Some(0.0));
    let ended: Vec<_> = metrics
        .samples
        .iter()
        .filter(|(series, _)| series.starts_with("http_requests_total{method=\"POST\""))
        .collect();
    // The connection went while the body was read, or the handler was dropped with it.
    assert_eq!(ended.len(), 1, "{}", metrics.page);
    assert!(ended[0].0.ends_with("status=\"400\"}") || ended[0].0.ends_with("status=\"499\"}"));
    assert_eq!(*ended[0].1, 1.0);
}

/// Prometheus' own tool has nothing to say against the page.
#[test]
fn promtool_accepts_the_page() {
    let service = Service::start();
    assert_eq!(service.send("GET", "/orders", "").status, 200);
    assert_eq!(service.send("POST", "/orders", r#"{"coffee":"house","bags":1}"#).status, 201);
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = started else {
        println!("skipped: there is no promtool (Debian: apt-get install prometheus)");
        return;
    };
    promtool.stdin.take().unwrap().write_all(service.metrics().page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
