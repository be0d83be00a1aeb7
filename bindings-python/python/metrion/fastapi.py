"""Metrics for a FastAPI application, with one line:

    metrion.fastapi.instrument(app)

The families, all of them also by `method` and by `route` (the template, such as
`/orders/{order_id}`):

- `http_requests_total`, by `status`
- `http_request_duration_seconds`, by `status`: until the last byte of the response is sent
- `http_request_size_bytes` and `http_response_size_bytes`, by `status`: bytes of the bodies
- `http_requests_in_flight`

What a client can choose never becomes a label: a request that no route matches has the route
`unmatched`, and a method that no standard knows is `OTHER`. An application that raises counts as
status 500; a client that leaves before the response starts counts as 499. Background tasks are no
part of the request. Routes of included routers, of mounts and of applications inside mounts have
their whole template (`/api/items/{id}`); where the routes inside a mount are not to be seen, as
with static files, all its paths are one route (`/static/{path}`).

WebSocket connections have their own families: see `metrion.asgi`. Starlette applications work as
well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from metrion import REGISTRY, CollectorRegistry, make_asgi_app
from metrion._http import DURATION_BUCKETS, SIZE_BUCKETS, UNMATCHED
from metrion._labels import LabelFunction, Response, request_header, response_header
from metrion._starlette import route_finder
from metrion.asgi import App, HttpOptions, MetricsMiddleware, Receive, Scope, Send

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = (
    "DURATION_BUCKETS",
    "SIZE_BUCKETS",
    "UNMATCHED",
    "HttpOptions",
    "LabelFunction",
    "Response",
    "instrument",
    "request_header",
    "response_header",
)

_instrumented: WeakSet[Starlette] = WeakSet()


def instrument(
    app: Starlette,
    *,
    registry: CollectorRegistry = REGISTRY,
    endpoint: str | None = "/metrics",
    **options: Unpack[HttpOptions],
) -> None:
    """Measures the requests of `app`, and lets Prometheus scrape them.

    Call it once, before the application starts; other middleware may be added before or after,
    and what it does is measured too. Applications inside its mounts need no call of their own.

    - `registry`: where the families are. Applications may share one; equal requests then add up.
    - `endpoint`: the path at which the registry is served, or None for no such path. It is never
      measured.
    - `buckets`, `size_buckets`: the bounds of the histograms, in seconds and in bytes.
    - `labels`: further labels by name: a text, or a function of Starlette's request and the
      `Response`, called at the end of the request.
    - `exclude`: route templates, or patterns of them, that are not measured.
    - `exclude_methods`: methods that are not measured.
    - `group_status`: counts `2xx` instead of `200`.
    - `semantic_conventions`: the names, labels and buckets of OpenTelemetry's HTTP semantic
      conventions instead: `http_server_request_duration_seconds` and its kin.
    - `namespace`, `max_series`: as `HttpOptions` says.

    For example:

    >>> import re
    >>> from fastapi import FastAPI
    >>> from fastapi.testclient import TestClient
    >>> app, registry = FastAPI(), CollectorRegistry()
    >>> instrument(
    ...     app,
    ...     registry=registry,
    ...     buckets=(0.01, 0.1, 1),
    ...     labels={
    ...         "service": "orders",
    ...         "tenant": lambda request, response: request.state.tenant,
    ...         "cache": response_header("X-Cache", allowed=("hit", "miss"), default="none"),
    ...     },
    ...     exclude=["/health", re.compile("^/internal/")],
    ...     exclude_methods=["OPTIONS"],
    ...     group_status=True,
    ... )
    >>> @app.get("/orders/{order_id}")
    ... def order(order_id: int, request: Request) -> int:
    ...     request.state.tenant = "acme"
    ...     return order_id
    >>> TestClient(app).get("/orders/7").text
    '7'
    >>> labels = {"method": "GET", "route": "/orders/{order_id}", "status": "2xx"}
    >>> labels |= {"service": "orders", "tenant": "acme", "cache": "none"}
    >>> registry.get_sample_value("http_requests_total", labels)
    1.0

    Raises RuntimeError when `app` has started or is instrumented already, MetrionError when
    `registry` has the families with other labels or buckets, and TypeError or ValueError for
    options that make no sense.
    """
    if app in _instrumented:
        raise RuntimeError("the application is instrumented already")
    if app.middleware_stack is not None:
        raise RuntimeError("instrument the application before it starts")

    exclude = options.get("exclude", ())
    if endpoint is not None and not isinstance(exclude, str):
        options["exclude"] = [*exclude, endpoint]
    middleware = MetricsMiddleware(
        app, registry=registry, route_of=route_finder(app), request_of=Request, **options
    )
    if endpoint is not None:
        # Before the routes that are there: one of them may match every path.
        scrape = Route(endpoint, _Scrape(registry), methods=["GET"], include_in_schema=False)
        app.router.routes.insert(0, scrape)

    # add_middleware would put ours inside the error handler and all that is added later, where
    # it would not see the responses that those send.
    build_middleware_stack = app.build_middleware_stack

    def build_measured_stack() -> App:
        middleware.app = build_middleware_stack()
        return middleware

    app.build_middleware_stack = build_measured_stack  # type: ignore[method-assign]
    _instrumented.add(app)


class _Scrape:
    """Serves a registry as the endpoint of a `Route`, which takes an ASGI application only if it
    is not a function."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._app = make_asgi_app(registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
