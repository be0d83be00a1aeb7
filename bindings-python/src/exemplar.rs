//! The `exemplar` argument of updates.

use metrion::{ErrorCode, Result as CoreResult};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::errors::Result;
use crate::options::pairs;

/// The labels of an exemplar, if one is given. No labels are no exemplar, as in prometheus_client.
pub(crate) fn labels(
    argument: Option<Borrowed<'_, '_, PyAny>>,
) -> Result<Option<Vec<(String, String)>>> {
    let Some(argument) = argument.filter(|argument| !argument.is_none()) else { return Ok(None) };
    let labels = argument.cast::<PyMapping>().map_err(PyErr::from)?;
    Ok(Some(pairs(&labels)?).filter(|labels| !labels.is_empty()))
}

/// Whether an update with an exemplar was counted. It was, too, when the registry had no room for the
/// exemplar: an update does not fail because memory is short.
pub(crate) fn counted(outcome: CoreResult<()>) -> CoreResult<()> {
    outcome.or_else(|error| match error.code() {
        ErrorCode::LimitReached => Ok(()),
        _ => Err(error),
    })
}
