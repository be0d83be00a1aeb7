//! Parses expositions for tests/oracle.py. Each line of the input is `["text" or "openmetrics", text]`
//! in JSON; each line of the output is `{"error": ..}` or `{"families": ..}`.

use std::io::{self, BufRead, Write};

use metrion_exposition::parse::{Labels, ParsedFamily, parse_openmetrics, parse_text};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let (format, text): (String, String) = serde_json::from_str(&line?)?;
        let parsed = match format.as_str() {
            "openmetrics" => parse_openmetrics(text.as_bytes()),
            _ => parse_text(text.as_bytes()),
        };
        let answer = match parsed {
            Ok(families) => json!({ "families": families.iter().map(family).collect::<Value>() }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn family(family: &ParsedFamily<'_>) -> Value {
    let samples = family.samples.iter().map(|sample| {
        let exemplar = sample.exemplar.as_ref().map(|exemplar| {
            let timestamp = exemplar.timestamp.map(number);
            json!([labels(exemplar.labels), number(exemplar.value), timestamp])
        });
        let timestamp = sample.timestamp.map(number);
        json!([sample.name, labels(sample.labels), number(sample.value), timestamp, exemplar])
    });
    json!({
        "name": family.name,
        "type": family.metric_type.as_str(),
        "help": family.help,
        "unit": family.unit,
        "samples": samples.collect::<Value>(),
    })
}

fn labels(labels: Labels<'_>) -> Value {
    labels.iter().map(|(name, value)| (name.into_owned(), Value::from(value.as_ref()))).collect()
}

/// As text, as JSON has neither infinities nor NaN.
fn number(value: f64) -> String {
    value.to_string()
}
