//! Samples, made into the rows of a snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use metrion_model::{
    Error, ErrorCode, FamilySnapshot, LabelSets, MetricType, Quoted, Result, Schema, Value,
};

use super::{Sample, SampleFamily};
use crate::parse::parse_number;

/// The snapshots that show a family's samples: one of its type when they have the shape of that type,
/// and otherwise, so that nothing is lost, one of the type unknown for each name that a sample has.
///
/// A shape is: all samples have names of the type; a histogram's series has buckets whose bounds and
/// counts increase, the last one to infinity and equal to its count, and all series have the same bounds;
/// a summary's series has a sum and a count, and all have the same quantiles; every series of a state
/// set has every state once. A sum that is missing is NaN.
///
/// # Errors
/// `invalid_name` for a family or a sample without a name.
pub fn fit(family: &SampleFamily) -> Result<Vec<FamilySnapshot>> {
    fit_with(family, parse_number)
}

/// As [`fit`], with a function of the caller that reads the numbers in the labels `le` and `quantile`, where
/// the 10 kB of tables for it are too much. It returns `None` for a text that is no number.
///
/// # Errors
/// Those of [`fit`].
pub fn fit_with(
    family: &SampleFamily,
    read_number: fn(&str) -> Option<f64>,
) -> Result<Vec<FamilySnapshot>> {
    if family.name.is_empty() || family.samples.iter().any(|sample| sample.name.is_empty()) {
        let message = format!("a name is empty in the family {:?}", Quoted(&family.name));
        return Err(Error::new(ErrorCode::InvalidName, message));
    }
    match fitted(family, read_number) {
        Some(snapshot) => Ok(vec![snapshot]),
        None => loose(family),
    }
}

/// One family of the type unknown for each name.
fn loose(family: &SampleFamily) -> Result<Vec<FamilySnapshot>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut snapshots: Vec<FamilySnapshot> = Vec::new();
    for sample in family.samples.iter().filter(|sample| sample.native.is_none()) {
        let place = *places.entry(&sample.name).or_insert(snapshots.len());
        if place == snapshots.len() {
            let schema = Schema::new(sample.name.as_str(), MetricType::Unknown);
            snapshots.push(FamilySnapshot::new(Schema { help: family.help.clone(), ..schema }));
        }
        if let Some(snapshot) = snapshots.get_mut(place) {
            push(
                snapshot,
                &labels_of(sample, None),
                Value::Number(sample.value),
                sample.timestamp,
            )?;
        }
    }
    Ok(snapshots)
}

fn fitted(family: &SampleFamily, read_number: fn(&str) -> Option<f64>) -> Option<FamilySnapshot> {
    let series = Series::all(family, read_number)?;
    let first = series.first();
    let mut schema = Schema {
        help: family.help.clone(),
        unit: family.unit.clone(),
        ..Schema::new(family.name.as_str(), family.metric_type)
    };
    let values = |series: &Series<'_>| series.parts.iter().map(|part| part.bound).collect();
    match family.metric_type {
        MetricType::Histogram | MetricType::GaugeHistogram => {
            schema.bounds = first.map_or_else(Vec::new, values);
            // The bucket to infinity is implied.
            schema.bounds.pop();
        }
        MetricType::Summary => schema.quantiles = first.map_or_else(Vec::new, values),
        MetricType::StateSet => {
            let states = first.map(|series| series.parts.iter().map(|part| part.state.to_owned()));
            schema.states = states.into_iter().flatten().collect();
        }
        _ => {}
    }
    let mut snapshot = FamilySnapshot::empty(Arc::new(schema));
    for series in &series {
        series.push_to(&mut snapshot)?;
    }
    Some(snapshot)
}

/// The samples of one label set.
#[derive(Default)]
struct Series<'a> {
    labels: Vec<(&'a str, &'a str)>,
    /// Its buckets, quantiles or states.
    parts: Vec<Part<'a>>,
    number: Option<&'a Sample>,
    sum: Option<f64>,
    count: Option<f64>,
    created: Option<f64>,
    timestamp: Option<f64>,
    native: Option<&'a Sample>,
}

