"""What is measured of WebSocket connections.

They have families of their own: a connection lasts for minutes or days and carries messages, so
its duration and its number would make those of HTTP requests useless.
"""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter

from metrion import CollectorRegistry, Counter, Gauge, Histogram

DURATION_BUCKETS = (0.1, 1, 10, 60, 300, 900, 3_600, 14_400, 86_400)

NORMAL = 1000
NO_CODE = 1005
ABNORMAL = 1006
INTERNAL_ERROR = 1011
# Clients choose the code with which they close, so a label takes only those of the standard
# (RFC 6455 and its registry).
KNOWN_CODES = frozenset(range(1000, 1016))
OTHER_CODE = "other"

# HTTP statuses, as which a server answers a handshake that the application does not accept.
REJECTED = 403
FAILED = 500


class WebSocketFamilies:
    """The metric families of WebSocket connections, in one registry."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        constant: Collection[str],
        namespace: str,
        max_series: int | None,
    ) -> None:
        taken = ("route", *constant)
        ended = ("route", "code", *constant)
        self.open = Gauge(
            "websocket_connections_open",
            "WebSocket connections that are open.",
            taken,
            namespace=namespace,
            registry=registry,
            mode="up_down",
            max_series=max_series,
        )
        self.connections = Counter(
            "websocket_connections_total",
            "WebSocket connections that ended, by close code or by the status of a refusal.",
            ended,
            namespace=namespace,
            registry=registry,
            max_series=max_series,
        )
        self.duration = Histogram(
            "websocket_connection_duration_seconds",
            "Time from a WebSocket connection's request to its end.",
            ended,
            namespace=namespace,
            registry=registry,
            buckets=DURATION_BUCKETS,
            max_series=max_series,
        )
        self.received = Counter(
            "websocket_messages_received_total",
            "WebSocket messages that the application received.",
            taken,
            namespace=namespace,
            registry=registry,
            max_series=max_series,
        )
        self.sent = Counter(
            "websocket_messages_sent_total",
            "WebSocket messages that the application sent.",
            taken,
            namespace=namespace,
            registry=registry,
            max_series=max_series,
        )


class Connection:
    """One WebSocket connection, from its request to its end. The middleware says what passes."""

    def __init__(self, families: WebSocketFamilies, route: str, constants: tuple[str, ...]) -> None:
        self._families = families
        self._route = route
        self._constants = constants
        taken = (route, *constants)
        self._open = families.open.labels(*taken)
        self._received = families.received.labels(*taken)
        self._sent = families.sent.labels(*taken)
        self._accepted = False
        self._code: str | None = None
        self._open.inc()
        self._start = perf_counter()

    def receive(self, message_type: str, code: object) -> None:
        """The application received a message; `code` is that of a disconnect."""
        if message_type == "websocket.receive":
            self._received.inc()
        elif message_type == "websocket.disconnect" and self._code is None:
            code = NO_CODE if code is None else code
            self._code = str(code) if code in KNOWN_CODES else OTHER_CODE

    def send(self, message_type: str, code: object) -> None:
        """The application sent a message; `code` is that of a close, or the status of a refusal."""
        if message_type == "websocket.send":
            self._sent.inc()
        elif message_type == "websocket.accept":
            self._accepted = True
        elif self._code is not None:
            pass
        elif message_type == "websocket.close":
            normal = NORMAL if code is None else code
            self._code = str(normal if self._accepted else REJECTED)
        elif message_type == "websocket.http.response.start":
            self._code = str(code)

    def end(self, *, failed: bool = False, cancelled: bool = False) -> None:
        """Counts the connection. An application that returns without a close ends it normally; one
        that fails makes the server do it."""
        seconds = perf_counter() - self._start
        self._open.dec()
        code = self._code
        if code is None and cancelled:
            code = str(ABNORMAL)
        elif code is None and self._accepted:
            code = str(INTERNAL_ERROR if failed else NORMAL)
        elif code is None:
            code = str(FAILED)
        ended = (self._route, code, *self._constants)
        self._families.connections.labels(*ended).inc()
        self._families.duration.labels(*ended).observe(seconds)
