#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use metrion_model::{ErrorCode, NameFilter};

use super::*;
use crate::{Registry, RegistryOptions};

/// A folder that looks like `/proc`, with the process 7. It is gone with its owner.
struct Proc(PathBuf);

impl Proc {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("metrion-proc-{}-{number}", std::process::id());
        let proc = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(proc.0.join("7/fd")).unwrap();
        for file in ["0", "1", "2"] {
            proc.write(&format!("7/fd/{file}"), "");
        }
        proc.write("stat", "cpu  1 2 3 4\nctxt 5\nbtime 1600000000\n");
        // Of proc(5): the name has what ends it, then come state and parent, ...
        let stat = "7 (a) (b\n) S 1 7 7 0 -1 4194560 9 8 7 6 250 50 4 3 20 0 1 0 12345 4096000 100 \
                    18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n";
        proc.write("7/stat", stat);
        proc.write(
            "7/limits",
            "Limit  Soft Limit  Hard Limit  Units\nMax open files  64 128 files\n",
        );
        proc
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).unwrap();
    }

    fn collector(&self, pid: Option<&str>) -> ProcessCollector {
        let pid = pid.map(str::to_owned);
        ProcessCollector::new(ProcessOptions {
            pid: Arc::new(move || pid.clone()),
            proc: self.0.clone(),
            ..ProcessOptions::default()
        })
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

fn values(collector: &ProcessCollector) -> Vec<(String, f64)> {
    let families = collector.collect();
    families.iter().map(|own| (own.schema().name.clone(), own.values()[0])).collect()
}

fn names(collector: &ProcessCollector) -> Vec<String> {
    values(collector).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_process() {
    let ticks = procfs::ticks_per_second() as f64;
    let expected = [
        ("process_virtual_memory_bytes", 4_096_000.0),
        ("process_resident_memory_bytes", 100.0 * procfs::page_size() as f64),
        ("process_start_time_seconds", 1.6e9 + 12345.0 / ticks),
        ("process_cpu_seconds", 300.0 / ticks),
        ("process_open_fds", 3.0),
        ("process_max_fds", 64.0),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(values(&Proc::new().collector(Some("7"))), expected);
    // A file with a process' number ends with a line feed.
    assert_eq!(values(&Proc::new().collector(Some("7\n"))), expected);
}

#[test]
fn the_details_come_last() {
    let proc = Proc::new();
    proc.write("7/status", "Name:\tVmData: 5\nVmPeak:\t    4000 kB\nVmData:\t    1234 kB\n");
    let collector = ProcessCollector::new(ProcessOptions {
        pid: Arc::new(|| Some("7".to_owned())),
        proc: proc.0.clone(),
        details: true,
        ..ProcessOptions::default()
    });
    let ticks = procfs::ticks_per_second() as f64;
    let expected = [
        ("process_cpu_user_seconds", 250.0 / ticks),
        ("process_cpu_system_seconds", 50.0 / ticks),
        ("process_heap_bytes", 1234.0 * 1024.0),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(values(&collector)[USUAL_FAMILIES..], expected);
    assert_eq!(collector.describe().len(), FAMILIES.len());
    proc.write("7/status", "VmData:\n");
    assert_eq!(names(&collector).last().unwrap(), "process_cpu_system_seconds");
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let proc = Proc::new();
    proc.write("7/limits", "Max open files\n\n");
    assert_eq!(names(&proc.collector(Some("7"))).last().unwrap(), "process_open_fds");
    fs::remove_dir_all(proc.0.join("7/fd")).unwrap();
    assert_eq!(names(&proc.collector(Some("7"))).last().unwrap(), "process_cpu_seconds");
    fs::remove_file(proc.0.join("stat")).unwrap();
    assert_eq!(names(&proc.collector(Some("7"))).len(), 3);
    for text in ["", "7 (a", "7 (a) S 1", "7 a S 1 7", "\u{0}"] {
        proc.write("7/stat", text);
        assert_eq!(names(&proc.collector(Some("7"))), [""; 0], "{text:?}");
    }
}

#[test]
fn no_process_and_no_proc() {
    let proc = Proc::new();
    for pid in [Some("8"), Some(""), Some("../stat"), None] {
        assert_eq!(names(&proc.collector(pid)), [""; 0], "{pid:?}");
    }
    let absent = ProcessOptions { proc: "/nonexistent".into(), ..ProcessOptions::default() };
    assert_eq!(names(&ProcessCollector::new(absent)), [""; 0]);
}

#[test]
fn no_limit_is_infinite() {
    let proc = Proc::new();
    proc.write("7/limits", "Max open files            unlimited            unlimited  files\n");
    assert_eq!(values(&proc.collector(Some("7")))[5].1, f64::INFINITY);
}

#[test]
fn this_process_in_a_registry() {
    assert!(Path::new("/proc/self/stat").exists());
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let options = ProcessOptions { namespace: "shop".into(), ..ProcessOptions::default() };
    registry.register(Arc::new(ProcessCollector::new(options.clone()))).unwrap();
    let snapshot = registry.snapshot(&NameFilter::all());
    let value = |name: &str| snapshot.sample_value(name, &[]).unwrap();
    assert!(value("shop_process_resident_memory_bytes") > 100_000.0);
    assert!(value("shop_process_cpu_seconds_total") >= 0.0);
    assert!(value("shop_process_open_fds") >= 3.0);
    assert!(value("shop_process_max_fds") >= value("shop_process_open_fds"));
    assert!(value("shop_process_start_time_seconds") > 1.6e9);
    // Once more, and under a name that is none.
    let again = registry.register(Arc::new(ProcessCollector::new(options.clone())));
    assert_eq!(again.unwrap_err().code(), ErrorCode::MetricExists);
    let wrong = ProcessOptions { namespace: "my shop".into(), ..options };
    let wrong = registry.register(Arc::new(ProcessCollector::new(wrong)));
    assert_eq!(wrong.unwrap_err().code(), ErrorCode::InvalidName);
}