struct Part<'a> {
    bound: f64,
    state: &'a str,
    sample: &'a Sample,
}

impl<'a> Series<'a> {
    /// All series of a family, in the order of their first samples; nothing when a sample is none of its
    /// type.
    fn all(family: &'a SampleFamily, read_number: fn(&str) -> Option<f64>) -> Option<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        let mut places: HashMap<Vec<(&str, &str)>, usize> = HashMap::new();
        for sample in &family.samples {
            let suffix = sample.name.strip_prefix(family.name.as_str())?;
            let part = part_label(family, suffix);
            let key = sorted(labels_of(sample, part));
            let part = match part {
                Some(part) => Some(sample.labels.iter().find(|(name, _)| name == part)?),
                None => None,
            };
            let mut place = *places.get(&key).unwrap_or(&all.len());
            // A second number of one label set, of another time, is a series of its own.
            let is_number = part.is_none() && suffix == own_suffix(family.metric_type);
            if is_number && all.get(place).is_some_and(|series| series.number.is_some()) {
                place = all.len();
            }
            if place == all.len() {
                let labels = labels_of(sample, part.map(|(name, _)| name.as_str()));
                all.push(Self { labels, timestamp: sample.timestamp, ..Self::default() });
                places.insert(key, place);
            }
            let series = all.get_mut(place)?;
            if series.timestamp != sample.timestamp {
                return None;
            }
            series.take(
                family.metric_type,
                suffix,
                part.map(|(_, value)| value.as_str()),
                sample,
                read_number,
            )?;
        }
        Some(all)
    }

    /// Nothing when the series has such a sample already, or the type has none.
    fn take(
        &mut self,
        metric_type: MetricType,
        suffix: &str,
        part: Option<&'a str>,
        sample: &'a Sample,
        read_number: fn(&str) -> Option<f64>,
    ) -> Option<()> {
        use MetricType::{Counter, GaugeHistogram, Histogram, Info, StateSet, Summary};
        if sample.native.is_some() {
            let is_free = metric_type.has_buckets() && suffix.is_empty() && self.native.is_none();
            self.native = is_free.then_some(sample);
            return is_free.then_some(());
        }
        let slot = match (metric_type, suffix) {
            (Histogram | Summary, "_sum") | (GaugeHistogram, "_gsum") => &mut self.sum,
            (Histogram | Summary, "_count") | (GaugeHistogram, "_gcount") => &mut self.count,
            (Counter | Histogram | Summary, "_created") => &mut self.created,
            _ => {
                match part {
                    Some(state) if metric_type == StateSet => {
                        self.parts.push(Part { bound: 0.0, state, sample });
                    }
                    Some(bound) => {
                        let bound = read_number(bound)?;
                        self.parts.push(Part { bound, state: "", sample });
                    }
                    None if metric_type == Info && sample.value != 1.0 => return None,
                    None if suffix == own_suffix(metric_type) => self.number = Some(sample),
                    None => return None,
                }
                return Some(());
            }
        };
        slot.replace(sample.value).is_none().then_some(())
    }

