//! `bindings-c/include/metrion.h`, by cbindgen from the exported functions of `bindings-c`.

use std::fs;
use std::path::PathBuf;

use crate::Result;
use crate::folders::repository;

fn binding() -> PathBuf {
    repository().join("bindings-c")
}

fn checked_in() -> PathBuf {
    binding().join("include/metrion.h")
}

/// Writes the header to where it is checked in.
pub(crate) fn generate() -> Result<()> {
    Ok(fs::write(checked_in(), header()?)?)
}

/// Fails when the checked-in header is not what would be generated now.
pub(crate) fn check() -> Result<()> {
    compare(&fs::read(checked_in())?, &header()?)
}

fn header() -> Result<Vec<u8>> {
    let folder = binding();
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    // Not with the crate, which would run cargo. From this file it reads all modules, each once.
    let builder = cbindgen::Builder::new().with_config(config).with_src(folder.join("src/lib.rs"));
    let mut header = Vec::new();
    builder.generate()?.write(&mut header);
    Ok(header)
}

fn compare(found: &[u8], expected: &[u8]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err("bindings-c/include/metrion.h is stale: make generate".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_header_is_fresh() {
        check().unwrap();
    }

    #[test]
    fn each_function_is_declared_once() {
        let header = String::from_utf8(header().unwrap()).unwrap();
        // A function, or the type of one: `typedef void (*name)(...)`.
        let declaration = |line: &str| {
            let parts = line.split_once(")(").or_else(|| line.split_once('('));
            parts.map(|(start, _)| start.to_owned())
        };
        let is_code = |line: &&str| !line.starts_with([' ', '/', '#']);
        let mut seen = std::collections::HashSet::new();
        for start in header.lines().filter(is_code).filter_map(declaration) {
            assert!(seen.insert(start.clone()), "{start} is there twice");
        }
        assert!(seen.len() > 40);
    }

    #[test]
    fn a_stale_header_is_found() {
        let header = String::from_utf8(header().unwrap()).unwrap();
        let stale = header.replace("metrion_registry_new", "metrion_registry_make");
        assert!(compare(stale.as_bytes(), header.as_bytes()).is_err());
    }
}
