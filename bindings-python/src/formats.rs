//! Registries as bytes in any format, and bytes that are checked.

use std::sync::atomic::{AtomicBool, Ordering};

use metrion::exporters::Scrape;
use metrion::exposition::parse::{parse_openmetrics, parse_text};
use metrion::exposition::{EncodeOptions, Escaping, Format, Syntax};
use metrion::{Error, ErrorCode, NameFilter};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bytes::into_bytes;
use crate::errors::{Failure, Result};
use crate::helpers::value_class;
use crate::registry::CollectorRegistry;
use crate::source::Source;

/// The registry that is given, or `REGISTRY`.
fn source_or_default(py: Python<'_>, registry: Option<Source>) -> Result<Source> {
    match registry {
        Some(source) => Ok(source),
        None => {
            let default = CollectorRegistry::default_object(py)?;
            Ok(Source::Registry(default.get().core()?.registry.clone()))
        }
    }
}

/// Whether pages have `_created` samples where nothing else is said.
static CREATED: AtomicBool = AtomicBool::new(false);

/// Shows from now on when each counter, histogram and summary began, as samples `_created` of the text
/// formats. Servers that run already go on as they began.
///
/// >>> from metrion import CollectorRegistry, Counter, disable_created_metrics, enable_created_metrics
/// >>> from metrion import generate_latest
/// >>> registry = CollectorRegistry()
/// >>> jobs = Counter("jobs", "Jobs.", registry=registry)
/// >>> enable_created_metrics()
/// >>> b"jobs_created" in generate_latest(registry)
/// True
/// >>> disable_created_metrics()
/// >>> b"jobs_created" in generate_latest(registry)
/// False
#[pyfunction]
pub(crate) fn enable_created_metrics() {
    CREATED.store(true, Ordering::Relaxed);
}

/// Leaves the samples `_created` out from now on, as it is at first; see `enable_created_metrics`.
///
/// >>> from metrion import disable_created_metrics
/// >>> disable_created_metrics()
#[pyfunction]
pub(crate) fn disable_created_metrics() {
    CREATED.store(false, Ordering::Relaxed);
}

/// As the environment has it: prometheus_client's variable leaves them out when it is true, and asks for
/// them when it is there and false.
pub(crate) fn read_environment() {
    if let Ok(word) = std::env::var("PROMETHEUS_DISABLE_CREATED_SERIES") {
        let is_disabled = matches!(word.to_lowercase().as_str(), "true" | "1" | "t");
        CREATED.store(!is_disabled, Ordering::Relaxed);
    }
}

/// Whether there are `_created` samples now.
#[pyfunction]
pub(crate) fn uses_created_metrics() -> bool {
    CREATED.load(Ordering::Relaxed)
}

/// The choices for pages where nothing else is said.
pub(crate) fn page_options() -> EncodeOptions {
    EncodeOptions { created_samples: uses_created_metrics(), ..EncodeOptions::default() }
}

/// All metrics of a registry, `metrion.REGISTRY` by default, or of any object with a method
/// `collect()`, in the Prometheus text format 0.0.4: what `CONTENT_TYPE_LATEST` names. It is made
/// without the interpreter's lock.
///
/// `escaping` says how names are written that are not classic: `allow-utf-8`, `underscores`, `dots` or
/// `values`. `names` limits it to the metrics that have one of these names or a sample with one.
///
/// Raises a `MetrionError` with the code `unsupported` for another escaping.
///
/// >>> from metrion import CollectorRegistry, Gauge, generate_latest
/// >>> registry = CollectorRegistry()
/// >>> Gauge("temperature_celsius", "In the room.", registry=registry).set(21.5)
/// >>> print(generate_latest(registry).decode(), end="")
/// # HELP temperature_celsius In the room.
/// # TYPE temperature_celsius gauge
/// temperature_celsius 21.5
#[pyfunction]
#[pyo3(signature = (
    registry: "Collector | None"=None,
    escaping="underscores",
    *,
    names: "list[str] | None"=None
))]
pub(crate) fn generate_latest<'py>(
    py: Python<'py>,
    registry: Option<Source>,
    escaping: &str,
    names: Option<Vec<String>>,
) -> Result<Bound<'py, PyBytes>> {
    let source = source_or_default(py, registry)?;
    let filter = names.map_or_else(NameFilter::all, NameFilter::only);
    let options = EncodeOptions { escaping: escaping_of(escaping)?, ..page_options() };
    let text = py.detach(|| {
        let mut out = Vec::new();
        Format::default().encode(&source.scrape(&filter), options, &mut out);
        out
    });
    Ok(into_bytes(py, text)?)
}

