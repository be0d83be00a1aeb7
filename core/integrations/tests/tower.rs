//! Plain tower services: every way in which a request can end.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy exempts only the test functions themselves"
)]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use metrion_integrations::http::{
    DURATION_BUCKETS, HttpMetricsLayer, HttpMetricsOptions, RequestBody, SIZE_BUCKETS,
};
use metrion_metrics::{FamilyOptions, Registry, RegistryOptions};
use metrion_model::{Clock, ErrorCode, ManualClock, NameFilter, Snapshot};
use tower::{Layer, Service, ServiceExt, service_fn};

fn registry() -> Registry {
    Registry::new(RegistryOptions::default()).unwrap()
}

#[derive(Clone)]
struct Template(&'static str);

fn layer(registry: &Registry) -> HttpMetricsLayer {
    let options = HttpMetricsOptions {
        route_of: |request| request.extensions.get::<Template>().map(|template| template.0),
        ..HttpMetricsOptions::default()
    };
    HttpMetricsLayer::new(registry, options).unwrap()
}

fn request<B>(method: &str, body: B) -> Request<B> {
    let request = Request::builder().method(method).uri("/secret/path");
    request.extension(Template("/things/{id}")).body(body).unwrap()
}

fn snapshot(registry: &Registry) -> Snapshot {
    registry.snapshot(&NameFilter::all())
}

/// How many requests ended with each method, route and status; and that every other family agrees.
fn ended(registry: &Registry) -> Vec<(String, f64)> {
    let snapshot = snapshot(registry);
    let family =
        |name: &str| snapshot.families.iter().find(|family| family.schema().name == name).unwrap();
    let requests = family("http_requests");
    let mut all = Vec::new();
    for row in 0..requests.len() {
        let labels: Vec<_> = requests.labels().pairs(row).collect();
        let pairs: Vec<(&str, &str)> =
            labels.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        let count = requests.row(row)[0];
        for histogram in
            ["http_request_duration_seconds", "http_request_size_bytes", "http_response_size_bytes"]
        {
            let counted = snapshot.sample_value(&format!("{histogram}_count"), &pairs);
            assert_eq!(counted, Some(count), "{histogram} {pairs:?}");
        }
        let values: Vec<&str> = pairs.iter().map(|(_, value)| *value).collect();
        all.push((values.join(" "), count));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn in_flight(registry: &Registry) -> f64 {
    let snapshot = snapshot(registry);
    let name = "http_requests_in_flight";
    snapshot
        .families
        .iter()
        .find(|family| family.schema().name == name)
        .unwrap()
        .values()
        .iter()
        .sum()
}

fn bytes(registry: &Registry, direction: &str, method: &str, status: &str) -> f64 {
    let labels = [("method", method), ("route", "/things/{id}"), ("status", status)];
    let name = format!("http_{direction}_size_bytes_sum");
    snapshot(registry).sample_value(&name, &labels).unwrap()
}

/// Runs a future that is ready without ever waiting.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

type Frames = VecDeque<Result<Frame<Bytes>, &'static str>>;

/// A body of these frames, which then ends or waits for ever.
#[derive(Default)]
struct Script {
    frames: Frames,
    endless: bool,
    panics: bool,
}

impl Body for Script {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None if self.panics => panic!("a body"),
            None if self.endless => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

fn data(parts: &[&'static str]) -> Frames {
    parts.iter().map(|part| Ok(Frame::data(Bytes::from_static(part.as_bytes())))).collect()
}

fn frames(frames: Frames) -> Script {
    Script { frames, ..Script::default() }
}

/// Answers every request with this body, once.
fn answer<R: Body>(
    registry: &Registry,
    method: &str,
    body: R,
) -> Response<impl Body<Data = R::Data, Error = R::Error> + use<R>> {
    let mut body = Some(body);
    let service =
        layer(registry).layer(service_fn(move |_: Request<RequestBody<Empty<Bytes>>>| {
            ready(Ok::<_, Infallible>(Response::new(body.take().unwrap())))
        }));
    now(service.oneshot(request(method, Empty::new()))).unwrap()
}

fn once(labels: &str) -> Vec<(String, f64)> {
    vec![(labels.to_owned(), 1.0)]
}

#[test]
fn the_families_are_there_from_the_start() {
    let registry = registry();
    let _layer = layer(&registry);
    let families = snapshot(&registry).families;
    let names: Vec<&str> = families.iter().map(|family| family.schema().name.as_str()).collect();
    assert_eq!(
        names,
        [
            "http_requests_in_flight",
            "http_requests",
            "http_request_duration_seconds",
            "http_request_size_bytes",
            "http_response_size_bytes",
        ]
    );
    assert_eq!(families[2].schema().bounds, DURATION_BUCKETS);
    assert_eq!(families[3].schema().bounds, SIZE_BUCKETS);
}

#[test]
fn other_buckets_or_another_family_are_an_error() {
    let registry = registry();
    let _layer = layer(&registry);
    let again = HttpMetricsLayer::new(&registry, HttpMetricsOptions::default());
    assert!(again.is_ok());
    let with = |buckets: &[f64]| HttpMetricsOptions {
        buckets: buckets.to_vec(),
        ..HttpMetricsOptions::default()
    };
    let other = HttpMetricsLayer::new(&registry, with(&[1.0])).unwrap_err();
    assert_eq!(other.code(), ErrorCode::MetricExists);
    let bad = HttpMetricsLayer::new(&self::registry(), with(&[2.0, 1.0])).unwrap_err();
    assert_eq!(bad.code(), ErrorCode::InvalidBuckets);
    let registry = self::registry();
    registry.counter_family(FamilyOptions::new("http_requests_total", "Mine.")).unwrap();
    let taken = HttpMetricsLayer::new(&registry, HttpMetricsOptions::default()).unwrap_err();
    assert_eq!(taken.code(), ErrorCode::MetricExists);
}

#[test]
fn both_bodies_are_measured_until_they_end() {
    let registry = registry();
    let service =
        layer(&registry).layer(service_fn(async |request: Request<RequestBody<Script>>| {
            let read = request.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(read, "hello");
            let response = Response::builder().status(StatusCode::CREATED);
            Ok::<_, Infallible>(response.body(frames(data(&["some ", "", "text"]))).unwrap())
        }));
    let response = now(service.oneshot(request("POST", frames(data(&["hel", "lo"]))))).unwrap();
    assert_eq!((ended(&registry), in_flight(&registry)), (vec![], 1.0));
    assert_eq!(now(response.into_body().collect()).unwrap().to_bytes(), "some text");
    assert_eq!((ended(&registry), in_flight(&registry)), (once("POST /things/{id} 201"), 0.0));
    assert_eq!(bytes(&registry, "request", "POST", "201"), 5.0);
    assert_eq!(bytes(&registry, "response", "POST", "201"), 9.0);
}

#[test]
fn a_body_that_knows_its_end_is_not_asked_again() {
    let registry = registry();
    let mut response = answer(&registry, "GET", Full::new(Bytes::from_static(b"text")));
    let frame = now(response.body_mut().frame()).unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "text");
    assert_eq!(ended(&registry), once("GET /things/{id} 200"));
    drop(response);
    assert_eq!(ended(&registry), once("GET /things/{id} 200"));
}

#[test]
fn an_empty_body_ends_with_the_head() {
    let registry = registry();
    let _response = answer(&registry, "GET", Empty::<Bytes>::new());
    assert_eq!((ended(&registry), in_flight(&registry)), (once("GET /things/{id} 200"), 0.0));
}

#[test]
fn trailers_have_no_size() {
    let registry = registry();
    let mut all = data(&["abc"]);
    all.push_back(Ok(Frame::trailers(
        [("x".parse().unwrap(), "y".parse().unwrap())].into_iter().collect(),
    )));
    let response = answer(&registry, "GET", frames(all));
    assert!(now(response.into_body().collect()).unwrap().trailers().is_some());
    assert_eq!(bytes(&registry, "response", "GET", "200"), 3.0);
}

#[test]
fn the_answer_to_head_has_no_size() {
    let registry = registry();
    let response = answer(&registry, "HEAD", frames(data(&["never sent"])));
    now(response.into_body().collect()).unwrap();
    assert_eq!(ended(&registry), once("HEAD /things/{id} 200"));
    assert_eq!(bytes(&registry, "response", "HEAD", "200"), 0.0);
}

#[test]
fn a_client_that_leaves_before_the_response_is_499() {
    let registry = registry();
    let service = layer(&registry).layer(service_fn(|_: Request<RequestBody<Empty<Bytes>>>| {
        pending::<Result<Response<Empty<Bytes>>, Infallible>>()
    }));
    let mut future = Box::pin(service.oneshot(request("GET", Empty::new())));
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!((ended(&registry), in_flight(&registry)), (vec![], 1.0));
    drop(future);
    assert_eq!((ended(&registry), in_flight(&registry)), (once("GET /things/{id} 499"), 0.0));
}

#[test]
fn a_client_that_leaves_later_has_the_status() {
    let registry = registry();
    let endless = Script { endless: true, ..frames(data(&["abc"])) };
    let mut response = answer(&registry, "GET", endless);
    now(response.body_mut().frame()).unwrap().unwrap();
    let mut frame = Box::pin(response.body_mut().frame());
    assert!(frame.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(frame);
    assert_eq!(in_flight(&registry), 1.0);
    drop(response);
    assert_eq!((ended(&registry), in_flight(&registry)), (once("GET /things/{id} 200"), 0.0));
    assert_eq!(bytes(&registry, "response", "GET", "200"), 3.0);
}

#[test]
fn a_service_that_fails_is_500() {
    let registry = registry();
    let service = layer(&registry).layer(service_fn(|_: Request<RequestBody<Empty<Bytes>>>| {
        ready(Err::<Response<Empty<Bytes>>, _>("failed"))
    }));
    assert_eq!(now(service.oneshot(request("GET", Empty::new()))).err(), Some("failed"));
    assert_eq!((ended(&registry), in_flight(&registry)), (once("GET /things/{id} 500"), 0.0));
}

#[test]
fn a_body_that_fails_is_500() {
    let registry = registry();
    let mut all = data(&["abc"]);
    all.push_back(Err("failed"));
    let response = answer(&registry, "GET", frames(all));
    assert_eq!(now(response.into_body().collect()).err(), Some("failed"));
    assert_eq!((ended(&registry), in_flight(&registry)), (once("GET /things/{id} 500"), 0.0));
    assert_eq!(bytes(&registry, "response", "GET", "500"), 3.0);
}

#[test]
fn panics_are_500_wherever_they_are() {
    type Answer = Ready<Result<Response<Empty<Bytes>>, Infallible>>;
    let registry = registry();
    let mut in_call = layer(&registry)
        .layer(service_fn(|_: Request<RequestBody<Empty<Bytes>>>| -> Answer { panic!("call") }));
    let caught =
        catch_unwind(AssertUnwindSafe(|| drop(in_call.call(request("GET", Empty::new())))));
    assert!(caught.is_err());
    assert_eq!(ended(&registry), once("GET /things/{id} 500"));

    let mut in_future = layer(&registry).layer(service_fn(
        async |_: Request<RequestBody<Empty<Bytes>>>| -> Result<Response<Empty<Bytes>>, Infallible> {
            panic!("future")
        },
    ));
    // Whoever catches the panic drops the future when it is over.
    let mut future = Box::pin(in_future.call(request("PUT", Empty::new())));
    let caught = catch_unwind(AssertUnwindSafe(|| {
        drop(future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
    }));
    assert!(caught.is_err());
    drop(future);

    let body = Script { panics: true, ..frames(data(&["abc"])) };
    let response = answer(&registry, "DELETE", body);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(now(response.into_body().collect())))).is_err());
    let statuses: Vec<String> = ended(&registry).into_iter().map(|(labels, _)| labels).collect();
    assert_eq!(
        statuses,
        ["DELETE /things/{id} 500", "GET /things/{id} 500", "PUT /things/{id} 500"]
    );
    assert_eq!(in_flight(&registry), 0.0);
}

#[test]
fn what_a_client_chooses_is_no_label() {
    let registry = registry();
    let service = layer(&registry).layer(service_fn(|_: Request<RequestBody<Empty<Bytes>>>| {
        ready(Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())))
    }));
    for method in ["GET", "get", "PURGE"] {
        let unmatched = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri("/a/path?and=query")
            .body(Empty::new());
        now(service.clone().oneshot(unmatched.unwrap())).unwrap();
    }
    let both = [("GET unmatched 200".to_owned(), 1.0), ("OTHER unmatched 200".to_owned(), 2.0)];
    assert_eq!(ended(&registry), both);
}

#[test]
fn excluded_routes_are_not_measured() {
    let registry = registry();
    let service = layer(&registry).layer(service_fn(|_: Request<RequestBody<Empty<Bytes>>>| {
        ready(Ok::<_, Infallible>(Response::new(frames(data(&["page"])))))
    }));
    let scrape = Request::builder().extension(Template("/metrics")).body(Empty::new()).unwrap();
    let response = now(service.oneshot(scrape)).unwrap();
    assert_eq!(now(response.into_body().collect()).unwrap().to_bytes(), "page");
    assert_eq!((ended(&registry), in_flight(&registry)), (vec![], 0.0));
    assert!(snapshot(&registry).families.iter().all(|family| family.is_empty()));
}

#[test]
fn durations_go_by_the_clock_of_the_registry() {
    let clock = Arc::new(ManualClock::new(1e9));
    let shown: Arc<dyn Clock> = clock.clone();
    let registry =
        Registry::new(RegistryOptions { clock: shown, ..RegistryOptions::default() }).unwrap();
    let slow = service_fn(|_: Request<RequestBody<Empty<Bytes>>>| {
        clock.advance(0.5);
        ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("done")))))
    });
    let response = now(layer(&registry).layer(slow).oneshot(request("GET", Empty::new()))).unwrap();
    clock.advance(0.25);
    now(response.into_body().collect()).unwrap();
    let labels = [("method", "GET"), ("route", "/things/{id}"), ("status", "200")];
    let seconds = snapshot(&registry).sample_value("http_request_duration_seconds_sum", &labels);
    assert_eq!(seconds, Some(0.75));
}
