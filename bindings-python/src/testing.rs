//! What `metrion.testing` has of the core.

use metrion::exporters::Scrape;
use metrion::exposition::parse::{
    ParseOptions, is_openmetrics, parse_openmetrics, parse_text_with,
};
use metrion::exposition::{Syntax, compare as core_compare, encode_text, lint as core_lint};
use metrion::{Checkpoint as CoreCheckpoint, Error, NameFilter, SourceId};
use pyo3::exceptions::PyAssertionError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::client::parsed;
use crate::errors::Result;
use crate::helpers::value_class;
use crate::registry::{CollectorRegistry, Target, lock};
use crate::samples::{Times, metric_object};
use crate::source::Source;

/// The text of a page, or that of a registry now.
pub(crate) struct Exposition(Vec<u8>);

impl<'a, 'py> FromPyObject<'a, 'py> for Exposition {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.extract::<String>() {
            return Ok(Self(text.into_bytes()));
        }
        if let Ok(source) = object.extract::<Source>() {
            return Ok(Self(object.py().detach(|| {
                let mut text = Vec::new();
                encode_text(&source.scrape(&NameFilter::all()), &mut text);
                text
            })));
        }
        let body = object.getattr_opt("body")?.unwrap_or_else(|| object.to_owned());
        Ok(Self(body.extract::<PyBackedBytes>()?.to_vec()))
    }
}

/// Raises an `AssertionError` with a diff unless two expositions say the same. Each is text, bytes, a
/// `Page`, or a registry or collector, of which it is the page now.
///
/// >>> from metrion import CollectorRegistry, Gauge
/// >>> from metrion.testing import compare
/// >>> registry = CollectorRegistry()
/// >>> Gauge("up", "", registry=registry).set(1)
/// >>> compare("# TYPE up gauge\nup 1\n", registry)
/// >>> compare("# TYPE up gauge\nup 2\n", registry)
/// Traceback (most recent call last):
/// ...
/// AssertionError: the expositions differ
#[pyfunction]
#[pyo3(signature = (expected: "str | bytes | Page | Collector", found: "str | bytes | Page | Collector"))]
pub(crate) fn compare(py: Python<'_>, expected: Exposition, found: Exposition) -> PyResult<()> {
    let compared = py.detach(|| core_compare(&expected.0, &found.0));
    compared.map_err(|difference| PyAssertionError::new_err(difference.to_string()))
}

/// What is wrong with the metrics of an exposition, of any kind that `compare` takes, by the conventions
/// of Prometheus.
///
/// >>> from metrion.testing import lint
/// >>> lint("# HELP jobs Jobs.\n# TYPE jobs counter\njobs 1\n")
/// [Finding(metric='jobs', text='counter metrics should have "_total" suffix')]
#[pyfunction]
#[pyo3(signature = (exposition: "str | bytes | Page | Collector") -> "list[Finding]")]
pub(crate) fn lint<'py>(py: Python<'py>, exposition: Exposition) -> Result<Vec<Bound<'py, PyAny>>> {
    let Exposition(page) = exposition;
    // A series that comes twice is a finding.
    let options = ParseOptions { refuse_duplicates: false, ..ParseOptions::default() };
    let findings = py.detach(|| {
        let is_openmetrics = is_openmetrics(&page);
        let families = if is_openmetrics {
            parse_openmetrics(&page)
        } else {
            parse_text_with(&page, &options)
        };
        families.map(|families| core_lint(&families))
    });
    let class = value_class(py, "Finding")?;
    let findings = findings.map_err(Error::from)?.into_iter();
    Ok(findings.map(|own| class.call1((own.metric, own.text))).collect::<PyResult<_>>()?)
}

/// The families of an exposition, of any kind that `compare` takes, as `Metric` objects.
///
/// >>> from metrion.testing import parse
/// >>> [family] = parse("# TYPE up gauge\nup 1\n")
/// >>> family.name, family.type, family.samples[0].value
/// ('up', 'gauge', 1.0)
#[pyfunction]
#[pyo3(signature = (exposition: "str | bytes | Page | Collector") -> "list[Metric]")]
pub(crate) fn parse<'py>(
    py: Python<'py>,
    exposition: Exposition,
) -> Result<Vec<Bound<'py, PyAny>>> {
    let Exposition(page) = exposition;
    let syntax = if is_openmetrics(&page) { Syntax::OpenMetrics } else { Syntax::Text };
    let families = py.detach(|| parsed(&page, syntax)).map_err(Error::from)?;
    let objects = families.iter().map(|family| metric_object(py, family, Times::Floats));
    Ok(objects.collect::<PyResult<_>>()?)
}

/// What a registry has at one moment.
#[pyclass(frozen, module = "metrion._metrion")]
pub(crate) struct Checkpoint {
    registry: Py<CollectorRegistry>,
    core: CoreCheckpoint,
    collectors: Vec<(Py<PyAny>, SourceId)>,
    target: Option<Target>,
}

#[pymethods]
impl Checkpoint {
    #[new]
    #[pyo3(signature = (registry) -> "Self")]
    fn new(py: Python<'_>, registry: Py<CollectorRegistry>) -> Result<Self> {
        let own = registry.get();
        let core = own.core()?.registry.checkpoint();
        let collectors = copy(py, &lock(&own.collectors));
        let target = lock(&own.target).clone();
        Ok(Self { registry, core, collectors, target })
    }

    /// Makes the registry what it was.
    fn go_back(&self, py: Python<'_>) {
        let own = self.registry.get();
        self.core.go_back();
        *lock(&own.target) = self.target.clone();
        let before = copy(py, &self.collectors);
        // What came since may end here, and run Python code: not under the lock.
        let _since = std::mem::replace(&mut *lock(&own.collectors), before);
    }
}

fn copy(py: Python<'_>, collectors: &[(Py<PyAny>, SourceId)]) -> Vec<(Py<PyAny>, SourceId)> {
    collectors.iter().map(|(object, id)| (object.clone_ref(py), *id)).collect()
}