/// All metrics of a registry, `metrion.REGISTRY` by default, in a format: `text`, `openmetrics`,
/// `protobuf` or `json`. It is made without the interpreter's lock.
///
/// `created` adds `_created` samples to the text formats. `escaping` says how names are written that are
/// not classic: `allow-utf-8`, `underscores`, `dots` or `values`.
///
/// Raises a `MetrionError` with the code `unsupported` for another format or escaping.
///
/// >>> from metrion import CollectorRegistry, Counter, encode
/// >>> registry = CollectorRegistry()
/// >>> Counter("requests", "Requests.", registry=registry).inc()
/// >>> page = encode(registry, "openmetrics")
/// >>> page.content_type
/// 'application/openmetrics-text; version=1.0.0; charset=utf-8'
/// >>> page.body.splitlines()[-1]
/// b'# EOF'
#[pyfunction]
#[pyo3(signature = (
    registry: "Collector | None"=None,
    format="text",
    *,
    created=false,
    escaping="underscores"
) -> "Page")]
pub(crate) fn encode<'py>(
    py: Python<'py>,
    registry: Option<Source>,
    format: &str,
    created: bool,
    escaping: &str,
) -> Result<Bound<'py, PyAny>> {
    let source = source_or_default(py, registry)?;
    let syntax = match format {
        "text" => Syntax::Text,
        "openmetrics" => Syntax::OpenMetrics,
        "protobuf" => Syntax::Protobuf,
        "json" => Syntax::Json,
        other => return Err(unknown("format", other)),
    };
    let escaping = escaping_of(escaping)?;
    let format = Format { syntax, escaping: None };
    let options = EncodeOptions { created_samples: created, escaping, ..EncodeOptions::default() };
    let (body, left_out) = py.detach(|| {
        let mut body = Vec::new();
        let left_out = format.encode(&source.scrape(&NameFilter::all()), options, &mut body);
        (body, left_out)
    });
    let left_out: Vec<PyErr> =
        left_out.into_iter().map(|error| PyErr::from(Failure::from(error))).collect();
    let page = value_class(py, "Page")?;
    Ok(page.call1((into_bytes(py, body)?, format.content_type(), left_out))?)
}

/// Checks that bytes are an exposition in a format, `text` or `openmetrics`.
///
/// Raises a `MetrionError`: `parse_error`, with the line and the column of the fault, or `unsupported` for
/// another format.
///
/// >>> from metrion.testing import check_exposition
/// >>> check_exposition(b"up 1\n")
/// >>> check_exposition(b"up one\n")
/// Traceback (most recent call last):
/// ...
/// metrion._errors.MetrionError: line 1, column 4: "one" is no number
#[pyfunction]
#[pyo3(signature = (data, format="text"))]
pub(crate) fn check_exposition(py: Python<'_>, data: &[u8], format: &str) -> Result<()> {
    let parsed = match format {
        "text" => py.detach(|| parse_text(data).map(drop)),
        "openmetrics" => py.detach(|| parse_openmetrics(data).map(drop)),
        other => return Err(unknown("format", other)),
    };
    parsed.map_err(|error| Error::from(error).into())
}

pub(crate) fn escaping_of(word: &str) -> Result<Escaping> {
    Escaping::from_word(word).ok_or_else(|| unknown("escaping", word))
}

pub(crate) fn unknown(what: &str, word: &str) -> Failure {
    Error::new(ErrorCode::Unsupported, format!("there is no {what} {word:?}")).into()
}
