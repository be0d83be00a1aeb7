//! Chores of this repository: `cargo run -p metrion-xtask -- generate` writes the Rust code of the
//! protocol buffer files, the C header, the stubs of the Python binding and the declarations of the Node
//! binding, `-- check-generated` fails when what is checked in is not what would be written.
//! `-- uniffi LIBRARY LANGUAGE FOLDER` writes what Kotlin, Ruby or Swift need to call the library of
//! `bindings-c/uniffi`.

mod c_header;
mod folders;
mod node_types;
mod protobuf;
mod stubs;
mod uniffi;

use std::error::Error;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str =
    "usage: metrion-xtask generate | check-generated | uniffi LIBRARY kotlin|ruby|swift FOLDER";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["generate"] => protobuf::generate()
            .and_then(|()| c_header::generate())
            .and_then(|()| node_types::generate())
            .and_then(|()| stubs::generate()),
        ["check-generated"] => protobuf::check()
            .and_then(|()| c_header::check())
            .and_then(|()| node_types::check())
            .and_then(|()| stubs::check()),
        ["uniffi", library, language, folder] => uniffi::generate(library, language, folder),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
