//! Metrics in a file.

use std::path::PathBuf;

use metrion::exporters::file::{FileOptions, write_page as write};
use pyo3::prelude::*;

use crate::errors::Result;

/// Writes a page to a file, as a whole or not at all. `tmpdir` is where it is written first.
#[pyfunction]
#[pyo3(signature = (path, page, tmpdir))]
pub(crate) fn write_page(
    py: Python<'_>,
    path: PathBuf,
    page: &[u8],
    tmpdir: Option<PathBuf>,
) -> Result<()> {
    let options = FileOptions { temporary_folder: tmpdir, ..FileOptions::new(&path) };
    Ok(py.detach(|| write(page, &options))?)
}
