"""Registries: sets of metrics that are exposed together."""

from __future__ import annotations

from metrion._errors import DuplicateTimeseries
from metrion._metrion import REGISTRY, CollectorRegistry, RestrictedRegistry
from metrion.metrics_core import Collector

__all__ = (
    "REGISTRY",
    "Collector",
    "CollectorRegistry",
    "DuplicateTimeseries",
    "RestrictedRegistry",
)
