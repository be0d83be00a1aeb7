"""Sending to Graphite; see `metrion.bridge.graphite`."""

from __future__ import annotations

import time
from collections.abc import Callable

import metrion.bridge.graphite

from .. import metrics
from ..registry import REGISTRY, Collector


class GraphiteBridge(metrion.bridge.graphite.GraphiteBridge):
    """Sends the metrics of a registry to Graphite: labels are parts of the path, or tags."""

    def __init__(
        self,
        address: tuple[str, int],
        registry: Collector = REGISTRY,
        timeout_seconds: float = 30,
        _timer: Callable[[], float] = time.time,
        tags: bool = False,
    ) -> None:
        super().__init__(address, registry, timeout_seconds, _timer, tags)

    def _uses_created(self) -> bool:
        return metrics._use_created
