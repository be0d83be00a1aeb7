"""metrion has what prometheus_client has: modules, names, parameters."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import prometheus_client
import pytest

# What is not there, with its reason. A module stands for all of it.
MISSING = {
    "decorator": "a copy of another library, for its own use",
    "mmap_dict": "how it keeps numbers in files",
    "validation": "which names are allowed is a registry's choice: CollectorRegistry(utf8_names=)",
    "exposition.ThreadingWSGIServer": "the server is the core's",
    "exposition.SNAPPY_AVAILABLE": "snappy is always there",
    "metrics.F": "for its own annotations",
    "metrics.T": "for its own annotations",
    "parser.parse_labels": "a part of its parser; ours is the core's",
    "parser.replace_escape_sequence": "a part of its parser",
    "parser.ESCAPE_SEQUENCES": "a part of its parser",
    "parser.ESCAPING_RE": "a part of its parser",
    "parser.HELP_ESCAPING_RE": "a part of its parser",
    "openmetrics.parser.parse_labels": "a part of its parser",
    "openmetrics.parser.ESCAPE_SEQUENCES": "a part of its parser",
    "openmetrics.parser.ESCAPING_RE": "a part of its parser",
}
# Parameters that are others, with the reason.
OTHER_PARAMETERS = {
    "core.DuplicateTimeseries": "has a code, as every error of Metrion",
    "registry.DuplicateTimeseries": "has a code, as every error of Metrion",
    "metrics.MetricWrapperBase": "not to be made: the classes of metrics are",
    "values.MutexValue": "a view of a number that the core has",
    "values.ValueClass": "a view of a number that the core has",
}


def modules() -> list[str]:
    """The modules of prometheus_client, by their names below it."""
    found = pkgutil.walk_packages(prometheus_client.__path__, "prometheus_client.")
    return ["", *sorted(module.name.partition(".")[2] for module in found)]


def public_names(module: Any) -> Iterator[str]:
    """What a module has of its own, and what it says that it has."""
    yield from getattr(module, "__all__", ())
    for name, value in vars(module).items():
        is_own = getattr(value, "__module__", None) == module.__name__
        is_constant = name.isupper() and not hasattr(value, "__module__")
        is_constant = is_constant and name != "TYPE_CHECKING"
        if not name.startswith("_") and (is_own or is_constant):
            yield name


def cases() -> list[tuple[str, str]]:
    found = set()
    for path in modules():
        module = importlib.import_module(f"prometheus_client.{path}".rstrip("."))
        found |= {(path, name) for name in public_names(module)}
    return sorted(found)


def reason(path: str, name: str) -> str | None:
    return MISSING.get(path) or MISSING.get(f"{path}.{name}".lstrip("."))


def parameters(function: Any) -> list[str]:
    """Names in order, as far as a user gives them: no private ones, but a timer for tests."""
    return [
        "*" if parameter.kind is parameter.VAR_POSITIONAL else parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if not parameter.name.startswith("_") or parameter.name == "_timer"
        if parameter.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)
    ]


def methods(cls: Any) -> Iterator[tuple[str, Any]]:
    """The public methods of a class that are not Python's."""
    for name, method in inspect.getmembers(cls, callable):
        is_theirs = (getattr(method, "__module__", None) or "").startswith("prometheus_client")
        if is_theirs and not name.startswith("_"):
            yield name, method


@pytest.mark.parametrize(("path", "name"), cases())
def test_name(path: str, name: str) -> None:
    why = reason(path, name)
    if why and not is_there(path, name):
        pytest.skip(why)
    # What is there must not be in the list.
    assert why is None
    theirs = getattr(importlib.import_module(f"prometheus_client.{path}".rstrip(".")), name)
    ours = getattr(importlib.import_module(f"metrion.{path}".rstrip(".")), name)
    if isinstance(theirs, str) and name != "CONTENT_TYPE_LATEST":
        assert ours == theirs
    if not callable(theirs):
        return
    assert callable(ours)
    if f"{path}.{name}" in OTHER_PARAMETERS or is_protocol(theirs):
        return
    assert parameters(ours) == parameters(theirs)
    if inspect.isclass(theirs):
        for method, function in methods(theirs):
            assert parameters(getattr(ours, method)) == parameters(function), method


