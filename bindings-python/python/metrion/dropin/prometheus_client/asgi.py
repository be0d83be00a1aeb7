"""Pages for ASGI servers."""

from __future__ import annotations

from metrion._endpoints import AsgiApp, asgi_app

from .exposition import rendering
from .registry import REGISTRY, Collector, CollectorRegistry

# Their page takes less time than going to another thread and back.
_FEW_SERIES = 500


def make_asgi_app(registry: Collector = REGISTRY, disable_compression: bool = False) -> AsgiApp:
    """An ASGI application that serves the metrics of a registry under every path."""

    def is_quick() -> bool:
        return isinstance(registry, CollectorRegistry) and registry._series() <= _FEW_SERIES

    return asgi_app(rendering(registry), disable_compression, is_quick)
