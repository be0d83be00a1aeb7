//! Metrion for Python: it converts, delegates, and maps errors. The collectors, registries and
//! formats are the core's.
// Docstrings have examples, whose `>>>` Markdown takes for quotes.
#![allow(clippy::doc_lazy_continuation)]

mod base;
mod client;
mod clock;
mod collector;
mod counter;
mod errors;
mod exemplar;
mod family;
mod formats;
mod gauge;
mod helpers;
mod histogram;
mod http;
mod info;
mod native;
mod options;
mod raw;
mod registry;
mod samples;
mod source;
mod spans;
mod state_set;
mod summary;
mod table;

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
    use crate::counter::Counter;
    #[pymodule_export]
    use crate::formats::{check_exposition, encode, generate_latest};
    #[pymodule_export]
    use crate::gauge::Gauge;
    #[pymodule_export]
    use crate::histogram::Histogram;
    #[pymodule_export]
    use crate::http::{HttpServer, render};
    #[pymodule_export]
    use crate::info::Info;
    #[pymodule_export]
    use crate::registry::CollectorRegistry;
    #[pymodule_export]
    use crate::source::RestrictedRegistry;
    #[pymodule_export]
    use crate::state_set::Enum;
    #[pymodule_export]
    use crate::summary::Summary;

    #[pymodule_export]
    const CONTENT_TYPE_LATEST: &str = metrion::exposition::TEXT_CONTENT_TYPE;
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
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
