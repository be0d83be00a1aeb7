"""Registries as bytes."""

from __future__ import annotations

from metrion._metrion import client_page

from . import metrics
from .registry import REGISTRY, Collector, CollectorRegistry

CONTENT_TYPE_PLAIN_0_0_4 = "text/plain; version=0.0.4; charset=utf-8"


def page(registry: Collector, format: str, escaping: str) -> bytes:
    """All metrics of a registry, or of any other collector. An exception that a metric causes has
    it as its last argument."""
    is_ours = isinstance(registry, CollectorRegistry)
    sources = registry._sources() if is_ours else registry.collect()  # type: ignore[attr-defined]
    return client_page(sources, format, escaping, metrics._use_created)


def generate_latest(registry: Collector = REGISTRY, escaping: str = "underscores") -> bytes:
    """All metrics of a registry in the text format. `escaping` says how names are written that are
    not classic."""
    return page(registry, "text", escaping)
