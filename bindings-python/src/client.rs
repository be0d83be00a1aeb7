//! What the package `prometheus_client` of `metrion.dropin` needs of the core: its spelling, and the
//! parsers.

use std::sync::Arc;

use metrion::exposition::parse::{ParseError, ParseOptions, parse_openmetrics, parse_text_with};
use metrion::exposition::prometheus_client::{
    append_end, append_family, append_samples, float_text, label_name, metric_name,
};
use metrion::exposition::sample_family::{SampleFamily, from_openmetrics, from_text};
use metrion::exposition::{EncodeOptions, Spelling, Syntax};
use metrion::{Error, Result as CoreResult, is_classic_label_name, is_classic_metric_name};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::base::{AnyFamily, MetricBase};
use crate::bytes::into_bytes;
use crate::errors::Result;
use crate::formats::{escaping_of, unknown};
use crate::samples::{Times, family_of, metric_object};
use crate::shared::FamiliesOf;

/// A page in the spelling of `prometheus_client`, of metrics, of collectors of several processes' metrics
/// and of `Metric` objects in any order. Metrics are read and written without the interpreter's lock. An
/// exception that an object causes has that object as its last argument.
#[pyfunction]
#[pyo3(signature = (
    metrics: "Iterable[MetricWrapperBase | FamiliesOf | Metric]",
    format,
    escaping,
    created
))]
pub(crate) fn client_page<'py>(
    py: Python<'py>,
    metrics: &Bound<'py, PyAny>,
    format: &str,
    escaping: &str,
    created: bool,
) -> Result<Bound<'py, PyBytes>> {
    let syntax = syntax_of(format)?;
    let options = EncodeOptions {
        created_samples: created,
        escaping: escaping_of(escaping)?,
        spelling: Spelling::PrometheusClient,
    };
    let mut page = Page { syntax, options, out: Vec::new(), own: Vec::new() };
    for metric in metrics.try_iter()? {
        let metric = metric?;
        if let Ok(own) = metric.cast::<MetricBase>() {
            page.own.push(Arc::clone(own.get().family()?));
            continue;
        }
        page.append_own(py)?;
        if let Ok(families) = metric.cast::<FamiliesOf>() {
            page.append_families(py, families.get())?;
            continue;
        }
        page.append_foreign(&metric).map_err(|failure| about(py, failure.into(), &metric))?;
    }
    page.append_own(py)?;
    append_end(syntax, &mut page.out);
    Ok(into_bytes(py, page.out)?)
}

/// How many series metrics have together; `Metric` objects count as one, metrics of several processes as
/// very many.
#[pyfunction]
#[pyo3(signature = (metrics: "Iterable[object]"))]
pub(crate) fn count_series(metrics: &Bound<'_, PyAny>) -> Result<usize> {
    let mut series: usize = 0;
    for metric in metrics.try_iter()? {
        let metric = metric?;
        series = series.saturating_add(match metric.cast::<MetricBase>() {
            Ok(own) => own.get().family()?.len(),
            Err(_) if metric.is_instance_of::<FamiliesOf>() => usize::MAX,
            Err(_) => 1,
        });
    }
    Ok(series)
}

struct Page {
    syntax: Syntax,
    options: EncodeOptions,
    out: Vec<u8>,
    /// Families of the core that are to be written next.
    own: Vec<Arc<dyn AnyFamily>>,
}

impl Page {
    fn append_own(&mut self, py: Python<'_>) -> CoreResult<()> {
        let Self { syntax, options, out, own } = self;
        py.detach(|| {
            own.drain(..)
                .try_for_each(|family| append_family(&family.snapshot()?, *syntax, *options, out))
        })
    }

    fn append_families(&mut self, py: Python<'_>, families: &FamiliesOf) -> CoreResult<()> {
        let Self { syntax, options, out, .. } = self;
        // As with the original's files for several processes.
        let options = EncodeOptions { created_samples: false, ..*options };
        let append = |family: &_, out: &mut Vec<u8>| append_family(family, *syntax, options, out);
        py.detach(|| families.families().iter().try_for_each(|family| append(family, out)))
    }

    fn append_foreign(&mut self, metric: &Bound<'_, PyAny>) -> Result<()> {
        let exemplars = self.syntax == Syntax::OpenMetrics;
        let family = family_of(metric, exemplars)?;
        Ok(append_samples(&family, self.syntax, self.options, &mut self.out)?)
    }
}

fn about(py: Python<'_>, error: PyErr, metric: &Bound<'_, PyAny>) -> PyErr {
    let add = || -> PyResult<()> {
        let value = error.value(py);
        let mut arguments: Vec<Bound<'_, PyAny>> = value.getattr("args")?.extract()?;
        if arguments.is_empty() {
            arguments.push("".into_pyobject(py)?.into_any());
        }
        arguments.push(metric.clone());
        value.setattr("args", PyTuple::new(py, arguments)?)
    };
    match add() {
        Ok(()) => error,
        Err(other) => other,
    }
}

fn syntax_of(format: &str) -> Result<Syntax> {
    match format {
        "text" => Ok(Syntax::Text),
        "openmetrics" => Ok(Syntax::OpenMetrics),
        other => Err(unknown("format", other)),
    }
}

/// The families of an exposition, `text` or `openmetrics`, as `Metric` objects.
#[pyfunction]
#[pyo3(signature = (text, format) -> "list[Metric]")]
pub(crate) fn parse_families<'py>(
    py: Python<'py>,
    text: &str,
    format: &str,
) -> Result<Vec<Bound<'py, PyAny>>> {
    let syntax = syntax_of(format)?;
    let families = py.detach(|| parsed(text.as_bytes(), syntax)).map_err(Error::from)?;
    // OpenMetrics has nanoseconds.
    let times = if syntax == Syntax::OpenMetrics { Times::Objects } else { Times::Floats };
    let objects = families.iter().map(|family| metric_object(py, family, times));
    Ok(objects.collect::<PyResult<_>>()?)
}

pub(crate) fn parsed(
    text: &[u8],
    syntax: Syntax,
) -> std::result::Result<Vec<SampleFamily>, ParseError> {
    if syntax == Syntax::OpenMetrics {
        return Ok(parse_openmetrics(text)?.iter().map(from_openmetrics).collect());
    }
    // What comes twice stays twice, as in `prometheus_client`.
    let options = ParseOptions { refuse_duplicates: false, ..ParseOptions::default() };
    Ok(parse_text_with(text, &options)?.iter().map(from_text).collect())
}

/// A metric name as a page has it: escaped, or with quotes where it needs them.
#[pyfunction]
pub(crate) fn escape_metric_name(name: &str, escaping: &str) -> Result<String> {
    Ok(metric_name(name, escaping_of(escaping)?))
}

/// A label name, by the same rules.
#[pyfunction]
pub(crate) fn escape_label_name(name: &str, escaping: &str) -> Result<String> {
    Ok(label_name(name, escaping_of(escaping)?))
}

/// A number as a page has it.
#[pyfunction]
pub(crate) fn float_to_go_string(value: f64) -> String {
    float_text(value)
}

/// Whether a name needs no quotes: a label's, or a metric's, which may have colons.
#[pyfunction]
pub(crate) fn is_classic_name(name: &str, is_label: bool) -> bool {
    if is_label { is_classic_label_name(name) } else { is_classic_metric_name(name) }
}
