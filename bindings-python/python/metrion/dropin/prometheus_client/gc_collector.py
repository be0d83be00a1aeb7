"""`metrion.gc_collector`, for the registry of this package."""

from __future__ import annotations

from metrion import gc_collector

from .registry import REGISTRY, CollectorRegistry


class GCCollector(gc_collector.GCCollector):
    """Counts collections and objects by generation."""

    # The original does not say in advance what it gives.
    describe = None  # type: ignore[assignment]

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        super().__init__(registry)


GC_COLLECTOR = GCCollector()
"""The one of the default registry."""
