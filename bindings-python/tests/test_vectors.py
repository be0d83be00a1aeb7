"""Every vector of core/conformance, against the Python package."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import metrion
import pytest
from metrion.metrics_core import Metric
from metrion.samples import BucketSpan, Exemplar, NativeHistogram
from metrion.testing import ManualClock, check_exposition

VECTORS = Path(__file__).parents[2] / "core" / "conformance" / "vectors"
AREAS = {
    "collectors",
    "counter",
    "created",
    "errors",
    "exemplars",
    "expiry",
    "filter",
    "formats",
    "gauge",
    "histogram",
    "info",
    "labels",
    "limits",
    "names",
    "native",
    "numbers",
    "parsing",
    "registry",
    "removal",
    "reset",
    "serving",
    "state_set",
    "summary",
}
FILES = sorted(path for path in VECTORS.rglob("*") if path.is_file())
NUMBERS = {"NaN": math.nan, "+Inf": math.inf, "-Inf": -math.inf, "-0": -0.0}
TYPES: dict[str, Callable[..., Any]] = {
    "counter": metrion.Counter,
    "gauge": metrion.Gauge,
    "histogram": metrion.Histogram,
    "summary": metrion.Summary,
    "info": metrion.Info,
    "state_set": metrion.Enum,
}
OWN_OPTIONS = {
    "gauge": {"mode"},
    "histogram": {"buckets", "native"},
    "summary": {"objectives", "max_age", "age_buckets"},
    "state_set": {"states"},
}
START = 1_700_000_000


def number(written: Any) -> float:
    return NUMBERS[written] if isinstance(written, str) else float(written)


def bits(value: Any) -> str:
    """Tells -0 from 0, and takes every NaN for the same."""
    return repr(value)


class Run:
    """A registry and the handles of one case. Each operation is the method of its name, and the
    operation's fields are its arguments: one that is unknown or missing is a TypeError."""

    def __init__(
        self,
        *,
        utf8_names: bool = False,
        constant_labels: list[tuple[str, str]] | None = None,
        max_entries: int | None = None,
    ) -> None:
        self.clock = ManualClock(START)
        self.registry = metrion.CollectorRegistry(
            utf8_names=utf8_names,
            constant_labels=dict(constant_labels or ()),
            max_entries=max_entries,
            clock=self.clock,
        )
        self.handles: dict[str, Any] = {}
        self.servers: dict[str, Any] = {}

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
        expire_after: Any = None,
        **own: Any,
    ) -> None:
        unknown = own.keys() - OWN_OPTIONS.get(type, set())
        assert not unknown, f"not options of a {type}: {unknown}"
        if "buckets" in own:
            own["buckets"] = [number(bound) for bound in own["buckets"]]
        if "native" in own:
            native: dict[str, Any] = {key: number(value) for key, value in own["native"].items()}
            if "min_reset" in native:
                native["min_reset_seconds"] = native.pop("min_reset")
            whole = {key: int(native[key]) for key in native.keys() & {"schema", "max_buckets"}}
            own["native"] = metrion.NativeHistogramOptions(**{**native, **whole})
        if "objectives" in own:
            pairs = [(number(q), number(error)) for q, error in own["objectives"]]
            quantiles = [quantile for quantile, _ in pairs]
            # A mapping has no order that could be wrong.
            own["objectives"] = dict(pairs) if sorted(set(quantiles)) == quantiles else quantiles
        if "max_age" in own:
            own["max_age"] = number(own["max_age"])
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
            expire_after=None if expire_after is None else number(expire_after),
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

    def add(self, *, on: str, value: Any, exemplar: list[list[str]] | None = None) -> None:
        if exemplar is None:
            self.handles[on].inc(number(value))
        else:
            self.handles[on].inc(number(value), mapping(exemplar))

    def dec(self, *, on: str, value: Any) -> None:
        self.handles[on].dec(number(value))

    def set(self, *, on: str, value: Any) -> None:
        self.handles[on].set(number(value))

    def observe(self, *, on: str, value: Any, exemplar: list[list[str]] | None = None) -> None:
        if exemplar is None:
            self.handles[on].observe(number(value))
        else:
            self.handles[on].observe(number(value), mapping(exemplar))

    def set_info(self, *, on: str, labels: list[list[str]]) -> None:
        self.handles[on].info(mapping(labels))

    def set_state(self, *, on: str, state: str) -> None:
        self.handles[on].state(state)

    def advance(self, *, seconds: Any) -> None:
        self.clock.advance(number(seconds))

    def collect(self, *, families: list[dict[str, Any]]) -> None:
        self.registry.register(Fixed([collected(family) for family in families]))

    def parse(self, *, format: str, lines: list[str]) -> None:
        check_exposition("".join(line + "\n" for line in lines).encode(), format)

    def serve(self, *, id: str, host: str = "127.0.0.1", port_of: str | None = None) -> None:
        port = 0 if port_of is None else self.servers[port_of].server_port
        self.servers[id] = metrion.start_http_server(port, host, self.registry)[0]

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
        found = metrion.generate_latest(self.registry, names=filter)
        assert found.decode() == "".join(line + "\n" for line in text)

    def expect_page(
        self,
        *,
        format: str,
        created: bool = False,
        escaping: str = "underscores",
        left_out: list[str] | None = None,
        **content: Any,
    ) -> None:
        page = metrion.encode(self.registry, format, created=created, escaping=escaping)
        assert [error.code for error in page.left_out] == (left_out or [])
        if format == "json":
            assert content.keys() == {"json"}
            # As floats, or -0 would be read as 0.
            found = json.loads(page.body, parse_int=float)
            assert bits(sorted_json(found)) == bits(sorted_json(floats(content["json"])))
        elif format == "protobuf":
            assert content.keys() == {"messages"}
            messages = [bytes.fromhex(message) for message in content["messages"]]
            assert page.body == b"".join(varint(len(own)) + own for own in messages)
        else:
            assert content.keys() == {"lines"}
            assert page.body.decode() == "".join(line + "\n" for line in content["lines"])

    def expect_values(self, *, values: dict[str, Any]) -> None:
        for id, expected in values.items():
            found = self.handles[id].get()
            if isinstance(found, metrion.SummaryValue):
                assert expected.keys() == {"quantiles", "sum", "count"}
                wanted = [number(value) for value in expected["quantiles"]]
                assert list(found.quantiles.values()) == pytest.approx(
                    wanted, rel=0.01, nan_ok=True
                )
                assert bits(found.sum) == bits(number(expected["sum"])), id
                assert bits(found.count) == bits(number(expected["count"])), id
            elif isinstance(found, dict):
                assert found == mapping(expected)
            elif isinstance(found, str):
                assert [found] == expected
            elif isinstance(expected, dict):
                assert expected.keys() - {"native"} == {"counts", "sum"}
                assert self.handles[id].get_native() == native_buckets(expected.get("native"))
                counts, total = found
                as_bits = [bits(number(count)) for count in expected["counts"]]
                assert [bits(count) for count in counts] == as_bits, id
                assert bits(total) == bits(number(expected["sum"])), id
            else:
                assert bits(found) == bits(number(expected)), id


