//! What Kotlin, Ruby and Swift need to call the library of `bindings-c/uniffi`: uniffi's macros leave a
//! description in the built library, from which its generator writes their sources.

use std::path::Path;

use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate as write_sources};

use crate::Result;

/// Writes the sources for one language into a folder.
pub(crate) fn generate(library: &str, language: &str, folder: &str) -> Result<()> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindings-c/uniffi/uniffi.toml");
    write_sources(GenerateOptions {
        languages: vec![target(language)?],
        source: library.into(),
        out_dir: folder.into(),
        config_override: Some(config.try_into()?),
        ..GenerateOptions::default()
    })?;
    Ok(())
}

fn target(language: &str) -> Result<TargetLanguage> {
    match language {
        "kotlin" => Ok(TargetLanguage::Kotlin),
        "ruby" => Ok(TargetLanguage::Ruby),
        "swift" => Ok(TargetLanguage::Swift),
        _ => Err(format!("{language:?} is not kotlin, ruby or swift").into()),
    }
}
