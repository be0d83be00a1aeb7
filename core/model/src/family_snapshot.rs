//! One family at one moment.

use std::sync::Arc;

use crate::{Error, ErrorCode, Exemplar, LabelSets, MetricType, NativeHistogram, Result, Schema};

/// One family and the numbers of its series.
///
/// Invariants: `values.len() == labels.len() * schema.width()`, in the order that
/// [`Schema::width`] says; `created`, `timestamps` and `natives` have one element for each series or
/// none at all; exemplars are in the order of their rows and places.
#[derive(Clone, Debug)]
pub struct FamilySnapshot {
    schema: Arc<Schema>,
    labels: Arc<LabelSets>,
    values: Vec<f64>,
    created: Arc<Vec<f64>>,
    timestamps: Vec<Option<f64>>,
    natives: Vec<Option<NativeHistogram>>,
    exemplars: Vec<PlacedExemplar>,
}

/// An exemplar and where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedExemplar {
    /// The series' row.
    pub row: usize,
    /// A histogram's bucket; 0 for a counter. A native histogram without classic buckets has any
    /// number of them.
    pub place: usize,
    /// The exemplar.
    pub exemplar: Exemplar,
}

/// The numbers of one series, for [`FamilySnapshot::push`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Of a counter, a gauge, an info (which is 1) or an unknown.
    Number(f64),
    /// Of a histogram or gauge histogram.
    Histogram {
        /// The count of each bucket alone (not cumulative), the bucket to infinity last.
        counts: &'a [f64],
        /// The sum of the observations.
        sum: f64,
    },
    /// Of a summary.
    Summary {
        /// The value of each of the schema's quantiles.
        quantiles: &'a [f64],
        /// The sum of the observations.
        sum: f64,
        /// The number of observations.
        count: f64,
    },
    /// Of a state set: for each state 1 or 0.
    States(&'a [f64]),
}

impl FamilySnapshot {
    /// A family without series, to which a custom collector pushes.
    #[must_use]
    pub fn new(schema: Schema) -> Self {
        Self::empty(Arc::new(schema))
    }

    /// As [`FamilySnapshot::new`] for a schema that others have, too.
    #[must_use]
    pub fn empty(schema: Arc<Schema>) -> Self {
        Self {
            schema,
            labels: Arc::default(),
            values: Vec::new(),
            created: Arc::default(),
            timestamps: Vec::new(),
            natives: Vec::new(),
            exemplars: Vec::new(),
        }
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
        Ok(Self { labels, values, ..Self::empty(schema) })
    }

    /// Adds a series. `label_values` follow the schema's label names.
    ///
    /// # Errors
    /// `label_mismatch` when their number differs, `invalid_value` when the value is not one of this
    /// type or has another number of buckets, quantiles or states.
    pub fn push(&mut self, label_values: &[&str], value: Value<'_>) -> Result<()> {
        let schema = Arc::clone(&self.schema);
        let names = &schema.label_names;
        if label_values.len() != names.len() {
            return Err(Error::new(
                ErrorCode::LabelMismatch,
                format!(
                    "{} takes {} label values, got {}",
                    schema.name,
                    names.len(),
                    label_values.len()
                ),
            ));
        }
        let own = names.iter().map(String::as_str).zip(label_values.iter().copied());
        self.push_labels(own, value)
    }

