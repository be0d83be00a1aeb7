//! Native histograms: the rules of Prometheus' Go client, and a naive model.

#![allow(clippy::unwrap_used, clippy::panic)]

mod test_clock;

use std::collections::BTreeMap;
use std::sync::Arc;

use metrion_metrics::{
    DEFAULT_ZERO_THRESHOLD, FamilyOptions, Histogram, HistogramOptions, NativeOptions, Registry,
    RegistryOptions,
};
use metrion_model::{NameFilter, NativeHistogram};
use proptest::prelude::*;
use test_clock::{at, registry};

fn histogram(registry: &Registry, native: NativeOptions) -> Histogram {
    let options = HistogramOptions::native(FamilyOptions::new("h", "help"), native);
    registry.histogram_family(options).unwrap().labels(&[]).unwrap().clone()
}

fn native(histogram: &Histogram) -> NativeHistogram {
    histogram.get().native.unwrap()
}

/// What a case of the Go client's `TestNativeHistogram` begins with and comes to. Each observation is
/// a minute after the one before.
struct Case {
    observations: &'static [f64],
    options: NativeOptions,
    sum: f64,
    schema: i8,
    zero: (f64, f64),
    buckets: &'static [(i32, f64)],
}

/// Factor 1.2, as those cases have it.
const SCHEMA: i8 = 2;
const DEFAULT_ZERO: f64 = DEFAULT_ZERO_THRESHOLD;

fn limited(max_buckets: usize) -> NativeOptions {
    NativeOptions { max_buckets, schema: SCHEMA, ..NativeOptions::default() }
}

fn cases() -> Vec<Case> {
    let widening = NativeOptions { max_zero_threshold: 1.2, ..limited(4) };
    let case = |observations, options, sum, schema, zero, buckets| Case {
        observations,
        options,
        sum,
        schema,
        zero,
        buckets,
    };
    vec![
        case(
            &[0.0, 1.0, 1.2, 1.4, 1.8, 2.0],
            limited(4),
            7.4,
            2,
            (DEFAULT_ZERO, 1.0),
            &[(0, 1.0), (2, 2.0), (4, 2.0)],
        ),
        // Halving the resolution.
        case(
            &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0],
            limited(4),
            11.5,
            1,
            (DEFAULT_ZERO, 1.0),
            &[(0, 1.0), (1, 3.0), (2, 2.0), (4, 1.0)],
        ),
        // Widening the zero bucket once and twice.
        case(
            &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0],
            widening,
            11.5,
            2,
            (1.0, 2.0),
            &[(1, 1.0), (2, 2.0), (4, 2.0), (7, 1.0)],
        ),
        case(
            &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0, 4.0],
            widening,
            15.5,
            2,
            (1.189_207_115_002_721, 3.0),
            &[(2, 2.0), (4, 2.0), (7, 1.0), (8, 1.0)],
        ),
        // Resetting comes first where it may.
        case(
            &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0, 4.0],
            NativeOptions { min_reset_seconds: 300.0, ..widening },
            7.0,
            2,
            (DEFAULT_ZERO, 0.0),
            &[(7, 1.0), (8, 1.0)],
        ),
        // Halving or widening, and then a reset.
        case(
            &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 5.0, 5.1, 3.0, 4.0],
            NativeOptions { min_reset_seconds: 540.0, ..limited(4) },
            7.0,
            2,
            (DEFAULT_ZERO, 0.0),
            &[(7, 1.0), (8, 1.0)],
        ),
        case(
            &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 5.0, 5.1, 3.0, 4.0],
            NativeOptions { min_reset_seconds: 540.0, ..widening },
            7.0,
            2,
            (DEFAULT_ZERO, 0.0),
            &[(7, 1.0), (8, 1.0)],
        ),
    ]
}

