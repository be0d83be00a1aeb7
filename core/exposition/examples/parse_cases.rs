//! Runs a folder of parser cases, as prometheus/OpenMetrics has in `tests/testdata/parsers`:
//! `parse_cases DIR`. Each case is a folder with an exposition and a `test.json` that says whether a
//! strict parser must accept it. Prints each failure and a total, and exits with 1 if there is any.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use metrion_exposition::parse::{parse_openmetrics, parse_text};

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1) else {
        eprintln!("usage: parse_cases DIR");
        return ExitCode::from(2);
    };
    match run_cases(Path::new(&folder)) {
        Ok((passed, failures)) => {
            failures.iter().for_each(|failure| println!("{failure}"));
            println!("{passed} passed, {} failed", failures.len());
            ExitCode::from(u8::from(!failures.is_empty()))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// How many cases passed, and what the others did wrong.
pub(crate) fn run_cases(folder: &Path) -> Result<(usize, Vec<String>), String> {
    let fault = |error| format!("{}: {error}", folder.display());
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        let case = entry.map_err(fault)?.path();
        if case.join("test.json").is_file() {
            cases.push(case);
        }
    }
    if cases.is_empty() {
        return Err(format!("{}: no folder in it has a test.json", folder.display()));
    }
    cases.sort();
    let mut failures = Vec::new();
    for case in &cases {
        if let Err(failure) = run_case(case) {
            let name = case.file_name().unwrap_or_default().to_string_lossy();
            failures.push(format!("{name}: {failure}"));
        }
    }
    Ok((cases.len() - failures.len(), failures))
}

fn run_case(case: &Path) -> Result<(), String> {
    let read = |name: &str| fs::read(case.join(name)).map_err(|error| format!("{name}: {error}"));
    let test: serde_json::Value =
        serde_json::from_slice(&read("test.json")?).map_err(|error| error.to_string())?;
    let text = |key: &str| test.get(key).and_then(serde_json::Value::as_str);
    let should_parse = test.get("shouldParse").and_then(serde_json::Value::as_bool);
    let should_parse = should_parse.ok_or("test.json has no shouldParse")?;

    let input = read(text("file").unwrap_or("metrics"))?;
    let parsed = match text("type") {
        Some("text") | None => parse_openmetrics(&input).map(drop),
        Some("text-0.0.4") => parse_text(&input).map(drop),
        Some(other) => return Err(format!("unknown type {other:?}")),
    };
    match (parsed, should_parse) {
        (Ok(()), true) | (Err(_), false) => Ok(()),
        (Ok(()), false) => Err("is accepted, but should not be".to_owned()),
        (Err(error), true) => Err(format!("is refused, but should not be: {error}")),
    }
}
