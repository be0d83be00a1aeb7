//! JSON, for programs that have a parser for it and for nothing else.

use metrion_model::{
    Exemplar, FamilySnapshot, LabelPairs, MetricType, NativeHistogram, Schema, Snapshot,
};

use crate::label_values::{LabelNames, names};
use crate::number::append_number;
use crate::piece::Piece;

/// Appends the families of a snapshot, in its order, as one JSON object.
///
/// ```json
/// {"families": [
///   {"name": "requests", "type": "counter", "help": "Requests.", "unit": "", "series": [
///     {"labels": {"method": "GET"}, "value": 3, "created": 1700000000.5,
///      "exemplar": {"labels": {"trace_id": "ab12"}, "value": 1, "timestamp": 1700000001.25}}]},
///   {"name": "wait_seconds", "type": "histogram", "help": "", "unit": "seconds", "series": [
///     {"labels": {}, "count": 6, "sum": 17.5, "buckets": [
///       {"le": 0.5, "count": 1},
///       {"le": "+Inf", "count": 6, "exemplar": {"labels": {}, "value": 9}}],
///      "native": {"schema": 3, "zero_threshold": 1e-9, "zero_count": 0,
///                 "positive": [[-8, 1], [17, 5]], "negative": []}}]},
///   {"name": "size", "type": "summary", "help": "", "unit": "", "series": [
///     {"labels": {}, "count": 4, "sum": 9, "quantiles": [{"quantile": 0.5, "value": "NaN"}]}]},
///   {"name": "mode", "type": "stateset", "help": "", "unit": "", "series": [
///     {"labels": {}, "states": {"on": 1, "off": 0}}]},
///   {"name": "build", "type": "info", "help": "", "unit": "", "series": [
///     {"labels": {"version": "1.2"}, "value": 1}]}
/// ]}
/// ```
///
/// Gauges and unknowns look as counters do, gauge histograms as histograms. Bucket counts are
/// cumulative, as in the other formats; those of native buckets are not, and stand behind their
/// indices (see [`NativeHistogram`]). A histogram with native buckets alone has one classic bucket, and
/// its exemplars are a list, `exemplars`. Times are in Unix seconds: `created` is when the series began,
/// `timestamp` of when its numbers are; both are there only where they are known. Numbers are JSON
/// numbers but for `"NaN"`, `"+Inf"` and `"-Inf"`. Names are never changed. There is no white space.
pub fn encode_json(snapshot: &Snapshot, out: &mut Vec<u8>) {
    let families = snapshot.families.iter().filter(|family| !family.is_empty());
    out.extend_from_slice(b"{\"families\":");
    append_list(out, b"[]", families, append_family);
    out.extend_from_slice(b"}\n");
}

fn append_family(out: &mut Vec<u8>, family: &FamilySnapshot) {
    let schema = family.schema();
    out.extend_from_slice(b"{\"name\":");
    append_string(out, &schema.name);
    out.extend_from_slice(b",\"type\":");
    append_string(out, schema.metric_type.as_str());
    out.extend_from_slice(b",\"help\":");
    append_string(out, &schema.help);
    out.extend_from_slice(b",\"unit\":");
    append_string(out, &schema.unit);
    out.extend_from_slice(b",\"series\":");
    // Room for the numbers, the keys, and two bytes more for each label.
    out.reserve(family.labels().buffer().len() + family.len() * (48 + 32 * schema.width()));
    let pieces = Pieces::new(schema);
    append_list(out, b"[]", 0..family.len(), |out, row| append_series(out, family, row, &pieces));
    out.push(b'}');
}

/// What all series of a family have in common.
struct Pieces {
    names: LabelNames,
    /// Before the value of each label: `,"name":"`, the first one without the comma.
    labels: Vec<Piece>,
    /// Before the count of each bucket: `{"le":0.5,"count":`
    buckets: Vec<Piece>,
}

impl Pieces {
    fn new(schema: &Schema) -> Self {
        let label = |(place, name)| {
            let mut piece = if place == 0 { Vec::new() } else { b",".to_vec() };
            append_string(&mut piece, name);
            piece.extend_from_slice(b":\"");
            Piece::new(piece)
        };
        let bucket = |bound: &f64| {
            let mut piece = b"{\"le\":".to_vec();
            append_value(&mut piece, *bound);
            piece.extend_from_slice(b",\"count\":");
            Piece::new(piece)
        };
        Self {
            names: LabelNames::new(schema),
            labels: names(schema).enumerate().map(label).collect(),
            buckets: schema.bounds.iter().chain([&f64::INFINITY]).map(bucket).collect(),
        }
    }

    /// `text` is of the form of [`metrion_model::LabelSets::text`].
    fn append_labels(&self, out: &mut Vec<u8>, text: &str) {
        let mut values = self.names.values(text);
        out.push(b'{');
        for (label, value) in self.labels.iter().zip(values.by_ref()) {
            label.append(out);
            out.extend_from_slice(value);
            out.push(b'"');
        }
        let rest = values.rest();
        if !rest.is_empty() && rest.len() < text.len() {
            out.push(b',');
        }
        append_pairs(out, rest);
        out.push(b'}');
    }
}

