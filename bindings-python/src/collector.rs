//! Python objects as collectors of the core.

use metrion::exposition::sample_family::fit;
use metrion::{Collector, Error, ErrorCode, FamilySnapshot, Result as CoreResult, Schema};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::errors::{Failure, Result};
use crate::log::Complaint;
use crate::samples::{family_of, schema_of};

/// An object with a method `collect()` that gives `Metric` objects, and perhaps one `describe()`.
pub(crate) struct PythonCollector {
    object: Py<PyAny>,
    described: Vec<Schema>,
    is_of_process: bool,
    complaint: Complaint,
}

/// What one collector may give in one collection: a generator without end must not take all memory.
const MAX_FAMILIES: usize = 100_000;

impl PythonCollector {
    /// Asks the object what it will yield, by `describe()`, or, with `auto_describe`, by `collect()`.
    pub(crate) fn new(object: &Bound<'_, PyAny>, auto_describe: bool) -> PyResult<Self> {
        object.getattr("collect")?;
        let describe = object.getattr_opt("describe")?.filter(|describe| !describe.is_none());
        let described =
            match describe.or(auto_describe.then(|| object.getattr("collect")).transpose()?) {
                Some(describe) => {
                    describe.call0()?.try_iter()?.map(|metric| schema_of(&metric?)).collect()
                }
                None => Ok(Vec::new()),
            };
        let is_of_process = object.getattr_opt("is_of_process")?;
        Ok(Self {
            object: object.clone().unbind(),
            described: described?,
            is_of_process: is_of_process.is_some_and(|own| own.is_truthy().unwrap_or(false)),
            complaint: Complaint::default(),
        })
    }

    /// An object that is only collected.
    pub(crate) fn undescribed(object: &Bound<'_, PyAny>) -> Self {
        Self {
            object: object.clone().unbind(),
            described: Vec::new(),
            is_of_process: false,
            complaint: Complaint::default(),
        }
    }

    fn families(&self, py: Python<'_>) -> Vec<CoreResult<FamilySnapshot>> {
        let mut all = Vec::new();
        let metrics = self.object.call_method0(py, "collect");
        let metrics = match metrics.and_then(|metrics| metrics.bind(py).try_iter()) {
            Ok(metrics) => metrics,
            Err(error) => return vec![Err(self.failed(py, error))],
        };
        for (place, metric) in metrics.enumerate() {
            if place == MAX_FAMILIES {
                let message = format!("it gave more than {MAX_FAMILIES} metrics");
                all.push(Err(self.failed(py, PyOverflowError::new_err(message))));
                break;
            }
            match metric.map_err(Failure::from).and_then(|metric| snapshots_of(&metric)) {
                Ok(snapshots) => all.extend(snapshots.into_iter().map(Ok)),
                Err(failure) => all.push(Err(self.failed(py, failure.into()))),
            }
        }
        all
    }

    fn failed(&self, py: Python<'_>, error: PyErr) -> Error {
        let failed = Error::new(ErrorCode::InvalidValue, format!("a collector failed: {error}"));
        self.complaint.log(py, &self.object, &error);
        failed
    }
}

fn snapshots_of(metric: &Bound<'_, PyAny>) -> Result<Vec<FamilySnapshot>> {
    Ok(fit(&family_of(metric, true)?)?)
}

impl Collector for PythonCollector {
    fn describe(&self) -> Vec<Schema> {
        self.described.clone()
    }

    fn is_of_process(&self) -> bool {
        self.is_of_process
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        self.try_collect().into_iter().flatten().collect()
    }

    fn try_collect(&self) -> Vec<CoreResult<FamilySnapshot>> {
        // Nothing when the interpreter is ending.
        Python::try_attach(|py| self.families(py)).unwrap_or_default()
    }
}

/// Gives the same family at every collection.
pub(crate) struct FixedCollector(pub(crate) FamilySnapshot);

impl Collector for FixedCollector {
    fn describe(&self) -> Vec<Schema> {
        vec![self.0.schema().clone()]
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        vec![self.0.clone()]
    }
}
