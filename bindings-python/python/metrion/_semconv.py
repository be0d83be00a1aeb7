"""The metrics of OpenTelemetry's semantic conventions for HTTP servers, by their names in
Prometheus: https://opentelemetry.io/docs/specs/semconv/http/http-metrics/"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from metrion import CollectorRegistry, Gauge, Histogram
from metrion._http import SERVER_ERROR, UNMATCHED

if TYPE_CHECKING:
    from metrion._exchange import Exchange

DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

KNOWN_METHODS = "CONNECT,DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT,TRACE"
# By the convention it replaces the known methods.
KNOWN_METHODS_VARIABLE = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"
OTHER_METHOD = "_OTHER"
# Clients and proxies say these; what nobody knows is left out.
KNOWN_SCHEMES = frozenset(("http", "https"))
KNOWN_VERSIONS = frozenset(("1.0", "1.1", "2", "3"))

CLIENT_DISCONNECTED = "client_disconnected"


class SemanticConventionFamilies:
    """The metric families of HTTP requests by OpenTelemetry's conventions, in one registry.

    Attributes that a request does not have are empty, which is the same as absent in Prometheus.
    The durations and the number of active requests have no counter beside them: the histogram's
    count is the number of requests.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        buckets: Iterable[float] | None,
        size_buckets: Iterable[float],
        constant: Collection[str],
        computed: Collection[str],
        namespace: str,
        max_series: int | None,
    ) -> None:
        taken = ("http_request_method", "url_scheme", *constant)
        ended = (
            "http_request_method",
            "url_scheme",
            "error_type",
            "http_response_status_code",
            "http_route",
            "network_protocol_version",
            *constant,
            *computed,
        )
        methods = os.environ.get(KNOWN_METHODS_VARIABLE) or KNOWN_METHODS
        self._methods = frozenset(method.strip() for method in methods.split(","))
        size_buckets = tuple(size_buckets)
        self.in_flight = Gauge(
            "http_server_active_requests",
            "Number of active HTTP server requests.",
            taken,
            namespace=namespace,
            registry=registry,
            mode="up_down",
            max_series=max_series,
        )
        self.duration = Histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP server requests.",
            ended,
            namespace=namespace,
            registry=registry,
            buckets=DURATION_BUCKETS if buckets is None else buckets,
            max_series=max_series,
        )
        self.request_size = Histogram(
            "http_server_request_body_size_bytes",
            "Size of HTTP server request bodies.",
            ended,
            namespace=namespace,
            registry=registry,
            buckets=size_buckets,
            max_series=max_series,
        )
        self.response_size = Histogram(
            "http_server_response_body_size_bytes",
            "Size of HTTP server response bodies.",
            ended,
            namespace=namespace,
            registry=registry,
            buckets=size_buckets,
            max_series=max_series,
        )

    def taken(self, exchange: Exchange) -> tuple[str, ...]:
        """The values of the labels that are known when the request arrives."""
        method = exchange.method if exchange.method in self._methods else OTHER_METHOD
        scheme = exchange.scheme if exchange.scheme in KNOWN_SCHEMES else ""
        return (method, scheme)

    def ended(self, exchange: Exchange, status: str) -> tuple[str, ...]:
        """The values of the labels that are known when the request has ended."""
        route = exchange.route
        return (
            *exchange.taken,
            _error_type(exchange),
            _status_code(exchange),
            "" if route is None or route == UNMATCHED else route,
            exchange.version if exchange.version in KNOWN_VERSIONS else "",
        )

    def observe(self, exchange: Exchange, seconds: float, labels: tuple[str, ...]) -> None:
        self.duration.labels(*labels).observe(seconds)
        self.request_size.labels(*labels).observe(exchange.received_bytes)
        self.response_size.labels(*labels).observe(exchange.sent_bytes)


def _error_type(exchange: Exchange) -> str:
    """The class of an error that the application raised, the status if that says a server error,
    `client_disconnected` for a client that left before its answer, or nothing."""
    if exchange.client_gone:
        return "" if exchange.status else CLIENT_DISCONNECTED
    if exchange.error is not None:
        kind = type(exchange.error)
        module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
        return module + kind.__qualname__
    if exchange.status is None:
        return SERVER_ERROR
    return exchange.status if exchange.status.startswith("5") else ""


def _status_code(exchange: Exchange) -> str:
    """The status that was sent. A server answers for an application that did not."""
    if exchange.status is None and not exchange.client_gone:
        return SERVER_ERROR
    return exchange.status or ""