class Fixed:
    """A collector that gives the same families at every collection."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def describe(self) -> list[Metric]:
        return self.families

    collect = describe


KINDS = {"gauge_histogram": "gaugehistogram", "state_set": "stateset"}


def collected(family: dict[str, Any]) -> Metric:
    """A family of a vector, sample by sample."""
    fields: dict[str, Any] = {
        "help": "",
        "unit": "",
        "label_names": [],
        "bounds": [],
        "quantiles": [],
        "states": [],
    }
    assert family.keys() <= fields.keys() | {"type", "name", "series"}
    fields = {**fields, **family}
    kind: str = fields["type"]
    kind = KINDS.get(kind, kind)
    metric = Metric(fields["name"], fields["help"], kind, fields["unit"])
    for series in fields["series"]:
        labels = dict(zip(fields["label_names"], series.get("values", []), strict=True))
        row = [number(value) for value in series["row"]]
        time = series.get("timestamp")
        exemplars = {
            place: Exemplar(dict(pairs), number(value), at)
            for place, pairs, value, at in series.get("exemplars", [])
        }
        for place, (suffix, own, value) in enumerate(samples(kind, fields, row)):
            metric.add_sample(
                fields["name"] + suffix, {**labels, **own}, value, time, exemplars.get(place)
            )
        if "native" in series:
            metric.add_sample(
                fields["name"], labels, 0, time, None, native_sample(series["native"], row)
            )
        if "created" in series:
            metric.add_sample(fields["name"] + "_created", labels, series["created"], time)
    return metric


def samples(
    kind: str, fields: dict[str, Any], row: list[float]
) -> Iterator[tuple[str, dict[str, str], float]]:
    """Suffix, labels and value of each sample of a row."""
    if kind in ("histogram", "gaugehistogram"):
        *counts, total = row
        bounds = [str(float(number(bound))) for bound in fields["bounds"]] + ["+Inf"]
        for bound, count in zip(bounds, accumulate(counts), strict=True):
            yield "_bucket", {"le": bound}, count
        gauge = "g" if kind == "gaugehistogram" else ""
        yield f"_{gauge}count", {}, sum(counts)
        yield f"_{gauge}sum", {}, total
    elif kind == "summary":
        *values, total, count = row
        for quantile, value in zip(fields["quantiles"], values, strict=True):
            yield "", {"quantile": str(float(quantile))}, value
        yield "_sum", {}, total
        yield "_count", {}, count
    elif kind == "stateset":
        for state, holds in zip(fields["states"], row, strict=True):
            yield "", {fields["name"]: state}, holds
    else:
        yield {"counter": "_total", "info": "_info"}.get(kind, ""), {}, row[0]


def native_sample(written: dict[str, Any], row: list[float]) -> NativeHistogram:
    spans: dict[str, Any] = {}
    for side, short in (("positive", "pos"), ("negative", "neg")):
        end, before = 0, 0.0
        spans[f"{short}_spans"], spans[f"{short}_deltas"] = [], []
        for index, count in written[side]:
            spans[f"{short}_spans"].append(BucketSpan(index - end, 1))
            spans[f"{short}_deltas"].append(number(count) - before)
            end, before = index + 1, number(count)
    return NativeHistogram(
        row[0],
        row[-1],
        written["schema"],
        number(written["zero_threshold"]),
        number(written["zero_count"]),
        **spans,
    )


def mapping(pairs: list[list[str]]) -> Any:
    """A mapping, or the nearest thing to one for names that come twice."""
    return dict(pairs) if len(dict(pairs)) == len(pairs) else Twice(pairs)


class Twice(Mapping[str, str]):
    """A mapping that says a name twice, as a broken one may."""

    def __init__(self, pairs: list[list[str]]) -> None:
        self.pairs = pairs

    def __getitem__(self, name: str) -> str:
        return dict(self.pairs)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)


def native_buckets(written: dict[str, Any] | None) -> metrion.NativeHistogram | None:
    if written is None:
        return None
    sides = {
        side: [(index, number(count)) for index, count in written[side]]
        for side in ("positive", "negative")
    }
    assert written.keys() == {"schema", "zero_threshold", "zero_count", "positive", "negative"}
    return metrion.NativeHistogram(
        schema=written["schema"],
        zero_threshold=number(written["zero_threshold"]),
        zero_count=number(written["zero_count"]),
        **sides,
    )


def sorted_json(value: Any) -> Any:
    """The same JSON with members in the order of their names."""
    if isinstance(value, dict):
        return {key: sorted_json(value[key]) for key in sorted(value)}
    return [sorted_json(own) for own in value] if isinstance(value, list) else value


def floats(value: Any) -> Any:
    """The same JSON with every number as a float."""
    if isinstance(value, dict):
        return {key: floats(own) for key, own in value.items()}
    if isinstance(value, list):
        return [floats(own) for own in value]
    return float(value) if isinstance(value, int) else value


def varint(number: int) -> bytes:
    """A length as protocol buffers write it."""
    low = number & 0x7F
    return bytes([low]) if number == low else bytes([low | 0x80]) + varint(number >> 7)


OPERATIONS = {name for name in vars(Run) if not name.startswith("_")} - {"bind"}


def run(case: dict[str, Any]) -> None:
    assert case.keys() - {"registry"} == {"description", "operations", "expect"}
    expect = case["expect"]
    assert expect.keys() <= {"text", "pages", "values"}
    assert expect, "the case expects nothing"
    this = Run(**case.get("registry", {}))
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
    if "text" in expect:
        this.expect_text(text=expect["text"])
    for page in expect.get("pages", []):
        this.expect_page(**page)
    this.expect_values(values=expect.get("values", {}))


Counts = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def counts() -> Iterator[Counts]:
    """How many cases of each area ran and passed; reported in the folder that
    METRION_VECTOR_REPORT names."""
    areas: Counts = {}
    yield areas
    folder = os.environ.get("METRION_VECTOR_REPORT")
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "python.json").write_text(json.dumps({"cells": areas}))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(VECTORS)))
def test_vector(path: Path, counts: Counts) -> None:
    assert path.suffix == ".json"
    area = counts.setdefault(path.parent.name, {"ran": 0, "passed": 0})
    area["ran"] += 1
    run(json.loads(path.read_text(encoding="utf-8")))
    area["passed"] += 1


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
