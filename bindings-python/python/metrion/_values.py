"""Plain values: what metrics are told when they are made, and what they say when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from metrion._errors import MetrionError

GaugeMode: TypeAlias = (
    Literal["last", "up_down"]
    | Literal["all", "min", "max", "sum", "mostrecent"]
    | Literal["liveall", "livemin", "livemax", "livesum", "livemostrecent"]
)
"""How a gauge counts; see `Gauge`."""


@dataclass(frozen=True, slots=True)
class NativeHistogramOptions:
    """How a histogram counts in native buckets. Names and meanings are those of Prometheus' Go
    client; what is None has its default.

    - `factor`: a bucket's upper bound is at most that many times its lower one; above 1.
    - `schema`: the same as a number from -4 to 8, 3 by default: the upper bound is
      `2 ** 2 ** -schema` times the lower one. Give one or the other.
    - `max_buckets`: at most that many buckets, 160 by default. When one more is needed, the
      histogram is reset if `min_reset_seconds` have passed since it began; else the zero bucket is
      widened up to `max_zero_threshold`; else buckets are merged in pairs.
    - `zero_threshold`: values up to that, of either sign, are in the zero bucket; 2 ** -128 by
      default.
    - `max_zero_threshold`: 0 by default, the zero bucket is never widened.
    - `min_reset_seconds`: 0 by default, the histogram is never reset.

    >>> from metrion import CollectorRegistry, Histogram, NativeHistogramOptions
    >>> options = NativeHistogramOptions(factor=1.1, max_buckets=100)
    >>> registry = CollectorRegistry()
    >>> size = Histogram("size_bytes", "Sizes.", buckets=(), native=options, registry=registry)
    """

    factor: float | None = None
    schema: int | None = None
    max_buckets: int | None = None
    zero_threshold: float | None = None
    max_zero_threshold: float | None = None
    min_reset_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class NativeHistogram:
    """The native buckets of a histogram. Bucket `i` of `positive` counts the observations above
    `base ** (i - 1)` up to `base ** i`, with `base = 2 ** 2 ** -schema`; `negative` mirrors it.

    >>> from metrion import CollectorRegistry, Histogram, NativeHistogramOptions
    >>> options = NativeHistogramOptions(schema=0)
    >>> size = Histogram("size", "Sizes.", native=options, registry=CollectorRegistry())
    >>> for amount in 0, 3, 4, 5:
    ...     size.observe(amount)
    >>> native = size.get_native()
    >>> native.zero_count, native.positive
    (1.0, [(2, 2.0), (3, 1.0)])
    """

    schema: int
    zero_threshold: float
    zero_count: float
    positive: list[tuple[int, float]]
    """Index and count of each bucket that is not empty, by index."""
    negative: list[tuple[int, float]]
    """The same below zero."""


@dataclass(frozen=True, slots=True)
class SummaryValue:
    """What a summary says; see `Summary.get`.

    >>> from metrion import CollectorRegistry, Summary
    >>> Summary("size", "Sizes.", objectives=[0.5], registry=CollectorRegistry()).get()
    SummaryValue(count=0.0, sum=0.0, quantiles={0.5: nan})
    """

    count: float
    """All observations ever."""
    sum: float
    """Their sum."""
    quantiles: dict[float, float]
    """The value of each quantile of the latest observations; NaN when there was none lately."""


@dataclass(frozen=True, slots=True)
class Page:
    """A registry in one of the formats; see `encode`.

    >>> from metrion import CollectorRegistry, encode
    >>> page = encode(CollectorRegistry(), "openmetrics")
    >>> page.body, page.left_out
    (b'# EOF\\n', [])
    """

    body: bytes
    content_type: str
    left_out: list[MetrionError]
    """Why metrics are not in it: their names, escaped, are those of others before them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a metric by the conventions of Prometheus."""

    metric: str
    """Its name."""
    text: str
    """What it is, in the words of `promtool check metrics`."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One update that stands for others."""

    labels: dict[str, str]
    """Where it comes from: `trace_id`."""
    value: float
    """What was observed or added."""
    timestamp: float | None
    """When, in Unix seconds."""


@dataclass(frozen=True, slots=True)
class PlacedExemplar:
    """An exemplar and where it belongs; see `CollectorRegistry.get_exemplars`.

    >>> from metrion import CollectorRegistry, Counter
    >>> registry = CollectorRegistry()
    >>> hits = Counter("hits", "Hits.", ["page"], registry=registry)
    >>> hits.labels("/").inc(exemplar={"trace_id": "4bf92f35"})
    >>> [placed] = registry.get_exemplars("hits")
    >>> placed.series, placed.exemplar.labels, placed.exemplar.value
    ({'page': '/'}, {'trace_id': '4bf92f35'}, 1.0)
    """

    series: dict[str, str]
    """The labels of its series."""
    place: int
    """The number of its bucket in a histogram with classic buckets; 0 in a counter."""
    exemplar: Exemplar


@dataclass(frozen=True, slots=True)
class FamilyCardinality:
    """A metric in a `CardinalityReport`."""

    name: str
    series: int
    recent: int
    """How many of the series began lately. One that was reset began then."""


@dataclass(frozen=True, slots=True)
class LabelCardinality:
    """A label name in a `CardinalityReport`."""

    name: str
    values: int
    """How many different values it has."""
    series: int
    """How many series have it."""


@dataclass(frozen=True, slots=True)
class CardinalityReport:
    """Which metrics and labels of a registry have most series; see `CollectorRegistry.cardinality`.

    >>> from metrion import CollectorRegistry, Counter
    >>> registry = CollectorRegistry()
    >>> hits = Counter("hits", "Hits.", ["page", "method"], registry=registry)
    >>> for page in "/", "/help":
    ...     hits.labels(page, "GET").inc()
    >>> report = registry.cardinality()
    >>> report.series, report.labels[0]
    (2, LabelCardinality(name='page', values=2, series=2))
    """

    series: int
    """All series, without overflow series."""
    recent: int
    """How many of them began lately."""
    families: list[FamilyCardinality]
    """The metrics with most series, most first."""
    labels: list[LabelCardinality]
    """The label names with most different values, most first."""
