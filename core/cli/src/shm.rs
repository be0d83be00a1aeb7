//! `metrion shm`: files of registries that processes share.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use metrion::exposition::{EncodeOptions, Format, Syntax};
use metrion::{Error, ErrorCode, NameFilter, Registry, RegistryOptions, Segment, SegmentReport};

use crate::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the shared registries in a folder.
    List {
        /// The folder.
        #[arg(default_value = "/dev/shm")]
        folder: PathBuf,
    },
    /// Print the metrics of a registry. No process needs to have it.
    Dump {
        #[command(flatten)]
        file: File,
        /// In which format.
        #[arg(long, value_enum, default_value_t = Shown::Text)]
        format: Shown,
    },
    /// Tell how full a registry is, who writes to it, and whether it is damaged.
    Check {
        #[command(flatten)]
        file: File,
    },
    /// Remove a registry that no process has open.
    Remove {
        #[command(flatten)]
        file: File,
        /// Also when processes have it: they go on by themselves, and new ones begin a new registry.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct File {
    /// The registry's file; without it, what the environment variable METRION_SHARED says.
    path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shown {
    /// Prometheus' text format.
    Text,
    /// OpenMetrics 1.0.
    Openmetrics,
    Json,
}

impl File {
    fn path(self) -> Result<PathBuf, Error> {
        let named = self.path.or_else(|| std::env::var_os("METRION_SHARED").map(PathBuf::from));
        named.filter(|path| !path.as_os_str().is_empty()).ok_or_else(|| {
            let message = "name the registry's file, or set METRION_SHARED";
            Error::new(ErrorCode::InvalidValue, message)
        })
    }
}

impl Command {
    /// The exit status is 1 when something is damaged.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        match self {
            Self::List { folder } => list(&folder, out),
            Self::Dump { file, format } => dump(&file.path()?, format, out),
            Self::Check { file } => check(&file.path()?, out),
            Self::Remove { file, force } => remove(&file.path()?, force, out),
        }
    }
}

fn list(folder: &Path, out: &mut dyn Write) -> Result<u8, Failure> {
    let cannot =
        |error| Error::io(format_args!("cannot read the folder {}", folder.display()), &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    let mut rows = Vec::new();
    for path in paths {
        // What is no registry of this user is not listed.
        let Ok(segment) = Segment::look(&path) else { continue };
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.blocks() * 512);
        let report = segment.report();
        let (families, series) = counts(segment);
        rows.push([
            path.display().to_string(),
            families.to_string(),
            series.to_string(),
            live_processes(&report).to_string(),
            mib(bytes as usize),
        ]);
    }
    if rows.is_empty() {
        writeln!(out, "there is no shared registry of yours in {}", folder.display())?;
        return Ok(0);
    }
    table(["FILE", "FAMILIES", "SERIES", "PROCESSES", "MEMORY"], &rows, out)?;
    Ok(0)
}

fn counts(segment: std::sync::Arc<Segment>) -> (usize, usize) {
    let registry = Registry::from_segment(segment, RegistryOptions::default());
    let families = registry.snapshot(&NameFilter::all()).families;
    (families.len(), families.iter().map(metrion::FamilySnapshot::len).sum())
}

fn live_processes(report: &SegmentReport) -> usize {
    let live = report.slabs.iter().filter(|slab| slab.is_live).map(|slab| slab.process);
    live.collect::<std::collections::BTreeSet<u32>>().len()
}

fn dump(path: &Path, format: Shown, out: &mut dyn Write) -> Result<u8, Failure> {
    let registry = Registry::from_segment(Segment::look(path)?, RegistryOptions::default());
    let syntax = match format {
        Shown::Text => Syntax::Text,
        Shown::Openmetrics => Syntax::OpenMetrics,
        Shown::Json => Syntax::Json,
    };
    let mut page = Vec::new();
    let snapshot = registry.snapshot(&NameFilter::all());
    let faults =
        Format { syntax, escaping: None }.encode(&snapshot, EncodeOptions::default(), &mut page);
    out.write_all(&page)?;
    faults.into_iter().next().map_or(Ok(0), |fault| Err(fault.into()))
}

fn check(path: &Path, out: &mut dyn Write) -> Result<u8, Failure> {
    let segment = Segment::look(path)?;
    let report = segment.report();
    let is_in_use = segment.is_in_use();
    let (families, series) = counts(segment);
    writeln!(out, "{}: {families} families with {series} series", path.display())?;
    for (what, (used, most)) in [
        ("families, series and their parts", report.entries),
        ("words of names and labels", report.key_words),
        ("cells", report.cells),
    ] {
        let percent = used as f64 / most.max(1) as f64 * 100.0;
        writeln!(out, "  {used} of {most} {what} are used ({percent:.1} %)")?;
    }
    if report.overflowed > 0 {
        writeln!(out, "  {} updates went to overflow series, or nowhere", report.overflowed)?;
    }
    if report.invalid > 0 {
        writeln!(out, "  {} updates were dropped because of their value", report.invalid)?;
    }
    if report.slabs.is_empty() {
        writeln!(out, "  nobody has written to it")?;
    } else {
        let rows: Vec<[String; 5]> = report
            .slabs
            .iter()
            .map(|slab| {
                [
                    format!("  {}", slab.number),
                    slab.process.to_string(),
                    if slab.is_live { "there" } else { "ended" }.to_owned(),
                    if slab.is_of_process { "process" } else { "writer" }.to_owned(),
                    mib(slab.bytes),
                ]
            })
            .collect();
        table(["  SLAB", "PROCESS", "IS", "OF A", "MEMORY"], &rows, out)?;
    }
    writeln!(
        out,
        "  {}",
        if is_in_use { "processes have it open" } else { "no process has it open" }
    )?;
    if report.damaged > 0 {
        writeln!(out, "  DAMAGED: {} entries cannot be read and are left out", report.damaged)?;
        return Ok(1);
    }
    writeln!(out, "  good")?;
    Ok(0)
}

fn remove(path: &Path, force: bool, out: &mut dyn Write) -> Result<u8, Failure> {
    match Segment::look(path) {
        Ok(segment) if segment.is_in_use() && !force => {
            let message =
                format!("processes have {} open; end them first, or take --force", path.display());
            return Err(Error::new(ErrorCode::Unsupported, message).into());
        }
        Ok(_) => {}
        // A registry that cannot be read is one all the same.
        Err(error) if force && error.code() == ErrorCode::OtherVersion => {}
        Err(error) => return Err(error.into()),
    }
    let cannot = |error| Error::io(format_args!("cannot remove {}", path.display()), &error);
    fs::remove_file(path).map_err(cannot)?;
    writeln!(out, "removed {}", path.display())?;
    Ok(0)
}

fn mib(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Columns as wide as their widest text.
fn table(head: [&str; 5], rows: &[[String; 5]], out: &mut dyn Write) -> Result<(), Failure> {
    let head = head.map(str::to_owned);
    let width = |column: usize| {
        let texts = rows.iter().chain([&head]).filter_map(|row| row.get(column));
        texts.map(|text| text.chars().count()).max().unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    for row in [&head].into_iter().chain(rows) {
        let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
