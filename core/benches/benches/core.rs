//! All rows under criterion, one case after the other: for working on the core, not for the ratios
//! that are stated.

use std::time::Duration;

use criterion::Criterion;
use metrion_benches::side_by_side::on_threads;
use metrion_benches::{ROWS, Run};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (id, row) in ROWS {
        let row = row();
        for threads in row.threads {
            let mut group = criterion.benchmark_group(format!("{id}_{threads}"));
            group.sample_size(10).measurement_time(Duration::from_secs(2));
            let mut bench = |name: &str, run: &Run| {
                group.bench_function(name, |bencher| {
                    bencher.iter_custom(|times| on_threads(run, *threads, times).0);
                });
            };
            bench("metrion", &row.ours);
            row.peers.iter().for_each(|peer| bench(peer.name, &peer.run));
            group.finish();
        }
    }
    criterion.final_summary();
}
