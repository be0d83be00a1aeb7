//! JSON, read back by `serde_json`.

use crate::everything::everything;
use metrion_exposition::encode_json;
use metrion_model::{FamilySnapshot, MetricType, Schema, Snapshot, Value};
use proptest::prelude::*;
use serde_json::json;

fn encode(snapshot: &Snapshot) -> serde_json::Value {
    let mut out = Vec::new();
    encode_json(snapshot, &mut out);
    serde_json::from_slice(&out).unwrap()
}

/// Of the form that the documentation of `encode_json` shows.
#[test]
fn all_types() {
    let read = encode(&everything());
    let families = read["families"].as_array().unwrap();
    let series = |place: usize| families[place]["series"].clone();
    assert_eq!(families.len(), 9);
    let head = |name: &str, kind: &str, unit: &str| {
        let help = format!("About \"{name}\"\\\n.");
        json!({"name": name, "type": kind, "unit": unit, "help": help})
    };
    let heads: Vec<_> = families
        .iter()
        .map(|family| {
            let mut head = family.clone();
            head.as_object_mut().unwrap().remove("series");
            head
        })
        .collect();
    assert_eq!(
        heads,
        [
            head("jobs", "counter", ""),
            head("depth", "gauge", ""),
            head("odd", "unknown", ""),
            head("wait_seconds", "histogram", "seconds"),
            head("size", "histogram", ""),
            head("sizes", "gaugehistogram", ""),
            head("took", "summary", ""),
            head("build", "info", ""),
            head("mode", "stateset", ""),
        ]
    );
    assert_eq!(
        series(0),
        json!([
            {"labels": {"zone": "a", "queue": "a\\b\"\n"}, "value": 3, "created": 1_700_000_000.25,
             "exemplar": {"labels": {"trace_id": "ab12"}, "value": 1, "timestamp": 1_700_000_001.5}},
            {"labels": {"zone": "a", "queue": "é"}, "value": 1_234_567,
             "exemplar": {"labels": {"trace_id": "cd34"}, "value": 0.5}},
        ])
    );
    assert_eq!(series(1), json!([{"labels": {}, "value": "-Inf", "timestamp": 1_700_000_003.5}]));
    assert_eq!(series(2), json!([{"labels": {"x": ""}, "value": "NaN"}]));
    assert_eq!(
        series(3),
        json!([{"labels": {"queue": "a"}, "count": 6, "sum": 17.5, "created": 1_700_000_000,
        "buckets": [
            {"le": 0.5, "count": 1},
            {"le": 2, "count": 3, "exemplar":
                {"labels": {"trace_id": "ef56"}, "value": 1.75, "timestamp": 1_700_000_002}},
            {"le": "+Inf", "count": 6, "exemplar": {"labels": {"trace_id": "gh78"}, "value": 9}},
        ]}])
    );
    assert_eq!(
        series(4),
        json!([{"labels": {}, "count": 4, "sum": 30,
            "buckets": [{"le": 1, "count": 2}, {"le": 4, "count": 3}, {"le": "+Inf", "count": 4}],
            "native": {"schema": 0, "zero_threshold": 1e-9, "zero_count": 1,
                "positive": [[0, 1], [1, 2], [5, 1]], "negative": [[-1, 2]]}}])
    );
    assert_eq!(series(5)[0]["buckets"][1], json!({"le": "+Inf", "count": 5}));
    assert_eq!(
        series(6)[0]["quantiles"],
        json!([{"quantile": 0.5, "value": 0.125}, {"quantile": 1, "value": "NaN"}])
    );
    assert_eq!(series(7), json!([{"labels": {"version": "1.2"}, "value": 1}]));
    assert_eq!(series(8), json!([{"labels": {"x": "1"}, "states": {"on": 1, "o\"ff": 0}}]));
}

#[test]
fn nothing() {
    assert_eq!(encode(&Snapshot::default()), json!({"families": []}));
}

proptest! {
    #[test]
    fn any_text_and_number(help: String, value: String, number: f64) {
        let schema = Schema { help: help.clone(), label_names: vec!["a".into()], ..Schema::new("m", MetricType::Gauge) };
        let mut family = FamilySnapshot::new(schema);
        family.push(&[&value], Value::Number(number)).unwrap();
        let read = encode(&Snapshot { families: vec![family] });
        let family = &read["families"][0];
        prop_assert_eq!(&family["help"], &json!(help));
        prop_assert_eq!(&family["series"][0]["labels"]["a"], &json!(value));
        if number.is_finite() {
            prop_assert_eq!(family["series"][0]["value"].as_f64(), Some(number));
        }
    }
}
