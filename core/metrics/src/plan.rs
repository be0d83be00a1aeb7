//! What a family is to be, of whatever type.

use metrion_model::{NameRules, Result};

use crate::definition::{Definition, Kind};
use crate::summary::Window;
use crate::{FamilyOptions, GaugeOptions, HistogramOptions, StateSetOptions, SummaryOptions};

/// The options of a family in one form for all types.
pub(crate) struct Plan {
    pub(crate) family: FamilyOptions,
    kind: Kind,
    bounds: Vec<f64>,
    quantiles: Vec<f64>,
    states: Vec<String>,
}

impl Plan {
    pub(crate) fn new(family: FamilyOptions, kind: Kind) -> Self {
        Self { family, kind, bounds: Vec::new(), quantiles: Vec::new(), states: Vec::new() }
    }

    /// What comes of it in a registry with these labels and rules.
    pub(crate) fn define(
        self,
        constant_labels: &[(String, String)],
        rules: NameRules,
    ) -> Result<Definition> {
        let mut schema = self.family.into_schema(self.kind.metric_type());
        schema.bounds = self.bounds;
        schema.quantiles = self.quantiles;
        schema.states = self.states;
        schema.constant_labels.splice(0..0, constant_labels.iter().cloned());
        Ok(Definition::new(schema.validated(rules)?, self.kind.validated()?))
    }
}

impl From<GaugeOptions> for Plan {
    fn from(options: GaugeOptions) -> Self {
        Self::new(options.family, Kind::Gauge(options.mode))
    }
}

impl From<HistogramOptions> for Plan {
    fn from(options: HistogramOptions) -> Self {
        let kind = Kind::Histogram { native: options.native };
        Self { bounds: options.buckets, ..Self::new(options.family, kind) }
    }
}

impl From<SummaryOptions> for Plan {
    fn from(options: SummaryOptions) -> Self {
        let (quantiles, errors) = options.objectives.into_iter().unzip();
        let window = Window {
            errors,
            max_age_seconds: options.max_age_seconds,
            slices: options.age_buckets,
        };
        Self { quantiles, ..Self::new(options.family, Kind::Summary(window)) }
    }
}

impl From<StateSetOptions> for Plan {
    fn from(options: StateSetOptions) -> Self {
        Self { states: options.states, ..Self::new(options.family, Kind::StateSet) }
    }
}
