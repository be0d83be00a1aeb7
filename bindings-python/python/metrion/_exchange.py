"""What is measured of HTTP requests, whatever the server's interface and the framework.

`metrion.asgi` and `metrion.wsgi` say when a request begins and ends; `metrion.fastapi`,
`metrion.flask` and `metrion.django` which route it takes. What is counted is decided here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from time import perf_counter
from typing import Any, TypedDict

from metrion import CollectorRegistry, Gauge
from metrion._http import (
    CLIENT_CLOSED_REQUEST,
    SERVER_ERROR,
    SIZE_BUCKETS,
    UNMATCHED,
    HttpFamilies,
)
from metrion._labels import Headers, LabelFunction, RawHeaders, Response
from metrion._semconv import SemanticConventionFamilies

_log = logging.getLogger("metrion")

# Of an ASGI scope or a WSGI environ.
RouteOf = Callable[[Any], "str | None"]


class HttpOptions(TypedDict, total=False):
    """What all middleware and all `instrument` functions take, by keyword.

    - `buckets`: the bounds of the duration's histogram, in seconds.
    - `size_buckets`: the bounds of the histograms of body sizes, in bytes.
    - `labels`: further labels. A text is the same for all requests and a label of every family; a
      function is called with the request and the `Response` when the request has ended, and its
      label is not one of the requests in flight. Its values must be few: see `request_header`.
    - `exclude`: what is not measured. A text is a route template; a pattern (`re.compile`) is
      searched for in the template, and in the path of a request that no route matches.
    - `exclude_methods`: methods that are not measured, such as `OPTIONS`.
    - `group_status`: the label `status` is `2xx` instead of `200`.
    - `semantic_conventions`: the families of OpenTelemetry's HTTP semantic conventions instead.
    - `namespace`: a prefix of the names: `shop` gives `shop_http_requests_total`.
    - `max_series`: the most series that each family may have; further ones are counted together.
    """

    buckets: Iterable[float] | None
    size_buckets: Iterable[float]
    labels: Mapping[str, str | LabelFunction]
    exclude: Collection[str | re.Pattern[str]]
    exclude_methods: Collection[str]
    group_status: bool
    semantic_conventions: bool
    namespace: str
    max_series: int | None


class HttpMetrics:
    """Which requests are measured, into which families and under which labels.

    `route_of` gives the template of a request's route, `unmatched` if it has none, or None if that
    is not known yet: it is asked again when the request has ended. `request_of` makes the request
    that label functions get. `constants` are the labels that all requests have.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        route_of: RouteOf,
        request_of: Callable[[Any], Any],
        *,
        buckets: Iterable[float] | None = None,
        size_buckets: Iterable[float] = SIZE_BUCKETS,
        labels: Mapping[str, str | LabelFunction] | None = None,
        exclude: Collection[str | re.Pattern[str]] = (),
        exclude_methods: Collection[str] = (),
        group_status: bool = False,
        semantic_conventions: bool = False,
        namespace: str = "",
        max_series: int | None = None,
    ) -> None:
        if group_status and semantic_conventions:
            raise ValueError("the semantic conventions have no status groups")
        for name, option in (("exclude", exclude), ("exclude_methods", exclude_methods)):
            if isinstance(option, str):
                raise TypeError(f"{name} takes a list, not one text")
        self._route_of = route_of
        self._request_of = request_of
        self._excluded_routes = {route for route in exclude if isinstance(route, str)}
        self._excluded_patterns = [item for item in exclude if not isinstance(item, str)]
        self._excluded_methods = frozenset(exclude_methods)
        self._group_status = group_status

        labels = labels or {}
        constants = {name: value for name, value in labels.items() if isinstance(value, str)}
        functions = {name: value for name, value in labels.items() if not isinstance(value, str)}
        self.constants = constants
        self._constant_values = tuple(constants.values())
        self._functions = tuple(functions.values())
        for function in self._functions:
            if not callable(function):
                raise TypeError(f"a label is a text or a function, not {function!r}")
        families = SemanticConventionFamilies if semantic_conventions else HttpFamilies
        self.families: HttpFamilies | SemanticConventionFamilies = families(
            registry,
            buckets=buckets,
            size_buckets=size_buckets,
            constant=constants,
            computed=functions,
            namespace=namespace,
            max_series=max_series,
        )
        self._reported: set[object] = set()

    def begin(self, exchange: Exchange) -> bool:
        """Takes a request; False if it is not measured."""
        if exchange.method in self._excluded_methods:
            return False
        exchange.route = self.route(exchange.scope)
        if self.excludes(exchange.route, exchange.path):
            return False
        exchange.metrics = self
        exchange.taken = self.families.taken(exchange)
        try:
            exchange.in_flight = self.families.in_flight.labels(
                *exchange.taken, *self._constant_values
            )
        except Exception:
            # A route that is not UTF-8, for instance. It must not cost anybody the response.
            self._report(self._route_of)
            return False
        exchange.in_flight.inc()
        return True

    def route(self, scope: Mapping[str, Any]) -> str | None:
        """The template of the route that handles a request, as far as it is known."""
        try:
            return self._route_of(scope)
        except Exception:
            self._report(self._route_of)
            return None

    def excludes(self, route: str | None, path: str) -> bool:
        """Whether requests of this route, or to this path if no route matches, are left out."""
        route = route or UNMATCHED
        if route in self._excluded_routes:
            return True
        if not self._excluded_patterns:
            return False
        searched = path if route == UNMATCHED else route
        return any(pattern.search(searched) for pattern in self._excluded_patterns)

    def end(self, exchange: Exchange, seconds: float) -> None:
        """Counts a request that has ended."""
        try:
            self._count(exchange, seconds)
        except Exception:
            self._report(self.families)

    def _count(self, exchange: Exchange, seconds: float) -> None:
        if exchange.route is None:
            exchange.route = self.route(exchange.scope)
            if self.excludes(exchange.route, exchange.path):
                return
            exchange.taken = self.families.taken(exchange)
        status = exchange.outcome()
        labels = self.families.ended(exchange, f"{status[0]}xx" if self._group_status else status)
        labels += self._constant_values
        if self._functions:
            request = self._request_of(exchange.scope)
            response = Response(int(status), Headers(exchange.response_headers))
            labels += tuple(self._computed(each, request, response) for each in self._functions)
        self.families.observe(exchange, seconds, labels)

    def _computed(self, function: LabelFunction, request: Any, response: Response) -> str:
        try:
            value = function(request, response)
        except Exception:
            self._report(function)
            return ""
        return "" if value is None else str(value)

    def _report(self, source: object) -> None:
        """Logs the error that is being handled; once for each source, as requests are many."""
        if source not in self._reported:
            self._reported.add(source)
            _log.exception("%r failed; later failures of it are not logged", source)


