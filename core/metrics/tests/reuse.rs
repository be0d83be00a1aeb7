//! Reuse of cells, alone in its process: a thread of another test that is put to sleep in the middle of a
//! lookup would keep removed series from being freed, and the room here is small.

#![allow(clippy::unwrap_used)]

use metrion_metrics::{FamilyOptions, Geometry, Registry, RegistryOptions};

#[test]
fn cells_of_removed_series_are_used_again_once_no_handle_is_left() {
    let options = RegistryOptions {
        geometry: Geometry { slabs: 3, cells: 1, entries: 64, key_words: 1 << 12, processes: 0 },
        ..RegistryOptions::default()
    };
    let registry = Registry::new(options).unwrap();
    let family = FamilyOptions::labelled("c", "help", &["a", "b"]);
    let family = registry.counter_family(family).unwrap();
    for i in 0..10_000 {
        let value = i.to_string();
        let child = family.labels(&[&value, "x"]).unwrap().clone();
        assert_eq!(child.get(), 0.0, "{i}");
        child.inc();
        family.remove(&[&value, "x"]).unwrap();
    }
    assert_eq!(registry.segment().overflowed(), 0);
}
