"""Times metrion beside prometheus_client: one process, one run, interleaved.

Every round measures every case for both packages, one right after the other, so
a ratio compares measurements of the same moment. Printed are medians over the
rounds, their ratio, and the lowest and highest ratio of a single round.
"""

import argparse
import gc
import importlib
import importlib.metadata
import itertools
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

# prometheus_client chooses its storage at import; its usual one is meant here.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

PEER = "prometheus_client"
ROOT = Path(__file__).resolve().parents[2]
LEAST_CPU_SHARE = 0.97  # below it, another process had the core meanwhile
RETRIES = 5

Loop = Callable[[Iterable[None]], None]


@dataclass
class Case:
    """One statement, timed with the names that `setup` makes for it."""

    id: str
    title: str
    goal: float | None
    statement: str
    setup: Callable[[Any], dict[str, Any]]
    # Nanoseconds for one run of the statement, a list of rounds per package.
    times: dict[str, list[float]] = field(default_factory=dict)


def unlabelled(package: Any) -> dict[str, Any]:
    registry = package.CollectorRegistry()
    return {
        "counter": package.Counter("plain", "Plain.", registry=registry),
        "gauge": package.Gauge("level", "Level.", registry=registry),
        "histogram": package.Histogram("took_seconds", "Took.", registry=registry),
        "summary": package.Summary("size_bytes", "Size.", registry=registry),
    }


def labelled(package: Any) -> dict[str, Any]:
    registry = package.CollectorRegistry()
    names = ["method", "path"]
    requests = package.Counter("requests", "Requests.", names, registry=registry)
    took = package.Histogram("took_seconds", "Took.", names, registry=registry)
    size = package.Summary("size_bytes", "Size.", names, registry=registry)
    for path in ("/x", "/y", "/z"):
        requests.labels("GET", path)
        took.labels("GET", path)
        size.labels("GET", path)
    child = requests.labels("GET", "/x")
    return {"requests": requests, "took": took, "size": size, "child": child}


def big_registry(package: Any) -> dict[str, Any]:
    registry = package.CollectorRegistry()
    requests = package.Counter(
        "requests", "Requests.", ["method", "path", "status"], registry=registry
    )
    for number in range(10_000):
        method = ("GET", "POST", "PUT", "DELETE")[number % 4]
        status = ("200", "404", "500", "503", "201")[number % 5]
        requests.labels(method, f"/api/v1/items/{number}", status).inc(number)
    return {"generate_latest": package.generate_latest, "registry": registry}


def cases() -> list[Case]:
    return [
        Case("python_counter_inc", "Counter.inc()", 30, "counter.inc()", unlabelled),
        Case("python_child_inc", "child.inc()", 30, "child.inc()", labelled),
        Case(
            "python_labels_inc",
            "labels('GET', '/x').inc()",
            35,
            "requests.labels('GET', '/x').inc()",
            labelled,
        ),
        Case(
            "python_keyword_labels_inc",
            "labels(method='GET', path='/x').inc()",
            35,
            "requests.labels(method='GET', path='/x').inc()",
            labelled,
        ),
        Case("python_gauge_set", "Gauge.set(2.5)", None, "gauge.set(2.5)", unlabelled),
        Case(
            "python_observe",
            "Histogram.observe(0.3)",
            50,
            "histogram.observe(0.3)",
            unlabelled,
        ),
        Case(
            "python_labels_observe",
            "labels('GET', '/x').observe(0.3)",
            None,
            "took.labels('GET', '/x').observe(0.3)",
            labelled,
        ),
        # A sum and a count, which is all that prometheus_client's has.
        Case("python_summary", "Summary.observe(0.3)", None, "summary.observe(0.3)", unlabelled),
        Case(
            "python_labels_summary",
            "labels('GET', '/x').observe(0.3), Summary",
            None,
            "size.labels('GET', '/x').observe(0.3)",
            labelled,
        ),
        Case(
            "python_scrape_10k",
            "generate_latest(), 10k series",
            500,
            "generate_latest(registry)",
            big_registry,
        ),
    ]


def compile_loop(statement: str, names: dict[str, Any]) -> Loop:
    """A function that runs the statement once for each item it is given."""
    arguments = "".join(f", {name}={name}" for name in names)
    source = f"def loop(rounds{arguments}):\n    for _ in rounds:\n        {statement}\n"
    scope = dict(names)
    exec(source, scope)  # noqa: S102 - a call per pass would be timed as well
    loop: Loop = scope["loop"]
    return loop


def once(loop: Loop, count: int) -> tuple[float, float]:
    """Wall time in ns of `count` passes, and the share of it that we had a CPU."""
    rounds = itertools.repeat(None, count)
    cpu = time.process_time_ns()
    wall = time.perf_counter_ns()
    loop(rounds)
    wall = time.perf_counter_ns() - wall
    cpu = time.process_time_ns() - cpu
    return wall, cpu / wall


