"""Registries and forks: programs that fork, by whatever way Python has, while they count."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from worker_testing import environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="registries are shared on Linux")

# From 3.12 on Python warns of forks beside threads, which are what is tested.
QUIET = ("-W", "ignore::DeprecationWarning")


def run(program: str, *arguments: str, **variables: str) -> str:
    """What a program prints; it must end well and complain of nothing."""
    done = subprocess.run(
        [sys.executable, *QUIET, "-c", program, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


UNDER_LOAD = """
import os, sys, threading
from metrion import CollectorRegistry, Counter, Gauge, Histogram

kind, path = sys.argv[1:]
registry = {
    "file": lambda: CollectorRegistry(shared=path),
    "fork": lambda: CollectorRegistry(fork="share"),
    "separate": lambda: CollectorRegistry(fork="separate"),
}[kind]()
counter = Counter("c", "C.", ["who"], registry=registry)
plain = Counter("plain", "P.", registry=registry)
took = Histogram("took", "T.", buckets=[1], registry=registry)
running = Gauge("running", "R.", mode="up_down", registry=registry)
THREADS, CHILDREN, COUNT = 4, 6, 20_000
kept = counter.labels("kept")

def count(who):
    for _ in range(COUNT):
        counter.labels(who).inc()
        kept.inc()
        plain.inc()
        took.observe(0.5)

threads = [threading.Thread(target=count, args=("parent",)) for _ in range(THREADS)]
for thread in threads:
    thread.start()
children = []
for _ in range(CHILDREN):
    child = os.fork()
    if child == 0:
        try:
            running.inc()
            count("child")
            # And a child of a child.
            grandchild = os.fork()
            if grandchild == 0:
                count("grandchild")
                os._exit(0)
            assert os.waitpid(grandchild, 0)[1] == 0
            if kind == "separate":
                assert registry.get_sample_value("c_total", {"who": "child"}) == COUNT
                assert plain.get() >= COUNT
            os._exit(0)
        finally:
            os._exit(1)
    children.append(child)
for thread in threads:
    thread.join()
statuses = [os.waitpid(child, 0)[1] for child in children]
assert not any(statuses), statuses
value = registry.get_sample_value
for who in "parent", "child", "grandchild", "kept":
    print(int(value("c_total", {"who": who}) or 0), end=" ")
print()
print(int(value("plain_total")), int(value("took_count")), value("took_sum"), value("running"))
"""


@pytest.mark.parametrize("kind", ["file", "fork"])
def test_fork_under_load(tmp_path: Path, kind: str) -> None:
    own, others = 4 * 20_000, 6 * 20_000
    total = own + 2 * others
    assert run(UNDER_LOAD, kind, str(tmp_path / "registry")).splitlines() == [
        f"{own} {others} {others} {total} ",
        f"{total} {total} {total / 2} 0.0",
    ]


def test_private_memory_goes_separate_ways(tmp_path: Path) -> None:
    own = 4 * 20_000
    assert run(UNDER_LOAD, "separate", "").splitlines() == [
        f"{own} 0 0 {own} ",
        f"{own} {own} {own / 2} 0.0",
    ]


MANY = """
import os, sys
from metrion import CollectorRegistry, Counter

path, when = sys.argv[1:]

def opened():
    registry = CollectorRegistry(shared=path)
    return registry, Counter("c", "C.", registry=registry)

if when == "before":
    registry, counter = opened()
there, ended = os.pipe(), os.pipe()
children = []
for _ in range(200):
    child = os.fork()
    if child == 0:
        os.close(ended[1])
        if when == "after":
            registry, counter = opened()
        for _ in range(1000):
            counter.inc()
        os.write(there[1], b"x")
        os.read(ended[0], 1)
        os._exit(0)
    children.append(child)
os.close(ended[0])
for _ in children:
    os.read(there[0], 1)
registry, counter = opened()
print(counter.get())
os.close(ended[1])
assert not any(os.waitpid(child, 0)[1] for child in children)
print(counter.get())
"""


@pytest.mark.parametrize("when", ["after", "before"])
def test_more_processes_than_slabs(tmp_path: Path, when: str) -> None:
    assert run(MANY, str(tmp_path / "registry"), when).splitlines() == ["200000.0", "200000.0"]


POOLS = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import metrion, worker_tasks

if __name__ == "__main__":
    method, pool = sys.argv[1:]
    context = multiprocessing.get_context(method)
    if pool == "pool":
        with context.Pool(3, maxtasksperchild=5) as workers:
            workers.map(worker_tasks.task, range(60), chunksize=1)
            workers.close()
            workers.join()
    else:
        with ProcessPoolExecutor(3, mp_context=context) as workers:
            list(workers.map(worker_tasks.task, range(60)))
    value = metrion.REGISTRY.get_sample_value
    print(value("tasks_total", {"kind": "odd"}), value("tasks_total", {"kind": "even"}))
    print(value("task_seconds_count"), value("task_seconds_sum"), value("tasks_running"))
    print(metrion.generate_latest().decode().count("worker_alive{"))
"""


@pytest.mark.parametrize("pool", ["pool", "executor"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(tmp_path: Path, method: str, pool: str) -> None:
    program = tmp_path / "pools.py"
    program.write_text(POOLS)
    done = subprocess.run(
        [sys.executable, *QUIET, str(program), method, pool],
        env=environment(METRION_SHARED=str(tmp_path / "registry")),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["30.0 30.0", "60.0 30.0 0.0", "0"]
