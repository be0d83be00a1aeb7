"""prometheus_client reads what `encode` writes: every sample of every type, as it was put in.

Labels are compared as text, everything else number by number. The second half performs the same
operations with prometheus_client and compares what the two of them show.
"""

import bisect
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import metrion
import prometheus_client
from hypothesis import given, settings
from hypothesis import strategies as st
from metrion.testing import ManualClock
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import exposition as openmetrics_exposition
from prometheus_client.openmetrics import parser as openmetrics_parser

BEGUN = 1.5e9
UPDATED = 1500000123.25

Labels = tuple[tuple[str, str], ...]


# What is put in.


@dataclass
class Series:
    """The updates of one series, in their order."""

    label_values: tuple[str, ...]
    # Numbers, or of an info its labels, or of an enum the places of states.
    updates: list[Any]
    exemplars: list[dict[str, str] | None]


@dataclass
class Family:
    kind: str
    name: str
    help: str
    unit: str
    label_names: tuple[str, ...]
    bounds: list[float]
    states: list[str]
    objectives: list[float]
    series: list[Series] = field(default_factory=list)


def texts(max_size: int = 8) -> st.SearchStrategy[str]:
    return st.text(max_size=max_size) | st.text('a\\"\n\t\r é☃😀{}=,# ', max_size=max_size)


LABEL_NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,5}", fullmatch=True).filter(
    lambda name: name not in ("le", "quantile")
)


def numbers(lowest: float | None) -> st.SearchStrategy[float]:
    """Any numbers but NaN, many of them at the ends of what a double holds."""
    extremes = [0.0, 5e-324, 2.2250738585072014e-308, 0.1, 1e21, 1e22, 1e23, 2.0**53]
    extremes += [1.7976931348623157e308, math.inf, 123456789012345680.0, 1e-7, 1 / 3]
    if lowest is None:
        extremes += [-number for number in extremes]
    floats = st.floats(min_value=lowest, allow_nan=False)
    return st.sampled_from(extremes) | floats | st.integers(0, 10**6).map(float)


@st.composite
def families(draw: Callable[..., Any], *, lowest: float | None) -> list[Family]:
    """Families of all kinds. Observations are from `lowest` up."""
    return [draw(family(place, lowest)) for place in range(draw(st.integers(1, 4)))]


@st.composite
def family(draw: Callable[..., Any], place: int, lowest: float | None) -> Family:
    kind = draw(st.sampled_from(["Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"]))
    unit = "" if kind in ("Info", "Enum") else draw(st.sampled_from(["", "seconds", "bytes"]))
    base = draw(st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,5}", fullmatch=True))
    # No name ends as the samples of another do, or is that of a label, which is shorter.
    name = f"{base}_family{place}" + (f"_{unit}" if unit else "")
    if kind == "Enum":
        # It is the name of a label, too.
        name = name.replace(":", "a").replace("__", "a_")
    bounds = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5)
    result = Family(
        kind=kind,
        name=name,
        help=draw(texts(20)),
        unit=unit,
        label_names=tuple(draw(st.lists(LABEL_NAMES, max_size=3, unique=True))),
        bounds=sorted({bound + 0.0 for bound in draw(bounds)}),
        states=draw(st.lists(texts(), min_size=1, max_size=4, unique=True)),
        objectives=sorted(set(draw(st.lists(st.floats(0, 1).map(abs), max_size=3)))),
    )
    update = {
        "Counter": numbers(0),
        "Gauge": numbers(None) | st.just(math.nan),
        "Histogram": numbers(lowest),
        "Summary": numbers(lowest),
        "Info": st.dictionaries(
            LABEL_NAMES.filter(lambda own: own not in result.label_names), texts(), max_size=3
        ),
        "Enum": st.sampled_from(result.states),
    }[kind]
    # prometheus_client's parser loses its way in an exemplar with a quote.
    without_quotes = texts().map(lambda text: text.replace('"', "'"))
    exemplar = st.none() | st.dictionaries(
        st.from_regex(r"[a-z]{1,4}", fullmatch=True), without_quotes, min_size=1, max_size=2
    )
    values = st.tuples(*[texts() for _ in result.label_names])
    for label_values in draw(st.lists(values, min_size=1, max_size=3, unique=True)):
        updates = draw(st.lists(update, min_size=kind == "Info", max_size=4))
        exemplars = [draw(exemplar) for _ in updates]
        result.series.append(Series(label_values, updates, exemplars))
    return result


def make(client: Any, registry: Any, family: Family, **more: Any) -> Any:
    """The metric, of either client."""
    if family.kind == "Histogram":
        more["buckets"] = family.bounds
    if family.kind == "Enum":
        more["states"] = family.states
    if family.unit:
        more["unit"] = family.unit
    metric_class = getattr(client, family.kind)
    return metric_class(family.name, family.help, family.label_names, registry=registry, **more)


