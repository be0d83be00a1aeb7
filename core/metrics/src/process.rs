//! What a process takes of the machine, as Linux tells it in `/proc`.

#[cfg(target_os = "linux")]
mod linux;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use metrion_model::{FamilySnapshot, MetricType, Schema, Value};

use crate::collector::Collector;

/// Names, types and help texts, in the order of [`Readings`]: first those of
/// [Prometheus' guidelines][1], then the details.
///
/// [1]: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
const FAMILIES: [(&str, MetricType, &str); 9] = [
    ("virtual_memory_bytes", MetricType::Gauge, "Virtual memory size in bytes."),
    ("resident_memory_bytes", MetricType::Gauge, "Resident memory size in bytes."),
    (
        "start_time_seconds",
        MetricType::Gauge,
        "Start time of the process since unix epoch in seconds.",
    ),
    ("cpu_seconds", MetricType::Counter, "Total user and system CPU time spent in seconds."),
    ("open_fds", MetricType::Gauge, "Number of open file descriptors."),
    ("max_fds", MetricType::Gauge, "Maximum number of open file descriptors."),
    ("cpu_user_seconds", MetricType::Counter, "Total user CPU time spent in seconds."),
    ("cpu_system_seconds", MetricType::Counter, "Total system CPU time spent in seconds."),
    ("heap_bytes", MetricType::Gauge, "Process heap size in bytes."),
];

/// How many of [`FAMILIES`] there are without the details.
const USUAL_FAMILIES: usize = 6;

/// The numbers of [`FAMILIES`], without those that cannot be read.
type Readings = [Option<f64>; FAMILIES.len()];

/// Gives the process, as the name of its folder; `None` when there is no process.
type ProcessId = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Which process a [`ProcessCollector`] looks at, and where.
#[derive(Clone)]
pub struct ProcessOptions {
    /// What stands before the names: `shop` gives `shop_process_open_fds`. Empty by default.
    pub namespace: String,
    /// Asked at every collection for the process: its number, or `self`, the default.
    pub pid: ProcessId,
    /// Where the file system of processes is; `/proc` by default.
    pub proc: PathBuf,
    /// Whether there are also CPU time of the user and of the system apart, and the size of the data
    /// segment: `process_cpu_user_seconds_total`, `process_cpu_system_seconds_total` and
    /// `process_heap_bytes`. False by default.
    pub details: bool,
}

impl Default for ProcessOptions {
    fn default() -> Self {
        Self {
            namespace: String::new(),
            pid: Arc::new(|| Some("self".to_owned())),
            proc: PathBuf::from("/proc"),
            details: false,
        }
    }
}

impl fmt::Debug for ProcessOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, pid: _, proc, details } = self;
        let mut debug = f.debug_struct("ProcessOptions");
        debug.field("namespace", namespace).field("proc", proc).field("details", details);
        debug.finish_non_exhaustive()
    }
}

/// Memory, CPU time, open files and the start of a process: `process_cpu_seconds_total`,
/// `process_open_fds`, `process_max_fds`, `process_virtual_memory_bytes`,
/// `process_resident_memory_bytes` and `process_start_time_seconds`.
///
/// What cannot be read is left out: all of it where there is no such process, or no `/proc` as on
/// other systems than Linux; the files of a process of somebody else.
///
/// ```
/// use std::sync::Arc;
///
/// use metrion_metrics::{ProcessCollector, ProcessOptions, Registry, RegistryOptions};
///
/// let registry = Registry::new(RegistryOptions::default())?;
/// registry.register(Arc::new(ProcessCollector::new(ProcessOptions::default())))?;
/// # Ok::<(), metrion_model::Error>(())
/// ```
#[derive(Debug)]
pub struct ProcessCollector {
    options: ProcessOptions,
    /// When the machine was started, in Unix seconds.
    boot_time: Option<f64>,
}

impl ProcessCollector {
    /// A collector for [`crate::Registry::register`], which refuses a namespace that makes no names.
    #[must_use]
    pub fn new(options: ProcessOptions) -> Self {
        let boot_time = boot_time(&options.proc);
        Self { options, boot_time }
    }

    /// The families of one process, by its number or `self`, whatever the options say.
    #[must_use]
    pub fn families_of(&self, pid: &str) -> Vec<FamilySnapshot> {
        let ProcessOptions { proc, details, .. } = &self.options;
        let readings = readings(&proc.join(pid.trim()), self.boot_time, *details);
        let family = |(schema, number): (Schema, Option<f64>)| {
            let mut family = FamilySnapshot::new(schema);
            family.push(&[], Value::Number(number?)).ok()?;
            Some(family)
        };
        self.describe().into_iter().zip(readings).filter_map(family).collect()
    }
}

impl Collector for ProcessCollector {
    fn describe(&self) -> Vec<Schema> {
        let namespace = &self.options.namespace;
        let prefix = if namespace.is_empty() { String::new() } else { format!("{namespace}_") };
        let schema = |(name, metric_type, help): (&str, MetricType, &str)| Schema {
            help: help.to_owned(),
            ..Schema::new(format!("{prefix}process_{name}"), metric_type)
        };
        let count = if self.options.details { FAMILIES.len() } else { USUAL_FAMILIES };
        FAMILIES.into_iter().take(count).map(schema).collect()
    }

    fn is_of_process(&self) -> bool {
        true
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        (self.options.pid)().map_or_else(Vec::new, |pid| self.families_of(&pid))
    }
}

#[cfg(target_os = "linux")]
use linux::{boot_time, readings};

#[cfg(not(target_os = "linux"))]
fn boot_time(_proc: &std::path::Path) -> Option<f64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn readings(_folder: &std::path::Path, _boot_time: Option<f64>, _details: bool) -> Readings {
    [None; FAMILIES.len()]
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