fn append_series(out: &mut Vec<u8>, family: &FamilySnapshot, row: usize, pieces: &Pieces) {
    out.extend_from_slice(b"{\"labels\":");
    pieces.append_labels(out, family.labels().text(row));
    match family.schema().metric_type {
        MetricType::Histogram | MetricType::GaugeHistogram => {
            append_histogram(out, family, row, &pieces.buckets);
        }
        MetricType::Summary => append_summary(out, family, row),
        MetricType::StateSet => {
            let states = family.schema().states.iter().zip(family.row(row));
            out.extend_from_slice(b",\"states\":");
            append_list(out, b"{}", states, |out, (state, value)| {
                append_string(out, state);
                out.push(b':');
                append_value(out, *value);
            });
        }
        _ => {
            let [value] = family.row(row) else {
                return;
            };
            append_field(out, b",\"value\":", *value);
            if let [placed, ..] = family.row_exemplars(row) {
                out.extend_from_slice(b",\"exemplar\":");
                append_exemplar(out, &placed.exemplar);
            }
        }
    }
    if let Some(created) = family.created(row) {
        append_field(out, b",\"created\":", created);
    }
    if let Some(timestamp) = family.timestamp(row) {
        append_field(out, b",\"timestamp\":", timestamp);
    }
    out.push(b'}');
}

fn append_histogram(out: &mut Vec<u8>, family: &FamilySnapshot, row: usize, bounds: &[Piece]) {
    let Some((sum, counts)) = family.row(row).split_last() else {
        return;
    };
    append_field(out, b",\"count\":", counts.iter().sum());
    append_field(out, b",\"sum\":", *sum);
    out.extend_from_slice(b",\"buckets\":");
    let mut total = 0.0;
    let exemplars = family.row_exemplars(row);
    let native = family.native(row).is_some() && counts.len() == 1;
    let mut of_buckets = if native { [].iter() } else { exemplars.iter() }.peekable();
    append_list(out, b"[]", bounds.iter().zip(counts).enumerate(), |out, (place, (bound, own))| {
        total += own;
        bound.append(out);
        append_value(out, total);
        if let Some(placed) = of_buckets.next_if(|placed| placed.place == place) {
            out.extend_from_slice(b",\"exemplar\":");
            append_exemplar(out, &placed.exemplar);
        }
        out.push(b'}');
    });
    if let Some(buckets) = family.native(row) {
        append_native(out, buckets);
    }
    if native && !exemplars.is_empty() {
        out.extend_from_slice(b",\"exemplars\":");
        append_list(out, b"[]", exemplars.iter(), |out, placed| {
            append_exemplar(out, &placed.exemplar);
        });
    }
}

fn append_native(out: &mut Vec<u8>, native: &NativeHistogram) {
    append_field(out, b",\"native\":{\"schema\":", native.schema.into());
    append_field(out, b",\"zero_threshold\":", native.zero_threshold);
    append_field(out, b",\"zero_count\":", native.zero_count);
    for (key, buckets) in
        [(&b",\"positive\":"[..], &native.positive), (b",\"negative\":", &native.negative)]
    {
        out.extend_from_slice(key);
        append_list(out, b"[]", buckets.iter(), |out, (index, count)| {
            append_field(out, b"[", (*index).into());
            append_field(out, b",", *count);
            out.push(b']');
        });
    }
    out.push(b'}');
}

fn append_summary(out: &mut Vec<u8>, family: &FamilySnapshot, row: usize) {
    let [values @ .., sum, count] = family.row(row) else {
        return;
    };
    append_field(out, b",\"count\":", *count);
    append_field(out, b",\"sum\":", *sum);
    out.extend_from_slice(b",\"quantiles\":");
    let quantiles = family.schema().quantiles.iter().zip(values);
    append_list(out, b"[]", quantiles, |out, (quantile, value)| {
        append_field(out, b"{\"quantile\":", *quantile);
        append_field(out, b",\"value\":", *value);
        out.push(b'}');
    });
}

fn append_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.extend_from_slice(b"{\"labels\":{");
    append_pairs(out, exemplar.label_text());
    append_field(out, b"},\"value\":", exemplar.value());
    if let Some(timestamp) = exemplar.timestamp() {
        append_field(out, b",\"timestamp\":", timestamp);
    }
    out.push(b'}');
}

/// Pairs with commas between them. `text` is of the form of [`metrion_model::LabelSets::text`].
fn append_pairs(out: &mut Vec<u8>, text: &str) {
    for (place, (name, value)) in LabelPairs::new(text).enumerate() {
        if place > 0 {
            out.push(b',');
        }
        append_string(out, &name);
        out.push(b':');
        append_string(out, &value);
    }
}

/// Items between two brackets, with commas.
fn append_list<T>(
    out: &mut Vec<u8>,
    [open, close]: &[u8; 2],
    items: impl Iterator<Item = T>,
    mut append_item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(*open);
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        append_item(out, item);
    }
    out.push(*close);
}

fn append_field(out: &mut Vec<u8>, key: &[u8], value: f64) {
    out.extend_from_slice(key);
    append_value(out, value);
}

#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn append_value(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        append_number(out, value);
    } else {
        out.push(b'"');
        append_number(out, value);
        out.push(b'"');
    }
}

fn append_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= b' ' && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(bytes.get(plain..at).unwrap_or_default());
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        plain = at + 1;
    }
    out.extend_from_slice(bytes.get(plain..).unwrap_or_default());
    out.push(b'"');
}
