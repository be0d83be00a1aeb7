//! Registries: which families there are, and a snapshot of all of them.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use metrion_model::{
    Error, ErrorCode, FamilySnapshot, MetricType, NameFilter, Result, Schema, Snapshot,
};
use metrion_slab::{Entry, EntryKind, Locked, NewEntry, Segment, lock, split_key};

use crate::callback::Callback;
use crate::collector::Collector;
use crate::family::{Definition, Family, Metric, Shared};
use crate::options::{FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, RegistryOptions};
use crate::self_metrics::{SelfMetrics, Totals};
use crate::{Counter, Gauge, Histogram, record};

/// A set of metric families and collectors that are exposed together.
///
/// Cloning gives another handle to the same registry.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    segment: Arc<Segment>,
    options: RegistryOptions,
    contents: Mutex<Contents>,
    self_metrics: SelfMetrics,
    collect_failures: AtomicU64,
}

/// What is registered, in order, and who claims which sample name.
#[derive(Default)]
struct Contents {
    sources: Vec<(SourceId, Source)>,
    names: HashMap<String, SourceId>,
    next_id: u64,
}

/// Tells a registered collector or family from all others of its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceId(u64);

#[derive(Clone)]
enum Source {
    Family(Arc<dyn AnyFamily>),
    Collector(Arc<dyn Collector>),
}

/// A family of whatever kind of metric.
trait AnyFamily: Send + Sync {
    fn definition(&self) -> &Definition;
    fn entry(&self) -> &Entry;
    fn callbacks(&self) -> Vec<(u32, Callback)>;
    fn snapshot(&self, called: &[(u32, Option<f64>)]) -> Result<FamilySnapshot>;
    fn len(&self) -> usize;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<M: Metric> AnyFamily for Shared<M> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn entry(&self) -> &Entry {
        self.entry()
    }

    fn callbacks(&self) -> Vec<(u32, Callback)> {
        self.lock().callbacks()
    }

    fn snapshot(&self, called: &[(u32, Option<f64>)]) -> Result<FamilySnapshot> {
        self.lock().snapshot(&self.segment, &self.definition, called)
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Registry {
    /// An empty registry in memory of its own.
    ///
    /// # Errors
    /// `limit_reached` when its address space cannot be had; `invalid_name` or `reserved_name` for
    /// its constant labels.
    pub fn new(options: RegistryOptions) -> Result<Self> {
        // The standard library's random seed: the same keys must not collide in every process.
        let seed = RandomState::new().build_hasher().finish();
        let segment = Segment::private(options.geometry, seed)?;
        let names = options.constant_labels.iter().map(|(name, _)| name.as_str());
        metrion_model::validate_label_names(names, &[], options.name_rules)?;
        Ok(Self::over(segment, options))
    }

    fn over(segment: Arc<Segment>, options: RegistryOptions) -> Self {
        let inner = Inner {
            segment,
            options,
            contents: Mutex::default(),
            self_metrics: SelfMetrics::default(),
            collect_failures: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A registry with the families and series that a segment's directory has. It takes the segment
    /// over: the registry that filled it must be gone.
    ///
    /// # Errors
    /// `metric_exists` when the directory has two families whose names clash.
    pub fn from_segment(segment: Arc<Segment>, options: RegistryOptions) -> Result<Self> {
        let registry = Self::over(Arc::clone(&segment), options);
        let entries: Vec<_> = segment.entries().collect();
        for (entry, key) in entries.iter().filter(|(entry, _)| entry.kind == EntryKind::Family) {
            // A damaged entry is left out: its series show nowhere, the others go on.
            let Some(definition) = record::decode(key) else { continue };
            let series = entries.iter().filter(|(series, _)| {
                series.kind != EntryKind::Family && series.family == entry.number
            });
            match definition.schema.metric_type {
                MetricType::Counter => registry.restore::<Counter>(definition, *entry, series),
                MetricType::Histogram => registry.restore::<Histogram>(definition, *entry, series),
                _ => registry.restore::<Gauge>(definition, *entry, series),
            }?;
        }
        Ok(registry)
    }

    fn restore<'a, M: Metric>(
        &self,
        definition: Definition,
        entry: Entry,
        series: impl Iterator<Item = &'a (Entry, Vec<u8>)>,
    ) -> Result<()> {
        let names = definition.schema.sample_names();
        let inner = &self.inner;
        let (segment, clock) = (Arc::clone(&inner.segment), Arc::clone(&inner.options.clock));
        let shared = Shared::<M>::new(definition, segment, clock, entry, None);
        for (entry, key) in series {
            if let Some(values) = split_key(key) {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                shared.adopt(*entry, &values);
            }
        }
        let mut contents = inner.lock();
        contents.add(names, Source::Family(shared))?;
        Ok(())
    }

    /// The counter without labels of this name; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn counter(&self, name: &str, help: &str) -> Result<Counter> {
        Ok(self.counter_family(FamilyOptions::new(name, help))?.labels(&[])?.clone())
    }

    /// The gauge without labels of this name; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn gauge(&self, name: &str, help: &str) -> Result<Gauge> {
        let family = FamilyOptions::new(name, help);
        let options = GaugeOptions { family, ..GaugeOptions::default() };
        Ok(self.gauge_family(options)?.labels(&[])?.clone())
    }

    /// The histogram without labels of this name, with the default bounds; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn histogram(&self, name: &str, help: &str) -> Result<Histogram> {
        let family = FamilyOptions::new(name, help);
        let options = HistogramOptions { family, ..HistogramOptions::default() };
        Ok(self.histogram_family(options)?.labels(&[])?.clone())
    }

