"""Metrics for any ASGI application: Starlette, Litestar, Quart, Django, or none of them.

    from metrion.asgi import MetricsMiddleware

    app = MetricsMiddleware(app, endpoint="/metrics")

For FastAPI and Starlette `metrion.fastapi.instrument` is the shorter way; their
`app.add_middleware(MetricsMiddleware)` works as well. An application of Quart writes the rule down
itself, in a function that it calls before each request:
`request.scope["rule"] = request.url_rule and request.url_rule.rule`, with
`route_of=lambda scope: scope.get("rule")`. The families of HTTP requests are those of
`metrion.fastapi`. WebSocket connections have their own, by `route`:

- `websocket_connections_open`
- `websocket_connections_total` and `websocket_connection_duration_seconds`, also by `code`: the
  close code, or the HTTP status of a handshake that was refused
- `websocket_messages_received_total` and `websocket_messages_sent_total`

Lifespan events pass through.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from metrion import REGISTRY, CollectorRegistry, make_asgi_app
from metrion._exchange import Exchange, HttpMetrics, HttpOptions, RouteOf
from metrion._http import DURATION_BUCKETS, SIZE_BUCKETS, UNMATCHED
from metrion._labels import Headers, LabelFunction, Response, request_header, response_header
from metrion._websocket import Connection, WebSocketFamilies

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = (
    "DURATION_BUCKETS",
    "SIZE_BUCKETS",
    "UNMATCHED",
    "HttpOptions",
    "LabelFunction",
    "MetricsMiddleware",
    "Request",
    "Response",
    "make_asgi_app",
    "request_header",
    "response_header",
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Request:
    """What a label function sees of a request: its scope, method, path and headers."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: Headers = Headers(scope["headers"])


class MetricsMiddleware:
    """Measures every request and every WebSocket connection on its way to `app`.

    - `registry`: where the families are. Applications may share one; equal requests then add up.
    - `endpoint`: the path at which the registry is served, or None for no such path.
    - `route_of`: a function that gives the template of a scope's route, `unmatched` if there is
      none, or None if that is not known yet: it is asked again when the request has ended. By
      default it finds the routes of Starlette and FastAPI, and of Litestar.
    - All further options are those of `HttpOptions`.

    Label functions get a `Request` and a `Response`. For example:

    >>> import asyncio
    >>> async def hello(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 200, "headers": []})
    ...     await send({"type": "http.response.body", "body": b"hello"})
    >>> registry = CollectorRegistry()
    >>> app = MetricsMiddleware(
    ...     hello,
    ...     registry=registry,
    ...     route_of=lambda scope: "/hello/{name}",
    ...     labels={"plan": request_header("X-Plan", allowed=("free", "paid"))},
    ... )
    >>> async def nothing(message=None): ...
    >>> headers = [(b"x-plan", b"free")]
    >>> scope = {"type": "http", "method": "GET", "path": "/hello/ann", "headers": headers}
    >>> asyncio.run(app(scope, nothing, nothing))
    >>> labels = {"method": "GET", "route": "/hello/{name}", "status": "200", "plan": "free"}
    >>> registry.get_sample_value("http_requests_total", labels)
    1.0

    Raises MetrionError when `registry` has the families with other labels or buckets.
    """

    def __init__(
        self,
        app: App,
        *,
        registry: CollectorRegistry = REGISTRY,
        endpoint: str | None = None,
        route_of: RouteOf | None = None,
        request_of: Callable[[Any], Any] = Request,
        **options: Unpack[HttpOptions],
    ) -> None:
        self.app = app
        self._endpoint = endpoint
        self._scrape = make_asgi_app(registry)
        route_of = route_of or _route_finder(app)
        self._metrics = HttpMetrics(registry, route_of, request_of, **options)
        self._websockets = WebSocketFamilies(
            registry,
            constant=self._metrics.constants,
            namespace=options.get("namespace", ""),
            max_series=options.get("max_series"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._endpoint is not None and self._is_scrape(scope):
                await self._scrape(scope, receive, send)
            else:
                await self._measure_request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._measure_connection(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _measure_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _RequestExchange(scope, receive, send)
        if not self._metrics.begin(exchange):
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            exchange.end(error)
            raise
        except BaseException:
            # A cancellation, by whatever name the event loop has for it: nobody waits any more.
            exchange.client_gone = True
            exchange.end()
            raise
        exchange.end()

    async def _measure_connection(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._metrics.route(scope) or UNMATCHED
        if self._metrics.excludes(route, scope["path"]):
            await self.app(scope, receive, send)
            return
        connection = Connection(self._websockets, route, tuple(self._metrics.constants.values()))
        messages = _ConnectionMessages(connection, receive, send)
        try:
            await self.app(scope, messages.receive, messages.send)
        except Exception:
            connection.end(failed=True)
            raise
        except BaseException:
            connection.end(cancelled=True)
            raise
        connection.end()

    def _is_scrape(self, scope: Scope) -> bool:
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if path != self._endpoint and path.removeprefix(root) != self._endpoint:
            return False
        return scope["method"] in ("GET", "HEAD")


def _route_finder(app: App) -> RouteOf:
    # Nobody has an application of Starlette who did not import it.
    if "starlette" in sys.modules:
        from metrion._starlette import route_finder, routed_inside

        routed = routed_inside(app)
        if routed is not None:
            return route_finder(routed)
    return _litestar_route


def _litestar_route(scope: Scope) -> str | None:
    """What the router of Litestar writes down when it has found the route."""
    template = scope.get("path_template")
    return template if isinstance(template, str) else None


class _RequestExchange(Exchange):
    """The messages of one HTTP request, as they pass.

    What an application sends after its client has gone reaches nobody and does not count.
    """

    __slots__ = ("_receive", "_send")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(
            scope,
            scope["method"],
            scope["path"],
            scope.get("scheme", "http"),
            scope.get("http_version", ""),
        )
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.received_bytes += len(message.get("body", b""))
        elif message["type"] == "http.disconnect":
            self.client_gone = True
        return message

    async def send(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            self.client_gone = True
            raise
        if self.client_gone:
            return
        if message["type"] == "http.response.start":
            # Not the text of an HTTPStatus, which is its name in Python 3.10.
            self.status = str(int(message["status"]))
            self.response_headers = message.get("headers", ())
        elif message["type"] == "http.response.body":
            # The answer to HEAD has no body, whatever the application says.
            if self.method != "HEAD":
                self.sent_bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.end()
        elif message["type"] == "http.response.pathsend":
            self.sent_bytes += _file_size(message["path"])
            self.end()


class _ConnectionMessages:
    """The messages of one WebSocket connection, as they pass."""

    def __init__(self, connection: Connection, receive: Receive, send: Send) -> None:
        self._connection = connection
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        message = await self._receive()
        self._connection.receive(message["type"], message.get("code"))
        return message

    async def send(self, message: Message) -> None:
        await self._send(message)
        self._connection.send(message["type"], message.get("code", message.get("status")))


def _file_size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:  # The server has sent it, and somebody has removed it since.
        return 0
