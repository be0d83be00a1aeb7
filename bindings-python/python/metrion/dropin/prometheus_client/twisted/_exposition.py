"""A resource of Twisted."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

from metrion.twisted._exposition import WSGIResource, wsgi_resource

from ..exposition import make_wsgi_app
from ..registry import REGISTRY, Collector


def MetricsResource(registry: Collector = REGISTRY) -> WSGIResource:
    """A resource that serves the metrics of a registry, from the reactor's thread pool."""
    return wsgi_resource(make_wsgi_app(registry))
