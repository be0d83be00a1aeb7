"""`PROMETHEUS_MULTIPROC_DIR`, with `metrion` and with `metrion.dropin`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import metrion
import pytest
from metrion import CollectorRegistry, Counter, Gauge, generate_latest
from metrion.multiprocess import MultiProcessCollector, mark_process_dead
from testing import code_of
from worker_testing import environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="registries are shared on Linux")

PACKAGES = ["metrion", "metrion.dropin"]
# What programs for prometheus_client do, in a parent and two children.
PROGRAM = """
import os, sys
package = sys.argv[1]
if package == "metrion":
    import metrion as client
    from metrion import multiprocess
else:
    import metrion.dropin
    import prometheus_client as client
    from prometheus_client import multiprocess

requests = client.Counter("requests", "Requests.", ["path"])
took = client.Histogram("took", "Took.", buckets=[1])
everywhere = client.Gauge("everywhere", "E.")
live = client.Gauge("live", "L.", ["a"], multiprocess_mode="liveall")
most = client.Gauge("most", "M.", multiprocess_mode="max")
version = client.Info("version", "V.")

def work(number):
    requests.labels("/").inc(number, exemplar={"trace_id": "t"})
    took.observe(0.5)
    everywhere.set(number)
    live.labels("x").set(number)
    most.set(number)
    version.info({"version": "1"})

children = []
for number in 10, 100:
    child = os.fork()
    if child == 0:
        work(number)
        os._exit(0)
    children.append(child)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
    multiprocess.mark_process_dead(child)
work(1)
registry = client.CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
print(os.getpid(), *children)
print(client.generate_latest(registry).decode())
"""


def run(program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, *arguments]
    env = environment(**variables)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("variable", ["PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"])
@pytest.mark.parametrize("package", PACKAGES)
def test_the_page_of_all(tmp_path: Path, package: str, variable: str) -> None:
    done = run(PROGRAM, package, **{variable: str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
    first, _, page = done.stdout.partition("\n")
    parent, *children = first.split()
    samples = dict(re.findall(r"^([^#].*) (\S+)$", page, re.MULTILINE))
    values = {name: float(value) for name, value in samples.items()}
    everywhere = {f'everywhere{{pid="{child}"}}' for child in children}
    of_processes = dict.fromkeys(everywhere, 0.0)
    of_processes[f'everywhere{{pid="{children[0]}"}}'] = 10
    of_processes[f'everywhere{{pid="{children[1]}"}}'] = 100
    bound = 'took_bucket{le="1.0"}' if package == "metrion.dropin" else 'took_bucket{le="1"}'
    assert values == {
        'requests_total{path="/"}': 111,
        bound: 3,
        'took_bucket{le="+Inf"}': 3,
        "took_count": 3,
        "took_sum": 1.5,
        f'everywhere{{pid="{parent}"}}': 1,
        **of_processes,
        f'live{{a="x",pid="{parent}"}}': 1,
        "most": 100,
        'version_info{version="1"}': 1,
    }
    assert os.listdir(tmp_path) == ["metrion.registry"]


@pytest.mark.parametrize("package", PACKAGES)
def test_folder_that_is_not_there(tmp_path: Path, package: str) -> None:
    missing = str(tmp_path / "none")
    done = run(PROGRAM, package, PROMETHEUS_MULTIPROC_DIR=missing)
    assert done.returncode == 1
    # At the first metric, as the original.
    assert "FileNotFoundError" in done.stderr and 'File "<string>", line 12' in done.stderr
    # It may be made after the import.
    program = PROGRAM.replace("requests =", f"os.mkdir({missing!r})\nrequests =", 1)
    assert run(program, package, PROMETHEUS_MULTIPROC_DIR=missing).returncode == 0


REGISTRIES = """
import os
import metrion.dropin
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, multiprocess

