"""Enum, beside prometheus_client's."""

from functools import partial
from typing import Any

import prometheus_client
import pytest
from metrion import CollectorRegistry, Enum
from testing import check_samples, code_of

STATES = ["starting", "running", "stopped"]


def test_samples_are_those_of_prometheus_client(registry: CollectorRegistry) -> None:
    theirs = prometheus_client.CollectorRegistry()
    for enum in (
        Enum("job_state", "State.", ["job"], registry=registry, states=STATES),
        prometheus_client.Enum("job_state", "State.", ["job"], registry=theirs, states=STATES),
    ):
        enum.labels("new")
        enum.labels("old").state("stopped")
        enum.labels("busy").state("stopped")
        enum.labels("busy").state("running")
    check_samples(registry, theirs)


def test_reading(registry: CollectorRegistry) -> None:
    enum = Enum("e", "E.", states=iter(STATES), registry=registry)
    assert enum.get() == "starting"
    for state in STATES:
        enum.state(state)
        assert enum.get() == state
    enum.reset()
    assert enum.get() == "starting"


def test_as_many_states_as_there_can_be(registry: CollectorRegistry) -> None:
    states = [f"state {number}" for number in range(53)]
    enum = Enum("e", "E.", ["a"], states=states, registry=registry).curry(a="1")
    for state in states:
        enum.state(state)
        held = [own for own in states if registry.get_sample_value("e", {"a": "1", "e": own})]
        assert held == [enum.get()] == [state]


def test_what_is_refused(registry: CollectorRegistry) -> None:
    def make(states: Any, **options: Any) -> Enum:
        return Enum("e", "E.", states=states, registry=registry, **options)

    wrong: Any
    too_many = [str(number) for number in range(54)]
    for wrong in ([], ["a", "a"], too_many):
        assert code_of(partial(make, wrong)) == "invalid_value"
    assert code_of(lambda: Enum("e", "E.", registry=registry)) == "invalid_value"
    assert code_of(lambda: make(["a"], labelnames=["e"])) == "reserved_name"
    assert code_of(lambda: make(["a"], unit="seconds")) == "invalid_name"
    for wrong in ("abc", [1], None):
        with pytest.raises(TypeError):
            make(wrong)

    enum: Any = make(["a", "b"])
    enum.state("b")
    assert code_of(lambda: enum.state("c")) == "invalid_value"
    with pytest.raises(TypeError):
        enum.state(1)
    assert enum.get() == "b"
    assert code_of(lambda: make(["b", "a"])) == "metric_exists"
    with_labels = Enum("l", "L.", ["x"], states=["a"], registry=registry)
    assert code_of(lambda: with_labels.state("a")) == "label_mismatch"
