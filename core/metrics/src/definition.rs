//! What a family is: its schema, and how its type counts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use metrion_model::{Clock, MetricType, NameRules, Result, Schema};
use metrion_slab::{CellsOf, Owners, SHARES, Segment};

use crate::bounds::Bounds;
use crate::exponential::Exponential;
use crate::native::NativeOptions;
use crate::options::{GaugeMode, RegistryOptions};
use crate::span::{SpanLabels, SpanSource};
use crate::summary::Window;

/// What makes two families the same one, and what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) schema: Arc<Schema>,
    pub(crate) kind: Kind,
    pub(crate) bounds: Arc<Bounds>,
}

/// How a type counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Counter,
    Gauge(GaugeMode),
    Histogram { native: Option<NativeOptions> },
    Summary(Window),
    Info,
    StateSet,
}

impl Kind {
    pub(crate) fn metric_type(&self) -> MetricType {
        match self {
            Self::Counter => MetricType::Counter,
            Self::Gauge(_) => MetricType::Gauge,
            Self::Histogram { .. } => MetricType::Histogram,
            Self::Summary(_) => MetricType::Summary,
            Self::Info => MetricType::Info,
            Self::StateSet => MetricType::StateSet,
        }
    }

    /// Checks what is not of the schema.
    pub(crate) fn validated(self) -> Result<Self> {
        Ok(match self {
            Self::Histogram { native: Some(native) } => {
                Self::Histogram { native: Some(native.validated()?) }
            }
            Self::Summary(window) => Self::Summary(window.validated()?),
            other => other,
        })
    }
}

impl Definition {
    pub(crate) fn new(schema: Schema, kind: Kind) -> Self {
        let bounds = Arc::new(Bounds::new(&schema.bounds));
        Self { schema: Arc::new(schema), kind, bounds }
    }

    /// A short form for error messages.
    pub(crate) fn summary(&self) -> String {
        let schema = self.schema.summary();
        match &self.kind {
            Kind::Gauge(mode) if *mode != GaugeMode::LastValue => {
                format!("{schema}, mode {}", mode.as_str())
            }
            Kind::Histogram { native: Some(native) } => format!("{schema}, {}", native.summary()),
            Kind::Summary(window) => format!("{schema}, {}", window.summary()),
            _ => schema,
        }
    }

    /// How many cells a series has.
    pub(crate) fn cells(&self, storage: Storage) -> usize {
        match &self.kind {
            // The number and when it was said.
            _ if storage == Storage::Own => 2,
            Kind::Counter | Kind::Gauge(_) | Kind::Info | Kind::StateSet => 1,
            Kind::Histogram { native } => self.schema.width() + usize::from(native.is_some()),
            // The sum, the count, and the zero bucket of each slice.
            Kind::Summary(window) => 2 + self.slices(window),
        }
    }

    /// How many of the cells, from the first on, are counts; all others are numbers.
    pub(crate) fn counts(&self) -> usize {
        match &self.kind {
            Kind::Counter => 1,
            Kind::Gauge(_) | Kind::Info | Kind::StateSet => 0,
            Kind::Histogram { .. } => self.schema.bounds.len() + 1,
            Kind::Summary(_) => 1,
        }
    }

    /// How many words a series has in its directory entry beside its label values.
    pub(crate) fn payload(&self) -> usize {
        match &self.kind {
            Kind::Histogram { native: Some(_) } => Exponential::WORDS,
            Kind::Summary(window) => Window::words(self.slices(window)),
            _ => 0,
        }
    }

    /// How many slices a summary has: none without quantiles.
    pub(crate) fn slices(&self, window: &Window) -> usize {
        if self.schema.quantiles.is_empty() { 0 } else { window.slices }
    }

    /// Whose numbers the cells of a series are.
    pub(crate) fn storage(&self, is_shared: bool) -> Storage {
        match &self.kind {
            Kind::Counter | Kind::Histogram { .. } | Kind::Summary(_) => Storage::Sum,
            Kind::Gauge(GaugeMode::LastValue) => Storage::Last,
            Kind::Gauge(GaugeMode::UpDown) if is_shared => Storage::Bound,
            Kind::Gauge(GaugeMode::UpDown) => Storage::Sum,
            Kind::Gauge(_) | Kind::Info | Kind::StateSet if is_shared => Storage::Own,
            Kind::Gauge(_) | Kind::Info | Kind::StateSet => Storage::Last,
        }
    }

    /// Whether the cells of a series are all that it counts.
    pub(crate) fn counts_in_cells(&self) -> bool {
        self.payload() == 0 && self.kind != Kind::Info
    }

    /// Whether a series is one number that anybody may give.
    pub(crate) fn is_one_number(&self) -> bool {
        matches!(self.kind, Kind::Counter | Kind::Gauge(_))
    }

