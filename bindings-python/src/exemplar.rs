//! The `exemplar` argument of updates.

use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::errors::Result;
use crate::options::pairs;

/// The labels of an exemplar, if one is given. No labels are no exemplar, as in prometheus_client.
pub(crate) fn labels(argument: Option<&Bound<'_, PyAny>>) -> Result<Option<Vec<(String, String)>>> {
    let Some(argument) = argument.filter(|argument| !argument.is_none()) else { return Ok(None) };
    let labels = argument.cast::<PyMapping>().map_err(PyErr::from)?;
    Ok(Some(pairs(labels)?).filter(|labels| !labels.is_empty()))
}
