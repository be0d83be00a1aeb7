//! A snapshot as lines: `path value time`.

use metrion_exposition::sample_family::{Sample, flatten};
use metrion_model::Snapshot;

use super::GraphiteOptions;

/// The lines of a snapshot, named as Python's `prometheus_client` does. Native histograms have no
/// number and are not in them.
pub(super) fn lines(snapshot: &Snapshot, options: &GraphiteOptions) -> String {
    // Whole seconds are what Graphite keeps.
    let now = options.clock.unix_seconds() as i64;
    let mut out = String::new();
    for family in &snapshot.families {
        for sample in &flatten(family, options.created_samples).samples {
            if sample.native.is_none() {
                push_path(&mut out, sample, options);
                // As Python writes a number, up to the form of an exponent.
                out.push_str(&format!(" {:?} {now}\n", sample.value));
            }
        }
    }
    out
}

fn push_path(out: &mut String, sample: &Sample, options: &GraphiteOptions) {
    let (before, between) = if options.tags { (';', '=') } else { ('.', '.') };
    if !options.prefix.is_empty() {
        out.push_str(&options.prefix);
        out.push('.');
    }
    push_clean(out, &sample.name);
    let mut labels: Vec<_> = sample.labels.iter().collect();
    labels.sort();
    for (name, value) in labels {
        out.push(before);
        push_clean(out, name);
        out.push(between);
        push_clean(out, value);
    }
}

/// Dots are replaced, too: they tell the parts of a path apart.
fn push_clean(out: &mut String, text: &str) {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    out.extend(text.chars().map(|c| if is_kept(c) { c } else { '_' }));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metrion_model::{FamilySnapshot, ManualClock, MetricType, Schema, Value};

    use super::*;

    #[test]
    fn labels_as_parts_and_as_tags() {
        let label_names = vec!["b".to_owned(), "a".to_owned()];
        let schema = Schema { label_names, ..Schema::new("m.n", MetricType::Gauge) };
        let mut family = FamilySnapshot::new(schema);
        family.push(&["x.:é", ""], Value::Number(1e6)).unwrap();
        family.push(&["-", "_"], Value::Number(f64::INFINITY)).unwrap();
        let snapshot = Snapshot { families: vec![family] };
        let mut options = GraphiteOptions {
            clock: Arc::new(ManualClock::new(1_434_898_897.5)),
            ..GraphiteOptions::new("", 0)
        };
        assert_eq!(
            lines(&snapshot, &options),
            "m_n.a..b.x___ 1000000.0 1434898897\nm_n.a._.b.- inf 1434898897\n"
        );
        options.tags = true;
        options.prefix = "pre.fix".to_owned();
        assert!(lines(&snapshot, &options).starts_with("pre.fix.m_n;a=;b=x___ 1000000.0 1"));
    }
}
