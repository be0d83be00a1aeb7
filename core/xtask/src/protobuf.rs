//! Rust code for the files in `core/proto/proto`, by prost. protox compiles them, so that protoc need
//! not be installed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;

/// The files, below `core/proto/proto`.
const FILES: [&str; 1] = ["io/prometheus/client/metrics.proto"];

fn proto_crate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto")
}

fn checked_in() -> PathBuf {
    proto_crate().join("src/generated")
}

/// Writes the generated files into the folder where they are checked in.
pub(crate) fn generate() -> Result<()> {
    generate_into(&checked_in())
}

/// Fails when a checked-in file is not what would be generated now.
pub(crate) fn check() -> Result<()> {
    let fresh = std::env::temp_dir().join(format!("metrion-generated-{}", std::process::id()));
    fs::create_dir_all(&fresh)?;
    let compared = generate_into(&fresh).and_then(|()| compare(&fresh, &checked_in()));
    fs::remove_dir_all(&fresh)?;
    compared
}

fn generate_into(folder: &Path) -> Result<()> {
    let include = proto_crate().join("proto");
    let files = protox::compile(FILES, [&include])?;
    prost_build::Config::new().out_dir(folder).compile_fds(files)?;
    Ok(())
}

fn compare(fresh: &Path, checked_in: &Path) -> Result<()> {
    let (expected, found) = (names(fresh)?, names(checked_in)?);
    if expected != found {
        return Err(format!("expected the files {expected:?}, found {found:?}").into());
    }
    for name in expected {
        if fs::read(fresh.join(&name))? != fs::read(checked_in.join(&name))? {
            return Err(format!(
                "core/proto/src/generated/{name} is stale: cargo run -p metrion-xtask -- generate"
            )
            .into());
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_code_is_fresh() {
        check().unwrap();
    }

    #[test]
    fn a_stale_file_is_found() {
        let folder = std::env::temp_dir().join(format!("metrion-stale-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        generate_into(&folder).unwrap();
        let file = folder.join("io.prometheus.client.rs");
        let code = fs::read_to_string(&file).unwrap();
        fs::write(&file, code.replace("created_timestamp", "made_timestamp")).unwrap();
        let stale = compare(&folder, &checked_in()).unwrap_err().to_string();
        fs::write(folder.join("other.rs"), "").unwrap();
        let more = compare(&folder, &checked_in()).unwrap_err().to_string();
        fs::remove_dir_all(&folder).unwrap();
        assert!(stale.contains("is stale"), "{stale}");
        assert!(more.contains("other.rs"), "{more}");
    }
}
