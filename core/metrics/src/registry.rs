//! Registries: which families there are, and a snapshot of all of them.

use std::collections::HashSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrion_model::{
    Clock, Error, ErrorCode, FamilySnapshot, NameFilter, Quoted, Result, Schema, Snapshot,
};
use metrion_slab::{EntryKind, Geometry, Locked, NewEntry, Opening, Segment, lock};

use crate::cardinality::{CardinalityReport, Counting};
use crate::collector::Collector;
use crate::common::family_cells;
use crate::contents::{AnyFamily, Contents, Source, SourceId};
use crate::definition::{Context, Kind};
use crate::family::{Family, Metric, Shared};
use crate::members::Called;
use crate::options::{
    FamilyOptions, GaugeOptions, HistogramOptions, RegistryMemory, RegistryOptions,
    StateSetOptions, SummaryOptions,
};
use crate::plan::Plan;
use crate::running::unless_running;
use crate::self_metrics::{SelfMetrics, Totals};
use crate::view::RegistryView;
use crate::{Counter, Gauge, Histogram, Info, StateSet, Summary, record};

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
    /// The process that was warned of a second exporter; 0 for none.
    warned: AtomicU64,
}

impl Registry {
    /// A registry: an empty one in memory of its own, or, as the options say, one that has what other processes put
    /// into it.
    ///
    /// # Errors
    /// `limit_reached` when its address space cannot be had; `invalid_name` or `reserved_name` for
    /// its constant labels; of memory that processes share those of [`Segment::shared`].
    pub fn new(options: RegistryOptions) -> Result<Self> {
        let segment = open(&options)?;
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
            warned: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A registry with the families and series that a segment's directory has. It takes the segment
    /// over: the registry that filled it must be gone, unless the segment is one that processes share.
    #[must_use]
    pub fn from_segment(segment: Arc<Segment>, options: RegistryOptions) -> Self {
        let registry = Self::over(segment, options);
        registry.inner.lock().common.take_up(&registry.inner.segment, &registry.inner.options);
        registry
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

    /// The histogram of durations without labels, with the default bounds; made when it is new. Its
    /// name ends with `_seconds`, if need be by adding that.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn timer(&self, name: &str, help: &str) -> Result<Histogram> {
        let options = HistogramOptions::timer(FamilyOptions::new(name, help));
        Ok(self.histogram_family(options)?.labels(&[])?.clone())
    }

    /// The summary without labels of this name, with a count and a sum; made when it is new. For
    /// quantiles see [`Registry::summary_family`].
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn summary(&self, name: &str, help: &str) -> Result<Summary> {
        let family = FamilyOptions::new(name, help);
        let options = SummaryOptions { family, ..SummaryOptions::default() };
        Ok(self.summary_family(options)?.labels(&[])?.clone())
    }

    /// The info without labels of this name; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn info(&self, name: &str, help: &str) -> Result<Info> {
        Ok(self.info_family(FamilyOptions::new(name, help))?.labels(&[])?.clone())
    }

    /// The state set without labels of this name; made when it is new. The first state holds at the
    /// start.
    ///
    /// # Errors
    /// As for [`Registry::state_set_family`].
    pub fn state_set(&self, name: &str, help: &str, states: &[&str]) -> Result<StateSet> {
        let states = states.iter().map(|state| (*state).to_owned()).collect();
        let options = StateSetOptions { family: FamilyOptions::new(name, help), states };
        Ok(self.state_set_family(options)?.labels(&[])?.clone())
    }

    /// The counter family of these options; made when it is new.
    ///
    /// # Errors
    /// `metric_exists` when a family of that name has another schema or a sample name is taken;
    /// `invalid_name`, `reserved_name`; `invalid_value` for a wrong expiry; `limit_reached` when the
    /// registry is full.
    pub fn counter_family(&self, options: FamilyOptions) -> Result<Family<Counter>> {
        self.family(Plan::new(options, Kind::Counter))
    }

