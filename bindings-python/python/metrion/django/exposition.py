"""A view of Django."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

import os
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import View

from metrion._endpoints import Headers, rendering
from metrion._metrion import REGISTRY, CollectorRegistry
from metrion.multiprocess import MultiProcessCollector
from metrion.registry import Collector

__all__ = ("PrometheusDjangoView",)


class PrometheusDjangoView(View):
    """Serves the metrics of `registry`, or of the default one."""

    multiprocess_mode: bool = (
        "PROMETHEUS_MULTIPROC_DIR" in os.environ or "prometheus_multiproc_dir" in os.environ
    )
    registry: Collector | None = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers with a page."""
        if self.registry is None:
            self.registry = self._default_registry()
        headers, body = self._render(
            request.META.get("QUERY_STRING", ""),
            request.headers.get("Accept", ""),
            request.headers.get("Accept-Encoding", ""),
        )
        return HttpResponse(body, headers=dict(headers))

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Says which methods there are."""
        return HttpResponse(headers={"Allow": "OPTIONS,GET,HEAD"})

    def _render(self, query: str, accept: str, accept_encoding: str) -> tuple[Headers, bytes]:
        return rendering(self.registry)(query, accept, accept_encoding)

    def _default_registry(self) -> Collector:
        if not self.multiprocess_mode:
            return REGISTRY
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return registry