    /// The counter family of these options; made when it is new.
    ///
    /// # Errors
    /// `metric_exists` when a family of that name has another schema or a sample name is taken;
    /// `invalid_name`, `reserved_name`; `limit_reached` when the registry is full.
    pub fn counter_family(&self, options: FamilyOptions) -> Result<Family<Counter>> {
        let max_series = options.max_series;
        let schema = options.into_schema(MetricType::Counter, Vec::new());
        self.family(schema, GaugeMode::default(), max_series)
    }

    /// The gauge family of these options; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn gauge_family(&self, options: GaugeOptions) -> Result<Family<Gauge>> {
        let max_series = options.family.max_series;
        let schema = options.family.into_schema(MetricType::Gauge, Vec::new());
        self.family(schema, options.mode, max_series)
    }

    /// The histogram family of these options; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`], and `invalid_buckets`.
    pub fn histogram_family(&self, options: HistogramOptions) -> Result<Family<Histogram>> {
        let max_series = options.family.max_series;
        let schema = options.family.into_schema(MetricType::Histogram, options.buckets);
        self.family(schema, GaugeMode::default(), max_series)
    }

    fn family<M: Metric>(
        &self,
        mut schema: Schema,
        mode: GaugeMode,
        max_series: Option<usize>,
    ) -> Result<Family<M>> {
        let inner = &self.inner;
        schema.constant_labels.splice(0..0, inner.options.constant_labels.iter().cloned());
        let definition = Definition::new(schema.validated(inner.options.name_rules)?, mode);
        let names = definition.schema.sample_names();
        let mut contents = inner.lock();
        if let Some(family) = contents.existing(&definition) {
            return Ok(Family::new(family));
        }
        contents.check_free(&definition.schema, &names)?;
        let new = NewEntry {
            kind: EntryKind::Family,
            family: 0,
            key: &record::encode(&definition),
            cells: 0,
            created: inner.options.clock.unix_seconds(),
        };
        let (entry, _) = inner.segment.insert(&new)?;
        let clock = Arc::clone(&inner.options.clock);
        let segment = Arc::clone(&inner.segment);
        let shared = Shared::<M>::new(definition, segment, clock, entry, max_series);
        let source = Source::Family(Arc::clone(&shared) as Arc<dyn AnyFamily>);
        contents.add(names, source)?;
        let family = Family::new(shared);
        if family.schema().label_names.is_empty() {
            // Its one series shows from the start.
            family.labels(&[])?;
        }
        Ok(family)
    }

    /// Adds a collector.
    ///
    /// # Errors
    /// `metric_exists` when a name that it describes is taken, and the errors of a wrong schema.
    pub fn register(&self, collector: Arc<dyn Collector>) -> Result<SourceId> {
        // Foreign code runs before any lock is taken.
        let rules = self.inner.options.name_rules;
        let described = collector.describe().into_iter().map(|schema| schema.validated(rules));
        let described: Result<Vec<Schema>> = described.collect();
        let described = described?;
        let mut contents = self.inner.lock();
        let mut names = Vec::new();
        for schema in &described {
            let own = schema.sample_names();
            contents.check_free(schema, &own)?;
            names.extend(own);
        }
        contents.add(names, Source::Collector(collector))
    }

    /// Takes a collector out.
    ///
    /// # Errors
    /// `not_found` when it is not in.
    pub fn unregister(&self, id: SourceId) -> Result<()> {
        let mut contents = self.inner.lock();
        contents.take(id).map(drop)
    }

    /// Takes a family out. Handles to its children stay valid and show nowhere; the name is free for
    /// another schema.
    ///
    /// # Errors
    /// `not_found` when this family is not in, also when another one has its name by now.
    pub fn unregister_family<M: Metric>(&self, family: &Family<M>) -> Result<()> {
        let mut contents = self.inner.lock();
        let id = contents.id_of(&family.shared).ok_or_else(|| {
            let message = format!("metric family {:?} is not registered", family.schema().name);
            Error::new(ErrorCode::NotFound, message)
        })?;
        let source = contents.take(id)?;
        if let Source::Family(family) = &source {
            // Before anybody can ask for the same schema: they must get a family of their own.
            self.inner.segment.remove(family.entry());
        }
        // The family may end here, and it takes other locks then.
        drop(contents);
        drop(source);
        Ok(())
    }

    /// The numbers of all families that `filter` takes, at this moment.
    #[must_use]
    pub fn snapshot(&self, filter: &NameFilter) -> Snapshot {
        let inner = &self.inner;
        let start = inner.options.clock.monotonic_seconds();
        let sources = inner.lock().sources.clone();
        let mut snapshot = Snapshot::default();
        let mut collected = Vec::new();
        let mut series = 0;
        for (_, source) in &sources {
            match source {
                Source::Family(family) => {
                    series += family.len();
                    if filter.takes(&family.definition().schema) {
                        snapshot.families.extend(inner.read(&**family));
                    }
                }
                Source::Collector(collector) => {
                    let families = catch_unwind(AssertUnwindSafe(|| collector.collect()));
                    match families {
                        Ok(families) => collected.extend(families),
                        Err(_) => inner.count_collect_failure(),
                    }
                }
            }
        }
        inner.add_collected(&mut snapshot, collected, filter);
        let seconds = inner.options.clock.monotonic_seconds() - start;
        inner.self_metrics.count_scrape(seconds);
        if inner.options.self_metrics {
            let own = inner.self_metrics.families(&inner.totals(series));
            snapshot.families.extend(own.into_iter().filter(|own| filter.takes(own.schema())));
        }
        snapshot
    }

    /// The memory that holds this registry's cells and directory.
    #[must_use]
    pub fn segment(&self) -> &Arc<Segment> {
        &self.inner.segment
    }
}

