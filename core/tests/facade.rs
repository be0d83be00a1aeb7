//! What a Rust program does with the crate, end to end.
#![cfg(feature = "exporters")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use metrion::exporters::http::HttpOptions;
use metrion::{
    ErrorCode, FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, Registry, RegistryMemory,
    RegistryOptions, default_registry, exponential_buckets, linear_buckets, serve_http, text,
};

#[test]
fn a_registry_is_served_as_its_text_says() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let jobs = FamilyOptions::labelled("jobs_total", "Jobs done.", &["queue"]);
    registry.counter_family(jobs).unwrap().labels(&["mail"]).unwrap().inc();
    let sizes = HistogramOptions {
        family: FamilyOptions::new("job_bytes", "Size of jobs."),
        buckets: exponential_buckets(10.0, 10.0, 2),
        ..HistogramOptions::default()
    };
    registry.histogram_family(sizes).unwrap().labels(&[]).unwrap().observe(50.0);
    assert_eq!(
        text(&registry),
        "# HELP jobs_total Jobs done.\n\
         # TYPE jobs_total counter\n\
         jobs_total{queue=\"mail\"} 1\n\
         # HELP job_bytes Size of jobs.\n\
         # TYPE job_bytes histogram\n\
         job_bytes_bucket{le=\"10\"} 0\n\
         job_bytes_bucket{le=\"100\"} 1\n\
         job_bytes_bucket{le=\"+Inf\"} 1\n\
         job_bytes_sum 50\n\
         job_bytes_count 1\n"
    );

    let server = serve_http(&registry, HttpOptions::default()).unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(&text(&registry)), "{answer}");
    server.stop();
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn a_second_server_of_a_shared_registry_is_warned_of() {
    let file = std::env::temp_dir().join(format!("metrion-served-{}", std::process::id()));
    let open = || {
        let memory = RegistryMemory::shared(&file);
        Registry::new(RegistryOptions { memory, ..RegistryOptions::default() }).unwrap()
    };
    let (lines, log) = std::sync::mpsc::channel();
    let subscriber = tracing_subscriber::fmt().with_writer(move || Lines(lines.clone())).finish();
    tracing::subscriber::with_default(subscriber, || {
        let [first, second] = [open(), open()];
        let serve = |registry| serve_http(registry, HttpOptions::default()).unwrap();
        let _servers = [serve(&first), serve(&second), serve(&second)];
    });
    std::fs::remove_file(&file).unwrap();
    let lines: Vec<String> = log.iter().collect();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.contains("WARN") && line.contains("scrape only one"), "{line}");
}

struct Lines(std::sync::mpsc::Sender<String>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _nobody_listens = self.0.send(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_default_registry_is_one() {
    default_registry().unwrap().counter("facade_total", "Help.").unwrap().inc();
    assert!(text(default_registry().unwrap()).contains("facade_total 1\n"));
}

#[test]
fn gauges_know_their_mode() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let options =
        GaugeOptions { family: FamilyOptions::new("g", "Help."), mode: GaugeMode::UpDown };
    let family = registry.gauge_family(options).unwrap();
    let gauge = family.labels(&[]).unwrap().clone();
    gauge.inc();
    gauge.add(3.0);
    gauge.dec();
    assert_eq!((gauge.get(), gauge.mode()), (3.0, GaugeMode::UpDown));
    let error = gauge.set(1.0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert_eq!(error.to_string(), format!("{} [unsupported]", error.message()));
}

#[test]
fn helpers_for_bounds() {
    assert_eq!(linear_buckets(1.0, 0.5, 3), [1.0, 1.5, 2.0]);
    assert_eq!(exponential_buckets(1.0, 2.0, 4), [1.0, 2.0, 4.0, 8.0]);
    assert!(linear_buckets(1.0, 1.0, 0).is_empty());
}
