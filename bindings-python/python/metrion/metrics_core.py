"""Metric families for custom collectors.

>>> from metrion import CollectorRegistry
>>> class Disks:
...     def collect(self):
...         free = GaugeMetricFamily("disk_free_bytes", "Free space.", labels=["disk"])
...         free.add_metric(["sda"], 12e9)
...         yield free
>>> registry = CollectorRegistry()
>>> registry.register(Disks())
>>> registry.get_sample_value("disk_free_bytes", {"disk": "sda"})
12000000000.0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from metrion.samples import Exemplar, NativeHistogram, Sample, Timestamp

__all__ = (
    "METRIC_TYPES",
    "Collector",
    "CounterMetricFamily",
    "GaugeHistogramMetricFamily",
    "GaugeMetricFamily",
    "HistogramMetricFamily",
    "InfoMetricFamily",
    "Metric",
    "StateSetMetricFamily",
    "SummaryMetricFamily",
    "UnknownMetricFamily",
    "UntypedMetricFamily",
)

METRIC_TYPES = (
    "counter",
    "gauge",
    "summary",
    "histogram",
    "gaugehistogram",
    "unknown",
    "info",
    "stateset",
)

Time = float | Timestamp | None


class Metric:
    """A metric family and its samples, which may have any names and labels.

    `typ` is one of `METRIC_TYPES`. The classes below know which samples each type has. Raises a
    `ValueError` for another type and for an empty name.

    >>> metric = Metric("disk_free", "Free space.", "gauge", unit="bytes")
    >>> metric.add_sample("disk_free_bytes", {"disk": "sda"}, 12e9)
    >>> metric.name, metric.samples[0].value
    ('disk_free_bytes', 12000000000.0)
    """

    def __init__(self, name: str, documentation: str, typ: str, unit: str = "") -> None:
        if unit and not name.endswith(f"_{unit}"):
            name = f"{name}_{unit}"
        if not name:
            raise ValueError("metric name cannot be empty")
        self.name = name
        self.documentation = documentation
        self.unit = unit
        self.type: str = "unknown" if typ == "untyped" else typ
        if self.type not in METRIC_TYPES:
            raise ValueError(f"Invalid metric type: {typ}")
        self.samples: list[Sample] = []

    def add_sample(
        self,
        name: str,
        labels: dict[str, str],
        value: float,
        timestamp: Time = None,
        exemplar: Exemplar | None = None,
        native_histogram: NativeHistogram | None = None,
    ) -> None:
        """Adds a sample under its own name: `x_bucket` where the family is `x`."""
        self.samples.append(Sample(name, labels, value, timestamp, exemplar, native_histogram))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Metric) and self._fields == other._fields

    def __repr__(self) -> str:
        return "Metric({}, {}, {}, {}, {})".format(*self._fields)

    @property
    def _fields(self) -> tuple[object, ...]:
        return self.name, self.documentation, self.type, self.unit, self.samples

    def _restricted_metric(self, names: Iterable[str]) -> Metric | None:
        """Itself with only the samples of these names, if there are any."""
        samples = [sample for sample in self.samples if sample.name in names]
        if not samples:
            return None
        restricted = Metric(self.name, self.documentation, self.type)
        restricted.samples = samples
        return restricted


class Collector(Protocol):
    """What a registry takes: any object with this method, perhaps with one `describe()` that gives
    the same families without samples. A class need not derive from it.

    >>> class Disks(Collector):
    ...     def collect(self):
    ...         yield GaugeMetricFamily("disk_free_bytes", "Free space.", value=12e9)
    """

    def collect(self) -> Iterable[Metric]:
        """The families with their samples now."""
        ...


class _LabelledFamily(Metric):
    """A family whose series have the same label names."""

    def _set_labels(self, labels: Iterable[str] | None, has_value: bool, what: str) -> None:
        if labels is not None and has_value:
            raise ValueError(f"Can only specify at most one of {what} and labels.")
        self._labelnames = tuple(labels or ())

    def _labels(self, values: Iterable[str], **more: str) -> dict[str, str]:
        return {**dict(zip(self._labelnames, values, strict=False)), **more}

    def _add(
        self,
        suffix: str,
        labels: dict[str, str],
        value: float,
        timestamp: Time,
        exemplar: Exemplar | None = None,
    ) -> None:
        self.samples.append(Sample(self.name + suffix, labels, value, timestamp, exemplar))


class UnknownMetricFamily(_LabelledFamily):
    """A number of which nothing more is known. `value` is for one without labels, here and below.

    >>> UnknownMetricFamily("answer", "The answer.", value=42).samples[0].value
    42
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        value: float | None = None,
        labels: Iterable[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "unknown", unit)
        self._set_labels(labels, value is not None, "value")
        if value is not None:
            self.add_metric([], value)

    def add_metric(self, labels: Iterable[str], value: float, timestamp: Time = None) -> None:
        """Adds a series with these label values."""
        self._add("", self._labels(labels), value, timestamp)


