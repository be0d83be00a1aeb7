//! `bindings-node/api`, the public declarations of the Node binding. tsc makes them of its sources, and
//! `bindings-node/scripts/api.mjs` one file of those of an entry point.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::folders::{compare, repository, temporary};

const CHECKED_IN: &str = "bindings-node/api";

/// Writes the declarations into the folder where they are checked in.
pub(crate) fn generate() -> Result<()> {
    generate_into(&repository().join(CHECKED_IN))
}

/// Fails when the checked-in declarations are not what would be generated now.
pub(crate) fn check() -> Result<()> {
    temporary(|fresh| {
        generate_into(fresh)?;
        compare(fresh, CHECKED_IN.as_ref())
    })
}

fn generate_into(folder: &Path) -> Result<()> {
    let binding = repository().join("bindings-node");
    if !binding.join("node_modules").exists() {
        return Err("bindings-node/node_modules is missing: make generate installs it".into());
    }
    let done = Command::new("npm")
        .args(["run", "--silent", "api", "--"])
        .arg(folder)
        .current_dir(binding)
        .status()
        .map_err(|error| format!("npm: {error}"))?;
    if done.success() { Ok(()) } else { Err("npm run api failed in bindings-node".into()) }
}
