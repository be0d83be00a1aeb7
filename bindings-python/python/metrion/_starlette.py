"""The routes of Starlette and FastAPI applications."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute

from metrion._http import UNMATCHED

try:
    from fastapi.routing import iter_route_contexts
except ImportError:  # Starlette alone, or a FastAPI that copies included routes into the app.
    iter_route_contexts = iter  # type: ignore[assignment]

# Those that stand for themselves, as most do.
PLAIN_ROUTES = (Route, Mount, Host, WebSocketRoute)

# More middleware around an application than anybody has, should it be a ring.
MAX_MIDDLEWARE = 100


Routed = Starlette | Router


def routed_inside(app: object) -> Routed | None:
    """The application or router that is inside some middleware, which by custom calls what it wraps
    `app`. None when there is none to be seen."""
    for _ in range(MAX_MIDDLEWARE):
        if isinstance(app, (Starlette, Router)):
            return app
        app = getattr(app, "app", None)
        if app is None:
            break
    return None


def route_finder(app: Routed) -> Callable[[MutableMapping[str, Any]], str]:
    """A function that gives the template of the route that a request takes in `app`, or
    `unmatched`."""

    def route_of(scope: MutableMapping[str, Any]) -> str:
        return _template(app.routes, scope) or UNMATCHED

    return route_of


def _template(routes: Sequence[BaseRoute], scope: MutableMapping[str, Any]) -> str | None:
    """Finds the route that will handle the request, by the router's own rule: the first that
    matches, else the first that would if the method were another."""
    other_method = None
    for route in _flat(routes):
        match, child_scope = route.matches(scope)
        if match is Match.NONE:
            continue
        template = getattr(route, "path_format", None) or ""
        if match is Match.PARTIAL:
            other_method = other_method or template
            continue
        # FastAPI's contexts stand for a route. Only these two have others inside.
        if not isinstance(getattr(route, "original_route", route), (Mount, Host)):
            return template
        inner_routes = route.routes or _routes_behind_middleware(route)
        if not inner_routes:
            return template
        # A mount's own template ends in the path that is left for the application inside.
        inner = _template(inner_routes, {**scope, **child_scope})
        return inner and template.removesuffix("/{path}") + inner
    return other_method


def _routes_behind_middleware(mount: Any) -> Sequence[BaseRoute]:
    mounted = routed_inside(mount.app)
    return () if mounted is None else mounted.routes


def _flat(routes: Sequence[BaseRoute]) -> Iterator[Any]:
    """The routes, and in place of an included router the routes in it."""
    for route in routes:
        if isinstance(route, PLAIN_ROUTES):
            yield route
        else:
            yield from iter_route_contexts([route])