    /// Whether a series is its cells in a snapshot, as they are.
    fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Counter | Kind::Gauge(_) | Kind::Histogram { native: None })
    }

    /// Whether snapshots tell when the series began.
    pub(crate) fn has_created(&self) -> bool {
        matches!(
            self.schema.metric_type,
            MetricType::Counter | MetricType::Histogram | MetricType::Summary
        )
    }
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema && self.kind == other.kind
    }
}

/// Whose numbers the cells of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Each writer adds to its own.
    Sum,
    /// One for all writers, which keeps the last value.
    Last,
    /// Each writer adds to its own, which ends with its process.
    Bound,
    /// One for each process, in a registry that processes share.
    Own,
}

impl Storage {
    /// The same; where processes share nothing, the compiler learns that it is one of the first two.
    #[inline]
    pub(crate) const fn possible(self) -> Self {
        match self {
            Self::Bound | Self::Own if !SHARES => Self::Sum,
            own => own,
        }
    }

    pub(crate) fn cells_of(self) -> CellsOf {
        match self {
            Self::Sum => CellsOf::Writers,
            Self::Last => CellsOf::All,
            Self::Bound | Self::Own => CellsOf::Owners,
        }
    }
}

/// What all series of a family share.
pub(crate) struct Context {
    pub(crate) definition: Definition,
    storage: Storage,
    is_shared: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) name_rules: NameRules,
    /// As f64: infinite for no limit.
    expire_after: AtomicU64,
    spans: Option<Arc<dyn SpanSource>>,
    has_exemplars: AtomicBool,
    /// Whether a series got another creation time since somebody asked.
    created_changed: AtomicBool,
}

impl Context {
    pub(crate) fn new(
        definition: Definition,
        options: &RegistryOptions,
        expire_after: Option<f64>,
        is_shared: bool,
    ) -> Self {
        Self {
            storage: definition.storage(is_shared),
            definition,
            is_shared,
            clock: Arc::clone(&options.clock),
            name_rules: options.name_rules,
            expire_after: AtomicU64::new(expire_after.unwrap_or(f64::INFINITY).to_bits()),
            spans: options.spans.clone(),
            has_exemplars: AtomicBool::new(false),
            created_changed: AtomicBool::new(false),
        }
    }

    /// Whether other processes have it, too.
    #[inline]
    pub(crate) fn is_shared(&self) -> bool {
        SHARES && self.is_shared
    }

    /// Whose numbers the cells of a series are.
    #[inline]
    pub(crate) fn storage(&self) -> Storage {
        self.storage.possible()
    }

    /// Series that did not move for that long are left out of snapshots.
    pub(crate) fn expire_after(&self) -> Option<f64> {
        let seconds = f64::from_bits(self.expire_after.load(Ordering::Relaxed));
        (seconds < f64::INFINITY).then_some(seconds)
    }

    pub(crate) fn set_expire_after(&self, seconds: f64) {
        self.expire_after.store(seconds.to_bits(), Ordering::Relaxed);
    }

    /// How many cells a series has.
    pub(crate) fn cells(&self) -> usize {
        self.definition.cells(self.storage())
    }

    /// Whether the cells of a series are its numbers in a snapshot as they are.
    pub(crate) fn is_plain(&self) -> bool {
        self.definition.is_plain() && matches!(self.storage(), Storage::Sum | Storage::Last)
    }

    /// Who is there, if that makes a difference for a series' value.
    pub(crate) fn owners(&self, segment: &Segment) -> Owners {
        match self.storage() {
            Storage::Bound | Storage::Own => segment.owners(),
            Storage::Sum | Storage::Last => Owners::default(),
        }
    }

    /// Seconds by which time passes for all who have the family: processes have only the time of day in common.
    pub(crate) fn seconds(&self) -> f64 {
        if self.is_shared() { self.clock.unix_seconds() } else { self.clock.monotonic_seconds() }
    }

    /// The ids of the span that the caller is in, if it is sampled.
    pub(crate) fn span_labels(&self) -> Option<SpanLabels> {
        self.spans.as_ref()?.current().filter(|span| span.is_sampled).map(SpanLabels::new)
    }

    pub(crate) fn set_created_changed(&self) {
        self.created_changed.store(true, Ordering::Release);
    }

    pub(crate) fn take_created_changed(&self) -> bool {
        self.created_changed.swap(false, Ordering::AcqRel)
    }

    /// Whether any series ever had an exemplar; if not, collections need not look for them.
    pub(crate) fn has_exemplars(&self) -> bool {
        self.has_exemplars.load(Ordering::Acquire)
    }

    pub(crate) fn set_has_exemplars(&self) {
        self.has_exemplars.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("definition", &self.definition).finish_non_exhaustive()
    }
}
