//! The protocol buffer format against prost's decoder.

use crate::everything::{counter, everything, histogram, native, utf8};
use metrion_exposition::{EncodeOptions, Escaping, Format, MAX_MESSAGE, Syntax, parse_protobuf};
use metrion_model::{
    ErrorCode, FamilySnapshot, MetricType, NativeHistogram, Schema, Snapshot, Value,
};
use metrion_proto::client::{Bucket, BucketSpan, Histogram, Metric, MetricFamily};
use metrion_proto::{Message, Timestamp};
use proptest::prelude::*;

fn encode(families: Vec<FamilySnapshot>) -> Vec<u8> {
    let mut out = Vec::new();
    let left_out = metrion_exposition::encode_protobuf(&Snapshot { families }, &mut out);
    assert_eq!(left_out, []);
    out
}

fn decode(bytes: &[u8]) -> Vec<MetricFamily> {
    parse_protobuf(bytes).map(Result::unwrap).collect()
}

fn one(family: FamilySnapshot) -> MetricFamily {
    decode(&encode(vec![family])).pop().unwrap()
}

fn labels(metric: &Metric) -> Vec<(&str, &str)> {
    metric.label.iter().map(|pair| (pair.name(), pair.value())).collect()
}

fn time(seconds: i64, nanos: i32) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos })
}

