//! The direction of dependencies: see `DEPENDENCIES`.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our own crates each may name, for whatever purpose. A new crate needs a row here.
const DEPENDENCIES: [(&str, &[&str]); 21] = [
    ("metrion-model", &[]),
    ("metrion-slab", &["metrion-model"]),
    ("metrion-metrics", &["metrion-model", "metrion-slab"]),
    ("metrion-proto", &[]),
    ("metrion-exposition", &["metrion-model", "metrion-proto"]),
    ("metrion-exporters", &["metrion-model", "metrion-exposition"]),
    // Its tests read what the text format says.
    ("metrion-integrations", &["metrion-model", "metrion-metrics", "metrion-exposition"]),
    (
        "metrion",
        &[
            "metrion-model",
            "metrion-metrics",
            "metrion-exposition",
            "metrion-exporters",
            "metrion-integrations",
        ],
    ),
    ("metrion-cli", &["metrion"]),
    ("metrion-node", &["metrion"]),
    // Its package brings the command along.
    ("metrion-python", &["metrion", "metrion-cli"]),
    ("metrion-c", &["metrion"]),
    ("metrion-uniffi", &["metrion"]),
    ("metrion-wasm", &["metrion"]),
    ("metrion-wasm-formats", &["metrion"]),
    // Tools and examples of this repository, which nobody installs.
    ("metrion-conformance", &["metrion"]),
    ("metrion-benches", &["metrion"]),
    ("metrion-fuzz", &["metrion", "metrion-proto"]),
    ("metrion-example-rust-axum", &["metrion"]),
    ("metrion-xtask", &[]),
    ("metrion-xtask-wasm", &[]),
];

/// What only a binding may name, and the tool that generates code for one: nobody links that.
const BINDING_TOOLS: [&str; 13] = [
    "cbindgen",
    "js-sys",
    "napi",
    "napi-build",
    "napi-derive",
    "pyo3",
    "pyo3-build-config",
    "pyo3-ffi",
    "uniffi",
    "uniffi_bindgen",
    "wasm-bindgen",
    "wasm-bindgen-cli-support",
    "web-sys",
];

/// Where tokio may be named: the exporters and what stands above them.
const WITH_TOKIO: [&str; 3] = ["metrion-exporters", "metrion-benches", "metrion-example-rust-axum"];

/// Where only the tests may name it.
const TESTS_WITH_TOKIO: [&str; 1] = ["metrion-integrations"];

struct Package {
    name: String,
    manifest: PathBuf,
    /// Of every kind: normal, for builds and for tests.
    dependencies: Vec<Dependency>,
    default_features: Vec<String>,
}

struct Dependency {
    name: String,
    /// Whether only tests, examples and benches have it.
    for_tests: bool,
    optional: bool,
}

impl Package {
    fn names(&self, dependency: &str) -> bool {
        self.dependencies.iter().any(|own| own.name == dependency)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The packages of the workspace that a manifest belongs to.
fn packages(manifest: &Path) -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1", "--manifest-path"])
        .arg(manifest)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let dependency = |dependency: &Value| Dependency {
        name: text(&dependency["name"]),
        for_tests: dependency["kind"] == "dev",
        optional: dependency["optional"] == true,
    };
    let package = |package: &Value| Package {
        name: text(&package["name"]),
        manifest: text(&package["manifest_path"]).into(),
        dependencies: package["dependencies"].as_array().unwrap().iter().map(dependency).collect(),
        default_features: package["features"]["default"]
            .as_array()
            .map_or(Vec::new(), |features| features.iter().map(text).collect()),
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

/// Every package of the repository: the workspace's, and those that are workspaces of their own.
fn all_packages() -> Vec<Package> {
    let mut all = packages(&root().join("Cargo.toml"));
    for manifest in manifests() {
        if !all.iter().any(|package| package.manifest == manifest) {
            all.extend(packages(&manifest));
        }
    }
    all
}

/// The manifests of `core` and of the folders in it.
fn manifests() -> Vec<PathBuf> {
    let core = root().join("core");
    let folders = std::fs::read_dir(&core).unwrap().map(|entry| entry.unwrap().path());
    let manifests = folders.chain([core]).map(|folder| folder.join("Cargo.toml"));
    manifests.filter(|manifest| manifest.exists()).collect()
}

#[test]
fn every_manifest_is_looked_at() {
    let all = all_packages();
    for manifest in manifests() {
        assert!(
            all.iter().any(|package| package.manifest == manifest),
            "{} is in no workspace",
            manifest.display()
        );
    }
}

#[test]
fn our_crates_depend_on_each_other_in_one_direction() {
    for package in all_packages() {
        let row = DEPENDENCIES.iter().find(|(name, _)| *name == package.name);
        let Some((_, allowed)) = row else { panic!("{} has no row in this test", package.name) };
        let names = package.dependencies.iter().map(|dependency| dependency.name.as_str());
        for dependency in names.filter(|name| name.starts_with("metrion")) {
            assert!(
                allowed.contains(&dependency),
                "{} must not depend on {dependency}",
                package.name
            );
        }
    }
}

/// The table itself must have a direction: each row names only rows above it.
#[test]
fn the_table_has_no_cycle() {
    for (place, (name, allowed)) in DEPENDENCIES.iter().enumerate() {
        for dependency in *allowed {
            let above = DEPENDENCIES[..place].iter().any(|(name, _)| name == dependency);
            assert!(above, "{name} names {dependency}, which is not above it");
        }
    }
}

#[test]
fn only_bindings_know_their_languages() {
    let core = root().join("core");
    let all = all_packages();
    let below = all.iter().filter(|package| package.manifest.starts_with(&core));
    for package in below.filter(|package| !package.name.starts_with("metrion-xtask")) {
        for tool in BINDING_TOOLS {
            assert!(!package.names(tool), "{} must not depend on {tool}", package.name);
        }
    }
}

#[test]
fn tokio_begins_at_the_exporters() {
    for package in all_packages() {
        let mut tokio = package.dependencies.iter().filter(|own| own.name == "tokio");
        let name = package.name.as_str();
        let allowed = if TESTS_WITH_TOKIO.contains(&name) {
            tokio.all(|own| own.for_tests)
        } else {
            WITH_TOKIO.contains(&name) || tokio.next().is_none()
        };
        assert!(allowed, "{name} must not depend on tokio");
    }
}

/// A program builds another library's types only if it asks for the bridge to that library.
#[test]
fn integrations_are_off_by_default() {
    let all = all_packages();
    let find = |name: &str| all.iter().find(|package| package.name == name).unwrap();
    let integrations = find("metrion-integrations");
    assert!(integrations.default_features.is_empty());
    for dependency in integrations.dependencies.iter().filter(|own| !own.for_tests) {
        let ours = dependency.name.starts_with("metrion");
        assert!(ours || dependency.optional, "{} is built always", dependency.name);
    }
    let facade = find("metrion");
    for feature in ["tower", "axum", "metrics-facade", "prometheus-crate"] {
        assert!(!facade.default_features.iter().any(|own| own == feature), "{feature}");
    }
    let integrations = facade.dependencies.iter().find(|own| own.name == integrations.name);
    assert!(integrations.unwrap().optional);
}
