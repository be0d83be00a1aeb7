"""A handler of `http.server`."""

from __future__ import annotations

import metrion._handler
from metrion._endpoints import Headers

from .exposition import rendering
from .registry import REGISTRY, Collector


class MetricsHandler(metrion._handler.MetricsHandler):
    """A handler of `http.server` that serves the metrics of `registry`."""

    registry: Collector = REGISTRY

    def _render(self, query: str, accept: str, accept_encoding: str) -> tuple[Headers, bytes]:
        return rendering(self.registry)(query, accept, accept_encoding)
