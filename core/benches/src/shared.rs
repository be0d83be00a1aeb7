//! What it costs that processes share a registry: beside the same in private memory.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrion::{FamilyOptions, NameFilter, Registry, RegistryMemory, RegistryOptions, text};

use crate::case::{Peer, Row, Run, repeat};
use crate::scrapes::COUNTERS;
use crate::series::{LABEL_NAMES, LabelValues, durations, label_values, rotate};

const PRIVATE: &str = "private memory";

/// A file for a registry, gone with it.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(folder.join(format!("metrion-bench-{}-{number}", std::process::id())))
    }

    fn open(&self) -> Registry {
        let memory = RegistryMemory::shared(&self.0);
        Registry::new(RegistryOptions { memory, ..RegistryOptions::default() }).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

/// The same with a registry in private memory and with a shared one; the latter within 10 %.
fn both(title: &'static str, threads: &'static [usize], run: fn(Registry) -> Run) -> Row {
    let file = File::new();
    let shared = run(file.open());
    let private = run(Registry::new(RegistryOptions::default()).unwrap());
    Row {
        title,
        threads,
        ours: Box::new(move |times| {
            let _file = &file;
            shared(times)
        }),
        peers: vec![Peer::new(PRIVATE, private).with_goals(&[0.9, 0.9])],
    }
}

/// `inc` of a counter.
pub(crate) fn counter() -> Row {
    both("counter inc in a shared registry", &[1, 2], |registry| {
        let counter = registry.counter("requests", "Requests.").unwrap();
        repeat(move |_| black_box(&counter).inc())
    })
}

/// Lookup by three label values and `inc`.
pub(crate) fn labelled_counter() -> Row {
    both("labels(3 values) and inc in a shared registry", &[1, 2], |registry| {
        let values = label_values(256);
        let options = FamilyOptions::labelled("requests", "Requests.", &LABEL_NAMES);
        let family = registry.counter_family(options).unwrap();
        repeat(move |time| {
            let values: &LabelValues = rotate(&values, time);
            if let Ok(counter) = black_box(&family).labels(values) {
                counter.inc();
            }
        })
    })
}

/// `observe` of a histogram with the default bounds.
pub(crate) fn histogram() -> Row {
    both("histogram observe in a shared registry", &[1, 2], |registry| {
        let histogram = registry.histogram("seconds", "Seconds.").unwrap();
        let values = durations();
        repeat(move |time| black_box(&histogram).observe(*rotate(&values, time)))
    })
}

fn fill(registry: &Registry) {
    let options = FamilyOptions::labelled("requests", "Requests.", &LABEL_NAMES);
    let family = registry.counter_family(options).unwrap();
    for values in label_values(COUNTERS) {
        family.labels(&values).unwrap().inc();
    }
}

/// A process comes to a registry that has 100,000 series, and counts in one of them; beside what it takes to make
/// them.
pub(crate) fn attach() -> Row {
    let file = File::new();
    let keeper = file.open();
    fill(&keeper);
    let values = label_values(1);
    Row {
        title: "attach to a shared registry of 100k series and count in one",
        threads: &[1],
        ours: repeat(move |_| {
            let _keeper = &keeper;
            let registry = file.open();
            let options = FamilyOptions::labelled("requests", "Requests.", &LABEL_NAMES);
            let family = registry.counter_family(options).unwrap();
            family.labels(&values[0]).unwrap().inc();
        }),
        peers: vec![Peer::new(
            "making them",
            repeat(move |_| fill(&Registry::new(RegistryOptions::default()).unwrap())),
        )],
    }
}

/// A process comes to a registry that has 100,000 series, and gives its first page of them; beside the page that is
/// behind making them.
pub(crate) fn first_page() -> Row {
    let file = File::new();
    let keeper = file.open();
    fill(&keeper);
    Row {
        title: "attach to a shared registry of 100k series and encode all",
        threads: &[1],
        ours: repeat(move |_| {
            let _keeper = &keeper;
            drop(black_box(text(&file.open())));
        }),
        peers: vec![Peer::new(
            "making them and encode",
            repeat(move |_| {
                let registry = Registry::new(RegistryOptions::default()).unwrap();
                fill(&registry);
                drop(black_box(text(&registry)));
            }),
        )],
    }
}

/// A snapshot of 100,000 series to which eight others have written, beside one of as many in private memory.
pub(crate) fn snapshot() -> Row {
    let file = File::new();
    let registries: Vec<Registry> = (0..8).map(|_| file.open()).collect();
    registries.iter().for_each(fill);
    let private = Registry::new(RegistryOptions::default()).unwrap();
    fill(&private);
    let last = registries.last().unwrap().clone();
    Row {
        title: "snapshot of 100k counters that 8 processes write",
        threads: &[1],
        ours: repeat(move |_| {
            let _all = (&registries, &file);
            drop(black_box(last.snapshot(&NameFilter::all())));
        }),
        peers: vec![Peer::new(
            PRIVATE,
            repeat(move |_| drop(black_box(private.snapshot(&NameFilter::all())))),
        )],
    }
}
