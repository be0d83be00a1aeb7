//! `metrion shm` with real registries.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]
#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use metrion::{Registry, RegistryMemory, RegistryOptions};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("metrion-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path) -> Registry {
    let memory = RegistryMemory::shared(path);
    Registry::new(RegistryOptions { memory, ..RegistryOptions::default() }).unwrap()
}

/// Exit status, output and errors.
fn shm(arguments: &[&str]) -> (u8, String, String) {
    let all = ["metrion", "shm"].iter().chain(arguments).map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = metrion_cli::run(all, &mut out, &mut err);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn a_registry_is_looked_into_with_and_without_its_writers() {
    let folder = Folder::new("cli");
    let path = folder.0.join("registry");
    let path_text = path.to_str().unwrap();
    let registry = open(&path);
    registry.counter("jobs", "Jobs.").unwrap().add(3.0);
    registry.gauge("depth", "").unwrap().set(1.5).unwrap();

    let (status, out, _) = shm(&["list", folder.0.to_str().unwrap()]);
    assert_eq!(status, 0);
    let row: Vec<&str> = out.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row.get(..4).unwrap(), [path_text, "2", "2", "1"]);

    let (status, out, _) = shm(&["check", path_text]);
    assert_eq!(
        (status, out.contains("processes have it open"), out.contains("good")),
        (0, true, true)
    );
    assert!(out.contains(&format!("{}", std::process::id())), "{out}");

    let (status, _, err) = shm(&["remove", path_text]);
    assert_eq!((status, err.contains("--force")), (1, true));
    drop(registry);

    let page = "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 3\n# TYPE depth gauge\ndepth 1.5\n";
    let (status, out, _) = shm(&["dump", path_text]);
    assert_eq!((status, out.as_str()), (0, page));
    let (_, out, _) = shm(&["dump", path_text, "--format", "openmetrics"]);
    assert!(out.ends_with("# EOF\n"), "{out}");
    let (_, out, _) = shm(&["dump", path_text, "--format", "json"]);
    assert!(out.starts_with("{\"families\":"), "{out}");
    let (_, out, _) = shm(&["check", path_text]);
    assert!(out.contains("no process has it open"), "{out}");

    let (status, out, _) = shm(&["remove", path_text]);
    assert_eq!((status, out.contains("removed"), path.exists()), (0, true, false));
    let (_, out, _) = shm(&["list", folder.0.to_str().unwrap()]);
    assert!(out.contains("there is no shared registry"), "{out}");
}

#[test]
fn damage_is_told() {
    let folder = Folder::new("cli-damage");
    let path = folder.0.join("registry");
    let path_text = path.to_str().unwrap();
    let registry = open(&path);
    for name in ["a", "b"] {
        registry.counter(name, "").unwrap().inc();
    }
    let segment = registry.segment();
    let (entry, _) = segment.entries().last().unwrap();
    drop(registry);
    // The hash in the last series' entry.
    let file = std::fs::File::options().write(true).read(true).open(&path).unwrap();
    let mut found = false;
    let mut at = 0;
    let wanted = entry.created.to_bits().to_le_bytes();
    let mut word = [0; 8];
    while !found {
        file.read_exact_at(&mut word, at).unwrap();
        found = word == wanted;
        at += 8;
    }
    let hash = at - 8 - 5 * 8;
    file.write_all_at(&[0xff; 8], hash).unwrap();
    let (status, out, _) = shm(&["check", path_text]);
    assert_eq!((status, out.contains("DAMAGED: 1 entries")), (1, true), "{out}");
    std::fs::write(&path, "something else").unwrap();
    let (status, _, err) = shm(&["check", path_text]);
    assert_eq!((status, err.contains("[damaged]")), (1, true), "{err}");
    let (status, _, err) = shm(&["remove", path_text, "--force"]);
    assert_eq!((status, err.contains("[damaged]"), path.exists()), (1, true, true));
}

#[test]
fn arguments_are_checked() {
    let (status, _, err) = shm(&["dump", "/nowhere/at/all"]);
    assert_eq!((status, err.contains("[not_found]")), (1, true), "{err}");
    let (status, _, err) = shm(&["show"]);
    assert_eq!((status, err.contains("unrecognized subcommand")), (2, true), "{err}");
    let (status, out, _) = shm(&["--help"]);
    assert_eq!((status, out.contains("dump")), (0, true), "{out}");
    let (status, _, err) = shm(&["list", "/nowhere/at/all"]);
    assert_eq!((status, err.contains("cannot read the folder")), (1, true), "{err}");
}
