"""Registries of several processes, beside prometheus_client's files for several processes.

    python bindings-python/bench/shared.py [--rounds 15]

Eight workers have the same 5,000 series and stay alive; one more process answers scrapes, by the
same program for both packages. So do nine others, among which many workers have come and gone
before: a thousand of metrion's, and a hundred of prometheus_client's, whose scrape takes longer
with each of them. Servers that stand beside each other are asked by turns. Then how long it takes
to come to 100,000 series, and what updates cost beside those of a registry in private memory.
Printed are medians.
"""

import argparse
import importlib
import importlib.metadata
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OURS, PEER = "metrion", "prometheus_client"
WORKERS, SERIES = 8, 5_000
ENDED = {OURS: 1000, PEER: 100}
ATTACHED = 100_000


def count(package: Any, series: int, **registry: Any) -> None:
    counter = package.Counter("requests", "Requests.", ["method", "path", "status"], **registry)
    for number in range(series):
        method = ("GET", "POST", "PUT", "DELETE")[number % 4]
        status = ("200", "404", "500", "503", "201")[number % 5]
        counter.labels(method, f"/api/v1/items/{number}", status).inc()


def work(package: Any) -> None:
    """A worker: it lives until its parent has enough."""
    count(package, SERIES)
    print("ready", flush=True)
    sys.stdin.readline()


def answer(package: Any) -> None:
    """Scrapes as often as it is asked to."""
    multiprocess = importlib.import_module(f"{package.__name__}.multiprocess")
    registry = package.CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    for _ in sys.stdin:
        start = time.perf_counter_ns()
        page = package.generate_latest(registry)
        took = time.perf_counter_ns() - start
        print(took, page.count(b"\nrequests_total{"), flush=True)


def come_and_go(package: Any) -> None:
    """Has as many workers as it is told, one after another."""
    counter = package.Counter("ended", "Workers that ended.")
    counter.inc()
    for _ in range(int(sys.stdin.readline())):
        child = os.fork()
        if child == 0:
            counter.inc()
            os._exit(0)
        os.waitpid(child, 0)
    print("ended", flush=True)
    sys.stdin.readline()


