//! What several processes have together as prometheus_client has it: by a folder that the environment names.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use metrion::exposition::sample_family::flatten;
use metrion::{Collector, Error, ErrorCode, FamilySnapshot, Registry, RegistryMemory};
use pyo3::prelude::*;

use crate::errors::Result;
use crate::registry::CollectorRegistry;
use crate::samples::{Times, metric_object};

/// The folder, by the name that the variable has and by the one that it had.
fn folder() -> Option<OsString> {
    let named = |name| env::var_os(name).filter(|folder| !folder.is_empty());
    named("PROMETHEUS_MULTIPROC_DIR").or_else(|| named("prometheus_multiproc_dir"))
}

/// Whether `REGISTRY` is the one in that folder. A file that is named for it goes first.
#[pyfunction]
pub(crate) fn stands_for_folder() -> bool {
    folder().is_some() && RegistryMemory::from_environment() == RegistryMemory::Private
}

/// The file in that folder. There is nobody who could say what to do with one of another version.
pub(crate) fn segment_in_folder() -> Result<RegistryMemory> {
    let Some(folder) = folder() else {
        let message = "env PROMETHEUS_MULTIPROC_DIR is not set any more";
        return Err(Error::new(ErrorCode::InvalidValue, message).into());
    };
    let path = PathBuf::from(folder).join("metrion.registry");
    Ok(RegistryMemory::Shared { path, move_damaged_aside: true })
}

/// Shows a collector in a registry as soon as that is used.
#[pyfunction]
#[pyo3(signature = (registry, collector: "Collector") -> "None")]
pub(crate) fn register_with_first_use(
    registry: &Bound<'_, CollectorRegistry>,
    collector: &Bound<'_, PyAny>,
) -> Result<()> {
    registry.get().register_with_first_use(collector)
}

/// Gives this process another number in a registry than its process id.
#[pyfunction]
#[pyo3(signature = (registry, number) -> "None")]
pub(crate) fn set_process_number(
    registry: &Bound<'_, CollectorRegistry>,
    number: u32,
) -> Result<()> {
    registry.get().core()?.registry.set_process_number(number);
    Ok(())
}

/// Ends what this process said of itself in a registry.
#[pyfunction]
#[pyo3(signature = (registry) -> "None")]
pub(crate) fn end_process(registry: &Bound<'_, CollectorRegistry>) -> Result<()> {
    registry.get().core()?.registry.end_process();
    Ok(())
}

/// The metrics of a registry, without what its other collectors give: a collector for another registry.
#[pyclass(frozen, subclass, module = "metrion._metrion")]
#[derive(Clone)]
pub(crate) struct FamiliesOf {
    registry: Registry,
}

#[pymethods]
impl FamiliesOf {
    #[new]
    #[pyo3(signature = (registry) -> "Self")]
    fn new(registry: &Bound<'_, CollectorRegistry>) -> Result<Self> {
        Ok(Self { registry: registry.get().core()?.registry.clone() })
    }

    /// The metrics now, without `_created` samples.
    #[pyo3(signature = () -> "list[Metric]")]
    fn collect<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let families = py.detach(|| self.families());
        let object = |family| metric_object(py, &flatten(family, false), Times::Floats);
        families.iter().map(object).collect()
    }
}

impl FamiliesOf {
    pub(crate) fn families(&self) -> Vec<FamilySnapshot> {
        self.registry.family_snapshots()
    }
}

impl Collector for FamiliesOf {
    fn collect(&self) -> Vec<FamilySnapshot> {
        self.families()
    }
}
