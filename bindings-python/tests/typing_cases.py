"""What type checkers say of programs that use Metrion: right uses with their types, and wrong uses,
each with the error that mypy must find. It is checked, not run.

A mark that is not needed is an error, too: both checkers report unused ones. pyright names errors
in its own way, so it only looks whether there is one.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator

import metrion.dropin
from metrion import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    Histogram,
    Info,
    Metric,
    Page,
    RestrictedRegistry,
    Summary,
    SummaryValue,
)
from metrion._helpers import ExceptionCounter, InprogressTracker, Timer
from metrion.metrics_core import GaugeMetricFamily
from metrion.metrics_core import Metric as Family
from metrion.testing import ManualClock
from prometheus_client import CollectorRegistry as ClientRegistry
from prometheus_client import Counter as ClientCounter
from prometheus_client import start_http_server as client_server
from typing_extensions import assert_type

counter = Counter("requests", "Requests.", ["method"])
gauge = Gauge("queue", "Queue.", mode="up_down", max_series=10, expire_after=60)
histogram = Histogram("took_seconds", "Took.", buckets=(0.1, 1), native=1.1)
summary = Summary("size", "Size.", objectives={0.5: 0.05})
info = Info("build", "Build.")
enum = Enum("state", "State.", states=["off", "on"])


def labels() -> None:
    assert_type(counter.labels("GET"), Counter)
    assert_type(counter.labels(method="GET"), Counter)
    assert_type(counter.labels({"method": "GET"}), Counter)
    assert_type(counter.labels(200), Counter)
    assert_type(histogram.labels("a"), Histogram)
    assert_type(counter.curry(method="GET"), Counter)
    assert_type(counter.labelnames, tuple[str, ...])
    assert_type(counter.remove("GET"), bool)
    assert_type(counter.remove_matching({"method": "GET"}), int)
    counter.labels(method="GET").observe(1)  # type: ignore[attr-defined]
    counter.remove_matching("GET")  # type: ignore[arg-type]
    counter.name = "other"  # type: ignore[misc]


def a_subclass_keeps_its_class() -> None:
    class Twice(Counter):
        def inc(self, amount: float = 1, exemplar: object = None) -> None:
            super().inc(2 * amount)

    class Named(Gauge):
        def __init__(self, name: str) -> None:
            super().__init__(name, "Made by its name.")

    assert_type(Twice("twice", "Twice.").labels("x"), Twice)
    assert_type(Named("named"), Named)
    Named("named", "Help.")  # type: ignore[call-arg]


def updates() -> None:
    counter.inc()
    counter.inc(1, {"trace_id": "a"})
    counter.inc(0.5, exemplar={"trace_id": "a"})
    gauge.set(1)
    gauge.set_function(lambda: 1.0)
    histogram.observe(1, exemplar={"trace_id": "a"})
    summary.observe(2.5)
    info.info({"version": "1"})
    enum.state("on")
    counter.inc("1")  # type: ignore[arg-type]
    counter.inc(1, "trace")  # type: ignore[arg-type]
    gauge.set()  # type: ignore[call-arg]
    gauge.set_function(lambda: "1")  # type: ignore[arg-type, return-value]
    summary.observe(1, exemplar={})  # type: ignore[call-arg]
    enum.state(1)  # type: ignore[arg-type]


def reads() -> None:
    assert_type(counter.get(), float)
    assert_type(histogram.get(), tuple[list[float], float])
    assert_type(histogram.get_native(), metrion.NativeHistogram | None)
    assert_type(summary.get(), SummaryValue)
    assert_type(summary.get().quantiles, dict[float, float])
    assert_type(info.get(), dict[str, str])
    assert_type(enum.get(), str)
    assert_type(Histogram.DEFAULT_BUCKETS, tuple[float, ...])


def constructors() -> None:
    Counter("c")  # type: ignore[call-arg]
    Counter("c", "Help.", buckets=[1])  # type: ignore[call-arg]
    Counter("c", "Help.", 1)  # type: ignore[arg-type]
    Gauge("g", "Help.", mode="sideways")  # type: ignore[arg-type]
    Histogram("h", "Help.", buckets=["1"])  # type: ignore[list-item]
    Summary("s", "Help.", objectives="half")  # type: ignore[arg-type]
    Metric("m", "Help.")  # type: ignore[call-arg]


@histogram.time()
def plain(number: int, *, text: str = "") -> str:
    return text * number


@summary.time()
async def coroutine(number: int) -> bytes:
    return bytes(number)


@gauge.track_inprogress()
def generator(number: int) -> Generator[int, str, bytes]:
    yield number
    return b""


@counter.count_exceptions((ValueError, KeyError))
async def async_generator(number: int) -> AsyncGenerator[int, None]:
    yield number


async def decorators_keep_signatures() -> None:
    is_plain: Callable[[int], str] = plain
    assert_type(plain(1, text="x"), str)
    assert_type(is_plain(1), str)
    assert_type(await coroutine(1), bytes)
    assert_type(generator(1), Generator[int, str, bytes])
    assert_type(async_generator(1), AsyncGenerator[int, None])
    plain("1")  # type: ignore[arg-type]
    plain(1, "x")  # type: ignore[call-arg]
    await coroutine("1")  # type: ignore[arg-type]
    histogram.time()(1)  # type: ignore[type-var]


def context_managers() -> None:
    assert_type(histogram.time(), Timer)
    assert_type(gauge.time(), Timer)
    assert_type(gauge.track_inprogress(), InprogressTracker)
    assert_type(counter.count_exceptions(), ExceptionCounter)
    with histogram.time() as timer:
        timer.labels("GET")
    assert_type(timer.duration, float | None)
    counter.count_exceptions("ValueError")  # type: ignore[arg-type]


class Disks:
    def collect(self) -> Iterator[Family]:
        yield GaugeMetricFamily("disk_free_bytes", "Free.", value=1)


class Numbers:
    def collect(self) -> list[int]:
        return [1]


def registries() -> None:
    registry = CollectorRegistry(target_info={"a": "b"}, clock=ManualClock(0))
    assert_type(REGISTRY, CollectorRegistry)
    registry.register(Disks())
    registry.register(counter)
    registry.unregister(counter)
    assert_type(registry.collect(), list[Family])
    assert_type(registry.restricted_registry(["a"]), RestrictedRegistry)
    assert_type(registry.get_sample_value("a", {"b": "c"}), float | None)
    assert_type(registry.cardinality().families[0].series, int)
    assert_type(metrion.generate_latest(registry.restricted_registry(["a"])), bytes)
    assert_type(metrion.encode(registry, "openmetrics"), Page)
    registry.register(Numbers())  # type: ignore[arg-type]
    registry.register(object())  # type: ignore[arg-type]
    Counter("c", "Help.", registry=registry.restricted_registry([]))  # type: ignore[arg-type]
    metrion.generate_latest("registry")  # type: ignore[arg-type]
    registry.set_target_info()  # type: ignore[call-arg]


def servers() -> None:
    server, thread = metrion.start_http_server(0, registry=REGISTRY)
    assert_type(server.server_port, int)
    assert_type(thread.is_alive(), bool)
    metrion.start_http_server("8000")  # type: ignore[arg-type]


def the_dropin_leaves_the_types_of_the_original() -> None:
    client = ClientCounter("requests", "Requests.", ["method"], registry=ClientRegistry())
    assert_type(client.labels("GET"), ClientCounter)
    client.labels("GET").inc("1")  # type: ignore[arg-type]
    client_server("8000")  # type: ignore[arg-type]
