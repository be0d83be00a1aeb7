"""Info, beside prometheus_client's."""

import collections
from typing import Any

import prometheus_client
import pytest
from metrion import CollectorRegistry, Info
from testing import check_samples, code_of


def test_samples_are_those_of_prometheus_client(registry: CollectorRegistry) -> None:
    theirs = prometheus_client.CollectorRegistry()
    for info in (
        Info("build", "Build.", ["service"], namespace="app", registry=registry),
        prometheus_client.Info("build", "Build.", ["service"], namespace="app", registry=theirs),
    ):
        info.labels("shop").info({"version": "1", "branch": "main"})
        info.labels("shop").info({"version": "2", "note": 'a "quoted"\nline\\'})
        info.labels("cart").info({})
    check_samples(registry, theirs)
    old = {"service": "shop", "version": "1", "branch": "main"}
    assert registry.get_sample_value("app_build_info", old) is None


def test_reading(registry: CollectorRegistry) -> None:
    info = Info("build_info", "Build.", registry=registry)
    assert info.name == "build"
    assert info.get() == {}
    info.info(collections.OrderedDict(version=3, branch="main"))
    assert list(info.get().items()) == [("version", "3"), ("branch", "main")]
    info.reset()
    assert info.get() == {}


def test_the_last_of_many_stays(registry: CollectorRegistry) -> None:
    info = Info("build", "Build.", ["a"], registry=registry)
    child = info.labels("1")
    for number in range(10_000):
        child.info({"number": str(number)})
    assert child.get() == {"number": "9999"}
    assert info.curry(a="1").get() == {"number": "9999"}


def test_what_is_refused(registry: CollectorRegistry) -> None:
    info = Info("build", "Build.", ["service"], registry=registry)
    child: Any = info.labels("shop")
    child.info({"version": "1"})
    assert code_of(lambda: child.info({"service": "x"})) == "label_mismatch"
    assert code_of(lambda: child.info({"a-b": "x"})) == "invalid_name"
    assert code_of(lambda: child.info({"__name__": "x"})) == "reserved_name"
    assert code_of(lambda: child.info({"a": b"x"})) == "invalid_label_value"
    assert code_of(lambda: info.info({"version": "2"})) == "label_mismatch"
    for wrong in (None, "version", [("version", "2")], {1: "2"}):
        with pytest.raises(TypeError):
            child.info(wrong)
    assert child.get() == {"version": "1"}
    unit = lambda: Info("i", "I.", unit="seconds", registry=registry)  # noqa: E731
    assert code_of(unit) == "invalid_name"
