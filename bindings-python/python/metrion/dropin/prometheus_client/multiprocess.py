"""What configurations for several processes call; see `metrion.multiprocess`."""

from __future__ import annotations

from collections.abc import Iterator

from metrion import multiprocess
from metrion.multiprocess import mark_process_dead

from .metrics_core import Metric
from .registry import REGISTRY, Collector

__all__ = ("MultiProcessCollector", "mark_process_dead")


class MultiProcessCollector(multiprocess.MultiProcessCollector):
    """Gives the metrics of this process, those of the default registry."""

    _own_registry = None

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        with REGISTRY._lock:
            collectors: list[Collector] = list(REGISTRY._collector_to_names)
        for collector in collectors:
            # Collectors of their own are not in the files of the original, either.
            if getattr(collector, "_is_plain", False):
                yield from collector.collect()
