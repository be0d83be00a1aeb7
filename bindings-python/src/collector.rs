//! Python objects as collectors of the core.

use metrion::exposition::sample_family::fit;
use metrion::{Collector, Error, ErrorCode, FamilySnapshot, Result as CoreResult, Schema};
use pyo3::prelude::*;

use crate::samples::{family_of, schema_of};

/// An object with a method `collect()` that gives `Metric` objects, and perhaps one `describe()`.
pub(crate) struct PythonCollector {
    object: Py<PyAny>,
    described: Vec<Schema>,
}

impl PythonCollector {
    /// Asks the object what it will yield, by `describe()`, or, with `auto_describe`, by `collect()`.
    pub(crate) fn new(object: &Bound<'_, PyAny>, auto_describe: bool) -> PyResult<Self> {
        object.getattr("collect")?;
        let describe = object.getattr_opt("describe")?;
        let described =
            match describe.or(auto_describe.then(|| object.getattr("collect")).transpose()?) {
                Some(describe) => {
                    describe.call0()?.try_iter()?.map(|metric| schema_of(&metric?)).collect()
                }
                None => Ok(Vec::new()),
            };
        Ok(Self { object: object.clone().unbind(), described: described? })
    }

    /// An object that is only collected.
    pub(crate) fn undescribed(object: &Bound<'_, PyAny>) -> Self {
        Self { object: object.clone().unbind(), described: Vec::new() }
    }

    fn families(&self, py: Python<'_>) -> Vec<CoreResult<FamilySnapshot>> {
        let mut all = Vec::new();
        let metrics = self.object.call_method0(py, "collect");
        let metrics = metrics.and_then(|metrics| metrics.bind(py).try_iter());
        let mut add = |metric: PyResult<Bound<'_, PyAny>>| match metric
            .and_then(|metric| family_of(&metric, true))
        {
            Ok(family) => match fit(&family) {
                Ok(snapshots) => all.extend(snapshots.into_iter().map(Ok)),
                Err(error) => all.push(Err(error)),
            },
            Err(error) => all.push(Err(failed(py, error))),
        };
        match metrics {
            Ok(metrics) => metrics.for_each(add),
            Err(error) => add(Err(error)),
        }
        all
    }
}

/// Tells the log of it: a scrape has nobody to raise the exception to.
fn failed(py: Python<'_>, error: PyErr) -> Error {
    let message = format!("a collector failed: {error}");
    log(py, &message);
    Error::new(ErrorCode::InvalidValue, message)
}

/// A warning in the log `metrion`.
pub(crate) fn log(py: Python<'_>, message: &str) {
    let log = || -> PyResult<()> {
        let logger = py.import("logging")?.call_method1("getLogger", ("metrion",))?;
        logger.call_method1("warning", ("%s", message)).map(drop)
    };
    // Without a log it is counted all the same.
    let _logged = log();
}

impl Collector for PythonCollector {
    fn describe(&self) -> Vec<Schema> {
        self.described.clone()
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
