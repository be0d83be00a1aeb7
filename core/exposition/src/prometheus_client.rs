//! The text formats as Python's `prometheus_client` spells them: [`crate::Spelling::PrometheusClient`].
//!
//! Families with classic names go the way of the other encoders, with their labels sorted; everything
//! else is written sample by sample.

mod family;
mod inner_label;
mod names;
mod number;
mod samples;
mod sorted;

pub use family::append_family;
pub use names::{label_name, metric_name};
pub use number::float_text;
pub use samples::append_samples;

use metrion_model::{Error, MetricType, Schema, Snapshot};

use crate::lines::append_escaped;
use crate::{EncodeOptions, Syntax};

/// Appends the families of a snapshot, in its order, as one page. It returns why families were left out.
pub(crate) fn encode(
    snapshot: &Snapshot,
    syntax: Syntax,
    options: EncodeOptions,
    out: &mut Vec<u8>,
) -> Vec<Error> {
    let families = snapshot.families.iter();
    let left_out = families.filter_map(|family| append_family(family, syntax, options, out).err());
    let left_out = left_out.collect();
    append_end(syntax, out);
    left_out
}

/// Appends what stands at the end of a page.
pub fn append_end(syntax: Syntax, out: &mut Vec<u8>) {
    if is_openmetrics(syntax) {
        out.extend_from_slice(b"# EOF\n");
    }
}

const fn is_openmetrics(syntax: Syntax) -> bool {
    matches!(syntax, Syntax::OpenMetrics | Syntax::OpenMetrics0)
}

/// The lines of comments before the samples of one name, the line feed of the last included.
fn append_head(out: &mut Vec<u8>, name: &str, help: &str, word: &str, is_openmetrics: bool) {
    out.extend_from_slice(b"# HELP ");
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    append_escaped(out, help, is_openmetrics);
    out.extend_from_slice(b"\n# TYPE ");
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.push(b'\n');
}

fn append_unit(out: &mut Vec<u8>, name: &str, unit: &str) {
    if !unit.is_empty() {
        out.extend_from_slice(b"# UNIT ");
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        out.extend_from_slice(unit.as_bytes());
        out.push(b'\n');
    }
}

/// Whether the names of a family's own labels increase.
fn is_sorted(schema: &Schema) -> bool {
    // Of an info every series has labels of its own.
    schema.metric_type != MetricType::Info && own_names(schema).is_sorted()
}

/// How many of a family's own labels come before the one that its type adds; nothing where that is
/// behind all of them, or there is none.
fn place_of_added(schema: &Schema) -> Option<usize> {
    let added = match schema.metric_type {
        MetricType::Histogram | MetricType::GaugeHistogram => "le",
        MetricType::Summary => "quantile",
        MetricType::StateSet => schema.name.as_str(),
        _ => return None,
    };
    own_names(schema).position(|name| name > added)
}

