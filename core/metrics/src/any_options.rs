//! Options of a family whose type is a word.

use metrion_model::{Error, ErrorCode, Quoted, Result};

use crate::any::Handle;
use crate::definition::Kind;
use crate::plan::Plan;
use crate::{
    Family, FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, NativeOptions, Registry,
    StateSetOptions, SummaryOptions,
};

/// Of a family of whatever type, as languages without types say it: what is not of its type is not
/// looked at, and `None` is the default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnyFamilyOptions {
    /// `counter`, `gauge`, `histogram`, `summary`, `info` or `stateset`.
    pub kind: String,
    /// What every family has.
    pub family: FamilyOptions,
    /// A gauge's: the word of a [`GaugeMode`].
    pub mode: Option<String>,
    /// A histogram's upper bounds.
    pub buckets: Option<Vec<f64>>,
    /// A histogram's native buckets.
    pub native: Option<AnyNativeOptions>,
    /// A summary's quantiles, each with the error of its rank behind it.
    pub objectives: Vec<f64>,
    /// A summary's window.
    pub max_age_seconds: Option<f64>,
    /// In how many steps it moves.
    pub age_buckets: Option<usize>,
    /// A state set's states.
    pub states: Vec<String>,
}

/// Of native buckets; see [`NativeOptions`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnyNativeOptions {
    /// The resolution.
    pub schema: Option<i32>,
    /// The resolution as the growth of a bucket; not together with `schema`.
    pub factor: Option<f64>,
    /// See [`NativeOptions`], as for all that follow.
    pub max_buckets: Option<usize>,
    /// See above.
    pub zero_threshold: Option<f64>,
    /// See above.
    pub max_zero_threshold: Option<f64>,
    /// See above.
    pub min_reset_seconds: Option<f64>,
}

impl Registry {
    /// The family of these options; made when it is new. It is one for families of any type: to ask a
    /// registry for one name both in this way and by the functions for each type is `metric_exists`.
    ///
    /// # Errors
    /// `unsupported` for a kind that there is not, `invalid_value` for another word, and those of the
    /// functions for each type.
    pub fn any_family(&self, options: AnyFamilyOptions) -> Result<Family<Handle>> {
        self.family(options.plan()?)
    }
}

impl AnyFamilyOptions {
    fn plan(self) -> Result<Plan> {
        Ok(match self.kind.as_str() {
            "counter" => Plan::new(self.family, Kind::Counter),
            "gauge" => self.gauge()?.into(),
            "histogram" => self.histogram()?.into(),
            "summary" => self.summary().into(),
            "info" => Plan::new(self.family, Kind::Info),
            "stateset" => StateSetOptions { family: self.family, states: self.states }.into(),
            other => {
                let message = format!("there is no kind of metric {:?}", Quoted(other));
                return Err(Error::new(ErrorCode::Unsupported, message));
            }
        })
    }

    fn gauge(self) -> Result<GaugeOptions> {
        let mode = self.mode.as_deref().map(GaugeMode::from_word).transpose()?.unwrap_or_default();
        Ok(GaugeOptions { family: self.family, mode })
    }

    fn histogram(self) -> Result<HistogramOptions> {
        let native = self.native.map(AnyNativeOptions::into_options).transpose()?;
        let buckets = self.buckets.unwrap_or_else(|| HistogramOptions::default().buckets);
        Ok(HistogramOptions { family: self.family, buckets, native })
    }

    fn summary(self) -> SummaryOptions {
        let defaults = SummaryOptions::default();
        let objectives = self.objectives.chunks_exact(2).filter_map(|pair| match pair {
            [quantile, error] => Some((*quantile, *error)),
            _ => None,
        });
        SummaryOptions {
            objectives: objectives.collect(),
            max_age_seconds: self.max_age_seconds.unwrap_or(defaults.max_age_seconds),
            age_buckets: self.age_buckets.unwrap_or(defaults.age_buckets),
            family: self.family,
        }
    }
}

impl AnyNativeOptions {
    fn into_options(self) -> Result<NativeOptions> {
        let default = NativeOptions::default();
        let schema = match (self.factor, self.schema) {
            (Some(_), Some(_)) => {
                let message = "a native histogram is given a factor or a schema, not both";
                return Err(Error::new(ErrorCode::InvalidBuckets, message));
            }
            (Some(factor), None) => NativeOptions::with_factor(factor)?.schema,
            // One that is out of range stays so, to be refused.
            (None, schema) => schema.map_or(default.schema, |own| {
                i8::try_from(own).unwrap_or(if own < 0 { i8::MIN } else { i8::MAX })
            }),
        };
        Ok(NativeOptions {
            schema,
            max_buckets: self.max_buckets.unwrap_or(default.max_buckets),
            zero_threshold: self.zero_threshold.unwrap_or(default.zero_threshold),
            max_zero_threshold: self.max_zero_threshold.unwrap_or(default.max_zero_threshold),
            min_reset_seconds: self.min_reset_seconds.unwrap_or(default.min_reset_seconds),
        })
    }
}
