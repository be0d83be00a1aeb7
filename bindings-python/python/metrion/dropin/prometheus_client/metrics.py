"""The metric classes: Metrion's, with the arguments, attributes and errors of `prometheus_client`.

Updates and lookups are Metrion's own, without any code here in between.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import metrion
from metrion.metrics import MetricWrapperBase as MetrionMetric

from . import values  # a module's attribute, which tests replace
from .metrics_core import Metric
from .registry import REGISTRY, Collector, CollectorRegistry, _names_of
from .samples import Exemplar
from .utils import INF
from .validation import (
    _validate_exemplar,
    _validate_labelnames,
    _validate_metric_name,
    on_change,
)

_OWN_SUFFIXES = {"counter": "_total", "info": "_info"}


def _get_use_created() -> bool:
    word = os.environ.get("PROMETHEUS_DISABLE_CREATED_SERIES", "")
    return word.lower() not in ("true", "1", "t")


_use_created = _get_use_created()


def disable_created_metrics() -> None:
    """Leaves the `_created` samples of counters, histograms and summaries out."""
    global _use_created
    _use_created = False


def enable_created_metrics() -> None:
    """Shows the `_created` samples of counters, histograms and summaries."""
    global _use_created
    _use_created = True


class MetricWrapperBase(MetrionMetric):
    """What all metric classes have in common."""

    _type: ClassVar[str] = ""
    _reserved_labelnames: ClassVar[Sequence[str]] = ()
    # Whether pages may be made from the core's numbers: not where a subclass shows others.
    _is_plain: ClassVar[bool] = True

    # The registry in which the core has its family; None when that is one of its own.
    _core_registry: CollectorRegistry | None = None
    _labelvalues: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_plain = cls.collect is MetricWrapperBase.collect

    def _construct(
        self,
        base: type[MetrionMetric],
        name: str,
        documentation: str,
        labelnames: Iterable[str],
        words: tuple[str, str, str],
        registry: CollectorRegistry | None,
        **options: Any,
    ) -> None:
        self._original_name = name
        self._namespace, self._subsystem, self._unit = words
        self._name = _full_name(self._type, name, *words)
        self._labelnames = _validate_labelnames(self._reserved_labelnames, labelnames)
        self._documentation = documentation
        self._kwargs = options
        _validate_metric_name(self._name)
        of_processes = values.ValueClass._registry()
        if isinstance(registry, CollectorRegistry):
            with registry._lock:
                registry._check_free(_names_of(Metric(self._name, "", self._type)))
            if of_processes is None:
                self._core_registry = registry

        construct: Callable[..., None] = base.__init__

        def init(core: metrion.CollectorRegistry) -> None:
            construct(
                self,
                self._name + _OWN_SUFFIXES.get(self._type, ""),
                documentation,
                self._labelnames,
                unit=self._unit,
                registry=core,
                **options,
            )

        try:
            init(of_processes or self._core_registry or _own_registry())
        except metrion.registry.DuplicateTimeseries:
            if of_processes is None:
                raise
            # Two registries of this process have other metrics of that name: the first one shows.
            init(_own_registry())
        if registry:
            registry.register(self)

    def __str__(self) -> str:
        return f"{self._type}:{self._name}"

    def __repr__(self) -> str:
        return f"{type(self).__module__}.{type(self).__name__}({self._name})"

    def collect(self) -> list[Metric]:  # type: ignore[override]
        """Its samples now, in a list of one family."""
        [metric] = super().collect(created=_use_created)
        if self._labelvalues:
            own = dict(zip(self._labelnames, self._labelvalues, strict=True))
            metric.samples = [
                sample._replace(labels=_without(sample.labels, own))
                for sample in metric.samples
                if own.items() <= sample.labels.items()
            ]
        return [metric]

    def _samples(self) -> Iterator[Any]:
        """The samples, with what follows the metric's name as their names."""
        for sample in self.collect()[0].samples:
            yield sample._replace(name=sample.name.removeprefix(self._name))

    @property
    def _metrics(self) -> dict[tuple[str, ...], Any]:
        """The children by their label values. Changing it changes nothing."""
        [metric] = super().collect()
        labels: Any = self.labels
        return {
            values: labels(*values)
            for values in {
                tuple(sample.labels.get(name, "") for name in self._labelnames): None
                for sample in metric.samples
            }
        }

    def _is_parent(self) -> bool:
        return bool(self._labelnames) and not self._labelvalues

    def _is_observable(self) -> bool:
        return not self._is_parent()

    def _raise_if_not_observable(self) -> None:
        if self._is_parent():
            raise ValueError(f"{self._type} metric is missing label values")

    def remove(self, *labelvalues: object) -> None:  # type: ignore[override]
        """Removes the series with these label values, if it is there."""
        self._raise_without_labels()
        super().remove(*labelvalues)

    def remove_by_labels(self, labels: Mapping[str, object]) -> None:
        """Removes every series that has these labels among its own; none remove nothing."""
        self._raise_without_labels()
        if not isinstance(labels, dict):
            raise TypeError("labels must be a dict of {label_name: label_value}")
        if labels:
            super().remove_matching(labels)

    def clear(self) -> None:
        """Removes all series of a metric with labels."""
        if self._labelnames:
            super().clear()

    def _raise_without_labels(self) -> None:
        if not self._labelnames:
            raise ValueError(f"No label names were set when constructing {self}")

    def _read(self, suffix: str = "", **labels: str) -> float:
        """One of the samples of a child."""
        for sample in self.collect()[0].samples:
            if sample.name == self._name + suffix and labels.items() <= sample.labels.items():
                return sample.value
        raise ValueError(f"{self._type} metric is missing label values")

    def _part(self, suffix: str, **labels: str) -> values.MutexValue:
        return values.MutexValue(lambda: self._read(suffix, **labels), _refuse, _refuse)


