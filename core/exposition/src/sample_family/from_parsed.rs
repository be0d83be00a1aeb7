//! What a parser read, as samples with the names of OpenMetrics.

use metrion_model::{Exemplar, LabelSets, MetricType};

use super::{Sample, SampleFamily};
use crate::parse::{ParsedFamily, ParsedSample};

/// A family of OpenMetrics.
#[must_use]
pub fn from_openmetrics(family: &ParsedFamily<'_>) -> SampleFamily {
    SampleFamily {
        name: family.name.clone().into_owned(),
        help: family.help.clone().unwrap_or_default().into_owned(),
        unit: family.unit.unwrap_or_default().to_owned(),
        metric_type: family.metric_type,
        samples: family.samples.iter().map(from_sample).collect(),
    }
}

/// A family of the text format 0.0.4. A counter's name is taken for that of its samples: the family's
/// loses its `_total`, and where it has none, the samples get one.
#[must_use]
pub fn from_text(family: &ParsedFamily<'_>) -> SampleFamily {
    let mut own = from_openmetrics(family);
    if own.metric_type == MetricType::Counter {
        match own.name.strip_suffix("_total") {
            Some(base) => own.name.truncate(base.len()),
            None => own.samples.iter_mut().for_each(|sample| sample.name.push_str("_total")),
        }
    }
    own
}

fn from_sample(sample: &ParsedSample<'_>) -> Sample {
    let pairs = sample.labels.iter();
    Sample {
        name: sample.name.clone().into_owned(),
        labels: pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        value: sample.value,
        timestamp: sample.timestamp,
        timestamp_text: None,
        exemplar: sample.exemplar.as_ref().map(|exemplar| {
            let pairs: Vec<_> = exemplar.labels.iter().collect();
            let mut text = LabelSets::default();
            text.push(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
            // The parser has checked the labels already.
            Exemplar::from_label_text(text.text(0).to_owned(), exemplar.value, exemplar.timestamp)
        }),
        native: None,
    }
}
