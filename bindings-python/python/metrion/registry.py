"""Registries: sets of metrics that are exposed together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from metrion._errors import DuplicateTimeseries
from metrion._metrion import REGISTRY, CollectorRegistry, RestrictedRegistry
from metrion.metrics_core import Metric

__all__ = (
    "REGISTRY",
    "Collector",
    "CollectorRegistry",
    "DuplicateTimeseries",
    "RestrictedRegistry",
)


class Collector(Protocol):
    """What gives metrics at every collection."""

    def collect(self) -> Iterable[Metric]:
        """The metrics now."""
