"""The collectors of the default registry, beside prometheus_client's."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import metrion
import metrion.gc_collector
import metrion.platform_collector
import metrion.process_collector
import prometheus_client
import pytest
from metrion import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from metrion.testing import lint
from testing import code_of

Families = list[tuple[str, str, str, list[tuple[str, dict[str, str], float]]]]

# As in proc(5). The name has what ends it.
STAT = (
    "26231 (vim) (x\n) R 5392 7446 5392 34835 7446 4218880 32533 309516 26 82 1677 44 158 99 20 0 "
    "1 0 82375 56274944 1981 18446744073709551615 4194304 6294284 140736914091744 140736914087944 "
    "139965136429984 0 0 12288 1870679807 0 0 0 17 0 0 0 31 0 0 8391624 8481048 16420864 "
    "140736914093252 140736914093279 140736914093279 140736914096107 0\n"
)
LIMITS = (
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max open files            2048                 4096                 files     \n"
    "Max locked memory         65536                65536                bytes     \n"
)


def said(metrics: Iterable[Any]) -> Families:
    return [
        (own.name, own.documentation, own.type, [tuple(sample[:3]) for sample in own.samples])
        for own in metrics
    ]


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "26231" / "fd").mkdir(parents=True)
    for name in ("0", "1", "2", "3", "10"):
        (tmp_path / "26231" / "fd" / name).touch()
    (tmp_path / "stat").write_text("cpu  1 2 3 4\nctxt 9\nbtime 1418183276\nprocesses 7\n")
    (tmp_path / "26231" / "stat").write_text(STAT)
    (tmp_path / "26231" / "limits").write_text(LIMITS)
    return tmp_path


@pytest.mark.parametrize("namespace", ["", "shop"])
@pytest.mark.parametrize("pid", [lambda: 26231, lambda: "26231\n"])
def test_the_same_as_prometheus_client(
    proc: Path, namespace: str, pid: Callable[[], int | str]
) -> None:
    ours = ProcessCollector(namespace, pid, proc, registry=None)
    theirs = prometheus_client.ProcessCollector(namespace, pid, str(proc), registry=None)
    families = said(ours.collect())
    assert families == said(theirs.collect())
    assert len(families) == 6
    assert [own[:3] for own in said(ours.describe())] == [own[:3] for own in families]


def test_this_process() -> None:
    [ours, theirs] = (
        {
            sample.name: sample.value
            for metric in client.PROCESS_COLLECTOR.collect()
            for sample in metric.samples
        }
        for client in (metrion, prometheus_client)
    )
    assert ours.keys() == theirs.keys()
    for name in ("process_start_time_seconds", "process_max_fds"):
        assert ours[name] == theirs[name]
    for name in ("process_resident_memory_bytes", "process_virtual_memory_bytes"):
        assert ours[name] == pytest.approx(theirs[name], rel=0.1)
    # Theirs counts after ours, and adds up in another order.
    passed = theirs["process_cpu_seconds_total"] - ours["process_cpu_seconds_total"]
    assert -1e-6 < passed < 10
    # The folder that they count in is open while they count.
    assert abs(theirs["process_open_fds"] - ours["process_open_fds"]) <= 1


def test_another_process(registry: CollectorRegistry) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        collector = ProcessCollector("child", lambda: child.pid, registry=registry)
        started = registry.get_sample_value("child_process_start_time_seconds")
        own = metrion.REGISTRY.get_sample_value("process_start_time_seconds")
        assert started is not None and own is not None and started >= own
        child.communicate(b"\n")
    assert collector.collect() == []


def test_fewer_families_and_no_error(proc: Path) -> None:
    def names(pid: str = "26231", folder: Path = proc) -> list[str]:
        collector = ProcessCollector(pid=lambda: pid, proc=folder, registry=None)
        return [metric.name.removeprefix("process_") for metric in collector.collect()]

    memory = ["virtual_memory_bytes", "resident_memory_bytes", "start_time_seconds", "cpu_seconds"]
    assert names() == [*memory, "open_fds", "max_fds"]
    assert names("no process") == names("") == names(folder=Path("/nonexistent")) == []
    (proc / "26231" / "limits").unlink()
    assert names() == [*memory, "open_fds"]
    (proc / "26231" / "stat").write_text("nonsense")
    assert names() == ["open_fds"]


def test_a_pid_that_fails_costs_only_the_process() -> None:
    def pid() -> int:
        raise RuntimeError("the pid file is gone")

    registry = CollectorRegistry(self_metrics=True)
    ProcessCollector(pid=pid, registry=registry)
    metrion.Gauge("other", "Other.", registry=registry)
    page = metrion.generate_latest(registry)
    assert b"other 0\n" in page and b"process_" not in page
    assert b'dropped_total{reason="collect_failure"} 1\n' in page


def test_names_that_clash_and_names_that_are_none(registry: CollectorRegistry) -> None:
    ProcessCollector(registry=registry)
    assert code_of(lambda: ProcessCollector(registry=registry)) == "metric_exists"
    wrong = lambda: metrion.Counter("process_cpu_seconds", "Mine.", registry=registry)  # noqa: E731
    assert code_of(wrong) == "metric_exists"
    assert code_of(lambda: ProcessCollector("my shop", registry=registry)) == "invalid_name"


def test_python_info() -> None:
    ours, theirs = (
        client.PlatformCollector(registry=None) for client in (metrion, prometheus_client)
    )
    assert said(ours.collect()) == said(theirs.collect()) == said(ours.describe())


def test_python_info_on_java(registry: CollectorRegistry) -> None:
    class Java:
        def python_version_tuple(self) -> tuple[str, str, str]:
            return "2", "7", "3"

        def python_version(self) -> str:
            return "2.7.3"

        def python_implementation(self) -> str:
            return "Jython"

        def system(self) -> str:
            return "Java"

        def java_ver(self) -> Any:
            return "17", "Oracle", ("OpenJDK", "17+1", "Oracle"), ("Linux", "", "")

    collectors = [
        client.PlatformCollector(registry=None, platform=Java())
        for client in (metrion, prometheus_client)
    ]
    ours, theirs = (said(collector.collect())[0][3][0][1] for collector in collectors)
    assert ours == theirs
    PlatformCollector(registry, Java())
    assert registry.get_sample_value("python_info", ours) == 1


def test_garbage_collection(registry: CollectorRegistry) -> None:
    assert [own[:3] for own in said(metrion.GC_COLLECTOR.collect())] == [
        own[:3] for own in said(prometheus_client.GC_COLLECTOR.collect())
    ]
    GCCollector(registry)
    labels = {"generation": "2"}
    before = registry.get_sample_value("python_gc_collections_total", labels)
    gc.collect()
    after = registry.get_sample_value("python_gc_collections_total", labels)
    assert before is not None and after is not None and after > before


def test_the_default_registry_has_all_three() -> None:
    families = [
        [metric.name for metric in client.REGISTRY.collect()]
        for client in (metrion, prometheus_client)
    ]
    # Other tests may have added theirs behind them.
    assert families[0][:10] == families[1][:10]
    assert families[0][0] == "python_gc_objects_collected"
    assert families[0][9] == "process_max_fds"
    for module in ("gc", "platform", "process"):
        collector = getattr(metrion, f"{module.upper()}_COLLECTOR")
        named = sys.modules[f"metrion.{module}_collector"]
        assert getattr(named, f"{module.upper()}_COLLECTOR") is collector


def test_the_default_registry_of_a_fresh_program() -> None:
    program = """
