"""What a registry is told and what it tells: names, views, cardinality, expiry."""

import asyncio
import gc
import time
import types
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import metrion
import pytest
from metrion import (
    CardinalityReport,
    CollectorRegistry,
    Counter,
    Enum,
    FamilyCardinality,
    Gauge,
    Histogram,
    Info,
    LabelCardinality,
    RestrictedRegistry,
    Summary,
    generate_latest,
    make_asgi_app,
    start_http_server,
)
from testing import code_of


@pytest.fixture
def restricted(registry: CollectorRegistry) -> RestrictedRegistry:
    for name in ("a", "b", "c"):
        Counter(name, "Help.", registry=registry).inc()
    return registry.restricted_registry(iter(["a_total", "c", "absent"]))


def test_restricted_registry(registry: CollectorRegistry, restricted: RestrictedRegistry) -> None:
    wanted = generate_latest(registry, names=["a", "c"])
    assert wanted.count(b"\n") == 6
    assert generate_latest(restricted) == wanted
    assert generate_latest(restricted, names=["c", "b"]) == generate_latest(registry, names=["c"])
    assert generate_latest(registry.restricted_registry([])) == b""
    Histogram("later", "Later.", registry=registry).observe(1)
    later = registry.restricted_registry(["later_bucket"])
    assert b"later_sum 1\n" in generate_latest(later)
    with pytest.raises(TypeError):
        registry.restricted_registry("a_total")


def test_restricted_registry_outlives_the_other() -> None:
    registry = CollectorRegistry()
    Counter("a", "A.", registry=registry).inc()
    restricted = registry.restricted_registry(["a"])
    del registry
    gc.collect()
    assert generate_latest(restricted).endswith(b"a_total 1\n")


def test_http_server_of_a_restricted_registry(restricted: RestrictedRegistry) -> None:
    server, thread = start_http_server(0, "127.0.0.1", restricted)
    try:
        address = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(address, timeout=10) as response:
            assert response.read() == generate_latest(restricted)
        with urllib.request.urlopen(f"{address}?name[]=c", timeout=10) as response:
            assert response.read() == generate_latest(restricted, names=["c"])
    finally:
        server.shutdown()
        thread.join(10)


def test_asgi_app_of_a_restricted_registry(restricted: RestrictedRegistry) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("nothing to receive")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "headers": []}
    asyncio.run(make_asgi_app(restricted)(scope, receive, send))  # type: ignore[arg-type]
    assert sent[1]["body"] == generate_latest(restricted)


def test_cardinality(registry: CollectorRegistry) -> None:
    requests = Counter("requests", "Requests.", ["method", "path"], registry=registry)
    for number in range(6):
        requests.labels(("GET", "PUT")[number % 2], str(number)).inc()
    Summary("s", "S.", ["path"], registry=registry).labels("0")
    Gauge("g", "G.", registry=registry)
    assert registry.cardinality() == CardinalityReport(
        series=8,
        recent=8,
        families=[
            FamilyCardinality("requests", 6, 6),
            FamilyCardinality("g", 1, 1),
            FamilyCardinality("s", 1, 1),
        ],
        labels=[LabelCardinality("path", 6, 7), LabelCardinality("method", 2, 6)],
    )
    report = registry.cardinality(top=1, recent_seconds=-3600)
    assert (report.series, report.recent) == (8, 0)
    assert [family.name for family in report.families] == ["requests"]
    assert [label.name for label in report.labels] == ["path"]
    assert repr(report).startswith("CardinalityReport(series=8, recent=0, families=[Family")
    with pytest.raises(OverflowError):
        registry.cardinality(top=-1)


def test_utf8_names() -> None:
    registry = CollectorRegistry(utf8_names=True)
    counter = Counter("http.requests.größe", "Sizes.", ["server.name"], registry=registry)
    counter.labels(**{"server.name": "a"}).inc(exemplar={"trace.id": "x"})
    Info("build.info", "Build.", registry=registry).info({"git.branch": "main"})
    assert registry.get_sample_value("http.requests.größe_total", {"server.name": "a"}) == 1
    assert code_of(lambda: Counter("", "Empty.", registry=registry)) == "invalid_name"
    classic = CollectorRegistry()
    assert code_of(lambda: Counter("a.b", "Dot.", registry=classic)) == "invalid_name"


MAKERS: dict[str, Callable[..., Any]] = {
    "c_total": lambda **o: Counter("c", "C.", ["a"], **o).labels("1").inc,
    "h_count": lambda **o: Histogram("h", "H.", ["a"], **o).labels("1").observe,
    "s_count": lambda **o: Summary("s", "S.", ["a"], **o).labels("1").observe,
}


@pytest.mark.parametrize("name", MAKERS)
def test_series_that_do_not_move_expire_and_come_back(
    registry: CollectorRegistry, name: str
) -> None:
    update = MAKERS[name](registry=registry, expire_after=0.05)
    update(1)

    def value() -> float | None:
        return registry.get_sample_value(name, {"a": "1"})

    assert value() == 1
    deadline = time.monotonic() + 10
    while value() is not None:
        assert time.monotonic() < deadline
    update(1)
    assert value() == 2


@pytest.mark.parametrize(
    "make",
    [
        Counter,
        Gauge,
        Histogram,
        Summary,
        Info,
        partial(Enum, states=["a"]),
    ],
)
def test_what_every_type_takes(registry: CollectorRegistry, make: Any) -> None:
    options = {"constant_labels": {"zone": "x"}, "max_series": 1, "expire_after": 3600}
    metric: Any = make("m", "M.", ("a",), "app", "db", registry=registry, **options)
    assert isinstance(metric, metrion.metrics.MetricWrapperBase)
    assert (metric.name, metric.documentation, metric.labelnames) == ("app_db_m", "M.", ("a",))
    assert metric.labels("1") is metric.labels(a="1")
    assert metric.labels("2") is not metric.labels("2"), "the overflow series is not remembered"
    assert registry.cardinality().series == 1
    assert metric.remove_matching(types.MappingProxyType({"a": "1"})) == 1
    metric.clear()
    metric.reset()
    registry.unregister(metric)
    assert generate_latest(registry) == b""
    for wrong in (0, -1, float("nan")):
        again = partial(make, "m", "M.", registry=registry, expire_after=wrong)
        assert code_of(again) == "invalid_value"
    with pytest.raises(TypeError, match="labelnames"):
        make("m", "M.", "ab", registry=registry)
