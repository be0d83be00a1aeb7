//! What a new registry or family is made from. All zero is the default of each; what differs from its
//! default by being 0 is given by address.

use std::ffi::c_void;
use std::sync::Arc;

use metrion_core as core;
use metrion_core::{Error, ErrorCode, Geometry, NameRules, RegistryMemory};

use crate::callback::{CallerClock, ClockFunction, ReleaseFunction, User};
use crate::status::Result;
use crate::text::{Label, Text, list, names, numbers, owned_pairs};

/// Of a registry.
#[repr(C)]
pub struct RegistryOptions {
    /// Labels that every family gets.
    pub constant_labels: *const Label,
    /// How many.
    pub constant_label_count: usize,
    /// How many metrics, series, and exemplars and the like of a series there is room for, rounded up to
    /// a power of two; 0 is the default, 262,144.
    pub max_entries: usize,
    /// Allows metric and label names of any text that is not empty.
    pub utf8_names: bool,
    /// Whether pages tell of the registry itself.
    pub self_metrics: bool,
    /// Where time comes from, for tests; null is the system's clocks.
    pub clock: ClockFunction,
    /// What the clock is called with.
    pub clock_user: *mut c_void,
    /// Called when the clock is not used any more; may be null.
    pub clock_release: ReleaseFunction,
    /// The path of a file in which any number of processes share the registry, best one in a file system in
    /// memory, as `/dev/shm` is; it is made when it is not there, and need never be removed. Any of the
    /// processes answers a scrape for all. Empty is memory of the process. 64-bit Linux only.
    pub shared: Text,
    /// What a child that fork() makes has of a registry in memory of the process: `separate` (also when it is
    /// empty), a copy to go on with; `share`, the registry itself. Not with `shared`, which children share anyway.
    pub fork: Text,
    /// Whether a shared file that is damaged, or of another version of Metrion, is given another name
    /// (`.damaged-1`), and a new one made. If not, it is an error.
    pub move_damaged_aside: bool,
}

/// What every family has.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FamilyOptions {
    /// The name. A counter's may end with `_total` or not: its sample always does.
    pub name: Text,
    /// One sentence for people.
    pub help: Text,
    /// What the name begins with, before an underscore; empty for nothing.
    pub namespace_: Text,
    /// What follows the namespace, before an underscore; empty for nothing.
    pub subsystem: Text,
    /// The base unit, for instance `seconds`. The name gets it as its end if it has not.
    pub unit: Text,
    /// The names of the labels that tell the series apart.
    pub label_names: *const Text,
    /// How many.
    pub label_name_count: usize,
    /// Labels with one value for the whole family.
    pub constant_labels: *const Label,
    /// How many.
    pub constant_label_count: usize,
    /// At most that many series, writes to further ones go to one overflow series; null is no limit.
    pub max_series: *const usize,
    /// Series that did not change for that many seconds are left out until they do; null is never.
    pub expire_after_seconds: *const f64,
}

/// How a gauge counts, and what becomes of several processes' values in a registry that they share.
///
/// All but the first two keep a value for each process; in a registry of one process they are as the first.
/// `LIVE` leaves out processes that have ended. Numbers are added at the end, and never change.
#[repr(C)]
pub enum GaugeMode {
    /// The last value that was set, by whatever process.
    LastValue = 0,
    /// Only added to and subtracted from, each thread in its own cell: for things in flight. What a process
    /// has in flight when it ends is dropped.
    UpDown = 1,
    /// A series for each process, told apart by the label `pid`.
    All = 2,
    /// The same of processes that live.
    LiveAll = 3,
    /// The least value.
    Min = 4,
    /// The least value of processes that live.
    LiveMin = 5,
    /// The greatest value.
    Max = 6,
    /// The greatest value of processes that live.
    LiveMax = 7,
    /// The sum of the values.
    Sum = 8,
    /// The sum of the values of processes that live.
    LiveSum = 9,
    /// The value that was set last.
    MostRecent = 10,
    /// The value that was set last by a process that lives.
    LiveMostRecent = 11,
}

/// How a histogram counts in native (exponential) buckets. Null members have the core's defaults, which
/// are those of Prometheus' Go client.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct NativeOptions {
    /// The resolution, -4 to 8; null is 3, or what follows from `factor`.
    pub schema: *const i8,
    /// The growth from one bucket to the next, above 1; null is to go by `schema`.
    pub factor: *const f64,
    /// At most that many buckets; null is 160.
    pub max_buckets: *const usize,
    /// Up to which absolute value observations are in the zero bucket; null is 2^-128.
    pub zero_threshold: *const f64,
    /// How far the zero bucket may be widened; null is not at all.
    pub max_zero_threshold: *const f64,
    /// After how many seconds a full histogram may be reset; null is never.
    pub min_reset_seconds: *const f64,
}

/// Of a histogram family.
#[repr(C)]
pub struct HistogramOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// The upper bounds, strictly increasing; null is 0.005 to 10, as for durations in seconds. With a
    /// count of 0, but not null, there are none.
    pub buckets: *const f64,
    /// How many.
    pub bucket_count: usize,
    /// Native buckets beside the others, or alone; null is none.
    pub native: *const NativeOptions,
}

/// A quantile and the error that its rank may have, both 0 to 1.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Objective {
    /// The quantile.
    pub quantile: f64,
    /// The allowed error.
    pub error: f64,
}

/// Of a summary family.
#[repr(C)]
pub struct SummaryOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// The quantiles, strictly increasing; none is just a count and a sum.
    pub objectives: *const Objective,
    /// How many.
    pub objective_count: usize,
    /// How many seconds an observation counts for quantiles; null is 600.
    pub max_age_seconds: *const f64,
    /// In how many steps observations age; null is 5.
    pub age_buckets: *const usize,
}