def update(metric: Any, family: Family, *, with_exemplars: bool) -> Iterator[tuple[Series, Any]]:
    """Performs the updates, and yields each series with its child."""
    method = {"Counter": "inc", "Gauge": "set", "Info": "info", "Enum": "state"}
    for series in family.series:
        child = metric.labels(*series.label_values) if family.label_names else metric
        takes_exemplars = with_exemplars and family.kind in ("Counter", "Histogram")
        for number, exemplar in zip(series.updates, series.exemplars, strict=True):
            do = getattr(child, method.get(family.kind, "observe"))
            do(number, exemplar) if takes_exemplars else do(number)
        yield series, child


# What must come out.


@dataclass(frozen=True)
class Sample:
    """A sample; NaN and the ways to write a bound are one by `repr`."""

    name: str
    labels: Labels
    value: str
    timestamp: Any = None
    exemplar: tuple[Labels, str, float | None] | None = None


def sample(name: str, labels: dict[str, str], value: float, **more: Any) -> Sample:
    """Bounds and quantiles are compared as numbers, and zeros without their signs.

    prometheus_client's parser reads `-0` as an integer; the vectors have negative zero.
    """
    spelled = {
        label: repr(float(text)) if label in ("le", "quantile") else text
        for label, text in labels.items()
    }
    return Sample(name, tuple(sorted(spelled.items())), repr(float(value) + 0.0), **more)


@dataclass(frozen=True)
class Shape:
    type: str
    help: str
    unit: str


def placed_exemplar(labels: dict[str, str], value: float) -> tuple[Labels, str, float | None]:
    return tuple(sorted(labels.items())), repr(float(value)), UPDATED


def expected_samples(family: Family, series: Series, child: Any, created: bool) -> Iterator[Sample]:
    """What the metric itself says, with the exemplars, which OpenMetrics shows."""
    name = family.name
    labels = dict(zip(family.label_names, series.label_values, strict=True))
    given = list(zip(series.updates, series.exemplars, strict=True))
    if family.kind == "Counter":
        last = [(labels, value) for value, labels in given if labels]
        exemplar = placed_exemplar(*last[-1]) if last else None
        yield sample(f"{name}_total", labels, child.get(), exemplar=exemplar)
    elif family.kind == "Gauge":
        yield sample(name, labels, child.get())
    elif family.kind == "Histogram":
        counts, total = child.get()
        assert sum(counts) == len(series.updates)
        examples: dict[int, tuple[Labels, str, float | None]] = {}
        for value, exemplar_labels in given:
            if exemplar_labels:
                place = bisect.bisect_left(family.bounds, value)
                examples[place] = placed_exemplar(exemplar_labels, value)
        cumulative = 0.0
        for place, (bound, count) in enumerate(
            zip([*family.bounds, math.inf], counts, strict=True)
        ):
            cumulative += count
            own = {**labels, "le": str(bound)}
            yield sample(f"{name}_bucket", own, cumulative, exemplar=examples.get(place))
        yield sample(f"{name}_sum", labels, total)
        yield sample(f"{name}_count", labels, cumulative)
    elif family.kind == "Summary":
        summary = child.get()
        assert summary.count == len(series.updates)
        assert list(summary.quantiles) == family.objectives
        for quantile, value in summary.quantiles.items():
            yield sample(name, {**labels, "quantile": str(quantile)}, value)
        yield sample(f"{name}_sum", labels, summary.sum)
        yield sample(f"{name}_count", labels, summary.count)
    elif family.kind == "Info":
        assert child.get() == series.updates[-1]
        yield sample(f"{name}_info", {**labels, **child.get()}, 1)
    else:
        assert child.get() == (series.updates or family.states)[-1 if series.updates else 0]
        for state in family.states:
            yield sample(name, {**labels, name: state}, state == child.get())
    if created and family.kind in ("Counter", "Histogram", "Summary"):
        yield sample(f"{name}_created", labels, BEGUN)


def fill(families: list[Family], created: bool) -> tuple[Any, dict[str, set[Sample]]]:
    """A registry with these families, and the samples that it must show by their names."""
    clock = ManualClock(BEGUN)
    registry = metrion.CollectorRegistry(clock=clock)
    samples: dict[str, set[Sample]] = {}
    for family in families:
        more = {"objectives": family.objectives} if family.kind == "Summary" else {}
        metric = make(metrion, registry, family, **more)
        if family.label_names:
            for series in family.series:
                metric.labels(*series.label_values)
        clock.set(UPDATED)
        samples[family.name] = set()
        for series, child in update(metric, family, with_exemplars=True):
            samples[family.name].update(expected_samples(family, series, child, created))
        clock.set(BEGUN)
    return registry, samples


# What came out.


