"""Foreign code in a collection that does what it should not: collectors, and functions of gauges.

Whatever one of them does, the others are served, by every endpoint; the failure is counted, and the
log tells of it once.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import logging
import math
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from metrion import (
    CollectorRegistry,
    Counter,
    Gauge,
    encode,
    generate_latest,
    make_asgi_app,
    start_http_server,
)
from metrion.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from metrion.samples import Sample
from metrion.testing import isolated

SECONDS = 20


def by_text(registry: CollectorRegistry) -> bytes:
    return generate_latest(registry)


def by_openmetrics(registry: CollectorRegistry) -> bytes:
    return encode(registry, "openmetrics").body


def by_protobuf(registry: CollectorRegistry) -> bytes:
    return encode(registry, "protobuf").body


def by_json(registry: CollectorRegistry) -> bytes:
    return encode(registry, "json").body


def by_collect(registry: CollectorRegistry) -> bytes:
    return json.dumps([metric.name for metric in registry.collect()]).encode()


def by_http(registry: CollectorRegistry) -> bytes:
    server, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        address = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(address, timeout=SECONDS) as response:
            body: bytes = response.read()
            return body
    finally:
        server.shutdown()
        thread.join(SECONDS)


def by_asgi(registry: CollectorRegistry) -> bytes:
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("nothing to receive")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "headers": []}
    asyncio.run(make_asgi_app(registry)(scope, receive, send))  # type: ignore[arg-type]
    body: bytes = sent[1]["body"]
    return body


ENDPOINTS = [by_text, by_openmetrics, by_protobuf, by_json, by_collect, by_http, by_asgi]


def failures(registry: CollectorRegistry) -> float:
    reason = {"reason": "collect_failure"}
    counted = registry.get_sample_value("metrion_registry_dropped_total", reason)
    assert counted is not None
    return counted


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry(self_metrics=True)


class Collects:
    """A collector that is a function."""

    def __init__(self, collect: Callable[[], Any]) -> None:
        self.collect = collect


def family(name: str) -> Metric:
    return GaugeMetricFamily(name, "Help.", value=1)


def raises() -> Any:
    raise RuntimeError("on purpose")


def breaks_off() -> Iterator[Metric]:
    yield family("before")
    raise RuntimeError("on purpose")


def text_for_a_number() -> list[Metric]:
    broken = GaugeMetricFamily("broken", "Help.")
    broken.add_metric([], "no number")  # type: ignore[arg-type]
    return [broken]


def no_labels() -> list[Metric]:
    broken = Metric("broken", "Help.", "gauge")
    broken.samples = [Sample("broken", None, 1.0)]  # type: ignore[arg-type]
    return [broken]


def no_samples() -> list[Metric]:
    broken = Metric("broken", "Help.", "gauge")
    broken.samples = None  # type: ignore[assignment]
    return [broken]


def unknown_type() -> list[Metric]:
    broken = Metric("broken", "Help.", "gauge")
    broken.type = "thermometer"
    return [broken]


def wrong_name() -> list[Metric]:
    broken = Metric("broken", "Help.", "gauge")
    broken.name = 7  # type: ignore[assignment]
    return [broken]


class Exits(BaseException):
    """What is no `Exception` must not end a server either."""


def exits() -> Any:
    raise Exits


BAD_COLLECTORS: list[Callable[[], Any]] = [
    raises,
    breaks_off,
    exits,
    text_for_a_number,
    no_labels,
    no_samples,
    unknown_type,
    wrong_name,
    lambda: None,
    lambda: 7,
    lambda: [None],
    lambda: [object()],
    lambda: "x",
    lambda: [family("good")],  # taken by another one
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("collect", BAD_COLLECTORS)
def test_bad_collectors(
    registry: CollectorRegistry,
    collect: Callable[[], Any],
    endpoint: Callable[[CollectorRegistry], bytes],
) -> None:
    registry.register(Collects(lambda: [family("good")]))
    registry.register(Collects(collect))
    Gauge("own", "Own.", registry=registry)
    page = endpoint(registry)
    assert b"good" in page and b"own" in page and b"broken" not in page
    assert (b"before" in page) == (collect is breaks_off)
    assert failures(registry) == 2, "of that collection, and of the one that asks"


BAD_VALUES: list[Callable[[], Any]] = [
    raises,
    exits,
    lambda: None,
    lambda: "5",
    lambda: b"5",
    lambda: [5],
    lambda: 10**400,
    lambda: object(),
    lambda: 1j,
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("function", BAD_VALUES)
def test_functions_that_give_no_number(
    registry: CollectorRegistry,
    function: Callable[[], Any],
    endpoint: Callable[[CollectorRegistry], bytes],
) -> None:
    gauge = Gauge("gauge", "Help.", ["a"], registry=registry)
    gauge.labels("bad").set_function(function)
    gauge.labels("good").set_function(lambda: 5)
    Gauge("own", "Own.", registry=registry)
    page = endpoint(registry)
    assert b"own" in page and b"gauge" in page and b"bad" not in page
    assert (b"good" in page) == (endpoint is not by_collect)
    assert failures(registry) == 2
    assert registry.get_sample_value("gauge", {"a": "good"}) == 5


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("value", [True, False, 2**63, 2**63 + 1, -(2**70), math.nan, math.inf])
def test_functions_that_give_odd_numbers(
    registry: CollectorRegistry,
    value: float,
    endpoint: Callable[[CollectorRegistry], bytes],
) -> None:
    Gauge("gauge", "Help.", registry=registry).set_function(lambda: value)
    assert b"gauge" in endpoint(registry)
    shown = registry.get_sample_value("gauge")
    assert shown == pytest.approx(float(value), rel=0, abs=0, nan_ok=True)
    assert failures(registry) == 0


def test_the_log_tells_once_of_each(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    gauge = Gauge("gauge", "Help.", ["a"], registry=registry)
    for value in ("1", "2"):
        gauge.labels(value).set_function(raises)
    for _ in range(2):
        registry.register(Collects(raises))
    with caplog.at_level(logging.WARNING, logger="metrion"):
        for _ in range(3):
            generate_latest(registry)
    assert len(caplog.records) == 4
    for record in caplog.records:
        assert record.levelname == "WARNING"
        assert "on purpose" in record.getMessage() and "not logged" in record.getMessage()
        assert record.exc_info is not None
    assert failures(registry) == 4 * 4
    named = " ".join(record.getMessage() for record in caplog.records)
    assert named.count("function raises") == 2 and named.count("Collects") == 2


def test_a_log_that_fails_changes_nothing(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("metrion"), "warning", raises)
    registry.register(Collects(raises))
    Gauge("own", "Own.", registry=registry)
    assert b"own 0" in generate_latest(registry)
    assert failures(registry) == 2


def test_a_collector_without_end(registry: CollectorRegistry) -> None:
    given = itertools.count()
    registry.register(Collects(lambda: (family(f"m{number}") for number in given)))
    registry.register(Collects(lambda: [family("good")]))
    lines = generate_latest(registry).splitlines()
    # What came before the bound is served.
    assert sum(line.startswith(b"m") for line in lines) >= 100_000
    assert b"good 1" in lines
    assert next(given) == 100_001


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_collector_that_reads_its_registry(
    registry: CollectorRegistry, endpoint: Callable[[CollectorRegistry], bytes]
) -> None:
    counter = Counter("c", "C.", registry=registry)
    counter.inc(2)

    def double() -> Iterator[Metric]:
        assert "double" not in [metric.name for metric in registry.collect()]
        assert b"double" not in generate_latest(registry)
        value = registry.get_sample_value("c_total") or 0
        yield GaugeMetricFamily("double", "Double.", value=2 * value)

    registry.register(Collects(double))
    assert b"double" in endpoint(registry)
    assert registry.get_sample_value("double") == 4
    assert failures(registry) == 0


def test_a_collector_that_changes_its_registry(registry: CollectorRegistry) -> None:
    def changes() -> Iterator[Metric]:
        Counter("made", "Made.", ["a"], registry=registry).labels("x").inc()
        yield family("given")
        registry.unregister(collector)

    collector = Collects(changes)
    registry.register(collector)
    assert b"given 1" in generate_latest(registry)
    assert registry.get_sample_value("made_total", {"a": "x"}) == 1
    assert registry.get_sample_value("given") is None


def test_a_function_that_reads_its_registry(registry: CollectorRegistry) -> None:
    Counter("c", "C.", registry=registry).inc(2)
    gauge = Gauge("g", "G.", registry=registry)

    def read() -> float:
        assert registry.get_sample_value("g") is None
        assert gauge.collect()[0].samples == []
        return registry.get_sample_value("c_total") or 0

    gauge.set_function(read)
    assert b"\ng 2\n" in generate_latest(registry)
    assert gauge.collect()[0].samples[0].value == 2
    assert failures(registry) == 0


def test_a_slow_collector_is_unregistered_meanwhile(registry: CollectorRegistry) -> None:
    begun, unregistered = threading.Event(), threading.Event()
    pages: list[bytes] = []

    def slow() -> list[Metric]:
        begun.set()
        assert unregistered.wait(SECONDS)
        return [family("slow")]

    collector = Collects(slow)
    registry.register(collector)
    scrape = threading.Thread(target=lambda: pages.append(generate_latest(registry)))
    scrape.start()
    assert begun.wait(SECONDS)
    registry.unregister(collector)
    assert b"slow" not in generate_latest(registry)
    with pytest.raises(KeyError):
        registry.unregister(collector)
    registry.register(Collects(lambda: [family("another")]))
    unregistered.set()
    scrape.join(SECONDS)
    # The scrape that began before has it, and not what came after.
    assert b"slow 1" in pages[0] and b"another" not in pages[0]


def test_a_slow_collector_does_not_stop_updates_and_other_scrapes(
    registry: CollectorRegistry,
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    times = itertools.count()

    def slow_once() -> list[Metric]:
        if next(times) == 0:
            begun.set()
            assert goes_on.wait(SECONDS)
        return [family("slow")]

    counter = Counter("c", "C.", ["a"], registry=registry)
    registry.register(Collects(slow_once))
    scrape = threading.Thread(target=generate_latest, args=(registry,))
    scrape.start()
    assert begun.wait(SECONDS)
    counter.labels("x").inc()
    assert b'c_total{a="x"} 1' in generate_latest(registry)
    goes_on.set()
    scrape.join(SECONDS)
    assert not scrape.is_alive()


def test_a_collector_that_fails_at_times(registry: CollectorRegistry) -> None:
    times = itertools.count()

    def sometimes() -> list[Metric]:
        number = next(times)
        if number % 2:
            raise RuntimeError("on purpose")
        return [CounterMetricFamily("times", "Times.", value=number)]

    registry.register(Collects(sometimes))
    pages = [generate_latest(registry) for _ in range(4)]
    assert [b"times_total" in page for page in pages] == [True, False, True, False]


def test_describe_that_fails_registers_nothing(registry: CollectorRegistry) -> None:
    class Described(Collects):
        def describe(self) -> Any:
            return raises()

    with pytest.raises(RuntimeError):
        registry.register(Described(lambda: [family("a")]))
    assert b"\na 1" not in generate_latest(registry)


def test_what_ends_with_a_function_may_use_the_registry(registry: CollectorRegistry) -> None:
    class ReadsAtTheEnd:
        def __del__(self) -> None:
            gauge.labels("made at the end").inc()
            ended.append(generate_latest(registry))

    ended: list[bytes] = []
    gauge = Gauge("g", "G.", ["a"], registry=registry)

    def set_one() -> None:
        held = ReadsAtTheEnd()
        gauge.labels("x").set_function(lambda: id(held))

    set_one()
    ends: list[Callable[[], Any]] = [
        set_one,
        lambda: gauge.remove("x"),
        lambda: gauge.remove_matching({"a": "x"}),
        gauge.clear,
    ]
    for number, end in enumerate(ends):
        set_one()
        end()
        assert len(ended) > number
    assert b'g{a="made at the end"} 1' in ended[0]


def test_what_ends_with_a_collector_may_use_the_registry(registry: CollectorRegistry) -> None:
    class ReadsAtTheEnd(Collects):
        def __del__(self) -> None:
            ended.append(generate_latest(registry))

    ended: list[bytes] = []
    with isolated(registry):
        registry.register(ReadsAtTheEnd(lambda: [family("a")]))
        assert b"\na 1\n" in generate_latest(registry)
    gc.collect()
    assert len(ended) == 1 and b"\na 1\n" not in ended[0]


def test_the_program_is_interrupted_and_not_the_collector() -> None:
    program = """
import signal, time, metrion

# A shell that runs this in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupted:
    def collect(self):
        signal.raise_signal(signal.SIGINT)
        yield from ()

registry = metrion.CollectorRegistry()
registry.register(Interrupted())
try:
    page = metrion.generate_latest(registry)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        pass
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"interrupted\n", b"")
