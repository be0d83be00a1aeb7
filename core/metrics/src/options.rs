//! What a user says of a new family or registry: plain owned structs, the same in every language.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use metrion_model::{
    Clock, Error, ErrorCode, MetricType, NameRules, Quoted, Result, Schema, Shown,
};
use metrion_slab::Geometry;

use crate::native::NativeOptions;
use crate::span::SpanSource;

/// What every family has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FamilyOptions {
    /// The name. A counter's may end with `_total` or not: its sample always does.
    pub name: String,
    /// One sentence for people.
    pub help: String,
    /// What the name begins with, before an underscore; empty for nothing.
    pub namespace: String,
    /// What follows the namespace, before an underscore; empty for nothing.
    pub subsystem: String,
    /// The base unit, for instance `seconds`. The name gets it as its end if it has not; empty for
    /// none.
    pub unit: String,
    /// The names of the labels that tell the series apart.
    pub label_names: Vec<String>,
    /// Labels with one value for the whole family, for instance a version.
    pub constant_labels: Vec<(String, String)>,
    /// At most that many series; writes to further ones go to one overflow series.
    pub max_series: Option<usize>,
    /// Series whose numbers did not change for that many seconds are left out of snapshots until they
    /// do. It is found out at collections: what changed between two of them moved at the second. A
    /// gauge that is set to the value that it has already does not move.
    pub expire_after_seconds: Option<f64>,
}

impl FamilyOptions {
    /// A family without labels.
    #[must_use]
    pub fn new(name: &str, help: &str) -> Self {
        Self { name: name.into(), help: help.into(), ..Self::default() }
    }

    /// A family with labels.
    #[must_use]
    pub fn labelled(name: &str, help: &str, label_names: &[&str]) -> Self {
        let label_names = label_names.iter().map(|name| (*name).to_owned()).collect();
        Self { label_names, ..Self::new(name, help) }
    }

    pub(crate) fn check(&self) -> Result<()> {
        match self.expire_after_seconds {
            Some(seconds) if seconds.is_nan() || seconds <= 0.0 => Err(Error::new(
                ErrorCode::InvalidValue,
                format!("expire_after_seconds is above 0, not {}", Shown(seconds)),
            )),
            _ => Ok(()),
        }
    }

    pub(crate) fn into_schema(self, metric_type: MetricType) -> Schema {
        Schema {
            name: self.full_name(metric_type),
            help: self.help,
            unit: self.unit,
            metric_type,
            constant_labels: self.constant_labels,
            label_names: self.label_names,
            ..Schema::default()
        }
    }

    fn full_name(&self, metric_type: MetricType) -> String {
        let own_suffix = metric_type.own_suffix();
        if self.name.is_empty() {
            // The other parts alone are no name: validation says so.
            return String::new();
        }
        let parts = [&self.namespace, &self.subsystem, &self.name];
        let parts: Vec<&str> =
            parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
        let mut name = parts.join("_");
        // The unit stands before a counter's `_total`, which the schema takes off.
        if let Some(suffix) = own_suffix
            && let Some(base) = name.strip_suffix(suffix)
        {
            if base.is_empty() {
                return name;
            }
            name.truncate(base.len());
            if self.unit.is_empty() {
                name.push_str(suffix);
            }
        }
        if !self.unit.is_empty() && !name.ends_with(&format!("_{}", self.unit)) {
            name.push('_');
            name.push_str(&self.unit);
        }
        if let Some(suffix) = own_suffix.filter(|_| !self.unit.is_empty())
            && name.ends_with(suffix)
        {
            // The unit itself is `total`: the schema takes off one suffix, and that must stay.
            name.push_str(suffix);
        }
        name
    }
}

