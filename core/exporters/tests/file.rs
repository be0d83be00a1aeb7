//! Writing metrics to a file: what is in it, what is beside it, and what is refused.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use metrion_exporters::file::{FileOptions, write};
use metrion_model::{ErrorCode, FamilySnapshot, MetricType, NameFilter, Schema, Snapshot, Value};

fn source(value: f64) -> impl Fn(&NameFilter) -> Snapshot {
    move |_| {
        let mut family = FamilySnapshot::new(Schema::new("g", MetricType::Gauge));
        family.push(&[], Value::Number(value)).unwrap();
        Snapshot { families: vec![family] }
    }
}

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("file_{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let folder = Folder::new("replaced");
    let mut options = FileOptions::new(&folder.0.join("m.prom"));
    write(&source(1.0), &options).unwrap();
    // Who reads the old file while it is replaced has the old content.
    let old = folder.0.join("old");
    fs::hard_link(&options.path, &old).unwrap();
    write(&source(2.0), &options).unwrap();
    assert!(fs::read_to_string(&old).unwrap().ends_with("\ng 1\n"));
    assert!(fs::read_to_string(&options.path).unwrap().ends_with("\ng 2\n"));
    assert_eq!(folder.names(), ["m.prom", "old"]);

    let other = Folder::new("replaced_temporary");
    options.temporary_folder = Some(other.0.clone());
    write(&source(3.0), &options).unwrap();
    assert!(fs::read_to_string(&options.path).unwrap().ends_with("\ng 3\n"));
    assert_eq!(other.names(), [""; 0]);
}

#[test]
fn what_fails_leaves_nothing_behind() {
    let folder = Folder::new("refused");
    let fault = |options: &FileOptions| {
        let error = write(&source(1.0), options).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Io);
        assert!(error.message().contains(options.path.to_str().unwrap()), "{error}");
        error.io_kind().unwrap()
    };
    let taken = folder.0.join("folder");
    fs::create_dir(&taken).unwrap();
    assert_eq!(fault(&FileOptions::new(&taken)), ErrorKind::IsADirectory);
    let missing = folder.0.join("missing");
    assert_eq!(fault(&FileOptions::new(&missing.join("m.prom"))), ErrorKind::NotFound);
    let good = FileOptions::new(&folder.0.join("m.prom"));
    let elsewhere = FileOptions { temporary_folder: Some(missing), ..good };
    assert_eq!(fault(&elsewhere), ErrorKind::NotFound);
    assert_eq!(folder.names(), ["folder"]);
    let error = write(&source(1.0), &FileOptions::new(Path::new("/"))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidValue);
}
