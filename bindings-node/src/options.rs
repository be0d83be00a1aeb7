//! What JavaScript says of a new registry or family, as the core takes it.

use metrion::{
    Error, ErrorCode, FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, NativeOptions,
    StateSetOptions, SummaryOptions,
};
use napi_derive::napi;

use crate::errors::{Result, fault};

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
    /// A gauge's: `last` or `up_down`.
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
    pub(crate) fn family(&mut self) -> FamilyOptions {
        FamilyOptions {
            name: std::mem::take(&mut self.name),
            help: std::mem::take(&mut self.help),
            namespace: self.namespace.take().unwrap_or_default(),
            subsystem: self.subsystem.take().unwrap_or_default(),
            unit: self.unit.take().unwrap_or_default(),
            label_names: self.label_names.take().unwrap_or_default(),
            constant_labels: pairs_of(self.constant_labels.take().unwrap_or_default()),
            max_series: self.max_series.map(|most| most as usize),
            expire_after_seconds: self.expire_after,
        }
    }

    pub(crate) fn gauge(&mut self) -> Result<GaugeOptions> {
        let mode = match self.mode.as_deref() {
            None | Some("last") => GaugeMode::LastValue,
            Some("up_down") => GaugeMode::UpDown,
            Some(other) => {
                let message = format!("a gauge's mode is \"last\" or \"up_down\", not {other:?}");
                return Err(fault(Error::new(ErrorCode::InvalidValue, message)));
            }
        };
        Ok(GaugeOptions { family: self.family(), mode })
    }

    pub(crate) fn histogram(&mut self) -> Result<HistogramOptions> {
        let family = self.family();
        let native = self.native.take().map(NativeInit::into_options).transpose()?;
        let buckets = self.buckets.take().unwrap_or_else(|| HistogramOptions::default().buckets);
        Ok(HistogramOptions { family, buckets, native })
    }

    pub(crate) fn summary(&mut self) -> SummaryOptions {
        let defaults = SummaryOptions::default();
        let flat = self.objectives.take().unwrap_or_default();
        let objectives = flat.chunks_exact(2).filter_map(|pair| match pair {
            [quantile, error] => Some((*quantile, *error)),
            _ => None,
        });
        SummaryOptions {
            family: self.family(),
            objectives: objectives.collect(),
            max_age_seconds: self.max_age_seconds.unwrap_or(defaults.max_age_seconds),
            age_buckets: self.age_buckets.map_or(defaults.age_buckets, |count| count as usize),
        }
    }

    pub(crate) fn state_set(&mut self) -> StateSetOptions {
        StateSetOptions { family: self.family(), states: self.states.take().unwrap_or_default() }
    }
}

impl NativeInit {
    fn into_options(self) -> Result<NativeOptions> {
        let default = NativeOptions::default();
        let schema = match (self.factor, self.schema) {
            (Some(_), Some(_)) => {
                let message = "a native histogram is given a factor or a schema, not both";
                return Err(fault(Error::new(ErrorCode::InvalidBuckets, message)));
            }
            (Some(factor), None) => NativeOptions::with_factor(factor).map_err(fault)?.schema,
            // One that is out of range stays so, for the core to refuse.
            (None, schema) => schema.map_or(default.schema, |own| {
                i8::try_from(own).unwrap_or(if own < 0 { i8::MIN } else { i8::MAX })
            }),
        };
        Ok(NativeOptions {
            schema,
            max_buckets: self.max_buckets.map_or(default.max_buckets, |most| most as usize),
            zero_threshold: self.zero_threshold.unwrap_or(default.zero_threshold),
            max_zero_threshold: self.max_zero_threshold.unwrap_or(default.max_zero_threshold),
            min_reset_seconds: self.min_reset_seconds.unwrap_or(default.min_reset_seconds),
        })
    }
}
