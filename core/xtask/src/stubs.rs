//! `_metrion.pyi`, the types of the Python binding's native module. PyO3 puts what it knows of classes
//! and functions into the built module; this reads it from there.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pyo3_introspection::model::{Attribute, Class, Constant, Expr, Function, Module};
use pyo3_introspection::{introspect_cdylib, module_stub_files};

use crate::Result;
use crate::folders::repository;

/// What the annotations name that are written as text in the Rust sources. Those that nothing uses
/// fall out.
const IMPORTS: &str = "\
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Final, Literal
from typing_extensions import Self
from metrion._gateway import ClientTls
from metrion._helpers import ExceptionCounter, InprogressTracker, Timer
from metrion._server import Tls
from metrion._values import CardinalityReport, Finding, GaugeMode, NativeHistogram
from metrion._values import NativeHistogramOptions, Page, PlacedExemplar, SummaryValue
from metrion.metrics_core import Collector, Metric
";

fn checked_in() -> PathBuf {
    repository().join("bindings-python/python/metrion/_metrion.pyi")
}

/// Writes the stubs into the Python package.
pub(crate) fn generate() -> Result<()> {
    Ok(fs::write(checked_in(), stubs()?)?)
}

/// Fails when the stubs in the Python package are not what would be generated now.
pub(crate) fn check() -> Result<()> {
    if fs::read_to_string(checked_in())? == stubs()? {
        return Ok(());
    }
    Err("bindings-python/python/metrion/_metrion.pyi is stale: make generate".into())
}

fn stubs() -> Result<String> {
    let mut module = introspect_cdylib(built_module()?, "_metrion")?;
    complete(&mut module);
    let files = module_stub_files(&module);
    let stubs = files.get(Path::new("__init__.pyi")).ok_or("the module has no stubs")?;
    // Imports stand behind the module's docstring: ruff puts them in order, and cleans up.
    let stubs = with_imports(&with_plain_numbers(stubs));
    let sorted = ruff(&["check", "--fix", "--select", "I,F401"], &stubs)?;
    ruff(&["format"], &sorted)
}

/// Builds the native module with what PyO3 knows of it. Optimization would change nothing of that.
fn built_module() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "-p", "metrion-python", "--message-format=json"])
        .args(["--features", "extension-module,stubs"])
        .current_dir(repository())
        .stderr(Stdio::inherit())
        .output()?;
    if !built.status.success() {
        return Err("the Python binding does not build".into());
    }
    library_of(&String::from_utf8(built.stdout)?).ok_or_else(|| "cargo built no library".into())
}

/// The dynamic library that cargo's messages name last.
fn library_of(messages: &str) -> Option<PathBuf> {
    let endings = [".so", ".dylib", ".dll"];
    let is_library = |text: &&str| endings.iter().any(|ending| text.ends_with(ending));
    messages.split('"').rfind(is_library).map(PathBuf::from)
}

/// Puts in what PyO3 cannot know: what `#[pymodule_init]` adds, and types that attributes and getters
/// cannot be given in Rust.
fn complete(module: &mut Module) {
    module.incomplete = false;
    module.attributes.push(Attribute {
        name: "REGISTRY".to_owned(),
        value: None,
        annotation: Some(code("Final[CollectorRegistry]")),
        docstring: Some("The registry that metrics are in when none is given.".to_owned()),
    });
    for class in &mut module.classes {
        complete_class(class);
    }
    module.functions.iter_mut().for_each(unquote);
}

fn complete_class(class: &mut Class) {
    // A metric's `__new__` takes anything, as subclasses have arguments of their own.
    if class.methods.iter().any(|method| method.name == "__init__") {
        class.methods.retain(|method| method.name != "__new__");
    }
    class.methods.iter_mut().for_each(unquote);
    for attribute in &mut class.attributes {
        if attribute.name == "DEFAULT_BUCKETS" {
            attribute.annotation = Some(code("ClassVar[tuple[float, ...]]"));
        }
    }
    for method in &mut class.methods {
        if method.name == "labelnames" {
            method.returns = Some(code("tuple[str, ...]"));
        }
    }
}

/// Annotations that are text in Rust come as string constants. In a stub they are code.
fn unquote(function: &mut Function) {
    let arguments = &mut function.arguments;
    let each = arguments
        .positional_only_arguments
        .iter_mut()
        .chain(&mut arguments.arguments)
        .chain(&mut arguments.keyword_only_arguments)
        .map(|argument| &mut argument.annotation);
    let variable = arguments.vararg.iter_mut().chain(&mut arguments.kwarg);
    let all = each.chain(variable.map(|argument| &mut argument.annotation));
    for annotation in all.chain([&mut function.returns]).flatten() {
        if let Expr::Constant { value: Constant::Str(text) } = annotation {
            *annotation = code(text);
        }
    }
}

fn code(text: &str) -> Expr {
    Expr::Name { id: text.to_owned() }
}

/// `float` and `int` for what PyO3 says of numbers. It is right, a method takes more than these, but a
/// subclass whose `inc(amount: float)` is `prometheus_client`'s would be wrong.
fn with_plain_numbers(stubs: &str) -> String {
    stubs.replace(": SupportsFloat | SupportsIndex", ": float").replace(": SupportsIndex", ": int")
}

fn with_imports(stubs: &str) -> String {
    let docstring_end =
        stubs.match_indices("\"\"\"\n").nth(1).map_or(0, |(at, end)| at + end.len());
    let (docstring, rest) = stubs.split_at(docstring_end);
    format!("{docstring}{IMPORTS}{rest}")
}

fn ruff(arguments: &[&str], source: &str) -> Result<String> {
    let mut ruff = Command::new(".venv/bin/ruff")
        .args(arguments)
        .args(["--quiet", "--stdin-filename", "bindings-python/python/metrion/_metrion.pyi", "-"])
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!(".venv/bin/ruff: {error}; run make package first"))?;
    // It reads everything before it writes anything. Dropping the pipe ends what it reads.
    ruff.stdin.take().ok_or("ruff reads nothing")?.write_all(source.as_bytes())?;
    let output = ruff.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("ruff {} failed", arguments.join(" ")).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_found_in_cargos_messages() {
        let messages = r#"{"filenames":["target/debug/libmetrion.rlib"]}
{"filenames":["target/debug/lib_metrion.so"],"executable":null}
{"reason":"build-finished","success":true}"#;
        assert_eq!(library_of(messages), Some(PathBuf::from("target/debug/lib_metrion.so")));
        assert_eq!(library_of(r#"{"filenames":["target/debug/libmetrion.rlib"]}"#), None);
    }

    #[test]
    fn imports_follow_the_docstring() {
        let stubs = "\"\"\"\nThe module.\n\"\"\"\n\nx: int\n";
        assert_eq!(
            with_imports(stubs),
            format!("\"\"\"\nThe module.\n\"\"\"\n{IMPORTS}\nx: int\n")
        );
        assert_eq!(with_imports("x: int\n"), format!("{IMPORTS}x: int\n"));
    }

    #[test]
    fn numbers_are_plain() {
        let stubs = "a: SupportsFloat | SupportsIndex = 1.0, b: SupportsIndex | None = None";
        assert_eq!(with_plain_numbers(stubs), "a: float = 1.0, b: int | None = None");
    }
}
