//! An immutable view of a registry at one moment.

use std::sync::Arc;

use crate::{Error, ErrorCode, LabelSets, MetricType, Result, Schema};

/// The families of a registry at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The families, in the order in which they were registered.
    pub families: Vec<FamilySnapshot>,
}

impl Snapshot {
    /// Orders families by name and series by their labels' text, for comparing two snapshots.
    pub fn sort(&mut self) {
        self.families.sort_by(|a, b| a.schema.name.cmp(&b.schema.name));
        for family in &mut self.families {
            family.sort();
        }
    }
}

impl Snapshot {
    /// The value of one sample as the text format shows it: `x_total`, or `h_bucket` with its `le`.
    /// `labels` are all of the sample's labels in any order.
    #[must_use]
    pub fn sample_value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.families.iter().find_map(|family| family.sample_value(name, labels))
    }
}

/// One family and the numbers of its series.
///
/// Invariants: `values.len() == labels.len() * schema.width()`; a histogram's counts are those of
/// each bucket alone, not cumulative, so that `_count` is their sum by construction.
#[derive(Clone, Debug)]
pub struct FamilySnapshot {
    schema: Arc<Schema>,
    labels: Arc<LabelSets>,
    values: Vec<f64>,
}

/// The numbers of one series, for [`FamilySnapshot::push`].
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// Of a counter, a gauge or an unknown.
    Number(f64),
    /// Of a histogram.
    Histogram {
        /// The count of each bucket alone (not cumulative), the bucket to infinity last.
        counts: &'a [f64],
        /// The sum of the observations.
        sum: f64,
    },
}

impl FamilySnapshot {
    /// A family without series, to which a custom collector pushes.
    #[must_use]
    pub fn new(schema: Schema) -> Self {
        Self { schema: Arc::new(schema), labels: Arc::default(), values: Vec::new() }
    }

    /// A family from its parts: `values` holds [`Schema::width`] numbers for each label set.
    ///
    /// # Errors
    /// `invalid_value` when the lengths do not fit.
    pub fn from_parts(
        schema: Arc<Schema>,
        labels: Arc<LabelSets>,
        values: Vec<f64>,
    ) -> Result<Self> {
        if values.len() != labels.len() * schema.width() {
            return Err(Error::new(
                ErrorCode::InvalidValue,
                format!("{} values for {} series of {}", values.len(), labels.len(), schema.name),
            ));
        }
        Ok(Self { schema, labels, values })
    }

    /// Adds a series. `label_values` follow the schema's label names.
    ///
    /// # Errors
    /// `label_mismatch` when their number differs, `invalid_value` when the value is not one of this
    /// type or has another number of buckets.
    pub fn push(&mut self, label_values: &[&str], value: Value<'_>) -> Result<()> {
        let names = &self.schema.label_names;
        if label_values.len() != names.len() {
            return Err(Error::new(
                ErrorCode::LabelMismatch,
                format!(
                    "{} takes {} label values, got {}",
                    self.schema.name,
                    names.len(),
                    label_values.len()
                ),
            ));
        }
        match value {
            Value::Number(number) if self.schema.metric_type != MetricType::Histogram => {
                self.values.push(number);
            }
            Value::Histogram { counts, sum }
                if self.schema.metric_type == MetricType::Histogram
                    && counts.len() + 1 == self.schema.width() =>
            {
                self.values.extend_from_slice(counts);
                self.values.push(sum);
            }
            other => {
                return Err(Error::new(
                    ErrorCode::InvalidValue,
                    format!("{other:?} does not fit {}", self.schema.summary()),
                ));
            }
        }
        let constant = self.schema.constant_labels.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let own = names.iter().map(String::as_str).zip(label_values.iter().copied());
        Arc::make_mut(&mut self.labels).push(constant.chain(own));
        Ok(())
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema, to share.
    #[must_use]
    pub fn schema_arc(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    /// The label sets, one for each series.
    #[must_use]
    pub fn labels(&self) -> &LabelSets {
        &self.labels
    }

    /// The number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether the family has no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The numbers of all series, [`Schema::width`] for each.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The numbers of the series in row `row`.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        let width = self.schema.width();
        self.values.get(row * width..(row + 1) * width).unwrap_or_default()
    }

    fn sample_value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let suffix = name.strip_prefix(self.schema.name.as_str())?;
        let (le, own): (Vec<_>, Vec<_>) =
            labels.iter().partition(|(label, _)| suffix == "_bucket" && *label == "le");
        let row = (0..self.len()).find(|row| {
            let mut count = 0;
            self.labels.pairs(*row).all(|(label, value)| {
                count += 1;
                own.contains(&(label, value.as_ref()))
            }) && count == own.len()
        })?;
        let values = self.row(row);
        match (self.schema.metric_type, suffix) {
            (MetricType::Counter, "_total") => values.first().copied(),
            (MetricType::Gauge | MetricType::Unknown, "") => values.first().copied(),
            (MetricType::Histogram, "_sum") => values.last().copied(),
            (MetricType::Histogram, "_count") => Some(values.iter().rev().skip(1).rev().sum()),
            (MetricType::Histogram, "_bucket") => {
                let bound = match le.first()?.1 {
                    "+Inf" => f64::INFINITY,
                    text => text.parse().ok()?,
                };
                let bounds = self.schema.bounds.iter().chain([&f64::INFINITY]);
                let at = bounds.into_iter().position(|own| *own == bound)?;
                Some(values.iter().take(at + 1).sum())
            }
            _ => None,
        }
    }

    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|a, b| self.labels.text(*a).cmp(self.labels.text(*b)));
        let mut labels = LabelSets::default();
        let mut values = Vec::with_capacity(self.values.len());
        for row in order {
            let pairs: Vec<_> = self.labels.pairs(row).collect();
            labels.push(pairs.iter().map(|(name, value)| (*name, value.as_ref())));
            values.extend_from_slice(self.row(row));
        }
        self.labels = Arc::new(labels);
        self.values = values;
    }
}

