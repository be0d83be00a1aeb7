//! What JavaScript says of a new registry or family, as the core takes it.

use metrion::{AnyFamilyOptions, AnyNativeOptions, FamilyOptions};
use napi_derive::napi;

/// Of a registry.
#[napi(object)]
#[derive(Default)]
pub struct RegistryInit {
    /// Names and values in turn.
    pub constant_labels: Option<Vec<String>>,
    /// Whether names may be any text.
    pub utf8_names: Option<bool>,
    /// How many families, series and parts of them there is room for.
    pub max_entries: Option<u32>,
    /// Whether it tells of itself.
    pub self_metrics: Option<bool>,
    /// The file in which processes share it.
    pub shared: Option<String>,
    /// Whether a damaged file there is given another name.
    pub move_damaged_aside: Option<bool>,
}

/// Of a family, of whatever kind: what is not of its kind is not looked at.
#[napi(object)]
pub struct FamilyInit {
    /// `counter`, `gauge`, `histogram`, `summary`, `info` or `stateset`.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The help text.
    pub help: String,
    /// The other parts of the name.
    pub namespace: Option<String>,
    /// See above.
    pub subsystem: Option<String>,
    /// See above.
    pub unit: Option<String>,
    /// The names of the labels.
    pub label_names: Option<Vec<String>>,
    /// Names and values in turn.
    pub constant_labels: Option<Vec<String>>,
    /// The series limit.
    pub max_series: Option<u32>,
    /// In seconds.
    pub expire_after: Option<f64>,
    /// A gauge's: a word of the core's `GaugeMode`.
    pub mode: Option<String>,
    /// A histogram's upper bounds.
    pub buckets: Option<Vec<f64>>,
    /// A histogram's native buckets.
    pub native: Option<NativeInit>,
    /// A summary's quantiles, each with the error of its rank behind it.
    pub objectives: Option<Vec<f64>>,
    /// A summary's window, in seconds.
    pub max_age_seconds: Option<f64>,
    /// In how many steps it moves.
    pub age_buckets: Option<u32>,
    /// A state set's states.
    pub states: Option<Vec<String>>,
}

/// Of native buckets; see the core's `NativeOptions`.
#[napi(object)]
pub struct NativeInit {
    /// The resolution, -4 to 8.
    pub schema: Option<i32>,
    /// The resolution as the growth of a bucket.
    pub factor: Option<f64>,
    /// At most that many buckets.
    pub max_buckets: Option<u32>,
    /// What counts as zero.
    pub zero_threshold: Option<f64>,
    /// How far that may widen.
    pub max_zero_threshold: Option<f64>,
    /// After how many seconds a full histogram may be emptied.
    pub min_reset_seconds: Option<f64>,
}

/// The pairs of a list of names and values in turn.
pub(crate) fn pairs_of(flat: Vec<String>) -> Vec<(String, String)> {
    let mut rest = flat.into_iter();
    std::iter::from_fn(|| Some((rest.next()?, rest.next()?))).collect()
}

/// The same, as the core takes them.
pub(crate) fn as_pairs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

impl FamilyInit {
    pub(crate) fn into_options(self) -> AnyFamilyOptions {
        AnyFamilyOptions {
            kind: self.kind,
            family: FamilyOptions {
                name: self.name,
                help: self.help,
                namespace: self.namespace.unwrap_or_default(),
                subsystem: self.subsystem.unwrap_or_default(),
                unit: self.unit.unwrap_or_default(),
                label_names: self.label_names.unwrap_or_default(),
                constant_labels: pairs_of(self.constant_labels.unwrap_or_default()),
                max_series: self.max_series.map(|most| most as usize),
                expire_after_seconds: self.expire_after,
            },
            mode: self.mode,
            buckets: self.buckets,
            native: self.native.map(NativeInit::into_options),
            objectives: self.objectives.unwrap_or_default(),
            max_age_seconds: self.max_age_seconds,
            age_buckets: self.age_buckets.map(|count| count as usize),
            states: self.states.unwrap_or_default(),
        }
    }
}

impl NativeInit {
    fn into_options(self) -> AnyNativeOptions {
        AnyNativeOptions {
            schema: self.schema,
            factor: self.factor,
            max_buckets: self.max_buckets.map(|most| most as usize),
            zero_threshold: self.zero_threshold,
            max_zero_threshold: self.max_zero_threshold,
            min_reset_seconds: self.min_reset_seconds,
        }
    }
}