fn own_names(schema: &Schema) -> impl Iterator<Item = &str> {
    let constant = schema.constant_labels.iter().map(|(name, _)| name.as_str());
    constant.chain(schema.label_names.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_family::flatten;
    use crate::{Escaping, Spelling};
    use metrion_model::{Exemplar, FamilySnapshot, Value};

    const OPTIONS: EncodeOptions = EncodeOptions {
        created_samples: true,
        escaping: Escaping::Underscores,
        spelling: Spelling::PrometheusClient,
    };

    fn family(metric_type: MetricType, labels: &[&str]) -> FamilySnapshot {
        let schema = Schema {
            help: "A \"b\"\\\n.".into(),
            label_names: labels.iter().map(|label| (*label).to_owned()).collect(),
            bounds: if metric_type.has_buckets() { vec![0.5, 2e6] } else { vec![] },
            quantiles: if metric_type == MetricType::Summary { vec![0.5] } else { vec![] },
            states: if metric_type == MetricType::StateSet {
                vec!["on".into(), "o\"ff".into()]
            } else {
                vec![]
            },
            ..Schema::new("z", metric_type)
        };
        let mut family = FamilySnapshot::new(schema);
        for (row, label) in ["x\",m=\"\n=", ""].iter().enumerate() {
            let value = match metric_type {
                MetricType::Histogram | MetricType::GaugeHistogram => {
                    Value::Histogram { counts: &[1.0, 2.0, 0.0], sum: 7.5 }
                }
                MetricType::Summary => Value::Summary { quantiles: &[2.0], sum: 7.5, count: 3.0 },
                MetricType::StateSet => Value::States(&[1.0, 0.0]),
                _ => Value::Number(1234567.0),
            };
            let values: Vec<String> = labels.iter().map(|name| format!("{name}{label}")).collect();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            family.push(&values, value).unwrap();
            family.set_created(row, 123.456);
        }
        family.set_timestamp(1, 5.0625);
        if matches!(metric_type, MetricType::Counter | MetricType::Histogram) {
            let exemplar = Exemplar::new([("b", "2"), ("a", "1")], 2.0, Some(7.0)).unwrap();
            family.set_exemplar(1, 0, exemplar);
        }
        family
    }

    fn page(append: impl FnOnce(&mut Vec<u8>) -> metrion_model::Result<()>) -> String {
        let mut out = Vec::new();
        append(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn both_ways_write_the_same() {
        use MetricType::*;
        for metric_type in
            [Counter, Gauge, Histogram, GaugeHistogram, Summary, Info, StateSet, Unknown]
        {
            for syntax in [Syntax::Text, Syntax::OpenMetrics] {
                for labels in
                    [&[][..], &["a"], &["m"], &["a", "b", "m", "zz"], &["zz", "a", "m1", "m"]]
                {
                    let family = family(metric_type, labels);
                    assert_eq!(
                        page(|out| append_family(&family, syntax, OPTIONS, out)),
                        page(|out| append_samples(&flatten(&family, true), syntax, OPTIONS, out)),
                        "{metric_type:?} {syntax:?} {labels:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn labels_are_sorted() {
        let text = page(|out| {
            append_family(&family(MetricType::Histogram, &["m"]), Syntax::Text, OPTIONS, out)
        });
        assert!(text.contains("z_bucket{le=\"2e+06\",m=\"m\"} 3.0 5062\n"), "{text}");
        assert!(text.contains("z_count{m=\"m\"} 3.0 5062\nz_sum{m=\"m\"} 7.5 5062\n"), "{text}");
    }

    #[test]
    fn a_family_without_series_is_shown() {
        let family = FamilySnapshot::new(Schema::new("c", MetricType::Counter));
        let text = page(|out| append_family(&family, Syntax::Text, OPTIONS, out));
        assert_eq!(text, "# HELP c_total \n# TYPE c_total counter\n");
    }

    #[test]
    fn names_in_every_escaping() {
        let mut family = FamilySnapshot::new(Schema::new("a.b_c", MetricType::Gauge));
        family.push_labels([("l.m", "v"), ("k", "w")].into_iter(), Value::Number(1.0)).unwrap();
        let line = |escaping| {
            let options = EncodeOptions { escaping, ..OPTIONS };
            let text = page(|out| append_family(&family, Syntax::Text, options, out));
            text.lines().last().unwrap().to_owned()
        };
        assert_eq!(line(Escaping::AllowUtf8), "{\"a.b_c\",k=\"w\",\"l.m\"=\"v\"} 1.0");
        assert_eq!(line(Escaping::Underscores), "a_b_c{k=\"w\",l_m=\"v\"} 1.0");
        assert_eq!(line(Escaping::Dots), "a_dot_b__c{k=\"w\",l_dot_m=\"v\"} 1.0");
        assert_eq!(line(Escaping::Values), "U__a_2e_b__c{k=\"w\",U__l_2e_m=\"v\"} 1.0");
    }
}
