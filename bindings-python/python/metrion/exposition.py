"""Pages, and the ways on which they leave the process."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, Any

from metrion import _metrion
from metrion._endpoints import AsgiApp, WsgiApp, asgi_app, rendering, wsgi_app
from metrion._gateway import (
    basic_auth_handler,
    default_handler,
    delete_from_gateway,
    instance_ip_grouping_key,
    passthrough_redirect_handler,
    push_to_gateway,
    pushadd_to_gateway,
    tls_auth_handler,
)
from metrion._metrion import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from metrion._server import PROTOCOL_TLS_SERVER, MetricsServer, Path, start_native_server, tls_of
from metrion.registry import Collector
from metrion.utils import floatToGoString, parse_version

if TYPE_CHECKING:
    from metrion._handler import MetricsHandler
    from metrion._push_errors import PushError, PushRefused, PushTimeout

__all__ = (
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_PLAIN_0_0_4",
    "CONTENT_TYPE_PLAIN_1_0_0",
    "MetricsHandler",
    "PushError",
    "PushRefused",
    "PushTimeout",
    "basic_auth_handler",
    "choose_encoder",
    "default_handler",
    "delete_from_gateway",
    "floatToGoString",
    "generate_latest",
    "gzip_accepted",
    "instance_ip_grouping_key",
    "make_asgi_app",
    "make_wsgi_app",
    "parse_version",
    "passthrough_redirect_handler",
    "push_to_gateway",
    "pushadd_to_gateway",
    "start_http_server",
    "start_wsgi_server",
    "tls_auth_handler",
    "write_to_textfile",
)

CONTENT_TYPE_PLAIN_0_0_4 = "text/plain; version=0.0.4; charset=utf-8"
CONTENT_TYPE_PLAIN_1_0_0 = "text/plain; version=1.0.0; charset=utf-8"


def __getattr__(name: str) -> Any:
    # Only who uses them imports http.server and urllib.
    if name == "MetricsHandler":
        from metrion import _handler

        return _handler.MetricsHandler
    if name in ("PushError", "PushRefused", "PushTimeout"):
        from metrion import _push_errors

        return getattr(_push_errors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def choose_encoder(accept_header: str | None) -> tuple[Callable[[Collector], bytes], str]:
    """What answers a request with this `Accept` header, and its content type. The format is that
    with the highest weight; text 0.0.4 when none is known.

    >>> from metrion import CollectorRegistry
    >>> from metrion.exposition import choose_encoder
    >>> encoder, content_type = choose_encoder("application/openmetrics-text; version=1.0.0")
    >>> encoder(CollectorRegistry())
    b'# EOF\\n'
    """
    accept = accept_header or ""

    def encoder(registry: Collector) -> bytes:
        return _metrion.render(registry, "", accept, "")[1]

    return encoder, _metrion.negotiated_content_type(accept)


def gzip_accepted(accept_encoding_header: str | None) -> bool:
    """Whether an `Accept-Encoding` header names gzip.

    >>> from metrion.exposition import gzip_accepted
    >>> gzip_accepted("zstd, gzip;q=0.5"), gzip_accepted("br"), gzip_accepted(None)
    (True, False, False)
    """
    codings = (coding.split(";")[0] for coding in (accept_encoding_header or "").split(","))
    return any(coding.strip().lower() == "gzip" for coding in codings)


def make_wsgi_app(registry: Collector = REGISTRY, disable_compression: bool = False) -> WsgiApp:
    """A WSGI application that serves the metrics of `registry` under every path.

    >>> from wsgiref.util import setup_testing_defaults
    >>> from metrion import CollectorRegistry, Gauge, make_wsgi_app
    >>> registry = CollectorRegistry()
    >>> Gauge("temperature_celsius", "In the room.", registry=registry).set(21.5)
    >>> environ = {}
    >>> setup_testing_defaults(environ)
    >>> [page] = make_wsgi_app(registry)(environ, lambda status, headers: print(status))
    200 OK
    >>> page.splitlines()[-1]
    b'temperature_celsius 21.5'
    """
    return wsgi_app(rendering(registry), disable_compression)


def make_asgi_app(registry: Collector = REGISTRY, disable_compression: bool = False) -> AsgiApp:
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
    return asgi_app(rendering(registry), disable_compression)


def start_http_server(
    port: int,
    addr: str = "0.0.0.0",
    registry: Collector = REGISTRY,
    certfile: Path | None = None,
    keyfile: Path | None = None,
    client_cafile: Path | None = None,
    client_capath: Path | None = None,
    protocol: int = PROTOCOL_TLS_SERVER,
    client_auth_required: bool = False,
    tls_min_version: int | None = None,
    tls_max_version: int | None = None,
) -> tuple[MetricsServer, Thread]:
    """Serves the metrics of `registry` over HTTP until the process ends or `shutdown()` is called.

    It listens on a native thread: scrapes need the interpreter's lock only where a metric has a
    Python function for its value. Port 0 takes any free one: see `server_port`.

    With `certfile` and `keyfile`, in PEM and without a password, it serves HTTPS. `client_cafile`,
    and the files in the folder `client_capath`, are the authorities whose clients are known: a
    client with a certificate of another one is refused, and with `client_auth_required` so is one
    without.
    `tls_min_version` and `tls_max_version` are `ssl.TLSVersion.TLSv1_2` or `TLSv1_3`.

    Raises a `MetrionError`: an `OSError` too where that is what happened, with the `code`
    `address_in_use` when something else has the port and `io` for files that cannot be read;
    `invalid_value` for files that are not what they should be; `unsupported` for other versions of
    TLS.

    >>> from urllib.request import urlopen
    >>> from metrion import CollectorRegistry, Gauge, start_http_server
    >>> registry = CollectorRegistry()
    >>> Gauge("temperature_celsius", "In the room.", registry=registry).set(21.5)
    >>> server, thread = start_http_server(0, "127.0.0.1", registry)
    >>> urlopen(f"http://127.0.0.1:{server.server_port}/metrics").read().splitlines()[-1]
    b'temperature_celsius 21.5'
    >>> server.shutdown()
    """
    tls = tls_of(
        certfile,
        keyfile,
        client_cafile,
        client_capath,
        protocol,
        client_auth_required,
        tls_min_version,
        tls_max_version,
    )
    return start_native_server(port, addr, registry, tls=tls)


start_wsgi_server = start_http_server


def write_to_textfile(
    path: Path, registry: Collector, escaping: str = "allow-utf-8", tmpdir: Path | None = None
) -> None:
    """Writes a page to a file, for the node exporter's textfile collector, which reads those whose
    names end with `.prom`.

    The file has its whole content or is as it was before: it is written under another name in its
    folder, or in `tmpdir` on the same file system. Raises an `OSError` that is a `MetrionError`,
    such as a `FileNotFoundError` for a folder that is not there.

    >>> import os, tempfile
    >>> from metrion import CollectorRegistry, Gauge, write_to_textfile
    >>> registry = CollectorRegistry()
    >>> Gauge("last_success_seconds", "End of the last run.", registry=registry).set(1.5e9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_to_textfile(os.path.join(folder, "backup.prom"), registry)
    ...     os.listdir(folder)
    ['backup.prom']
    """
    _metrion.write_page(path, generate_latest(registry, escaping), tmpdir)
