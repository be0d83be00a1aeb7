//! Families whose type is a word.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use metrion_metrics::{
    AnyFamilyOptions, AnyNativeOptions, FamilyOptions, HandleTable, Registry, RegistryOptions,
    Selection,
};
use metrion_model::{ErrorCode, NameFilter};

fn options(kind: &str, name: &str) -> AnyFamilyOptions {
    let states = if kind == "stateset" { vec!["on".into(), "off".into()] } else { Vec::new() };
    let family = FamilyOptions::new(name, "help");
    AnyFamilyOptions { kind: kind.into(), family, states, ..AnyFamilyOptions::default() }
}

fn registry() -> Registry {
    Registry::new(RegistryOptions::default()).unwrap()
}

#[test]
fn every_operation_is_there_for_its_types_only() {
    let registry = registry();
    let kinds = ["counter", "gauge", "histogram", "summary", "info", "stateset"];
    for kind in kinds {
        let family = registry.any_family(options(kind, kind)).unwrap();
        let handle = (*family.labels(&[]).unwrap()).clone();
        let done = [
            ("add", handle.add(1.0)),
            ("set", handle.set(2.0)),
            ("observe", handle.observe(3.0)),
            ("exemplar", handle.update_with_exemplar(1.0, &[("a", "b")])),
            ("info", handle.set_info(&[("a", "b")])),
            ("state", handle.set_state("off")),
        ];
        let expected: &[&str] = match kind {
            "counter" => &["add", "exemplar"],
            "gauge" => &["add", "set"],
            "histogram" => &["observe", "exemplar"],
            "summary" => &["observe"],
            "info" => &["info"],
            _ => &["state"],
        };
        for (name, outcome) in done {
            match outcome {
                Ok(()) => assert!(expected.contains(&name), "{kind} has {name}"),
                Err(error) => {
                    assert_eq!(error.code(), ErrorCode::Unsupported, "{kind}: {error}");
                    assert!(!expected.contains(&name), "{kind} has no {name}");
                }
            }
        }
        assert_eq!(handle.number().is_nan(), !matches!(kind, "counter" | "gauge"));
    }
    assert_eq!(registry.snapshot(&NameFilter::all()).families.len(), kinds.len());
}

#[test]
fn the_same_options_give_the_same_family_and_others_are_refused() {
    let registry = registry();
    let first = registry.any_family(options("counter", "c")).unwrap();
    let second = registry.any_family(options("counter", "c")).unwrap();
    first.labels(&[]).unwrap().add(1.0).unwrap();
    second.labels(&[]).unwrap().add(2.0).unwrap();
    assert_eq!(first.labels(&[]).unwrap().number(), 3.0);
    let code = |options| registry.any_family(options).unwrap_err().code();
    assert_eq!(code(options("gauge", "c")), ErrorCode::MetricExists);
    assert_eq!(code(options("meter", "m")), ErrorCode::Unsupported);
    let typed = registry.counter_family(FamilyOptions::new("c", "help")).unwrap_err();
    assert_eq!(typed.code(), ErrorCode::MetricExists);
}

#[test]
fn wrong_words_and_numbers_are_refused() {
    let registry = registry();
    let code = |options| registry.any_family(options).unwrap_err().code();
    let gauge = AnyFamilyOptions { mode: Some("first".into()), ..options("gauge", "g") };
    assert_eq!(code(gauge), ErrorCode::InvalidValue);
    let native = |schema, factor| {
        let native = AnyNativeOptions { schema, factor, ..AnyNativeOptions::default() };
        AnyFamilyOptions { native: Some(native), ..options("histogram", "h") }
    };
    assert_eq!(code(native(Some(3), Some(1.1))), ErrorCode::InvalidBuckets);
    assert_eq!(code(native(Some(300), None)), ErrorCode::InvalidBuckets);
    assert_eq!(code(native(Some(-300), None)), ErrorCode::InvalidBuckets);
    assert!(registry.any_family(native(Some(3), None)).is_ok());
}

#[test]
fn a_selection_shows_registries_and_single_families_with_more_labels() {
    let (first, second) = (registry(), registry());
    first.any_family(options("counter", "a")).unwrap();
    let mut selection = Selection::default();
    selection.families.push(second.any_family(options("gauge", "b")).unwrap());
    second.any_family(options("gauge", "c")).unwrap();
    selection.registries.push(first);
    let names = |filter: &NameFilter| -> Vec<String> {
        let families = selection.snapshot(filter, &[]).families;
        families.into_iter().map(|family| family.schema().name.clone()).collect()
    };
    assert_eq!(names(&NameFilter::all()), ["a", "b"]);
    assert_eq!(names(&NameFilter::only(vec!["b".into()])), ["b"]);
}

#[test]
fn a_number_that_was_freed_is_given_out_again() {
    let registry = registry();
    let handle = |name| {
        let family = registry.any_family(options("counter", name)).unwrap();
        (*family.labels(&[]).unwrap()).clone()
    };
    let mut table = HandleTable::new();
    let (first, second) = (table.insert(handle("a")), table.insert(handle("b")));
    assert!(table.remove(first).is_some() && table.remove(first).is_none());
    assert!(table.get(first).is_none() && table.get(second).is_some());
    assert_eq!(table.insert(handle("c")), first);
    assert!(table.insert(handle("d")) > second && table.get(99).is_none());
}
