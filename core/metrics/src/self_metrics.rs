//! What a registry tells of itself.

use std::sync::atomic::{AtomicU64, Ordering};

use metrion_model::{FamilySnapshot, MetricType, Schema, Value};

/// Counts the collections.
#[derive(Debug, Default)]
pub(crate) struct SelfMetrics {
    scrapes: AtomicU64,
    /// Of the last collection, as f64 bits.
    seconds: AtomicU64,
}

/// The other numbers, as they are at a collection.
#[derive(Debug)]
pub(crate) struct Totals {
    pub(crate) series: usize,
    pub(crate) bytes: usize,
    pub(crate) overflowed: u64,
    pub(crate) invalid: u64,
    pub(crate) collect_failures: u64,
}

impl SelfMetrics {
    pub(crate) fn count_scrape(&self, seconds: f64) {
        self.scrapes.fetch_add(1, Ordering::Relaxed);
        self.seconds.store(seconds.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn families(&self, totals: &Totals) -> Vec<FamilySnapshot> {
        let seconds = f64::from_bits(self.seconds.load(Ordering::Relaxed));
        let gauge = |name, help, value| single(MetricType::Gauge, name, help, value);
        let mut dropped = FamilySnapshot::new(schema(
            MetricType::Counter,
            "metrion_registry_dropped",
            "Updates and collections that were dropped, by reason.",
            &["reason"],
        ));
        for (reason, count) in [
            ("series_limit", totals.overflowed),
            ("invalid_value", totals.invalid),
            ("collect_failure", totals.collect_failures),
        ] {
            // The schema above takes exactly this.
            let _fits = dropped.push(&[reason], Value::Number(count as f64));
        }
        vec![
            gauge("metrion_registry_series", "Series in the registry.", totals.series as f64),
            gauge("metrion_registry_bytes", "Memory of cells and labels.", totals.bytes as f64),
            single(
                MetricType::Counter,
                "metrion_registry_scrapes",
                "Collections of the registry.",
                self.scrapes.load(Ordering::Relaxed) as f64,
            ),
            gauge("metrion_registry_scrape_seconds", "Time that this collection took.", seconds),
            dropped,
        ]
    }
}

fn single(metric_type: MetricType, name: &str, help: &str, value: f64) -> FamilySnapshot {
    let mut family = FamilySnapshot::new(schema(metric_type, name, help, &[]));
    // A family without labels takes one number.
    let _fits = family.push(&[], Value::Number(value));
    family
}

fn schema(metric_type: MetricType, name: &str, help: &str, label_names: &[&str]) -> Schema {
    Schema {
        help: help.to_owned(),
        label_names: label_names.iter().map(|name| (*name).to_owned()).collect(),
        ..Schema::new(name, metric_type)
    }
}