    fn push_to(&self, snapshot: &mut FamilySnapshot) -> Option<()> {
        let schema = snapshot.schema_arc();
        let row = snapshot.len();
        let parts: Vec<f64> = self.parts.iter().map(|part| part.sample.value).collect();
        let sum = self.sum.unwrap_or(f64::NAN);
        let counts;
        let value = match schema.metric_type {
            MetricType::Histogram | MetricType::GaugeHistogram => {
                counts = self.counts(&schema, &parts)?;
                let sum = self.native_sum().unwrap_or(sum);
                Value::Histogram { counts: &counts, sum }
            }
            MetricType::Summary => {
                let bounds = self.parts.iter().map(|part| part.bound);
                let fits = bounds.eq(schema.quantiles.iter().copied()) && self.sum.is_some();
                let count = self.count.filter(|_| fits)?;
                Value::Summary { quantiles: &parts, sum, count }
            }
            MetricType::StateSet => {
                let states = self.parts.iter().map(|part| part.state);
                states.eq(schema.states.iter()).then_some(Value::States(&parts))?
            }
            _ => Value::Number(self.number?.value),
        };
        push(snapshot, &self.labels, value, self.timestamp).ok()?;
        if let Some(created) = self.created {
            snapshot.set_created(row, created);
        }
        let with_exemplars =
            self.number.into_iter().chain(self.parts.iter().map(|part| part.sample));
        for (place, sample) in with_exemplars.enumerate() {
            if let Some(exemplar) = &sample.exemplar {
                snapshot.set_exemplar(row, place, exemplar.clone());
            }
        }
        if let Some(native) = self.native.and_then(|sample| sample.native.as_ref()) {
            snapshot.set_native(row, native.buckets.clone());
            for (place, exemplar) in native.exemplars.iter().enumerate() {
                snapshot.set_exemplar(row, place, exemplar.clone());
            }
        }
        Some(())
    }

    fn native_sum(&self) -> Option<f64> {
        self.native?.native.as_ref().map(|native| native.sum)
    }

    /// The count of each bucket alone, from the cumulative ones.
    fn counts(&self, schema: &Schema, cumulative: &[f64]) -> Option<Vec<f64>> {
        if let (Some(native), []) = (self.native, cumulative) {
            let count = native.native.as_ref()?.buckets.count();
            return schema.bounds.is_empty().then(|| vec![count]);
        }
        let bounds = || self.parts.iter().map(|part| part.bound);
        let fits = bounds().eq(schema.bounds.iter().copied().chain([f64::INFINITY]))
            && bounds().zip(bounds().skip(1)).all(|(low, high)| low < high)
            && self.count.is_none_or(|count| Some(&count) == cumulative.last());
        if !fits {
            return None;
        }
        let before = [0.0].into_iter().chain(cumulative.iter().copied());
        let counts: Vec<f64> =
            cumulative.iter().zip(before).map(|(sum, before)| sum - before).collect();
        counts.iter().all(|count| *count >= 0.0).then_some(counts)
    }
}

fn push(
    snapshot: &mut FamilySnapshot,
    labels: &[(&str, &str)],
    value: Value<'_>,
    timestamp: Option<f64>,
) -> Result<()> {
    let mut own = LabelSets::default();
    own.push(labels.iter().copied());
    snapshot.push_label_text(own.text(0), value)?;
    if let Some(timestamp) = timestamp {
        snapshot.set_timestamp(snapshot.len() - 1, timestamp);
    }
    Ok(())
}

/// A series has few labels: a sort is a lot of code, and slower.
fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    let mut sorted = Vec::with_capacity(items.len());
    for item in items {
        let place = sorted.partition_point(|own| *own < item);
        sorted.insert(place, item);
    }
    sorted
}

fn labels_of<'a>(sample: &'a Sample, without: Option<&str>) -> Vec<(&'a str, &'a str)> {
    let pairs = sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(name, _)| Some(*name) != without).collect()
}

/// The label that tells the samples of one series apart.
fn part_label<'a>(family: &'a SampleFamily, suffix: &str) -> Option<&'a str> {
    match (family.metric_type, suffix) {
        (MetricType::Histogram | MetricType::GaugeHistogram, "_bucket") => Some("le"),
        (MetricType::Summary, "") => Some("quantile"),
        (MetricType::StateSet, "") => Some(&family.name),
        _ => None,
    }
}

