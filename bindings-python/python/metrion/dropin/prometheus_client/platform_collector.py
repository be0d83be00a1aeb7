"""`metrion.platform_collector`, for the registry of this package."""

from __future__ import annotations

from typing import Any

from metrion import platform_collector

from .registry import REGISTRY, CollectorRegistry


class PlatformCollector(platform_collector.PlatformCollector):
    """Says the version and the implementation of Python in the labels of `python_info`."""

    # The original does not say in advance what it gives.
    describe = None  # type: ignore[assignment]

    def __init__(self, registry: CollectorRegistry | None = REGISTRY, platform: Any = None) -> None:
        super().__init__(registry, platform)


PLATFORM_COLLECTOR = PlatformCollector()
"""The one of the default registry."""