import metrion
from metrion.testing import lint
page = metrion.generate_latest().decode()
assert not lint(page), lint(page)
for collector in (metrion.GC_COLLECTOR, metrion.PLATFORM_COLLECTOR, metrion.PROCESS_COLLECTOR):
    metrion.REGISTRY.unregister(collector)
assert metrion.generate_latest() == b""
metrion.ProcessCollector()
print(metrion.REGISTRY.get_sample_value("process_open_fds"))
"""
    run = [sys.executable, "-c", program]
    said = subprocess.run(run, check=True, capture_output=True, text=True, env=os.environ)
    assert float(said.stdout) >= 3


def test_after_a_fork_it_is_the_child() -> None:
    read, write = os.pipe()
    parent = metrion.REGISTRY.get_sample_value("process_start_time_seconds")
    child = os.fork()
    if child == 0:
        started = metrion.REGISTRY.get_sample_value("process_start_time_seconds")
        os.write(write, str(started).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        started = float(pipe.read())
    os.waitpid(child, 0)
    assert parent is not None and started >= parent


def test_no_findings(registry: CollectorRegistry) -> None:
    ProcessCollector(registry=registry)
    GCCollector(registry)
    PlatformCollector(registry)
    assert lint(registry) == []


def test_two_of_the_drop_in_as_in_prometheus_client() -> None:
    program = """
import sys
if sys.argv[1] == "ours":
    import metrion.dropin
from prometheus_client import CollectorRegistry, ProcessCollector, REGISTRY, generate_latest

registry = CollectorRegistry()
for _ in range(2):
    ProcessCollector(registry=registry)
print(generate_latest(registry).decode().count("# HELP"))
try:
    ProcessCollector()
except ValueError as error:
    print(sorted(error.duplicates) if hasattr(error, "duplicates") else str(error)[:30])
"""
    ours, theirs = (
        subprocess.run([sys.executable, "-c", program, side], check=True, capture_output=True)
        for side in ("ours", "theirs")
    )
    assert ours.stdout == theirs.stdout
    assert ours.stdout.startswith(b"12\n")
