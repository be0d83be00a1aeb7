//! One version for the crates and all packages: that of the workspace.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn text(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let named = |error| format!("{}: {error}", file.display());
    fs::read_to_string(&file).map_err(named).unwrap()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// What is between the quotes in the lines of `file` that start with `start`.
fn quoted(file: &str, start: &str) -> Vec<String> {
    let of_line = |line: &str| Some(line.strip_prefix(start)?.split('"').nth(1)?.to_owned());
    text(file).lines().filter_map(of_line).collect()
}

#[test]
fn every_crate_has_it() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 10);
    for package in packages {
        assert_eq!(package["version"], VERSION, "{}", package["name"]);
        let own = |dependency: &&Value| dependency["path"].is_string();
        for dependency in package["dependencies"].as_array().unwrap().iter().filter(own) {
            let name = format!("{} in {}", dependency["name"], package["name"]);
            let required = dependency["req"].as_str().unwrap();
            assert!(required == format!("^{VERSION}") || required == "*", "{name}: {required}");
        }
    }
}

#[test]
fn the_python_package_takes_it_from_its_crate() {
    // maturin does, where the project's own version is dynamic.
    let project = text("bindings-python/pyproject.toml");
    assert!(project.contains("dynamic = [\"version\"]"));
    assert!(quoted("bindings-python/pyproject.toml", "version = ").is_empty());
}

#[test]
fn the_packages_for_node_and_browsers_have_it() {
    for folder in ["bindings-node", "bindings-wasm"] {
        assert_eq!(json(&format!("{folder}/package.json"))["version"], VERSION);
        let lock = json(&format!("{folder}/package-lock.json"));
        assert_eq!(lock["version"], VERSION);
        assert_eq!(lock["packages"][""]["version"], VERSION);
    }
}

#[test]
fn the_packages_for_kotlin_and_ruby_have_it() {
    let gem = quoted("bindings-c/uniffi/ruby/metrion.gemspec", "  gem.version = ");
    assert_eq!(gem, [VERSION]);
    // The project's own version is the first in the file, and what the example takes.
    for file in ["bindings-c/uniffi/kotlin/pom.xml", "examples/kotlin/pom.xml"] {
        assert!(text(file).contains(&format!("<version>{VERSION}</version>")), "{file}");
    }
}

#[test]
fn the_c_library_has_it() {
    // `bindings-c/install` takes the first of these lines and fills it in.
    assert_eq!(quoted("Cargo.toml", "version = ").first().map(String::as_str), Some(VERSION));
    for (file, line) in [
        ("bindings-c/metrion.pc.in", "Version: @VERSION@"),
        ("bindings-c/cmake/metrion-config.cmake.in", "set(metrion_VERSION @VERSION@)"),
        ("bindings-c/cmake/metrion-config-version.cmake.in", "set(PACKAGE_VERSION @VERSION@)"),
    ] {
        assert!(text(file).lines().any(|found| found == line), "{file} has no line {line}");
    }

    let (compatible, _patch) = VERSION.rsplit_once('.').unwrap();
    let (major, _minor) = compatible.split_once('.').unwrap();
    let build = text("bindings-c/build.rs");
    assert!(build.contains(&format!("libmetrion.so.{major},")), "the soname of another version");
    assert!(build.contains(&format!("libmetrion.{major}.dylib")), "the name of another version");
    let tests = text("bindings-c/tests/CMakeLists.txt");
    assert!(tests.contains(&format!("find_package(metrion {compatible} REQUIRED)")));
}
