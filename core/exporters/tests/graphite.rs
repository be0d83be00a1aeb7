//! Sending to Graphite: what arrives, and what becomes of pushes that fail.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use metrion_exporters::graphite::{GraphiteBridge, GraphiteOptions, GraphiteStats, push, start};
use metrion_model::{
    ErrorCode, FamilySnapshot, ManualClock, MetricType, NameFilter, Schema, Snapshot, Value,
};

const PATIENCE: Duration = Duration::from_secs(30);

fn source(_: &NameFilter) -> Snapshot {
    let mut family = FamilySnapshot::new(Schema::new("g", MetricType::Gauge));
    family.push(&[], Value::Number(1.0)).unwrap();
    Snapshot { families: vec![family] }
}

fn graphite() -> (TcpListener, GraphiteOptions) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let clock = Arc::new(ManualClock::new(7.9));
    (listener, GraphiteOptions { clock, ..GraphiteOptions::new("127.0.0.1", port) })
}

fn received(listener: &TcpListener) -> String {
    let mut text = String::new();
    listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn once() {
    let (listener, options) = graphite();
    push(&source, &options).unwrap();
    assert_eq!(received(&listener), "g 1.0 7\n");
    let error = push(&source, &GraphiteOptions { prefix: "a b".into(), ..options }).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidValue);
}

#[test]
fn who_refuses_and_who_takes_nothing() {
    let (listener, options) = graphite();
    // Connections wait in the queue and take what fits the socket's buffers, which is not this.
    let large = |_: &NameFilter| {
        let schema =
            Schema { label_names: vec!["a".into()], ..Schema::new("g", MetricType::Gauge) };
        let mut family = FamilySnapshot::new(schema);
        let value = "x".repeat(1 << 20);
        for row in 0..32 {
            family.push(&[&format!("{row}{value}")], Value::Number(1.0)).unwrap();
        }
        Snapshot { families: vec![family] }
    };
    let limit = Duration::from_millis(200);
    let begin = Instant::now();
    let slow = GraphiteOptions { timeout: limit, ..options.clone() };
    let error = push(&large, &slow).unwrap_err();
    assert_eq!((error.code(), error.io_kind()), (ErrorCode::Io, Some(ErrorKind::TimedOut)));
    assert!(begin.elapsed() >= limit);
    drop(listener);
    let error = push(&source, &options).unwrap_err();
    assert_eq!(error.io_kind(), Some(ErrorKind::ConnectionRefused), "{error}");
}

#[test]
fn from_a_thread_until_it_is_stopped() {
    let (listener, options) = graphite();
    let (failures, failed) = channel();
    let on_failure = move |error: &metrion_model::Error| failures.send(error.clone()).unwrap();
    let bridge = start(source, options, Duration::from_millis(1), on_failure).unwrap();
    for _ in 0..3 {
        assert_eq!(received(&listener), "g 1.0 7\n");
    }
    drop(listener);
    let error = failed.recv_timeout(PATIENCE).unwrap();
    assert_eq!(error.code(), ErrorCode::Io);
    bridge.stop();
    let GraphiteStats { pushed, failed: count } = bridge.stats();
    assert!(pushed >= 3 && count >= 1, "{pushed} {count}");
    // Nothing calls it any more: its end of the channel goes with the thread.
    while failed.recv_timeout(PATIENCE).is_ok() {}
    bridge.stop();
}

#[test]
fn a_collector_that_panics() {
    let (_listener, options) = graphite();
    let (failures, failed) = channel();
    let on_failure = move |error: &metrion_model::Error| failures.send(error.clone()).unwrap();
    let panics = |_: &NameFilter| -> Snapshot { panic!("on purpose") };
    let bridge = start(panics, options, Duration::from_millis(1), on_failure).unwrap();
    for _ in 0..2 {
        assert!(failed.recv_timeout(PATIENCE).unwrap().message().contains("panicked"));
    }
    bridge.stop();
}

#[test]
fn stopping_from_within() {
    let (listener, options) = graphite();
    drop(listener);
    let bridge = Arc::new(OnceLock::<GraphiteBridge>::new());
    let (failures, failed) = channel();
    let own = Arc::clone(&bridge);
    let on_failure = move |_: &metrion_model::Error| {
        // The bridge may not be there yet.
        if let Some(bridge) = own.get() {
            bridge.stop();
            failures.send(()).unwrap();
        }
    };
    let started = start(source, options, Duration::from_millis(1), on_failure).unwrap();
    bridge.set(started).unwrap();
    failed.recv_timeout(PATIENCE).unwrap();
    assert!(failed.recv_timeout(PATIENCE).is_err(), "it goes on");
}

#[test]
fn wrong_options() {
    let (_listener, options) = graphite();
    let error = start(source, options.clone(), Duration::ZERO, |_| {}).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidValue);
    let wrong = GraphiteOptions { prefix: "é".into(), ..options };
    let error = start(source, wrong, Duration::from_secs(1), |_| {}).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidValue);
}