class Exchange:
    """One request and its response, as they pass between server and application.

    It ends once: with the last byte of the response, or when the application stops before that.
    The middleware sets what it sees. `version` is HTTP's, such as `1.1`.
    """

    __slots__ = (
        "_ended",
        "_start",
        "client_gone",
        "error",
        "in_flight",
        "method",
        "metrics",
        "path",
        "received_bytes",
        "response_headers",
        "route",
        "scheme",
        "scope",
        "sent_bytes",
        "status",
        "taken",
        "version",
    )

    metrics: HttpMetrics
    route: str | None
    taken: tuple[str, ...]
    in_flight: Gauge

    def __init__(
        self, scope: Mapping[str, Any], method: str, path: str, scheme: str, version: str
    ) -> None:
        self._start = perf_counter()
        self._ended = False
        self.scope = scope
        self.method = method
        self.path = path
        self.scheme = scheme
        self.version = version
        self.status: str | None = None
        self.response_headers: RawHeaders = ()
        self.received_bytes = 0
        self.sent_bytes = 0
        self.client_gone = False
        self.error: BaseException | None = None

    def end(self, error: BaseException | None = None) -> None:
        """Counts the exchange, as failed if there is an error. Only the first call does:
        background tasks run, and may fail, after the response."""
        if self._ended:
            return
        self._ended = True
        seconds = perf_counter() - self._start
        self.error = error
        self.in_flight.dec()
        self.metrics.end(self, seconds)

    def outcome(self) -> str:
        """The status that counts."""
        if self.client_gone:
            return self.status or CLIENT_CLOSED_REQUEST
        if self.error is not None or self.status is None:
            return SERVER_ERROR
        return self.status