#[test]
fn limits_are_kept_as_in_the_go_client() {
    for case in cases() {
        for sign in [1.0, -1.0] {
            let clock = at(1e9);
            let registry = registry(&clock);
            let histogram = histogram(&registry, case.options);
            for value in case.observations {
                histogram.observe(sign * value);
                clock.advance(60.0);
            }
            let value = histogram.get();
            let native = value.native.unwrap();
            let (own, other) = if sign > 0.0 {
                (native.positive, native.negative)
            } else {
                (native.negative, native.positive)
            };
            assert!((value.sum - sign * case.sum).abs() < 1e-9, "{:?}", case.observations);
            assert_eq!(native.schema, case.schema, "{:?}", case.observations);
            assert_eq!((native.zero_threshold, native.zero_count), case.zero);
            assert_eq!(own, case.buckets, "{:?}", case.observations);
            assert_eq!(other, []);
        }
    }
}

#[test]
fn both_sides_and_a_wide_zero_bucket() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let options = NativeOptions { zero_threshold: 1.4, ..limited(160) };
    let histogram = histogram(&registry, options);
    for value in [0.0, -1.0, -1.2, -1.4, -1.8, -2.0, 1.0, 1.2, 1.4, 1.8, 2.0] {
        histogram.observe(value);
    }
    let native = native(&histogram);
    assert_eq!((native.zero_threshold, native.zero_count), (1.4, 7.0));
    assert_eq!((native.positive, native.negative), (vec![(4, 2.0)], vec![(4, 2.0)]));
}

#[test]
fn infinities_and_nan() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let histogram = histogram(&registry, limited(160));
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::NAN, 5e-324] {
        histogram.observe(value);
    }
    let native = native(&histogram);
    assert_eq!(native.positive, [(4096, 1.0), (4097, 1.0)]);
    assert_eq!(native.negative, [(4097, 1.0)]);
    assert_eq!((native.zero_count, native.count()), (1.0, 4.0));
    assert_eq!(registry.segment().invalid(), 1);
}

#[test]
fn classic_and_native_buckets_at_once() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let options = HistogramOptions {
        family: FamilyOptions::labelled("h", "help", &["a"]),
        buckets: vec![1.0, 2.0],
        native: Some(NativeOptions { schema: 0, ..NativeOptions::default() }),
    };
    let family = registry.histogram_family(options).unwrap();
    for value in [0.5, 1.5, 1.5, 9.0] {
        family.labels(&["x"]).unwrap().observe(value);
    }
    let snapshot = registry.snapshot(&NameFilter::all());
    let [histogram] = snapshot.families.as_slice() else { panic!("{snapshot:?}") };
    assert_eq!(histogram.row(0), [1.0, 2.0, 1.0, 12.5]);
    let native = histogram.native(0).unwrap();
    assert_eq!(native.positive, [(-1, 1.0), (1, 2.0), (4, 1.0)]);

    family.reset();
    let value = family.labels(&["x"]).unwrap().get();
    assert_eq!((value.counts, value.sum), (vec![0.0; 3], 0.0));
    assert_eq!(value.native.unwrap().count(), 0.0);
    family.labels(&["x"]).unwrap().observe(1.5);
    assert_eq!(family.labels(&["x"]).unwrap().get().native.unwrap().positive, [(1, 1.0)]);
}

#[test]
fn a_reset_that_is_due_happens_by_the_next_collection() {
    let clock = at(1e9);
    let registry = registry(&clock);
    let options = NativeOptions { min_reset_seconds: 3600.0, ..limited(2) };
    let histogram = histogram(&registry, options);
    for value in [1.0, 2.0, 4.0, 8.0] {
        histogram.observe(value);
    }
    assert!(native(&histogram).schema < SCHEMA);
    clock.advance(3600.0);
    let snapshot = registry.snapshot(&NameFilter::all());
    let [family] = snapshot.families.as_slice() else { panic!("{snapshot:?}") };
    assert_eq!(family.row(0), [0.0, 0.0]);
    assert_eq!(family.native(0).unwrap().schema, SCHEMA);
    assert_eq!(family.created(0), Some(1e9 + 3600.0));
}

#[test]
fn a_clock_that_goes_back_resets_nothing() {
    let clock = at(1e9);
    let registry = registry(&clock);
    let options = NativeOptions { min_reset_seconds: 60.0, ..limited(2) };
    let histogram = histogram(&registry, options);
    histogram.observe(1.0);
    clock.set(10.0);
    for value in [2.0, 4.0, 8.0] {
        histogram.observe(value);
    }
    assert_eq!(native(&histogram).count(), 4.0);
}

