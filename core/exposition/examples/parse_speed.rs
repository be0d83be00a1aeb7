//! Parses a page in the text format 0.0.4 for a second in each way and prints the samples per second:
//! `parse_speed FILE`.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use metrion_exposition::parse::{Event, ParseError, TextParser, parse_text};

fn main() -> ExitCode {
    let Some(file) = env::args_os().nth(1) else {
        eprintln!("usage: parse_speed FILE");
        return ExitCode::from(2);
    };
    let result = fs::read(&file).map_err(|error| error.to_string()).and_then(|page| {
        measure("events", || count_events(&page))?;
        measure("events and labels", || count_labels(&page))?;
        measure("families, checked", || count_families(&page))
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::from(2)
        }
    }
}

fn measure(what: &str, parse: impl Fn() -> Result<usize, ParseError>) -> Result<(), String> {
    let start = Instant::now();
    let mut samples = 0;
    while start.elapsed() < Duration::from_secs(1) {
        samples += parse().map_err(|error| error.to_string())?;
    }
    let per_second = samples as f64 / start.elapsed().as_secs_f64();
    println!("{what:<20} {:.2} million samples/s", per_second / 1e6);
    Ok(())
}

fn count_events(page: &[u8]) -> Result<usize, ParseError> {
    let mut samples = 0;
    for event in TextParser::new(page) {
        samples += usize::from(matches!(black_box(event?), Event::Sample(_)));
    }
    Ok(samples)
}

fn count_labels(page: &[u8]) -> Result<usize, ParseError> {
    let mut samples = 0;
    for event in TextParser::new(page) {
        if let Event::Sample(sample) = event? {
            samples += 1;
            black_box(sample.labels.iter().count());
        }
    }
    Ok(samples)
}

fn count_families(page: &[u8]) -> Result<usize, ParseError> {
    let families = black_box(parse_text(page)?);
    Ok(families.iter().map(|family| family.samples.len()).sum())
}
