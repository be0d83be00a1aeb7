//! `MetricWrapperBase`: what all metric classes inherit.

use std::sync::{Arc, OnceLock};

use metrion::exposition::sample_family::flatten;
use metrion::{Family, FamilySnapshot, Metric, Registry, Result as CoreResult, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple, PyType};

use crate::clock;
use crate::counter::Counter;
use crate::errors::Result;
use crate::family::{not_initialized, to_str, to_text};
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::info::Info;
use crate::options::{as_texts, pairs};
use crate::samples::{Times, metric_object, metric_without_samples};
use crate::state_set::Enum;
use crate::summary::Summary;

/// A family of whatever kind, for what does not depend on the kind.
pub(crate) trait AnyFamily: Send + Sync {
    fn schema(&self) -> &Schema;
    fn remove(&self, values: &[&str]) -> CoreResult<bool>;
    fn remove_matching(&self, pairs: &[(&str, &str)]) -> CoreResult<usize>;
    fn clear(&self);
    fn reset(&self);
    fn unregister_from(&self, registry: &Registry) -> CoreResult<()>;
    fn snapshot(&self) -> CoreResult<FamilySnapshot>;
    fn len(&self) -> usize;
}

impl<M: Metric> AnyFamily for Family<M> {
    fn schema(&self) -> &Schema {
        self.schema()
    }

    fn remove(&self, values: &[&str]) -> CoreResult<bool> {
        self.remove(values)
    }

    fn remove_matching(&self, pairs: &[(&str, &str)]) -> CoreResult<usize> {
        self.remove_matching(pairs)
    }

    fn clear(&self) {
        self.clear();
    }

    fn reset(&self) {
        self.reset();
    }

    fn unregister_from(&self, registry: &Registry) -> CoreResult<()> {
        registry.unregister_family(self)
    }

    fn snapshot(&self) -> CoreResult<FamilySnapshot> {
        self.snapshot()
    }

    fn len(&self) -> usize {
        self.len()
    }
}

