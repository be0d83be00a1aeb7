//! How a family stands in the directory: every field behind its length, in a fixed order.

use metrion_model::{MetricType, NameRules, Schema};
use metrion_slab::{join_key, split_key};

use crate::family::Definition;
use crate::options::GaugeMode;

/// The directory key of a family.
pub(crate) fn encode(definition: &Definition) -> Box<[u8]> {
    let schema = &definition.schema;
    let kind = match (schema.metric_type, definition.mode) {
        (MetricType::Gauge, GaugeMode::UpDown) => "gauge_up_down",
        (other, _) => other.as_str(),
    };
    let count = |len: usize| len.to_string();
    let mut fields: Vec<String> = vec![
        kind.to_owned(),
        schema.name.clone(),
        schema.help.clone(),
        schema.unit.clone(),
        count(schema.label_names.len()),
        count(schema.constant_labels.len()),
    ];
    fields.extend(schema.label_names.iter().cloned());
    fields.extend(schema.constant_labels.iter().flat_map(|(n, v)| [n.clone(), v.clone()]));
    fields.extend(schema.bounds.iter().map(|bound| bound.to_bits().to_string()));
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    join_key(&fields)
}

/// The family of a directory key; `None` when it is damaged.
pub(crate) fn decode(key: &[u8]) -> Option<Definition> {
    let mut fields = split_key(key)?.into_iter();
    let (metric_type, mode) = match fields.next()?.as_str() {
        "counter" => (MetricType::Counter, GaugeMode::default()),
        "gauge" => (MetricType::Gauge, GaugeMode::LastValue),
        "gauge_up_down" => (MetricType::Gauge, GaugeMode::UpDown),
        "histogram" => (MetricType::Histogram, GaugeMode::default()),
        _ => return None,
    };
    let (mut name, help, unit) = (fields.next()?, fields.next()?, fields.next()?);
    if metric_type == MetricType::Counter {
        // Validation takes one off again, and would take it off a name that ends with two.
        name.push_str("_total");
    }
    let labels: usize = fields.next()?.parse().ok()?;
    let constants: usize = fields.next()?.parse().ok()?;
    let label_names: Vec<String> = fields.by_ref().take(labels).collect();
    let constant_labels = (0..constants)
        .map(|_| Some((fields.next()?, fields.next()?)))
        .collect::<Option<Vec<_>>>()?;
    let bounds =
        fields.map(|bits| bits.parse().ok().map(f64::from_bits)).collect::<Option<Vec<f64>>>()?;
    let schema = Schema {
        help,
        unit,
        constant_labels,
        label_names,
        bounds,
        ..Schema::new(name, metric_type)
    };
    Some(Definition::new(schema.validated(NameRules::Utf8).ok()?, mode))
}
