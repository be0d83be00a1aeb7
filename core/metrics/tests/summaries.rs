//! Summaries beside exact quantiles.

#![allow(clippy::unwrap_used, clippy::panic)]

mod test_clock;

use std::sync::Arc;

use metrion_metrics::{FamilyOptions, Registry, RegistryOptions, Summary, SummaryOptions};
use metrion_model::{ErrorCode, NameFilter};
use proptest::prelude::*;
use test_clock::{at, registry};

const QUANTILES: [f64; 9] = [0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0];

fn options() -> SummaryOptions {
    SummaryOptions {
        family: FamilyOptions::new("s", "help"),
        objectives: QUANTILES.iter().map(|quantile| (*quantile, 0.001)).collect(),
        ..SummaryOptions::default()
    }
}

fn summary(registry: &Registry, options: SummaryOptions) -> Summary {
    registry.summary_family(options).unwrap().labels(&[]).unwrap().clone()
}

/// Numbers from 0 to 1 that look random and are the same in every run (splitmix64).
fn uniform(count: usize) -> impl Iterator<Item = f64> {
    let mut state = 42_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    })
    .take(count)
}

/// Standard normal numbers (Box and Muller, 1958).
fn normal(count: usize) -> impl Iterator<Item = f64> {
    let numbers: Vec<f64> = uniform(count * 2).collect();
    (0..count).map(move |i| {
        let (radius, angle) = (numbers[2 * i].max(1e-300), numbers[2 * i + 1]);
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    })
}

/// Distributions on which quantile sketches are known to fail.
fn hard_distributions() -> Vec<(&'static str, Vec<f64>)> {
    let count = 20_000;
    let ascending: Vec<f64> = (1..=count).map(|i| i as f64).collect();
    let zoom: Vec<f64> =
        (0..count).map(|i| if i % 2 == 0 { i as f64 } else { 1e6 - i as f64 }).collect();
    vec![
        ("uniform", uniform(count).collect()),
        ("descending", ascending.iter().rev().copied().collect()),
        ("ascending", ascending),
        ("zooming in", zoom),
        ("constant", vec![0.1; count]),
        ("normal around zero", normal(count).collect()),
        ("normal, mostly below zero", normal(count).map(|x| x * 10.0 - 20.0).collect()),
        ("lognormal, wide", normal(count).map(|x| (x * 4.0).exp()).collect()),
        ("Pareto without a mean", uniform(count).map(|u| (1.0 - u).powf(-2.0)).collect()),
        ("Weibull with a heavy tail", uniform(count).map(|u| (-(1.0 - u).ln()).powi(4)).collect()),
        (
            "two heaps far apart",
            uniform(count).map(|u| if u < 0.95 { 0.001 + u } else { 1e5 + u }).collect(),
        ),
        (
            "many zeros and a few large ones",
            uniform(count).map(|u| if u < 0.98 { 0.0 } else { u * 1e9 }).collect(),
        ),
        ("latencies with time-outs", {
            let times = uniform(count).map(|u| if u > 0.999 { 30.0 } else { u * u * 0.2 });
            times.collect()
        }),
        ("tiny", uniform(count).map(|u| (u + 0.5) * 1e-300).collect()),
        ("huge", uniform(count).map(|u| (u + 0.5) * 1e300).collect()),
    ]
}

/// The observation with the rank `ceil(quantile * n)`.
fn exact(sorted: &[f64], quantile: f64) -> f64 {
    let rank = (quantile * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1]
}

#[test]
fn hard_distributions_are_within_one_per_cent() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let mut worst = 0.0_f64;
    for (i, (name, values)) in hard_distributions().into_iter().enumerate() {
        let family = FamilyOptions::new(&format!("s{i}"), "help");
        let summary = summary(&registry, SummaryOptions { family, ..options() });
        values.iter().for_each(|value| summary.observe(*value));
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        let found = summary.get();
        assert_eq!(found.count, sorted.len() as f64);
        for (quantile, found) in QUANTILES.iter().zip(&found.quantiles) {
            let exact = exact(&sorted, *quantile);
            let error = if exact == *found { 0.0 } else { ((found - exact) / exact).abs() };
            assert!(error <= 0.01, "{name}: {quantile} is {exact}, not {found}");
            worst = worst.max(error);
        }
    }
    // Half a bucket of 2^(1/64).
    assert!(worst <= 0.0055, "{worst}");
}

proptest! {
    #[test]
    fn any_numbers(values in prop::collection::vec(-1e12..1e12_f64, 1..300)) {
        let registry = Registry::new(RegistryOptions::default()).unwrap();
        let summary = summary(&registry, options());
        values.iter().for_each(|value| summary.observe(*value));
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        for (quantile, found) in QUANTILES.iter().zip(summary.get().quantiles) {
            let exact = exact(&sorted, *quantile);
            prop_assert!((found - exact).abs() <= exact.abs() * 0.0055, "{quantile}: {exact} {found}");
        }
    }
}

