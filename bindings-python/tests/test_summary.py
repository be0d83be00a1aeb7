"""Summary, beside prometheus_client's, and its quantiles beside exact ones."""

import math
import threading
import time
from functools import partial
from typing import Any

import prometheus_client
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrion import CollectorRegistry, Summary, SummaryValue
from testing import check_samples, code_of


def test_count_and_sum_are_those_of_prometheus_client(registry: CollectorRegistry) -> None:
    theirs = prometheus_client.CollectorRegistry()
    for summary in (
        Summary("took_seconds", "Took.", ["a"], "app", "db", registry=registry),
        prometheus_client.Summary("took_seconds", "Took.", ["a"], "app", "db", registry=theirs),
    ):
        for value in (1, 2.5, -3, math.inf):
            summary.labels("x").observe(value)
        summary.labels(a="y").observe(amount=0.25)
        summary.labels("z")
    check_samples(registry, theirs)


def test_reading(registry: CollectorRegistry) -> None:
    summary = Summary("s", "S.", objectives={0.9: 0.01, 0.5: 0.05}, registry=registry)
    nothing = summary.get()
    assert (nothing.count, nothing.sum) == (0, 0)
    assert [math.isnan(quantile) for quantile in nothing.quantiles.values()] == [True, True]
    for number in range(1, 101):
        summary.observe(number)
    summary.observe(math.nan)
    value = summary.get()
    assert (value.count, value.sum) == (100, 5050)
    assert list(value.quantiles) == [0.5, 0.9]
    assert value.quantiles[0.5] == pytest.approx(50, rel=0.01)
    assert registry.get_sample_value("s", {"quantile": 0.9}) == value.quantiles[0.9]
    summary.reset()
    assert summary.get().count == 0
    assert Summary("plain", "Plain.", registry=registry).get() == SummaryValue(0, 0, {})


@settings(max_examples=50)
@given(st.lists(st.floats(-1e12, 1e12), min_size=1))
def test_quantiles_are_within_one_percent(values: list[float]) -> None:
    wanted = (0, 0.25, 0.5, 0.99, 1)
    summary = Summary("s", "S.", objectives=wanted, registry=CollectorRegistry())
    for value in values:
        summary.observe(value)
    ranked = sorted(values)
    for quantile, answer in summary.get().quantiles.items():
        exact = ranked[max(math.ceil(quantile * len(ranked)), 1) - 1]
        assert math.isclose(answer, exact, rel_tol=0.01), quantile


def test_observations_age(registry: CollectorRegistry) -> None:
    summary = Summary("s", "S.", objectives=[0.5], max_age=0.05, age_buckets=2, registry=registry)
    summary.observe(7)
    deadline = time.monotonic() + 10
    while not math.isnan(summary.get().quantiles[0.5]):
        assert time.monotonic() < deadline
    assert (summary.get().count, summary.get().sum) == (1, 7)


def test_labels_curry_and_removal(registry: CollectorRegistry) -> None:
    summary = Summary("s", "S.", ["a", "b"], registry=registry)
    child = summary.labels("1", "2")
    assert summary.labels(b="2", a="1") is child
    summary.curry(a="1").labels("2").observe(5)
    assert child.get() == SummaryValue(1, 5, {})
    assert summary.remove("1", "2") is True
    child.observe(5)
    assert summary.labels("1", "2").get().count == 0


def test_timer(registry: CollectorRegistry) -> None:
    summary = Summary("took_seconds", "Took.", registry=registry)
    with summary.time():
        pass

    @summary.time()
    def function() -> str:
        return "done"

    assert function() == "done"
    assert summary.get().count == 2
    assert 0 < summary.get().sum < 60


def test_threads_lose_nothing(registry: CollectorRegistry) -> None:
    summary = Summary("s", "S.", objectives=[0.5], registry=registry)

    def work() -> None:
        for _ in range(10_000):
            summary.observe(2)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert registry.get_sample_value("s_count") is not None
    for thread in threads:
        thread.join()
    assert (summary.get().count, summary.get().sum) == (40_000, 80_000)


def test_what_is_refused(registry: CollectorRegistry) -> None:
    def make(**options: Any) -> Summary:
        return Summary("s", "S.", registry=registry, **options)

    wrong: Any
    for wrong in (
        {"objectives": [0.9, 0.5]},
        {"objectives": [1.5]},
        {"objectives": {0.5: -1}},
        {"objectives": {math.nan: 0.1}},
        {"objectives": [0.5], "max_age": 0},
        {"objectives": [0.5], "age_buckets": 0},
    ):
        assert code_of(partial(make, **wrong)) == "invalid_objectives"
    assert code_of(lambda: make(labelnames=["quantile"])) == "reserved_name"
    for wrong in ({"objectives": 0.5}, {"objectives": ["half"]}, {"objectives": {0.5: "little"}}):
        with pytest.raises(TypeError):
            make(**wrong)
    summary: Any = make()
    with pytest.raises(TypeError):
        summary.observe()
    with pytest.raises(TypeError):
        summary.observe("1")
    assert code_of(lambda: make(objectives=[0.5])) == "metric_exists"
    assert code_of(lambda: Summary("l", "L.", ["a"], registry=registry).observe(1)) == (
        "label_mismatch"
    )
