"""Measures the HTTP requests of an ASGI application, of whatever framework.

The framework's part is one function that names the route of a request; see `metrion.fastapi`.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from time import perf_counter
from typing import Any

from metrion import CollectorRegistry, Counter, Gauge, Histogram

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SIZE_BUCKETS = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)

# Clients choose the method, so a label takes only those that a standard knows (RFC 9110, 5789).
KNOWN_METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
)
OTHER_METHOD = "OTHER"

SERVER_ERROR = "500"
# Not a status that anybody sends: nginx writes it to its log when the client did not wait.
CLIENT_CLOSED_REQUEST = "499"


class HttpMetrics:
    """The metric families of HTTP requests, in one registry; applications may share one."""

    def __init__(self, registry: CollectorRegistry, duration_buckets: Iterable[float]) -> None:
        taken = ("method", "route")
        ended = ("method", "route", "status")
        self.in_flight = Gauge(
            "http_requests_in_flight",
            "HTTP requests being handled.",
            taken,
            registry=registry,
            mode="up_down",
        )
        self.requests = Counter(
            "http_requests_total", "HTTP requests handled.", ended, registry=registry
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request's arrival to the last byte of its response.",
            ended,
            registry=registry,
            buckets=duration_buckets,
        )
        self.request_size = Histogram(
            "http_request_size_bytes",
            "Bytes of request body that the application read.",
            ended,
            registry=registry,
            buckets=SIZE_BUCKETS,
        )
        self.response_size = Histogram(
            "http_response_size_bytes",
            "Bytes of response body that were sent.",
            ended,
            registry=registry,
            buckets=SIZE_BUCKETS,
        )


class HttpMetricsMiddleware:
    """Measures every HTTP request on its way to `app`; websockets and lifespan pass through."""

    def __init__(
        self,
        app: App,
        metrics: HttpMetrics,
        route_of: Callable[[Scope], str],
        exclude: Collection[str],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._route_of = route_of
        self._exclude = exclude

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = self._route_of(scope)
        if route in self._exclude:
            await self._app(scope, receive, send)
            return

        method = scope["method"] if scope["method"] in KNOWN_METHODS else OTHER_METHOD
        exchange = _Exchange(self._metrics, method, route, receive, send)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            exchange.end(failed=True)
            raise
        except BaseException:
            # A cancellation, by whatever name the event loop has for it: nobody waits any more.
            exchange.end(client_gone=True)
            raise
        exchange.end()


class _Exchange:
    """One request and its response, as they pass between server and application.

    It ends once: with the last chunk of the response, or when the application stops before that.
    What an application sends after its client has gone reaches nobody and does not count.
    """

    def __init__(
        self, metrics: HttpMetrics, method: str, route: str, receive: Receive, send: Send
    ) -> None:
        self._metrics = metrics
        self._method = method
        self._route = route
        self._receive = receive
        self._send = send
        self._status: str | None = None
        self._received_bytes = 0
        self._sent_bytes = 0
        self._client_gone = False
        self._ended = False
        self._in_flight = metrics.in_flight.labels(method, route)
        self._in_flight.inc()
        self._start = perf_counter()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received_bytes += len(message.get("body", b""))
        elif message["type"] == "http.disconnect":
            self._client_gone = True
        return message

    async def send(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            self._client_gone = True
            raise
        if self._client_gone:
            return
        if message["type"] == "http.response.start":
            self._status = str(message["status"])
        elif message["type"] == "http.response.body":
            # The answer to HEAD has no body, whatever the application says.
            if self._method != "HEAD":
                self._sent_bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.end()
        elif message["type"] == "http.response.pathsend":
            self._sent_bytes += os.path.getsize(message["path"])
            self.end()

    def end(self, *, failed: bool = False, client_gone: bool = False) -> None:
        """Counts the exchange. Only the first call does: background tasks run, and may fail,
        after the response."""
        if self._ended:
            return
        self._ended = True
        seconds = perf_counter() - self._start
        self._client_gone = self._client_gone or client_gone
        self._in_flight.dec()

        labels = (self._method, self._route, self._outcome(failed))
        self._metrics.requests.labels(*labels).inc()
        self._metrics.duration.labels(*labels).observe(seconds)
        self._metrics.request_size.labels(*labels).observe(self._received_bytes)
        self._metrics.response_size.labels(*labels).observe(self._sent_bytes)

    def _outcome(self, failed: bool) -> str:
        if self._client_gone:
            return self._status or CLIENT_CLOSED_REQUEST
        if failed or self._status is None:
            return SERVER_ERROR
        return self._status
