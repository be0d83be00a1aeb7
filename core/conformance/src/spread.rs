//! A case that is spread over processes which share its registry.
//!
//! Each of them goes through the whole case. One step at a time: the process whose turn it is does it first, then the
//! others, as far as it is for all. A process is told to go on by a line, and answers with one: `null`, or what came
//! out otherwise than it should, as a JSON string.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use metrion::RegistryMemory;

use crate::format::{Case, VectorFile, read};
use crate::runner::{Part, Run};

/// Over how many processes a case is spread.
pub const PROCESSES: usize = 3;

/// Runs one case in this process and in others, on one new registry in a file of this name. `program` is one that calls
/// [`run_part`] with its arguments.
///
/// # Errors
/// What came out otherwise than the case says, at which operation and in which process.
pub fn run_spread(file: &VectorFile, memory: &Path, program: &Path) -> Result<(), String> {
    let first = Part { number: 0, of: PROCESSES };
    let mut own = Run::begin(&file.case, RegistryMemory::shared(memory), first)?;
    let others = (1..PROCESSES).map(|number| Other::start(program, &file.path, memory, number));
    let mut others = others.collect::<Result<Vec<_>, _>>()?;
    for index in 0..=file.case.operations.len() {
        let turn = Part::turn(index, PROCESSES);
        for number in (turn..PROCESSES).chain(0..turn) {
            let done = match number.checked_sub(1).and_then(|at| others.get_mut(at)) {
                Some(other) => other.step(),
                None => own.step(index),
            };
            done.map_err(|what| format!("in process {number}: {what}"))?;
        }
    }
    Ok(())
}

/// What such a program does: one part of a case. `arguments` are the vector's path, that of the registry, and the number
/// of the process.
///
/// # Errors
/// Wrong arguments, and a registry that cannot be had. What goes wrong in a step is answered to whoever asked for it.
pub fn run_part(arguments: &[String]) -> Result<(), String> {
    let [vector, memory, number] = arguments else {
        return Err("usage: VECTOR REGISTRY NUMBER".to_owned());
    };
    let number = number.parse().map_err(|error| format!("{number:?}: {error}"))?;
    let case: Case = read(Path::new(vector))?.case;
    let part = Part { number, of: PROCESSES };
    let mut run = Run::begin(&case, RegistryMemory::shared(memory), part)?;
    // It stays until nobody asks any more: what it has in flight ends with it.
    for index in 0.. {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).map_err(|error| error.to_string())?;
        if read == 0 {
            break;
        }
        let answer = serde_json::json!(run.step(index).err());
        writeln!(std::io::stdout(), "{answer}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Another process. It ends when it hears nothing more.
struct Other {
    process: Child,
}

impl Other {
    fn start(program: &Path, vector: &Path, memory: &Path, number: usize) -> Result<Self, String> {
        let process = Command::new(program)
            .args([vector, memory])
            .arg(number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let process = process.map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(Self { process })
    }

    fn step(&mut self) -> Result<(), String> {
        let ended = || "the process has ended".to_owned();
        let (input, output) = (&mut self.process.stdin, &mut self.process.stdout);
        let input = input.as_mut().ok_or_else(ended)?;
        writeln!(input).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        // One answer for each question: there is nothing more to read ahead.
        BufReader::new(output.as_mut().ok_or_else(ended)?)
            .read_line(&mut answer)
            .map_err(|error| error.to_string())?;
        let failure: Option<String> =
            serde_json::from_str(&answer).map_err(|error| format!("{answer:?}: {error}"))?;
        failure.map_or(Ok(()), Err)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _status = self.process.wait();
    }
}
