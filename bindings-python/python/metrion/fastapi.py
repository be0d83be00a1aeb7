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
status 500; a client that leaves before the response starts counts as 499. Starlette applications
work as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from weakref import WeakSet

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match, Route

from metrion import REGISTRY, CollectorRegistry, make_asgi_app
from metrion._http import App, HttpMetrics, HttpMetricsMiddleware, Receive, Scope, Send

try:
    from fastapi.routing import iter_route_contexts
except ImportError:  # Starlette alone, or a FastAPI that copies included routes into the app.
    iter_route_contexts = iter  # type: ignore[assignment]

DURATION_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
UNMATCHED = "unmatched"

_instrumented: WeakSet[Starlette] = WeakSet()


def instrument(
    app: Starlette,
    *,
    registry: CollectorRegistry = REGISTRY,
    endpoint: str | None = "/metrics",
    buckets: Sequence[float] = DURATION_BUCKETS,
    exclude: Collection[str] = (),
) -> None:
    """Measures the requests of `app`, and lets Prometheus scrape them.

    Call it once, before the application starts; other middleware may be added before or after,
    and what it does is measured too.

    - `registry`: where the families are. Applications may share one; equal requests then add up.
    - `endpoint`: the path at which the registry is served, or None for no such path.
    - `buckets`: the bounds of `http_request_duration_seconds`, in seconds.
    - `exclude`: route templates that are not measured. The endpoint never is.

    Raises RuntimeError when `app` has started or is instrumented already, and MetrionError when
    `registry` has the families with other buckets.
    """
    if app in _instrumented:
        raise RuntimeError("the application is instrumented already")
    if app.middleware_stack is not None:
        raise RuntimeError("instrument the application before it starts")

    metrics = HttpMetrics(registry, buckets)
    if endpoint is not None:
        # Before the routes that are there: one of them may match every path.
        scrape = Route(endpoint, _Scrape(registry), methods=["GET"], include_in_schema=False)
        app.router.routes.insert(0, scrape)
        exclude = {*exclude, endpoint}

    # add_middleware would put ours inside the error handler and all that is added later, where
    # it would not see the responses that those send.
    build_middleware_stack = app.build_middleware_stack

    def build_measured_stack() -> App:
        return HttpMetricsMiddleware(build_middleware_stack(), metrics, route_of, exclude)

    def route_of(scope: Scope) -> str:
        return _route_template(app.router.routes, scope) or UNMATCHED

    app.build_middleware_stack = build_measured_stack  # type: ignore[method-assign]
    _instrumented.add(app)


class _Scrape:
    """Serves a registry as the endpoint of a `Route`, which takes an ASGI application only if it
    is not a function."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._app = make_asgi_app(registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _route_template(routes: Sequence[BaseRoute], scope: Scope) -> str | None:
    """Finds the route that will handle the request, by the router's own rule: the first that
    matches, else the first that would if the method were another."""
    other_method = None
    for route in iter_route_contexts(routes):
        match, child_scope = route.matches(scope)
        if match is Match.NONE:
            continue
        template = getattr(route, "path_format", None) or ""
        if match is Match.PARTIAL:
            other_method = other_method or template
            continue
        inner_routes = getattr(route, "routes", None)
        if not inner_routes:
            return template
        # A mount's own template ends in the path that is left for the application inside.
        inner = _route_template(inner_routes, {**scope, **child_scope})
        return inner and template.removesuffix("/{path}") + inner
    return other_method
