//! Reading `/proc`, or a folder that looks like it.
//!
//! Of the crate `procfs` this takes what a page of memory and a tick are, and the parser of `stat`. The
//! rest is one line of a file each, where the crate wants all lines that it knows to be there.

use std::fs;
use std::path::Path;

use procfs::FromRead;
use procfs::process::Stat;

use super::Readings;

/// The readings of the process that this folder tells of. The file `status` is read for details only.
pub(super) fn readings(folder: &Path, boot_time: Option<f64>, details: bool) -> Readings {
    let stat = Stat::from_file(folder.join("stat")).ok();
    let stat = stat.as_ref();
    let kilobytes = details.then(|| word_after("VmData:", &folder.join("status"))).flatten();
    let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
    [
        stat.map(|stat| stat.vsize as f64),
        stat.map(|stat| stat.rss as f64 * procfs::page_size() as f64),
        stat.zip(boot_time).map(|(stat, boot_time)| seconds(stat.starttime) + boot_time),
        stat.map(|stat| seconds(stat.utime.saturating_add(stat.stime))),
        fs::read_dir(folder.join("fd")).ok().map(|files| files.count() as f64),
        word_after("Max open files", &folder.join("limits")).and_then(|limit| number(&limit)),
        stat.map(|stat| seconds(stat.utime)),
        stat.map(|stat| seconds(stat.stime)),
        kilobytes.and_then(|kilobytes| number(&kilobytes)).map(|kilobytes| kilobytes * 1024.0),
    ]
}

/// When the machine was started, in Unix seconds.
pub(super) fn boot_time(proc: &Path) -> Option<f64> {
    word_after("btime", &proc.join("stat")).and_then(|seconds| number(&seconds))
}

/// The first word that follows `key` in the line of a file that begins with it.
fn word_after(key: &str, file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_whitespace().next().map(str::to_owned)
}

fn number(word: &str) -> Option<f64> {
    if word == "unlimited" { Some(f64::INFINITY) } else { word.parse().ok() }
}
