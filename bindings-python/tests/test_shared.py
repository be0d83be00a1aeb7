"""Registries that processes share: options, errors, gauges by mode, what belongs to a process."""

from __future__ import annotations

import gc
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from metrion import (
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from metrion.metrics_core import GaugeMetricFamily, Metric
from testing import code_of
from worker_testing import environment, pids

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="registries are shared on Linux")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry"


def python(program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, *arguments]
    env = environment(**variables)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def printed(program: str, *arguments: str, **variables: str) -> list[str]:
    done = python(program, *arguments, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_any_answers_for_all(path: Path) -> None:
    one, two = CollectorRegistry(shared=path), CollectorRegistry(shared=str(path))
    for number, registry in enumerate((one, two)):
        counter = Counter("c", "C.", ["a"], registry=registry)
        counter.labels("x").inc(number + 1)
        counter.labels("y").inc(exemplar={"trace_id": "t"})
        Histogram("h", "H.", buckets=[1], registry=registry).observe(0.5)
        Info("i", "I.", registry=registry).info({"version": str(number)})
        Enum("s", "S.", states=["off", "on"], registry=registry).state("on")
    assert generate_latest(one) == generate_latest(two)
    for registry in one, two, CollectorRegistry(shared=path):
        assert registry.get_sample_value("c_total", {"a": "x"}) == 3
        assert registry.get_sample_value("h_count") == 2
        assert registry.get_sample_value("i_info", {"version": "1"}) == 1
        assert registry.get_sample_value("s", {"s": "on"}) == 1
        assert registry.get_exemplars("c")[0].exemplar.labels == {"trace_id": "t"}


def test_removal_is_seen_by_all(path: Path) -> None:
    one, two = (
        Counter("c", "C.", ["a"], registry=CollectorRegistry(shared=path)) for _ in range(2)
    )
    one.labels("x").inc()
    two.labels("x").inc()
    assert one.remove("x")
    two.labels("x").inc(5)
    assert one.labels("x").get() == 5
    two.clear()
    one.labels("x").inc()
    assert two.labels("x").get() == 1


MODES = {
    "last": 4.0,
    "min": 2.0,
    "livemin": 2.0,
    "max": 7.0,
    "livemax": 7.0,
    "sum": 13.0,
    "livesum": 13.0,
    "mostrecent": 4.0,
    "livemostrecent": 4.0,
}
OTHERS = """
import sys
from metrion import CollectorRegistry, Gauge
registry = CollectorRegistry(shared=sys.argv[1])
for number, mode in enumerate(sys.argv[3:]):
    Gauge(f"g{number}", "G.", mode=mode, registry=registry).set(float(sys.argv[2]))
"""


def test_gauges_of_processes(path: Path) -> None:
    registries = [CollectorRegistry(shared=path) for _ in range(3)]
    modes: list[Any] = [*MODES, "all", "liveall"]
    for number, registry in zip((7, 2, 4), registries, strict=True):
        for place, mode in enumerate(modes):
            Gauge(f"g{place}", "G.", mode=mode, registry=registry).set(number)
    value = registries[0].get_sample_value
    assert {mode: value(f"g{place}") for place, mode in enumerate(MODES)} == MODES
    page = generate_latest(registries[0]).decode()
    assert page.count(f'g9{{pid="{os.getpid()}') == page.count('g10{pid="') == 3
    # A process that has ended is out of those that live.
    printed(OTHERS, str(path), "100", *modes)
    ended = {
        "last": 100.0,
        "max": 100.0,
        "sum": 113.0,
        "mostrecent": 100.0,
    }
    seen = {mode: value(f"g{place}") for place, mode in enumerate(MODES)}
    assert seen == {**MODES, **ended}
    page = generate_latest(registries[0]).decode()
    assert (page.count("g9{"), page.count("g10{")) == (4, 3)


def test_mode_and_multiprocess_mode(path: Path) -> None:
    registry = CollectorRegistry(shared=path)
    Gauge("a", "A.", multiprocess_mode="sum", registry=registry).set(1)
    Gauge("b", "B.", multiprocess_mode="all", mode="max", registry=registry).set(2)
    Gauge("c", "C.", multiprocess_mode="all", registry=registry).set(3)
    Gauge("d", "D.", registry=registry).set(4)
    page = generate_latest(registry).decode().splitlines()
    assert [line for line in page if not line.startswith("#")] == [
        "a 1",
        "b 2",
        f'c{{pid="{os.getpid()}"}} 3',
        "d 4",
    ]
    assert code_of(lambda: Gauge("e", "E.", mode="most", registry=registry)) == "invalid_value"  # type: ignore[arg-type]
    assert code_of(lambda: Gauge("e", "E.", multiprocess_mode="most", registry=registry)) == (  # type: ignore[arg-type]
        "invalid_value"
    )


@pytest.mark.parametrize("mode", ["all", "livesum", "mostrecent"])
def test_own_values(path: Path, mode: Any) -> None:
    """Every way to change a gauge reaches the process's own value."""
    gauge = Gauge("g", "G.", ["a"], mode=mode, registry=CollectorRegistry(shared=path))
    child = gauge.labels("x")
    child.set(5)
    child.inc()
    child.dec(0.5)
    assert child.get() == 5.5
    with child.track_inprogress():
        assert child.get() == 6.5
    child.set(value=2)
    assert child.get() == 2
    child.set_to_current_time()
    assert child.get() > 1e9


def test_function_leaves_its_value(path: Path) -> None:
    one, two = CollectorRegistry(shared=path), CollectorRegistry(shared=path)
    Gauge("g", "G.", mode="max", registry=one).set_function(lambda: 3)
    assert one.get_sample_value("g") == 3
    assert two.get_sample_value("g") == 3


def test_up_down_gauge_cannot_be_set(path: Path) -> None:
    gauge = Gauge("g", "G.", mode="up_down", registry=CollectorRegistry(shared=path))
    gauge.inc(3)
    assert code_of(lambda: gauge.set(1)) == "unsupported"
    assert gauge.get() == 3


class Load:
    is_of_process = True

    def collect(self) -> list[Metric]:
        return [GaugeMetricFamily("load", "Load.", value=1)]


class Disk:
    def collect(self) -> list[Metric]:
        return [GaugeMetricFamily("disk", "Disk.", value=1)]


def test_metrics_of_the_process_have_its_number(path: Path) -> None:
    for shared in True, False:
        registry = CollectorRegistry(shared=path) if shared else CollectorRegistry()
        for collector in ProcessCollector, GCCollector, PlatformCollector:
            collector(registry=registry)
        registry.register(Load())
        registry.register(Disk())
        page = generate_latest(registry).decode()
        own = {os.getpid()} if shared else set()
        for name in "process_open_fds", "python_gc_collections_total", "python_info", "load":
            assert pids(page, name) == own, name
        assert "\ndisk 1\n" in page


def test_errors(path: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none" / "registry"
    with pytest.raises(FileNotFoundError):
        CollectorRegistry(shared=missing)
    assert code_of(lambda: CollectorRegistry(shared=missing)) == "io"
    assert code_of(lambda: CollectorRegistry(shared="")) == "invalid_value"
    assert code_of(lambda: CollectorRegistry(fork="both")) == "invalid_value"  # type: ignore[arg-type]
    assert code_of(lambda: CollectorRegistry(fork="share", shared=path)) == "invalid_value"
    assert not path.exists()

    path.write_bytes(b"something else" * 1000)
    os.chmod(path, 0o600)
    assert code_of(lambda: CollectorRegistry(shared=path)) == "damaged"
    registry = CollectorRegistry(shared=path, move_damaged_aside=True)
    Counter("c", "C.", registry=registry).inc()
    aside = path.with_name("registry.damaged-1")
    assert aside.read_bytes().startswith(b"something else")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    other = tmp_path / "other"
    with path.open("rb") as file:
        words = bytearray(file.read(4096))
    words[8] += 1
    other.write_bytes(words)
    os.chmod(other, 0o600)
    assert code_of(lambda: CollectorRegistry(shared=other)) == "other_version"

    os.chmod(path, 0o644)
    with pytest.raises(PermissionError):
        CollectorRegistry(shared=path)


DEFAULT = """
import metrion
metrion.Counter("c", "C.").inc()
print(metrion.REGISTRY.get_sample_value("c_total"))
"""


def test_environment_of_the_default_registry(path: Path) -> None:
    assert printed(DEFAULT, METRION_SHARED=str(path)) == ["1.0"]
    assert printed(DEFAULT, METRION_SHARED=str(path)) == ["2.0"]
    assert printed(DEFAULT, METRION_SHARED="") == ["1.0"]
    path.write_bytes(b"no registry")
    done = python(DEFAULT, METRION_SHARED=str(path))
    assert done.returncode == 1 and "no good shared registry" in done.stderr


def test_command_with_the_environment_of_programs(path: Path) -> None:
    def command(*arguments: str) -> str:
        run = [sys.executable, "-m", "metrion", "shm", *arguments]
        env = environment(METRION_SHARED=str(path))
        done = subprocess.run(run, env=env, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    # The command itself is none of the processes that have the registry.
    assert str(path) not in command("list")
    assert not path.exists()
    assert printed(DEFAULT, METRION_SHARED=str(path)) == ["1.0"]
    assert "no process has it open" in command("check")
    assert "c_total 1\n" in command("dump")
    command("remove", str(path))
    assert not path.exists()


def test_process_metrics_come_with_the_first_use(path: Path) -> None:
    program = """
import os
import metrion
assert not os.path.exists(os.environ["METRION_SHARED"])
page = metrion.generate_latest().decode()
print(f'process_cpu_seconds_total{{pid="{os.getpid()}"}}' in page, "python_gc_" in page)
metrion.REGISTRY.unregister(metrion.PROCESS_COLLECTOR)
print("process_cpu" in metrion.generate_latest().decode())
"""
    assert printed(program, METRION_SHARED=str(path)) == ["True True", "False"]


SERVERS = """
import os, sys
from metrion import CollectorRegistry, start_http_server
registry = CollectorRegistry(shared=sys.argv[1])
start_http_server(0, "127.0.0.1", registry)
start_http_server(0, "127.0.0.1", registry)
child = os.fork()
if child == 0:
    start_http_server(0, "127.0.0.1", registry)
    start_http_server(0, "127.0.0.1", registry)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
start_http_server(0, "127.0.0.1", CollectorRegistry())
"""


def test_a_second_server_is_told_of(path: Path) -> None:
    done = python(SERVERS, str(path))
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert line.startswith("another process shows this shared registry")
    # Nobody is there any more.
    assert printed(SERVERS.partition("child =")[0], str(path)) == []


def test_registries_end(path: Path) -> None:
    """What a registry has open ends with it."""
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        registry = CollectorRegistry(shared=path)
        Counter("c", "C.", registry=registry).inc()
        del registry
        gc.collect()
    # What other tests have open may end meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= before
    assert CollectorRegistry(shared=path).get_sample_value("c_total") == 20
