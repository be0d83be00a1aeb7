"""The garbage collector's numbers."""

from __future__ import annotations

import gc
import platform
from collections.abc import Iterable

from .metrics_core import CounterMetricFamily, Metric
from .registry import REGISTRY, CollectorRegistry

_COUNTERS = (
    ("python_gc_objects_collected", "Objects collected during gc", "collected"),
    ("python_gc_objects_uncollectable", "Uncollectable objects found during GC", "uncollectable"),
    ("python_gc_collections", "Number of times this generation was collected", "collections"),
)


class GCCollector:
    """Counts what the garbage collector did, by generation. Only CPython tells it."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        if platform.python_implementation() == "CPython":
            registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The metrics now."""
        generations = gc.get_stats()
        for name, documentation, key in _COUNTERS:
            family = CounterMetricFamily(name, documentation, labels=["generation"])
            for generation, numbers in enumerate(generations):
                family.add_metric([str(generation)], numbers[key])
            yield family


GC_COLLECTOR = GCCollector()
"""The one of the default registry."""