    /// Adds a series with labels of its own, for sources in which every series may have others: an
    /// info's text, or another client's metrics. The schema's constant labels come before them.
    ///
    /// # Errors
    /// `invalid_value` as for [`FamilySnapshot::push`].
    pub fn push_labels<'a>(
        &mut self,
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
        value: Value<'_>,
    ) -> Result<()> {
        self.push_value(value)?;
        let constant = &self.schema.constant_labels;
        let mut all: Vec<(&str, &str)> = Vec::with_capacity(constant.len());
        all.extend(constant.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        all.extend(pairs.map(|(name, value)| -> (&str, &str) { (name, value) }));
        Arc::make_mut(&mut self.labels).push(all.into_iter());
        Ok(())
    }

    /// Adds a series whose labels are text of the form of [`LabelSets::text`] already, constant ones
    /// included.
    ///
    /// # Errors
    /// `invalid_value` as for [`FamilySnapshot::push`].
    pub fn push_label_text(&mut self, labels: &str, value: Value<'_>) -> Result<()> {
        self.push_value(value)?;
        Arc::make_mut(&mut self.labels).push_text(labels);
        Ok(())
    }

    fn push_value(&mut self, value: Value<'_>) -> Result<()> {
        let width = self.schema.width();
        let values = &mut self.values;
        match (self.schema.metric_type, value) {
            (
                MetricType::Histogram | MetricType::GaugeHistogram,
                Value::Histogram { counts, sum },
            ) if counts.len() + 1 == width => {
                values.extend_from_slice(counts);
                values.push(sum);
            }
            (MetricType::Summary, Value::Summary { quantiles, sum, count })
                if quantiles.len() + 2 == width =>
            {
                values.extend_from_slice(quantiles);
                values.extend([sum, count]);
            }
            (MetricType::StateSet, Value::States(states)) if states.len() == width => {
                values.extend_from_slice(states);
            }
            (
                MetricType::Counter | MetricType::Gauge | MetricType::Info | MetricType::Unknown,
                Value::Number(number),
            ) => values.push(number),
            (_, other) => {
                let (what, len) = match other {
                    Value::Number(_) => ("a number", 1),
                    Value::Histogram { counts, .. } => ("a histogram's counts", counts.len()),
                    Value::Summary { quantiles, .. } => ("a summary's quantiles", quantiles.len()),
                    Value::States(states) => ("states", states.len()),
                };
                return Err(Error::new(
                    ErrorCode::InvalidValue,
                    format!("{what} ({len}) do not fit {}", self.schema.summary()),
                ));
            }
        }
        Ok(())
    }

    /// Sets when the series in row `row` began, in Unix seconds. Rows of which it is not known are NaN.
    pub fn set_created(&mut self, row: usize, unix_seconds: f64) {
        let len = self.len();
        let all = Arc::make_mut(&mut self.created);
        all.resize(len, f64::NAN);
        if let Some(created) = all.get_mut(row) {
            *created = unix_seconds;
        }
    }

    /// Sets when all series began, in the order of their rows.
    ///
    /// # Errors
    /// `invalid_value` when there is not one for each.
    pub fn with_created(mut self, created: Arc<Vec<f64>>) -> Result<Self> {
        if created.len() != self.len() {
            let message = format!("{} times for {} series", created.len(), self.len());
            return Err(Error::new(ErrorCode::InvalidValue, message));
        }
        self.created = created;
        Ok(self)
    }

    /// Sets of when the numbers in row `row` are, in Unix seconds, for sources that know better than
    /// the scraper.
    pub fn set_timestamp(&mut self, row: usize, unix_seconds: f64) {
        let len = self.len();
        self.timestamps.resize(len, None);
        if let Some(timestamp) = self.timestamps.get_mut(row) {
            *timestamp = Some(unix_seconds);
        }
    }

    /// Sets the native buckets of the histogram in row `row`.
    pub fn set_native(&mut self, row: usize, native: NativeHistogram) {
        let len = self.len();
        self.natives.resize(len, None);
        if let Some(place) = self.natives.get_mut(row) {
            *place = Some(native);
        }
    }

    /// Adds an exemplar; one that is at the same row and place is replaced.
    pub fn set_exemplar(&mut self, row: usize, place: usize, exemplar: Exemplar) {
        let at = self.exemplars.binary_search_by_key(&(row, place), |own| (own.row, own.place));
        let placed = PlacedExemplar { row, place, exemplar };
        match at {
            Ok(at) => {
                if let Some(own) = self.exemplars.get_mut(at) {
                    *own = placed;
                }
            }
            Err(at) => self.exemplars.insert(at, placed),
        }
    }

    /// Adds these labels, names and values, to every series that has none of their names, behind its own.
    pub fn add_labels(&mut self, extra: &[(String, String)]) {
        let mut all = LabelSets::default();
        for row in 0..self.len() {
            let own: Vec<_> = self.labels.pairs(row).collect();
            let is_new = |name: &str| own.iter().all(|(other, _)| other != name);
            let new = extra.iter().filter(|(name, _)| is_new(name));
            let new = new.map(|(name, value)| (name.as_str(), value.as_str()));
            all.push(own.iter().map(|(name, value)| (&**name, &**value)).chain(new));
        }
        self.labels = Arc::new(all);
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

    /// When the series in row `row` began, in Unix seconds, if that is known.
    #[must_use]
    pub fn created(&self, row: usize) -> Option<f64> {
        self.created.get(row).copied().filter(|created| !created.is_nan())
    }

    /// Of when the numbers in row `row` are, if they do not say "now".
    #[must_use]
    pub fn timestamp(&self, row: usize) -> Option<f64> {
        self.timestamps.get(row).copied().flatten()
    }

    /// Whether any series has a timestamp.
    #[must_use]
    pub fn has_timestamps(&self) -> bool {
        !self.timestamps.is_empty()
    }

    /// The native buckets of the histogram in row `row`, if it has any.
    #[must_use]
    pub fn native(&self, row: usize) -> Option<&NativeHistogram> {
        self.natives.get(row).and_then(Option::as_ref)
    }

    /// All exemplars, in the order of their rows and places.
    #[must_use]
    pub fn exemplars(&self) -> &[PlacedExemplar] {
        &self.exemplars
    }

    /// The exemplars of the series in row `row`, in the order of their places.
    #[must_use]
    pub fn row_exemplars(&self, row: usize) -> &[PlacedExemplar] {
        let start = self.exemplars.partition_point(|placed| placed.row < row);
        let rest = self.exemplars.get(start..).unwrap_or_default();
        let end = rest.partition_point(|placed| placed.row == row);
        rest.get(..end).unwrap_or_default()
    }

    /// This family with only these rows, in this order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut labels = LabelSets::default();
        let mut selected = Self::empty(Arc::clone(&self.schema));
        for (to, from) in rows.iter().enumerate() {
            labels.push_text(self.labels.text(*from));
            selected.values.extend_from_slice(self.row(*from));
            selected.timestamps.extend(self.timestamps.get(*from));
            selected.natives.extend(self.natives.get(*from).cloned());
            let exemplars = self.row_exemplars(*from).iter().cloned();
            selected.exemplars.extend(exemplars.map(|placed| PlacedExemplar { row: to, ..placed }));
        }
        let created = rows.iter().filter_map(|row| self.created.get(*row).copied());
        selected.created = Arc::new(created.collect());
        selected.labels = Arc::new(labels);
        selected
    }

    /// The same with one more label in each series, after its own.
    #[must_use]
    pub fn with_label(mut self, name: &str, value: &str) -> Self {
        let mut labels = LabelSets::default();
        for row in 0..self.len() {
            let pairs: Vec<_> = self.labels.pairs(row).collect();
            let pairs = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
            labels.push(pairs.chain([(name, value)]));
        }
        self.labels = Arc::new(labels);
        self
    }

    pub(crate) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|a, b| self.labels.text(*a).cmp(self.labels.text(*b)));
        *self = self.select(&order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(metric_type: MetricType) -> Schema {
        Schema {
            constant_labels: vec![("zone".into(), "a".into())],
            label_names: vec!["x".into()],
            bounds: if metric_type == MetricType::Histogram { vec![1.0] } else { vec![] },
            ..Schema::new("m", metric_type)
        }
    }

    #[test]
    fn labels_that_are_added_stand_behind_and_give_way() {
        let mut gauge = FamilySnapshot::new(schema(MetricType::Gauge));
        gauge.push(&["\"1"], Value::Number(2.0)).unwrap();
        gauge.add_labels(&[("x".into(), "no".into()), ("env".into(), "a\\".into())]);
        assert_eq!(gauge.labels().text(0), r#"zone="a",x="\"1",env="a\\""#);
        assert_eq!(gauge.row(0), [2.0]);
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
    fn shapes_of_the_other_types() {
        let mut summary = FamilySnapshot::new(Schema {
            quantiles: vec![0.5, 0.9],
            ..Schema::new("s", MetricType::Summary)
        });
        let value = Value::Summary { quantiles: &[1.0, 2.0], sum: 9.0, count: 4.0 };
        summary.push(&[], value).unwrap();
        assert_eq!(summary.row(0), [1.0, 2.0, 9.0, 4.0]);
        let short = Value::Summary { quantiles: &[1.0], sum: 9.0, count: 4.0 };
        assert_eq!(summary.push(&[], short).unwrap_err().code(), ErrorCode::InvalidValue);

        let states = vec!["on".to_owned(), "off".to_owned()];
        let mut set =
            FamilySnapshot::new(Schema { states, ..Schema::new("e", MetricType::StateSet) });
        set.push(&[], Value::States(&[1.0, 0.0])).unwrap();
        assert_eq!(set.push(&[], Value::Number(1.0)).unwrap_err().code(), ErrorCode::InvalidValue);

        let mut info = FamilySnapshot::new(Schema::new("build", MetricType::Info));
        info.push_labels([("version", "1")].into_iter(), Value::Number(1.0)).unwrap();
        assert_eq!(info.labels().text(0), r#"version="1""#);
    }

    #[test]
    fn a_label_is_added() {
        let mut family = FamilySnapshot::new(schema(MetricType::Gauge));
        family.push(&["a\"b"], Value::Number(1.0)).unwrap();
        let family = family.with_label("pid", "7");
        assert_eq!(family.labels().text(0), r#"zone="a",x="a\"b",pid="7""#);
        let mut family = FamilySnapshot::new(Schema::new("m", MetricType::Gauge));
        family.push(&[], Value::Number(1.0)).unwrap();
        assert_eq!(family.with_label("pid", "7").labels().text(0), r#"pid="7""#);
    }

    #[test]
    fn selected_rows_keep_what_they_have() {
        let exemplar = |id: &str| Exemplar::new([("id", id)], 0.5, Some(7.0)).unwrap();
        let mut family = FamilySnapshot::new(schema(MetricType::Histogram));
        for x in ["a", "b", "c"] {
            family.push(&[x], Value::Histogram { counts: &[1.0, 2.0], sum: 9.0 }).unwrap();
        }
        family.set_exemplar(2, 1, exemplar("old"));
        family.set_exemplar(0, 0, exemplar("zero"));
        family.set_exemplar(2, 1, exemplar("new"));
        family.set_created(2, 5.0);
        family.set_timestamp(1, 6.0);
        family.set_native(2, NativeHistogram { zero_count: 3.0, ..NativeHistogram::default() });

        let selected = family.select(&[2, 1]);
        assert_eq!(selected.labels().text(0), r#"zone="a",x="c""#);
        assert_eq!((selected.created(0), selected.created(1)), (Some(5.0), None));
        assert_eq!((selected.timestamp(0), selected.timestamp(1)), (None, Some(6.0)));
        assert_eq!(selected.native(0).map(NativeHistogram::count), Some(3.0));
        assert_eq!(selected.native(1), None);
        let [placed] = selected.exemplars() else { panic!("{selected:?}") };
        assert_eq!((placed.row, placed.place), (0, 1));
        assert_eq!(placed.exemplar.label_text(), r#"id="new""#);
        assert_eq!(selected.row_exemplars(1), []);
    }
}
