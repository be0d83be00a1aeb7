//! Rust code for the files in `core/proto/proto`, by prost. protox compiles them, so that protoc need
//! not be installed.

use std::path::Path;

use crate::Result;
use crate::folders::{compare, repository, temporary};

/// The files, below `core/proto/proto`.
const FILES: [&str; 1] = ["io/prometheus/client/metrics.proto"];

const CHECKED_IN: &str = "core/proto/src/generated";

/// Writes the generated files into the folder where they are checked in.
pub(crate) fn generate() -> Result<()> {
    generate_into(&repository().join(CHECKED_IN))
}

/// Fails when a checked-in file is not what would be generated now.
pub(crate) fn check() -> Result<()> {
    temporary(|fresh| {
        generate_into(fresh)?;
        compare(fresh, CHECKED_IN.as_ref())
    })
}

fn generate_into(folder: &Path) -> Result<()> {
    let include = repository().join("core/proto/proto");
    let files = protox::compile(FILES, [&include])?;
    prost_build::Config::new().out_dir(folder).compile_fds(files)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_code_is_fresh() {
        check().unwrap();
    }
}
