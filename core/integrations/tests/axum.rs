//! axum applications, in process and over real connections.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::{any, get, post};
use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, Channel};
use metrion_integrations::http::HttpMetricsLayer;
use metrion_metrics::{Registry, RegistryOptions};
use metrion_model::NameFilter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::ServiceExt;

fn registry() -> Registry {
    Registry::new(RegistryOptions::default()).unwrap()
}

fn sample(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    registry.snapshot(&NameFilter::all()).sample_value(name, labels)
}

fn ended(registry: &Registry, method: &str, route: &str, status: &str) -> Option<f64> {
    let labels = [("method", method), ("route", route), ("status", status)];
    let count = sample(registry, "http_requests_total", &labels);
    assert_eq!(sample(registry, "http_request_duration_seconds_count", &labels), count);
    count
}

/// The number of series: whether a request was counted under labels that nobody asked for.
fn series(registry: &Registry) -> usize {
    let snapshot = registry.snapshot(&NameFilter::only(vec!["http_requests".into()]));
    snapshot.families.iter().map(metrion_model::FamilySnapshot::len).sum()
}

async fn send(app: &Router, method: &str, path: &str) -> StatusCode {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    response.into_body().collect().await.unwrap();
    status
}

#[tokio::test]
async fn routes_are_templates() {
    let registry = registry();
    let inner = Router::new().route("/items/{id}", any(|| async { "item" }));
    let app = Router::new()
        .route("/orders/{order_id}", get(|| async { "order" }).post(|| async { "new" }))
        .route("/files/{*path}", get(|| async { "file" }))
        .route("/metrics", get(|| async { "page" }))
        .nest("/shop/{shop}", inner)
        .layer(HttpMetricsLayer::axum(&registry).unwrap());
    for (method, path, status) in [
        ("GET", "/orders/1", 200),
        ("GET", "/orders/2?a=b", 200),
        ("POST", "/orders/2", 200),
        ("PUT", "/orders/2", 405),
        ("HEAD", "/orders/2", 200),
        ("GET", "/files/a/b/c", 200),
        ("GET", "/shop/1/items/2", 200),
        ("PURGE", "/shop/1/items/2", 200),
        ("GET", "/shop/1/nothing", 404),
        ("GET", "/etc/passwd", 404),
        ("GET", "/metrics", 200),
    ] {
        assert_eq!(send(&app, method, path).await.as_u16(), status, "{method} {path}");
    }
    for (method, route, status, count) in [
        ("GET", "/orders/{order_id}", "200", 2.0),
        ("POST", "/orders/{order_id}", "200", 1.0),
        ("PUT", "/orders/{order_id}", "405", 1.0),
        ("HEAD", "/orders/{order_id}", "200", 1.0),
        ("GET", "/files/{*path}", "200", 1.0),
        ("GET", "/shop/{shop}/items/{id}", "200", 1.0),
        ("OTHER", "/shop/{shop}/items/{id}", "200", 1.0),
        ("GET", "unmatched", "404", 2.0),
    ] {
        assert_eq!(ended(&registry, method, route, status), Some(count), "{method} {route}");
    }
    assert_eq!(series(&registry), 8);
    let sizes = |method| {
        let labels = [("method", method), ("route", "/orders/{order_id}"), ("status", "200")];
        sample(&registry, "http_response_size_bytes_sum", &labels)
    };
    assert_eq!((sizes("GET"), sizes("HEAD")), (Some(10.0), Some(0.0)));
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn connect(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until a request has ended; the last that is counted of it is the size of its response.
async fn wait_for(registry: &Registry, route: &str, status: &str) {
    let labels = [("method", "GET"), ("route", route), ("status", status)];
    let deadline = Instant::now() + Duration::from_secs(30);
    while sample(registry, "http_response_size_bytes_count", &labels) != Some(1.0) {
        assert!(Instant::now() < deadline, "no GET {route} {status}");
        tokio::task::yield_now().await;
    }
    assert_eq!(ended(registry, "GET", route, status), Some(1.0));
}

fn in_flight(registry: &Registry, method: &str, route: &str) -> Option<f64> {
    sample(registry, "http_requests_in_flight", &[("method", method), ("route", route)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_over_a_connection() {
    let registry = registry();
    let app = Router::new()
        .route("/echo", post(|body: String| async move { body }))
        .layer(HttpMetricsLayer::axum(&registry).unwrap());
    let address = serve(app).await;
    let request =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    let mut answer = String::new();
    connect(address, request).await.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hello"), "{answer}");
    // The length of the body that is measured is known from outside.
    assert!(answer.contains("\r\ncontent-length: 5\r\n"), "{answer}");
    // The request is counted before its last byte is sent.
    assert_eq!(ended(&registry, "POST", "/echo", "200"), Some(1.0));
    let labels = [("method", "POST"), ("route", "/echo"), ("status", "200")];
    assert_eq!(sample(&registry, "http_request_size_bytes_sum", &labels), Some(5.0));
    assert_eq!(sample(&registry, "http_response_size_bytes_sum", &labels), Some(5.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_wait() {
    let registry = registry();
    let started = Arc::new(Notify::new());
    let start = Arc::clone(&started);
    let handler = || async move {
        start.notify_one();
        std::future::pending::<&str>().await
    };
    let app = Router::new()
        .route("/slow", get(handler))
        .layer(HttpMetricsLayer::axum(&registry).unwrap());
    let address = serve(app).await;
    let client = connect(address, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    started.notified().await;
    assert_eq!(in_flight(&registry, "GET", "/slow"), Some(1.0));
    drop(client);
    wait_for(&registry, "/slow", "499").await;
    assert_eq!((in_flight(&registry, "GET", "/slow"), series(&registry)), (Some(0.0), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_in_the_middle_of_a_stream() {
    let registry = registry();
    let handler = || async {
        let (mut sender, body) = Channel::<Bytes>::new(1);
        // Until the server drops the other end.
        tokio::spawn(async move {
            while sender.send(Frame::data(Bytes::from_static(b"tick"))).await.is_ok() {}
        });
        Body::new(body)
    };
    let app = Router::new()
        .route("/ticks", get(handler))
        .layer(HttpMetricsLayer::axum(&registry).unwrap());
    let address = serve(app).await;
    let mut client = connect(address, "GET /ticks HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut head = [0; 200];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(in_flight(&registry, "GET", "/ticks"), Some(1.0));
    drop(client);
    wait_for(&registry, "/ticks", "200").await;
    assert_eq!((in_flight(&registry, "GET", "/ticks"), series(&registry)), (Some(0.0), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics() {
    async fn handler() -> &'static str {
        panic!("a handler")
    }
    let registry = registry();
    let app = Router::new()
        .route("/panic", get(handler))
        .layer(HttpMetricsLayer::axum(&registry).unwrap());
    let address = serve(app).await;
    let mut answer = Vec::new();
    let mut client = connect(address, "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n").await;
    // The connection ends without an answer.
    let _closed = client.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    wait_for(&registry, "/panic", "500").await;
    assert_eq!((in_flight(&registry, "GET", "/panic"), series(&registry)), (Some(0.0), 1));
}
