//! A Rust service with metrics: `cargo run -p metrion --example serve`, then open the address that it
//! prints. Enter ends it.

use std::io;
use std::time::Instant;

use metrion::exporters::http::HttpOptions;
use metrion::{FamilyOptions, HistogramOptions, Registry, RegistryOptions, serve_http};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new(RegistryOptions::default())?;
    let lines = registry.counter_family(FamilyOptions::labelled(
        "lines_total",
        "Lines read, by whether they had text.",
        &["kind"],
    ))?;
    let wait = registry.histogram_family(HistogramOptions {
        family: FamilyOptions::new("line_wait_seconds", "Time until a line was there."),
        buckets: vec![0.1, 1.0, 10.0, 60.0],
        ..HistogramOptions::default()
    })?;

    let server = serve_http(&registry, HttpOptions::default())?;
    println!(
        "http://{}/metrics (type lines to count them; an empty one ends)",
        server.local_addr()
    );

    let mut start = Instant::now();
    for line in io::stdin().lines() {
        let text = line?;
        let kind = if text.is_empty() { "empty" } else { "text" };
        lines.labels(&[kind])?.inc();
        wait.labels(&[])?.observe(start.elapsed().as_secs_f64());
        start = Instant::now();
        if text.is_empty() {
            break;
        }
    }
    server.stop();
    Ok(())
}
