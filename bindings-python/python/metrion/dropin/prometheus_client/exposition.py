"""Pages, and the ways on which they leave the process."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlparse
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from metrion._exposition import MetricsServer, start_native_server

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
from .registry import REGISTRY, Collector, CollectorRegistry
from .utils import floatToGoString, parse_version

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
Headers = list[tuple[str, str]]
Gateway = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]


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


def gzip_accepted(accept_encoding_header: str | None) -> bool:
    """Whether an `Accept-Encoding` header names gzip."""
    codings = (coding.split(";")[0] for coding in (accept_encoding_header or "").split(","))
    return any(coding.strip().lower() == "gzip" for coding in codings)


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


def make_wsgi_app(registry: Collector = REGISTRY, disable_compression: bool = False) -> Gateway:
    """A WSGI application that serves the metrics of a registry under every path."""

    def prometheus_app(
        environ: Mapping[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        headers: Headers = [("Allow", "OPTIONS,GET")]
        if method == "OPTIONS":
            status, output = "200 OK", b""
        elif method != "GET":
            status = "405 Method Not Allowed"
            output = f"# HTTP {status}: {method}; use OPTIONS or GET\n".encode()
        elif environ["PATH_INFO"] == "/favicon.ico":
            status, headers, output = "200 OK", [], b""
        else:
            status, headers, output = _bake_output(
                registry,
                environ.get("HTTP_ACCEPT"),
                environ.get("HTTP_ACCEPT_ENCODING"),
                parse_qs(environ.get("QUERY_STRING", "")),
                disable_compression,
            )
        start_response(status, headers)
        return [output]

    return prometheus_app


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing."""


class ThreadingWSGIServer(ThreadingMixIn, WSGIServer):
    """A server with a thread for each request."""

    daemon_threads = True


def start_wsgi_server(
    port: int,
    addr: str = "0.0.0.0",
    registry: Collector = REGISTRY,
    certfile: str | None = None,
    keyfile: str | None = None,
    client_cafile: str | None = None,
    client_capath: str | None = None,
    protocol: int = ssl.PROTOCOL_TLS_SERVER,
    client_auth_required: bool = False,
    tls_min_version: ssl.TLSVersion | None = None,
    tls_max_version: ssl.TLSVersion | None = None,
) -> tuple[Any, threading.Thread]:
    """Serves the metrics of a registry over HTTP, from a thread; over HTTPS with a certificate.

    Without a certificate Metrion's own server does it, which needs the interpreter's lock only for
    collectors that are Python code.
    """
    has_certificate = bool(certfile and keyfile)
    if isinstance(registry, CollectorRegistry) and not has_certificate:
        return _start_native(port, addr, registry)
    family, address = _address_family(addr, port)
    server_class: Any = type("_Server", (ThreadingWSGIServer,), {"address_family": family})
    app: Any = make_wsgi_app(registry)
    server: Any = make_server(address, port, app, server_class, handler_class=_SilentHandler)
    if certfile and keyfile:
        context = _get_ssl_ctx(
            certfile,
            keyfile,
            protocol,
            client_cafile,
            client_capath,
            client_auth_required,
            tls_min_version,
            tls_max_version,
        )
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return server, thread


start_http_server = start_wsgi_server


def _start_native(
    port: int, addr: str, registry: CollectorRegistry
) -> tuple[MetricsServer, threading.Thread]:
    return start_native_server(
        port, addr, registry, spelling="prometheus_client", created=metrics._use_created
    )


def _address_family(address: str, port: int) -> tuple[int, Any]:
    flags = socket.AI_PASSIVE
    [(family, *_, sockaddr), *_] = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=flags
    )
    return family, sockaddr[0]


def _get_ssl_ctx(
    certfile: str,
    keyfile: str,
    protocol: int,
    cafile: str | None = None,
    capath: str | None = None,
    client_auth_required: bool = False,
    tls_min_version: ssl.TLSVersion | None = None,
    tls_max_version: ssl.TLSVersion | None = None,
) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol=protocol)
    try:
        if cafile is not None or capath is not None:
            context.load_verify_locations(cafile, capath)
        else:
            context.load_default_certs(purpose=ssl.Purpose.CLIENT_AUTH)
    except OSError as error:
        raise type(error)(
            f"Cannot load CA certificates from {cafile!r}, {capath!r}: {error}"
        ) from error
    if client_auth_required:
        context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(certfile=certfile, keyfile=keyfile)
    except OSError as error:
        raise type(error)(
            f"Cannot load server certificate file {certfile!r} or its private key file "
            f"{keyfile!r}: {error}"
        ) from error
    if tls_min_version is not None:
        context.minimum_version = tls_min_version
    if tls_max_version is not None:
        context.maximum_version = tls_max_version
    return context


class MetricsHandler(BaseHTTPRequestHandler):
    """A handler of `http.server` that serves the metrics of `registry`."""

    registry: Collector = REGISTRY

    def do_GET(self) -> None:
        """Answers with a page."""
        status, headers, output = _bake_output(
            self.registry,
            self.headers.get("Accept"),
            self.headers.get("Accept-Encoding"),
            parse_qs(urlparse(self.path).query),
            False,
        )
        self.send_response(int(status.split()[0]))
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(output)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing."""

    @classmethod
    def factory(cls, registry: Collector) -> type[MetricsHandler]:
        """The same handler for another registry."""
        return type(cls.__name__, (cls,), {"registry": registry})


def write_to_textfile(
    path: str | os.PathLike[str],
    registry: Collector,
    escaping: str = openmetrics.ALLOWUTF8,
    tmpdir: str | None = None,
) -> None:
    """Writes a page to a file, for the node exporter's textfile collector.

    The file has its whole content or is as it was before: it is written under another name in its
    folder, or in `tmpdir` on the same file system.
    """
    folder, name = os.path.split(os.fspath(path))
    unique = f"{name}.{os.getpid()}.{threading.get_ident()}"
    temporary = os.path.join(folder if tmpdir is None else tmpdir, unique)
    try:
        with open(temporary, "wb") as file:
            file.write(generate_latest(registry, escaping))
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise


from .asgi import make_asgi_app  # noqa: E402 (it needs _bake_output)
