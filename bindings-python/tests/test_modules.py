"""Modules that are there under prometheus_client's names: parsers, registries, helpers."""

import io
import math
from typing import Any

import metrion
import prometheus_client.openmetrics.parser
import prometheus_client.parser
import prometheus_client.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metrion import CollectorRegistry, Counter, Gauge, MetrionError, RestrictedRegistry
from metrion.context_managers import ExceptionCounter, InprogressTracker, Timer
from metrion.core import DuplicateTimeseries
from metrion.openmetrics import exposition as openmetrics
from metrion.openmetrics import parser as openmetrics_parser
from metrion.parser import text_fd_to_metric_families, text_string_to_metric_families
from metrion.utils import INF, floatToGoString
from metrion.values import MultiProcessValue, ValueClass
from testing import code_of


@pytest.fixture
def filled(registry: CollectorRegistry) -> CollectorRegistry:
    Counter("c", "C.", ["a"], registry=registry).labels("x").inc(3)
    Gauge("g", "G.", registry=registry)
    return registry


def fields(family: Any) -> tuple[Any, ...]:
    samples = [(s.name, s.labels, s.value) for s in family.samples]
    return family.name, family.documentation, family.type, samples


def test_parsers_read_what_those_of_prometheus_client_read(filled: CollectorRegistry) -> None:
    text = metrion.generate_latest(filled).decode()
    ours = list(map(fields, text_string_to_metric_families(text)))
    assert ours == list(map(fields, prometheus_client.parser.text_string_to_metric_families(text)))
    assert list(map(fields, text_fd_to_metric_families(io.StringIO(text)))) == ours
    text = openmetrics.generate_latest(filled).decode()
    theirs = prometheus_client.openmetrics.parser.text_string_to_metric_families(text)
    ours = list(map(fields, openmetrics_parser.text_string_to_metric_families(text)))
    assert ours == list(map(fields, theirs))
    assert (
        list(map(fields, openmetrics_parser.text_fd_to_metric_families(io.StringIO(text)))) == ours
    )
    assert code_of(lambda: list(text_string_to_metric_families("{"))) == "parse_error"


@given(st.floats())
def test_numbers_are_those_of_prometheus_client(number: float) -> None:
    assert floatToGoString(number) == prometheus_client.utils.floatToGoString(number)
    assert math.inf == INF


def test_a_restricted_registry_is_a_collector(filled: CollectorRegistry) -> None:
    [family] = RestrictedRegistry(["g"], filled).collect()
    assert fields(family) == ("g", "G.", "gauge", [("g", {}, 0)])
    again = CollectorRegistry()
    again.register(filled.restricted_registry(["c_total"]))
    assert again.get_sample_value("c_total", {"a": "x"}) == 3


def test_another_schema_is_a_duplicate(filled: CollectorRegistry) -> None:
    with pytest.raises(DuplicateTimeseries) as failure:
        Gauge("c", "C.", registry=filled)
    assert isinstance(failure.value, MetrionError)
    assert failure.value.code == "metric_exists"


def test_context_managers(registry: CollectorRegistry) -> None:
    failed = Counter("failed", "F.", registry=registry)
    running = Gauge("running", "R.", registry=registry)
    took = Gauge("took", "T.", registry=registry)
    with pytest.raises(KeyError), ExceptionCounter(failed, KeyError), InprogressTracker(running):
        assert running.get() == 1
        raise KeyError
    assert (failed.get(), running.get()) == (1, 0)
    with Timer(took, "set"):
        pass
    assert took.get() > 0


def test_values() -> None:
    number = [1.0]

    def add(amount: float) -> None:
        number[0] += amount

    value = MultiProcessValue()(lambda: number[0], add, lambda new: number.__setitem__(0, new))
    assert isinstance(value, ValueClass)
    value.inc(2)
    assert value.get() == 3
    value.set(7)
    assert value.get() == 7


def test_modes_of_several_processes(registry: CollectorRegistry) -> None:
    kinds = "all", "min", "max", "sum", "mostrecent"
    modes: list[Any] = [f"{live}{kind}" for live in ("", "live") for kind in kinds]
    for number, mode in enumerate(modes):
        Gauge(f"g{number}", "G.", registry=registry, multiprocess_mode=mode)
    some: dict[str, Any] = {"multiprocess_mode": "some"}
    wrong = code_of(lambda: Gauge("h", "H.", registry=registry, **some))
    assert wrong == "invalid_value"
    assert registry.get_sample_value("h") is None