UntypedMetricFamily = UnknownMetricFamily


class CounterMetricFamily(_LabelledFamily):
    """A number that only goes up. Its samples end with `_total`, whether its name does or not.

    >>> sent = CounterMetricFamily("sent_bytes", "Bytes sent.", labels=["host"])
    >>> sent.add_metric(["a"], 512)
    >>> sent.samples[0].name, sent.samples[0].labels
    ('sent_bytes_total', {'host': 'a'})
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        value: float | None = None,
        labels: Iterable[str] | None = None,
        created: float | None = None,
        unit: str = "",
        exemplar: Exemplar | None = None,
    ) -> None:
        super().__init__(name.removesuffix("_total"), documentation, "counter", unit)
        self._set_labels(labels, value is not None, "value")
        if value is not None:
            self.add_metric([], value, created, exemplar=exemplar)

    def add_metric(
        self,
        labels: Iterable[str],
        value: float,
        created: float | None = None,
        timestamp: Time = None,
        exemplar: Exemplar | None = None,
    ) -> None:
        """Adds a series with these label values. `created` is when it began, in Unix seconds."""
        own = self._labels(labels)
        self._add("_total", own, value, timestamp, exemplar)
        if created is not None:
            self._add("_created", dict(own), created, timestamp)


class GaugeMetricFamily(_LabelledFamily):
    """A number that goes up and down.

    >>> free = GaugeMetricFamily("disk_free_bytes", "Free space.", labels=["disk"])
    >>> free.add_metric(["sda"], 12e9)
    >>> free.samples[0].labels
    {'disk': 'sda'}
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        value: float | None = None,
        labels: Iterable[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "gauge", unit)
        self._set_labels(labels, value is not None, "value")
        if value is not None:
            self.add_metric([], value)

    def add_metric(self, labels: Iterable[str], value: float, timestamp: Time = None) -> None:
        """Adds a series with these label values."""
        self._add("", self._labels(labels), value, timestamp)


class SummaryMetricFamily(_LabelledFamily):
    """The count and the sum of observations.

    >>> size = SummaryMetricFamily("size_bytes", "Sizes.", count_value=2, sum_value=30)
    >>> [(sample.name, sample.value) for sample in size.samples]
    [('size_bytes_count', 2), ('size_bytes_sum', 30)]
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        count_value: int | None = None,
        sum_value: float | None = None,
        labels: Iterable[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "summary", unit)
        if (sum_value is None) != (count_value is None):
            raise ValueError("count_value and sum_value must be provided together.")
        self._set_labels(labels, count_value is not None, "value")
        if count_value is not None and sum_value is not None:
            self.add_metric([], count_value, sum_value)

    def add_metric(
        self,
        labels: Iterable[str],
        count_value: int,
        sum_value: float,
        timestamp: Time = None,
    ) -> None:
        """Adds a series with these label values."""
        own = self._labels(labels)
        self._add("_count", own, count_value, timestamp)
        self._add("_sum", dict(own), sum_value, timestamp)


class HistogramMetricFamily(_LabelledFamily):
    """Counts of observations by upper bound, and their sum.

    >>> buckets = [("100", 1), ("+Inf", 2)]
    >>> size = HistogramMetricFamily("size_bytes", "Sizes.", buckets=buckets, sum_value=300)
    >>> [(sample.name, sample.labels, sample.value) for sample in size.samples][1:3]
    [('size_bytes_bucket', {'le': '+Inf'}, 2), ('size_bytes_count', {}, 2)]
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        buckets: Sequence[Sequence[object]] | None = None,
        sum_value: float | None = None,
        labels: Iterable[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "histogram", unit)
        if sum_value is not None and buckets is None:
            raise ValueError("sum value cannot be provided without buckets.")
        self._set_labels(labels, buckets is not None, "buckets")
        if buckets is not None:
            self.add_metric([], buckets, sum_value)

    def add_metric(
        self,
        labels: Iterable[str],
        buckets: Sequence[Sequence[object]],
        sum_value: float | None,
        timestamp: Time = None,
    ) -> None:
        """Adds a series with these label values.

        `buckets` are pairs of an upper bound as text and a cumulative count, with an exemplar as a
        third where there is one; they increase and end with `+Inf`. Without a sum, or with a bound
        below zero, there is neither a sum nor a count.
        """
        values = tuple(labels)
        for bound, count, *exemplar in buckets:
            own = self._labels(values, le=bound)  # type: ignore[arg-type]
            self._add("_bucket", own, count, timestamp, *exemplar)  # type: ignore[arg-type]
        if float(buckets[0][0]) >= 0 and sum_value is not None:  # type: ignore[arg-type]
            self._add("_count", self._labels(values), buckets[-1][1], timestamp)  # type: ignore[arg-type]
            self._add("_sum", self._labels(values), sum_value, timestamp)


