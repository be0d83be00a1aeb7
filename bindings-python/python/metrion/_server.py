"""The HTTP server of the core, and what `prometheus_client` returns for one."""

from __future__ import annotations

import atexit
from os import PathLike
from threading import Event, Thread
from typing import NamedTuple

from metrion._errors import MetrionError
from metrion._metrion import HttpServer
from metrion.registry import Collector

Path = str | PathLike[str]

# The number of ssl.PROTOCOL_TLS_SERVER; that module is not needed otherwise.
PROTOCOL_TLS_SERVER = 17


class Tls(NamedTuple):
    """What HTTPS needs. Protocols and versions have the numbers of the module `ssl`."""

    certfile: Path
    keyfile: Path
    client_cafile: Path | None = None
    client_capath: Path | None = None
    client_auth_required: bool = False
    protocol: int = PROTOCOL_TLS_SERVER
    min_version: int | None = None
    max_version: int | None = None


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


def tls_of(
    certfile: Path | None,
    keyfile: Path | None,
    client_cafile: Path | None,
    client_capath: Path | None,
    protocol: int,
    client_auth_required: bool,
    min_version: int | None,
    max_version: int | None,
) -> Tls | None:
    """The arguments of `start_http_server` for HTTPS; None when it is HTTP that is wanted."""
    if certfile and keyfile:
        return Tls(
            certfile,
            keyfile,
            client_cafile,
            client_capath,
            client_auth_required,
            protocol,
            min_version,
            max_version,
        )
    if certfile or keyfile or client_cafile or client_capath or client_auth_required:
        # Whoever gives one of them does not want to serve without TLS.
        raise MetrionError("invalid_value", "HTTPS needs both a certfile and a keyfile")
    return None


def start_native_server(
    port: int,
    addr: str,
    registry: Collector,
    *,
    tls: Tls | None = None,
    spelling: str = "short",
    created: bool | None = None,
) -> tuple[MetricsServer, Thread]:
    """Starts a server with choices of what the text looks like; see `HttpServer`."""
    server = HttpServer(port, addr, registry, tls=tls, spelling=spelling, created=created)
    thread = _ServerThread()
    thread.start()
    return MetricsServer(server, thread), thread