/// How a gauge counts, and what becomes of several processes' values in a registry that they share.
///
/// All but the first two keep a value for each process. In private memory there is only one, and they are as
/// `LastValue`. "Live" leaves out processes that have ended; the others are kept until their room is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GaugeMode {
    /// The last value that was set, by whatever process: one cell for all writers; adding is a
    /// compare-and-swap.
    #[default]
    LastValue,
    /// Only added to and subtracted from, each writer in its own cell: for things in flight. What a process has in
    /// flight when it ends is dropped.
    UpDown,
    /// A series for each process, told apart by the label `pid`.
    All,
    /// As `All`, of processes that live.
    LiveAll,
    /// The least value.
    Min,
    /// The least value of processes that live.
    LiveMin,
    /// The greatest value.
    Max,
    /// The greatest value of processes that live.
    LiveMax,
    /// The sum of the values.
    Sum,
    /// The sum of the values of processes that live.
    LiveSum,
    /// The value that was set last.
    MostRecent,
    /// The value that was set last by a process that lives.
    LiveMostRecent,
}

impl GaugeMode {
    /// All of them with their words: those of prometheus_client's `multiprocess_mode`, and two more.
    const WORDS: [(Self, &str); 12] = [
        (Self::LastValue, "last"),
        (Self::UpDown, "up_down"),
        (Self::All, "all"),
        (Self::LiveAll, "liveall"),
        (Self::Min, "min"),
        (Self::LiveMin, "livemin"),
        (Self::Max, "max"),
        (Self::LiveMax, "livemax"),
        (Self::Sum, "sum"),
        (Self::LiveSum, "livesum"),
        (Self::MostRecent, "mostrecent"),
        (Self::LiveMostRecent, "livemostrecent"),
    ];

    /// The mode of a word.
    ///
    /// # Errors
    /// `invalid_value` for another word.
    pub fn from_word(word: &str) -> Result<Self> {
        let found = Self::WORDS.iter().find(|(_, own)| *own == word).map(|(mode, _)| *mode);
        found.ok_or_else(|| {
            let words = Self::WORDS.map(|(_, word)| word).join(", ");
            let message = format!("a gauge's mode is one of {words}, not {:?}", Quoted(word));
            Error::new(ErrorCode::InvalidValue, message)
        })
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(mode, _)| *mode == self).map_or("", |(_, word)| word)
    }

    /// Whether processes that have ended are left out.
    pub(crate) const fn is_live(self) -> bool {
        use GaugeMode::{LiveAll, LiveMax, LiveMin, LiveMostRecent, LiveSum};
        matches!(self, LiveAll | LiveMin | LiveMax | LiveSum | LiveMostRecent)
    }
}

/// Where the numbers of a registry are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryMemory {
    /// In memory of the process. A child that it forks goes on with a copy.
    #[default]
    Private,
    /// In memory that the process shares with the children that it forks.
    Inherited,
    /// In a file that any number of processes share: best one in a file system in memory, as `/dev/shm` is. Linux
    /// only.
    Shared {
        /// The file; made when it is not there.
        path: PathBuf,
        /// Whether a file there that is damaged, or of another version of Metrion, is given another name
        /// (`.damaged-1`). If not, it is an error.
        move_damaged_aside: bool,
    },
}

impl RegistryMemory {
    /// The file of this name, and an error if it is damaged.
    #[must_use]
    pub fn shared(path: impl Into<PathBuf>) -> Self {
        Self::Shared { path: path.into(), move_damaged_aside: false }
    }

    /// What the options of a language say: the path of a file to share, or what a fork's child does with the
    /// numbers, `separate` (go on with a copy, the default) or `share`. `move_damaged_aside` is for a file: see
    /// [`RegistryMemory::Shared`].
    ///
    /// # Errors
    /// `invalid_value` for another word, an empty path, and for both at once.
    pub fn from_words(
        shared: Option<PathBuf>,
        fork: Option<&str>,
        move_damaged_aside: bool,
    ) -> Result<Self> {
        let wrong = |what: String| Err(Error::new(ErrorCode::InvalidValue, what));
        match (shared, fork) {
            (Some(path), None) if !path.as_os_str().is_empty() => {
                Ok(Self::Shared { path, move_damaged_aside })
            }
            (Some(_), None) => wrong("the path of a shared registry is empty".to_owned()),
            (Some(_), Some(_)) => wrong(
                "a registry in a file is shared with children anyway: fork is for others"
                    .to_owned(),
            ),
            (None, None | Some("separate")) => Ok(Self::Private),
            (None, Some("share")) => Ok(Self::Inherited),
            (None, Some(word)) => {
                wrong(format!("fork is \"separate\" or \"share\", not {:?}", Quoted(word)))
            }
        }
    }

