//! Parses a page for a second in each way and prints the samples per second: `parse_speed FILE`. A page
//! that ends with `# EOF` is read as OpenMetrics, any other as the text format 0.0.4.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use metrion_exposition::parse::{
    Event, OpenMetricsParser, ParseError, ParsedFamily, TextParser, parse_openmetrics, parse_text,
};

fn main() -> ExitCode {
    let Some(file) = env::args_os().nth(1) else {
        eprintln!("usage: parse_speed FILE");
        return ExitCode::from(2);
    };
    let result = fs::read(&file).map_err(|error| error.to_string()).and_then(|page| {
        match page.trim_ascii_end().ends_with(b"# EOF") {
            true => measure_all(&page, OpenMetricsParser::new, parse_openmetrics),
            false => measure_all(&page, TextParser::new, parse_text),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::from(2)
        }
    }
}

fn measure_all<'a, E: Iterator<Item = Result<Event<'a>, ParseError>>>(
    page: &'a [u8],
    events: impl Fn(&'a [u8]) -> E,
    families: impl Fn(&'a [u8]) -> Result<Vec<ParsedFamily<'a>>, ParseError>,
) -> Result<(), String> {
    measure("events", || count_events(events(page)))?;
    measure("events and labels", || count_labels(events(page)))?;
    measure("families, checked", || {
        let families = black_box(families(page)?);
        Ok(families.iter().map(|family| family.samples.len()).sum())
    })
}

/// On a machine with other work the best of many short times says more than one long one.
fn measure(what: &str, parse: impl Fn() -> Result<usize, ParseError>) -> Result<(), String> {
    let mut rates = Vec::new();
    for _ in 0..25 {
        let start = Instant::now();
        let mut samples = 0;
        while start.elapsed() < Duration::from_millis(40) {
            samples += parse().map_err(|error| error.to_string())?;
        }
        rates.push(samples as f64 / start.elapsed().as_secs_f64() / 1e6);
    }
    rates.sort_by(f64::total_cmp);
    let (median, best) = (rates.get(rates.len() / 2), rates.last());
    if let (Some(median), Some(best)) = (median, best) {
        println!("{what:<20} {median:.2} million samples/s, at best {best:.2}");
    }
    Ok(())
}

fn count_events<'a>(
    events: impl Iterator<Item = Result<Event<'a>, ParseError>>,
) -> Result<usize, ParseError> {
    let mut samples = 0;
    for event in events {
        samples += usize::from(matches!(black_box(event?), Event::Sample(_)));
    }
    Ok(samples)
}

fn count_labels<'a>(
    events: impl Iterator<Item = Result<Event<'a>, ParseError>>,
) -> Result<usize, ParseError> {
    let mut samples = 0;
    for event in events {
        if let Event::Sample(sample) = event? {
            samples += 1;
            black_box(sample.labels.iter().count());
        }
    }
    Ok(samples)
}