@contextmanager
def process(role: str, package: str, folder: str) -> Iterator["subprocess.Popen[str]"]:
    program = subprocess.Popen(
        [sys.executable, __file__, "--role", role, package],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.communicate("" if role == "answer" else "\n")


def ask(program: "subprocess.Popen[str]", question: str) -> list[int]:
    assert program.stdin is not None and program.stdout is not None
    program.stdin.write(f"{question}\n")
    program.stdin.flush()
    return [int(number) for number in program.stdout.readline().split()]


def scrapes(servers: "Mapping[str, subprocess.Popen[str]]", rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            took, series = ask(server, "scrape")
            # A faster scrape must not be one that leaves series out.
            assert series == SERIES, (name, series)
            times[name].append(took)
    return times


def row(
    id: str, title: str, times: Mapping[str, list[float]], goal: float | None
) -> dict[str, Any]:
    """The shape that core/benches/table.py reads."""
    ours, peer = times.values()
    ratios = [theirs / own for own, theirs in zip(ours, peer, strict=True)]
    name = list(times)[1]
    return {
        "id": f"python_shared_{id}",
        "title": f"Python: {title}",
        "ours_ns": round(statistics.median(ours), 2),
        "peer": name,
        "peer_version": importlib.metadata.version(name) if name == PEER else "",
        "peer_ns": round(statistics.median(peer), 2),
        "ratio": round(statistics.median(peer) / statistics.median(ours), 2),
        "ratio_min": round(min(ratios), 2),
        "ratio_max": round(max(ratios), 2),
        "goal": goal,
    }


def serve(stack: ExitStack, package: str, ended: int, base: str) -> "subprocess.Popen[str]":
    """A process that answers for its workers, and for so many others that have ended."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(dir=base))
    for _ in range(WORKERS):
        worker = stack.enter_context(process("work", package, folder))
        assert worker.stdout is not None
        worker.stdout.readline()
    others = stack.enter_context(process("come_and_go", package, folder))
    assert others.stdin is not None and others.stdout is not None
    others.stdin.write(f"{ended}\n")
    others.stdin.flush()
    others.stdout.readline()
    return stack.enter_context(process("answer", package, folder))


def scrape_rows(rounds: int, base: str) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        none = {package: serve(stack, package, 0, base) for package in (OURS, PEER)}
        ended = {package: serve(stack, package, ENDED[package], base) for package in (OURS, PEER)}
        scrape = f"scrape of {WORKERS} processes, {SERIES:,} series"
        after = f"the same after {ENDED[OURS]} workers that ended"
        return [
            row("scrape", scrape, scrapes(none, rounds), 100),
            row("scrape_ended", f"{after} (peer: {ENDED[PEER]})", scrapes(ended, rounds), 100),
            # Two servers differ by this much that have the same to tell.
            row("ended", after, scrapes_of_many(stack, rounds, base), 0.95),
        ]


def scrapes_of_many(stack: ExitStack, rounds: int, base: str) -> dict[str, list[float]]:
    """With and without workers that ended, of several servers each: where the memory of one lies
    makes its scrapes half as long again, or not."""
    servers = {
        f"{what} {number}": serve(stack, OURS, ended, base)
        for number in range(3)
        for what, ended in (("ended", ENDED[OURS]), ("none", 0))
    }
    times = scrapes(servers, 20 * rounds)
    of = {
        what: [times[name] for name in times if name.startswith(what)] for what in ("ended", "none")
    }
    ours, peer = ([took for each in own for took in each] for own in of.values())
    return {"ended": ours, "no worker that ended": peer}


def update_rows(rounds: int, base: str) -> list[dict[str, Any]]:
    metrion = importlib.import_module(OURS)
    passes = 200_000
    statements: dict[str, tuple[str, Callable[[dict[str, Any]], Any], tuple[Any, ...]]] = {
        "inc": ("Counter.inc()", lambda made: made["counter"].inc, ()),
        "labels": ("labels('GET', '/x')", lambda made: made["labelled"].labels, ("GET", "/x")),
        "set": ("Gauge.set(2.5)", lambda made: made["gauge"].set, (2.5,)),
        "observe": ("Histogram.observe(0.3)", lambda made: made["histogram"].observe, (0.3,)),
    }

    def made(registry: Any) -> dict[str, Any]:
        return {
            "counter": metrion.Counter("c", "C.", registry=registry),
            "labelled": metrion.Counter("l", "L.", ["method", "path"], registry=registry),
            "gauge": metrion.Gauge("g", "G.", registry=registry),
            "histogram": metrion.Histogram("h", "H.", registry=registry),
        }

    def per_pass(update: Any, arguments: tuple[Any, ...]) -> float:
        start = time.perf_counter_ns()
        for _ in itertools.repeat(None, passes):
            update(*arguments)
        return (time.perf_counter_ns() - start) / passes

    with tempfile.TemporaryDirectory(dir=base) as folder:
        sides = {
            "shared": made(metrion.CollectorRegistry(shared=os.path.join(folder, "registry"))),
            "private memory": made(metrion.CollectorRegistry()),
        }
        rows = []
        for id, (title, update, arguments) in statements.items():
            times: dict[str, list[float]] = {side: [] for side in sides}
            for _ in range(rounds):
                for side, metrics in sides.items():
                    times[side].append(per_pass(update(metrics), arguments))
            # At most a tenth more.
            rows.append(row(id, f"{title} in shared memory, loop included", times, 0.9))
        return rows


def attach(path: str) -> None:
    """Prints how long a process takes to come to a registry, and for its first page."""
    metrion = importlib.import_module(OURS)
    start = time.perf_counter_ns()
    registry = metrion.CollectorRegistry(shared=path)
    opened = time.perf_counter_ns()
    page = metrion.generate_latest(registry)
    shown = time.perf_counter_ns()
    assert page.count(b"\nrequests_total{") == ATTACHED
    print(opened - start, shown - opened)


def attach_times(rounds: int, base: str) -> tuple[float, float]:
    """Milliseconds to open a registry of many series, and to give its first page."""
    metrion = importlib.import_module(OURS)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        path = os.path.join(folder, "registry")
        registry = metrion.CollectorRegistry(shared=path)
        count(metrion, ATTACHED, registry=registry)
        command = [sys.executable, __file__, "--role", "attach", path]
        runs = [
            subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            for _ in range(rounds)
        ]
    opened, shown = (statistics.median(map(float, side)) / 1e6 for side in zip(*runs, strict=True))
    return opened, shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=ROOT / "target/bench/python_shared.json")
    parser.add_argument("--role", nargs=2, metavar=("ROLE", "ARGUMENT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        role, argument = options.role
        if role == "attach":
            attach(argument)
        else:
            roles = {"work": work, "come_and_go": come_and_go, "answer": answer}
            roles[role](importlib.import_module(argument))
        return

    # prometheus_client chooses where its numbers are when it is imported.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
    rows = [*scrape_rows(options.rounds, base), *update_rows(options.rounds, base)]
    for r in rows:
        print(
            f"{r['title']:68}{r['ours_ns'] / 1e3:>12,.3f} µs{r['peer_ns'] / 1e3:>14,.3f} µs"
            f"{r['ratio']:>8.2f}x  {r['ratio_min']:.2f}..{r['ratio_max']:.2f}x  {r['peer']}"
        )
    opened, shown = attach_times(5, base)
    print(
        f"Python: to come to {ATTACHED:,} series {opened:.2f} ms, their first page {shown:.1f} ms"
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