    /// What the environment variable `METRION_SHARED` says: the path of a file, or private memory when it is
    /// not set or empty.
    #[must_use]
    pub fn from_environment() -> Self {
        match std::env::var_os("METRION_SHARED") {
            Some(path) if !path.is_empty() => Self::shared(path),
            _ => Self::Private,
        }
    }
}

/// Of a gauge family.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GaugeOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// How it counts.
    pub mode: GaugeMode,
}

/// Of a histogram family.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// The upper bounds, strictly increasing; infinity is added when it is not the last.
    pub buckets: Vec<f64>,
    /// How it counts in native (exponential) buckets, beside the others or, with no others, alone.
    pub native: Option<NativeOptions>,
}

impl HistogramOptions {
    /// A histogram of durations in seconds with the default bounds: the unit and the end of the name
    /// are `seconds`.
    #[must_use]
    pub fn timer(mut family: FamilyOptions) -> Self {
        family.unit = "seconds".to_owned();
        Self { family, ..Self::default() }
    }

    /// A histogram with native buckets alone.
    #[must_use]
    pub fn native(family: FamilyOptions, native: NativeOptions) -> Self {
        Self { family, buckets: Vec::new(), native: Some(native) }
    }
}

/// Of a summary family.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// Quantiles from 0 to 1, strictly increasing, each with the error that its rank may have, 0 to 1.
    /// An answer is within that error or within 1 % of the exact value, whichever is easier. None, the
    /// default, gives just a count and a sum.
    pub objectives: Vec<(f64, f64)>,
    /// How many seconds an observation counts for quantiles, 600 by default.
    pub max_age_seconds: f64,
    /// In how many steps observations age, 5 by default.
    pub age_buckets: usize,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            family: FamilyOptions::default(),
            objectives: Vec::new(),
            max_age_seconds: 600.0,
            age_buckets: 5,
        }
    }
}

/// Of a state-set family.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateSetOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// The states, 1 to 53; the first one holds at the start.
    pub states: Vec<String>,
}

/// Bounds for the duration of a request in seconds, as Prometheus' Go client has them.
pub const DEFAULT_BUCKETS: [f64; 11] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

impl Default for HistogramOptions {
    fn default() -> Self {
        Self { family: FamilyOptions::default(), buckets: DEFAULT_BUCKETS.to_vec(), native: None }
    }
}

/// Of a registry.
#[derive(Clone)]
pub struct RegistryOptions {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where the numbers are.
    pub memory: RegistryMemory,
    /// The bounds of the registry's memory. Of shared memory the first process decides; without slabs for processes
    /// these bounds give its entries and its room for names, and the rest is [`Geometry::shared`].
    pub geometry: Geometry,
    /// Labels that every family gets.
    pub constant_labels: Vec<(String, String)>,
    /// Which metric and label names are taken.
    pub name_rules: NameRules,
    /// How `add_in_span` and `observe_in_span` find the current span; they attach no exemplar without
    /// it.
    pub spans: Option<Arc<dyn SpanSource>>,
    /// Whether snapshots tell of the registry itself: series, bytes, seconds, dropped updates.
    pub self_metrics: bool,
    /// A random number that keys the hashes; elsewhere the standard library has one.
    #[cfg(target_arch = "wasm32")]
    pub hash_seed: u64,
}

#[cfg(not(target_arch = "wasm32"))]
impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(metrion_model::SystemClock::default()),
            memory: RegistryMemory::default(),
            geometry: Geometry::default(),
            constant_labels: Vec::new(),
            name_rules: NameRules::default(),
            spans: None,
            self_metrics: false,
        }
    }
}

impl fmt::Debug for RegistryOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryOptions")
            .field("memory", &self.memory)
            .field("geometry", &self.geometry)
            .field("constant_labels", &self.constant_labels)
            .field("name_rules", &self.name_rules)
            .field("self_metrics", &self.self_metrics)
            .finish_non_exhaustive()
    }
}
