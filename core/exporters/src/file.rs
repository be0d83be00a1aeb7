//! Writing metrics to a file, for the node exporter's textfile collector and the like.
//!
//! ```
//! use metrion_exporters::file::{FileOptions, write};
//! use metrion_model::{NameFilter, Snapshot};
//!
//! # let path = std::env::temp_dir().join(format!("metrion-doc-{}.prom", std::process::id()));
//! let source = |_: &NameFilter| Snapshot::default();
//! write(&source, &FileOptions::new(&path))?;
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), metrion_model::Error>(())
//! ```

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use metrion_exposition::{EncodeOptions, Format};
use metrion_model::{Error, ErrorCode, NameFilter, Result};

use crate::Scrape;

/// Which file is written, and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileOptions {
    /// The file. The node exporter reads those whose names end with `.prom`.
    pub path: PathBuf,
    /// Where the new content is written before it takes the file's place: the file's own folder by
    /// default. It must be on the same file system.
    pub temporary_folder: Option<PathBuf>,
    /// The format: text by default.
    pub format: Format,
    /// What the format may leave out or write in more than one way.
    pub encode: EncodeOptions,
}

impl FileOptions {
    /// The text format, written beside the file.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            temporary_folder: None,
            format: Format::default(),
            encode: EncodeOptions::default(),
        }
    }
}

/// Collects all metrics and writes them. Whoever reads the file sees the old content or the new one,
/// never a part; when it fails, the file is as it was, and nothing is left beside it. The file's mode
/// is what the process' umask leaves of a new file's.
///
/// # Errors
/// `io` when the operating system refuses, `invalid_value` for a path without a file's name.
pub fn write(source: &dyn Scrape, options: &FileOptions) -> Result<()> {
    let mut page = Vec::new();
    options.format.encode(&source.scrape(&NameFilter::all()), options.encode, &mut page);
    write_page(&page, options)
}

/// The same with metrics that are encoded already.
///
/// # Errors
/// As for [`write()`].
pub fn write_page(page: &[u8], options: &FileOptions) -> Result<()> {
    let FileOptions { path, temporary_folder, .. } = options;
    let name = path.file_name().ok_or_else(|| {
        let message = format!("{:?} is no name of a file", path.display().to_string());
        Error::new(ErrorCode::InvalidValue, message)
    })?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let temporary = temporary_folder.as_deref().unwrap_or(beside).join(temporary_name(name));
    let written = fs::write(&temporary, page).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // What could not be made, or is in its place already, cannot be removed.
        let _ = fs::remove_file(&temporary);
        Error::io(format_args!("cannot write {}", path.display()), &error)
    })
}

/// A name that no other write has, and that does not end with `.prom`.
fn temporary_name(name: &OsStr) -> std::ffi::OsString {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let mut own = name.to_owned();
    own.push(format!(".{}.{}", process::id(), WRITES.fetch_add(1, Ordering::Relaxed)));
    own
}
