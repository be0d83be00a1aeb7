"""Pushing to a Pushgateway."""

from __future__ import annotations

import gzip
import socket
import ssl
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote_plus, urlparse
from urllib.request import (
    BaseHandler,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

from ._pages import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from .registry import REGISTRY, Collector

Headers = list[tuple[str, str]]
Send = Callable[[], None]
Handler = Callable[..., Send]


def push_to_gateway(
    gateway: str,
    job: str,
    registry: Collector,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Handler | None = None,
    compression: str | None = None,
) -> None:
    """Replaces all metrics of a group in a Pushgateway (PUT).

    `gateway` is its address, with `http` or `https` in front or neither. The group is the job and
    `grouping_key`. `handler(url=, method=, timeout=, headers=, data=)` returns a function that
    sends the request, and raises what went wrong. `compression` is `gzip`, `snappy` or None.
    """
    _use_gateway("PUT", gateway, job, registry, grouping_key, timeout, handler, compression)


def pushadd_to_gateway(
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Handler | None = None,
    compression: str | None = None,
) -> None:
    """Replaces the metrics of these names in a group (POST); as `push_to_gateway` in all else."""
    _use_gateway("POST", gateway, job, registry, grouping_key, timeout, handler, compression)


def delete_from_gateway(
    gateway: str,
    job: str,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Handler | None = None,
) -> None:
    """Deletes a group."""
    _use_gateway("DELETE", gateway, job, None, grouping_key, timeout, handler, None)


def _use_gateway(
    method: str,
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: Mapping[str, Any] | None,
    timeout: float | None,
    handler: Handler | None,
    compression: str | None,
) -> None:
    data, headers = b"", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)]
    if method != "DELETE":
        data, more = _compressed(generate_latest(registry or REGISTRY), compression)
        headers += more
    url = _group_url(gateway, job, grouping_key or {})
    send = (handler or default_handler)(
        url=url, method=method, timeout=timeout, headers=headers, data=data
    )
    send()


def _group_url(gateway: str, job: str, grouping_key: Mapping[str, Any]) -> str:
    # "host:9091" reads as one with the scheme "host".
    if urlparse(gateway).scheme not in ("http", "https"):
        gateway = f"http://{gateway}"
    pairs = [("job", job), *sorted((str(name), str(value)) for name, value in grouping_key.items())]
    path = "".join(f"/{part}" for pair in pairs for part in _escaped(*pair))
    return f"{gateway.rstrip('/')}/metrics{path}"


def _escaped(name: str, value: str) -> tuple[str, str]:
    if not value:
        return f"{name}@base64", "="
    if "/" in value or " " in value:
        return f"{name}@base64", urlsafe_b64encode(value.encode()).decode()
    return name, quote_plus(value)


def _compressed(data: bytes, compression: str | None) -> tuple[bytes, Headers]:
    if compression is None:
        return data, []
    coding = compression.lower()
    if coding == "gzip":
        return gzip.compress(data), [("Content-Encoding", coding)]
    if coding == "snappy":
        return _snappy(data), [("Content-Encoding", coding)]
    raise ValueError(f"Unsupported compression type: {compression}")


def _snappy(data: bytes) -> bytes:
    try:
        import snappy  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as error:
        raise RuntimeError(
            "Snappy compression requires the python-snappy package to be installed."
        ) from error
    compressor = snappy.StreamCompressor()
    rest = getattr(compressor, "flush", bytes)
    compressed: bytes = compressor.compress(data) + rest()
    return compressed


def _sender(
    url: str,
    method: str,
    timeout: float | None,
    headers: Headers,
    data: bytes,
    handler: BaseHandler | type[BaseHandler],
) -> Send:
    def send() -> None:
        request = Request(url, data=data, headers=dict(headers), method=method)
        # Anything but a success raises an HTTPError.
        build_opener(handler).open(request, timeout=timeout).close()

    return send


def default_handler(
    url: str, method: str, timeout: float | None, headers: Headers, data: bytes
) -> Send:
    """Sends over HTTP or HTTPS."""
    return _sender(url, method, timeout, headers, data, HTTPHandler)


def passthrough_redirect_handler(
    url: str, method: str, timeout: float | None, headers: Headers, data: bytes
) -> Send:
    """The same, and follows redirects with the same method, headers and data: only for gateways
    that you trust."""
    return _sender(url, method, timeout, headers, data, _TrustingRedirectHandler)


class _TrustingRedirectHandler(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request:
        method = req.get_method()
        reads = method in ("GET", "HEAD") and code in (301, 302, 303, 307)
        writes = method in ("POST", "PUT") and code in (301, 302, 303)
        if not reads and not writes:
            raise HTTPError(req.full_url, code, msg, headers, fp)
        return Request(
            newurl.replace(" ", "%20"),
            data=req.data,
            headers=dict(req.headers),
            origin_req_host=req.origin_req_host,
            unverifiable=True,
            method=method,
        )


def basic_auth_handler(
    url: str,
    method: str,
    timeout: float | None,
    headers: Headers,
    data: bytes,
    username: str | None = None,
    password: str | None = None,
) -> Send:
    """Sends with a name and a password, if both are given."""
    if username is not None and password is not None:
        token = b64encode(f"{username}:{password}".encode()).decode()
        headers = [*headers, ("Authorization", f"Basic {token}")]
    return default_handler(url, method, timeout, headers, data)


def tls_auth_handler(
    url: str,
    method: str,
    timeout: float | None,
    headers: Headers,
    data: bytes,
    certfile: str,
    keyfile: str,
    cafile: str | None = None,
    protocol: int = ssl.PROTOCOL_TLS_CLIENT,
    insecure_skip_verify: bool = False,
) -> Send:
    """Sends over HTTPS with a client's certificate."""
    context = ssl.SSLContext(protocol=protocol)
    if cafile is not None:
        context.load_verify_locations(cafile)
    else:
        context.load_default_certs()
    if insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(certfile=certfile, keyfile=keyfile)
    return _sender(url, method, timeout, headers, data, HTTPSHandler(context=context))


def instance_ip_grouping_key() -> dict[str, Any]:
    """A grouping key with the address of this machine as the instance."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        # Nothing is sent: it only chooses the address from which it would be.
        probe.connect(("localhost", 9))
        return {"instance": probe.getsockname()[0]}
