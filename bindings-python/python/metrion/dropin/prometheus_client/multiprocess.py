"""What configurations for several processes call. There is one process for now: its own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from .metrics_core import Metric
from .registry import REGISTRY, Collector, CollectorRegistry


class MultiProcessCollector:
    """Gives the metrics of this process, those of the default registry."""

    def __init__(self, registry: CollectorRegistry | None, path: str | None = None) -> None:
        path = path or _folder()
        if not path or not os.path.isdir(path):
            raise ValueError("env PROMETHEUS_MULTIPROC_DIR is not set or not a directory")
        self._path = path
        if registry:
            registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        with REGISTRY._lock:
            collectors: list[Collector] = list(REGISTRY._collector_to_names)
        for collector in collectors:
            # Collectors of their own are not in the files of the original, either.
            if getattr(collector, "_is_plain", False):
                yield from collector.collect()

    @staticmethod
    def merge(files: Iterable[Any], accumulate: bool = True) -> Iterable[Metric]:
        """There are no files to merge."""
        raise NotImplementedError("Metrion keeps no files for several processes")


def mark_process_dead(pid: int, path: str | None = None) -> None:
    """Does nothing: what another process counted is not here."""


def _folder() -> str | None:
    old, new = "prometheus_multiproc_dir", "PROMETHEUS_MULTIPROC_DIR"
    if old in os.environ and new not in os.environ:
        os.environ[new] = os.environ[old]
        warnings.warn(
            f"{old} variable has been deprecated in favor of the upper case naming {new}",
            DeprecationWarning,
            stacklevel=3,
        )
    return os.environ.get(new)