/// Which families a snapshot takes.
#[derive(Clone, Debug, Default)]
pub struct NameFilter {
    names: Vec<String>,
}

impl NameFilter {
    /// Every family.
    #[must_use]
    pub const fn all() -> Self {
        Self { names: Vec::new() }
    }

    /// The families that have one of these names, or a sample with one of them (`x_bucket`). No
    /// names at all mean every family, as an absent `name[]` does in a scrape's address.
    #[must_use]
    pub fn only(names: Vec<String>) -> Self {
        Self { names }
    }

    /// Whether a family passes.
    #[must_use]
    pub fn takes(&self, schema: &Schema) -> bool {
        self.names.is_empty()
            || schema.sample_names().iter().any(|sample| self.names.contains(sample))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(metric_type: MetricType) -> Schema {
        Schema {
            name: "m".into(),
            help: String::new(),
            unit: String::new(),
            metric_type,
            constant_labels: vec![("zone".into(), "a".into())],
            label_names: vec!["x".into()],
            bounds: if metric_type == MetricType::Histogram { vec![1.0] } else { vec![] },
        }
    }

    #[test]
    fn push_checks_the_shape() {
        let mut gauge = FamilySnapshot::new(schema(MetricType::Gauge));
        gauge.push(&["1"], Value::Number(2.0)).unwrap();
        assert_eq!(
            gauge.push(&[], Value::Number(2.0)).unwrap_err().code(),
            ErrorCode::LabelMismatch
        );
        let histogram = Value::Histogram { counts: &[1.0, 2.0], sum: 9.0 };
        assert_eq!(gauge.push(&["1"], histogram).unwrap_err().code(), ErrorCode::InvalidValue);
        assert_eq!((gauge.len(), gauge.row(0)), (1, &[2.0][..]));
        assert_eq!(gauge.labels().text(0), r#"zone="a",x="1""#);

        let mut family = FamilySnapshot::new(schema(MetricType::Histogram));
        family.push(&["1"], histogram).unwrap();
        let short = Value::Histogram { counts: &[1.0], sum: 9.0 };
        assert_eq!(family.push(&["1"], short).unwrap_err().code(), ErrorCode::InvalidValue);
        assert_eq!(family.row(0), [1.0, 2.0, 9.0]);
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

    #[test]
    fn filter_by_sample_name() {
        let filter = NameFilter::only(vec!["m_bucket".into()]);
        assert!(filter.takes(&schema(MetricType::Histogram)));
        assert!(!filter.takes(&schema(MetricType::Gauge)));
        assert!(NameFilter::all().takes(&schema(MetricType::Gauge)));
    }
}
