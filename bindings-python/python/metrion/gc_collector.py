"""What the garbage collector does."""

from __future__ import annotations

import gc
import platform

from metrion._folder import show_of_process
from metrion._metrion import REGISTRY, CollectorRegistry
from metrion.metrics_core import CounterMetricFamily, Metric

__all__ = ("GC_COLLECTOR", "GCCollector")

_COUNTERS = (
    ("python_gc_objects_collected", "Objects collected during gc", "collected"),
    ("python_gc_objects_uncollectable", "Uncollectable objects found during GC", "uncollectable"),
    ("python_gc_collections", "Number of times this generation was collected", "collections"),
)


class GCCollector:
    """Counts collections and objects by generation. Only CPython tells them.

    >>> from metrion import CollectorRegistry, GCCollector
    >>> registry = CollectorRegistry()
    >>> _ = GCCollector(registry)
    >>> registry.get_sample_value("python_gc_collections_total", {"generation": "0"}) >= 0
    True
    """

    is_of_process = True

    def __init__(self, registry: CollectorRegistry | None = REGISTRY) -> None:
        if registry is not None and platform.python_implementation() == "CPython":
            registry.register(self)

    def describe(self) -> list[Metric]:
        """The families without samples."""
        return [
            CounterMetricFamily(name, documentation, labels=["generation"])
            for name, documentation, _ in _COUNTERS
        ]

    def collect(self) -> list[Metric]:
        """The families now."""
        generations = gc.get_stats()
        families: list[Metric] = []
        for name, documentation, key in _COUNTERS:
            family = CounterMetricFamily(name, documentation, labels=["generation"])
            for generation, numbers in enumerate(generations):
                family.add_metric([str(generation)], numbers[key])
            families.append(family)
        return families


GC_COLLECTOR = GCCollector(registry=None)
show_of_process(GC_COLLECTOR)
"""The one of the default registry."""
