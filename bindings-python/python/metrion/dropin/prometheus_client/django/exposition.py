"""A view of Django."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

from metrion._endpoints import Headers
from metrion.django import exposition

from ..exposition import rendering
from ..multiprocess import MultiProcessCollector
from ..registry import REGISTRY, CollectorRegistry


class PrometheusDjangoView(exposition.PrometheusDjangoView):
    """Serves the metrics of `registry`, or of the default one."""

    def _render(self, query: str, accept: str, accept_encoding: str) -> tuple[Headers, bytes]:
        return rendering(self.registry)(query, accept, accept_encoding)

    def _default_registry(self) -> CollectorRegistry:
        if not self.multiprocess_mode:
            return REGISTRY
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return registry
