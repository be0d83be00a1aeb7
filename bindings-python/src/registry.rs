//! `CollectorRegistry` and what reads one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use metrion::{
    Collector, Error, ErrorCode, FamilySnapshot, GaugeMode, Geometry, MetricType, NameFilter,
    NameRules, ProcessWriter, Registry, RegistryMemory, RegistryOptions, Schema, SourceId,
    SpanSource, Value, default_registry,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyMapping};

use crate::base::MetricBase;
use crate::clock::{ManualClock, PythonTime};
use crate::collector::{FixedCollector, PythonCollector};
use crate::errors::Result;
use crate::helpers::value_class;
use crate::options::{Names, as_texts, pairs};
use crate::samples::{metric_objects, target_labels};
use crate::shared::{FamiliesOf, segment_in_folder, stands_for_folder};
use crate::source::RestrictedRegistry;
use crate::spans::CurrentSpan;

/// A set of metrics that are exposed together. Programs usually need only `metrion.REGISTRY`; tests are
/// easier with one of their own.
///
/// - `auto_describe` asks collectors without `describe()` for their names by collecting them once, when
///   they are registered.
/// - `target_info`: labels that describe the program; see `set_target_info`.
/// - `support_collectors_without_names` changes nothing: they always show.
/// - `constant_labels`: labels with one value for every metric of the registry.
/// - `self_metrics` adds metrics about the registry itself: its series and memory, its collections, and
///   what was dropped.
/// - `utf8_names` allows metric and label names of any text that is not empty.
/// - `exemplars_from_spans` gives updates of counters and histograms without an exemplar the current
///   span of OpenTelemetry as one, if it is sampled and the package is installed.
/// - `max_entries` bounds how many metrics, series, and exemplars and the like of a series there is room
///   for, rounded up to a power of two; 262,144 by default.
/// - `clock`: a `metrion.testing.ManualClock`, for tests; `python_time` takes the time from
///   `time.time()`.
/// - `shared`: a file in which any number of processes, of whatever language, have this registry together:
///   any of them shows what all did. It is made when it is not there, best in a file system in memory such as
///   `/dev/shm`; Linux only. Private memory is the default.
/// - `move_damaged_aside` gives such a file another name (`.damaged-1`), and makes a new one, when it is
///   damaged or of another version of Metrion.
/// - `fork`: with `share`, the children that the process forks have the registry together with it; with
///   `separate`, the default, each goes on with a copy of its own.
///
/// Raises a `MetrionError`: `invalid_name` or `reserved_name` for names of labels; for a shared file
/// `damaged`, `other_version`, `unsupported` on other systems than 64-bit Linux, and `io`, also an
/// `OSError`, when it cannot be opened or is somebody else's; `invalid_value` for other words.
///
/// >>> from metrion import CollectorRegistry, Counter, generate_latest
/// >>> registry = CollectorRegistry(constant_labels={"service": "orders"})
/// >>> Counter("requests", "Requests.", registry=registry).inc()
/// >>> print(generate_latest(registry).decode(), end="")
/// # HELP requests_total Requests.
/// # TYPE requests_total counter
/// requests_total{service="orders"} 1
///
/// >>> import os, tempfile
/// >>> with tempfile.TemporaryDirectory() as folder:
/// ...     first, second = (CollectorRegistry(shared=os.path.join(folder, "orders")) for _ in range(2))
/// ...     Counter("requests", "Requests.", registry=first).inc()
/// ...     second.get_sample_value("requests_total")
/// 1.0
#[pyclass(frozen, subclass, module = "metrion")]
pub(crate) struct CollectorRegistry {
    /// Of one that processes share by the environment: empty until its first use.
    core: OnceLock<Core>,
    /// Whether that is the one in prometheus_client's folder.
    is_in_folder: bool,
    auto_describe: bool,
    /// The collectors that Python objects are.
    pub(crate) collectors: Mutex<Vec<(Py<PyAny>, SourceId)>>,
    waiting: Mutex<Vec<Waiting>>,
    pub(crate) target: Mutex<Option<Target>>,
}

/// A collector that waits for the first use of its registry.
struct Waiting {
    object: Py<PyAny>,
    collector: Arc<dyn Collector>,
}

/// The core's registry, and what its metrics need.
pub(crate) struct Core {
    pub(crate) registry: Registry,
    pub(crate) writer: Arc<Writer>,
    /// That of gauges which say nothing of it.
    pub(crate) gauge_mode: GaugeMode,
}

