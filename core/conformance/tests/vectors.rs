//! Every vector, and that what is not a vector fails.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use metrion::RegistryMemory;
use metrion_conformance::{AREAS, Case, load, run, run_spread};
use serde_json::json;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

#[test]
fn every_vector_passes() {
    let files = load(&vectors()).unwrap();
    let mut failed = Vec::new();
    let mut areas: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for file in &files {
        let area = file.path.parent().unwrap().file_name().unwrap().to_string_lossy();
        let (ran, passed) = areas.entry(area.into_owned()).or_default();
        *ran += 1;
        match run(&file.case, RegistryMemory::Private) {
            Ok(()) => *passed += 1,
            Err(what) => {
                let path = file.path.display();
                failed.push(format!("{path} ({})\n{what}\n", file.case.description));
            }
        }
    }
    if let Some(folder) = std::env::var_os("METRION_VECTOR_REPORT") {
        report(Path::new(&folder), &areas);
    }
    assert!(
        failed.is_empty(),
        "{} of {} vectors fail:\n\n{}",
        failed.len(),
        files.len(),
        failed.join("\n")
    );
}

/// In a registry that processes share: once in one process, and once spread over three.
#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn every_vector_passes_in_shared_memory() {
    let folder = std::env::temp_dir().join(format!("metrion-shared-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files = load(&vectors()).unwrap();
    let mut failed = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let path = folder.join(number.to_string());
        let alone = run(&file.case, RegistryMemory::shared(&path));
        std::fs::remove_file(&path).unwrap();
        let spread = run_spread(file, &path, Path::new(env!("CARGO_BIN_EXE_conformance-part")));
        std::fs::remove_file(&path).unwrap();
        for (how, outcome) in [("in one process", alone), ("in three", spread)] {
            if let Err(what) = outcome {
                let name = file.path.display();
                failed.push(format!("{name} ({})\n{how}: {what}\n", file.case.description));
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(failed.is_empty(), "{} fail:\n\n{}", failed.len(), failed.join("\n"));
}

/// Says how many cases of each area ran and passed: see "Reports" in the README.
fn report(folder: &Path, areas: &BTreeMap<String, (u32, u32)>) {
    let count = |(ran, passed): &(u32, u32)| json!({"ran": ran, "passed": passed});
    let core: BTreeMap<_, _> = areas.iter().map(|(area, of)| (area, count(of))).collect();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("rust.json"), json!({"core": core}).to_string()).unwrap();
}

/// Without this a renamed field or a typing error would make a vector pass that says nothing.
#[test]
fn what_the_format_does_not_have_is_an_error() {
    let case = |operation: &str| {
        let text = format!(
            r#"{{"description": "d", "operations": [{operation}], "expect": {{"text": []}}}}"#
        );
        serde_json::from_str::<Case>(&text).map_err(|error| error.to_string())
    };
    assert!(case(r#"{"op": "inc", "on": "c"}"#).is_ok());
    for (operation, complaint) in [
        (r#"{"op": "increase", "on": "c"}"#, "unknown variant"),
        (r#"{"op": "inc", "on": "c", "by": 2}"#, "unknown field"),
        (r#"{"op": "inc"}"#, "missing field"),
        (r#"{"op": "inc", "on": "c", "error": 5}"#, "not an error code"),
        (r#"{"op": "create", "type": "counter", "id": "c", "name": "c", "label": []}"#, "unknown"),
        (r#"{"op": "create", "type": "timer", "id": "c", "name": "c"}"#, "unknown variant"),
        (r#"{"op": "set", "on": "c", "value": "Infinity"}"#, "not a number"),
        (
            r#"{"op": "expect_values", "values": {"h": {"counts": [], "total": 1}}}"#,
            "did not match",
        ),
    ] {
        let error = case(operation).unwrap_err();
        assert!(error.contains(complaint), "{operation}: {error}");
    }
}

#[test]
fn a_case_fails_when_something_else_comes_out() {
    let failure = |operations: &str, text: &str| {
        let text = format!(
            r#"{{"description": "d", "operations": [
                {{"op": "create", "type": "counter", "id": "c", "name": "c"}} {operations}],
                "expect": {{"text": [{text}]}}}}"#
        );
        run(&serde_json::from_str(&text).unwrap(), RegistryMemory::Private).unwrap_err()
    };
    let good = r##""# TYPE c_total counter", "c_total 0""##;
    for (operations, text, complaint) in [
        ("", "", "and should be"),
        (r#", {"op": "inc", "on": "c", "error": "io"}"#, good, "should fail: io"),
        (r#", {"op": "inc", "on": "d"}"#, good, "no handle"),
        (r#", {"op": "set", "on": "c", "value": 1}"#, good, "set is for gauges"),
        (r#", {"op": "add", "on": "c", "value": -1}"#, good, "[invalid_value]"),
        (r#", {"op": "add", "on": "c", "value": -1, "error": "io"}"#, good, "[invalid_value]"),
        (r#", {"op": "expect_values", "values": {"c": 1}}"#, good, "c is 0.0"),
        (r#", {"op": "expect_values", "values": {"c": "-0"}}"#, good, "c is 0.0"),
    ] {
        let found = failure(operations, text);
        assert!(found.contains(complaint), "{operations}: {found}");
    }
}

#[test]
fn folders_are_checked() {
    let folder = std::env::temp_dir().join(format!("metrion-vectors-{}", std::process::id()));
    let check = || load(&folder).map(|files| files.len()).unwrap_err();
    assert!(check().contains("No such file") || check().contains("cannot find"));
    std::fs::create_dir_all(&folder).unwrap();
    assert!(check().contains("no vector"));
    let case = r#"{"description": "d", "operations": [], "expect": {"text": []}}"#;
    for area in AREAS {
        std::fs::create_dir_all(folder.join(area)).unwrap();
        std::fs::write(folder.join(area).join("case.json"), case).unwrap();
    }
    assert_eq!(load(&folder).unwrap().len(), AREAS.len());
    std::fs::write(folder.join("labels/notes.txt"), "").unwrap();
    assert!(check().contains("not a vector"));
    std::fs::remove_file(folder.join("labels/notes.txt")).unwrap();
    std::fs::create_dir_all(folder.join("unheard_of")).unwrap();
    assert!(check().contains("does not know the area"));
    std::fs::remove_dir_all(folder).unwrap();
}
