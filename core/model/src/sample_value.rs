//! One sample of a snapshot by its name and labels, as the text format shows it.

use crate::{FamilySnapshot, MetricType, Snapshot};

impl Snapshot {
    /// The value of one sample as the text format shows it: `x_total`, or `h_bucket` with its `le`.
    /// `labels` are all of the sample's labels in any order.
    #[must_use]
    pub fn sample_value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.families.iter().find_map(|family| of_family(family, name, labels))
    }
}

fn of_family(family: &FamilySnapshot, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let schema = family.schema();
    let suffix = name.strip_prefix(schema.name.as_str())?;
    // The label that a sample has beside those of its series.
    let extra = match (schema.metric_type, suffix) {
        (MetricType::Histogram | MetricType::GaugeHistogram, "_bucket") => "le",
        (MetricType::Summary, "") => "quantile",
        (MetricType::StateSet, "") => schema.name.as_str(),
        _ => "",
    };
    let (extra, own): (Vec<_>, Vec<_>) =
        labels.iter().copied().partition(|(label, _)| !extra.is_empty() && *label == extra);
    let extra = extra.first().map(|(_, value)| *value);
    let row = find_row(family, &own)?;
    let values = family.row(row);
    let from_end = |place: usize| values.iter().rev().nth(place).copied();
    match (schema.metric_type, suffix) {
        (MetricType::Counter, "_total")
        | (MetricType::Info, "_info")
        | (MetricType::Gauge | MetricType::Unknown, "") => values.first().copied(),
        (MetricType::Histogram, "_sum") | (MetricType::GaugeHistogram, "_gsum") => from_end(0),
        (MetricType::Histogram, "_count") | (MetricType::GaugeHistogram, "_gcount") => {
            values.split_last().map(|(_, counts)| counts.iter().sum())
        }
        (MetricType::Histogram | MetricType::GaugeHistogram, "_bucket") => {
            let bounds = schema.bounds.iter().chain([&f64::INFINITY]);
            let at = position(bounds, extra?)?;
            Some(values.iter().take(at + 1).sum())
        }
        (MetricType::Summary, "_sum") => from_end(1),
        (MetricType::Summary, "_count") => from_end(0),
        (MetricType::Summary, "") => {
            values.get(position(schema.quantiles.iter(), extra?)?).copied()
        }
        (MetricType::StateSet, "") => {
            let at = schema.states.iter().position(|state| Some(state.as_str()) == extra)?;
            values.get(at).copied()
        }
        (_, "_created") if schema.metric_type.suffixes().contains(&"_created") => {
            family.created(row)
        }
        _ => None,
    }
}

fn find_row(family: &FamilySnapshot, own: &[(&str, &str)]) -> Option<usize> {
    (0..family.len()).find(|row| {
        let mut count = 0;
        family.labels().pairs(*row).all(|(label, value)| {
            count += 1;
            own.contains(&(label.as_ref(), value.as_ref()))
        }) && count == own.len()
    })
}

fn position<'a>(mut numbers: impl Iterator<Item = &'a f64>, text: &str) -> Option<usize> {
    let wanted = match text {
        "+Inf" => f64::INFINITY,
        text => text.parse().ok()?,
    };
    numbers.position(|own| *own == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Schema, Value};

    #[test]
    fn histograms() {
        let mut family = FamilySnapshot::new(Schema {
            constant_labels: vec![("zone".into(), "a".into())],
            label_names: vec!["x".into()],
            bounds: vec![1.0],
            ..Schema::new("m", MetricType::Histogram)
        });
        family.push(&["1"], Value::Histogram { counts: &[1.0, 2.0], sum: 9.0 }).unwrap();
        family.set_created(0, 5.0);
        let snapshot = Snapshot { families: vec![family] };
        let labels = [("x", "1"), ("zone", "a")];
        assert_eq!(snapshot.sample_value("m_sum", &labels), Some(9.0));
        assert_eq!(snapshot.sample_value("m_count", &labels), Some(3.0));
        assert_eq!(snapshot.sample_value("m_created", &labels), Some(5.0));
        let bucket =
            |le| snapshot.sample_value("m_bucket", &[("x", "1"), ("zone", "a"), ("le", le)]);
        assert_eq!(bucket("1.0"), Some(1.0));
        assert_eq!(bucket("+Inf"), Some(3.0));
        assert_eq!(bucket("2"), None);
        assert_eq!(snapshot.sample_value("m_sum", &[("x", "1")]), None);
        assert_eq!(snapshot.sample_value("other", &labels), None);
    }

    #[test]
    fn the_other_types() {
        let mut summary = FamilySnapshot::new(Schema {
            quantiles: vec![0.5, 0.9],
            ..Schema::new("s", MetricType::Summary)
        });
        let value = Value::Summary { quantiles: &[1.0, 2.0], sum: 9.0, count: 4.0 };
        summary.push(&[], value).unwrap();
        let states = vec!["on".to_owned(), "off".to_owned()];
        let mut set =
            FamilySnapshot::new(Schema { states, ..Schema::new("e", MetricType::StateSet) });
        set.push(&[], Value::States(&[1.0, 0.0])).unwrap();
        let mut info = FamilySnapshot::new(Schema::new("build", MetricType::Info));
        info.push_labels([("version", "1")].into_iter(), Value::Number(1.0)).unwrap();
        let snapshot = Snapshot { families: vec![summary, set, info] };
        assert_eq!(snapshot.sample_value("s", &[("quantile", "0.9")]), Some(2.0));
        assert_eq!(snapshot.sample_value("s_sum", &[]), Some(9.0));
        assert_eq!(snapshot.sample_value("s_count", &[]), Some(4.0));
        assert_eq!(snapshot.sample_value("s", &[]), None);
        assert_eq!(snapshot.sample_value("e", &[("e", "off")]), Some(0.0));
        assert_eq!(snapshot.sample_value("e", &[("e", "other")]), None);
        assert_eq!(snapshot.sample_value("build_info", &[("version", "1")]), Some(1.0));
    }
}
