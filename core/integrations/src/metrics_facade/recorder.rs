//! The recorder.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use metrics::{Key, KeyName, Metadata, SharedString, Unit};
use metrion_metrics::{
    Collector, Family, FamilyOptions, GaugeOptions, HistogramOptions, Metric, Registry,
    RegistryOptions,
};
use metrion_model::{FamilySnapshot, MetricType, NameFilter, Result, Schema, Value};

use super::handles::{CounterHandle, GaugeHandle, HistogramHandle};
use super::key_hash::BuildKeyHasher;
use super::names::{sanitize_label_name, sanitize_metric_name, unit_name, with_unit};
use super::options::RecorderOptions;
use super::table::Table;

/// Keeps the metrics of the `metrics` crate in Metrion's cells, and yields them to a registry.
///
/// Cloning gives another handle to the same recorder.
#[derive(Clone)]
pub struct MetricsRecorder {
    inner: Arc<Inner>,
}

type Handles<H> = RwLock<HashMap<Key, Arc<H>, BuildKeyHasher>>;

struct Inner {
    options: RecorderOptions,
    cells: Registry,
    table: Mutex<Table>,
    /// By the sanitized name; the first description of a name stays.
    descriptions: RwLock<HashMap<String, Description>>,
    counters: Handles<CounterHandle>,
    gauges: Handles<GaugeHandle>,
    histograms: Handles<HistogramHandle>,
    rejected: AtomicU64,
}

struct Description {
    help: String,
    unit: Option<Unit>,
}

impl MetricsRecorder {
    /// A recorder whose metrics show in `registry`. A registry takes one recorder.
    ///
    /// # Errors
    /// `invalid_buckets`; `metric_exists` when the registry has a recorder; `limit_reached` when the
    /// address space for the cells cannot be had.
    pub fn new(registry: &Registry, options: RecorderOptions) -> Result<Self> {
        let bounds = options.buckets_for.iter().map(|(_, buckets)| buckets);
        for bounds in bounds.chain([&options.buckets]) {
            let schema = Schema { bounds: bounds.clone(), ..dropped_schema() };
            schema.validated(Default::default())?;
        }
        let table = Table::new(options.geometry.entries);
        let cells = Registry::new(RegistryOptions {
            geometry: options.geometry,
            ..RegistryOptions::default()
        })?;
        let inner = Arc::new(Inner {
            options,
            cells,
            table: Mutex::new(table),
            descriptions: RwLock::default(),
            counters: RwLock::default(),
            gauges: RwLock::default(),
            histograms: RwLock::default(),
            rejected: AtomicU64::new(0),
        });
        registry.register(Arc::clone(&inner) as Arc<dyn Collector>)?;
        Ok(Self { inner })
    }

    /// How often a handle was asked for that writes nowhere.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.inner.rejected.load(Ordering::Relaxed)
    }
}

