//! Names as `metrics-exporter-prometheus` makes them.

use metrics::Unit;

/// A metric name of which each character that it cannot have is `_`.
pub(super) fn sanitize_metric_name(name: &str) -> String {
    sanitize(name, |c| c == '_' || c == ':')
}

/// A label name of which each character that it cannot have is `_`.
pub(super) fn sanitize_label_name(name: &str) -> String {
    sanitize(name, |c| c == '_')
}

fn sanitize(name: &str, also: impl Fn(char) -> bool) -> String {
    let allowed = |(i, c): (usize, char)| match c {
        c if c.is_ascii_alphabetic() || also(c) || (i > 0 && c.is_ascii_digit()) => c,
        _ => '_',
    };
    name.chars().enumerate().map(allowed).collect()
}

/// What a name in this unit ends with; nothing for a plain count.
pub(super) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "",
        Unit::Percent => "ratio",
        other => other.as_str(),
    }
}

/// The name with its unit, before an ending that tells what of a distribution it is.
pub(super) fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() {
        return name.to_owned();
    }
    let ending =
        ["_sum", "_count", "_bucket", "_total"].into_iter().find(|end| name.ends_with(end));
    let ending = ending.unwrap_or_default();
    let base = name.strip_suffix(ending).unwrap_or(name);
    if base.ends_with(unit) { name.to_owned() } else { format!("{base}_{unit}{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    // tests/metrics_facade.rs compares all of this with the exporter itself.
    #[test]
    fn names() {
        assert_eq!(sanitize_metric_name("1a.b:c-é2"), "_a_b:c__2");
        assert_eq!(sanitize_label_name("1a.b:c"), "_a_b_c");
        assert_eq!(with_unit("latency", "seconds"), "latency_seconds");
        assert_eq!(with_unit("latency_seconds", "seconds"), "latency_seconds");
        assert_eq!(with_unit("latency_sum", "seconds"), "latency_seconds_sum");
        assert_eq!(with_unit("orders", unit_name(Unit::Count)), "orders");
        assert_eq!(unit_name(Unit::Percent), "ratio");
    }
}