    /// The gauge family of these options; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn gauge_family(&self, options: GaugeOptions) -> Result<Family<Gauge>> {
        self.family(options.into())
    }

    /// The histogram family of these options; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`], and `invalid_buckets`.
    pub fn histogram_family(&self, options: HistogramOptions) -> Result<Family<Histogram>> {
        self.family(options.into())
    }

    /// The summary family of these options; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`], and `invalid_objectives`.
    pub fn summary_family(&self, options: SummaryOptions) -> Result<Family<Summary>> {
        self.family(options.into())
    }

    /// The info family of these options; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`].
    pub fn info_family(&self, options: FamilyOptions) -> Result<Family<Info>> {
        self.family(Plan::new(options, Kind::Info))
    }

    /// The state-set family of these options; made when it is new.
    ///
    /// # Errors
    /// As for [`Registry::counter_family`], and `invalid_value` for states that are none, too many or
    /// the same.
    pub fn state_set_family(&self, options: StateSetOptions) -> Result<Family<StateSet>> {
        self.family(options.into())
    }

    /// The family of this plan; made when it is new.
    pub(crate) fn family<M: Metric>(&self, plan: Plan) -> Result<Family<M>> {
        let inner = &self.inner;
        plan.family.check()?;
        let (max_series, expire_after) = (plan.family.max_series, plan.family.expire_after_seconds);
        let definition = plan.define(&inner.options.constant_labels, inner.options.name_rules)?;
        let names = definition.schema.sample_names();
        let mut contents = inner.lock();
        if let Some(family) = contents.existing(&definition) {
            return Ok(Family::new(family));
        }
        contents.check_free(&definition.summary(), &names)?;
        let (cells, of) = family_cells(&inner.segment);
        let new = NewEntry {
            kind: EntryKind::Family,
            family: 0,
            key: &record::encode(&definition),
            cells,
            of,
            payload: 0,
            created: inner.options.clock.unix_seconds(),
        };
        let (entry, is_new) = inner.segment.insert(&new)?;
        let is_shared = inner.segment.is_shared();
        let known =
            if cfg!(target_arch = "wasm32") { None } else { contents.common.claim::<M>(&entry) };
        if !(is_new || is_shared || known.is_some()) {
            let message = format!("{} is known as another type of handle", definition.summary());
            return Err(Error::new(ErrorCode::MetricExists, message));
        }
        let shared = match known {
            Some(known) => known,
            None => {
                let context = Context::new(definition, &inner.options, expire_after, is_shared);
                Shared::new(context, Arc::clone(&inner.segment), entry, max_series)
            }
        };
        let source = Arc::clone(&shared) as Arc<dyn AnyFamily>;
        if is_shared || cfg!(not(target_arch = "wasm32")) && !is_new {
            contents.common.add_own(&inner.segment, &inner.options, Arc::clone(&source));
            if is_shared {
                contents.common.declare(&inner.segment, &entry);
            }
        }
        contents.add(names, Source::Family(source))?;
        // After what others said of it: the last one counts.
        if is_shared {
            shared.set_limits(max_series, expire_after);
        }
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
        let described = collector.describe().into_iter().map(|schema| schema.described(rules));
        let described: Result<Vec<Schema>> = described.collect();
        let described = described?;
        let mut contents = self.inner.lock();
        let mut names = Vec::new();
        for schema in &described {
            let own = schema.sample_names();
            contents.check_free(&schema.summary(), &own)?;
            names.extend(own);
        }
        contents.add(names, Source::Collector(collector))
    }

    /// Takes a collector out.
    ///
    /// # Errors
    /// `not_found` when it is not in.
    pub fn unregister(&self, id: SourceId) -> Result<()> {
        let source = self.inner.lock().take(id)?;
        // After the lock: a collector may use the registry when it ends.
        drop(source);
        Ok(())
    }

    /// Takes a family out. Handles to its children stay valid and show nowhere; the name is free for
    /// another schema.
    ///
    /// # Errors
    /// `not_found` when this family is not in, also when another one has its name by now.
    pub fn unregister_family<M: Metric>(&self, family: &Family<M>) -> Result<()> {
        let mut contents = self.inner.lock();
        let id = contents.id_of(&family.shared).ok_or_else(|| {
            let message =
                format!("metric family {:?} is not registered", Quoted(&family.schema().name));
            Error::new(ErrorCode::NotFound, message)
        })?;
        let source = contents.take(id)?;
        if let Source::Family(family) = &source {
            // Before anybody can ask for the same schema: they must get a family of their own.
            if self.inner.segment.is_shared() {
                contents.common.disown(&self.inner.segment, family.entry());
            } else {
                self.inner.segment.remove(family.entry());
            }
        }
        // The family may end here, and it takes other locks then.
        let let_go = contents.common.take_let_go();
        drop(contents);
        drop((source, let_go));
        Ok(())
    }

    /// The numbers of all families that `filter` takes, at this moment.
    #[must_use]
    pub fn snapshot(&self, filter: &NameFilter) -> Snapshot {
        let inner = &self.inner;
        let start = inner.options.clock.monotonic_seconds();
        let sources = inner.sources();
        let mut snapshot = Snapshot::default();
        let mut taken = HashSet::new();
        let mut series = 0;
        for source in &sources {
            match source {
                Source::Family(family) => {
                    series += family.len();
                    if filter.takes(&family.definition().schema) {
                        snapshot.families.extend(inner.read(&**family));
                    }
                }
                Source::Collector(collector) => {
                    let collected = inner.without_clashes(inner.collect(collector), &mut taken);
                    let wanted = collected.into_iter().filter(|own| filter.takes(own.schema()));
                    snapshot.families.extend(wanted);
                }
            }
        }
        let seconds = inner.options.clock.monotonic_seconds() - start;
        inner.self_metrics.count_scrape(seconds);
        if inner.options.self_metrics {
            let own = inner.self_metrics.families(&inner.totals(series));
            snapshot.families.extend(own.into_iter().filter(|own| filter.takes(own.schema())));
        }
        snapshot
    }

    /// The numbers of all its families, without what collectors yield.
    #[must_use]
    pub fn family_snapshots(&self) -> Vec<FamilySnapshot> {
        let sources = self.inner.sources().into_iter();
        let read = |source| match source {
            Source::Family(family) => self.inner.read(&*family),
            Source::Collector(_) => None,
        };
        sources.filter_map(read).collect()
    }

    /// A view that shows only the families with these names, or with a sample of these names.
    #[must_use]
    pub fn restricted(&self, names: Vec<String>) -> RegistryView {
        RegistryView::new(self.clone(), names)
    }

    /// Which families and which labels have most series, the first `top` of each, and how many series
    /// began within the last `recent_seconds`. It looks at every series: for people who look for what
    /// is growing, not for every scrape.
    #[must_use]
    pub fn cardinality(&self, top: usize, recent_seconds: f64) -> CardinalityReport {
        let inner = &self.inner;
        let mut counting = Counting::since(inner.options.clock.unix_seconds() - recent_seconds);
        for source in inner.sources() {
            if let Source::Family(family) = source {
                family.count(&mut counting);
            }
        }
        counting.report(top)
    }

    pub(crate) fn contents(&self) -> Locked<'_, Contents> {
        self.inner.lock()
    }

    /// The clock by which this registry goes.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.options.clock
    }

    /// Says that this process is about to show the registry to scrapers. When it is one that processes share and
    /// another one shows it already, the answer is a warning for people, once for each process and registry: each of
    /// them answers for all, so whoever scrapes both counts everything twice.
    #[must_use]
    pub fn announce_exporter(&self) -> Option<String> {
        let inner = &self.inner;
        let is_second = inner.segment.is_shared() && inner.segment.announce_exporter();
        let process = u64::from(std::process::id());
        if !is_second || inner.warned.swap(process, Ordering::Relaxed) == process {
            return None;
        }
        Some(
            "another process shows this shared registry already: each answers for all of them, so scrape only one, or \
             all through one address"
                .to_owned(),
        )
    }

    /// Gives this process another number than its process id, in a registry that processes share: the label `pid`
    /// shows it. For programs that number their workers, so that those which come again are the same ones to whoever
    /// looks at the numbers. A fork's child has its own process id again.
    pub fn set_process_number(&self, number: u32) {
        self.inner.segment.set_process_number(number);
    }

    /// Takes what this process said of itself (values of gauges that each process has, infos, state sets) for that of a
    /// process which has ended, in a registry that processes share. When it says something again, it is a new one.
    pub fn end_process(&self) {
        self.inner.segment.end_process();
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

    /// What is to be shown. Of what other processes made, all that came until now.
    fn sources(&self) -> Vec<Source> {
        let mut contents = self.lock();
        if !contents.common.is_used(&self.segment) {
            return contents.sources.iter().map(|(_, source)| source.clone()).collect();
        }
        let is_collector = |source: &&(SourceId, Source)| matches!(source.1, Source::Collector(_));
        let collectors = contents.sources.iter().filter(is_collector);
        let collectors: Vec<Source> = collectors.map(|(_, source)| source.clone()).collect();
        let common = &mut contents.common;
        common.take_up(&self.segment, &self.options);
        common.declare_all(&self.segment);
        let families = common.shown(&self.segment).into_iter();
        let let_go = common.take_let_go();
        drop(contents);
        drop(let_go);
        families.map(Source::Family).chain(collectors).collect()
    }

    fn read(&self, family: &dyn AnyFamily) -> Option<FamilySnapshot> {
        // Callbacks are foreign code: no lock is held while they run.
        let callbacks = family.callbacks();
        let mut called = Called::new();
        for (number, callback) in &callbacks {
            let value = callback.call();
            if value == Some(None) {
                self.count_collect_failure();
            }
            called.insert(*number, value.flatten());
        }
        family.snapshot(&called).ok()
    }

    /// What a collector yields; nothing when it is this thread that it is yielding it to.
    fn collect(&self, collector: &Arc<dyn Collector>) -> Vec<FamilySnapshot> {
        let collect = || catch_unwind(AssertUnwindSafe(|| collector.try_collect()));
        let collected = match unless_running(Arc::as_ptr(collector).cast(), collect) {
            None => return Vec::new(),
            Some(collected) => collected.unwrap_or_else(|_| vec![Err(panicked())]),
        };
        let family = |family: Result<_>| family.inspect_err(|_| self.count_collect_failure()).ok();
        let collected = collected.into_iter().filter_map(family);
        if !(self.segment.is_shared() && collector.is_of_process()) {
            return collected.collect();
        }
        let process = self.segment.process_number().to_string();
        collected.map(|family| family.with_label("pid", &process)).collect()
    }

    /// The families of which no sample has a name of the registry's own ones, or of those in `taken`,
    /// to which theirs are added.
    fn without_clashes(
        &self,
        mut families: Vec<FamilySnapshot>,
        taken: &mut HashSet<String>,
    ) -> Vec<FamilySnapshot> {
        let contents = self.lock();
        families.retain(|family| {
            let names = family.schema().sample_names();
            let is_ours =
                |name: &String| contents.names.get(name).is_some_and(|id| contents.is_family(*id));
            let is_free = !names.iter().any(|name| is_ours(name) || taken.contains(name));
            if is_free {
                taken.extend(names);
            } else {
                self.count_collect_failure();
            }
            is_free
        });
        families
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

fn panicked() -> Error {
    Error::new(ErrorCode::InvalidValue, "the collector panicked")
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.inner.lock().sources.len();
        f.debug_struct("Registry").field("sources", &sources).finish_non_exhaustive()
    }
}

/// The memory that the options want.
fn open(options: &RegistryOptions) -> Result<Arc<Segment>> {
    let hash_seed = hash_seed(options);
    let wanted = options.geometry;
    let geometry = if wanted.processes > 0 {
        wanted
    } else {
        Geometry { entries: wanted.entries, key_words: wanted.key_words, ..Geometry::shared() }
    };
    let opening = Opening { geometry, hash_seed, move_damaged_aside: false };
    match &options.memory {
        RegistryMemory::Private => Segment::private(wanted, hash_seed),
        RegistryMemory::Inherited => Segment::inheritable(opening),
        RegistryMemory::Shared { path, move_damaged_aside } => {
            let move_damaged_aside = *move_damaged_aside;
            Segment::shared(path, Opening { move_damaged_aside, ..opening })
        }
    }
}

/// The standard library's random seed: the same keys must not collide in every process.
#[cfg(not(target_arch = "wasm32"))]
fn hash_seed(_options: &RegistryOptions) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

#[cfg(target_arch = "wasm32")]
fn hash_seed(options: &RegistryOptions) -> u64 {
    options.hash_seed
}

/// The registry of the process; of all processes that share it when the environment variable `METRION_SHARED` has
/// the path of a file.
///
/// # Errors
/// Those of [`Registry::new`].
#[cfg(not(target_arch = "wasm32"))]
pub fn default_registry() -> Result<&'static Registry> {
    static DEFAULT: std::sync::OnceLock<Result<Registry>> = std::sync::OnceLock::new();
    let options = || RegistryOptions {
        memory: RegistryMemory::from_environment(),
        ..RegistryOptions::default()
    };
    let made = DEFAULT.get_or_init(|| Registry::new(options()));
    made.as_ref().map_err(Clone::clone)
}
