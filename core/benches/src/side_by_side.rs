//! Measuring by turns: every round runs each case of a row once, so that a ratio compares two
//! measurements of the same moment, whatever else the machine does.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{Peer, Row, Run};

/// How long one measurement takes: short, so that it often finds the machine quiet.
const SAMPLE: Duration = Duration::from_millis(10);
/// How long all rounds of one row may take, within the number of them below.
const BUDGET: Duration = Duration::from_secs(4);
const ROUNDS: std::ops::RangeInclusive<usize> = 7..=25;

/// A measurement counts only if its threads ran for at least this part of it.
const QUIET: f64 = 0.98;
const ATTEMPTS: u32 = 15;
const PAUSE: Duration = Duration::from_millis(20);

/// What is said of one peer in one row.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Names the row for machines.
    pub id: String,
    /// Names it for people.
    pub title: String,
    /// The median of Metrion's times, in nanoseconds, as one of the threads sees it.
    pub ours_ns: f64,
    /// The other crate, or what else it is compared with.
    pub peer: &'static str,
    /// The version of that crate; empty for what is none.
    pub peer_version: &'static str,
    /// The median of the peer's times.
    pub peer_ns: f64,
    /// The median of the rounds' ratios: the peer's time divided by Metrion's.
    pub ratio: f64,
    /// The lowest of them.
    pub ratio_min: f64,
    /// The highest.
    pub ratio_max: f64,
    /// What the ratio should be at least.
    pub goal: Option<f64>,
}

/// Measures a row with each of its numbers of threads that this machine has cores for.
#[must_use]
pub fn measure(id: &str, row: &Row) -> Vec<Figure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let possible = row.threads.iter().enumerate().filter(|(_, threads)| **threads <= cores);
    possible.flat_map(|(i, threads)| measure_with(id, row, i, *threads)).collect()
}

fn measure_with(id: &str, row: &Row, nth: usize, threads: usize) -> Vec<Figure> {
    let runs: Vec<&Run> = [&row.ours].into_iter().chain(row.peers.iter().map(|p| &p.run)).collect();
    let times: Vec<u64> = runs.iter().map(|run| times_for_a_sample(run, threads)).collect();
    let round = || -> Vec<f64> {
        runs.iter().zip(&times).map(|(run, times)| quiet_sample(run, threads, *times)).collect()
    };
    let start = Instant::now();
    let mut rounds = Vec::new();
    while rounds.len() < *ROUNDS.start() || rounds.len() < *ROUNDS.end() && start.elapsed() < BUDGET
    {
        rounds.push(round());
    }
    let columns = (0..runs.len()).map(|i| rounds.iter().filter_map(move |r| r.get(i).copied()));
    let mut columns = columns.map(Iterator::collect::<Vec<f64>>);
    let ours = columns.next().unwrap_or_default();
    let figure = |(peer, theirs): (&Peer, Vec<f64>)| {
        let ratios: Vec<f64> =
            theirs.iter().zip(&ours).map(|(theirs, ours)| theirs / ours).collect();
        Figure {
            id: format!("{id}_{threads}/{}", peer.name),
            title: if row.threads.len() == 1 {
                row.title.to_owned()
            } else {
                format!("{}, {threads} thread{}", row.title, if threads == 1 { "" } else { "s" })
            },
            ours_ns: median(&ours),
            peer: peer.name,
            peer_version: version(peer.name),
            peer_ns: median(&theirs),
            ratio: median(&ratios),
            ratio_min: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            ratio_max: ratios.iter().copied().fold(0.0, f64::max),
            goal: peer.goals.get(nth).copied(),
        }
    };
    row.peers.iter().zip(columns).map(figure).collect()
}

fn times_for_a_sample(run: &Run, threads: usize) -> u64 {
    let mut times = 1;
    loop {
        let spent = on_threads(run, threads, times).0;
        if spent * 4 > SAMPLE {
            return ((times as f64 * SAMPLE.div_duration_f64(spent)) as u64).max(1);
        }
        times *= 4;
    }
}

/// Nanoseconds for each time.
fn quiet_sample(run: &Run, threads: usize, times: u64) -> f64 {
    let mut best = (Duration::MAX, 0.0);
    for _ in 0..ATTEMPTS {
        let (spent, running) = on_threads(run, threads, times);
        if running > best.1 {
            best = (spent, running);
        }
        if running >= QUIET {
            break;
        }
        thread::sleep(PAUSE);
    }
    best.0.as_nanos() as f64 / times as f64
}

/// Runs a case on that many threads at once, each on a core of its own. The mean of their times, and
/// the part of its time that the thread that had least of it was running.
#[must_use]
pub fn on_threads(run: &Run, threads: usize, times: u64) -> (Duration, f64) {
    if threads == 1 {
        return with_share(run, times);
    }
    let ready = AtomicUsize::new(0);
    let results: Vec<(Duration, f64)> = thread::scope(|scope| {
        let spawn = |core| {
            let ready = &ready;
            scope.spawn(move || {
                cpu::stay_on(core);
                run(times / 50 + 1);
                // Not a barrier that sleeps: on a busy machine one thread would wake up when the
                // other is done, and nothing would be contended.
                ready.fetch_add(1, Ordering::AcqRel);
                while ready.load(Ordering::Acquire) < threads {
                    spin_loop();
                }
                with_share(run, times)
            })
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    let sum: Duration = results.iter().map(|(spent, _)| *spent).sum();
    let share = results.iter().map(|(_, share)| *share).fold(1.0, f64::min);
    (sum / threads as u32, share)
}

fn with_share(run: &Run, times: u64) -> (Duration, f64) {
    let (start, cpu_start) = (Instant::now(), cpu::time());
    let spent = run(times);
    let cpu = cpu::time().zip(cpu_start).map(|(end, start)| end - start);
    let share = cpu.map_or(1.0, |cpu| cpu.div_duration_f64(start.elapsed()));
    (spent, share)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The version of a crate that this was built with.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let package = lock.split("[[package]]").find(|p| p.contains(&format!("\nname = \"{name}\"\n")));
    let version = package.and_then(|p| p.split_once("\nversion = \"")?.1.split_once('"'));
    version.map_or("", |(version, _)| version)
}

#[cfg(unix)]
mod cpu {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    /// For how long the calling thread has been running.
    pub(super) fn time() -> Option<Duration> {
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
    }

    /// Keeps the calling thread on the `nth` of the cores that it may use.
    #[cfg(target_os = "linux")]
    pub(super) fn stay_on(nth: usize) {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

        let Ok(allowed) = sched_getaffinity(None) else {
            return;
        };
        let mut one = CpuSet::new();
        if let Some(core) = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).nth(nth) {
            one.set(core);
            // Where it is refused the threads run wherever they do.
            let _refused = sched_setaffinity(None, &one);
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn stay_on(_nth: usize) {}
}

#[cfg(not(unix))]
mod cpu {
    pub(super) fn time() -> Option<std::time::Duration> {
        None
    }

    pub(super) fn stay_on(_nth: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_the_lock_file() {
        assert!(version("prometheus").starts_with("0.14"));
        assert_eq!(version("no such crate"), "");
    }

    #[test]
    fn the_middle_one() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert!(median(&[]).is_nan());
    }
}