type AddMethods = fn(&Bound<'_, PyType>) -> PyResult<()>;

/// What all metric classes have in common. All of them take these arguments:
///
/// - `name`, after `namespace` and `subsystem`, if they are given, each with an underscore behind it.
/// - `documentation`: one sentence for people.
/// - `labelnames`: the labels that tell the series apart. A metric without any can be updated at once,
///   one with some through `labels()`.
/// - `unit`: the base unit, such as `seconds`. The name gets it as its end if it has not.
/// - `registry`: where the metric is collected, `metrion.REGISTRY` by default. With None nobody collects
///   it but `collect()`. To make a metric again in the same registry gives the same metric.
/// - `constant_labels`: labels with one value for the whole metric.
/// - `max_series`: the most series that it may have; updates of further ones go to one overflow series,
///   which has the value `true` for the label `metrion_overflow`.
/// - `expire_after`: after so many seconds without a change a series is not shown until it changes.
///
/// Each of them raises a `MetrionError`: `metric_exists` when the registry has that name with another
/// type, help, unit or labels, `invalid_name` or `reserved_name` for a name of a metric or a label that
/// the formats do not allow, `limit_reached` when the registry is full.
///
/// >>> from metrion import CollectorRegistry, Counter
/// >>> from metrion.metrics import MetricWrapperBase
/// >>> sent = Counter(
/// ...     "sent", "Bytes sent.", ["host"], namespace="mail", unit="bytes", registry=CollectorRegistry()
/// ... )
/// >>> sent.name, sent.labelnames, isinstance(sent, MetricWrapperBase)
/// ('mail_sent_bytes', ('host',), True)
#[pyclass(frozen, subclass, module = "metrion.metrics", name = "MetricWrapperBase")]
pub(crate) struct MetricBase {
    family: OnceLock<Arc<dyn AnyFamily>>,
}

impl MetricBase {
    /// What `__init__` is to fill.
    pub(crate) fn empty() -> Self {
        Self { family: OnceLock::new() }
    }

    /// Whether it was empty.
    pub(crate) fn fill(&self, family: Arc<dyn AnyFamily>) -> bool {
        self.family.set(family).is_ok()
    }

    pub(crate) fn family(&self) -> Result<&Arc<dyn AnyFamily>> {
        self.family.get().ok_or_else(not_initialized)
    }
}

#[pymethods]
impl MetricBase {
    /// The whole name, with namespace, subsystem and unit; a counter's is without `_total`.
    #[getter]
    fn name(&self) -> Result<&str> {
        Ok(&self.family()?.schema().name)
    }

    /// The help text.
    #[getter]
    fn documentation(&self) -> Result<&str> {
        Ok(&self.family()?.schema().help)
    }

    /// The names of its labels, in the order in which `labels()` takes their values.
    #[getter]
    fn labelnames<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyTuple>> {
        Ok(PyTuple::new(py, &self.family()?.schema().label_names)?)
    }

    /// The series with these label values, an object of the same class to be updated: all of them by
    /// position, all by name, or one mapping. The first call for a series makes it. Values become text by
    /// `str()`, so numbers are welcome.
    ///
    /// A series is quick to look up again; one that is updated very often can be kept. When it is removed,
    /// the object stays valid and counts where nobody sees it.
    ///
    /// Raises a `MetrionError`: `label_mismatch` when there are too few or too many values, or other names
    /// than the metric's; `invalid_label_value`, also a `TypeError`, for bytes and for what `str()` refuses.
    ///
    /// >>> from metrion import CollectorRegistry, Counter
    /// >>> requests = Counter("requests", "Requests.", ["method"], registry=CollectorRegistry())
    /// >>> requests.labels("GET").inc()
    /// >>> requests.labels(method="GET").inc()
    /// >>> requests.labels({"method": "GET"}).get()
    /// 2.0
    #[pyo3(signature = (*labelvalues: "object", **labels: "object") -> "Self")]
    fn labels<'py>(
        slf: &Bound<'py, Self>,
        labelvalues: &Bound<'py, PyTuple>,
        labels: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // Every class has a raw method in the place of this one.
        slf.call_method("labels", labelvalues, labels)
    }

    /// Removes the series with these label values, given in the order of `labelnames`, and says whether it
    /// was there. Raises a `MetrionError` (`label_mismatch`) when their number is wrong.
    #[pyo3(signature = (*labelvalues: "object"))]
    fn remove(&self, labelvalues: &Bound<'_, PyTuple>) -> Result<bool> {
        let values = labelvalues.iter().map(|value| to_str(&value)).collect::<Result<Vec<_>>>()?;
        let texts = values.iter().map(to_text).collect::<Result<Vec<&str>>>()?;
        Ok(self.family()?.remove(&texts)?)
    }

    /// Removes every series that has these labels among its own, and says how many there were. Raises a
    /// `MetrionError` (`label_mismatch`) for a label that the metric does not have.
    #[pyo3(signature = (labels: "Mapping[str, object]"))]
    fn remove_matching(&self, labels: &Bound<'_, PyMapping>) -> Result<usize> {
        Ok(self.family()?.remove_matching(&as_texts(&pairs(labels)?))?)
    }

    /// The same, as prometheus_client calls it.
    #[pyo3(signature = (labels: "Mapping[str, object]"))]
    fn remove_by_labels(&self, labels: &Bound<'_, PyMapping>) -> Result<()> {
        self.remove_matching(labels).map(drop)
    }

    /// Removes all series. A metric without labels starts again at zero.
    fn clear(&self, py: Python<'_>) -> Result<()> {
        clock::tick(py)?;
        self.family()?.clear();
        Ok(())
    }

    /// Sets all series to zero and their creation time to now.
    fn reset(&self, py: Python<'_>) -> Result<()> {
        clock::tick(py)?;
        self.family()?.reset();
        Ok(())
    }

    /// Its series now, as a list of one `metrion.metrics_core.Metric`: every metric is a collector, too.
    /// `created` asks for the `_created` samples.
    #[pyo3(signature = (*, created=false) -> "list[Metric]")]
    fn collect<'py>(&self, py: Python<'py>, created: bool) -> Result<Vec<Bound<'py, PyAny>>> {
        let snapshot = self.family()?.snapshot()?;
        Ok(vec![metric_object(py, &flatten(&snapshot, created), Times::Floats)?])
    }

    /// The same without samples: what it will show, for a registry that looks for clashes.
    #[pyo3(signature = () -> "list[Metric]")]
    fn describe<'py>(&self, py: Python<'py>) -> Result<Vec<Bound<'py, PyAny>>> {
        Ok(vec![metric_without_samples(py, self.family()?.schema())?])
    }

    /// Gives a subclass the hot methods as its own.
    #[classmethod]
    #[pyo3(signature = (**_kwargs: "object"))]
    fn __init_subclass__(
        cls: &Bound<'_, PyType>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        for (is_one, add_methods) in [
            (cls.is_subclass_of::<Counter>()?, Counter::add_methods as AddMethods),
            (cls.is_subclass_of::<Gauge>()?, Gauge::add_methods),
            (cls.is_subclass_of::<Histogram>()?, Histogram::add_methods),
            (cls.is_subclass_of::<Summary>()?, Summary::add_methods),
            (cls.is_subclass_of::<Info>()?, Info::add_methods),
            (cls.is_subclass_of::<Enum>()?, Enum::add_methods),
        ] {
            if is_one {
                return add_methods(cls);
            }
        }
        Ok(())
    }

    fn __repr__(&self) -> Result<String> {
        Ok(format!("<metrion {}>", self.family()?.schema().summary()))
    }
}
