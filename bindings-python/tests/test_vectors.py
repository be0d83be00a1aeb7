"""Every vector of core/conformance, against the Python package."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import metrion
import pytest

VECTORS = Path(__file__).parents[2] / "core" / "conformance" / "vectors"
AREAS = {
    "counter",
    "errors",
    "filter",
    "gauge",
    "histogram",
    "labels",
    "limits",
    "numbers",
    "registry",
    "removal",
    "reset",
}
FILES = sorted(path for path in VECTORS.rglob("*") if path.is_file())
NUMBERS = {"NaN": math.nan, "+Inf": math.inf, "-Inf": -math.inf, "-0": -0.0}
TYPES: dict[str, Callable[..., Any]] = {
    "counter": metrion.Counter,
    "gauge": metrion.Gauge,
    "histogram": metrion.Histogram,
}


def number(written: Any) -> float:
    return NUMBERS[written] if isinstance(written, str) else float(written)


def bits(value: float) -> str:
    """Tells -0 from 0, and takes every NaN for the same."""
    return repr(value)


class Run:
    """A registry and the handles of one case. Each operation is the method of its name, and the
    operation's fields are its arguments: one that is unknown or missing is a TypeError."""

    def __init__(self) -> None:
        self.registry = metrion.CollectorRegistry()
        self.handles: dict[str, Any] = {}

    def bind(self, id: str, handle: Any) -> None:
        assert id not in self.handles, f"the id {id!r} is used twice"
        self.handles[id] = handle

    def create(
        self,
        *,
        type: str,
        id: str,
        name: str,
        help: str = "",
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        label_names: tuple[str, ...] = (),
        constant_labels: list[tuple[str, str]] | None = None,
        max_series: int | None = None,
        **own: Any,
    ) -> None:
        unknown = own.keys() - {"gauge": {"mode"}, "histogram": {"buckets"}}.get(type, set())
        assert not unknown, f"not options of a {type}: {unknown}"
        if "buckets" in own:
            own["buckets"] = [number(bound) for bound in own["buckets"]]
        family = TYPES[type](
            name,
            help,
            label_names,
            namespace=namespace,
            subsystem=subsystem,
            unit=unit,
            registry=self.registry,
            constant_labels=dict(constant_labels or ()),
            max_series=max_series,
            **own,
        )
        self.bind(id, family)

    def labels(
        self,
        *,
        family: str,
        id: str,
        values: list[str] | None = None,
        names: dict[str, str] | None = None,
    ) -> None:
        metric = self.handles[family]
        if names is None:
            assert values is not None
            self.bind(id, metric.labels(*values))
            return
        assert values is None
        by_keyword = metric.labels(**names)
        by_mapping = metric.labels(names)
        # Past a series limit every lookup gives another handle to the overflow series.
        assert by_keyword.get() == by_mapping.get()
        self.bind(id, by_keyword)

    def curry(self, *, family: str, id: str, names: dict[str, str]) -> None:
        self.bind(id, self.handles[family].curry(**names))

    def inc(self, *, on: str) -> None:
        self.handles[on].inc()

    def add(self, *, on: str, value: Any) -> None:
        self.handles[on].inc(number(value))

    def dec(self, *, on: str, value: Any) -> None:
        self.handles[on].dec(number(value))

    def set(self, *, on: str, value: Any) -> None:
        self.handles[on].set(number(value))

    def observe(self, *, on: str, value: Any) -> None:
        self.handles[on].observe(number(value))

    def remove(self, *, family: str, values: list[str]) -> None:
        self.handles[family].remove(*values)

    def remove_matching(self, *, family: str, names: dict[str, str]) -> None:
        self.handles[family].remove_matching(names)

    def clear(self, *, family: str) -> None:
        self.handles[family].clear()

    def reset(self, *, family: str) -> None:
        self.handles[family].reset()

    def unregister(self, *, family: str) -> None:
        self.registry.unregister(self.handles[family])

    def expect_text(self, *, text: list[str], filter: list[str] | None = None) -> None:
        found = metrion.generate_latest(self.registry, filter)
        assert found.decode() == "".join(line + "\n" for line in text)

    def expect_values(self, *, values: dict[str, Any]) -> None:
        for id, expected in values.items():
            found = self.handles[id].get()
            if isinstance(expected, dict):
                assert expected.keys() == {"counts", "sum"}
                counts, total = found
                wanted = [bits(number(count)) for count in expected["counts"]]
                assert [bits(count) for count in counts] == wanted, id
                assert bits(total) == bits(number(expected["sum"])), id
            else:
                assert bits(found) == bits(number(expected)), id


OPERATIONS = {name for name in vars(Run) if not name.startswith("_")} - {"bind"}


def run(case: dict[str, Any]) -> None:
    assert case.keys() == {"description", "operations", "expect"}
    assert case["expect"].keys() - {"values"} == {"text"}
    this = Run()
    for operation in case["operations"]:
        fields = dict(operation)
        name, error = fields.pop("op"), fields.pop("error", None)
        assert name in OPERATIONS, f"unknown operation {name!r}"
        if error is None:
            getattr(this, name)(**fields)
            continue
        with pytest.raises(metrion.MetrionError) as caught:
            getattr(this, name)(**fields)
        assert caught.value.code == error, operation
    this.expect_text(text=case["expect"]["text"])
    this.expect_values(values=case["expect"].get("values", {}))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(VECTORS)))
def test_vector(path: Path) -> None:
    assert path.suffix == ".json"
    run(json.loads(path.read_text(encoding="utf-8")))


def test_the_areas_are_those_that_this_runner_knows() -> None:
    assert {path.parent.relative_to(VECTORS).as_posix() for path in FILES} == AREAS


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "increase", "on": "c"},
        {"op": "bind", "id": "d", "handle": None},
        {"op": "inc", "on": "c", "by": 2},
        {"op": "inc"},
        {"op": "inc", "on": "unbound"},
        {"op": "inc", "on": "c", "error": "io"},
        {"op": "add", "on": "c", "value": -1, "error": "io"},
        {"op": "expect_values", "values": {"c": 1}},
        {"op": "expect_values", "values": {"c": "-0"}},
        {"op": "expect_text", "text": []},
        {"op": "create", "type": "counter", "id": "d", "name": "d", "mode": "last"},
    ],
    ids=str,
)
def test_what_is_wrong_fails(operation: dict[str, Any]) -> None:
    text = ["# TYPE c_total counter", "c_total 0"]
    create = {"op": "create", "type": "counter", "id": "c", "name": "c"}
    run({"description": "", "operations": [create], "expect": {"text": text}})
    # pytest.fail, with which pytest.raises fails, is no Exception.
    with pytest.raises((Exception, pytest.fail.Exception)):
        run(
            {
                "description": "",
                "operations": [create, operation],
                "expect": {"text": text},
            }
        )
