//! Pushing to a real Pushgateway (Debian's `prometheus-pushgateway`), and to gateways that misbehave.

#![allow(clippy::panic, clippy::unwrap_used)]

mod gateway;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use gateway::Gateway;
use metrion_exporters::push::{
    BasicAuth, Compression, PushError, PushMethod, PushOptions, PushRequest, PushTransport,
    delete_pushed, push, send,
};
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
    for (syntax, compression) in [
        (Syntax::Text, None),
        (Syntax::Protobuf, None),
        // Snappy is known from 1.6 on, which Debian does not have.
        (Syntax::Text, Some(Compression::Gzip)),
    ] {
        options.format = Format { syntax, ..Format::default() };
        options.compression = compression;
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
    assert!(error.message().contains("answered 400: pushed metrics"), "{error}");
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
    let answer = |_: String, stream: &mut dyn Write| {
        let body = format!("first line {}\nsecond line {}", "x".repeat(300), "x".repeat(5000));
        let head = "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\n";
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    };
    let (address, server) = scripted(answer);
    let error = push(&source(&["a"]), &options(address)).unwrap_err();
    server.join().unwrap();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("the gateway answered 500: first line xxx"), "{error}");
    assert!(!error.message().contains("second"), "{error}");

    let (address, server) = scripted(answer);
    let request = PushRequest::of_source(&source(&["a"]), &options(address)).unwrap();
    let error = send(&request, &PushTransport::default()).unwrap_err();
    server.join().unwrap();
    let PushError::Refused { url, status: 500, body } = error else { panic!("{error}") };
    assert_eq!(url, format!("http://{address}/metrics/job/job"));
    assert!(body.contains("second line") && body.len() == 1000, "{body}");
}

#[test]
fn an_answer_that_breaks_off() {
    let (address, server) = scripted(|_, stream| {
        write!(stream, "HTTP/1.1 20").unwrap();
    });
    let error = push(&source(&["a"]), &options(address)).unwrap_err();
    server.join().unwrap();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("connection closed"), "{error}");
}

fn redirect_to(address: SocketAddr) -> impl FnOnce(String, &mut dyn Write) + Send + 'static {
    move |_, stream| {
        let head =
            format!("HTTP/1.1 301 Moved Permanently\r\nlocation: http://{address}/there\r\n");
        write!(stream, "{head}connection: close\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

#[test]
fn a_redirect_is_followed_only_where_that_is_wanted() {
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (address, server) = scripted(redirect_to(nowhere));
    let error = push(&source(&["a"]), &options(address)).unwrap_err();
    server.join().unwrap();
    assert!(error.message().contains("301"), "{error}");

    let (last, there) = scripted(|request, stream| {
        assert!(request.starts_with("PUT /there HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Basic dTpw\r\n"), "{request}");
        write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    });
    let (address, server) = scripted(redirect_to(last));
    let options = PushOptions {
        basic_auth: Some(BasicAuth { user: "u".into(), password: "p".into() }),
        transport: PushTransport { follow_redirects: true, ..PushTransport::default() },
        ..options(address)
    };
    push(&source(&["a"]), &options).unwrap();
    server.join().unwrap();
    there.join().unwrap();
}

#[test]
fn nobody_there_and_nobody_answers() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = push(&source(&["a"]), &options(address)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("refused"), "{error}");
    assert_eq!(error.io_kind(), Some(ErrorKind::ConnectionRefused));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let limit = Some(Duration::from_millis(200));
    let options = PushOptions {
        transport: PushTransport { timeout: limit, ..PushTransport::default() },
        ..options(listener.local_addr().unwrap())
    };
    let start = Instant::now();
    let error = push(&source(&["a"]), &options).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Io);
    assert!(error.message().contains("timed out"), "{error}");
    assert_eq!(error.io_kind(), Some(ErrorKind::TimedOut));
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
    assert_eq!(url.code(), ErrorCode::InvalidValue);
    let header = fault(PushOptions { headers: vec![("a b".into(), "c".into())], ..good });
    assert_eq!(header.code(), ErrorCode::InvalidValue);
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
