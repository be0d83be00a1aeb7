//! Pushing to a real Pushgateway (Debian's `prometheus-pushgateway`), and to gateways that misbehave.

#![allow(clippy::panic, clippy::unwrap_used)]

mod gateway;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use gateway::Gateway;
use metrion_exporters::push::{BasicAuth, PushMethod, PushOptions, delete_pushed, push};
use metrion_exposition::{Format, Syntax};
use metrion_model::{ErrorCode, FamilySnapshot, MetricType, NameFilter, Schema, Snapshot, Value};

fn source(names: &'static [&'static str]) -> impl Fn(&NameFilter) -> Snapshot {
    move |_| {
        let family = |name: &&str| {
            let label_names = vec!["kind".to_owned()];
            let schema = Schema { label_names, ..Schema::new(*name, MetricType::Gauge) };
            let mut family = FamilySnapshot::new(schema);
            family.push(&["a \"b\"\n"], Value::Number(2.5)).unwrap();
            family
        };
        Snapshot { families: names.iter().map(family).collect() }
    }
}

#[test]
fn a_real_gateway_has_what_was_pushed() {
    let Some(gateway) = Gateway::start() else { return };
    let grouping = [("path", "/var/lib"), ("empty", ""), ("town", "Zürich 1")];
    let mut options = PushOptions {
        grouping: grouping.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ..PushOptions::new(&gateway.url(), "nightly backup")
    };
    let line = |name: &str| {
        format!(
            "{name}{{empty=\"\",instance=\"\",job=\"nightly backup\",kind=\"a \\\"b\\\"\\n\",\
             path=\"/var/lib\",town=\"Zürich 1\"}} 2.5"
        )
    };
    for syntax in [Syntax::Text, Syntax::Protobuf] {
        options.format = Format { syntax, ..Format::default() };
        options.method = PushMethod::Replace;
        push(&source(&["first", "second"]), &options).unwrap();
        options.method = PushMethod::Add;
        push(&source(&["third"]), &options).unwrap();
        let page = gateway.metrics();
        for name in ["first", "second", "third"] {
            assert!(page.lines().any(|found| found == line(name)), "{name} {syntax:?}\n{page}");
        }
        options.method = PushMethod::Replace;
        push(&source(&["third"]), &options).unwrap();
        let page = gateway.metrics();
        assert!(!page.contains("\nfirst{") && page.contains("\nthird{"), "{page}");
        delete_pushed(&options).unwrap();
        assert!(!gateway.metrics().contains("\nthird{"));
    }
    let with_time = |_: &NameFilter| {
        let mut snapshot = source(&["first"])(&NameFilter::all());
        snapshot.families[0].set_timestamp(0, 1.0);
        snapshot
    };
    let error = push(&with_time, &options).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("400 Bad Request: pushed metrics"), "{error}");
}

/// A server that reads one request and then does what it is told.
fn scripted(
    answer: impl FnOnce(String, &mut dyn Write) + Send + 'static,
) -> (SocketAddr, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 4096];
        // The pushes of these tests fit one packet; what hangs is ended by the client.
        while !String::from_utf8_lossy(&request).contains("\r\n\r\n") {
            let count = stream.read(&mut chunk).unwrap();
            request.extend_from_slice(&chunk[..count]);
        }
        answer(String::from_utf8_lossy(&request).into_owned(), &mut stream);
    });
    (address, server)
}

fn options(address: SocketAddr) -> PushOptions {
    PushOptions::new(&format!("http://{address}"), "job")
}

#[test]
fn a_refusal_is_shown() {
    let (address, server) = scripted(|_, stream| {
        let body = "x".repeat(5000);
        let head = "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\n";
        write!(stream, "{head}content-length: 5000\r\n\r\n{body}").unwrap();
    });
    let error = push(&source(&["a"]), &options(address)).unwrap_err();
    server.join().unwrap();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("500 Internal Server Error: xxx"), "{error}");
    assert!(error.message().len() < 1300, "{error}");
}

#[test]
fn a_redirect_is_not_followed() {
    let (address, server) = scripted(|_, stream| {
        let head = "HTTP/1.1 301 Moved Permanently\r\nlocation: http://127.0.0.1:1/\r\n";
        write!(stream, "{head}connection: close\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let error = push(&source(&["a"]), &options(address)).unwrap_err();
    server.join().unwrap();
    assert!(error.message().contains("301"), "{error}");
}

#[test]
fn nobody_there_and_nobody_answers() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = push(&source(&["a"]), &options(address)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("refused"), "{error}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = PushOptions {
        timeout: Duration::from_millis(200),
        ..options(listener.local_addr().unwrap())
    };
    let start = Instant::now();
    let error = push(&source(&["a"]), &options).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("timed out"), "{error}");
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[test]
fn headers_and_a_password() {
    let (address, server) = scripted(|request, stream| {
        let request = request.to_lowercase();
        for line in [
            "put /metrics/job/job http/1.1\r\n",
            "authorization: basic dtpw\r\n",
            "x-tenant: a\r\n",
            "content-type: text/plain; version=0.0.4; charset=utf-8\r\n",
        ] {
            assert!(request.contains(line), "{line} {request}");
        }
        write!(stream, "HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    });
    let auth = BasicAuth { user: "u".into(), password: "p".into() };
    assert!(!format!("{auth:?}").contains("password"));
    let options = PushOptions {
        basic_auth: Some(auth),
        headers: vec![("X-Tenant".into(), "a".into())],
        ..options(address)
    };
    push(&source(&["a"]), &options).unwrap();
    server.join().unwrap();
}

#[test]
fn wrong_options() {
    let fault = |options: PushOptions| push(&source(&["a"]), &options).unwrap_err();
    let good = PushOptions::new("http://127.0.0.1:1", "job");
    let empty = fault(PushOptions { job: String::new(), ..good.clone() });
    assert_eq!(empty.code(), ErrorCode::InvalidValue);
    let url = fault(PushOptions { url: "no address".into(), ..good.clone() });
    assert_eq!(url.code(), ErrorCode::Io);
    let header = fault(PushOptions { headers: vec![("a b".into(), "c".into())], ..good });
    assert_eq!(header.code(), ErrorCode::Io);
}

/// It must not matter who waits: a runtime within a runtime panics.
#[test]
fn within_a_runtime() {
    let (address, server) = scripted(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { push(&source(&["a"]), &options(address)) }).unwrap();
    server.join().unwrap();
}