/// Reads a number that may not be there.
///
/// # Safety
/// A pointer that is not null points to one.
unsafe fn optional<T: Copy>(pointer: *const T) -> Option<T> {
    // SAFETY: the caller says so.
    unsafe { pointer.as_ref() }.copied()
}

impl RegistryOptions {
    pub(crate) fn read(&self) -> Result<core::RegistryOptions> {
        let mut options = core::RegistryOptions::default();
        // First of all, so that it is released whatever else is wrong.
        if let Some(function) = self.clock {
            let user = User::new(self.clock_user, self.clock_release);
            options.clock = Arc::new(CallerClock { function, user });
        }
        options.constant_labels = owned_pairs(self.constant_labels, self.constant_label_count)?;
        options.self_metrics = self.self_metrics;
        if self.utf8_names {
            options.name_rules = NameRules::Utf8;
        }
        if self.max_entries > 0 {
            options.geometry = Geometry { entries: self.max_entries, ..options.geometry };
        }
        options.memory = self.memory()?;
        Ok(options)
    }

    fn memory(&self) -> Result<RegistryMemory> {
        // SAFETY: what callers of the library promise.
        let text = |text: Text, what| unsafe { text.read(what, ErrorCode::InvalidValue) };
        let given = |text: &&str| !text.is_empty();
        let path = Some(text(self.shared, "the path of the shared registry")?).filter(given);
        let fork = Some(text(self.fork, "fork")?).filter(given);
        RegistryMemory::from_words(path.map(Into::into), fork, self.move_damaged_aside)
    }
}

impl FamilyOptions {
    pub(crate) fn read(&self) -> Result<core::FamilyOptions> {
        // SAFETY: what callers of the library promise.
        unsafe {
            Ok(core::FamilyOptions {
                name: self.name.name("the name")?,
                help: self.help.name("the help")?,
                namespace: self.namespace_.name("the namespace")?,
                subsystem: self.subsystem.name("the subsystem")?,
                unit: self.unit.name("the unit")?,
                label_names: names(self.label_names, self.label_name_count, "the label names")?,
                constant_labels: owned_pairs(self.constant_labels, self.constant_label_count)?,
                max_series: optional(self.max_series),
                expire_after_seconds: optional(self.expire_after_seconds),
            })
        }
    }
}

impl GaugeMode {
    /// By their numbers.
    const MODES: [core::GaugeMode; 12] = [
        core::GaugeMode::LastValue,
        core::GaugeMode::UpDown,
        core::GaugeMode::All,
        core::GaugeMode::LiveAll,
        core::GaugeMode::Min,
        core::GaugeMode::LiveMin,
        core::GaugeMode::Max,
        core::GaugeMode::LiveMax,
        core::GaugeMode::Sum,
        core::GaugeMode::LiveSum,
        core::GaugeMode::MostRecent,
        core::GaugeMode::LiveMostRecent,
    ];

    /// C can pass any number for an enum.
    pub(crate) fn read(mode: i32) -> Result<core::GaugeMode> {
        let found = usize::try_from(mode).ok().and_then(|mode| Self::MODES.get(mode)).copied();
        let message = || format!("there is no gauge mode {mode}");
        found.ok_or_else(|| Error::new(ErrorCode::InvalidValue, message()))
    }
}

impl NativeOptions {
    fn read(&self) -> Result<core::NativeOptions> {
        // SAFETY: what callers of the library promise.
        unsafe {
            let defaults = match optional(self.factor) {
                Some(factor) => core::NativeOptions::with_factor(factor)?,
                None => core::NativeOptions::default(),
            };
            Ok(core::NativeOptions {
                schema: optional(self.schema).unwrap_or(defaults.schema),
                max_buckets: optional(self.max_buckets).unwrap_or(defaults.max_buckets),
                zero_threshold: optional(self.zero_threshold).unwrap_or(defaults.zero_threshold),
                max_zero_threshold: optional(self.max_zero_threshold)
                    .unwrap_or(defaults.max_zero_threshold),
                min_reset_seconds: optional(self.min_reset_seconds)
                    .unwrap_or(defaults.min_reset_seconds),
            })
        }
    }
}

impl HistogramOptions {
    pub(crate) fn read(&self) -> Result<core::HistogramOptions> {
        let mut options = core::HistogramOptions {
            family: self.family.read()?,
            ..core::HistogramOptions::default()
        };
        if !self.buckets.is_null() || self.bucket_count > 0 {
            options.buckets = numbers(self.buckets, self.bucket_count, "the buckets")?.to_vec();
        }
        // SAFETY: what callers of the library promise.
        let native = unsafe { self.native.as_ref() };
        options.native = native.map(NativeOptions::read).transpose()?;
        Ok(options)
    }
}

impl SummaryOptions {
    pub(crate) fn read(&self) -> Result<core::SummaryOptions> {
        let defaults = core::SummaryOptions::default();
        // SAFETY: what callers of the library promise.
        unsafe {
            let objectives = list(self.objectives, self.objective_count, "the objectives")?;
            Ok(core::SummaryOptions {
                family: self.family.read()?,
                objectives: objectives.iter().map(|own| (own.quantile, own.error)).collect(),
                max_age_seconds: optional(self.max_age_seconds).unwrap_or(defaults.max_age_seconds),
                age_buckets: optional(self.age_buckets).unwrap_or(defaults.age_buckets),
            })
        }
    }
}
