//! The command `metrion`, for the binary of this crate and for packages of other languages that bring it along.

mod shm;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::{Parser, Subcommand};

/// One fast metrics core for every service that a team runs.
#[derive(Debug, Parser)]
#[command(name = "metrion", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look into registries that processes share.
    #[command(subcommand)]
    Shm(shm::Command),
}

/// Runs the command with these arguments, the first of which is its name, and gives its exit status: 0 when all is
/// well, 1 when what was asked for failed or something is damaged, 2 for wrong arguments.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let ended = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command: Command::Shm(command) }) => command.run(out),
        Err(error) => {
            let is_fault = error.use_stderr();
            let to: &mut dyn Write = if is_fault { err } else { out };
            // Who closed the pipe does not want to know.
            let _closed = write!(to, "{}", error.render());
            return if is_fault { 2 } else { 0 };
        }
    };
    match ended {
        Ok(status) => status,
        Err(Failure::Core(error)) => {
            let _closed = writeln!(err, "metrion: {error}");
            1
        }
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(Failure::Output(error)) => {
            let _closed = writeln!(err, "metrion: cannot write: {error}");
            1
        }
    }
}

/// Why a command stopped.
enum Failure {
    Core(metrion::Error),
    Output(io::Error),
}

impl From<metrion::Error> for Failure {
    fn from(error: metrion::Error) -> Self {
        Self::Core(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
