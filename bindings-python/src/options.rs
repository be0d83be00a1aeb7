//! The arguments that every metric class takes.

use std::time::Duration;

use metrion::{Error, ErrorCode, FamilyOptions};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use crate::errors::Result;
use crate::registry::CollectorRegistry;

/// The `registry` argument: not given means the default one, `None` one of the metric's own that
/// nobody collects.
pub(crate) enum RegistryArgument {
    Default,
    Unregistered,
    Given(Py<CollectorRegistry>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for RegistryArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if object.is_none() {
            return Ok(Self::Unregistered);
        }
        Ok(Self::Given(object.cast::<CollectorRegistry>()?.to_owned().unbind()))
    }
}

impl RegistryArgument {
    pub(crate) fn resolve(self, py: Python<'_>) -> Result<Py<CollectorRegistry>> {
        match self {
            Self::Default => Ok(CollectorRegistry::default_object(py)?.clone_ref(py)),
            Self::Unregistered => Ok(Py::new(py, CollectorRegistry::private()?)?),
            Self::Given(registry) => Ok(registry),
        }
    }
}

/// Names from any iterable of text but text itself.
#[derive(Default)]
pub(crate) struct Names(pub(crate) Vec<String>);

impl<'a, 'py> FromPyObject<'a, 'py> for Names {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            let message = "a list or tuple of names is expected, not one text";
            return Err(pyo3::exceptions::PyTypeError::new_err(message));
        }
        let names: PyResult<Vec<String>> = object.try_iter()?.map(|name| name?.extract()).collect();
        Ok(Self(names?))
    }
}

/// What the core's options have in common, from a metric's arguments.
pub(crate) fn family_options(
    name: String,
    documentation: String,
    labelnames: Names,
    words: [&str; 3],
    constant_labels: Option<Bound<'_, PyMapping>>,
    max_series: Option<usize>,
    expire_after: Option<f64>,
) -> Result<FamilyOptions> {
    let [namespace, subsystem, unit] = words.map(str::to_owned);
    let constant_labels = constant_labels.map_or_else(|| Ok(Vec::new()), |map| pairs(&map))?;
    Ok(FamilyOptions {
        name,
        help: documentation,
        namespace,
        subsystem,
        unit,
        label_names: labelnames.0,
        constant_labels,
        max_series,
        expire_after_seconds: expire_after,
    })
}

/// The names and texts of a mapping of labels.
pub(crate) fn pairs(map: &Bound<'_, PyMapping>) -> Result<Vec<(String, String)>> {
    map.items()?
        .iter()
        .map(|item| {
            let (name, value): (String, Bound<'_, PyAny>) = item.extract()?;
            let value = crate::family::to_str(&value)?;
            Ok((name, crate::family::to_text(&value)?.to_owned()))
        })
        .collect()
}

/// The same, as the core takes them.
pub(crate) fn as_texts(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A number of seconds from 0 up, called `what` in the error.
pub(crate) fn seconds(what: &str, number: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(number).map_err(|_| {
        let message = format!("{what} must be a number of seconds from 0 up, not {number}");
        Error::new(ErrorCode::InvalidValue, message).into()
    })
}