impl Inner {
    fn lock(&self) -> Locked<'_, Contents> {
        lock(&self.contents)
    }

    fn read(&self, family: &dyn AnyFamily) -> Option<FamilySnapshot> {
        // Callbacks are foreign code: no lock is held while they run.
        let callbacks = family.callbacks();
        let called: Vec<(u32, Option<f64>)> =
            callbacks.iter().map(|(number, callback)| (*number, callback.call())).collect();
        called
            .iter()
            .filter(|(_, value)| value.is_none())
            .for_each(|_| self.count_collect_failure());
        family.snapshot(&called).ok()
    }

    /// Adds what collectors yielded, without families whose names are taken.
    fn add_collected(
        &self,
        snapshot: &mut Snapshot,
        collected: Vec<FamilySnapshot>,
        filter: &NameFilter,
    ) {
        if collected.is_empty() {
            return;
        }
        let contents = self.lock();
        let mut seen: Vec<String> = Vec::new();
        for family in collected {
            let names = family.schema().sample_names();
            let of_family =
                |name: &String| contents.names.get(name).is_some_and(|id| contents.is_family(*id));
            if names.iter().any(|name| of_family(name) || seen.contains(name)) {
                self.count_collect_failure();
                continue;
            }
            seen.extend(names);
            if filter.takes(family.schema()) {
                snapshot.families.push(family);
            }
        }
    }

    fn totals(&self, series: usize) -> Totals {
        Totals {
            series,
            bytes: self.segment.used_bytes(),
            overflowed: self.segment.overflowed(),
            invalid: self.segment.invalid(),
            collect_failures: self.collect_failures.load(Ordering::Relaxed),
        }
    }

    fn count_collect_failure(&self) {
        self.collect_failures.fetch_add(1, Ordering::Relaxed);
    }
}