impl Core {
    fn over(registry: Registry, in_spans: bool) -> Self {
        let cells = registry.segment().process_writer();
        let writer = Arc::new(Writer { cells, in_spans });
        Self { registry, writer, gauge_mode: GaugeMode::default() }
    }
}

/// What `target_info` says.
#[derive(Clone)]
pub(crate) struct Target {
    labels: Vec<(String, String)>,
    id: SourceId,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the metrics of a registry are updated.
pub(crate) struct Writer {
    /// The one writer of this interpreter: whoever holds its lock is the only one to use it.
    pub(crate) cells: ProcessWriter,
    /// Whether updates look for the current span, to take an exemplar from it: then they go through
    /// the core.
    pub(crate) in_spans: bool,
}

static DEFAULT: PyOnceLock<Py<CollectorRegistry>> = PyOnceLock::new();

impl CollectorRegistry {
    fn over(core: OnceLock<Core>, auto_describe: bool) -> Self {
        Self {
            core,
            is_in_folder: false,
            auto_describe,
            collectors: Mutex::default(),
            waiting: Mutex::default(),
            target: Mutex::default(),
        }
    }

    /// A registry that no name leads to.
    pub(crate) fn private() -> Result<Self> {
        let core = Core::over(Registry::new(RegistryOptions::default())?, false);
        Ok(Self::over(core.into(), false))
    }

    /// `REGISTRY`.
    pub(crate) fn default_object(py: Python<'_>) -> Result<&Py<Self>> {
        let make = || {
            // A shared one waits for its first use: not every program that imports the package has something to tell,
            // least of all the command that looks into such registries; and a folder may be made meanwhile.
            let is_in_folder = stands_for_folder();
            let is_private = RegistryMemory::from_environment() == RegistryMemory::Private;
            let core = match is_private && !is_in_folder {
                true => Core::over(default_registry()?.clone(), false).into(),
                false => OnceLock::new(),
            };
            Ok(Py::new(py, Self { is_in_folder, ..Self::over(core, false) })?)
        };
        DEFAULT.get_or_try_init(py, make)
    }

    /// The core's registry.
    pub(crate) fn core(&self) -> Result<&Core> {
        if let Some(core) = self.core.get() {
            return Ok(core);
        }
        let core = if self.is_in_folder {
            let memory = segment_in_folder()?;
            let registry = Registry::new(RegistryOptions { memory, ..RegistryOptions::default() })?;
            Core { gauge_mode: GaugeMode::All, ..Core::over(registry, false) }
        } else {
            Core::over(default_registry()?.clone(), false)
        };
        let core = self.core.get_or_init(|| core);
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        for Waiting { object, collector } in waiting {
            self.add(core, object, collector)?;
        }
        Ok(core)
    }

    fn add(&self, core: &Core, object: Py<PyAny>, collector: Arc<dyn Collector>) -> Result<()> {
        let id = core.registry.register(collector)?;
        lock(&self.collectors).push((object, id));
        Ok(())
    }

