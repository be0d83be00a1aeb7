"""The metric classes as a user of prometheus_client expects them."""

import enum
import gc
import math
import sys
import threading
import weakref

import metrion
import pytest
from metrion import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    MetrionError,
    generate_latest,
)
from metrion.metrics import MetricWrapperBase


def text(registry: CollectorRegistry) -> list[str]:
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_counter(registry: CollectorRegistry) -> None:
    counter = Counter("requests_total", "Requests.", registry=registry)
    counter.inc()
    counter.inc(2.5)
    counter.inc(amount=1)
    counter.inc(True)
    assert counter.get() == 5.5
    assert generate_latest(registry) == (
        b"# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total 5.5\n"
    )


def test_gauge(registry: CollectorRegistry) -> None:
    gauge = Gauge("level", "Level.", registry=registry)
    gauge.set(7)
    gauge.inc()
    gauge.dec(amount=3)
    assert gauge.get() == 5
    gauge.set(math.inf)
    assert text(registry) == ["level +Inf"]
    gauge.set(float("nan"))
    assert text(registry) == ["level NaN"]


def test_up_down_gauge(registry: CollectorRegistry) -> None:
    gauge = Gauge("in_flight", "In flight.", mode="up_down", registry=registry)
    gauge.inc()
    gauge.inc(2)
    gauge.dec()
    assert gauge.get() == 2
    with pytest.raises(MetrionError) as failure:
        gauge.set(1)
    assert failure.value.code == "unsupported"
    with pytest.raises(ValueError, match="mode"):
        Gauge("other", "Other.", mode="sideways", registry=registry)  # type: ignore[arg-type]


def test_histogram(registry: CollectorRegistry) -> None:
    histogram = Histogram("took", "Took.", buckets=(1, 2.5, math.inf), registry=registry)
    for value in (0.5, 1, 2, 99):
        histogram.observe(value)
    histogram.observe(amount=2)
    histogram.observe(math.nan)
    assert histogram.get() == ([2, 2, 1], 104.5)
    assert text(registry) == [
        'took_bucket{le="1"} 2',
        'took_bucket{le="2.5"} 4',
        'took_bucket{le="+Inf"} 5',
        "took_sum 104.5",
        "took_count 5",
    ]
    assert Histogram.DEFAULT_BUCKETS[-1] == math.inf


def test_integers_are_taken_as_numbers(registry: CollectorRegistry) -> None:
    gauge = Gauge("g", "G.", registry=registry)
    histogram = Histogram("h", "H.", buckets=[0, 2], registry=registry)
    for number in (-1, 0, 2, 2**40, -(2**40), True):
        gauge.set(number)
        assert gauge.get() == number
        histogram.observe(number)
    assert histogram.get() == ([3, 2, 1], 2)
    with pytest.raises(OverflowError):
        histogram.observe(10**400)
    assert sum(histogram.get()[0]) == 6


def test_labels_by_place_by_name_and_by_mapping(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["method", "path"], registry=registry)
    counter.labels("GET", "/").inc()
    counter.labels(path="/", method="GET").inc()
    counter.labels(method="GET", path="/").inc()
    counter.labels({"path": "/", "method": "GET"}).inc()
    assert text(registry) == ['c_total{method="GET",path="/"} 4']
    child = counter.labels("GET", "/")
    assert counter.labels(method="GET", path="/") is child
    assert counter.labels({"path": "/", "method": "GET"}) is child


def test_keywords_of_many_call_sites(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a", "b"], registry=registry)
    for _ in range(3):
        for order in ("a='1', b='2'", "b='2', a='1'"):
            for spaces in range(12):
                # Every compiled call has a tuple of names of its own.
                eval(f"{' ' * 0}counter.labels({order}){' ' * spaces}.inc()", {"counter": counter})
    assert counter.labels("1", "2").get() == 72


def test_label_values_are_told_apart(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a", "b"], registry=registry)
    counter.labels("ab", "c").inc()
    counter.labels("a", "bc").inc(2)
    counter.labels("", "abc").inc(3)
    assert [counter.labels(*pair).get() for pair in (("ab", "c"), ("a", "bc"), ("", "abc"))] == [
        1,
        2,
        3,
    ]


class Method(str, enum.Enum):
    GET = "GET"


def test_label_values_become_text_as_str_makes_it(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], registry=registry)
    for value in (200, "200", None, 1.5, Method.GET):
        counter.labels(value).inc()
    values = [f'c_total{{a="{value!s}"}}' for value in ("200", None, 1.5, Method.GET)]
    assert [line.rsplit(" ", 1)[0] for line in text(registry)] == values
    assert counter.labels("200").get() == 2
    assert counter.labels(200) is counter.labels("200")


def test_equal_texts_are_the_same_child(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], registry=registry)
    for i in range(1000):
        counter.labels("value-" + str(i % 10)).inc()
    assert len(text(registry)) == 10


