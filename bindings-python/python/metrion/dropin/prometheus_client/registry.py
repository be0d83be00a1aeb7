"""Registries: the core's, with the tables and errors of `prometheus_client` on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

import metrion
from metrion._metrion import FamiliesOf, count_series
from metrion.metrics import MetricWrapperBase
from metrion.registry import Collector

from .metrics_core import Metric

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = (
    "REGISTRY",
    "Collector",
    "CollectorRegistry",
    "DuplicateTimeseries",
    "RestrictedRegistry",
)

_SUFFIXES = {
    "counter": ("_total", "_created"),
    "summary": ("_sum", "_count", "_created"),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "info": ("_info",),
}
_TARGET_INFO = "target_info"


class _NoMetrics:
    def collect(self) -> Iterable[Metric]:
        return ()


class DuplicateTimeseries(ValueError):
    """Two collectors have samples of one name."""

    def __init__(self, duplicates: set[str]) -> None:
        super().__init__(f"Duplicated timeseries in CollectorRegistry: {duplicates}")
        self.duplicates = duplicates


class CollectorRegistry(metrion.CollectorRegistry):
    """A set of metrics and collectors that are exposed together.

    Its own metrics are families of the core's registry, so that pages are made by the core. All
    else that is registered here is a collector of the core's, too: that is what other formats and
    the HTTP server read. The tables, `_collector_to_names` and `_names_to_collectors`, are what
    duplicates are looked up in, and what many programs read.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        return super().__new__(cls, utf8_names=True, python_time=True)

    def __init__(
        self,
        auto_describe: bool = False,
        target_info: Mapping[str, str] | None = None,
        support_collectors_without_names: bool = False,
    ) -> None:
        self._collector_to_names: dict[Collector, list[str]] = {}
        self._names_to_collectors: dict[str, Collector] = {}
        self._auto_describe = auto_describe
        self._lock = Lock()
        self._target_info: Mapping[str, str] | None = {}
        self._support_collectors_without_names = support_collectors_without_names
        self._collectors_without_names: list[Collector] = []
        # What the core knows of each collector; nothing of metrics whose families it has itself.
        self._in_core: dict[Collector, Collector] = {}
        self.set_target_info(target_info)

    def register(self, collector: Collector) -> None:
        """Adds a collector; `DuplicateTimeseries` when one of its names is taken."""
        names = self._get_names(collector)
        with self._lock:
            self._check_free(names)
            self._collector_to_names[collector] = names
            self._names_to_collectors.update(dict.fromkeys(names, collector))
            if not names and self._support_collectors_without_names:
                self._collectors_without_names.append(collector)
        if getattr(collector, "_core_registry", None) is not self:
            is_native = isinstance(collector, FamiliesOf)
            self._in_core[collector] = collector if is_native else _Undescribed(collector)
            super().register(self._in_core[collector])

    def unregister(self, collector: Collector) -> None:
        """Takes a collector out; `KeyError` when it is not in."""
        with self._lock:
            for name in self._collector_to_names.pop(collector):
                del self._names_to_collectors[name]
            if collector in self._collectors_without_names:
                self._collectors_without_names.remove(collector)
        in_core = self._in_core.pop(collector, None)
        if in_core is None:
            # Registered again, it is a collector like any other.
            collector._core_registry = None  # type: ignore[attr-defined]
        super().unregister(in_core or collector)

    def _check_free(self, names: Iterable[str]) -> None:
        duplicates = self._names_to_collectors.keys() & set(names)
        if duplicates:
            raise DuplicateTimeseries(duplicates)

    def _get_names(self, collector: Any) -> list[str]:
        describe = getattr(collector, "describe", None)
        if describe is None and self._auto_describe:
            describe = collector.collect
        return [name for metric in describe() for name in _names_of(metric)] if describe else []

    def collect(self) -> Iterator[Metric]:  # type: ignore[override]
        """The metrics of all collectors, in the order in which they were registered."""
        for metric in self._sources():
            if isinstance(metric, (MetricWrapperBase, FamiliesOf)):
                yield from metric.collect()
            else:
                yield metric

    def _sources(self) -> Iterator[Any]:
        """The same, with the core's metrics as they are."""
        with self._lock:
            collectors = list(self._collector_to_names)
            target_info = self._target_info_metric() if self._target_info else None
        if target_info:
            yield target_info
        for collector in collectors:
            if getattr(collector, "_is_plain", False):
                yield collector
            else:
                yield from collector.collect()

    def _series(self) -> int:
        """How many series there are, without those of collectors."""
        with self._lock:
            collectors = list(self._collector_to_names)
        return count_series(own for own in collectors if getattr(own, "_is_plain", False))

    def restricted_registry(self, names: Iterable[str]) -> RestrictedRegistry:  # type: ignore[override]
        """A collector of only the samples of these names."""
        return RestrictedRegistry(names, self)

    def set_target_info(self, labels: Mapping[str, str] | None) -> None:
        """Says these labels of the program in the metric `target_info`; none take it out."""
        with self._lock:
            if labels:
                if not self._target_info and _TARGET_INFO in self._names_to_collectors:
                    raise ValueError("CollectorRegistry already contains a target_info metric")
                self._names_to_collectors[_TARGET_INFO] = _NoMetrics()
            elif self._target_info:
                self._names_to_collectors.pop(_TARGET_INFO, None)
            self._target_info = labels
        super().set_target_info(labels or None)

    def get_target_info(self) -> Mapping[str, str] | None:  # type: ignore[override]
        """What `target_info` says."""
        with self._lock:
            return self._target_info

    def _target_info_metric(self) -> Metric:
        metric = Metric("target", "Target metadata", "info")
        metric.add_sample(_TARGET_INFO, dict(self._target_info or {}), 1)
        return metric

    def get_sample_value(
        self, name: str, labels: Mapping[str, object] | None = None
    ) -> float | None:
        """The value of one sample, for tests."""
        wanted = labels or {}
        for metric in self.collect():
            for sample in metric.samples:
                if sample.name == name and sample.labels == wanted:
                    return sample.value
        return None


class RestrictedRegistry:
    """The samples of a registry that have certain names."""

    def __init__(self, names: Iterable[str], registry: CollectorRegistry) -> None:
        self._name_set = set(names)
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """The metrics that have such samples, with only these."""
        registry = self._registry
        with registry._lock:
            found = dict.fromkeys(registry._collectors_without_names)
            for name in self._name_set & registry._names_to_collectors.keys():
                found[registry._names_to_collectors[name]] = None
            is_target_wanted = registry._target_info and _TARGET_INFO in self._name_set
            target_info = registry._target_info_metric() if is_target_wanted else None
        if target_info:
            yield target_info
        for collector in found:
            for metric in collector.collect():
                restricted = metric._restricted_metric(self._name_set)
                if restricted:
                    yield restricted


class _Undescribed:
    """A collector without `describe()` for the core: the tables have its names already."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def collect(self) -> Iterable[Metric]:
        return self._collector.collect()


def _names_of(metric: Metric) -> Iterator[str]:
    yield metric.name
    for suffix in _SUFFIXES.get(metric.type, ()):
        yield metric.name + suffix


REGISTRY = CollectorRegistry(auto_describe=True)
