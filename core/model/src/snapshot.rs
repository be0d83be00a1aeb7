//! A registry at one moment.

use crate::FamilySnapshot;

/// The families of a registry at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The families, in the order in which they were registered.
    pub families: Vec<FamilySnapshot>,
}

impl Snapshot {
    /// Orders families by name and series by their labels' text, for comparing two snapshots.
    pub fn sort(&mut self) {
        self.families.sort_by(|a, b| a.schema().name.cmp(&b.schema().name));
        for family in &mut self.families {
            family.sort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MetricType, Schema, Value};

    fn schema(metric_type: MetricType) -> Schema {
        Schema {
            constant_labels: vec![("zone".into(), "a".into())],
            label_names: vec!["x".into()],
            bounds: if metric_type == MetricType::Histogram { vec![1.0] } else { vec![] },
            ..Schema::new("m", metric_type)
        }
    }

    #[test]
    fn sort_moves_values_with_their_labels() {
        let mut family = FamilySnapshot::new(schema(MetricType::Gauge));
        family.push(&["b"], Value::Number(2.0)).unwrap();
        family.push(&["a\""], Value::Number(1.0)).unwrap();
        let mut snapshot = Snapshot { families: vec![family] };
        snapshot.sort();
        let family = snapshot.families.first().unwrap();
        assert_eq!(family.labels().text(0), r#"zone="a",x="a\"""#);
        assert_eq!(family.values(), [1.0, 2.0]);
    }

    #[test]
    fn one_sample_by_its_name_and_labels() {
        let mut family = FamilySnapshot::new(schema(MetricType::Histogram));
        family.push(&["1"], Value::Histogram { counts: &[1.0, 2.0], sum: 9.0 }).unwrap();
        let snapshot = Snapshot { families: vec![family] };
        let labels = [("x", "1"), ("zone", "a")];
        assert_eq!(snapshot.sample_value("m_sum", &labels), Some(9.0));
        assert_eq!(snapshot.sample_value("m_count", &labels), Some(3.0));
        let bucket =
            |le| snapshot.sample_value("m_bucket", &[("x", "1"), ("zone", "a"), ("le", le)]);
        assert_eq!(bucket("1.0"), Some(1.0));
        assert_eq!(bucket("+Inf"), Some(3.0));
        assert_eq!(bucket("2"), None);
        assert_eq!(snapshot.sample_value("m_sum", &[("x", "1")]), None);
        assert_eq!(snapshot.sample_value("other", &labels), None);
    }
}
