//! The families of a snapshot under the names that a reader takes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use metrion_model::{
    Error, ErrorCode, Exemplar, FamilySnapshot, LabelPairs, LabelSets, MetricType, Quoted, Result,
    Schema, Snapshot, is_classic_label_name, is_classic_metric_name,
};

use crate::Escaping;
use crate::escape::{escaped_label_name, escaped_metric_name};

/// The families that have series, and why others had to be left out: under its escaped name a family
/// would have samples of the name of an earlier one's, or two of its labels would be one.
pub(crate) fn presented(
    snapshot: &Snapshot,
    escaping: Escaping,
) -> (Vec<Cow<'_, FamilySnapshot>>, Vec<Error>) {
    let families = snapshot.families.iter().filter(|family| !family.is_empty());
    if escaping == Escaping::AllowUtf8 || !families.clone().any(needs_escaping) {
        return (families.map(Cow::Borrowed).collect(), Vec::new());
    }
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    let mut taken = HashSet::new();
    for family in families {
        let shown = match needs_escaping(family) {
            true => escaped_family(family, escaping).map(Cow::Owned),
            false => Ok(Cow::Borrowed(family)),
        };
        let added = shown.and_then(|shown| {
            let names = shown.schema().sample_names();
            if let Some(name) = names.iter().find(|name| taken.contains(*name)) {
                let what = format!(
                    "metric {:?} is left out: as {:?} it would have the samples {name:?} of an \
                     earlier one",
                    Quoted(&family.schema().name),
                    Quoted(&shown.schema().name),
                    name = Quoted(name),
                );
                return Err(Error::new(ErrorCode::MetricExists, what));
            }
            taken.extend(names);
            kept.push(shown);
            Ok(())
        });
        left_out.extend(added.err());
    }
    (kept, left_out)
}

fn needs_escaping(family: &FamilySnapshot) -> bool {
    let schema = family.schema();
    // The name of a state set is that of a label, too.
    let classic = match schema.metric_type {
        MetricType::StateSet => is_classic_label_name(&schema.name),
        _ => is_classic_metric_name(&schema.name),
    };
    !classic
        || family.labels().has_quoted_names()
        || family.exemplars().iter().any(|placed| placed.exemplar.labels().has_quoted_name())
}

fn escaped_family(family: &FamilySnapshot, escaping: Escaping) -> Result<FamilySnapshot> {
    let schema = escaped_schema(family.schema(), escaping);
    let mut labels = LabelSets::default();
    for row in 0..family.len() {
        let pairs = escaped_labels(family.labels().pairs(row), escaping);
        check_labels(&pairs, &family.schema().name)?;
        labels.push(pairs.iter().map(|(name, value)| (name.as_str(), value.as_ref())));
    }
    let values = family.values().to_vec();
    let mut shown = FamilySnapshot::from_parts(Arc::new(schema), Arc::new(labels), values)?;
    for row in 0..family.len() {
        if let Some(created) = family.created(row) {
            shown.set_created(row, created);
        }
        if let Some(timestamp) = family.timestamp(row) {
            shown.set_timestamp(row, timestamp);
        }
        if let Some(native) = family.native(row) {
            shown.set_native(row, native.clone());
        }
    }
    for placed in family.exemplars() {
        let exemplar = &placed.exemplar;
        let pairs = escaped_labels(exemplar.labels(), escaping);
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
        // Escaping may make labels longer than an exemplar's can be. It is an extra: it goes.
        if let Ok(exemplar) = Exemplar::new(pairs, exemplar.value(), exemplar.timestamp()) {
            shown.set_exemplar(placed.row, placed.place, exemplar);
        }
    }
    Ok(shown)
}

fn escaped_schema(schema: &Schema, escaping: Escaping) -> Schema {
    let label = |name: &String| escaped_label_name(name, escaping);
    let name = match schema.metric_type {
        // What is told again of the escaped name is the sample's, so its suffix is escaped with it.
        MetricType::Counter => escaped_with_suffix(&schema.name, "_total", escaping),
        MetricType::Info => escaped_with_suffix(&schema.name, "_info", escaping),
        MetricType::StateSet => escaped_label_name(&schema.name, escaping),
        _ => escaped_metric_name(&schema.name, escaping),
    };
    let constant = schema.constant_labels.iter();
    Schema {
        unit: match name.strip_suffix(&schema.unit).is_some_and(|base| base.ends_with('_')) {
            true => schema.unit.clone(),
            false => String::new(),
        },
        name,
        constant_labels: constant.map(|(name, value)| (label(name), value.clone())).collect(),
        label_names: schema.label_names.iter().map(label).collect(),
        ..schema.clone()
    }
}

fn escaped_with_suffix(name: &str, suffix: &str, escaping: Escaping) -> String {
    if is_classic_metric_name(name) {
        return name.to_owned();
    }
    let mut escaped = escaped_metric_name(&format!("{name}{suffix}"), escaping);
    escaped.truncate(escaped.len() - suffix.len());
    escaped
}

