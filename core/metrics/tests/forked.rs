//! A shared registry and the children that its process forks.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]
#![allow(clippy::unwrap_used, unsafe_code)]

use std::path::PathBuf;

use metrion_metrics::{
    FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, Registry, RegistryMemory,
    RegistryOptions,
};
use metrion_model::{FamilySnapshot, NameFilter};

/// Runs `work` in a child until it is done, and the child has ended.
fn in_child(work: impl FnOnce()) -> u32 {
    // SAFETY: the child does what the library allows in a child, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // SAFETY: ends the process.
        unsafe { libc::_exit(i32::from(ended.is_err())) };
    }
    let mut status = 0;
    // SAFETY: waits for the child that was made above.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((waited, status), (child, 0), "the child failed");
    child as u32
}

fn with(memory: RegistryMemory) -> Registry {
    Registry::new(RegistryOptions { memory, ..RegistryOptions::default() }).unwrap()
}

fn shown(registry: &Registry) -> Vec<String> {
    let row = |family: &FamilySnapshot, row| {
        format!("{}{{{}}} {:?}", family.schema().name, family.labels().text(row), family.row(row))
    };
    let families = registry.snapshot(&NameFilter::default()).families;
    families.iter().flat_map(|family| (0..family.len()).map(|at| row(family, at))).collect()
}

/// What a server that forks its workers does: handles from before the fork, and new ones.
fn serve(registry: &Registry) {
    let counter = registry.counter("requests", "").unwrap();
    let histogram = registry.histogram("seconds", "").unwrap();
    let gauge = |name: &str, mode| {
        let options = GaugeOptions { family: FamilyOptions::new(name, ""), mode };
        registry.gauge_family(options).unwrap().labels(&[]).unwrap().clone()
    };
    let in_flight = gauge("in_flight", GaugeMode::UpDown);
    let memory = gauge("memory", GaugeMode::LiveAll);
    let paths = registry.counter_family(FamilyOptions::labelled("paths", "", &["path"])).unwrap();
    let known = paths.labels(&["/"]).unwrap().clone();
    memory.set(1.0).unwrap();
    in_flight.inc();
    counter.inc();
    let children: Vec<u32> = (0..3)
        .map(|_| {
            in_child(|| {
                assert_eq!(memory.get(), 0.0, "what the parent said is the parent's");
                memory.set(2.0).unwrap();
                in_flight.add(5.0);
                histogram.observe(0.3);
                for path in ["/", "/new"] {
                    counter.inc();
                    known.inc();
                    paths.labels(&[path]).unwrap().inc();
                    in_child(|| counter.add(10.0));
                }
                let own = std::process::id();
                assert!(shown(registry).contains(&format!("memory{{pid=\"{own}\"}} [2.0]")));
                assert!(shown(registry).contains(&"in_flight{} [6.0]".to_owned()));
            })
        })
        .collect();
    assert_eq!(children.len(), 3);
    counter.inc();
    let seconds = shown(registry).into_iter().find(|row| row.starts_with("seconds")).unwrap();
    assert!(seconds.contains("3.0, "), "{seconds}");
    for row in [
        "requests{} [68.0]",
        "in_flight{} [1.0]",
        "paths{path=\"/\"} [9.0]",
        "paths{path=\"/new\"} [3.0]",
        &format!("memory{{pid=\"{}\"}} [1.0]", std::process::id()),
    ] {
        assert!(shown(registry).contains(&row.to_owned()), "{row} is not in {:?}", shown(registry));
    }
}

#[test]
fn children_of_an_inheritable_registry_count_in_it() {
    serve(&with(RegistryMemory::Inherited));
}

#[test]
fn children_of_a_named_registry_count_in_it() {
    let path = std::env::temp_dir().join(format!("metrion-forked-{}", std::process::id()));
    let registry = with(RegistryMemory::shared(&path));
    // The file's name need not be there any more.
    std::fs::remove_file(&path).unwrap();
    serve(&registry);
}

#[test]
fn children_of_a_private_registry_go_separate_ways() {
    let registry = with(RegistryMemory::Private);
    let counter = registry.counter("requests", "").unwrap();
    counter.inc();
    in_child(|| {
        counter.add(10.0);
        assert_eq!(counter.get(), 11.0);
    });
    assert_eq!(counter.get(), 1.0);
}

#[test]
fn a_family_lives_with_the_child_when_the_parent_is_gone() {
    let path: PathBuf =
        std::env::temp_dir().join(format!("metrion-declared-{}", std::process::id()));
    let histogram = |registry: &Registry, bounds: &[f64]| {
        let family = FamilyOptions::new("h", "");
        let options = HistogramOptions { family, buckets: bounds.to_vec(), native: None };
        registry.histogram_family(options).unwrap().labels(&[]).unwrap().clone()
    };
    // The old schema is asked for first, by a process that lives; the new one by one that ends, and its child.
    let old = with(RegistryMemory::shared(&path));
    histogram(&old, &[1.0]).observe(0.5);
    in_child(|| {
        let new = with(RegistryMemory::shared(&path));
        let handle = histogram(&new, &[1.0, 2.0]);
        in_child(|| {
            handle.observe(0.5);
            assert_eq!(shown(&new), ["h{} [1.0, 0.0, 0.0, 0.5]"]);
        });
        assert_eq!(shown(&old), ["h{} [1.0, 0.0, 0.0, 0.5]"]);
    });
    assert_eq!(shown(&old), ["h{} [1.0, 0.0, 0.5]"]);
    std::fs::remove_file(&path).unwrap();
}