const fn own_suffix(metric_type: MetricType) -> &'static str {
    match metric_type.own_suffix() {
        Some(suffix) => suffix,
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_family::flatten;
    use metrion_model::Exemplar;
    use proptest::prelude::*;

    /// The name, the labels and the value of a sample.
    type Line<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);

    fn family(metric_type: MetricType, samples: &[Line<'_>]) -> SampleFamily {
        let sample = |(name, labels, value): &Line<'_>| Sample {
            name: (*name).to_owned(),
            labels: labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            value: *value,
            ..Sample::default()
        };
        SampleFamily {
            name: "x".into(),
            help: "About x.".into(),
            metric_type,
            samples: samples.iter().map(sample).collect(),
            ..SampleFamily::default()
        }
    }

    fn only(family: &SampleFamily) -> FamilySnapshot {
        let mut snapshots = fit(family).unwrap();
        assert_eq!(snapshots.len(), 1, "{snapshots:?}");
        let snapshot = snapshots.remove(0);
        assert_eq!(snapshot.schema().metric_type, family.metric_type, "{snapshot:?}");
        snapshot
    }

    #[test]
    fn what_fits_comes_back_the_same() {
        use MetricType::*;
        let a = &[("l", "a")][..];
        let cases: &[(MetricType, &[Line<'_>])] = &[
            (Counter, &[("x_total", a, 1.5), ("x_created", a, 7.0), ("x_total", &[], 2.0)]),
            (Gauge, &[("x", a, -1.0), ("x", &[("l", "b")], f64::INFINITY)]),
            (Unknown, &[("x", &[], 0.0)]),
            (Info, &[("x_info", &[("version", "1\"\n")], 1.0)]),
            (
                Histogram,
                &[
                    ("x_bucket", &[("l", "a"), ("le", "0.5")], 1.0),
                    ("x_bucket", &[("l", "a"), ("le", "+Inf")], 3.0),
                    ("x_count", a, 3.0),
                    ("x_sum", a, 9.0),
                    ("x_created", a, 7.0),
                ],
            ),
            (
                GaugeHistogram,
                &[
                    ("x_bucket", &[("le", "1.0")], 4.0),
                    ("x_bucket", &[("le", "+Inf")], 5.0),
                    ("x_gcount", &[], 5.0),
                    ("x_gsum", &[], 7.0),
                ],
            ),
            (
                Summary,
                &[("x", &[("quantile", "0.5")], 2.0), ("x_count", &[], 4.0), ("x_sum", &[], 8.0)],
            ),
            (
                StateSet,
                &[("x", &[("l", "a"), ("x", "on")], 1.0), ("x", &[("l", "a"), ("x", "off")], 0.0)],
            ),
        ];
        for (metric_type, samples) in cases {
            let family = family(*metric_type, samples);
            assert_eq!(flatten(&only(&family), true), family);
        }
    }

    #[test]
    fn what_does_not_fit_is_shown_by_its_names() {
        use MetricType::*;
        let cases: &[(MetricType, &[Line<'_>])] = &[
            (Counter, &[("x", &[], 1.0)]),
            (Counter, &[("other", &[], 1.0), ("x_total", &[], 1.0)]),
            (Info, &[("x_info", &[], 2.0)]),
            (Histogram, &[("x_bucket", &[("le", "1")], 1.0)]),
            (Histogram, &[("x_bucket", &[], 1.0)]),
            (Histogram, &[("x_bucket", &[("le", "+Inf")], 1.0), ("x_count", &[], 2.0)]),
            (Histogram, &[("x_bucket", &[("le", "1")], 2.0), ("x_bucket", &[("le", "+Inf")], 1.0)]),
            (Summary, &[("x_sum", &[], 1.0)]),
            (StateSet, &[("x", &[("x", "a")], 1.0), ("x", &[("l", "1"), ("x", "b")], 1.0)]),
        ];
        for (metric_type, samples) in cases {
            let family = family(*metric_type, samples);
            let snapshots = fit(&family).unwrap();
            let rows: usize = snapshots.iter().map(FamilySnapshot::len).sum();
            assert_eq!(rows, samples.len(), "{family:?}");
            for snapshot in snapshots {
                assert_eq!(snapshot.schema().metric_type, Unknown, "{family:?}");
                assert_eq!(snapshot.schema().help, "About x.");
            }
        }
    }

    #[test]
    fn times_and_exemplars_go_with_their_rows() {
        let mut family = family(
            MetricType::Histogram,
            &[("x_bucket", &[("le", "1")], 1.0), ("x_bucket", &[("le", "+Inf")], 3.0)],
        );
        let exemplar = Exemplar::new([("id", "7")], 2.0, None).unwrap();
        for sample in &mut family.samples {
            sample.timestamp = Some(5.0);
        }
        family.samples[1].exemplar = Some(exemplar.clone());
        let snapshot = only(&family);
        assert_eq!(snapshot.timestamp(0), Some(5.0));
        assert_eq!(snapshot.exemplars()[0].place, 1);
        assert_eq!(snapshot.exemplars()[0].exemplar, exemplar);
        assert!(snapshot.row(0).last().unwrap().is_nan());
    }

    #[test]
    fn names_must_be_there() {
        let mut family = family(MetricType::Gauge, &[("x", &[], 1.0)]);
        family.name = String::new();
        assert_eq!(fit(&family).unwrap_err().code(), ErrorCode::InvalidName);
    }

    fn any_sample() -> impl Strategy<Value = Sample> {
        let name = prop::sample::select(vec![
            "x",
            "x_total",
            "x_created",
            "x_bucket",
            "x_sum",
            "x_count",
            "x_gsum",
            "x_gcount",
            "x_info",
            "y",
        ]);
        let label = prop::sample::select(vec!["l", "le", "quantile", "x"]);
        let value = prop::sample::select(vec!["0.5", "1.0", "+Inf", "a", ""]);
        let labels = prop::collection::btree_map(label, value, 0..3);
        let number = prop::sample::select(vec![0.0, 1.0, 2.0, -1.0]);
        let timestamp = prop::option::of(prop::sample::select(vec![1.0, 2.0]));
        (name, labels, number, timestamp).prop_map(|(name, labels, value, timestamp)| Sample {
            name: name.to_owned(),
            labels: labels.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            value,
            timestamp,
            ..Sample::default()
        })
    }

    fn any_type() -> impl Strategy<Value = MetricType> {
        use MetricType::*;
        prop::sample::select(vec![
            Counter,
            Gauge,
            Histogram,
            GaugeHistogram,
            Summary,
            Info,
            StateSet,
            Unknown,
        ])
    }

    fn lines(samples: &[Sample]) -> Vec<String> {
        let line = |sample: &Sample| {
            let mut labels = sample.labels.clone();
            labels.sort();
            format!("{} {labels:?} {} {:?}", sample.name, sample.value, sample.timestamp)
        };
        let mut lines: Vec<String> = samples.iter().map(line).collect();
        lines.sort();
        lines
    }

    proptest! {
        /// Whatever a source gives: every sample is shown, and none twice.
        #[test]
        fn nothing_is_lost(
            metric_type in any_type(),
            samples in prop::collection::vec(any_sample(), 0..6),
        ) {
            let family = SampleFamily { samples, ..family(metric_type, &[]) };
            let shown: Vec<Sample> =
                fit(&family).unwrap().iter().flat_map(|s| flatten(s, true).samples).collect();
            let mut shown = lines(&shown);
            for line in lines(&family.samples) {
                let at = shown.iter().position(|own| *own == line);
                prop_assert!(at.is_some(), "{line} of {family:?} is not in {shown:?}");
                shown.remove(at.unwrap());
            }
            // What is implied: sums and counts.
            let implied = |line: &String| line.contains("sum ") || line.contains("count ");
            prop_assert!(shown.iter().all(implied), "{shown:?} of {family:?}");
        }
    }
}
