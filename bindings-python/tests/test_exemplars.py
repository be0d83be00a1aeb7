"""Exemplars: given with an update, or taken from the current span of OpenTelemetry."""

import asyncio
import collections
import math
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from metrion import (
    CollectorRegistry,
    Counter,
    Exemplar,
    Histogram,
    encode,
    generate_latest,
)
from metrion.asgi import MetricsMiddleware
from opentelemetry import trace
from testing import code_of

TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C
SPAN_ID = 0x00F067AA0BA902B7
SPAN_LABELS = {"trace_id": f"{TRACE_ID:032x}", "span_id": f"{SPAN_ID:016x}"}


def exemplars(registry: CollectorRegistry, name: str) -> dict[int, tuple[dict[str, str], float]]:
    placed = registry.get_exemplars(name)
    return {own.place: (own.exemplar.labels, own.exemplar.value) for own in placed}


def test_of_a_counter(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], registry=registry)
    child = counter.labels("1")
    before = time.time()
    child.inc(2, {"trace_id": "x"})
    child.inc(3.5)
    (placed,) = registry.get_exemplars("c_total")
    assert placed.series == {"a": "1"}
    assert placed.exemplar == Exemplar({"trace_id": "x"}, 2, placed.exemplar.timestamp)
    assert placed.exemplar.timestamp is not None
    assert before - 1 < placed.exemplar.timestamp < time.time() + 1
    child.inc(exemplar={"trace_id": 'a "new"\none', "n": 1})
    assert exemplars(registry, "c") == {0: ({"trace_id": 'a "new"\none', "n": "1"}, 1)}
    child.inc(exemplar=None)
    child.inc(amount=1, exemplar={})
    assert child.get() == 8.5
    assert len(registry.get_exemplars("c")) == 1


def test_of_a_histogram_is_one_for_each_bucket(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", buckets=[1, 2], registry=registry)
    histogram.observe(0.5, {"id": "a"})
    histogram.observe(0.75, exemplar={"id": "b"})
    histogram.observe(amount=9, exemplar=collections.OrderedDict(id="c"))
    histogram.observe(math.nan, {"id": "nowhere"})
    assert exemplars(registry, "h") == {0: ({"id": "b"}, 0.75), 2: ({"id": "c"}, 9)}
    assert histogram.get() == ([2, 0, 1], 10.25)


def test_of_a_native_histogram(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", buckets=(), native=1.1, registry=registry)
    for value in (1, 2, 4):
        histogram.observe(value, {"id": str(value)})
    assert sorted(exemplars(registry, "h").values(), key=lambda own: own[1]) == [
        ({"id": "1"}, 1),
        ({"id": "2"}, 2),
        ({"id": "4"}, 4),
    ]


def test_what_is_refused_is_not_counted(registry: CollectorRegistry) -> None:
    counter: Any = Counter("c", "C.", registry=registry)
    histogram: Any = Histogram("h", "H.", registry=registry)
    for wrong in ({"id": "x" * 127}, {"__name__": "x"}, {"": "x"}):
        assert code_of(partial(counter.inc, 1, wrong)) == "invalid_exemplar"
        assert code_of(partial(histogram.observe, 1, wrong)) == "invalid_exemplar"
    assert code_of(lambda: counter.inc(-1, {"id": "x"})) == "invalid_value"
    assert code_of(lambda: counter.inc(1, {"id": b"x"})) == "invalid_label_value"
    calls: list[Callable[[], None]] = [
        lambda: counter.inc(1, "id"),
        lambda: counter.inc(1, [("id", "x")]),
        lambda: counter.inc(1, {1: "x"}),
        lambda: counter.inc(1, {}, 3),
        lambda: counter.inc(1, amount=1),
        lambda: counter.inc(1, example={}),
        lambda: histogram.observe(exemplar={"id": "x"}),
        lambda: histogram.observe(1, 2),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()
    assert (counter.get(), histogram.get()[1]) == (0, 0)
    assert registry.get_exemplars("c") == registry.get_exemplars("h") == []
    assert counter.inc(1, {"id": "x" * 126}) is None
    assert counter.get() == 1


def test_past_the_series_limit(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], max_series=1, registry=registry)
    for value in ("1", "2", "3"):
        counter.labels(value).inc(1, {"id": value})
    assert registry.get_sample_value("c_total", {"metrion_overflow": "true"}) == 2


@pytest.fixture
def traced() -> CollectorRegistry:
    return CollectorRegistry(exemplars_from_spans=True)


def span(is_sampled: bool = True) -> Any:
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if is_sampled else 0)
    context = trace.SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=flags)
    return trace.use_span(trace.NonRecordingSpan(context))


def test_of_the_current_span(traced: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], registry=traced).labels("1")
    histogram = Histogram("h", "H.", buckets=[1], registry=traced)
    native = Histogram("n", "N.", buckets=(), native=1.1, registry=traced)
    with span():
        counter.inc()
        counter.inc(2)
        histogram.observe(0.5)
        histogram.observe(5, {"id": "own"})
        native.observe(3)
    assert exemplars(traced, "c") == {0: (SPAN_LABELS, 2)}
    assert exemplars(traced, "h") == {0: (SPAN_LABELS, 0.5), 1: ({"id": "own"}, 5)}
    assert list(exemplars(traced, "n").values()) == [(SPAN_LABELS, 3)]
    # Outside of spans all is counted, too.
    counter.inc(4)
    histogram.observe(0.25)
    histogram.observe(math.nan)
    assert code_of(lambda: counter.inc(-1)) == "invalid_value"
    assert exemplars(traced, "c") == {0: (SPAN_LABELS, 2)}
    assert (counter.get(), histogram.get()) == (7, ([2, 1], 5.75))