#[test]
fn all_types() {
    let families = decode(&encode(everything().families));
    let heads: Vec<(&str, &str, i32)> = families
        .iter()
        .map(|family| (family.name(), family.unit(), family.r#type.unwrap()))
        .collect();
    assert_eq!(
        heads,
        [
            ("jobs_total", "", 0),
            ("depth", "", 1),
            ("odd", "", 3),
            ("wait_seconds", "seconds", 4),
            ("size", "", 4),
            ("sizes", "", 5),
            ("took", "", 2),
            ("build_info", "", 1),
            ("mode", "", 1),
        ]
    );
    assert_eq!(families[0].help(), "About \"jobs\"\\\n.");
    let depth = &families[1].metric[0];
    assert_eq!(depth.gauge.unwrap().value(), f64::NEG_INFINITY);
    assert_eq!(depth.timestamp_ms(), 1_700_000_003_500);
    assert!(families[2].metric[0].untyped.unwrap().value().is_nan());
    assert_eq!(labels(&families[2].metric[0]), [("x", "")]);

    let sizes = families[5].metric[0].histogram.as_ref().unwrap();
    assert_eq!((sizes.sample_count(), sizes.sample_sum(), sizes.bucket.len()), (5, 9.5, 1));
    let took = families[6].metric[0].summary.as_ref().unwrap();
    assert_eq!((took.sample_count(), took.sample_sum()), (4, 9.0));
    assert_eq!((took.quantile[0].quantile(), took.quantile[0].value()), (0.5, 0.125));
    assert_eq!(took.quantile[1].quantile(), 1.0);
    assert!(took.quantile[1].value().is_nan());
    assert_eq!(took.created_timestamp, time(1_700_000_000, 0));

    assert_eq!(labels(&families[7].metric[0]), [("version", "1.2")]);
    let states = &families[8].metric;
    assert_eq!(labels(&states[0]), [("x", "1"), ("mode", "on")]);
    assert_eq!(labels(&states[1]), [("x", "1"), ("mode", "o\"ff")]);
    assert_eq!((states[0].gauge.unwrap().value(), states[1].gauge.unwrap().value()), (1.0, 0.0));
}

#[test]
fn counters_have_created_times_and_exemplars() {
    let family = one(counter());
    let [first, second] = &family.metric[..] else { panic!("{family:?}") };
    assert_eq!(labels(first), [("zone", "a"), ("queue", "a\\b\"\n")]);
    assert_eq!(labels(second), [("zone", "a"), ("queue", "é")]);
    let counter = first.counter.as_ref().unwrap();
    assert_eq!(counter.value(), 3.0);
    assert_eq!(counter.created_timestamp, time(1_700_000_000, 250_000_000));
    let exemplar = counter.exemplar.as_ref().unwrap();
    assert_eq!((exemplar.label[0].name(), exemplar.label[0].value()), ("trace_id", "ab12"));
    assert_eq!(exemplar.value(), 1.0);
    assert_eq!(exemplar.timestamp, time(1_700_000_001, 500_000_000));
    let counter = second.counter.as_ref().unwrap();
    assert_eq!((counter.value(), counter.created_timestamp), (1_234_567.0, None));
    assert_eq!(counter.exemplar.as_ref().unwrap().timestamp, None);
}

fn buckets(histogram: &Histogram) -> Vec<(u64, f64)> {
    let pair = |bucket: &Bucket| (bucket.cumulative_count(), bucket.upper_bound());
    histogram.bucket.iter().map(pair).collect()
}

#[test]
fn classic_histograms() {
    let family = one(histogram());
    let histogram = family.metric[0].histogram.as_ref().unwrap();
    assert_eq!((histogram.sample_count(), histogram.sample_sum()), (6, 17.5));
    assert_eq!(buckets(histogram), [(1, 0.5), (3, 2.0), (6, f64::INFINITY)]);
    assert_eq!(histogram.bucket[0].exemplar, None);
    let exemplar = histogram.bucket[1].exemplar.as_ref().unwrap();
    assert_eq!((exemplar.value(), exemplar.timestamp), (1.75, time(1_700_000_002, 0)));
    assert_eq!(histogram.bucket[2].exemplar.as_ref().unwrap().value(), 9.0);
    assert_eq!(histogram.created_timestamp, time(1_700_000_000, 0));
    assert_eq!((histogram.schema, histogram.zero_threshold), (None, None));
    assert!(histogram.positive_span.is_empty());
}

#[test]
fn native_and_classic_buckets_have_one_count() {
    let histogram = one(native()).metric[0].histogram.clone().unwrap();
    assert_eq!(histogram.sample_count(), 7);
    assert_eq!(buckets(&histogram), [(2, 1.0), (3, 4.0)]);
    assert_eq!((histogram.schema(), histogram.zero_threshold()), (0, 1e-9));
    assert_eq!(histogram.zero_count(), 1);
    let span = |offset, length| BucketSpan { offset: Some(offset), length: Some(length) };
    assert_eq!(histogram.positive_span, [span(0, 2), span(3, 1)]);
    assert_eq!(histogram.positive_delta, [1, 1, -1]);
    assert_eq!(histogram.negative_span, [span(-1, 1)]);
    assert_eq!(histogram.negative_delta, [2]);

    // Fewer native observations than classic ones.
    let mut fewer = native();
    fewer.set_native(0, NativeHistogram { positive: vec![(0, 2.0)], ..Default::default() });
    let histogram = one(fewer).metric[0].histogram.clone().unwrap();
    assert_eq!(histogram.sample_count(), 2);
    assert_eq!(buckets(&histogram), [(2, 1.0), (2, 4.0)]);
}

#[test]
fn native_histograms_alone() {
    let schema = Schema::new("size", MetricType::Histogram);
    let mut family = FamilySnapshot::new(schema);
    for total in [0.0, 2.5] {
        family.push(&[], Value::Histogram { counts: &[total], sum: 1.0 }).unwrap();
    }
    family.set_native(0, NativeHistogram { schema: 3, ..Default::default() });
    let buckets = vec![(-17, 0.5), (16, 2.0)];
    family.set_native(1, NativeHistogram { schema: -4, positive: buckets, ..Default::default() });
    let exemplar = |timestamp| metrion_model::Exemplar::new([("id", "x")], 1.0, timestamp).unwrap();
    family.set_exemplar(1, 0, exemplar(Some(-0.25)));
    family.set_exemplar(1, 1, exemplar(None));
    let family = one(family);
    let empty = family.metric[0].histogram.as_ref().unwrap();
    assert_eq!(empty.positive_span, [BucketSpan { offset: Some(0), length: Some(0) }]);
    assert_eq!((empty.schema(), empty.zero_count, empty.bucket.len()), (3, Some(0), 0));
    let floats = family.metric[1].histogram.as_ref().unwrap();
    assert_eq!((floats.sample_count, floats.sample_count_float()), (None, 2.5));
    assert_eq!((floats.zero_count, floats.zero_count_float), (None, Some(0.0)));
    assert_eq!(floats.positive_count, [0.5, 2.0]);
    assert!(floats.positive_delta.is_empty());
    assert_eq!(floats.positive_span[0].offset(), -17);
    // One that must have a time, for it is not in a bucket.
    let [exemplar] = &floats.exemplars[..] else { panic!("{floats:?}") };
    assert_eq!(exemplar.timestamp, time(-1, 750_000_000));
}

#[test]
fn names_are_escaped() {
    let name = |escaping| {
        let format = Format { syntax: Syntax::Protobuf, escaping };
        let mut out = Vec::new();
        format.encode(&utf8(), EncodeOptions::default(), &mut out);
        let family = &decode(&out)[0];
        (family.name().to_owned(), family.metric[0].label[0].name().to_owned())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(name(None), pair("my__jobs__s_total", "a_b"));
    assert_eq!(name(Some(Escaping::AllowUtf8)), pair("my.\"jobs\"_s_total", "a.b"));
}

fn fault(bytes: &[u8]) -> String {
    let mut families = parse_protobuf(bytes);
    let error = families.find_map(Result::err).unwrap();
    assert_eq!(error.code(), ErrorCode::ParseError);
    assert!(families.next().is_none());
    error.message().to_owned()
}

#[test]
fn malformed_streams() {
    assert_eq!(decode(&[]), []);
    let family = encode(vec![histogram()]);
    let twice = [family.as_slice(), &family[..family.len() - 1]].concat();
    assert!(fault(&twice).starts_with(&format!("metric family at byte {}: cut off", family.len())));
    assert_eq!(fault(&[0x80]), "metric family at byte 0: cut off within its length");
    assert!(fault(&[0xff; 11]).contains("not a number of 64 bits"));
    let mut large = Vec::new();
    prost_varint(&mut large, MAX_MESSAGE as u64 + 1);
    assert!(fault(&large).contains("more than"), "{}", fault(&large));
    assert!(fault(&[1, 0x0a]).contains("varint"), "{}", fault(&[1, 0x0a]));
    assert!(fault(&[3, 0x0a, 1, 0xff]).contains("UTF-8"), "{}", fault(&[3, 0x0a, 1, 0xff]));
    // Groups inside each other, of a field that nobody knows.
    let deep = [vec![0xa0, 0x1f], [0xa3, 0x06].repeat(2000)].concat();
    assert!(fault(&deep).contains("group"), "{}", fault(&deep));
}

/// A message of nothing but empty parts, of which each takes two bytes.
#[test]
fn messages_that_would_take_too_much_memory() {
    let message = |content: Vec<u8>| {
        let mut bytes = Vec::new();
        prost_varint(&mut bytes, content.len() as u64);
        [bytes, content].concat()
    };
    let metrics = message([0x22, 0].repeat(4_000_000));
    assert!(fault(&metrics).contains("of memory"), "{}", fault(&metrics));
    // Buckets in a histogram in a metric.
    let buckets = [0x1a, 0].repeat(12_000_000);
    let histogram = [vec![0x3a], message(buckets)].concat();
    let nested = message([vec![0x22], message(histogram)].concat());
    assert!(fault(&nested).contains("of memory"), "{}", fault(&nested));
    let few = decode(&message([0x22, 0].repeat(1000)));
    assert_eq!(few[0].metric.len(), 1000);
}

fn prost_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn label_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a\"\\\\\n é]{0,9}", "[a-z]{0,200}"]
}

proptest! {
    /// Whatever the labels and numbers, prost reads them, and its own encoder, which takes every length
    /// from the content, writes them as long as we do.
    #[test]
    fn series_come_back(
        rows in prop::collection::vec((label_text(), label_text(), any::<f64>()), 1..20),
        odd in prop::option::of(("[a-c]", label_text())),
        created in prop::option::of(-1e9..1e10_f64),
    ) {
        let mut family = FamilySnapshot::new(Schema {
            label_names: vec!["a".into(), "é.".into()],
            ..Schema::new("m.x", MetricType::Counter)
        });
        for (a, b, value) in &rows {
            family.push(&[a, b], Value::Number(*value)).unwrap();
        }
        if let Some((name, value)) = &odd {
            family.push_labels([(name.as_str(), value.as_str())].into_iter(), Value::Number(1.0)).unwrap();
        }
        if let Some(created) = created {
            family.set_created(0, created);
        }
        let mut bytes = Vec::new();
        let format = Format { syntax: Syntax::Protobuf, escaping: Some(Escaping::AllowUtf8) };
        format.encode(&Snapshot { families: vec![family] }, EncodeOptions::default(), &mut bytes);
        let read = decode(&bytes).pop().unwrap();
        prop_assert_eq!(read.metric.len(), rows.len() + usize::from(odd.is_some()));
        for (metric, (a, b, value)) in read.metric.iter().zip(&rows) {
            prop_assert_eq!(labels(metric), [("a", a.as_str()), ("é.", b.as_str())]);
            prop_assert_eq!(metric.counter.as_ref().unwrap().value().to_bits(), value.to_bits());
        }
        if let (Some((name, value)), Some(metric)) = (&odd, read.metric.get(rows.len())) {
            prop_assert_eq!(labels(metric), [(name.as_str(), value.as_str())]);
        }
        prop_assert_eq!(read.encode_length_delimited_to_vec(), bytes);
    }

    #[test]
    fn native_buckets_come_back(
        positive in prop::collection::btree_map(-50..50_i32, 0..1_000_000_u32, 0..40),
        negative in prop::collection::btree_map(-300_000..300_000_i32, 1..9_u32, 0..5),
        half: bool,
    ) {
        let scale = if half { 0.5 } else { 1.0 };
        let counts = |side: &std::collections::BTreeMap<i32, u32>| -> Vec<(i32, f64)> {
            side.iter().map(|(index, count)| (*index, f64::from(*count) * scale)).collect()
        };
        let native = NativeHistogram {
            positive: counts(&positive), negative: counts(&negative), ..Default::default()
        };
        let mut family = FamilySnapshot::new(Schema::new("m", MetricType::Histogram));
        family.push(&[], Value::Histogram { counts: &[0.0], sum: 1.0 }).unwrap();
        family.set_native(0, native.clone());
        let histogram = one(family).metric[0].histogram.clone().unwrap();
        let total = histogram.sample_count_float.unwrap_or(histogram.sample_count() as f64);
        prop_assert_eq!(total, native.count());
        let side = |spans: &[BucketSpan], deltas: &[i64], floats: &[f64]| {
            let mut index = 0_i64;
            let mut indices = Vec::new();
            for span in spans {
                index += i64::from(span.offset());
                for _ in 0..span.length() {
                    indices.push(index as i32);
                    index += 1;
                }
            }
            let mut sum = 0;
            let mut counts = floats.to_vec();
            counts.extend(deltas.iter().map(|delta| { sum += delta; sum as f64 }));
            assert_eq!(indices.len(), counts.len());
            indices.into_iter().zip(counts).collect::<Vec<_>>()
        };
        let read = side(&histogram.positive_span, &histogram.positive_delta, &histogram.positive_count);
        prop_assert_eq!(read, native.positive);
        let read = side(&histogram.negative_span, &histogram.negative_delta, &histogram.negative_count);
        prop_assert_eq!(read, native.negative);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
        for family in parse_protobuf(&bytes) {
            drop(family);
        }
        let mut real = encode(everything().families);
        let at = cut.index(real.len());
        real[at] ^= bytes.first().copied().unwrap_or(1);
        parse_protobuf(&real).for_each(drop);
    }
}
