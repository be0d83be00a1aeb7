"""Ways for scrapers to reach a registry."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Awaitable, Callable, MutableMapping
from threading import Event, Thread
from typing import Any

from metrion._metrion import REGISTRY, CollectorRegistry, HttpServer, RestrictedRegistry, render

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class _ServerThread(Thread):
    """Stands for the server's own thread, which is not Python's: it ends when the server stops."""

    def __init__(self) -> None:
        super().__init__(name="metrion-http", daemon=True)
        self.stopped = Event()

    def run(self) -> None:
        self.stopped.wait()


class MetricsServer:
    """A running server of metrics."""

    def __init__(self, server: HttpServer, thread: _ServerThread) -> None:
        self._server = server
        self._thread = thread
        # A scrape that waits for the interpreter's lock when the interpreter ends would be killed
        # in the middle of native code.
        atexit.register(self.shutdown)

    @property
    def server_address(self) -> tuple[str, int]:
        """The address and the port on which it listens."""
        return self._server.server_address

    @property
    def server_port(self) -> int:
        """The port on which it listens."""
        return self._server.server_port

    def shutdown(self) -> None:
        """Stops listening, sends the answers that are under way, and frees the port."""
        atexit.unregister(self.shutdown)
        self._server.shutdown()
        self._thread.stopped.set()

    def server_close(self) -> None:
        """Does nothing more: `shutdown` has freed the port."""


def start_http_server(
    port: int,
    addr: str = "0.0.0.0",
    registry: CollectorRegistry | RestrictedRegistry = REGISTRY,
) -> tuple[MetricsServer, Thread]:
    """Serves the metrics of `registry` over HTTP until the process ends or `shutdown()` is called.

    It listens on a native thread: scrapes need the interpreter's lock only where a metric has a
    Python function for its value. Port 0 takes any free one: see `server_port`. Raises an `OSError`
    whose `code` is `address_in_use` when something else has the port.

    >>> from urllib.request import urlopen
    >>> from metrion import CollectorRegistry, Gauge, start_http_server
    >>> registry = CollectorRegistry()
    >>> Gauge("temperature_celsius", "In the room.", registry=registry).set(21.5)
    >>> server, thread = start_http_server(0, "127.0.0.1", registry)
    >>> urlopen(f"http://127.0.0.1:{server.server_port}/metrics").read().splitlines()[-1]
    b'temperature_celsius 21.5'
    >>> server.shutdown()
    """
    return start_native_server(port, addr, registry)


def start_native_server(
    port: int,
    addr: str,
    registry: CollectorRegistry | RestrictedRegistry,
    *,
    spelling: str = "short",
    created: bool = False,
) -> tuple[MetricsServer, Thread]:
    """The same with choices of what the text looks like; see `HttpServer`."""
    server = HttpServer(port, addr, registry, spelling=spelling, created=created)
    thread = _ServerThread()
    thread.start()
    return MetricsServer(server, thread), thread


def make_asgi_app(registry: CollectorRegistry | RestrictedRegistry = REGISTRY) -> AsgiApp:
    """An ASGI application that serves the metrics of `registry`, to be mounted in another one.

    >>> from starlette.applications import Starlette
    >>> from starlette.routing import Mount
    >>> from starlette.testclient import TestClient
    >>> from metrion import CollectorRegistry, Gauge, make_asgi_app
    >>> registry = CollectorRegistry()
    >>> Gauge("temperature_celsius", "In the room.", registry=registry).set(21.5)
    >>> app = Starlette(routes=[Mount("/metrics", make_asgi_app(registry))])
    >>> TestClient(app).get("/metrics/").text.splitlines()[-1]
    'temperature_celsius 21.5'
    """

    async def metrics_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"metrics are served over HTTP, not over {scope['type']}")
        query = scope.get("query_string", b"").decode("latin-1")
        accept, accept_encoding = (
            b",".join(value for name, value in scope["headers"] if name == wanted).decode("latin-1")
            for wanted in (b"accept", b"accept-encoding")
        )
        # Off the event loop: a large registry takes longer than other requests want to wait.
        headers, body = await asyncio.to_thread(render, registry, query, accept, accept_encoding)
        raw_headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        await send({"type": "http.response.start", "status": 200, "headers": raw_headers})
        # The answer to HEAD has the same headers and no body.
        content = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": content})

    return metrics_app