impl Inner {
    /// The handle of a key: the kept one, or a new one, or none, which is counted.
    fn handle<M: Metric, H>(
        &self,
        handles: &Handles<H>,
        key: &Key,
        metric_type: MetricType,
        family: impl Fn(FamilyOptions, &[f64]) -> Result<Family<M>>,
        handle: impl Fn(M) -> H,
    ) -> Option<Arc<H>> {
        let known = handles.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(key) {
            return Some(Arc::clone(known));
        }
        drop(known);
        let Ok(Some((child, is_overflow))) = self.child(key, metric_type, family) else {
            self.rejected.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let new = Arc::new(handle(child));
        let mut known = handles.write().unwrap_or_else(PoisonError::into_inner);
        // Keys past the limit share the overflow series, and many can be one when they are sanitized:
        // only as many are kept as there can be series.
        if is_overflow || known.len() >= self.max_entries() {
            return Some(new);
        }
        Some(Arc::clone(known.entry(key.to_retained()).or_insert(new)))
    }

    /// The child of a key, and whether it is an overflow series; `None` when the key's name belongs
    /// to another kind of metric or there is no room for another name.
    fn child<M: Metric>(
        &self,
        key: &Key,
        metric_type: MetricType,
        family: impl Fn(FamilyOptions, &[f64]) -> Result<Family<M>>,
    ) -> Result<Option<(M, bool)>> {
        let name = sanitize_metric_name(key.name());
        let bounds = match metric_type {
            MetricType::Histogram => self.options.bounds_of(&name),
            _ => &[],
        };
        // A label that is given twice has its last value.
        let labels: BTreeMap<String, String> = key
            .labels()
            .map(|label| (sanitize_label_name(label.key()), label.value().to_owned()))
            .collect();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(options) = table.family(&name, metric_type, bounds, &labels)? else {
            return Ok(None);
        };
        drop(table);
        let values: Vec<&str> = labels.values().map(String::as_str).collect();
        let family = family(options, bounds)?;
        let child = family.labels(&values)?;
        Ok(Some((child.clone(), child.is_overflow())))
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, help: &SharedString) {
        let name = sanitize_metric_name(name.as_str());
        let mut all = self.descriptions.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() < self.max_entries() {
            all.entry(name).or_insert_with(|| Description { help: help.to_string(), unit });
        }
    }

    fn max_entries(&self) -> usize {
        self.options.geometry.entries
    }

    /// A group's schema with what its name was described as.
    fn described(&self, mut schema: Schema) -> Schema {
        let all = self.descriptions.read().unwrap_or_else(PoisonError::into_inner);
        let description = all.get(&schema.name).or_else(|| {
            let is_counter = schema.metric_type == MetricType::Counter;
            is_counter.then(|| all.get(&format!("{}_total", schema.name))).flatten()
        });
        let Some(Description { help, unit }) = description else { return schema };
        schema.help.clone_from(help);
        let unit = unit.map_or("", unit_name);
        if self.options.unit_suffix {
            schema.name = with_unit(&schema.name, unit);
        }
        // A name can end with its unit without an underscore, or be in two units: it is as it is.
        if schema.name.strip_suffix(unit).is_some_and(|base| base.ends_with('_')) {
            schema.unit = unit.to_owned();
        }
        schema
    }

    fn dropped(&self) -> FamilySnapshot {
        let mut family = FamilySnapshot::new(dropped_schema());
        let segment = self.cells.segment();
        for (reason, count) in [
            ("handle_refused", self.rejected.load(Ordering::Relaxed)),
            ("series_limit", segment.overflowed()),
            ("invalid_value", segment.invalid()),
        ] {
            // The schema takes exactly this.
            let _fits = family.push(&[reason], Value::Number(count as f64));
        }
        family
    }
}

fn dropped_schema() -> Schema {
    Schema {
        help: "Handles and updates of the metrics facade that were dropped, by reason.".to_owned(),
        label_names: vec!["reason".to_owned()],
        ..Schema::new("metrion_facade_dropped", MetricType::Counter)
    }
}

impl Collector for Inner {
    fn describe(&self) -> Vec<Schema> {
        vec![dropped_schema()]
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        let cells = self.cells.snapshot(&NameFilter::all());
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let mut families = table.merge(&cells, |schema| self.described(schema));
        families.push(self.dropped());
        families
    }
}

impl metrics::Recorder for MetricsRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe(&key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe(&key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe(&key, unit, &description);
    }

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> metrics::Counter {
        let inner = &*self.inner;
        let family = |options, _: &[f64]| inner.cells.counter_family(options);
        let new = CounterHandle::from;
        let handle = inner.handle(&inner.counters, key, MetricType::Counter, family, new);
        handle.map_or_else(metrics::Counter::noop, metrics::Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> metrics::Gauge {
        let inner = &*self.inner;
        let family = |family, _: &[f64]| {
            inner.cells.gauge_family(GaugeOptions { family, ..GaugeOptions::default() })
        };
        let handle = inner.handle(&inner.gauges, key, MetricType::Gauge, family, GaugeHandle);
        handle.map_or_else(metrics::Gauge::noop, metrics::Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> metrics::Histogram {
        let inner = &*self.inner;
        let family = |family, bounds: &[f64]| {
            inner.cells.histogram_family(HistogramOptions {
                family,
                buckets: bounds.to_vec(),
                native: None,
            })
        };
        let handle =
            inner.handle(&inner.histograms, key, MetricType::Histogram, family, HistogramHandle);
        handle.map_or_else(metrics::Histogram::noop, metrics::Histogram::from_arc)
    }
}

impl fmt::Debug for MetricsRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsRecorder")
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}
