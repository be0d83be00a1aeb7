//! How a family stands in the directory: every field behind its length, in a fixed order.

use std::vec::IntoIter;

use metrion_model::{NameRules, Schema};
use metrion_slab::{join_key, split_key};

use crate::definition::{Definition, Kind};
use crate::native::NativeOptions;
use crate::options::GaugeMode;
use crate::summary::Window;

/// The directory key of a family: five texts, then lists, each behind the number of its elements.
pub(crate) fn encode(definition: &Definition) -> Box<[u8]> {
    let schema = &definition.schema;
    let (kind, options) = kind_to_fields(&definition.kind);
    let texts = [&kind, &schema.name, &schema.help, &schema.unit];
    let constant = schema.constant_labels.iter().flat_map(|(name, value)| [name, value]);
    let lists: [Vec<String>; 6] = [
        schema.label_names.clone(),
        constant.cloned().collect(),
        numbers_to_fields(&schema.bounds),
        numbers_to_fields(&schema.quantiles),
        schema.states.clone(),
        numbers_to_fields(&options),
    ];
    let mut fields: Vec<String> = texts.map(|text| text.to_owned()).to_vec();
    for list in lists {
        fields.push(list.len().to_string());
        fields.extend(list);
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    join_key(&fields)
}

/// The family of a directory key; `None` when it is damaged.
pub(crate) fn decode(key: &[u8]) -> Option<Definition> {
    let fields: Vec<String> = split_key(key)?.into_iter().map(str::to_owned).collect();
    let mut fields = fields.into_iter();
    let kind = fields.next()?;
    let (mut name, help, unit) = (fields.next()?, fields.next()?, fields.next()?);
    let label_names = list(&mut fields)?;
    let constant_labels = pairs(list(&mut fields)?)?;
    let bounds = numbers(list(&mut fields)?)?;
    let quantiles = numbers(list(&mut fields)?)?;
    let states = list(&mut fields)?;
    let options = numbers(list(&mut fields)?)?;
    let kind = kind_of_fields(&kind, &options)?.validated().ok()?;
    let metric_type = kind.metric_type();
    if let Some(suffix) = metric_type.own_suffix() {
        // Validation takes one off again, and would take it off a name that ends with two.
        name.push_str(suffix);
    }
    let schema = Schema {
        help,
        unit,
        constant_labels,
        label_names,
        bounds,
        quantiles,
        states,
        ..Schema::new(name, metric_type)
    };
    Some(Definition::new(schema.validated(NameRules::Utf8).ok()?, kind))
}

/// A kind's word and its numbers.
fn kind_to_fields(kind: &Kind) -> (String, Vec<f64>) {
    let numbers = match kind {
        Kind::Histogram { native: Some(native) } => vec![
            f64::from(native.schema),
            native.max_buckets as f64,
            native.zero_threshold,
            native.max_zero_threshold,
            native.min_reset_seconds,
        ],
        Kind::Summary(window) => {
            let window_numbers = [window.max_age_seconds, window.slices as f64];
            window_numbers.into_iter().chain(window.errors.iter().copied()).collect()
        }
        _ => Vec::new(),
    };
    let word = match kind {
        Kind::Gauge(mode) => gauge_word(*mode),
        other => other.metric_type().as_str().to_owned(),
    };
    (word, numbers)
}

fn kind_of_fields(word: &str, numbers: &[f64]) -> Option<Kind> {
    Some(match (word, numbers) {
        ("counter", []) => Kind::Counter,
        ("gauge", []) => Kind::Gauge(GaugeMode::LastValue),
        ("info", []) => Kind::Info,
        ("stateset", []) => Kind::StateSet,
        ("histogram", []) => Kind::Histogram { native: None },
        (
            "histogram",
            &[schema, max_buckets, zero_threshold, max_zero_threshold, min_reset_seconds],
        ) => Kind::Histogram {
            native: Some(NativeOptions {
                schema: schema as i8,
                max_buckets: max_buckets as usize,
                zero_threshold,
                max_zero_threshold,
                min_reset_seconds,
            }),
        },
        ("summary", [max_age_seconds, slices, errors @ ..]) => Kind::Summary(Window {
            errors: errors.to_vec(),
            max_age_seconds: *max_age_seconds,
            slices: *slices as usize,
        }),
        (word, []) => Kind::Gauge(gauge_mode(word)?),
        _ => return None,
    })
}

/// `gauge` for the usual mode, and else that and the mode.
fn gauge_word(mode: GaugeMode) -> String {
    match mode {
        GaugeMode::LastValue => "gauge".to_owned(),
        mode => format!("gauge_{}", mode.as_str()),
    }
}

fn gauge_mode(word: &str) -> Option<GaugeMode> {
    GaugeMode::from_word(word.strip_prefix("gauge_")?).ok()
}

fn list(fields: &mut IntoIter<String>) -> Option<Vec<String>> {
    let count: usize = fields.next()?.parse().ok()?;
    let list: Vec<String> = fields.take(count).collect();
    (list.len() == count).then_some(list)
}

fn pairs(list: Vec<String>) -> Option<Vec<(String, String)>> {
    let mut rest = list.into_iter();
    let mut pairs = Vec::new();
    while let Some(name) = rest.next() {
        pairs.push((name, rest.next()?));
    }
    Some(pairs)
}

fn numbers_to_fields(numbers: &[f64]) -> Vec<String> {
    numbers.iter().map(|number| number.to_bits().to_string()).collect()
}

fn numbers(list: Vec<String>) -> Option<Vec<f64>> {
    list.iter().map(|bits| bits.parse().ok().map(f64::from_bits)).collect()
}

#[cfg(test)]
mod tests {
    use metrion_model::MetricType;

    use super::*;

    #[test]
    fn every_kind_comes_back() {
        let window = Window { errors: vec![0.05, 0.0], max_age_seconds: 60.0, slices: 3 };
        let native = NativeOptions { min_reset_seconds: 3600.5, ..NativeOptions::default() };
        for kind in [
            Kind::Counter,
            Kind::Gauge(GaugeMode::LastValue),
            Kind::Gauge(GaugeMode::UpDown),
            Kind::Gauge(GaugeMode::LiveMostRecent),
            Kind::Histogram { native: None },
            Kind::Histogram { native: Some(native) },
            Kind::Summary(window),
            Kind::Info,
            Kind::StateSet,
        ] {
            let schema = Schema {
                help: "Help\n\"quoted\".".into(),
                constant_labels: vec![("zone".into(), String::new())],
                label_names: vec!["a".into(), "b".into()],
                bounds: vec![-0.0, f64::MIN_POSITIVE],
                quantiles: vec![0.5, 0.99],
                states: vec!["on".into(), String::new()],
                ..Schema::new("name_total_total", kind.metric_type())
            };
            let definition = Definition::new(schema.validated(NameRules::Classic).unwrap(), kind);
            assert_eq!(decode(&encode(&definition)), Some(definition));
        }
    }

    #[test]
    fn damage_is_found() {
        let schema =
            Schema { label_names: vec!["a".into()], ..Schema::new("m", MetricType::Gauge) };
        let good = encode(&Definition::new(schema, Kind::Gauge(GaugeMode::LastValue)));
        for len in 0..good.len() {
            assert_eq!(decode(good.get(..len).unwrap()), None);
        }
        for fields in [&["gauge", "m", "", "", "9", "a"][..], &["list", "m", "", "", "0"]] {
            assert_eq!(decode(&join_key(fields)), None);
        }
    }
}