class GaugeHistogramMetricFamily(_LabelledFamily):
    """As a histogram, but its counts go down too.

    >>> buckets = [("100", 1), ("+Inf", 2)]
    >>> queued = GaugeHistogramMetricFamily("queued", "Waiting.", buckets=buckets, gsum_value=300)
    >>> [sample.name for sample in queued.samples]
    ['queued_bucket', 'queued_bucket', 'queued_gcount', 'queued_gsum']
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        buckets: Sequence[tuple[str, float]] | None = None,
        gsum_value: float | None = None,
        labels: Iterable[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "gaugehistogram", unit)
        self._set_labels(labels, buckets is not None, "buckets")
        if buckets is not None:
            self.add_metric([], buckets, gsum_value)

    def add_metric(
        self,
        labels: Iterable[str],
        buckets: Sequence[tuple[str, float]],
        gsum_value: float | None,
        timestamp: Time = None,
    ) -> None:
        """Adds a series with these label values; for `buckets` see `HistogramMetricFamily`."""
        values = tuple(labels)
        for bound, count in buckets:
            self._add("_bucket", self._labels(values, le=bound), count, timestamp)
        self._add("_gcount", self._labels(values), buckets[-1][1], timestamp)
        # A sum that is missing shows where it is written: that fails.
        self._add("_gsum", self._labels(values), gsum_value, timestamp)  # type: ignore[arg-type]


class InfoMetricFamily(_LabelledFamily):
    """Text that describes something, as labels of a sample with the value 1.

    >>> build = InfoMetricFamily("build", "What runs.", value={"version": "1.4"})
    >>> build.samples[0].name, build.samples[0].labels
    ('build_info', {'version': '1.4'})
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        value: Mapping[str, str] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        super().__init__(name, documentation, "info")
        self._set_labels(labels, value is not None, "value")
        if value is not None:
            self.add_metric([], value)

    def add_metric(
        self, labels: Iterable[str], value: Mapping[str, str], timestamp: Time = None
    ) -> None:
        """Adds a series with these label values, which says `value`."""
        self._add("_info", {**self._labels(labels), **value}, 1, timestamp)


class StateSetMetricFamily(_LabelledFamily):
    """Which of some named states hold.

    >>> door = StateSetMetricFamily("door", "The door.", value={"open": True, "locked": False})
    >>> [(sample.labels, sample.value) for sample in door.samples]
    [({'door': 'locked'}, 0), ({'door': 'open'}, 1)]
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        value: Mapping[str, bool] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        super().__init__(name, documentation, "stateset")
        self._set_labels(labels, value is not None, "value")
        if value is not None:
            self.add_metric([], value)

    def add_metric(
        self, labels: Iterable[str], value: Mapping[str, bool], timestamp: Time = None
    ) -> None:
        """Adds a series with these label values. `value` says of each state whether it holds."""
        values = tuple(labels)
        for state, holds in sorted(value.items()):
            self._add("", {**self._labels(values), self.name: state}, int(bool(holds)), timestamp)
