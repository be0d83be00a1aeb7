//! Families of samples, to and from the objects of `metrion.metrics_core` and `metrion.samples`.

use metrion::exposition::sample_family::{
    NativeSample, Sample, SampleFamily, buckets_of_spans, flatten, spans_of_buckets,
};
use metrion::{Exemplar, LabelSets, MetricType, NativeHistogram, Schema, Snapshot};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyFloat, PyList, PyMapping, PyString, PyTuple};

fn class<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(module)?.getattr(name)
}

/// What the times of samples are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    /// Numbers.
    Floats,
    /// `Timestamp` objects.
    Objects,
}

/// The families of a snapshot as `Metric` objects.
pub(crate) fn metric_objects<'py>(
    py: Python<'py>,
    snapshot: &Snapshot,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let objects = snapshot
        .families
        .iter()
        .map(|family| metric_object(py, &flatten(family, false), Times::Floats));
    objects.collect()
}

/// A `Metric` with these samples.
pub(crate) fn metric_object<'py>(
    py: Python<'py>,
    family: &SampleFamily,
    times: Times,
) -> PyResult<Bound<'py, PyAny>> {
    let SampleFamily { name, help, unit, metric_type, samples } = family;
    let metric = metric(py, name, help, *metric_type, unit)?;
    let sample_class = class(py, "metrion.samples", "Sample")?;
    let list = PyList::empty(py);
    for sample in samples {
        let labels = sample.labels.iter().map(|(name, value)| (name, value)).into_py_dict(py)?;
        let exemplar = sample.exemplar.as_ref();
        let exemplar = exemplar.map(|exemplar| exemplar_object(py, exemplar, times)).transpose()?;
        let native = sample.native.as_ref();
        let native = native.map(|native| native_object(py, native)).transpose()?;
        let value = sample.native.is_none().then_some(sample.value);
        let timestamp = time_object(py, sample.timestamp, times)?;
        let fields = (&sample.name, labels, value, timestamp, exemplar, native);
        list.append(sample_class.call1(fields)?)?;
    }
    metric.setattr("samples", list)?;
    Ok(metric)
}

/// A `Metric` that says what a family is.
pub(crate) fn metric_without_samples<'py>(
    py: Python<'py>,
    schema: &Schema,
) -> PyResult<Bound<'py, PyAny>> {
    metric(py, &schema.name, &schema.help, schema.metric_type, &schema.unit)
}

fn metric<'py>(
    py: Python<'py>,
    name: &str,
    help: &str,
    metric_type: MetricType,
    unit: &str,
) -> PyResult<Bound<'py, PyAny>> {
    class(py, "metrion.metrics_core", "Metric")?.call1((name, help, metric_type.as_str(), unit))
}

fn time_object<'py>(
    py: Python<'py>,
    seconds: Option<f64>,
    times: Times,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(seconds) = seconds else { return Ok(None) };
    if times == Times::Floats {
        return Ok(Some(PyFloat::new(py, seconds).into_any()));
    }
    // The digits that were written, if they were no more than an f64 has.
    let text = seconds.abs().to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let nanos = format!("{:0<9}", part.get(..9).unwrap_or(part));
    let sign = if seconds < 0.0 { -1 } else { 1 };
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    let parts = (sign * number(whole), number(&nanos));
    class(py, "metrion.samples", "Timestamp")?.call1(parts).map(Some)
}

fn exemplar_object<'py>(
    py: Python<'py>,
    exemplar: &Exemplar,
    times: Times,
) -> PyResult<Bound<'py, PyAny>> {
    let labels = exemplar.labels().into_py_dict(py)?;
    let timestamp = time_object(py, exemplar.timestamp(), times)?;
    let fields = (labels, exemplar.value(), timestamp);
    class(py, "metrion.samples", "Exemplar")?.call1(fields)
}

fn native_object<'py>(py: Python<'py>, native: &NativeSample) -> PyResult<Bound<'py, PyAny>> {
    let NativeSample { buckets, sum, exemplars } = native;
    let span = class(py, "metrion.samples", "BucketSpan")?;
    let sides = [&buckets.positive, &buckets.negative].map(|side| -> PyResult<_> {
        let (spans, deltas) = spans_of_buckets(side);
        let spans: PyResult<Vec<_>> = spans.into_iter().map(|fields| span.call1(fields)).collect();
        Ok(((!deltas.is_empty()).then_some(spans?), (!deltas.is_empty()).then_some(deltas)))
    });
    let [positive, negative] = sides;
    let ((pos_spans, pos_deltas), (neg_spans, neg_deltas)) = (positive?, negative?);
    let exemplars: PyResult<Vec<_>> =
        exemplars.iter().map(|exemplar| exemplar_object(py, exemplar, Times::Floats)).collect();
    let exemplars = Some(exemplars?).filter(|exemplars| !exemplars.is_empty());
    class(py, "metrion.samples", "NativeHistogram")?.call1((
        buckets.count(),
        *sum,
        buckets.schema,
        buckets.zero_threshold,
        buckets.zero_count,
        pos_spans,
        neg_spans,
        pos_deltas,
        neg_deltas,
        exemplars,
    ))
}

/// The family of an object with the attributes of a `Metric`. Exemplars are read only where they are
/// shown.
pub(crate) fn family_of(metric: &Bound<'_, PyAny>, exemplars: bool) -> PyResult<SampleFamily> {
    let word: String = metric.getattr("type")?.extract()?;
    let samples = metric.getattr("samples")?;
    let samples: PyResult<Vec<Sample>> =
        samples.try_iter()?.map(|sample| sample_of(&sample?, exemplars)).collect();
    Ok(SampleFamily {
        name: metric.getattr("name")?.extract()?,
        help: metric.getattr("documentation")?.extract()?,
        unit: metric.getattr("unit")?.extract()?,
        metric_type: type_of(&word)?,
        samples: samples?,
    })
}