def test_a_span_that_is_not_sampled_gives_none(traced: CollectorRegistry) -> None:
    counter = Counter("c", "C.", registry=traced)
    with span(is_sampled=False):
        counter.inc()
    assert (traced.get_exemplars("c"), counter.get()) == ([], 1)


def test_other_registries_do_not_look_for_spans(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", registry=registry)
    with span():
        counter.inc()
    assert (registry.get_exemplars("c"), counter.get()) == ([], 1)


@pytest.fixture
def no_opentelemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # What Python itself does to say that a module cannot be imported.
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    yield


def test_without_opentelemetry(no_opentelemetry: None) -> None:
    registry = CollectorRegistry(exemplars_from_spans=True)
    counter = Counter("c", "C.", registry=registry)
    with span():
        counter.inc()
    assert (registry.get_exemplars("c"), counter.get()) == ([], 1)


def test_a_span_that_raises_leaves_the_update_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("no span today")

    monkeypatch.setattr(trace, "get_current_span", broken)
    registry = CollectorRegistry(exemplars_from_spans=True)
    counter = Counter("c", "C.", registry=registry)
    counter.inc(3)
    assert (registry.get_exemplars("c"), counter.get()) == ([], 3)


def test_which_formats_show_them(registry: CollectorRegistry) -> None:
    Counter("c", "C.", registry=registry).inc(1, {"trace_id": "of-c"})
    Histogram("h", "H.", buckets=[1], registry=registry).observe(0.5, {"trace_id": "of-h"})
    Histogram("n", "N.", buckets=(), native=1.1, registry=registry).observe(3, {"trace_id": "of-n"})
    assert b"of-" not in generate_latest(registry)
    assert b"of-" not in encode(registry, "text").body
    openmetrics = encode(registry, "openmetrics").body
    assert b'c_total 1.0 # {trace_id="of-c"} 1.0 ' in openmetrics
    assert b'h_bucket{le="1.0"} 1 # {trace_id="of-h"} 0.5 ' in openmetrics
    for format in ("protobuf", "json"):
        body = encode(registry, format).body
        assert all(own in body for own in (b"of-c", b"of-h", b"of-n"))


def test_of_a_timer(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", ["a"], buckets=[3600], registry=registry)
    with histogram.labels("x").time() as timer:
        timer.exemplar = {"trace_id": "one"}
    with histogram.time() as timer:
        timer.labels(a="y")
        timer.exemplar = {"trace_id": "two"}
    with histogram.labels("x").time():
        pass
    placed = registry.get_exemplars("h")
    assert [(own.series["a"], own.exemplar.labels["trace_id"]) for own in placed] == [
        ("x", "one"),
        ("y", "two"),
    ]
    assert timer.duration == placed[1].exemplar.value
    assert registry.get_sample_value("h_count", {"a": "x"}) == 2


def test_a_wrong_one_of_a_timer_is_not_counted(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", registry=registry)

    def wrong() -> None:
        with histogram.time() as timer:
            timer.exemplar = {"id": "x" * 127}

    assert code_of(wrong) == "invalid_exemplar"
    assert histogram.get()[1] == 0
    assert registry.get_exemplars("h") == []


@pytest.fixture
def timed(traced: CollectorRegistry) -> Histogram:
    return Histogram("h", "H.", buckets=[3600], registry=traced)


def test_of_the_span_of_a_context_manager(traced: CollectorRegistry, timed: Histogram) -> None:
    with span(), timed.time():
        pass
    assert exemplars(traced, "h")[0][0] == SPAN_LABELS


def test_of_the_span_of_a_function(traced: CollectorRegistry, timed: Histogram) -> None:
    errors = Counter("c", "C.", registry=traced)

    @timed.time()
    @errors.count_exceptions()
    def function() -> None:
        raise OSError

    with span(), pytest.raises(OSError):
        function()
    assert exemplars(traced, "h")[0][0] == SPAN_LABELS
    assert exemplars(traced, "c")[0] == (SPAN_LABELS, 1)


def test_of_the_span_of_a_coroutine(traced: CollectorRegistry, timed: Histogram) -> None:
    @timed.time()
    async def work(begun: asyncio.Event) -> None:
        begun.set()
        await asyncio.sleep(0)

    async def request() -> None:
        with span():
            await work(asyncio.Event())

    async def main() -> None:
        # Another task, without a span, runs meanwhile.
        await asyncio.gather(request(), asyncio.sleep(0))

    asyncio.run(main())
    assert exemplars(traced, "h")[0][0] == SPAN_LABELS


def test_of_the_span_of_a_generator(traced: CollectorRegistry, timed: Histogram) -> None:
    @timed.time()
    def numbers() -> Iterator[int]:
        yield 1

    with span():
        assert list(numbers()) == [1]
    assert exemplars(traced, "h")[0][0] == SPAN_LABELS


def test_of_the_span_of_an_async_generator(traced: CollectorRegistry, timed: Histogram) -> None:
    @timed.time()
    async def numbers() -> AsyncIterator[int]:
        yield 1

    async def main() -> None:
        with span():
            assert [number async for number in numbers()] == [1]

    asyncio.run(main())
    assert exemplars(traced, "h")[0][0] == SPAN_LABELS


def test_of_the_span_of_an_http_request(traced: CollectorRegistry) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    measured: Any = MetricsMiddleware(app, registry=traced)

    async def in_span(scope: Any, receive: Any, send: Any) -> None:
        # As OpenTelemetry's middleware does, around ours.
        with span():
            await measured(scope, receive, send)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "http_version": "1.1"}
    asyncio.run(in_span(scope, receive, send))
    assert exemplars(traced, "http_requests_total")[0] == (SPAN_LABELS, 1)
    [(labels, _)] = exemplars(traced, "http_request_duration_seconds").values()
    assert labels == SPAN_LABELS
