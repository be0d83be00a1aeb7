//! What a family is: its schema, and how its type counts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrion_model::{Clock, MetricType, NameRules, Result, Schema};

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
            Kind::Gauge(GaugeMode::UpDown) => format!("up-down {schema}"),
            Kind::Histogram { native: Some(native) } => format!("{schema}, {}", native.summary()),
            Kind::Summary(window) => format!("{schema}, {}", window.summary()),
            _ => schema,
        }
    }

    /// How many cells a series has.
    pub(crate) fn cells(&self) -> usize {
        match &self.kind {
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

    /// Whether the cells are last values, which only the common slab holds.
    pub(crate) fn keeps_last_value(&self) -> bool {
        matches!(self.kind, Kind::Gauge(GaugeMode::LastValue) | Kind::Info | Kind::StateSet)
    }

    /// Whether the cells of a series are all that it counts.
    pub(crate) fn counts_in_cells(&self) -> bool {
        self.payload() == 0 && self.kind != Kind::Info
    }

    /// Whether a series is one number that anybody may give.
    pub(crate) fn is_one_number(&self) -> bool {
        matches!(self.kind, Kind::Counter | Kind::Gauge(_))
    }

    /// Whether the cells of a series are its numbers in a snapshot as they are.
    pub(crate) fn is_plain(&self) -> bool {
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

/// What all series of a family share.
pub(crate) struct Context {
    pub(crate) definition: Definition,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) name_rules: NameRules,
    /// Series that did not move for that long are left out of snapshots.
    pub(crate) expire_after: Option<f64>,
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
    ) -> Self {
        Self {
            definition,
            clock: Arc::clone(&options.clock),
            name_rules: options.name_rules,
            expire_after,
            spans: options.spans.clone(),
            has_exemplars: AtomicBool::new(false),
            created_changed: AtomicBool::new(false),
        }
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