    /// Registers a collector, in a registry that waits for its first use then.
    pub(crate) fn register_with_first_use(&self, collector: &Bound<'_, PyAny>) -> Result<()> {
        let object = collector.clone().unbind();
        let collector = Arc::new(PythonCollector::new(collector, self.auto_describe)?);
        match self.core.get() {
            Some(core) => self.add(core, object, collector),
            None => {
                lock(&self.waiting).push(Waiting { object, collector });
                Ok(())
            }
        }
    }
}

#[pymethods]
impl CollectorRegistry {
    #[new]
    #[pyo3(signature = (
        auto_describe=false,
        target_info: "Mapping[str, str] | None"=None,
        support_collectors_without_names=false,
        *,
        constant_labels: "Mapping[str, object] | None"=None,
        self_metrics=false,
        utf8_names=false,
        exemplars_from_spans=false,
        max_entries=None,
        clock=None,
        python_time=false,
        shared=None,
        move_damaged_aside=false,
        fork: "Literal['separate', 'share'] | None"=None
    ) -> "Self")]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        auto_describe: bool,
        target_info: Option<Bound<'_, PyAny>>,
        support_collectors_without_names: bool,
        constant_labels: Option<Bound<'_, PyMapping>>,
        self_metrics: bool,
        utf8_names: bool,
        exemplars_from_spans: bool,
        max_entries: Option<usize>,
        clock: Option<Bound<'_, ManualClock>>,
        python_time: bool,
        shared: Option<PathBuf>,
        move_damaged_aside: bool,
        fork: Option<&str>,
    ) -> Result<Self> {
        let _always = support_collectors_without_names;
        let constant_labels = constant_labels.map_or_else(|| Ok(Vec::new()), |map| pairs(&map))?;
        let name_rules = if utf8_names { NameRules::Utf8 } else { NameRules::Classic };
        let spans = if exemplars_from_spans { CurrentSpan::find(py)? } else { None };
        let spans = spans.map(|spans| Arc::new(spans) as Arc<dyn SpanSource>);
        let in_spans = spans.is_some();
        let defaults = RegistryOptions::default();
        let entries = max_entries.unwrap_or(defaults.geometry.entries);
        let options = RegistryOptions {
            clock: match clock {
                Some(clock) => clock.get().shared(),
                None if python_time => PythonTime::shared(),
                None => defaults.clock,
            },
            memory: RegistryMemory::from_words(shared, fork, move_damaged_aside)?,
            geometry: Geometry { entries, ..defaults.geometry },
            constant_labels,
            self_metrics,
            name_rules,
            spans,
        };
        let core = Core::over(Registry::new(options)?, in_spans);
        let registry = Self::over(core.into(), auto_describe);
        registry.set_target_info(target_info.as_ref())?;
        Ok(registry)
    }

    /// Adds a collector: an object with a method `collect()` that gives `Metric` objects at every
    /// collection, and perhaps one `describe()` that gives the same without samples. One that raises, or
    /// gives anything else, is left out of that collection and counted, and the log tells of the first
    /// time; the others are served. More than 100,000 families are cut off. One with an attribute
    /// `is_of_process` that is true tells of this process alone: in a registry that processes share its
    /// samples get the label `pid`.
    ///
    /// Raises a `MetrionError` (`metric_exists`) when it describes a name that is taken.
    ///
    /// >>> from metrion import CollectorRegistry
    /// >>> from metrion.metrics_core import GaugeMetricFamily
    /// >>> class Disks:
    /// ...     def collect(self):
    /// ...         free = GaugeMetricFamily("disk_free_bytes", "Free space.", labels=["disk"])
    /// ...         free.add_metric(["sda"], 12e9)
    /// ...         yield free
    /// >>> registry = CollectorRegistry()
    /// >>> registry.register(Disks())
    /// >>> registry.get_sample_value("disk_free_bytes", {"disk": "sda"})
    /// 12000000000.0
    #[pyo3(signature = (collector: "Collector"))]
    fn register(&self, collector: &Bound<'_, PyAny>) -> Result<()> {
        let own: Arc<dyn Collector> = match collector.cast::<FamiliesOf>() {
            Ok(families) => Arc::new(families.get().clone()),
            Err(_) => Arc::new(PythonCollector::new(collector, self.auto_describe)?),
        };
        self.add(self.core()?, collector.clone().unbind(), own)
    }

    /// Takes a metric or a collector out: it shows no more, and its name is free. Raises a
    /// `MetrionError` (`not_found`, also a `KeyError`) when it is not there.
    #[pyo3(signature = (collector: "Collector"))]
    fn unregister(&self, collector: &Bound<'_, PyAny>) -> Result<()> {
        let core = self.core()?;
        let found = {
            let mut all = lock(&self.collectors);
            let at = all.iter().position(|(own, _)| own.is(collector));
            at.map(|at| all.remove(at))
        };
        if let Some((_, id)) = &found {
            return Ok(core.registry.unregister(*id)?);
        }
        match collector.cast::<MetricBase>() {
            Ok(metric) => Ok(metric.get().family()?.unregister_from(&core.registry)?),
            Err(_) => {
                Err(Error::new(ErrorCode::NotFound, "the collector is not registered").into())
            }
        }
    }

    /// All metrics with their samples now, as `metrion.metrics_core.Metric` objects.
    #[pyo3(signature = () -> "list[Metric]")]
    fn collect<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let registry = &self.core()?.registry;
        let snapshot = py.detach(|| registry.snapshot(&NameFilter::all()));
        metric_objects(py, &snapshot)
    }

    /// Says these labels of the program in the metric `target_info`; None, or no labels, takes it out.
    #[pyo3(signature = (labels: "Mapping[str, str] | None"))]
    fn set_target_info(&self, labels: Option<&Bound<'_, PyAny>>) -> Result<()> {
        let labels = target_labels(labels)?;
        let mut target = lock(&self.target);
        if let Some(old) = target.take() {
            self.core()?.registry.unregister(old.id)?;
        }
        let Some(labels) = labels else { return Ok(()) };
        let schema = Schema {
            help: "Target metadata".to_owned(),
            ..Schema::new("target", MetricType::Info)
        };
        let mut family = FamilySnapshot::new(schema);
        family.push_labels(as_texts(&labels).into_iter(), Value::Number(1.0))?;
        let id = self.core()?.registry.register(Arc::new(FixedCollector(family)))?;
        *target = Some(Target { labels, id });
        Ok(())
    }

    /// What `target_info` says; None when there is none.
    #[pyo3(signature = () -> "dict[str, str] | None")]
    fn get_target_info<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let labels = lock(&self.target).as_ref().map(|target| target.labels.clone());
        labels.map(|labels| labels.into_py_dict(py)).transpose()
    }

    /// The metrics that have one of these names or a sample with one. It can be given wherever a registry is
    /// read: `generate_latest`, `encode`, `start_http_server`.
    ///
    /// >>> from metrion import CollectorRegistry, Gauge, generate_latest
    /// >>> registry = CollectorRegistry()
    /// >>> for name in "first", "second":
    /// ...     Gauge(name, "For example.", registry=registry).set(1)
    /// >>> print(generate_latest(registry.restricted_registry(["second"])).decode(), end="")
    /// # HELP second For example.
    /// # TYPE second gauge
    /// second 1
    #[pyo3(signature = (names: "Iterable[str]"))]
    fn restricted_registry(&self, names: Names) -> Result<RestrictedRegistry> {
        Ok(RestrictedRegistry(self.core()?.registry.restricted(names.0)))
    }

    /// Which metrics and which labels have most series, the first `top` of each, and how many series
    /// began within the last `recent_seconds`.
    ///
    /// >>> from metrion import CollectorRegistry, Counter
    /// >>> registry = CollectorRegistry()
    /// >>> hits = Counter("hits", "Hits.", ["page"], registry=registry)
    /// >>> for page in "/", "/help":
    /// ...     hits.labels(page).inc()
    /// >>> [(family.name, family.series) for family in registry.cardinality().families]
    /// [('hits', 2)]
    #[pyo3(signature = (top=10, recent_seconds=3600.0) -> "CardinalityReport")]
    fn cardinality<'py>(
        &self,
        py: Python<'py>,
        top: usize,
        recent_seconds: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let registry = &self.core()?.registry;
        let report = py.detach(|| registry.cardinality(top, recent_seconds));
        let family = value_class(py, "FamilyCardinality")?;
        let families: PyResult<Vec<_>> = report
            .families
            .iter()
            .map(|own| family.call1((&own.name, own.series, own.recent)))
            .collect();
        let label = value_class(py, "LabelCardinality")?;
        let labels: PyResult<Vec<_>> = report
            .labels
            .iter()
            .map(|own| label.call1((&own.name, own.values, own.series)))
            .collect();
        let class = value_class(py, "CardinalityReport")?;
        class.call1((report.series, report.recent, families?, labels?))
    }

    /// The value of one sample, for tests: `get_sample_value("x_total", {"a": "b"})`. None when there is
    /// no sample of that name with these labels and no others.
    #[pyo3(signature = (name, labels: "Mapping[str, object] | None"=None))]
    fn get_sample_value(
        &self,
        py: Python<'_>,
        name: &str,
        labels: Option<Bound<'_, PyMapping>>,
    ) -> Result<Option<f64>> {
        let labels = labels.map_or_else(|| Ok(Vec::new()), |map| pairs(&map))?;
        let labels = as_texts(&labels);
        let registry = &self.core()?.registry;
        Ok(py.detach(|| registry.snapshot(&NameFilter::all()).sample_value(name, &labels)))
    }

    /// The exemplars of the metric that has this name or a sample with it, for tests.
    #[pyo3(signature = (name) -> "list[PlacedExemplar]")]
    fn get_exemplars<'py>(
        &self,
        py: Python<'py>,
        name: String,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let filter = NameFilter::only(vec![name]);
        let registry = &self.core()?.registry;
        let snapshot = py.detach(|| registry.snapshot(&filter));
        let placed_class = value_class(py, "PlacedExemplar")?;
        let exemplar_class = value_class(py, "Exemplar")?;
        let mut all = Vec::new();
        for family in &snapshot.families {
            for placed in family.exemplars() {
                let own = &placed.exemplar;
                let labels = own.labels().into_py_dict(py)?;
                let exemplar = exemplar_class.call1((labels, own.value(), own.timestamp()))?;
                let series = family.labels().pairs(placed.row).into_py_dict(py)?;
                all.push(placed_class.call1((series, placed.place, exemplar))?);
            }
        }
        Ok(all)
    }
}
