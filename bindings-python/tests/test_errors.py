"""Bad input: a clear error with a stable code, and nothing half registered."""

import pickle
from collections.abc import Callable
from typing import Any

import metrion
import pytest
from metrion import CollectorRegistry, Counter, Gauge, Histogram, MetrionError, generate_latest
from testing import code_of


@pytest.mark.parametrize(
    "name", ["", "9lives", "with-dash", "with space", "naïve", "a\n", "_total"]
)
def test_invalid_metric_names(registry: CollectorRegistry, name: str) -> None:
    assert code_of(lambda: Counter(name, "Help.", registry=registry)) == "invalid_name"
    assert generate_latest(registry) == b""


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["a-b"], "invalid_name"),
        ([""], "invalid_name"),
        (["a:b"], "invalid_name"),
        (["a", "a"], "invalid_name"),
        (["__name__"], "reserved_name"),
        (["metrion_overflow"], "reserved_name"),
        (["le"], "reserved_name"),
    ],
)
def test_invalid_label_names(registry: CollectorRegistry, names: list[str], code: str) -> None:
    assert code_of(lambda: Histogram("h", "Help.", names, registry=registry)) == code
    assert generate_latest(registry) == b""


def test_label_names_must_not_be_one_text(registry: CollectorRegistry) -> None:
    with pytest.raises(TypeError, match="labelnames"):
        Counter("c", "Help.", "ab", registry=registry)


def test_wrong_label_sets(registry: CollectorRegistry) -> None:
    counter = Counter("c", "Help.", ["a", "b"], registry=registry)
    labels: Any = counter.labels
    for wrong in (
        lambda: labels(),
        lambda: labels("1"),
        lambda: labels("1", "2", "3"),
        lambda: labels(a="1"),
        lambda: labels(a="1", c="2"),
        lambda: labels(a="1", b="2", c="3"),
        lambda: labels("1", b="2"),
        lambda: labels({"a": "1"}),
        lambda: counter.inc(),
        lambda: counter.get(),
        lambda: counter.labels("1", "2").labels("1", "2"),
        lambda: counter.remove("1"),
        lambda: counter.remove_matching({"c": "1"}),
        lambda: counter.curry(c="1"),
    ):
        assert code_of(wrong) == "label_mismatch"
    counter.clear()
    assert code_of(lambda: counter.labels("1")) == "label_mismatch"
    assert b"c_total{" not in generate_latest(registry)


class Unprintable:
    __str__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("value", [b"bytes", "\ud800", Unprintable()])
def test_label_values_that_are_not_text(registry: CollectorRegistry, value: object) -> None:
    counter = Counter("c", "Help.", ["a"], registry=registry)
    assert code_of(lambda: counter.labels(value)) == "invalid_label_value"
    assert code_of(lambda: counter.labels(a=value)) == "invalid_label_value"
    assert code_of(lambda: counter.labels({"a": value})) == "invalid_label_value"
    assert b"c_total{" not in generate_latest(registry)


@pytest.mark.parametrize("amount", [-1, -2, -0.5, float("nan"), float("-inf")])
def test_amounts_that_a_counter_refuses(registry: CollectorRegistry, amount: float) -> None:
    counter = Counter("c", "Help.", registry=registry)
    counter.inc(3)
    assert code_of(lambda: counter.inc(amount)) == "invalid_value"
    assert counter.get() == 3


def test_values_that_are_no_numbers(registry: CollectorRegistry) -> None:
    counter: Any = Counter("c", "Help.", registry=registry)
    gauge: Any = Gauge("g", "Help.", registry=registry)
    histogram: Any = Histogram("h", "Help.", registry=registry)
    calls: tuple[Callable[[], object], ...] = (
        lambda: counter.inc("1"),
        lambda: counter.inc(1, 2),
        lambda: counter.inc(value=1),
        lambda: counter.inc(None),
        lambda: gauge.set(),
        lambda: gauge.set([]),
        lambda: histogram.observe(),
        lambda: histogram.observe("fast"),
    )
    for wrong in calls:
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(OverflowError):
        gauge.set(10**400)
    with pytest.raises(OverflowError):
        counter.inc(10**400)
    assert (counter.get(), gauge.get(), histogram.get()[1]) == (0, 0, 0)


@pytest.mark.parametrize(
    "buckets", [[2, 1], [1, 1], [float("nan")], [1, float("nan"), 2], [float("-inf"), 1]]
)
def test_invalid_buckets(registry: CollectorRegistry, buckets: list[float]) -> None:
    make = lambda: Histogram("h", "Help.", buckets=buckets, registry=registry)  # noqa: E731
    assert code_of(make) == "invalid_buckets"
    assert generate_latest(registry) == b""


def test_conflicting_schemas(registry: CollectorRegistry) -> None:
    Counter("c", "Help.", ["a"], registry=registry)
    Histogram("h", "Help.", buckets=[1], registry=registry)
    before = generate_latest(registry)
    for wrong in (
        lambda: Counter("c", "Help.", ["b"], registry=registry),
        lambda: Counter("c", "Another help.", ["a"], registry=registry),
        lambda: Gauge("c", "Help.", ["a"], registry=registry),
        lambda: Gauge("c_total", "Help.", registry=registry),
        lambda: Gauge("h_bucket", "Help.", registry=registry),
        lambda: Histogram("h", "Help.", buckets=[1, 2], registry=registry),
    ):
        assert code_of(wrong) == "metric_exists"
    assert generate_latest(registry) == before


def test_unregistering_what_is_not_there(registry: CollectorRegistry) -> None:
    counter = Counter("c", "Help.", registry=registry)
    registry.unregister(counter)
    with pytest.raises(KeyError) as failure:
        registry.unregister(counter)
    assert isinstance(failure.value, MetrionError)
    assert failure.value.code == "not_found"
    assert str(failure.value) == 'metric family "c" is not registered'


def test_errors_can_be_pickled(registry: CollectorRegistry) -> None:
    with pytest.raises(MetrionError) as failure:
        Counter("", "Help.", registry=registry)
    again = pickle.loads(pickle.dumps(failure.value))
    assert (type(again), again.code, str(again)) == (
        MetrionError,
        "invalid_name",
        str(failure.value),
    )


def test_wrong_registry_types() -> None:
    wrong: Any = object()
    with pytest.raises(TypeError):
        Counter("c", "Help.", registry=wrong)
    with pytest.raises(TypeError):
        generate_latest(wrong)
    with pytest.raises(TypeError):
        metrion.CollectorRegistry("surprise")  # type: ignore[arg-type]
