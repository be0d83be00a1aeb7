//! Measures all rows and writes `target/bench/rust.json`. Arguments: parts of the ids of the rows to
//! measure; none for all.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use metrion_benches::ROWS;
use metrion_benches::side_by_side::measure;

fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let mut figures = Vec::new();
    for (id, row) in ROWS {
        if !wanted.is_empty() && !wanted.iter().any(|part| id.contains(part)) {
            continue;
        }
        for figure in measure(id, &row()) {
            println!(
                "{:<50} {:>12.1} ns {:>8.2} M/s {:>13.1} ns {:<28} {:>7.2}x {:>7.2}..{:<7.2} {}",
                figure.title,
                figure.ours_ns,
                1e3 / figure.ours_ns,
                figure.peer_ns,
                figure.peer,
                figure.ratio,
                figure.ratio_min,
                figure.ratio_max,
                figure.goal.map(|goal| format!("goal {goal}")).unwrap_or_default(),
            );
            figures.push(figure);
        }
    }
    if wanted.is_empty() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
        fs::create_dir_all(&folder).unwrap();
        let json = serde_json::json!({ "rows": figures });
        fs::write(folder.join("rust.json"), serde_json::to_vec_pretty(&json).unwrap()).unwrap();
    }
}
