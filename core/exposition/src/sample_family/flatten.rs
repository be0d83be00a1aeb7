//! A snapshot, sample by sample.

use metrion_model::{FamilySnapshot, MetricType};

use super::{NativeSample, Sample, SampleFamily};
use crate::prometheus_client::float_text;

/// The samples of a snapshot, in the order and with the names of OpenMetrics; `created` asks for the
/// `_created` samples too.
///
/// As Python's `prometheus_client` shows them: `_count` before `_sum`, no `_sum` for a histogram with a
/// bound below zero, and of native buckets alone one sample with the name of the family.
#[must_use]
pub fn flatten(family: &FamilySnapshot, created: bool) -> SampleFamily {
    let schema = family.schema();
    let mut samples = Vec::new();
    for row in 0..family.len() {
        Row { family, row }.append(&mut samples, created);
    }
    SampleFamily {
        name: schema.name.clone(),
        help: schema.help.clone(),
        unit: schema.unit.clone(),
        metric_type: schema.metric_type,
        samples,
    }
}

#[derive(Clone, Copy)]
struct Row<'a> {
    family: &'a FamilySnapshot,
    row: usize,
}

impl Row<'_> {
    fn append(self, samples: &mut Vec<Sample>, created: bool) {
        let Self { family, row } = self;
        let schema = family.schema();
        let numbers = family.row(row);
        match (schema.metric_type, numbers) {
            (MetricType::Histogram | MetricType::GaugeHistogram, [counts @ .., sum]) => {
                self.append_histogram(samples, counts, *sum);
            }
            (MetricType::Summary, [values @ .., sum, count]) => {
                for (quantile, value) in schema.quantiles.iter().zip(values) {
                    samples.push(self.sample(
                        "",
                        Some(("quantile", float_text(*quantile))),
                        *value,
                    ));
                }
                samples.push(self.sample("_count", None, *count));
                samples.push(self.sample("_sum", None, *sum));
            }
            (MetricType::StateSet, values) => {
                for (state, value) in schema.states.iter().zip(values) {
                    samples.push(self.sample("", Some((&schema.name, state.clone())), *value));
                }
            }
            (other, [number]) => {
                let exemplar = family.row_exemplars(row).first();
                let exemplar = exemplar.map(|placed| placed.exemplar.clone());
                let sample = self.sample(other.own_suffix().unwrap_or_default(), None, *number);
                samples.push(Sample { exemplar, ..sample });
            }
            // A snapshot's rows are as wide as their type says.
            _ => {}
        }
        let created = created && schema.metric_type.suffixes().contains(&"_created");
        if let Some(seconds) = family.created(row).filter(|_| created) {
            samples.push(self.sample("_created", None, seconds));
        }
    }

    fn append_histogram(self, samples: &mut Vec<Sample>, counts: &[f64], sum: f64) {
        let Self { family, row } = self;
        let schema = family.schema();
        let exemplars = family.row_exemplars(row);
        if let Some(buckets) = family.native(row) {
            let native = NativeSample {
                buckets: buckets.clone(),
                sum,
                exemplars: exemplars.iter().map(|placed| placed.exemplar.clone()).collect(),
            };
            let sample = self.sample("", None, buckets.count());
            samples.push(Sample { native: Some(native), ..sample });
            if schema.bounds.is_empty() {
                return;
            }
        }
        let mut count = 0.0;
        let bounds = schema.bounds.iter().chain([&f64::INFINITY]);
        for (place, (bound, own)) in bounds.zip(counts).enumerate() {
            count += own;
            let exemplar = exemplars.iter().find(|placed| placed.place == place);
            let exemplar = exemplar.map(|placed| placed.exemplar.clone());
            let sample = self.sample("_bucket", Some(("le", float_text(*bound))), count);
            samples.push(Sample { exemplar, ..sample });
        }
        if schema.metric_type == MetricType::GaugeHistogram {
            samples.push(self.sample("_gcount", None, count));
            samples.push(self.sample("_gsum", None, sum));
        } else {
            samples.push(self.sample("_count", None, count));
            if schema.bounds.first().is_none_or(|first| *first >= 0.0) {
                samples.push(self.sample("_sum", None, sum));
            }
        }
    }

    fn sample(self, suffix: &str, extra: Option<(&str, String)>, value: f64) -> Sample {
        let Self { family, row } = self;
        let own = family.labels().pairs(row);
        let own = own.map(|(name, value)| (name.into_owned(), value.into_owned()));
        let extra = extra.map(|(name, value)| (name.to_owned(), value));
        Sample {
            name: format!("{}{suffix}", family.schema().name),
            labels: own.chain(extra).collect(),
            value,
            timestamp: family.timestamp(row),
            ..Sample::default()
        }
    }
}
