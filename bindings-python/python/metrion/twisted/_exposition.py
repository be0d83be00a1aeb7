"""A resource of Twisted."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

from twisted.internet import reactor
from twisted.web.wsgi import WSGIResource

from metrion._endpoints import WsgiApp
from metrion._metrion import REGISTRY
from metrion.exposition import make_wsgi_app
from metrion.registry import Collector

__all__ = ("MetricsResource",)


def MetricsResource(registry: Collector = REGISTRY) -> WSGIResource:
    """A resource that serves the metrics of a registry, from the reactor's thread pool."""
    return wsgi_resource(make_wsgi_app(registry))


def wsgi_resource(app: WsgiApp) -> WSGIResource:
    """The same of a WSGI application."""
    return WSGIResource(reactor, reactor.getThreadPool(), app)