def test_many_children_survive_the_growth_of_the_table(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a", "b"], registry=registry)
    for i in range(3000):
        counter.labels(str(i), "x").inc(i)
    assert all(counter.labels(str(i), "x").get() == i for i in range(3000))


def test_curried_labels(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", ["service", "route"], buckets=[1], registry=registry)
    shop = histogram.curry(service="shop")
    shop.labels("/").observe(1)
    shop.labels(route="/").observe(3)
    shop.curry(route="/").observe(2)
    assert histogram.labels("shop", "/").get() == ([1, 2], 6)


def test_removal(registry: CollectorRegistry) -> None:
    gauge = Gauge("g", "G.", ["a", "b"], registry=registry)
    kept = gauge.labels("1", "1")
    for pair in (("1", "1"), ("1", "2"), ("2", "1")):
        gauge.labels(*pair).set(5)
    assert gauge.remove("1", "1") is True
    assert gauge.remove("1", "1") is False
    kept.set(9)
    assert gauge.labels("1", "1") is not kept
    assert gauge.labels("1", "1").get() == 0
    assert gauge.remove_matching({"a": 1}) == 2
    assert text(registry) == ['g{a="2",b="1"} 5']
    gauge.clear()
    assert text(registry) == []


def test_reset(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], registry=registry)
    counter.labels("1").inc(0.1)
    counter.reset()
    assert text(registry) == ['c_total{a="1"} 0']
    counter.labels("1").inc()
    assert counter.labels("1").get() == 1


def test_series_limit(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], max_series=2, registry=registry)
    for i in range(5):
        counter.labels(str(i)).inc()
    assert text(registry)[-1] == 'c_total{metrion_overflow="true"} 3'


def test_constant_labels_and_names(registry: CollectorRegistry) -> None:
    Gauge(
        "age",
        "Age.",
        namespace="app",
        subsystem="cache",
        unit="seconds",
        constant_labels={"version": 3},
        registry=registry,
    )
    assert text(registry) == ['app_cache_age_seconds{version="3"} 0']


def test_creating_again_gives_the_same_metric(registry: CollectorRegistry) -> None:
    Counter("c", "C.", ["a"], registry=registry).labels("1").inc()
    again = Counter("c_total", "C.", ["a"], registry=registry)
    assert again.labels("1").get() == 1
    assert again.name == "c"
    assert again.documentation == "C."
    assert again.labelnames == ("a",)


def test_functions_as_values(registry: CollectorRegistry) -> None:
    gauge = Gauge("g", "G.", ["a"], registry=registry)
    gauge.labels("good").set_function(lambda: 3)
    gauge.labels("raises").set_function(lambda: 1 / 0)
    gauge.labels("no number").set_function(lambda: "seven")  # type: ignore[arg-type,return-value]
    assert text(registry) == ['g{a="good"} 3']


def test_self_metrics() -> None:
    registry = CollectorRegistry(self_metrics=True, constant_labels={"zone": "a"})
    Counter("c", "C.", ["a"], registry=registry).labels("1").inc()
    lines = text(registry)
    assert lines[0] == 'c_total{zone="a",a="1"} 1'
    assert "metrion_registry_series 1" in lines
    assert registry.get_sample_value("metrion_registry_bytes") is not None


def test_names_and_sample_values(registry: CollectorRegistry) -> None:
    Counter("c", "C.", registry=registry).inc()
    Histogram("h", "H.", ["a"], registry=registry).labels("1").observe(0.2)
    assert generate_latest(registry, names=["c_total"]).endswith(b"c_total 1\n")
    assert registry.get_sample_value("h_bucket", {"a": 1, "le": "0.25"}) == 1
    assert registry.get_sample_value("h_count", {"a": "1"}) == 1
    assert registry.get_sample_value("absent") is None


def test_unregistered_and_default_registries() -> None:
    Counter("nowhere", "Nowhere.", registry=None).inc()
    assert b"nowhere" not in generate_latest()
    counter = Counter("somewhere", "Somewhere.")
    assert b"somewhere_total 0" in generate_latest(metrion.REGISTRY)
    metrion.REGISTRY.unregister(counter)
    assert b"somewhere" not in generate_latest()
    counter.inc()
    assert counter.get() == 1


def test_threads_lose_nothing(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], registry=registry)
    histogram = Histogram("h", "H.", registry=registry)

    def work() -> None:
        for i in range(20_000):
            counter.labels(str(i % 5)).inc()
            histogram.observe(0.1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        generate_latest(registry)
    for thread in threads:
        thread.join()
    assert sum(counter.labels(str(i)).get() for i in range(5)) == 80_000
    assert sum(histogram.get()[0]) == 80_000


def test_the_base_class_has_labels_too(registry: CollectorRegistry) -> None:
    for kind in (Counter, Histogram):
        metric = kind(kind.__name__, "Help.", ["a"], registry=registry)
        assert MetricWrapperBase.labels(metric, "x") is metric.labels("x")
        assert MetricWrapperBase.labels(metric, a="x") is metric.labels("x")
        assert kind.labels is not MetricWrapperBase.labels


def test_subclasses_work(registry: CollectorRegistry) -> None:
    class Doubling(Counter):
        def inc(self, amount: float = 1, exemplar: object = None) -> None:
            super().inc(2 * amount)

    counter = Doubling("c", "C.", registry=registry)
    counter.inc(2)
    assert counter.get() == 4
    assert isinstance(counter, MetricWrapperBase)


def test_objects_are_freed() -> None:
    class Value:
        def __call__(self) -> float:
            return 1

    value = Value()
    gone = weakref.ref(value)
    registry = CollectorRegistry()
    gauge = Gauge("g", "G.", ["a"], registry=registry)
    gauge.labels("1").set_function(value)
    del value
    assert b"g{" in generate_latest(registry)
    gauge.clear()
    gc.collect()
    assert gone() is None


def test_updates_give_back_none_and_leave_its_references_alone(
    registry: CollectorRegistry,
) -> None:
    counter = Counter("c", "C.", registry=registry)
    histogram = Histogram("h", "H.", registry=registry)
    before = sys.getrefcount(None)
    for _ in range(50_000):
        counter.inc()
        histogram.observe(1)
    assert abs(sys.getrefcount(None) - before) < 1000
