//! Metrion for Python: it converts, delegates, and maps errors. The collectors, registries and
//! formats are the core's.

mod base;
mod bytes;
mod client;
mod clock;
mod collector;
mod counter;
mod errors;
mod exemplar;
mod family;
mod file;
mod formats;
mod gauge;
mod graphite;
mod helpers;
mod histogram;
mod http;
mod info;
mod log;
mod native;
mod options;
mod process;
mod push;
mod raw;
mod registry;
mod samples;
mod source;
mod spans;
mod state_set;
mod summary;
mod table;
mod testing;

use pyo3::prelude::*;

/// The native part of the package `metrion`.
#[pymodule(gil_used = true)]
fn _metrion(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    formats::read_environment();
    module.add_class::<base::MetricBase>()?;
    module.add_class::<counter::Counter>()?;
    module.add_class::<gauge::Gauge>()?;
    module.add_class::<histogram::Histogram>()?;
    module.add_class::<summary::Summary>()?;
    module.add_class::<info::Info>()?;
    module.add_class::<state_set::Enum>()?;
    module.add_class::<registry::CollectorRegistry>()?;
    module.add_class::<source::RestrictedRegistry>()?;
    module.add_class::<http::HttpServer>()?;
    module.add_class::<graphite::GraphiteBridge>()?;
    module.add_class::<clock::ManualClock>()?;
    module.add_class::<process::ProcessReader>()?;
    module.add_class::<testing::Checkpoint>()?;
    counter::Counter::add_methods(&py.get_type::<counter::Counter>())?;
    gauge::Gauge::add_methods(&py.get_type::<gauge::Gauge>())?;
    histogram::Histogram::add_methods(&py.get_type::<histogram::Histogram>())?;
    summary::Summary::add_methods(&py.get_type::<summary::Summary>())?;
    info::Info::add_methods(&py.get_type::<info::Info>())?;
    state_set::Enum::add_methods(&py.get_type::<state_set::Enum>())?;
    let default = registry::CollectorRegistry::default_object(py).map_err(PyErr::from)?;
    module.add("REGISTRY", default.clone_ref(py))?;
    module.add("CONTENT_TYPE_LATEST", metrion::exposition::TEXT_CONTENT_TYPE)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(formats::generate_latest, module)?)?;
    module.add_function(wrap_pyfunction!(formats::encode, module)?)?;
    module.add_function(wrap_pyfunction!(formats::check_exposition, module)?)?;
    module.add_function(wrap_pyfunction!(formats::enable_created_metrics, module)?)?;
    module.add_function(wrap_pyfunction!(formats::disable_created_metrics, module)?)?;
    module.add_function(wrap_pyfunction!(formats::uses_created_metrics, module)?)?;
    module.add_function(wrap_pyfunction!(http::render, module)?)?;
    module.add_function(wrap_pyfunction!(testing::compare, module)?)?;
    module.add_function(wrap_pyfunction!(testing::lint, module)?)?;
    module.add_function(wrap_pyfunction!(testing::parse, module)?)?;
    module.add_function(wrap_pyfunction!(http::negotiated_content_type, module)?)?;
    module.add_function(wrap_pyfunction!(push::push_request, module)?)?;
    module.add_function(wrap_pyfunction!(push::send_push, module)?)?;
    module.add_function(wrap_pyfunction!(file::write_page, module)?)?;
    for function in client::functions(module)? {
        module.add_function(function)?;
    }
    Ok(())
}