impl Contents {
    /// The family of this definition, if there is one.
    fn existing<M: Metric>(&self, definition: &Definition) -> Option<Arc<Shared<M>>> {
        let id = self.names.get(&definition.schema.name)?;
        let family = self.family(*id)?;
        if family.definition() != definition {
            return None;
        }
        Arc::clone(family).as_any().downcast().ok()
    }

    fn check_free(&self, schema: &Schema, names: &[String]) -> Result<()> {
        let taken = names.iter().find_map(|name| self.names.get(name).map(|id| (name, *id)));
        let Some((name, id)) = taken else { return Ok(()) };
        let other = match self.family(id) {
            Some(family) => family.definition().schema.summary(),
            None => "a collector".to_owned(),
        };
        Err(Error::new(
            ErrorCode::MetricExists,
            format!(
                "{} cannot be registered: the name {name} belongs to {other}",
                schema.summary()
            ),
        ))
    }

    fn add(&mut self, names: Vec<String>, source: Source) -> Result<SourceId> {
        if let Some(taken) = names.iter().find(|name| self.names.contains_key(*name)) {
            return Err(Error::new(ErrorCode::MetricExists, format!("the name {taken} is taken")));
        }
        let id = SourceId(self.next_id);
        self.next_id += 1;
        self.names.extend(names.into_iter().map(|name| (name, id)));
        self.sources.push((id, source));
        Ok(id)
    }

    fn take(&mut self, id: SourceId) -> Result<Source> {
        let at = self.sources.iter().position(|(own, _)| *own == id);
        let at = at.ok_or_else(|| Error::new(ErrorCode::NotFound, "it is not registered"))?;
        self.names.retain(|_, own| *own != id);
        Ok(self.sources.remove(at).1)
    }

    fn family(&self, id: SourceId) -> Option<&Arc<dyn AnyFamily>> {
        self.sources.iter().find_map(|(own, source)| match source {
            Source::Family(family) if *own == id => Some(family),
            _ => None,
        })
    }

    fn is_family(&self, id: SourceId) -> bool {
        self.family(id).is_some()
    }

    /// The id of this family, and not of another one with its name.
    fn id_of<M: Metric>(&self, shared: &Arc<Shared<M>>) -> Option<SourceId> {
        let id = *self.names.get(&shared.definition.schema.name)?;
        let registered = self.family(id)?;
        std::ptr::addr_eq(Arc::as_ptr(registered), Arc::as_ptr(shared)).then_some(id)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.inner.lock().sources.len();
        f.debug_struct("Registry").field("sources", &sources).finish_non_exhaustive()
    }
}

/// The registry of the process.
///
/// # Errors
/// `limit_reached` when its address space cannot be had.
#[cfg(not(target_arch = "wasm32"))]
pub fn default_registry() -> Result<&'static Registry> {
    static DEFAULT: OnceLock<Result<Registry>> = OnceLock::new();
    let made = DEFAULT.get_or_init(|| Registry::new(RegistryOptions::default()));
    made.as_ref().map_err(Clone::clone)
}