class Clock:
    """Times loops, leaving out what the bare loop takes."""

    def __init__(self, sample_ns: float) -> None:
        self.sample_ns = sample_ns
        self.disturbed = 0
        self.empty = compile_loop("pass", {})
        self.empty_count = self.fitting_count(self.empty)

    def fitting_count(self, loop: Loop) -> int:
        """How many passes fill one sample."""
        count = 1
        while True:
            wall, _ = once(loop, count)
            if wall >= self.sample_ns / 8:
                return max(1, round(count * self.sample_ns / wall))
            count *= 4

    def per_pass(self, loop: Loop, count: int) -> float:
        """ns of one pass; taken again when something else used the core."""
        samples = []
        for _ in range(RETRIES):
            wall, share = once(loop, count)
            if share >= LEAST_CPU_SHARE:
                return wall / count
            samples.append((share, wall / count))
        self.disturbed += 1
        return max(samples)[1]

    def overhead(self) -> float:
        return self.per_pass(self.empty, self.empty_count)


def check_same_scrape(ours: ModuleType, peer: ModuleType) -> None:
    """A faster scrape must not be one that leaves lines out."""

    def lines(package: Any) -> int:
        names = big_registry(package)
        return len(names["generate_latest"](names["registry"]).splitlines())

    if (got := lines(ours)) != (wanted := lines(peer)):
        raise SystemExit(f"scrapes differ: {got} lines against {wanted}")


def measure(ours: ModuleType, peer: ModuleType, rounds: int, clock: Clock) -> list[Case]:
    measured = cases()
    plans: list[tuple[Case, list[tuple[str, Loop, int]]]] = []
    for case in measured:
        sides = []
        for side, package in (("ours", ours), ("peer", peer)):
            loop = compile_loop(case.statement, case.setup(package))
            case.times[side] = []
            sides.append((side, loop, clock.fitting_count(loop)))
        plans.append((case, sides))

    gc.collect()
    gc.disable()
    for number in range(rounds):
        for case, sides in plans:
            overhead = clock.overhead()
            # Neither package always goes first.
            for side, loop, count in sides if number % 2 == 0 else reversed(sides):
                net = clock.per_pass(loop, count) - overhead
                case.times[side].append(max(net, 0.1))
        gc.collect()  # between rounds, never inside one
    gc.enable()
    return measured


def row(case: Case, peer_version: str) -> dict[str, Any]:
    """The shape that core/benches/table.py reads, from Rust and Python alike."""
    ours, peer = case.times["ours"], case.times["peer"]
    ratios = [theirs / own for own, theirs in zip(ours, peer, strict=True)]
    ours_ns, peer_ns = statistics.median(ours), statistics.median(peer)
    return {
        "id": case.id,
        "title": f"Python: {case.title}",
        "ours_ns": round(ours_ns, 2),
        "peer": PEER,
        "peer_version": peer_version,
        "peer_ns": round(peer_ns, 2),
        "ratio": round(peer_ns / ours_ns, 2),
        "ratio_min": round(min(ratios), 2),
        "ratio_max": round(max(ratios), 2),
        "goal": case.goal,
    }


def duration(ns: float) -> str:
    units = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6)]
    unit, size = next((unit for unit in units if ns < 1000 * unit[1]), units[-1])
    return f"{ns / size:.1f} {unit}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--sample-ms", type=float, default=25)
    parser.add_argument("--module", default="metrion", help="package to measure as ours")
    parser.add_argument("--out", type=Path, default=ROOT / "target/bench/python.json")
    options = parser.parse_args()

    ours, peer = importlib.import_module(options.module), importlib.import_module(PEER)
    # Without it the peer's pages have a `_created` line beside each line, and take twice the time.
    peer.disable_created_metrics()
    distribution = options.module.partition(".")[0]
    version = importlib.metadata.version(distribution)
    peer_version = importlib.metadata.version(PEER)
    check_same_scrape(ours, peer)

    clock = Clock(options.sample_ms * 1e6)
    rows = [row(c, peer_version) for c in measure(ours, peer, options.rounds, clock)]

    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{distribution} {version} beside {PEER} {peer_version}, {python}")
    print(f"{options.rounds} rounds, {clock.disturbed} samples disturbed by other processes")
    print(f"\n{'':50}{'metrion':>12}{'peer':>12}{'ratio':>9}{'spread':>18}  goal")
    for r in rows:
        reached = "" if r["goal"] is None or r["ratio"] >= r["goal"] else "  not reached"
        goal = "" if r["goal"] is None else f"{r['goal']}x"
        spread = f"{r['ratio_min']:.1f}..{r['ratio_max']:.1f}x"
        print(
            f"{r['title']:50}{duration(r['ours_ns']):>12}{duration(r['peer_ns']):>12}"
            f"{r['ratio']:>8.1f}x{spread:>18}  {goal}{reached}"
        )

    options.out.parent.mkdir(parents=True, exist_ok=True)
    report = {"ours_version": version, "runtime": python, "rows": rows}
    options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
