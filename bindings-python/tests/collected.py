"""The families of a vector's collector, as `Metric` objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

from metrion._metrion import float_to_go_string
from metrion.metrics_core import Metric
from metrion.samples import BucketSpan, Exemplar, NativeHistogram, Sample

Number = Callable[[Any], float]
TYPES = {"gauge_histogram": "gaugehistogram", "state_set": "stateset"}


class Collector:
    """Gives the same families at every collection."""

    def __init__(self, families: list[dict[str, Any]], number: Number) -> None:
        self.families = [family_of(written, number) for written in families]

    def describe(self) -> list[Metric]:
        return self.families

    def collect(self) -> list[Metric]:
        return self.families


def family_of(written: dict[str, Any], number: Number) -> Metric:
    kind: str = written["type"]
    name: str = written["name"]
    unit = written.get("unit", "")
    family = Metric(name, written.get("help", ""), TYPES.get(kind, kind), unit)
    for series in written["series"]:
        labels = dict(zip(written.get("label_names", ()), series.get("values", ()), strict=True))
        timestamp = number(series["timestamp"]) if "timestamp" in series else None
        row = [number(value) for value in series["row"]]
        exemplars = {
            place: Exemplar(dict(pairs), number(value), None if time is None else number(time))
            for place, pairs, value, time in series.get("exemplars", ())
        }
        samples = [
            Sample(name + suffix, {**labels, **more}, value, exemplar=exemplar)
            for suffix, more, value, exemplar in lines(written, row, exemplars, number)
        ]
        if "native" in series:
            native = native_of(series["native"], row, number)
            samples = [Sample(name, labels, 0.0, native_histogram=native)]
        if "created" in series:
            samples.append(Sample(f"{name}_created", labels, number(series["created"])))
        family.samples += [sample._replace(timestamp=timestamp) for sample in samples]
    return family


def lines(
    written: dict[str, Any], row: list[float], exemplars: dict[int, Exemplar], number: Number
) -> Iterator[tuple[str, dict[str, str], float, Exemplar | None]]:
    """What follows the name, the label of the type, the number and the exemplar of each sample."""
    kind = written["type"]
    if kind in ("histogram", "gauge_histogram"):
        letter = "g" if kind == "gauge_histogram" else ""
        *counts, total = row
        bounds = [*(number(bound) for bound in written.get("bounds", ())), float("inf")]
        cumulative = list(accumulate(counts))
        for place, (bound, count) in enumerate(zip(bounds, cumulative, strict=True)):
            le = {"le": float_to_go_string(bound)}
            yield "_bucket", le, count, exemplars.get(place)
        yield f"_{letter}sum", {}, total, None
        yield f"_{letter}count", {}, cumulative[-1], None
    elif kind == "summary":
        *values, total, count = row
        for quantile, value in zip(written["quantiles"], values, strict=True):
            yield "", {"quantile": float_to_go_string(number(quantile))}, value, None
        yield "_sum", {}, total, None
        yield "_count", {}, count, None
    elif kind == "state_set":
        for state, value in zip(written["states"], row, strict=True):
            yield "", {written["name"]: state}, value, None
    else:
        suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
        yield suffix, {}, row[0], exemplars.get(0)


def native_of(written: dict[str, Any], row: list[float], number: Number) -> NativeHistogram:
    sides: list[Any] = []
    for side in ("positive", "negative"):
        spans, deltas, after, before = [], [], 0, 0.0
        for index, count in ((index, number(count)) for index, count in written[side]):
            spans.append(BucketSpan(index - after, 1))
            deltas.append(count - before)
            after, before = index + 1, count
        sides.append((spans, deltas))
    (pos_spans, pos_deltas), (neg_spans, neg_deltas) = sides
    return NativeHistogram(
        count_value=row[0],
        sum_value=row[-1],
        schema=written["schema"],
        zero_threshold=number(written["zero_threshold"]),
        zero_count=number(written["zero_count"]),
        pos_spans=pos_spans,
        neg_spans=neg_spans,
        pos_deltas=pos_deltas,
        neg_deltas=neg_deltas,
    )