#[test]
fn threads_that_change_the_resolution_lose_nothing() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let histogram = histogram(&registry, NativeOptions { max_buckets: 20, ..limited(20) });
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let histogram = &histogram;
            scope.spawn(move || {
                for i in 1..=5000_u32 {
                    histogram.observe(f64::from(i * 4 + thread).powi(3) * 1e-6);
                    if i % 500 == 0 {
                        let value = histogram.get().native.unwrap();
                        assert!(value.positive.len() <= 20);
                    }
                }
            });
        }
    });
    let native = native(&histogram);
    assert_eq!(native.count(), 20_000.0);
    assert!(native.positive.len() <= 20, "{native:?}");
}

#[test]
fn a_series_without_room_counts_neither_here_nor_there() {
    // A segment with room for few entries: buckets come in tables of growing size.
    let geometry = metrion_metrics::Geometry { entries: 4, ..Default::default() };
    let registry =
        Registry::new(RegistryOptions { geometry, ..RegistryOptions::default() }).unwrap();
    let options = NativeOptions { max_buckets: 4096, ..limited(4096) };
    let histogram = histogram(&registry, options);
    for exponent in 0..900 {
        histogram.observe(2_f64.powi(exponent));
    }
    let value = histogram.get();
    let native = value.native.unwrap();
    assert!(native.count() > 0.0 && native.count() < 900.0, "{}", native.count());
    assert_eq!(registry.segment().overflowed() as f64, 900.0 - native.count());
    assert_eq!(value.counts, [native.count()]);
}

/// The bucket of a number by the definition.
fn naive_index(value: f64, schema: i8) -> i32 {
    let scale = 2_f64.powi(schema.into());
    let guess = (value.log2() * scale).ceil() as i32;
    let holds = |index: i32| value <= NativeHistogram::upper_bound(schema, index);
    (guess - 1..=guess + 1).find(|index| holds(*index)).unwrap()
}

proptest! {
    #[test]
    fn counts_are_where_the_definition_puts_them(
        values in prop::collection::vec(
            prop_oneof![-1e3..1e3_f64, -1e-3..1e-3_f64, Just(0.0), 1e-30..1e30_f64],
            1..200,
        ),
        schema in -4_i8..=8,
        max_buckets in 1..40_usize,
        max_zero_threshold in prop_oneof![Just(0.0), 0.0..1.0],
    ) {
        let registry = Registry::new(RegistryOptions::default()).unwrap();
        let options = NativeOptions { schema, max_buckets, max_zero_threshold, ..NativeOptions::default() };
        let histogram = histogram(&registry, options);
        for value in &values {
            histogram.observe(*value);
        }
        let found = native(&histogram);
        let (mut zero, mut positive, mut negative) = (0.0, BTreeMap::new(), BTreeMap::new());
        for value in &values {
            if value.abs() <= found.zero_threshold {
                zero += 1.0;
            } else {
                let side = if *value > 0.0 { &mut positive } else { &mut negative };
                *side.entry(naive_index(value.abs(), found.schema)).or_insert(0.0) += 1.0;
            }
        }
        prop_assert_eq!(found.zero_count, zero);
        prop_assert_eq!(&found.positive, &positive.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(&found.negative, &negative.into_iter().collect::<Vec<_>>());
        let buckets = found.positive.len() + found.negative.len();
        prop_assert!(found.schema == -4 || buckets <= max_buckets);
        prop_assert!(found.zero_threshold <= max_zero_threshold.max(DEFAULT_ZERO));
    }
}

#[test]
fn what_a_directory_has_is_taken_up() {
    let clock = at(1e9);
    let registry = registry(&clock);
    let histogram = histogram(&registry, limited(3));
    for value in [0.0, 1.0, 1.2, 1.5, 9.0, -3.0] {
        histogram.observe(value);
    }
    let before = histogram.get();
    let rebuilt =
        Registry::from_segment(Arc::clone(registry.segment()), RegistryOptions::default());
    let again = self::histogram(&rebuilt, limited(3));
    assert_eq!(again.get(), before);
    again.observe(9.0);
    assert_eq!(native(&again).count(), 7.0);
    assert_eq!(native(&again).positive.len(), before.native.unwrap().positive.len());
}