def _refuse(value: float) -> None:
    raise NotImplementedError("a part of a metric cannot be changed alone: observe() does")


def _without(labels: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in others}


def _full_name(metric_type: str, name: str, namespace: str, subsystem: str, unit: str) -> str:
    if not name:
        raise ValueError("Metric name should not be empty")
    full = "_".join(part for part in (namespace, subsystem, name) if part)
    if metric_type == "counter":
        full = full.removesuffix("_total")
    if unit and not full.endswith(f"_{unit}"):
        full = f"{full}_{unit}"
    if unit and metric_type in ("info", "stateset"):
        raise ValueError(f"Metric name is of a type that cannot have a unit: {full}")
    return full


def _own_registry() -> metrion.CollectorRegistry:
    """A registry of the core for one metric that is in none, or in one of another kind."""
    return metrion.CollectorRegistry(utf8_names=True, python_time=True)


class Counter(MetricWrapperBase, metrion.Counter):
    """A number that only goes up: requests, errors, bytes."""

    _type = "counter"

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
    ) -> None:
        words = (namespace, subsystem, unit)
        self._construct(metrion.Counter, name, documentation, labelnames, words, registry)

    @property
    def _value(self) -> values.MutexValue:
        return values.MutexValue(self.get, self.inc, self._set, self._exemplar)

    def _set(self, value: float) -> None:
        self.reset()
        self.inc(value)

    def _exemplar(self) -> Exemplar | None:
        return next((sample.exemplar for sample in self.collect()[0].samples), None)

    @property
    def _created(self) -> float:
        return _created(self)


class Gauge(MetricWrapperBase, metrion.Gauge):
    """A number that goes up and down: a temperature, a queue's length, requests in flight."""

    _type = "gauge"
    _MULTIPROC_MODES = frozenset(
        live + mode for live in ("", "live") for mode in ("all", "min", "max", "sum", "mostrecent")
    )
    _MOST_RECENT_MODES = frozenset(("mostrecent", "livemostrecent"))

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
        multiprocess_mode: str = "all",
    ) -> None:
        if multiprocess_mode not in self._MULTIPROC_MODES:
            raise ValueError(f"Invalid multiprocess mode: {multiprocess_mode}")
        self._multiprocess_mode = multiprocess_mode
        self._is_most_recent = multiprocess_mode in self._MOST_RECENT_MODES
        if self._is_most_recent:
            # Attributes of the object, which its children get, too.
            self.__dict__.update(inc=_refuse_to_add("inc"), dec=_refuse_to_add("dec"))
        words = (namespace, subsystem, unit)
        self._construct(
            metrion.Gauge,
            name,
            documentation,
            labelnames,
            words,
            registry,
            multiprocess_mode=multiprocess_mode,
        )

    @property
    def _value(self) -> values.MutexValue:
        return values.MutexValue(self.get, self.inc, self.set)


def _refuse_to_add(method: str) -> Callable[..., None]:
    def refuse(amount: float = 1) -> None:
        raise RuntimeError(f"{method} must not be used with the mostrecent mode")

    return refuse


