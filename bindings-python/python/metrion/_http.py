"""The metric families of HTTP requests: names, help texts, labels and bounds.

They are the same in every language that Metrion is bound to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from metrion import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from metrion._exchange import Exchange

DURATION_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZE_BUCKETS = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)

# The route of a request that no route matches.
UNMATCHED = "unmatched"

# Clients choose the method, so a label takes only those that a standard knows (RFC 9110, 5789).
KNOWN_METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
)
OTHER_METHOD = "OTHER"

SERVER_ERROR = "500"
# Not a status that anybody sends: nginx writes it to its log when the client did not wait.
CLIENT_CLOSED_REQUEST = "499"


class HttpFamilies:
    """The metric families of HTTP requests, in one registry; applications may share one."""

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
        taken = ("method", "route", *constant)
        ended = ("method", "route", "status", *constant, *computed)
        size_buckets = tuple(size_buckets)
        self.in_flight = Gauge(
            "http_requests_in_flight",
            "HTTP requests being handled.",
            taken,
            registry=registry,
            namespace=namespace,
            mode="up_down",
            max_series=max_series,
        )
        self.requests = Counter(
            "http_requests_total",
            "HTTP requests handled.",
            ended,
            registry=registry,
            namespace=namespace,
            max_series=max_series,
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request's arrival to the last byte of its response.",
            ended,
            registry=registry,
            namespace=namespace,
            buckets=DURATION_BUCKETS if buckets is None else buckets,
            max_series=max_series,
        )
        self.request_size = Histogram(
            "http_request_size_bytes",
            "Bytes of request body that the application read.",
            ended,
            registry=registry,
            namespace=namespace,
            buckets=size_buckets,
            max_series=max_series,
        )
        self.response_size = Histogram(
            "http_response_size_bytes",
            "Bytes of response body that were sent.",
            ended,
            registry=registry,
            namespace=namespace,
            buckets=size_buckets,
            max_series=max_series,
        )

    def taken(self, exchange: Exchange) -> tuple[str, ...]:
        """The values of the labels that are known when the request arrives."""
        method = exchange.method if exchange.method in KNOWN_METHODS else OTHER_METHOD
        return (method, exchange.route or UNMATCHED)

    def ended(self, exchange: Exchange, status: str) -> tuple[str, ...]:
        """The values of the labels that are known when the request has ended."""
        return (*exchange.taken, status)

    def observe(self, exchange: Exchange, seconds: float, labels: tuple[str, ...]) -> None:
        self.requests.labels(*labels).inc()
        self.duration.labels(*labels).observe(seconds)
        self.request_size.labels(*labels).observe(exchange.received_bytes)
        self.response_size.labels(*labels).observe(exchange.sent_bytes)