/// The names that a family takes, of an object with the attributes of a `Metric`. A state set, whose
/// states nobody has said yet, takes those of a gauge.
pub(crate) fn schema_of(metric: &Bound<'_, PyAny>) -> PyResult<Schema> {
    let word: String = metric.getattr("type")?.extract()?;
    let name: String = metric.getattr("name")?.extract()?;
    let metric_type = match type_of(&word)? {
        MetricType::StateSet => MetricType::Gauge,
        other => other,
    };
    Ok(Schema::new(name, metric_type))
}

fn type_of(word: &str) -> PyResult<MetricType> {
    if word == "untyped" {
        return Ok(MetricType::Unknown);
    }
    MetricType::from_word(word)
        .ok_or_else(|| PyValueError::new_err(format!("Invalid metric type: {word}")))
}

/// The fields of a `Sample`, or of any object that has its attributes.
fn fields<'py>(sample: &Bound<'py, PyAny>) -> PyResult<[Bound<'py, PyAny>; 6]> {
    const NAMES: [&str; 6] =
        ["name", "labels", "value", "timestamp", "exemplar", "native_histogram"];
    if let Ok(tuple) = sample.cast::<PyTuple>()
        && let Ok(fields) = tuple.iter().collect::<Vec<_>>().try_into()
    {
        return Ok(fields);
    }
    let fields: PyResult<Vec<_>> = NAMES.into_iter().map(|name| sample.getattr(name)).collect();
    fields?.try_into().map_err(|_| PyTypeError::new_err("a sample has six fields"))
}

fn sample_of(sample: &Bound<'_, PyAny>, exemplars: bool) -> PyResult<Sample> {
    let [name, labels, value, timestamp, exemplar, native] = fields(sample)?;
    let native = if native.is_none() { None } else { Some(native_of(&native)?) };
    let has_text = !timestamp.is_none() && !timestamp.is_instance_of::<PyFloat>();
    Ok(Sample {
        name: name.extract()?,
        labels: labels_of(&labels)?,
        // A native histogram has no number.
        value: if native.is_some() { 0.0 } else { float(&value)? },
        timestamp: if timestamp.is_none() { None } else { Some(float(&timestamp)?) },
        timestamp_text: has_text.then(|| timestamp.str()?.extract()).transpose()?,
        exemplar: match exemplars && exemplar.is_truthy()? {
            true => Some(exemplar_of(&exemplar)?),
            false => None,
        },
        native,
    })
}

fn labels_of(labels: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    if let Ok(dict) = labels.cast::<PyDict>() {
        return dict.iter().map(|(name, value)| Ok((text(&name)?, text(&value)?))).collect();
    }
    let items = labels.cast::<PyMapping>()?.items()?;
    items
        .iter()
        .map(|item| {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            Ok((text(&name)?, text(&value)?))
        })
        .collect()
}

/// A label's name or value. What is no text fails as in `prometheus_client`, which calls its `replace`.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    value.getattr("replace")?;
    Err(PyTypeError::new_err(format!("a label must be text, not {}", value.get_type())))
}

/// As `float()` reads it.
fn float(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(number.value());
    }
    value.py().get_type::<PyFloat>().call1((value,))?.extract()
}

fn exemplar_of(exemplar: &Bound<'_, PyAny>) -> PyResult<Exemplar> {
    let pairs = labels_of(&exemplar.getattr("labels")?)?;
    let timestamp = exemplar.getattr("timestamp")?;
    let timestamp = if timestamp.is_none() { None } else { Some(float(&timestamp)?) };
    let mut labels = LabelSets::default();
    labels.push(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let value = float(&exemplar.getattr("value")?)?;
    Ok(Exemplar::from_label_text(labels.text(0).to_owned(), value, timestamp))
}

fn native_of(native: &Bound<'_, PyAny>) -> PyResult<NativeSample> {
    let side = |spans: &str, deltas: &str| -> PyResult<Vec<(i32, f64)>> {
        let spans: Option<Vec<(i32, u32)>> = native.getattr(spans)?.extract()?;
        let deltas: Option<Vec<f64>> = native.getattr(deltas)?.extract()?;
        Ok(buckets_of_spans(&spans.unwrap_or_default(), &deltas.unwrap_or_default()))
    };
    let exemplars = native.getattr("nh_exemplars")?;
    let exemplars: PyResult<Vec<Exemplar>> = match exemplars.is_none() {
        true => Ok(Vec::new()),
        false => exemplars.try_iter()?.map(|exemplar| exemplar_of(&exemplar?)).collect(),
    };
    Ok(NativeSample {
        buckets: NativeHistogram {
            schema: native.getattr("schema")?.extract()?,
            zero_threshold: float(&native.getattr("zero_threshold")?)?,
            zero_count: float(&native.getattr("zero_count")?)?,
            positive: side("pos_spans", "pos_deltas")?,
            negative: side("neg_spans", "neg_deltas")?,
        },
        sum: float(&native.getattr("sum_value")?)?,
        exemplars: exemplars?,
    })
}

/// The labels of a registry's target, if there are any.
pub(crate) fn target_labels(
    labels: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<Vec<(String, String)>>> {
    let labels = labels.filter(|labels| !labels.is_none()).map(labels_of).transpose()?;
    Ok(labels.filter(|labels| !labels.is_empty()))
}
