//! What a new registry or family is made from. What is `None` is the core's default.

use metrion as core;
use metrion::{Geometry, NameRules, RegistryMemory};

use crate::error::{Result, invalid};

/// A name and a value: of a label.
#[derive(Clone, uniffi::Record)]
pub struct Label {
    /// The label's name.
    pub name: String,
    /// The label's value.
    pub value: String,
}

/// Of a registry.
#[derive(uniffi::Record)]
pub struct RegistryOptions {
    /// Labels that every family gets.
    pub constant_labels: Vec<Label>,
    /// How many metrics, series, and exemplars and the like of a series there is room for, rounded up to
    /// a power of two.
    pub max_entries: Option<i64>,
    /// Allows metric and label names of any text that is not empty.
    pub utf8_names: bool,
    /// Whether pages tell of the registry itself.
    pub self_metrics: bool,
    /// The path of a file in which any number of processes share the registry.
    pub shared: Option<String>,
    /// What a fork's child has of a registry in memory of the process: `separate` or `share`.
    pub fork: Option<String>,
    /// Whether a shared file that is damaged, or of another version, is given another name.
    pub move_damaged_aside: bool,
}

/// What every family has.
#[derive(uniffi::Record)]
pub struct FamilyOptions {
    /// The name. A counter's may end with `_total` or not: its sample always does.
    pub name: String,
    /// One sentence for people.
    pub help: String,
    /// What the name begins with, before an underscore; empty for nothing.
    pub namespace: String,
    /// What follows the namespace, before an underscore; empty for nothing.
    pub subsystem: String,
    /// The base unit, for instance `seconds`. The name gets it as its end if it has not.
    pub unit: String,
    /// The names of the labels that tell the series apart.
    pub label_names: Vec<String>,
    /// Labels with one value for the whole family.
    pub constant_labels: Vec<Label>,
    /// At most that many series; writes to further ones go to one overflow series.
    pub max_series: Option<i64>,
    /// Series that did not change for that many seconds are left out until they do.
    pub expire_after_seconds: Option<f64>,
}

/// How a histogram counts in native (exponential) buckets.
#[derive(uniffi::Record)]
pub struct NativeOptions {
    /// The resolution, -4 to 8.
    pub schema: Option<i32>,
    /// The growth from one bucket to the next, above 1, in place of `schema`.
    pub factor: Option<f64>,
    /// At most that many buckets.
    pub max_buckets: Option<i64>,
    /// Up to which absolute value observations are in the zero bucket.
    pub zero_threshold: Option<f64>,
    /// How far the zero bucket may be widened.
    pub max_zero_threshold: Option<f64>,
    /// After how many seconds a full histogram may be reset.
    pub min_reset_seconds: Option<f64>,
}

/// Of a histogram family.
#[derive(uniffi::Record)]
pub struct HistogramOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// The upper bounds, strictly increasing.
    pub buckets: Option<Vec<f64>>,
    /// Native buckets beside the others, or alone where `buckets` is empty.
    pub native: Option<NativeOptions>,
    /// Whether it is of durations in seconds: the name ends with `_seconds`.
    pub timer: bool,
}

/// A quantile and the error that its rank may have, both 0 to 1.
#[derive(uniffi::Record)]
pub struct Objective {
    /// The quantile.
    pub quantile: f64,
    /// The allowed error.
    pub error: f64,
}

/// Of a summary family.
#[derive(uniffi::Record)]
pub struct SummaryOptions {
    /// What every family has.
    pub family: FamilyOptions,
    /// The quantiles, strictly increasing; none is just a count and a sum.
    pub objectives: Vec<Objective>,
    /// How many seconds an observation counts for quantiles.
    pub max_age_seconds: Option<f64>,
    /// In how many steps observations age.
    pub age_buckets: Option<i64>,
}

/// The languages have signed integers only.
fn count(number: i64, what: &str) -> Result<usize> {
    usize::try_from(number)
        .map_err(|_| invalid(format!("{what} is a number from 0 up, not {number}")).into())
}

pub(crate) fn owned_pairs(labels: Vec<Label>) -> Vec<(String, String)> {
    labels.into_iter().map(|label| (label.name, label.value)).collect()
}

pub(crate) fn pairs(labels: &[Label]) -> Vec<(&str, &str)> {
    labels.iter().map(|label| (label.name.as_str(), label.value.as_str())).collect()
}

impl RegistryOptions {
    pub(crate) fn into_core(self) -> Result<core::RegistryOptions> {
        let (shared, fork) = (self.shared.map(Into::into), self.fork.as_deref());
        let mut options = core::RegistryOptions {
            memory: RegistryMemory::from_words(shared, fork, self.move_damaged_aside)?,
            constant_labels: owned_pairs(self.constant_labels),
            self_metrics: self.self_metrics,
            ..core::RegistryOptions::default()
        };
        if self.utf8_names {
            options.name_rules = NameRules::Utf8;
        }
        if let Some(entries) = self.max_entries {
            let entries = count(entries, "max_entries")?;
            options.geometry = Geometry { entries, ..options.geometry };
        }
        Ok(options)
    }
}

impl FamilyOptions {
    pub(crate) fn into_core(self) -> Result<core::FamilyOptions> {
        Ok(core::FamilyOptions {
            name: self.name,
            help: self.help,
            namespace: self.namespace,
            subsystem: self.subsystem,
            unit: self.unit,
            label_names: self.label_names,
            constant_labels: owned_pairs(self.constant_labels),
            max_series: self.max_series.map(|most| count(most, "max_series")).transpose()?,
            expire_after_seconds: self.expire_after_seconds,
        })
    }
}

impl NativeOptions {
    fn into_core(self) -> Result<core::NativeOptions> {
        let mut options = match self.factor {
            Some(factor) => core::NativeOptions::with_factor(factor)?,
            None => core::NativeOptions::default(),
        };
        if let Some(schema) = self.schema {
            // What no i8 holds is no schema either, as the core says.
            options.schema = i8::try_from(schema).unwrap_or(i8::MAX);
        }
        if let Some(most) = self.max_buckets {
            options.max_buckets = count(most, "max_buckets")?;
        }
        options.zero_threshold = self.zero_threshold.unwrap_or(options.zero_threshold);
        options.max_zero_threshold = self.max_zero_threshold.unwrap_or(options.max_zero_threshold);
        options.min_reset_seconds = self.min_reset_seconds.unwrap_or(options.min_reset_seconds);
        Ok(options)
    }
}

impl HistogramOptions {
    pub(crate) fn into_core(self) -> Result<core::HistogramOptions> {
        let family = self.family.into_core()?;
        let mut options = if self.timer {
            core::HistogramOptions::timer(family)
        } else {
            core::HistogramOptions { family, ..core::HistogramOptions::default() }
        };
        options.buckets = self.buckets.unwrap_or(options.buckets);
        options.native = self.native.map(NativeOptions::into_core).transpose()?;
        Ok(options)
    }
}

impl SummaryOptions {
    pub(crate) fn into_core(self) -> Result<core::SummaryOptions> {
        let defaults = core::SummaryOptions::default();
        let age_buckets =
            self.age_buckets.map(|number| count(number, "age_buckets")).transpose()?;
        Ok(core::SummaryOptions {
            family: self.family.into_core()?,
            objectives: self.objectives.iter().map(|own| (own.quantile, own.error)).collect(),
            max_age_seconds: self.max_age_seconds.unwrap_or(defaults.max_age_seconds),
            age_buckets: age_buckets.unwrap_or(defaults.age_buckets),
        })
    }
}
