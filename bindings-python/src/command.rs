//! The command `metrion`, which the package brings along.

use std::ffi::OsString;
use std::io;

use pyo3::prelude::*;

/// Runs the command with these arguments, the first of which is its name, and gives its exit status.
#[pyfunction]
#[pyo3(signature = (arguments: "list[str]") -> "int")]
pub(crate) fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| metrion_cli::run(arguments, &mut io::stdout(), &mut io::stderr()))
}