def is_there(path: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(f"metrion.{path}".rstrip(".")), name)
    except ImportError:
        return False


def is_protocol(value: Any) -> bool:
    return bool(getattr(value, "_is_protocol", False))


@pytest.mark.parametrize("path", modules())
def test_module(path: str) -> None:
    if path not in MISSING:
        importlib.import_module(f"metrion.{path}".rstrip("."))


def test_importing_it_is_light() -> None:
    """Frameworks, servers and urllib are imported by who needs them."""
    program = "import sys, metrion, metrion.exposition, metrion.core; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    heavy = {"aiohttp", "asyncio", "django", "http", "ssl", "twisted", "urllib", "wsgiref"}
    loaded = {name.partition(".")[0] for name in run.stdout.decode().split()}
    assert not heavy & loaded


CREATED = """
import metrion
registry = metrion.CollectorRegistry()
metrion.Counter("c", "C.", registry=registry)
print(b"c_created" in metrion.generate_latest(registry))
metrion.enable_created_metrics()
print(b"c_created" in metrion.generate_latest(registry))
metrion.disable_created_metrics()
print(b"c_created" in metrion.generate_latest(registry))
"""


@pytest.mark.parametrize(
    ("word", "at_first"), [(None, False), ("True", False), ("1", False), ("False", True)]
)
def test_created_metrics(word: str | None, at_first: bool) -> None:
    environment = {} if word is None else {"PROMETHEUS_DISABLE_CREATED_SERIES": word}
    path = {"PYTHONPATH": ":".join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", CREATED], capture_output=True, check=True, env=environment | path
    )
    assert run.stdout.decode().split() == [str(at_first), "True", "False"]


def test_a_program_that_changes_its_import_line() -> None:
    """Words of a program for prometheus_client, read with both."""
    program = """
import {0} as client
from {0} import Counter, Enum, Gauge, Histogram, Info, Metric, Summary, generate_latest
from {0}.core import CounterMetricFamily, CollectorRegistry
from {0}.exposition import basic_auth_handler
from {0}.metrics import MetricWrapperBase
from {0}.openmetrics.exposition import generate_latest as openmetrics
from {0}.parser import text_string_to_metric_families
registry = CollectorRegistry(auto_describe=True)
Gauge("g", "G.", ["a"], "ns", "sub", "s", registry, multiprocess_mode="livesum").labels("1").set(2)
Histogram("h", "H.", registry=registry, buckets=(0.5, 2.5)).observe(1)
counter = Counter("c", "C.", ["x", "y"], registry=registry)
counter.labels(x="1", y="2").inc()
counter.remove_by_labels({{"x": "1"}})
assert isinstance(counter, MetricWrapperBase)
class Own:
    def collect(self):
        yield CounterMetricFamily("o", "O.", value=7)
        yield Metric("u", "U.", "unknown")
registry.register(Own())
families = text_string_to_metric_families(generate_latest(registry).decode())
print([(f.name, f.type, sorted((s.name, sorted(s.labels.items()), s.value) for s in f.samples
    if not s.name.endswith("_created"))) for f in sorted(families, key=lambda f: f.name)
    if f.samples and not f.name.endswith("_created")])
print(openmetrics(registry).endswith(b"# EOF\\n"))
"""
    runs = [
        subprocess.run([sys.executable, "-c", program.format(name)], capture_output=True)
        for name in ("prometheus_client", "metrion")
    ]
    assert [run.stderr for run in runs] == [b"", b""]
    assert runs[0].stdout == runs[1].stdout
