//! What is wrong with metrics by the conventions of Prometheus, though they parse.

use metrion_model::MetricType;

use crate::parse::{ParsedFamily, ParsedSample, SeriesSet};

/// One finding of [`lint`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The family's name.
    pub metric: String,
    /// What is wrong with it, in the words of `promtool`.
    pub text: String,
}

/// Checks families as `promtool check metrics` does, by the rules of its library `promlint`.
///
/// Findings come in the order of their names and texts. Where promtool says the same of each series
/// of a family, this says it once. Families without samples are not looked at, as in promtool. Of the
/// types that only OpenMetrics has, a gauge histogram is taken for a histogram; a counter may show
/// its `_total` in the names of its samples only.
#[must_use]
pub fn lint(families: &[ParsedFamily<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        let mut find = |text: String| {
            findings.push(Finding { metric: family.name.clone().into_owned(), text });
        };
        check_help(family, &mut find);
        check_units(family, &mut find);
        check_total(family, &mut find);
        check_reserved(family, &mut find);
        check_name(family, &mut find);
        check_duplicates(family, &mut find);
    }
    findings.sort_unstable();
    findings.dedup();
    findings
}

fn check_help(family: &ParsedFamily<'_>, find: &mut impl FnMut(String)) {
    if family.help.as_deref().unwrap_or_default().is_empty() {
        find("no help text".to_owned());
    }
}

fn check_units(family: &ParsedFamily<'_>, find: &mut impl FnMut(String)) {
    // The first word that is a unit counts, as in promlint since 2025; before, any of them did.
    let unit = family.name.split('_').find_map(|word| Some((word, base_unit(word)?)));
    if let Some((unit, base)) = unit
        && unit != base
    {
        find(format!("use base unit {base:?} instead of {unit:?}"));
    }
    let name = family.name.to_lowercase();
    if ABBREVIATIONS.iter().any(|abbreviation| has_word(&name, abbreviation)) {
        find("metric names should not contain abbreviated units".to_owned());
    }
}

fn check_total(family: &ParsedFamily<'_>, find: &mut impl FnMut(String)) {
    let name_has_total = family.name.ends_with("_total");
    let shows_total =
        name_has_total || family.samples.iter().any(|sample| sample.name.ends_with("_total"));
    match family.metric_type {
        MetricType::Unknown => {}
        MetricType::Counter if shows_total => {}
        MetricType::Counter => find("counter metrics should have \"_total\" suffix".to_owned()),
        _ if name_has_total => {
            find("non-counter metrics should not have \"_total\" suffix".to_owned());
        }
        _ => {}
    }
}

/// Names and labels that only histograms and summaries should have.
fn check_reserved(family: &ParsedFamily<'_>, find: &mut impl FnMut(String)) {
    if family.metric_type == MetricType::Unknown {
        return;
    }
    let has_buckets = family.metric_type.has_buckets();
    let is_summary = family.metric_type == MetricType::Summary;
    let name = &family.name;
    if !has_buckets && name.ends_with("_bucket") {
        find("non-histogram metrics should not have \"_bucket\" suffix".to_owned());
    }
    for suffix in ["_count", "_sum"] {
        if !has_buckets && !is_summary && name.ends_with(suffix) {
            find(format!(
                "non-histogram and non-summary metrics should not have {suffix:?} suffix"
            ));
        }
    }
    let has_label = |label| family.samples.iter().any(|sample| sample.labels.get(label).is_some());
    if !has_buckets && has_label("le") {
        find("non-histogram metrics should not have \"le\" label".to_owned());
    }
    if !is_summary && has_label("quantile") {
        find("non-summary metrics should not have \"quantile\" label".to_owned());
    }
}

fn check_name(family: &ParsedFamily<'_>, find: &mut impl FnMut(String)) {
    let name = family.name.to_lowercase();
    for kind in ["counter", "gauge", "summary", "histogram", "gauge_histogram"] {
        if has_word(&name, kind) {
            find(format!("metric name should not include type '{kind}'"));
        }
    }
    if family.name.contains(':') {
        find("metric names should not contain ':'".to_owned());
    }
    if is_camel_case(&family.name) {
        find("metric names should be written in 'snake_case' not 'camelCase'".to_owned());
    }
    let mut labels = family.samples.iter().flat_map(|sample| sample.labels);
    if labels.any(|(name, _)| is_camel_case(&name)) {
        find("label names should be written in 'snake_case' not 'camelCase'".to_owned());
    }
}