def read_sample(own: Any) -> Sample:
    exemplar = own.exemplar and (
        tuple(sorted(own.exemplar.labels.items())),
        repr(float(own.exemplar.value)),
        None if own.exemplar.timestamp is None else float(own.exemplar.timestamp),
    )
    return sample(own.name, own.labels, own.value, timestamp=own.timestamp, exemplar=exemplar)


def read(parsed: Iterable[Any]) -> tuple[dict[str, Shape], set[Sample]]:
    """The families by their names, and all samples, none of which may come twice."""
    shapes = {}
    samples: list[Sample] = []
    for family in parsed:
        assert family.name not in shapes
        shapes[family.name] = Shape(family.type, family.documentation, family.unit)
        samples += [read_sample(own) for own in family.samples]
    assert len(set(samples)) == len(samples)
    return shapes, set(samples)


def read_text(body: bytes) -> tuple[dict[str, Shape], set[Sample]]:
    return read(text_parser.text_string_to_metric_families(body.decode()))


def read_openmetrics(body: bytes) -> tuple[dict[str, Shape], set[Sample]]:
    return read(openmetrics_parser.text_string_to_metric_families(body.decode()))


def blanks_stripped(help_text: str) -> str:
    """As the parser of text 0.0.4 reads it, without any white space around it."""
    escaped = help_text.replace("\\", "\\\\").replace("\n", "\\n").strip()
    return re.sub(r"\\([\\n])", lambda found: {"n": "\n"}.get(found[1], found[1]), escaped)


def same_help(shapes: dict[str, Shape]) -> dict[str, Shape]:
    return {
        name: Shape(shape.type, blanks_stripped(shape.help), shape.unit)
        for name, shape in shapes.items()
    }


OPENMETRICS_TYPES = {"Enum": "stateset"}


@settings(deadline=None)
@given(families(lowest=0.0), st.booleans())
def test_openmetrics(families: list[Family], created: bool) -> None:
    registry, expected = fill(families, created)
    shapes, samples = read_openmetrics(
        metrion.encode(registry, "openmetrics", created=created).body
    )
    for family in families:
        type_ = OPENMETRICS_TYPES.get(family.kind, family.kind.lower())
        # The parser skips any blanks before the text.
        assert shapes[family.name] == Shape(type_, family.help.lstrip(" "), family.unit)
        if family.kind == "Histogram" and family.bounds[0] < 0:
            # The standard wants neither of them then.
            gone = {f"{family.name}_sum", f"{family.name}_count"}
            expected[family.name] = {own for own in expected[family.name] if own.name not in gone}
    assert samples == set().union(*expected.values())


@settings(deadline=None)
@given(families(lowest=None), st.booleans())
def test_text(families: list[Family], created: bool) -> None:
    registry, expected = fill(families, created)
    shapes, samples = read_text(metrion.encode(registry, "text", created=created).body)
    all_expected = set()
    for family in families:
        # The format has neither exemplars nor these types.
        all_expected |= {Sample(own.name, own.labels, own.value) for own in expected[family.name]}
        name = f"{family.name}_info" if family.kind == "Info" else family.name
        type_ = "gauge" if family.kind in ("Info", "Enum") else family.kind.lower()
        assert same_help(shapes)[name] == Shape(type_, blanks_stripped(family.help), "")
        if created and family.kind in ("Counter", "Histogram", "Summary"):
            assert shapes[f"{family.name}_created"].type == "gauge"
    assert samples == all_expected


# Beside prometheus_client.


def without_created(
    read: tuple[dict[str, Shape], set[Sample]],
) -> tuple[dict[str, Shape], set[Sample]]:
    """Two clients do not create a series at the same moment."""
    shapes, samples = read
    shapes = {name: own for name, own in shapes.items() if not name.endswith("_created")}
    return same_help(shapes), {own for own in samples if not own.name.endswith("_created")}


@settings(deadline=None)
@given(families(lowest=0.0))
def test_the_same_operations_of_prometheus_client(families: list[Family]) -> None:
    ours = metrion.CollectorRegistry()
    theirs = prometheus_client.CollectorRegistry()
    for family in families:
        # prometheus_client escapes colons in OpenMetrics, which has them, and leaves sum and
        # count of a histogram with bounds below zero out of text, too, which wants them.
        family.name = family.name.replace(":", "_")
        family.bounds = sorted({abs(bound) for bound in family.bounds})
        for client, registry in ((metrion, ours), (prometheus_client, theirs)):
            for _ in update(make(client, registry, family), family, with_exemplars=False):
                pass
    assert without_created(read_text(metrion.encode(ours, "text").body)) == without_created(
        read_text(prometheus_client.generate_latest(theirs))
    )
    our_page = metrion.encode(ours, "openmetrics").body
    their_page = openmetrics_exposition.generate_latest(theirs)
    assert without_created(read_openmetrics(our_page)) == without_created(
        read_openmetrics(their_page)
    )
