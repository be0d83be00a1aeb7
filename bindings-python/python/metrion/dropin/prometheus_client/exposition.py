"""Pages, and the ways on which they leave the process."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from metrion._endpoints import Headers, Render, WsgiApp, wsgi_app
from metrion._metrion import write_page
from metrion._server import PROTOCOL_TLS_SERVER, MetricsServer, Path, start_native_server, tls_of
from metrion.exposition import gzip_accepted

from . import metrics
from ._gateway import (
    basic_auth_handler,
    default_handler,
    delete_from_gateway,
    instance_ip_grouping_key,
    passthrough_redirect_handler,
    push_to_gateway,
    pushadd_to_gateway,
    tls_auth_handler,
)
from ._pages import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from .openmetrics import exposition as openmetrics
from .registry import REGISTRY, Collector
from .utils import floatToGoString, parse_version

if TYPE_CHECKING:
    from ._handler import MetricsHandler

__all__ = (
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_PLAIN_0_0_4",
    "CONTENT_TYPE_PLAIN_1_0_0",
    "MetricsHandler",
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
    "passthrough_redirect_handler",
    "push_to_gateway",
    "pushadd_to_gateway",
    "start_http_server",
    "start_wsgi_server",
    "tls_auth_handler",
    "write_to_textfile",
)

CONTENT_TYPE_PLAIN_1_0_0 = "text/plain; version=1.0.0; charset=utf-8"
CONTENT_TYPE_LATEST = CONTENT_TYPE_PLAIN_1_0_0

_ESCAPINGS = (openmetrics.ALLOWUTF8, openmetrics.UNDERSCORES, openmetrics.DOTS, openmetrics.VALUES)
_MODERN = (1, 0, 0)

Encoder = Callable[[Collector], bytes]


def __getattr__(name: str) -> Any:
    # Only who uses it imports http.server.
    if name == "MetricsHandler":
        from ._handler import MetricsHandler

        return MetricsHandler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def choose_encoder(accept_header: str | None) -> tuple[Encoder, str]:
    """What answers a request with this `Accept` header, and its content type.

    The first known media type wins, whatever the weights. An escaping counts only beside a version.
    """
    for accepted in (accept_header or "").split(","):
        media_type, *parameters = (part.strip() for part in accepted.split(";"))
        given = dict(part.split("=", 1) for part in parameters if "=" in part)
        version = given.get("version", "")
        is_modern = bool(version) and parse_version(version) >= _MODERN
        escaping = given.get("escaping", openmetrics.UNDERSCORES)
        if escaping not in _ESCAPINGS:
            escaping = openmetrics.UNDERSCORES
        if media_type == "application/openmetrics-text":
            if not version:
                return openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST
            if is_modern:
                encoder = partial(openmetrics.generate_latest, escaping=escaping, version=version)
                start = f"application/openmetrics-text; version={version}; charset=utf-8"
                return encoder, f"{start}; escaping={escaping}"
        elif media_type == "text/plain" and is_modern:
            encoder = partial(generate_latest, escaping=escaping)
            return encoder, f"{CONTENT_TYPE_PLAIN_1_0_0}; escaping={escaping}"
    return generate_latest, CONTENT_TYPE_PLAIN_0_0_4


def _bake_output(
    registry: Any,
    accept_header: str | None,
    accept_encoding_header: str | None,
    params: Mapping[str, Any],
    disable_compression: bool,
) -> tuple[str, Headers, bytes]:
    """The status, headers and body that answer a request."""
    encoder, content_type = choose_encoder(accept_header)
    if "name[]" in params:
        registry = registry.restricted_registry(params["name[]"])
    output = encoder(registry)
    headers = [("Content-Type", content_type)]
    if not disable_compression and gzip_accepted(accept_encoding_header):
        output = gzip.compress(output, compresslevel=1)
        headers.append(("Content-Encoding", "gzip"))
    return "200 OK", headers, output


def rendering(registry: Collector) -> Render:
    """Renders the metrics of a registry for the applications that Metrion has, too."""

    def render(query: str, accept: str, accept_encoding: str) -> tuple[Headers, bytes]:
        _, headers, output = _bake_output(
            registry, accept, accept_encoding, parse_qs(query), disable_compression=False
        )
        return headers, output

    return render


def make_wsgi_app(registry: Collector = REGISTRY, disable_compression: bool = False) -> WsgiApp:
    """A WSGI application that serves the metrics of a registry under every path."""
    return wsgi_app(rendering(registry), disable_compression)


def start_wsgi_server(
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
    """Serves the metrics of a registry over HTTP, or over HTTPS with a certificate, as
    `metrion.start_http_server` does."""
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
    created = metrics._use_created
    return start_native_server(
        port, addr, registry, tls=tls, spelling="prometheus_client", created=created
    )


start_http_server = start_wsgi_server


def write_to_textfile(
    path: Path,
    registry: Collector,
    escaping: str = openmetrics.ALLOWUTF8,
    tmpdir: Path | None = None,
) -> None:
    """Writes a page to a file, for the node exporter's textfile collector; see
    `metrion.write_to_textfile`."""
    write_page(path, generate_latest(registry, escaping), tmpdir)


from .asgi import make_asgi_app  # noqa: E402 (it needs _bake_output)
