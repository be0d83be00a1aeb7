//! `CollectorRegistry` and what reads one.

use std::sync::Arc;

use metrion::{
    Geometry, NameFilter, NameRules, ProcessWriter, Registry, RegistryOptions, SpanSource,
    default_registry,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyMapping};

use crate::base::MetricBase;
use crate::clock::ManualClock;
use crate::errors::Result;
use crate::helpers::value_class;
use crate::options::{Names, as_texts, pairs};
use crate::source::RestrictedRegistry;
use crate::spans::CurrentSpan;

/// A set of metrics that are exposed together.
#[pyclass(frozen, module = "metrion")]
pub(crate) struct CollectorRegistry {
    pub(crate) registry: Registry,
    pub(crate) writer: Arc<Writer>,
}

/// How the metrics of a registry are updated.
pub(crate) struct Writer {
    /// The one writer of this interpreter: whoever holds its lock is the only one to use it.
    pub(crate) cells: ProcessWriter,
    /// Whether updates look for the current span, to take an exemplar from it: then they go through
    /// the core.
    pub(crate) in_spans: bool,
}

static DEFAULT: PyOnceLock<Py<CollectorRegistry>> = PyOnceLock::new();

impl CollectorRegistry {
    fn over(registry: Registry, in_spans: bool) -> Self {
        let cells = registry.segment().process_writer();
        Self { registry, writer: Arc::new(Writer { cells, in_spans }) }
    }

    /// A registry that no name leads to.
    pub(crate) fn private() -> Result<Self> {
        Ok(Self::over(Registry::new(RegistryOptions::default())?, false))
    }

    /// `REGISTRY`.
    pub(crate) fn default_object(py: Python<'_>) -> Result<&Py<Self>> {
        let make = || Ok(Py::new(py, Self::over(default_registry()?.clone(), false))?);
        DEFAULT.get_or_try_init(py, make)
    }
}

#[pymethods]
impl CollectorRegistry {
    /// A registry in memory of its own.
    ///
    /// `utf8_names` allows metric and label names of any text that is not empty.
    /// `exemplars_from_spans` gives updates of counters and histograms without an exemplar the
    /// current span of OpenTelemetry as one, if it is sampled and the package is installed.
    /// `max_entries` bounds how many metrics, series, and exemplars and the like of a series there is
    /// room for, rounded up to a power of two; 262,144 by default. `clock` is for tests.
    #[new]
    #[pyo3(signature = (
        *, constant_labels=None, self_metrics=false, utf8_names=false, exemplars_from_spans=false,
        max_entries=None, clock=None
    ))]
    fn new(
        py: Python<'_>,
        constant_labels: Option<Bound<'_, PyMapping>>,
        self_metrics: bool,
        utf8_names: bool,
        exemplars_from_spans: bool,
        max_entries: Option<usize>,
        clock: Option<Bound<'_, ManualClock>>,
    ) -> Result<Self> {
        let constant_labels = constant_labels.map_or_else(|| Ok(Vec::new()), |map| pairs(&map))?;
        let name_rules = if utf8_names { NameRules::Utf8 } else { NameRules::Classic };
        let spans = if exemplars_from_spans { CurrentSpan::find(py)? } else { None };
        let spans = spans.map(|spans| Arc::new(spans) as Arc<dyn SpanSource>);
        let in_spans = spans.is_some();
        let defaults = RegistryOptions::default();
        let entries = max_entries.unwrap_or(defaults.geometry.entries);
        let options = RegistryOptions {
            clock: clock.map_or(defaults.clock, |clock| clock.get().shared()),
            geometry: Geometry { entries, ..defaults.geometry },
            constant_labels,
            self_metrics,
            name_rules,
            spans,
        };
        Ok(Self::over(Registry::new(options)?, in_spans))
    }

    /// Takes a metric out: it shows no more, and its name is free.
    fn unregister(&self, collector: &Bound<'_, MetricBase>) -> Result<()> {
        Ok(collector.get().family.unregister_from(&self.registry)?)
    }

    /// The metrics that have one of these names or a sample with one, wherever a registry is read.
    fn restricted_registry(&self, names: Names) -> RestrictedRegistry {
        RestrictedRegistry(self.registry.restricted(names.0))
    }

    /// Which metrics and which labels have most series, the first `top` of each, and how many series
    /// began within the last `recent_seconds`.
    #[pyo3(signature = (top=10, recent_seconds=3600.0))]
    fn cardinality<'py>(
        &self,
        py: Python<'py>,
        top: usize,
        recent_seconds: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let report = py.detach(|| self.registry.cardinality(top, recent_seconds));
        let family = value_class(py, "FamilyCardinality")?;
        let families: PyResult<Vec<_>> = report
            .families
            .iter()
            .map(|own| family.call1((&own.name, own.series, own.recent)))
            .collect();
        let label = value_class(py, "LabelCardinality")?;
        let labels: PyResult<Vec<_>> = report
            .labels
            .iter()
            .map(|own| label.call1((&own.name, own.values, own.series)))
            .collect();
        let class = value_class(py, "CardinalityReport")?;
        class.call1((report.series, report.recent, families?, labels?))
    }

    /// The value of one sample, for tests: `get_sample_value("x_total", {"a": "b"})`.
    #[pyo3(signature = (name, labels=None))]
    fn get_sample_value(
        &self,
        py: Python<'_>,
        name: &str,
        labels: Option<Bound<'_, PyMapping>>,
    ) -> Result<Option<f64>> {
        let labels = labels.map_or_else(|| Ok(Vec::new()), |map| pairs(&map))?;
        let labels = as_texts(&labels);
        Ok(py.detach(|| self.registry.snapshot(&NameFilter::all()).sample_value(name, &labels)))
    }

    /// The exemplars of the metric that has this name or a sample with it, for tests.
    fn get_exemplars<'py>(
        &self,
        py: Python<'py>,
        name: String,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let filter = NameFilter::only(vec![name]);
        let snapshot = py.detach(|| self.registry.snapshot(&filter));
        let placed_class = value_class(py, "PlacedExemplar")?;
        let exemplar_class = value_class(py, "Exemplar")?;
        let mut all = Vec::new();
        for family in &snapshot.families {
            for placed in family.exemplars() {
                let own = &placed.exemplar;
                let labels = own.labels().into_py_dict(py)?;
                let exemplar = exemplar_class.call1((labels, own.value(), own.timestamp()))?;
                let series = family.labels().pairs(placed.row).into_py_dict(py)?;
                all.push(placed_class.call1((series, placed.place, exemplar))?);
            }
        }
        Ok(all)
    }
}
