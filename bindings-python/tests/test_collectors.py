"""Custom collectors, `collect()` and target info."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from metrion import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    MetrionError,
    Summary,
    encode,
    generate_latest,
)
from metrion.metrics_core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
    SummaryMetricFamily,
    UnknownMetricFamily,
)
from metrion.samples import BucketSpan, Exemplar, NativeHistogram, Sample, Timestamp
from prometheus_client.openmetrics.parser import text_string_to_metric_families


class Given:
    """A collector that gives what it is given."""

    def __init__(self, *families: Metric) -> None:
        self.families = families

    def collect(self) -> Iterator[Metric]:
        yield from self.families


def text(registry: CollectorRegistry) -> list[str]:
    return generate_latest(registry).decode().splitlines()


def failures(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value(
        "metrion_registry_dropped_total", {"reason": "collect_failure"}
    )


def test_every_type_of_family(registry: CollectorRegistry) -> None:
    gauge = GaugeMetricFamily("g", "Help.", labels=["a"])
    gauge.add_metric(["x"], 1.5, timestamp=7)
    histogram = HistogramMetricFamily("h", "Help.", labels=["a"])
    histogram.add_metric(["x"], [("0.5", 1), ("+Inf", 3, Exemplar({"id": "7"}, 2.0))], 4.5)
    registry.register(
        Given(
            CounterMetricFamily("c_total", "Help.", value=2, created=5),
            gauge,
            histogram,
            SummaryMetricFamily("s", "Help.", count_value=2, sum_value=9),
            GaugeHistogramMetricFamily("gh", "Help.", buckets=[("+Inf", 4)], gsum_value=6),
            InfoMetricFamily("i", "Help.", value={"v": "1"}),
            StateSetMetricFamily("e", "Help.", value={"on": True, "off": False}),
            UnknownMetricFamily("u", "Help.", value=3),
        )
    )
    page = encode(registry, "openmetrics", created=True).body.decode()
    # Another implementation's parser reads the same of it.
    samples = {
        (sample.name, tuple(sample.labels.items())): sample
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    values = {key: sample.value for key, sample in samples.items()}
    assert values == {
        ("c_total", ()): 2,
        ("c_created", ()): 5,
        ("g", (("a", "x"),)): 1.5,
        ("h_bucket", (("a", "x"), ("le", "0.5"))): 1,
        ("h_bucket", (("a", "x"), ("le", "+Inf"))): 3,
        ("h_sum", (("a", "x"),)): 4.5,
        ("h_count", (("a", "x"),)): 3,
        ("s_sum", ()): 9,
        ("s_count", ()): 2,
        ("gh_bucket", (("le", "+Inf"),)): 4,
        ("gh_gsum", ()): 6,
        ("gh_gcount", ()): 4,
        ("i_info", (("v", "1"),)): 1,
        ("e", (("e", "off"),)): 0,
        ("e", (("e", "on"),)): 1,
        ("u", ()): 3,
    }
    timestamp = samples["g", (("a", "x"),)].timestamp
    exemplar = samples["h_bucket", (("a", "x"), ("le", "+Inf"))].exemplar
    assert timestamp is not None and float(timestamp) == 7
    assert exemplar is not None and exemplar.labels == {"id": "7"}


def test_what_has_not_the_shape_of_its_type_is_shown_all_the_same(
    registry: CollectorRegistry,
) -> None:
    odd = Metric("odd", "Help.", "histogram")
    odd.add_sample("odd_bucket", {"le": "1"}, 5)
    odd.add_sample("other", {}, 6)
    registry.register(Given(odd))
    assert 'odd_bucket{le="1"} 5' in text(registry)
    assert "other 6" in text(registry)


@pytest.mark.parametrize("nonsense", [None, 7, "text", [object()], [None]])
def test_nonsense_is_left_out_and_counted(nonsense: object) -> None:
    registry = CollectorRegistry(self_metrics=True)

    class Nonsense:
        def collect(self) -> object:
            return nonsense

    class Raises:
        def collect(self) -> Iterator[Metric]:
            yield GaugeMetricFamily("before", "Help.", value=1)
            raise RuntimeError("no more")

    broken = GaugeMetricFamily("broken", "Help.")
    broken.add_metric([], "no number")  # type: ignore[arg-type]
    registry.register(Nonsense())  # type: ignore[arg-type]
    registry.register(Raises())
    registry.register(Given(broken))
    registry.register(Given(GaugeMetricFamily("good", "Help.", value=1)))
    lines = text(registry)
    assert "good 1" in lines
    assert "before 1" in lines
    assert not any(line.startswith("broken") for line in lines)
    # Those of the text are one for each of its characters.
    assert (failures(registry) or 0) >= 3


def test_names_that_clash() -> None:
    registry = CollectorRegistry(auto_describe=True)
    Counter("c", "Help.", registry=registry)
    with pytest.raises(MetrionError) as caught:
        registry.register(Given(GaugeMetricFamily("c_total", "Help.", value=1)))
    assert caught.value.code == "metric_exists"

    class Described(Given):
        def describe(self) -> list[Metric]:
            return [Metric("d", "Help.", "gauge")]

    registry = CollectorRegistry()
    registry.register(Described())
    with pytest.raises(MetrionError):
        Gauge("d", "Help.", registry=registry)


def test_unregister(registry: CollectorRegistry) -> None:
    collector = Given(GaugeMetricFamily("g", "Help.", value=1))
    registry.register(collector)
    assert "g 1" in text(registry)
    registry.unregister(collector)
    assert text(registry) == []
    with pytest.raises(KeyError):
        registry.unregister(collector)
    with pytest.raises(AttributeError):
        registry.register(object())  # type: ignore[arg-type]


def test_a_metric_is_a_collector(registry: CollectorRegistry) -> None:
    counter = Counter("c", "Help.", ["a"], registry=None)
    counter.labels("x").inc(2, {"id": "7"})
    [family] = counter.collect()
    assert (family.name, family.documentation, family.type) == ("c", "Help.", "counter")
    [sample] = family.samples
    assert (sample.name, sample.labels, sample.value) == ("c_total", {"a": "x"}, 2)
    assert sample.exemplar is not None and sample.exemplar.labels == {"id": "7"}
    assert [sample.name for sample in counter.collect(created=True)[0].samples] == [
        "c_total",
        "c_created",
    ]
    assert counter.describe()[0].samples == []
    registry.register(counter)
    assert 'c_total{a="x"} 2' in text(registry)


def test_collect_of_a_registry(registry: CollectorRegistry) -> None:
    Summary("s", "Help.", registry=registry, objectives=[0.5]).observe(2)
    Histogram("h", "Help.", registry=registry, buckets=[1]).observe(2)
    registry.register(Given(UnknownMetricFamily("u", "Help.", value=3)))
    families = {family.name: family for family in registry.collect()}
    assert list(families) == ["s", "h", "u"]
    assert [(sample.name, sample.labels) for sample in families["s"].samples] == [
        ("s", {"quantile": "0.5"}),
        ("s_count", {}),
        ("s_sum", {}),
    ]
    assert [(sample.labels, sample.value) for sample in families["h"].samples[:2]] == [
        ({"le": "1.0"}, 0),
        ({"le": "+Inf"}, 1),
    ]


def test_native_histograms_there_and_back(registry: CollectorRegistry) -> None:
    histogram = Histogram("n", "Help.", native=2.0, buckets=(), registry=None)
    for value in (0.0, 1.5, 3.0, 100.0, -1.0):
        histogram.observe(value)
    [family] = histogram.collect()
    [sample] = family.samples
    assert isinstance(sample.native_histogram, NativeHistogram)
    assert sample.native_histogram.count_value == 5
    assert sample.native_histogram.pos_spans == [BucketSpan(1, 2), BucketSpan(4, 1)]
    registry.register(Given(family))
    own = json.loads(encode(registry, "json").body)["families"][0]["series"][0]
    assert own["native"]["positive"] == [[1, 1], [2, 1], [7, 1]]
    assert own["native"]["negative"] == [[0, 1]]
    assert (own["count"], own["sum"]) == (5, 103.5)


def test_target_info() -> None:
    registry = CollectorRegistry(target_info={"service": "api"})
    assert registry.get_target_info() == {"service": "api"}
    assert 'target_info{service="api"} 1' in text(registry)
    with pytest.raises(ValueError):
        Info("target", "Help.", registry=registry)
    registry.set_target_info({"service": "web"})
    assert 'target_info{service="web"} 1' in text(registry)
    registry.set_target_info(None)
    assert (registry.get_target_info(), text(registry)) == (None, [])
    Info("target", "Help.", registry=registry)
    with pytest.raises(ValueError):
        registry.set_target_info({"service": "api"})


def test_subclasses(registry: CollectorRegistry) -> None:
    class Requests(Counter):
        """Has arguments of its own."""

        def __init__(self, where: str) -> None:
            super().__init__("requests", "Help.", ["method"], registry=registry)
            self.where = where

        def twice(self) -> None:
            self.inc(2)

    requests = Requests("here")
    child = requests.labels("GET")
    assert isinstance(child, Requests)
    assert (child.where, child._labelvalues) == ("here", ("GET",))  # type: ignore[attr-defined]
    child.twice()
    assert requests.labels("GET") is child
    assert registry.get_sample_value("requests_total", {"method": "GET"}) == 2
    view = requests.curry(method="GET")
    view.inc()
    assert child.get() == 3

    class Forgets(Gauge):
        def __init__(self) -> None:
            pass

    forgetful = Forgets()
    for use in (forgetful.inc, forgetful.collect, lambda: forgetful.set(1), lambda: forgetful.name):
        with pytest.raises(MetrionError, match="__init__"):
            use()
    with pytest.raises(MetrionError):
        requests.__init__("again")  # type: ignore[misc]


def test_a_subclass_with_methods_of_its_own(registry: CollectorRegistry) -> None:
    class Twice(Counter):
        def inc(self, amount: float = 1, exemplar: object = None) -> None:
            super().inc(2 * amount)

    class Again(Twice):
        pass

    for cls, expected in ((Twice, 6), (Again, 6)):
        counter = cls(cls.__name__, "Help.", ["a"], registry=registry)
        counter.labels("x").inc()
        counter.labels(a="x").inc(2)
        assert counter.labels("x").get() == expected
    assert Counter("plain", "Help.", registry=registry).inc() is None  # type: ignore[func-returns-value]
    gauge: Any = Gauge("g", "Help.", ["a"], registry=registry)
    with pytest.raises(TypeError):
        Twice.labels(gauge, "x")


def test_reset_of_one_child(registry: CollectorRegistry) -> None:
    counter = Counter("c", "Help.", ["a"], registry=registry)
    counter.labels("x").inc(2)
    counter.labels("y").inc(3)
    counter.labels("x").reset()
    assert (counter.labels("x").get(), counter.labels("y").get()) == (0, 3)
    counter.reset()
    assert counter.labels("y").get() == 0


def test_timers_tell_and_take_labels(registry: CollectorRegistry) -> None:
    summary = Summary("s", "Help.", ["a"], registry=registry)
    with summary.time() as timer:
        timer.labels("x")
    assert summary.labels("x").get().sum == timer.duration


def test_timestamps() -> None:
    time = Timestamp(-1, 500)
    assert (float(time), repr(time), str(Timestamp(1, 5))) == (
        -1.0000005,
        "Timestamp(-1, -500)",
        "1.000000005",
    )
    assert Timestamp(1, 2) == Timestamp(1, 2) and len({Timestamp(1, 2), Timestamp(1, 2)}) == 1
    assert sorted([Timestamp(2, 0), Timestamp(1, 9)])[0] == Timestamp(1, 9)
    with pytest.raises(ValueError):
        Timestamp(1, 1_000_000_000)
    assert Sample("x", {}, 1.0).timestamp is None
