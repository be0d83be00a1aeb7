//! Metrion for Python: it converts, delegates, and maps errors. The collectors, registries and
//! formats are the core's.
// Docstrings have examples, whose `>>>` Markdown takes for quotes.
#![allow(clippy::doc_lazy_continuation)]

mod base;
mod bytes;
mod client;
mod clock;
mod collector;
mod command;
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
mod shared;
mod source;
mod spans;
mod state_set;
mod summary;
mod table;
mod testing;

/// The native part of the package `metrion`. Programs import from that.
#[pyo3::pymodule(gil_used = true)]
mod _metrion {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::base::MetricBase;
    #[pymodule_export]
    use crate::client::{
        client_page, count_series, escape_label_name, escape_metric_name, float_to_go_string,
        is_classic_name, parse_families,
    };
    #[pymodule_export]
    use crate::clock::ManualClock;
    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::counter::Counter;
    #[pymodule_export]
    use crate::file::write_page;
    #[pymodule_export]
    use crate::formats::{
        check_exposition, disable_created_metrics, enable_created_metrics, encode, generate_latest,
        uses_created_metrics,
    };
    #[pymodule_export]
    use crate::gauge::Gauge;
    #[pymodule_export]
    use crate::graphite::GraphiteBridge;
    #[pymodule_export]
    use crate::histogram::Histogram;
    #[pymodule_export]
    use crate::http::{HttpServer, negotiated_content_type, render};
    #[pymodule_export]
    use crate::info::Info;
    #[pymodule_export]
    use crate::process::ProcessReader;
    #[pymodule_export]
    use crate::push::{push_request, send_push};
    #[pymodule_export]
    use crate::registry::CollectorRegistry;
    #[pymodule_export]
    use crate::shared::{
        FamiliesOf, end_process, register_with_first_use, set_process_number, stands_for_folder,
    };
    #[pymodule_export]
    use crate::source::RestrictedRegistry;
    #[pymodule_export]
    use crate::state_set::Enum;
    #[pymodule_export]
    use crate::summary::Summary;
    #[pymodule_export]
    use crate::testing::{Checkpoint, compare, lint, parse};

    #[pymodule_export]
    const CONTENT_TYPE_LATEST: &str = metrion::exposition::TEXT_CONTENT_TYPE;
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        crate::raw::look_at_version(py);
        crate::formats::read_environment();
        Counter::add_methods(&py.get_type::<Counter>())?;
        Gauge::add_methods(&py.get_type::<Gauge>())?;
        Histogram::add_methods(&py.get_type::<Histogram>())?;
        Summary::add_methods(&py.get_type::<Summary>())?;
        Info::add_methods(&py.get_type::<Info>())?;
        Enum::add_methods(&py.get_type::<Enum>())?;
        let default = CollectorRegistry::default_object(py).map_err(PyErr::from)?;
        module.add("REGISTRY", default.clone_ref(py))
    }
}
