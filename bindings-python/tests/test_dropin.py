"""`metrion.dropin` beside `prometheus_client`: the same operations give the same text.

The drop-in is loaded here under another name, so that both can be used in one process.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import metrion
import prometheus_client as original
import prometheus_client.core
import prometheus_client.openmetrics.exposition
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FOLDER = Path(metrion.__file__).parent / "dropin" / "prometheus_client"


def load(name: str) -> ModuleType:
    spec = spec_from_file_location(
        name, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


dropin: Any = load("metrion_as_prometheus_client")
import metrion_as_prometheus_client.core  # noqa: E402 # pyright: ignore
import metrion_as_prometheus_client.openmetrics.exposition  # noqa: E402, F401 # pyright: ignore

BOTH = [original, dropin]

NUMBERS = st.one_of(
    st.floats(allow_nan=False),
    st.integers(-(10**17), 10**17).map(float),
    st.sampled_from([0.0, -0.0, 1e6, -1e6, 1e16, 1e-5, 0.1, 1e300]),
)
AMOUNTS = st.one_of(st.floats(0, 1e300), st.integers(0, 10**17).map(float))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
NAMES = st.sampled_from(["a", "b", "le_", "quan", "m", "z", "a.b", "ü"])
LABELS = st.lists(NAMES, unique=True, max_size=3)
KINDS = ["Counter", "Gauge", "Summary", "Histogram", "Info", "Enum"]
ESCAPINGS = ["allow-utf-8", "underscores", "values"]


@st.composite
def families(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(["one", "two_total", "three.x", "é"]), unique=True))
    return [
        {
            "kind": draw(st.sampled_from(KINDS)),
            "name": name,
            "help": draw(TEXTS),
            "unit": draw(st.sampled_from(["", "s", "total"])),
            "labels": draw(LABELS),
            "children": draw(
                st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.lists(AMOUNTS, max_size=3)), max_size=3)
            ),
            "number": draw(NUMBERS),
        }
        for name in names
    ]


def make(client: Any, described: list[dict[str, Any]]) -> Any:
    """A registry of one of the two, with these metrics."""
    registry = client.CollectorRegistry()
    for own in described:
        kind, labels = own["kind"], own["labels"]
        options: dict[str, Any] = {"labelnames": labels, "registry": registry}
        if kind not in ("Info", "Enum"):
            options["unit"] = own["unit"]
        if kind == "Enum":
            options["states"] = ["on", "off\n"]
        if kind == "Histogram":
            options["buckets"] = [0.5, 1, 2e6]
        metric = getattr(client, kind)(own["name"], own["help"], **options)
        for *values, amounts in own["children"]:
            child = metric.labels(*values[: len(labels)]) if labels else metric
            for amount in amounts:
                update(child, kind, amount, own["number"], values)
    return registry


def update(child: Any, kind: str, amount: float, number: float, values: list[str]) -> None:
    if kind == "Counter":
        child.inc(amount)
    elif kind == "Gauge":
        child.set(number)
    elif kind == "Info":
        child.info({"said": values[0], "more": values[1]})
    elif kind == "Enum":
        child.state("off\n")
    else:
        child.observe(amount)


def pages_of(client: Any, registry: Any, escaping: str) -> list[str]:
    encoders = [client.generate_latest, client.openmetrics.exposition.generate_latest]
    if escaping == "values":
        # Here the original's OpenMetrics escapes names that need no escaping.
        encoders.pop()
    return [encode(registry, escaping).decode() for encode in encoders]


@settings(max_examples=150, deadline=None)
@given(families(), st.sampled_from(ESCAPINGS))
def test_the_same_text(described: list[dict[str, Any]], escaping: str) -> None:
    created = [client.metrics._use_created for client in BOTH]
    try:
        # They begin at different moments.
        for client in BOTH:
            client.disable_created_metrics()
        pages = [pages_of(client, make(client, described), escaping) for client in BOTH]
    finally:
        for client, use in zip(BOTH, created, strict=True):
            client.metrics._use_created = use
    assert pages[0] == pages[1]


@settings(max_examples=50, deadline=None)
@given(families())
def test_the_same_samples(described: list[dict[str, Any]]) -> None:
    collected = []
    for client in BOTH:
        families = [
            (family.name, family.type, family.documentation, family.unit, family.samples)
            for family in make(client, described).collect()
        ]
        collected.append(
            [
                (*rest, [tuple(s)[:3] for s in samples if not s.name.endswith("_created")])
                for *rest, samples in families
            ]
        )
    assert collected[0] == collected[1]


def test_the_same_page_of_a_collector() -> None:
    """Whatever a collector gives is written as it is."""
    pages = []
    for client in BOTH:
        registry = client.CollectorRegistry()
        core = client.core

        class Collector:
            def __init__(self, core: Any) -> None:
                self.core = core

            def collect(self) -> Any:
                odd = self.core.Metric("odd", "Help\n.", "counter")
                odd.add_sample("odd", {"z": "1", "a": '"\\\n'}, 1)
                odd.add_sample("other_total", {}, -1234567.5, 3)
                odd.add_sample("odd_created", {}, 5)
                yield odd
                gauge = self.core.GaugeHistogramMetricFamily("gh", "Help.", labels=["x"])
                gauge.add_metric(["1"], [("1.0", 4), ("+Inf", 5)], 7)
                yield gauge

        registry.register(Collector(core))
        client.Gauge("after", "Help.", registry=registry).set(1e6)
        pages.append(
            (
                client.generate_latest(registry),
                client.openmetrics.exposition.generate_latest(registry),
                client.generate_latest(registry.restricted_registry(["odd_created", "after"])),
            )
        )
    assert pages[0] == pages[1]


def test_metrics_in_other_registries() -> None:
    first, second = dropin.CollectorRegistry(), dropin.CollectorRegistry()
    gauge = dropin.Gauge("g", "Help.", registry=None)
    gauge.set(1)
    first.register(gauge)
    second.register(gauge)
    page = b"# HELP g Help.\n# TYPE g gauge\ng 1.0\n"
    assert dropin.generate_latest(first) == dropin.generate_latest(second) == page
    with pytest.raises(ValueError, match="Duplicated timeseries in CollectorRegistry: {'g'}"):
        dropin.Gauge("g", "Help.", registry=first)
    first.unregister(gauge)
    assert dropin.generate_latest(first) == b""
    with pytest.raises(KeyError):
        first.unregister(gauge)
    own = dropin.Gauge("own", "Help.", registry=first)
    first.unregister(own)
    first.register(own)
    own.set(2)
    assert b"own 2.0" in dropin.generate_latest(first)


def test_what_programs_read() -> None:
    registry = dropin.CollectorRegistry()
    counter = dropin.Counter("c", "Help.", ["a"], registry=registry)
    counter.labels("x").inc(2)
    assert counter.labels("x")._value.get() == 2
    counter.labels("x")._value.set(5)
    assert list(counter._metrics) == [("x",)]
    assert counter._metrics[("x",)].get() == 5
    assert registry._names_to_collectors["c_total"] is counter
    assert list(registry._collector_to_names) == [counter]
    assert [sample.name for sample in counter._samples()] == ["_total", "_created"]
    assert [sample.labels for sample in counter.labels("x").collect()[0].samples] == [{}, {}]
    summary = dropin.Summary("s", "Help.", registry=None)
    summary.observe(3)
    assert (summary._count.get(), summary._sum.get()) == (1, 3)
    histogram = dropin.Histogram("h", "Help.", registry=None, buckets=[1, 2])
    histogram.observe(1.5)
    assert [bucket.get() for bucket in histogram._buckets] == [0, 1, 0]
    assert (histogram._sum.get(), histogram._upper_bounds) == (1.5, [1, 2, float("inf")])
    with pytest.raises(NotImplementedError):
        histogram._sum.inc(1)
    gauge = dropin.Gauge("g", "Help.", ["a"], registry=None, multiprocess_mode="mostrecent")
    with pytest.raises(RuntimeError):
        gauge.labels("x").inc()
    assert dropin.Enum("e", "Help.", registry=None, states=["a", "b"])._value == 0


def test_a_subclass_that_shows_other_samples() -> None:
    registry = dropin.CollectorRegistry()

    class Doubled(dropin.Gauge):  # type: ignore[misc]
        def collect(self) -> Any:
            [metric] = super().collect()
            metric.samples = [s._replace(value=2 * s.value) for s in metric.samples]
            return [metric]

    Doubled("g", "Help.", registry=registry).set(4)
    assert b"g 8.0" in dropin.generate_latest(registry)


def test_a_collector_that_raises() -> None:
    class Raises:
        def collect(self) -> Any:
            raise RuntimeError("no more")

    registry = dropin.CollectorRegistry()
    dropin.Gauge("g", "Help.", registry=registry)
    registry.register(Raises())
    with pytest.raises(RuntimeError):
        dropin.generate_latest(registry)
    # The server serves the others.
    server, thread = dropin.start_http_server(0, "127.0.0.1", registry)
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        with urllib.request.urlopen(url) as response:
            assert response.read() == b"# HELP g Help.\n# TYPE g gauge\ng 0.0\n"
    finally:
        server.shutdown()
        thread.join()


def test_a_textfile_is_there_wholly_or_not_at_all(tmp_path: Path) -> None:
    registry = dropin.CollectorRegistry()
    dropin.Gauge("g", "Help.", registry=registry)
    path = tmp_path / "metrics.prom"
    path.write_text("before")

    class Raises:
        def collect(self) -> Any:
            raise RuntimeError("no more")

    broken = Raises()
    registry.register(broken)
    with pytest.raises(RuntimeError):
        dropin.write_to_textfile(str(path), registry)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == [path.name]
    registry.unregister(broken)
    dropin.write_to_textfile(str(path), registry)
    assert path.read_bytes() == dropin.generate_latest(registry)
    with pytest.raises(OSError):
        dropin.write_to_textfile(str(tmp_path / "missing" / "metrics.prom"), registry)


def test_a_gateway_that_refuses() -> None:
    registry = dropin.CollectorRegistry()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(urllib.error.URLError):
        dropin.push_to_gateway(f"127.0.0.1:{port}", "job", registry, timeout=5)


def test_a_gateway_that_hangs() -> None:
    registry = dropin.CollectorRegistry()
    # It takes connections, and answers none.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(OSError, match="timed out"):
            dropin.pushadd_to_gateway(f"127.0.0.1:{port}", "job", registry, timeout=0.05)


def test_a_gateway_that_fails() -> None:
    class Fails(BaseHTTPRequestHandler):
        def do_DELETE(self) -> None:
            self.send_error(500)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Fails) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(urllib.error.HTTPError, match="500"):
            dropin.delete_from_gateway(f"127.0.0.1:{server.server_port}", "job")
        thread.join()


def run(code: str) -> str:
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_import_makes_prometheus_client_run_on_metrion() -> None:
    printed = run(
        """
        import metrion, metrion.dropin
        import prometheus_client
        from prometheus_client import Counter, REGISTRY
        from prometheus_client.core import GaugeMetricFamily
        import prometheus_client.bridge.graphite, prometheus_client.multiprocess
        import prometheus_client.openmetrics.parser, prometheus_client.parser
        assert issubclass(Counter, metrion.Counter)
        print(Counter("c", "Help."))
        print("python_info" in REGISTRY._names_to_collectors)
        """
    )
    assert printed.split() == ["counter:c", "True"]


def test_import_comes_first() -> None:
    printed = run(
        """
        import prometheus_client
        try:
            import metrion.dropin
        except ImportError as error:
            print(error)
        """
    )
    assert "imported already" in printed
