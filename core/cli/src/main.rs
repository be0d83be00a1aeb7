//! The command `metrion`.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let status = metrion_cli::run(std::env::args_os(), &mut io::stdout(), &mut io::stderr());
    ExitCode::from(status)
}
