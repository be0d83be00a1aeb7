//! `Metric`: what all metric classes inherit.

use metrion::{Family, Metric, Registry, Result as CoreResult, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyTuple};

use crate::errors::Result;
use crate::family::{to_str, to_text};
use crate::options::{as_texts, pairs};

/// A family of whatever kind, for what does not depend on the kind.
pub(crate) trait AnyFamily: Send + Sync {
    fn schema(&self) -> &Schema;
    fn remove(&self, values: &[&str]) -> CoreResult<bool>;
    fn remove_matching(&self, pairs: &[(&str, &str)]) -> CoreResult<usize>;
    fn clear(&self);
    fn reset(&self);
    fn unregister_from(&self, registry: &Registry) -> CoreResult<()>;
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
}

/// What all metric classes have in common.
#[pyclass(frozen, subclass, module = "metrion", name = "Metric")]
pub(crate) struct MetricBase {
    pub(crate) family: std::sync::Arc<dyn AnyFamily>,
}

#[pymethods]
impl MetricBase {
    /// The family's name; a counter's is without `_total`.
    #[getter]
    fn name(&self) -> &str {
        &self.family.schema().name
    }

    /// The help text.
    #[getter]
    fn documentation(&self) -> &str {
        &self.family.schema().help
    }

    /// The names of its labels.
    #[getter]
    fn labelnames<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.family.schema().label_names)
    }

    /// Removes the series with these label values; whether it was there.
    #[pyo3(signature = (*labelvalues))]
    fn remove(&self, labelvalues: &Bound<'_, PyTuple>) -> Result<bool> {
        let values = labelvalues.iter().map(|value| to_str(&value)).collect::<Result<Vec<_>>>()?;
        let texts = values.iter().map(to_text).collect::<Result<Vec<&str>>>()?;
        Ok(self.family.remove(&texts)?)
    }

    /// Removes every series that has these labels among its own; how many there were.
    fn remove_matching(&self, labels: &Bound<'_, PyMapping>) -> Result<usize> {
        Ok(self.family.remove_matching(&as_texts(&pairs(labels)?))?)
    }

    /// Removes all series.
    fn clear(&self) {
        self.family.clear();
    }

    /// Sets all series to zero and their creation time to now.
    fn reset(&self) {
        self.family.reset();
    }

    fn __repr__(&self) -> String {
        format!("<metrion {}>", self.family.schema().summary())
    }
}
