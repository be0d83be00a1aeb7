//! Chores of this repository: `cargo run -p metrion-xtask -- generate` writes the Rust code of the
//! protocol buffer files, the C header, the stubs of the Python binding and the declarations of the Node
//! binding, `-- check-generated` fails when what is checked in is not what would be written.

mod c_header;
mod folders;
mod node_types;
mod protobuf;
mod stubs;

use std::error::Error;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let chore = std::env::args().nth(1).unwrap_or_default();
    let done = match chore.as_str() {
        "generate" => protobuf::generate()
            .and_then(|()| c_header::generate())
            .and_then(|()| node_types::generate())
            .and_then(|()| stubs::generate()),
        "check-generated" => protobuf::check()
            .and_then(|()| c_header::check())
            .and_then(|()| node_types::check())
            .and_then(|()| stubs::check()),
        _ => Err("usage: metrion-xtask generate | check-generated".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
