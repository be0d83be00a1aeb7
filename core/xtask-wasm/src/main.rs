//! A chore of this repository: `cargo run -p metrion-xtask-wasm -- in.wasm folder name` writes a module of
//! `bindings-wasm` as a browser loads it, and JavaScript and types around it.
//!
//! It is a crate of its own because wasm-bindgen takes a minute to build, which no other chore needs.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [module, folder, name] => bind(Path::new(module), Path::new(folder), name),
        _ => Err("usage: metrion-xtask-wasm in.wasm folder name".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn bind(module: &Path, folder: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(true);
    // The package loads the module itself, from a file or over HTTP.
    bindgen.web(true)?.omit_default_module_path(true);
    // The names of functions stay in: `bindings-wasm/scripts/shrink.mjs` needs them.
    bindgen.remove_producers_section(true);
    Ok(bindgen.generate(folder)?)
}
