"""What a series takes, beside prometheus_client.

    python bindings-python/bench/memory.py [--repeats 3]

Each figure is of a process of its own: the resident memory that making the series added, divided by
their number. Printed are medians.
"""

import argparse
import gc
import importlib
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OURS, PEER = "metrion", "prometheus_client"
BOUNDS = [0.001 * 2**place for place in range(14)]  # and the one to infinity
LABELS = ["method", "path", "status"]


def make_counters(package: Any, registry: Any, count: int) -> None:
    counter = package.Counter("requests", "Requests.", LABELS, registry=registry)
    for number in range(count):
        counter.labels(*labels(number)).inc()


def make_histograms(package: Any, registry: Any, count: int) -> None:
    histogram = package.Histogram("took", "Took.", LABELS, buckets=BOUNDS, registry=registry)
    for number in range(count):
        histogram.labels(*labels(number)).observe(number * 0.001)


def labels(number: int) -> tuple[str, str, str]:
    method = ("GET", "POST", "PUT", "DELETE")[number % 4]
    status = ("200", "404", "500", "503", "201")[number % 5]
    return method, f"/api/v1/items/{number}", status


@dataclass
class Case:
    title: str
    count: int
    make: Callable[[Any, Any, int], None]


CASES = {
    "memory_counter": Case("100k counters with 3 labels", 100_000, make_counters),
    "memory_histogram": Case("10k histograms of 15 buckets with 3 labels", 10_000, make_histograms),
}


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure(case: Case, package: Any) -> float:
    """Bytes for each series, in this process."""
    registry = package.CollectorRegistry()
    # What the first series of a type brings along does not count.
    case.make(package, package.CollectorRegistry(), 1)
    gc.collect()
    before = resident()
    case.make(package, registry, case.count)
    gc.collect()
    return (resident() - before) / case.count


def measure_elsewhere(id: str, package: str) -> float:
    command = [sys.executable, __file__, "--measure", id, package]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def row(id: str, repeats: int) -> dict[str, Any]:
    """The shape that core/benches/table.py reads."""
    pairs = [(measure_elsewhere(id, OURS), measure_elsewhere(id, PEER)) for _ in range(repeats)]
    ours, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = [theirs / own for own, theirs in pairs]
    return {
        "id": f"python_{id}",
        "title": f"Python: memory of a series, {CASES[id].title}",
        "ours_bytes": round(ours),
        "peer": PEER,
        "peer_version": importlib.metadata.version(PEER),
        "peer_bytes": round(peer),
        "ratio": round(peer / ours, 2),
        "ratio_min": round(min(ratios), 2),
        "ratio_max": round(max(ratios), 2),
        "goal": None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "target/bench/python_memory.json")
    parser.add_argument("--measure", nargs=2, metavar=("CASE", "PACKAGE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        id, package = options.measure
        print(measure(CASES[id], importlib.import_module(package)))
        return

    rows = [row(id, options.repeats) for id in CASES]
    for r in rows:
        print(
            f"{r['title']:75}{r['ours_bytes']:>6} B{r['peer_bytes']:>7} B"
            f"{r['ratio']:>7.1f}x  {r['ratio_min']:.1f}..{r['ratio_max']:.1f}x"
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