Counter("in_none", "N.", registry=None).inc()
first, second = CollectorRegistry(), CollectorRegistry()
Counter("in_both", "B.", registry=first).inc()
Counter("in_both", "B.", registry=second).inc()
Counter("clash", "C.", registry=first).inc()
other = Gauge("clash", "C.", registry=second)
other.set(7)
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
print(registry.get_sample_value("in_none_total"), registry.get_sample_value("in_both_total"))
print(registry.get_sample_value("clash_total"), second.get_sample_value("clash"))
counter = Counter("removed", "R.", ["a"])
counter.labels("x").inc()
counter.remove("x")
print(registry.get_sample_value("removed_total", {"a": "x"}))
print(b"_created" in generate_latest(registry), b"process_" in generate_latest(registry))
# What it counts as exemplars, the original drops.
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
counter.labels("y").inc(exemplar={"trace_id": "t"})
print(b'# {trace_id="t"} 1.0' in openmetrics(registry))
"""


def test_metrics_of_whatever_registry(tmp_path: Path) -> None:
    done = run(REGISTRIES, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["1.0 2.0", "1.0 7.0", "None", "False False", "True"]


NUMBERED = """
import os
import metrion.dropin
from prometheus_client import CollectorRegistry, Gauge, generate_latest, multiprocess, values

worker = 0
values.ValueClass = values.MultiProcessValue(lambda: worker)
every, live = Gauge("every", "E."), Gauge("live", "L.", multiprocess_mode="livemax")
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)

def work(number, value):
    global worker
    worker = number
    child = os.fork()
    if child == 0:
        every.set(value)
        live.set(value)
        os._exit(0)
    os.waitpid(child, 0)

live.set(5)
for number, value in (1, 10), (2, 20), (1, 30):
    work(number, value)
print(generate_latest(registry).decode())
values.close_all_multiprocess_files()
multiprocess.mark_process_dead(1)
print(registry.get_sample_value("live"))
multiprocess.mark_process_dead(0)
print(registry.get_sample_value("live"), registry.get_sample_value("every", {"pid": "0"}))
"""


def test_workers_have_numbers_of_their_own(tmp_path: Path) -> None:
    done = run(NUMBERED, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    page, _, after = done.stdout.partition("\n\n")
    # The one that came again is in the place of the first one of that number.
    every = {'every{pid="0"} 0.0', 'every{pid="1"} 30.0', 'every{pid="2"} 20.0'}
    assert every | {"live 5.0"} == set(re.findall(r"^[^#].*", page, re.MULTILINE))
    assert after.splitlines() == ["5.0", "None 0.0"]


def test_files_of_others_are_not_merged(tmp_path: Path) -> None:
    assert not MultiProcessCollector.merge([tmp_path / "gone.db"])
    (tmp_path / "there.db").write_bytes(b"")
    with pytest.raises(NotImplementedError):
        MultiProcessCollector.merge([tmp_path / "there.db"])


def test_collector_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    registry = CollectorRegistry()
    assert code_of(lambda: MultiProcessCollector(registry)) == "invalid_value"
    file = tmp_path / "file"
    file.write_text("")
    assert code_of(lambda: MultiProcessCollector(registry, str(file))) == "invalid_value"
    MultiProcessCollector(registry, str(tmp_path))
    own = CollectorRegistry(shared=tmp_path / "metrion.registry")
    Counter("c", "C.", registry=own).inc(2)
    Gauge("g", "G.", multiprocess_mode="all", registry=own).set(1)
    gauge = f'# HELP g G.\n# TYPE g gauge\ng{{pid="{os.getpid()}"}} 1\n'
    counter = "# HELP c_total C.\n# TYPE c_total counter\nc_total 2\n"
    page = counter + gauge
    assert generate_latest(registry).decode() == page
    assert generate_latest(registry.restricted_registry(["c_total"])).decode() == counter
    mark_process_dead(os.getpid(), str(tmp_path))
    assert generate_latest(registry).decode() == page
    # The environment after the import changes nothing for the default registry.
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert metrion.REGISTRY.get_sample_value("c_total") is None
    MultiProcessCollector(None).collect()


DEFAULT = """
import metrion
from metrion.multiprocess import MultiProcessCollector
metrion.Counter("c", "C.").inc()
MultiProcessCollector(metrion.REGISTRY)
print(metrion.generate_latest().decode())
"""


def test_default_registry_itself(tmp_path: Path) -> None:
    done = run(DEFAULT, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "# HELP c_total C.\n# TYPE c_total counter\nc_total 1\n\n"
    # A file that is named for it goes first.
    shared = str(tmp_path / "named")
    done = run(DEFAULT, PROMETHEUS_MULTIPROC_DIR=str(tmp_path), METRION_SHARED=shared)
    assert "c_total 1\n" in done.stdout