fn check_duplicates(family: &ParsedFamily<'_>, find: &mut impl FnMut(String)) {
    let samples = &family.samples;
    let mut all = SeriesSet::default();
    let is_first = |(place, sample): (usize, &ParsedSample<'_>)| {
        let series = sample.series();
        let is_equal =
            |other: usize| samples.get(other).is_some_and(|other| other.series().equals(&series));
        all.insert(&series, place, is_equal).is_none()
    };
    if !samples.iter().enumerate().all(is_first) {
        find("metric not unique".to_owned());
    }
}

/// Whether `word` stands in the name after an underscore, up to another or the end.
fn has_word(name: &str, word: &str) -> bool {
    name.match_indices(word).any(|(at, _)| {
        let before = name.get(..at).unwrap_or_default();
        let after = name.get(at + word.len()..).unwrap_or_default();
        before.ends_with('_') && (after.is_empty() || after.starts_with('_'))
    })
}

fn is_camel_case(name: &str) -> bool {
    let mut pairs = name.bytes().zip(name.bytes().skip(1));
    pairs.any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase())
}

/// The base unit of a word that is a unit, with or without a prefix.
fn base_unit(word: &str) -> Option<&'static str> {
    let find = |word: &str| UNITS.iter().find(|(unit, _)| *unit == word).map(|(_, base)| *base);
    find(word)
        .or_else(|| PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix).and_then(find)))
}

/// Units and their base units, as promlint knows them.
const UNITS: &[(&str, &str)] = &[
    ("amperes", "amperes"),
    ("bytes", "bytes"),
    ("celsius", "celsius"),
    ("grams", "grams"),
    ("joules", "joules"),
    ("kelvin", "kelvin"),
    ("meters", "meters"),
    ("metres", "metres"),
    ("seconds", "seconds"),
    ("volts", "volts"),
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];

/// `mibi` and `gibi` are as promlint has them.
const PREFIXES: &[&str] = &[
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
];

const ABBREVIATIONS: &[&str] =
    &["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{ParseOptions, parse_openmetrics, parse_text_with};

    fn texts(families: &[ParsedFamily<'_>]) -> Vec<(String, String)> {
        lint(families).into_iter().map(|finding| (finding.metric, finding.text)).collect()
    }

    #[test]
    fn duplicates_are_found_where_the_parser_lets_them_through() {
        let options = ParseOptions { refuse_duplicates: false, ..ParseOptions::default() };
        let of = |text: &str| texts(&parse_text_with(text.as_bytes(), &options).unwrap());
        let finding = ("a".to_owned(), "metric not unique".to_owned());
        assert_eq!(of("# HELP a x\na{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 2\n"), [finding]);
        assert_eq!(of("# HELP a x\na 1 5\na 1 6\n"), []);
    }

    #[test]
    fn types_of_openmetrics() {
        let text = "# TYPE a counter\n# HELP a x\na_total 1\n\
                    # TYPE g gaugehistogram\n# HELP g x\ng_bucket{le=\"+Inf\"} 1\n\
                    # TYPE t_total gauge\n# HELP t_total x\nt_total 1\n# EOF\n";
        let text = texts(&parse_openmetrics(text.as_bytes()).unwrap());
        let expected = "non-counter metrics should not have \"_total\" suffix";
        assert_eq!(text, [("t_total".to_owned(), expected.to_owned())]);
    }

    #[test]
    fn words_and_cases() {
        assert!(has_word("a_s", "s") && has_word("a_s_b", "s") && has_word("as_a_s", "s"));
        assert!(!has_word("s_a", "s") && !has_word("a_ss", "s") && !has_word("a_sä", "s"));
        assert!(is_camel_case("aB") && is_camel_case("a_bC"));
        assert!(!is_camel_case("AB") && !is_camel_case("a_B") && !is_camel_case("Ab"));
        assert_eq!(base_unit("kilometers"), Some("meters"));
        assert_eq!(base_unit("thermometers"), None);
    }
}
