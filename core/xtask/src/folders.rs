//! Folders of generated files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Result;

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Calls `with` with an empty folder, which is gone afterwards.
pub(crate) fn temporary<T>(with: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let (process, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(format!("metrion-generated-{process}-{number}"));
    fs::create_dir_all(&folder)?;
    let given = with(&folder);
    fs::remove_dir_all(&folder)?;
    given
}

/// Fails when the folder `checked_in` of the repository has not the same files as `fresh`.
pub(crate) fn compare(fresh: &Path, checked_in: &Path) -> Result<()> {
    let folder = repository().join(checked_in);
    let (expected, found) = (names(fresh)?, names(&folder)?);
    let shown = checked_in.display();
    if expected != found {
        return Err(format!("{shown} has {found:?}, not {expected:?}: make generate").into());
    }
    for name in expected {
        if fs::read(fresh.join(&name))? != fs::read(folder.join(&name))? {
            return Err(format!("{shown}/{name} is stale: make generate").into());
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
    fn what_differs_is_named() {
        temporary(|fresh| {
            temporary(|checked_in| {
                let difference = || compare(fresh, checked_in).unwrap_err().to_string();
                fs::write(fresh.join("a.rs"), "new")?;
                let missing = difference();
                assert!(missing.contains(r#"has [], not ["a.rs"]"#), "{missing}");
                fs::write(checked_in.join("a.rs"), "old")?;
                let stale = difference();
                assert!(stale.contains("a.rs is stale: make generate"), "{stale}");
                fs::write(checked_in.join("a.rs"), "new")?;
                compare(fresh, checked_in)?;
                fs::write(checked_in.join("b.rs"), "")?;
                let more = difference();
                assert!(more.contains(r#"has ["a.rs", "b.rs"], not ["a.rs"]"#), "{more}");
                Ok(())
            })
        })
        .unwrap();
    }
}
