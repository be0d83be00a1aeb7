"""A view of Django."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

import os
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import View

from ..exposition import _bake_output
from ..multiprocess import MultiProcessCollector
from ..registry import REGISTRY, CollectorRegistry


class PrometheusDjangoView(View):
    """Serves the metrics of `registry`, or of the default one."""

    multiprocess_mode: bool = (
        "PROMETHEUS_MULTIPROC_DIR" in os.environ or "prometheus_multiproc_dir" in os.environ
    )
    registry: CollectorRegistry | None = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers with a page."""
        status, headers, output = _bake_output(
            self._registry(),
            request.headers.get("Accept"),
            request.headers.get("Accept-Encoding"),
            # `name[]` may come more than once.
            dict(request.GET.lists()),
            False,
        )
        return HttpResponse(output, status=int(status.split()[0]), headers=dict(headers))

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Says which methods there are."""
        return HttpResponse(status=200, headers={"Allow": "OPTIONS,GET"})

    def _registry(self) -> CollectorRegistry:
        if self.registry is None and self.multiprocess_mode:
            self.registry = CollectorRegistry()
            MultiProcessCollector(self.registry)
        return self.registry or REGISTRY
