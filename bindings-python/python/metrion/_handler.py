"""A handler of `http.server`."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from metrion._endpoints import Headers, rendering
from metrion._metrion import REGISTRY
from metrion.registry import Collector


class MetricsHandler(BaseHTTPRequestHandler):
    """A handler of `http.server` that serves the metrics of `registry` under every path."""

    registry: Collector = REGISTRY

    def do_GET(self) -> None:
        """Answers with a page."""
        headers, body = self._render(
            urlsplit(self.path).query,
            self.headers.get("Accept", ""),
            self.headers.get("Accept-Encoding", ""),
        )
        self.send_response(200)
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def _render(self, query: str, accept: str, accept_encoding: str) -> tuple[Headers, bytes]:
        return rendering(self.registry)(query, accept, accept_encoding)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing."""

    @classmethod
    def factory(cls, registry: Collector) -> type[MetricsHandler]:
        """The same handler for another registry."""
        return type(cls.__name__, (cls,), {"registry": registry})