fn escaped_labels(pairs: LabelPairs<'_>, escaping: Escaping) -> Vec<(String, Cow<'_, str>)> {
    pairs.map(|(name, value)| (escaped_label_name(&name, escaping), value)).collect()
}

fn check_labels(pairs: &[(String, Cow<'_, str>)], family: &str) -> Result<()> {
    for (place, (name, _)) in pairs.iter().enumerate() {
        let twice = pairs.iter().take(place).any(|(other, _)| other == name);
        // The label that Prometheus keeps the metric's name in.
        if twice || name == "__name__" {
            let what = if twice { "two of its labels" } else { "one of its labels" };
            let message = format!(
                "metric {:?} is left out: {what} would be {:?}",
                Quoted(family),
                Quoted(name)
            );
            return Err(Error::new(ErrorCode::InvalidName, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrion_model::Value;

    fn gauge(name: &str, labels: &[&str]) -> FamilySnapshot {
        let mut family = FamilySnapshot::new(Schema::new(name, MetricType::Gauge));
        family.push_labels(labels.iter().map(|name| (*name, "x")), Value::Number(1.0)).unwrap();
        family
    }

    fn names(families: Vec<FamilySnapshot>, escaping: Escaping) -> (Vec<String>, Vec<Error>) {
        let snapshot = Snapshot { families };
        let (kept, left_out) = presented(&snapshot, escaping);
        let text = |family: &Cow<'_, FamilySnapshot>| {
            format!("{} {}", family.schema().name, family.labels().text(0))
        };
        (kept.iter().map(text).collect(), left_out)
    }

    #[test]
    fn the_later_of_two_is_left_out() {
        let families = || vec![gauge("a.b", &[]), gauge("a_b", &[]), gauge("a b", &[])];
        let (kept, left_out) = names(families(), Escaping::Underscores);
        assert_eq!(kept, ["a_b "]);
        let messages: Vec<&str> = left_out.iter().map(Error::message).collect();
        assert_eq!(
            messages,
            [
                "metric \"a_b\" is left out: as \"a_b\" it would have the samples \"a_b\" of an \
                 earlier one",
                "metric \"a b\" is left out: as \"a_b\" it would have the samples \"a_b\" of an \
                 earlier one"
            ]
        );
        let (kept, left_out) = names(families(), Escaping::Values);
        assert_eq!((kept.len(), left_out.len()), (3, 0));
        let (kept, left_out) = names(families(), Escaping::AllowUtf8);
        assert_eq!((kept.len(), left_out.len()), (3, 0));
    }

    #[test]
    fn labels_that_become_one() {
        let families = vec![gauge("a", &["x.y", "x_y"]), gauge("b", &["x.y"]), gauge("c", &["x"])];
        let (kept, left_out) = names(families, Escaping::Underscores);
        assert_eq!(kept, ["b x_y=\"x\"", "c x=\"x\""]);
        assert_eq!(left_out.len(), 1);
        let (_, left_out) = names(vec![gauge("a", &["..name.."])], Escaping::Underscores);
        assert_eq!(left_out[0].code(), ErrorCode::InvalidName);
    }

    #[test]
    fn everything_stays_with_its_row() {
        let mut family = FamilySnapshot::new(Schema {
            unit: "s.t".into(),
            ..Schema::new("a.b_s.t", MetricType::Counter)
        });
        for value in ["1", "2"] {
            family.push_labels([("x.y", value)].into_iter(), Value::Number(1.0)).unwrap();
        }
        family.set_created(1, 5.0);
        family.set_timestamp(1, 6.0);
        family.set_exemplar(1, 0, Exemplar::new([("i.d", "7")], 1.0, Some(8.0)).unwrap());
        let long = "7".repeat(Exemplar::MAX_CHARS - 3);
        family.set_exemplar(0, 0, Exemplar::new([("i.d", long.as_str())], 1.0, None).unwrap());
        let snapshot = Snapshot { families: vec![family] };
        let (kept, _) = presented(&snapshot, Escaping::Values);
        let family = &kept[0];
        assert_eq!(family.schema().name, "U__a_2e_b__s_2e_t_");
        assert_eq!(family.schema().unit, "");
        assert_eq!(family.labels().text(1), "U__x_2e_y=\"2\"");
        assert_eq!((family.created(0), family.created(1)), (None, Some(5.0)));
        assert_eq!((family.timestamp(0), family.timestamp(1)), (None, Some(6.0)));
        let exemplars: Vec<_> =
            family.exemplars().iter().map(|placed| placed.exemplar.label_text()).collect();
        assert_eq!(exemplars, ["U__i_2e_d=\"7\""]);
    }

    #[test]
    fn a_state_set_is_named_as_its_label() {
        let schema =
            Schema { states: vec!["on".into()], ..Schema::new("a:b", MetricType::StateSet) };
        let mut family = FamilySnapshot::new(schema);
        family.push(&[], Value::States(&[1.0])).unwrap();
        assert_eq!(names(vec![family], Escaping::Underscores).0, ["a_b "]);
    }
}