#[test]
fn old_observations_no_longer_count_for_quantiles() {
    let clock = at(0.0);
    let registry = registry(&clock);
    let objectives = vec![(0.5, 0.01)];
    let options = SummaryOptions { max_age_seconds: 50.0, age_buckets: 5, objectives, ..options() };
    let summary = summary(&registry, options);
    assert!(summary.get().quantiles[0].is_nan());
    let close = |found: f64, to: f64| assert!((found - to).abs() < 0.01 * to, "{found} {to}");
    for i in 0..10 {
        clock.set(f64::from(i) * 10.0);
        // The first one of each slice of time has the window of the last five.
        summary.observe(2_f64.powi(i));
        let oldest = (i - 4).max(0);
        close(summary.get().quantiles[0], 2_f64.powi(oldest + (i - oldest) / 2));
    }
    clock.advance(49.0);
    close(summary.get().quantiles[0], 512.0);
    clock.advance(50.0);
    assert!(summary.get().quantiles[0].is_nan());
    assert_eq!((summary.get().count, summary.get().sum), (10.0, 1023.0));

    // A long while later the slices are used again, and nothing old is in them.
    clock.set(1e6);
    summary.observe(3.0);
    close(summary.get().quantiles[0], 3.0);
}

#[test]
fn a_clock_that_goes_back_loses_nothing() {
    let clock = at(1000.0);
    let registry = registry(&clock);
    let summary = summary(&registry, SummaryOptions { objectives: vec![(1.0, 0.0)], ..options() });
    summary.observe(5.0);
    clock.set(10.0);
    summary.observe(7.0);
    let value = summary.get();
    assert_eq!((value.count, value.sum), (2.0, 12.0));
    assert!((value.quantiles[0] - 7.0).abs() < 0.07);
}

#[test]
fn threads_lose_nothing_while_slices_change() {
    let clock = at(0.0);
    let registry = registry(&clock);
    let summary = summary(&registry, SummaryOptions { max_age_seconds: 5.0, ..options() });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..2000).for_each(|i| summary.observe(f64::from(i))));
        }
        (0..200).for_each(|_| {
            clock.advance(0.5);
            assert!(summary.get().count <= 8000.0);
        });
    });
    assert_eq!((summary.get().count, summary.get().sum), (8000.0, 4.0 * 1999.0 * 1000.0));
}

#[test]
fn special_values() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let summary = summary(&registry, options());
    for value in [f64::NEG_INFINITY, 0.0, f64::INFINITY, f64::NAN] {
        summary.observe(value);
    }
    let value = summary.get();
    assert_eq!(value.quantiles.first(), Some(&f64::NEG_INFINITY));
    assert_eq!(value.quantiles.get(3), Some(&0.0));
    assert_eq!(value.quantiles.last(), Some(&f64::INFINITY));
    assert_eq!(value.count, 3.0);
    assert_eq!(registry.segment().invalid(), 1);
}

#[test]
fn reset() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let summary = summary(&registry, options());
    (0..100).for_each(|_| summary.observe(0.1));
    registry.summary_family(options()).unwrap().reset();
    assert!(summary.get().quantiles[0].is_nan());
    summary.observe(2.0);
    let value = summary.get();
    assert_eq!((value.count, value.sum), (1.0, 2.0));
    assert!((value.quantiles[0] - 2.0).abs() < 0.02);
}

#[test]
fn rows_options_and_the_directory() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let objectives = vec![(0.5, 0.05), (1.0, 0.0)];
    let two = SummaryOptions { objectives: objectives.clone(), ..options() };
    let summary = summary(&registry, two.clone());
    (0..100).for_each(|_| summary.observe(4.0));
    let rows = |registry: &Registry| {
        let snapshot = registry.snapshot(&NameFilter::all());
        snapshot.families.iter().map(|family| family.row(0).to_vec()).collect::<Vec<_>>()
    };
    let before = rows(&registry);
    let [row] = before.as_slice() else { panic!("{before:?}") };
    assert_eq!(&row[2..], [400.0, 100.0]);
    assert!((row[0] - 4.0).abs() < 0.04);

    for wrong in [
        SummaryOptions { objectives: vec![(1.5, 0.0)], ..options() },
        SummaryOptions { objectives: vec![(0.5, -1.0)], ..options() },
        SummaryOptions { objectives: vec![(0.9, 0.1), (0.5, 0.1)], ..options() },
        SummaryOptions { max_age_seconds: 0.0, ..options() },
        SummaryOptions { max_age_seconds: f64::INFINITY, ..options() },
        SummaryOptions { age_buckets: 0, ..options() },
        SummaryOptions { age_buckets: 61, ..options() },
    ] {
        let wrong = SummaryOptions { family: FamilyOptions::new("other", ""), ..wrong };
        let error = registry.summary_family(wrong).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidObjectives, "{error}");
    }
    let other = SummaryOptions { max_age_seconds: 1.0, ..two };
    assert_eq!(registry.summary_family(other).unwrap_err().code(), ErrorCode::MetricExists);

    let rebuilt =
        Registry::from_segment(Arc::clone(registry.segment()), RegistryOptions::default());
    assert_eq!(rows(&rebuilt)[0][2..], [400.0, 100.0]);
}
