"""Metrics for a Flask application, with one line:

    metrion.flask.instrument(app)

The families are those of `metrion.fastapi`; the route is the rule's text, such as
`/orders/<int:order_id>`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter

from metrion import REGISTRY, CollectorRegistry
from metrion._http import UNMATCHED
from metrion.wsgi import WHOLE_RESPONSE, Environ, MetricsMiddleware

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from metrion._exchange import HttpOptions

__all__ = ("instrument", "route_finder")

_instrumented: WeakSet[Flask] = WeakSet()


def instrument(
    app: Flask,
    *,
    registry: CollectorRegistry = REGISTRY,
    endpoint: str | None = "/metrics",
    **options: Unpack[HttpOptions],
) -> None:
    """Measures the requests of `app`, and lets Prometheus scrape them.

    - `registry`: where the families are. Applications may share one; equal requests then add up.
    - `endpoint`: the path at which the registry is served, or None for no such path. It is never
      measured.
    - All further options are those of `metrion.wsgi.HttpOptions`; label functions get Flask's
      request and the `Response`.

    For example:

    >>> app, registry = Flask("shop"), CollectorRegistry()
    >>> instrument(app, registry=registry, exclude=["/health", "/static/<path:filename>"])
    >>> @app.get("/orders/<int:order_id>")
    ... def order(order_id: int) -> str:
    ...     return f"order {order_id}"
    >>> app.test_client().get("/orders/7").text
    'order 7'
    >>> labels = {"method": "GET", "route": "/orders/<int:order_id>", "status": "200"}
    >>> registry.get_sample_value("http_requests_total", labels)
    1.0

    Raises RuntimeError when `app` is instrumented already, and MetrionError when `registry` has the
    families with other labels or buckets.
    """
    if app in _instrumented:
        raise RuntimeError("the application is instrumented already")
    app.wsgi_app = MetricsMiddleware(  # type: ignore[method-assign]
        app.wsgi_app,
        registry=registry,
        endpoint=endpoint,
        route_of=route_finder(app),
        request_of=app.request_class,
        **options,
    )
    app.after_request(_mark_whole)
    _instrumented.add(app)


def _mark_whole(response: Response) -> Response:
    """Says that a response is in memory: Flask's test client reads no more than it is asked for,
    and a request should be counted all the same."""
    # So are the pages of errors and redirections, but Flask makes iterators of them.
    is_error_page = response.status_code >= 300 and "Content-Length" in response.headers
    if response.is_sequence or (is_error_page and not response.direct_passthrough):
        request.environ[WHOLE_RESPONSE] = True
    return response


def route_finder(app: Flask) -> Callable[[Environ], str]:
    """A function that gives the rule that an environ's request takes in `app`, or `unmatched`: for
    the `route_of` of `metrion.wsgi.MetricsMiddleware`.

    >>> from flask import Flask
    >>> from werkzeug.test import create_environ
    >>> app = Flask("shop")
    >>> rule = app.add_url_rule("/orders/<int:number>", view_func=lambda number: "found")
    >>> route_finder(app)(create_environ("/orders/7"))
    '/orders/<int:number>'
    """

    def route_of(environ: Environ) -> str:
        try:
            adapter = app.create_url_adapter(app.request_class(environ))
            return UNMATCHED if adapter is None else _rule(adapter)
        except HTTPException:
            return UNMATCHED

    return route_of


def _rule(adapter: MapAdapter) -> str:
    try:
        rule, _ = adapter.match(return_rule=True)
    except MethodNotAllowed as error:
        # The rule that would be taken if the method were another.
        if not error.valid_methods:
            raise
        rule, _ = adapter.match(method=next(iter(error.valid_methods)), return_rule=True)
    return rule.rule
