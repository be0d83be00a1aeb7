"""`metrion.platform_collector`, for the registry of this package."""

from __future__ import annotations

from typing import Any

from metrion import platform_collector

from .registry import REGISTRY, CollectorRegistry


class PlatformCollector(platform_collector.PlatformCollector):
    """Says the version and the implementation of Python in the labels of `python_info`."""

    def __init__(self, registry: CollectorRegistry | None = REGISTRY, platform: Any = None) -> None:
        super().__init__(registry, platform)


PLATFORM_COLLECTOR = PlatformCollector()
"""The one of the default registry."""