class Summary(MetricWrapperBase, metrion.Summary):
    """The count and the sum of observations: durations, sizes."""

    _type = "summary"
    _reserved_labelnames = ("quantile",)

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
    ) -> None:
        words = (namespace, subsystem, unit)
        self._construct(metrion.Summary, name, documentation, labelnames, words, registry)

    @property
    def _count(self) -> values.MutexValue:
        return self._part("_count")

    @property
    def _sum(self) -> values.MutexValue:
        return self._part("_sum")

    @property
    def _created(self) -> float:
        return _created(self)


class Histogram(MetricWrapperBase, metrion.Histogram):
    """Counts of observations by upper bound, and their sum: durations, sizes."""

    _type = "histogram"
    _reserved_labelnames = ("le",)
    # fmt: off
    DEFAULT_BUCKETS = (
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, INF,
    )
    # fmt: on

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
        buckets: Iterable[float | str] = DEFAULT_BUCKETS,
    ) -> None:
        self._upper_bounds = _upper_bounds(buckets)
        words = (namespace, subsystem, unit)
        self._construct(
            metrion.Histogram,
            name,
            documentation,
            labelnames,
            words,
            registry,
            buckets=self._upper_bounds,
        )

    @property
    def _buckets(self) -> list[values.MutexValue]:
        """What each bucket counts alone."""

        def count(place: int) -> Callable[[], float]:
            return lambda: self.get()[0][place]

        places = range(len(self._upper_bounds))
        return [values.MutexValue(count(place), _refuse, _refuse) for place in places]

    @property
    def _sum(self) -> values.MutexValue:
        return values.MutexValue(lambda: self.get()[1], _refuse, _refuse)

    @property
    def _created(self) -> float:
        return _created(self)


def _upper_bounds(buckets: Iterable[float | str]) -> list[float]:
    bounds = [float(bound) for bound in buckets]
    if bounds != sorted(bounds):
        raise ValueError("Buckets not in sorted order")
    if bounds and bounds[-1] != INF:
        bounds.append(INF)
    if len(bounds) < 2:
        raise ValueError("Must have at least two buckets")
    return bounds


class Info(MetricWrapperBase, metrion.Info):
    """Text that describes the program, as labels of a sample with the value 1."""

    _type = "info"

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
    ) -> None:
        words = (namespace, subsystem, unit)
        self._construct(metrion.Info, name, documentation, labelnames, words, registry)

    def info(self, val: Mapping[str, object]) -> None:
        """Says these labels from now on, instead of what it said before."""
        if any(value is None for value in val.values()):
            raise ValueError("Label value cannot be None")
        super().info(val)

    @property
    def _value(self) -> dict[str, str]:
        return self.get()


class Enum(MetricWrapperBase, metrion.Enum):
    """Which of some named states holds; the first one does at the start."""

    _type = "stateset"

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
        states: Sequence[str] | None = None,
    ) -> None:
        labelnames = tuple(labelnames)
        if name in labelnames:
            raise ValueError(f"Overlapping labels for Enum metric: {name}")
        if not states:
            raise ValueError(f"No states provided for Enum metric: {name}")
        self._states = states
        words = (namespace, subsystem, unit)
        self._construct(
            metrion.Enum, name, documentation, labelnames, words, registry, states=states
        )

    @property
    def _value(self) -> int:
        return list(self._states).index(self.get())


def _created(metric: MetricWrapperBase) -> float:
    """When a child began, in Unix seconds."""
    [family] = MetrionMetric.collect(metric, created=True)
    own = dict(zip(metric._labelnames, metric._labelvalues, strict=False))
    return next(
        sample.value
        for sample in family.samples
        if sample.name == f"{metric._name}_created" and sample.labels == own
    )


_UNCHECKED: tuple[tuple[type[Any], str, Callable[..., None]], ...] = (
    (Counter, "inc", Counter.inc),
    (Histogram, "observe", Histogram.observe),
)


def _check_exemplars(legacy: bool) -> None:
    """Under legacy validation, updates look at the names of exemplars' labels; usually there is
    nothing between a caller and Metrion's own methods."""
    for cls, method, update in _UNCHECKED:
        setattr(cls, method, _with_checked_exemplar(update) if legacy else update)


def _with_checked_exemplar(update: Callable[..., None]) -> Callable[..., None]:
    def checked(
        self: Collector, *args: Any, exemplar: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        if exemplar:
            _validate_exemplar(exemplar)
        update(self, *args, exemplar=exemplar, **kwargs)

    return checked


on_change(_check_exemplars)
