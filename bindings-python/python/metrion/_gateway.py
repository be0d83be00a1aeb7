"""Pushing to a Pushgateway.

A push is a request that the core makes, and a handler that sends it. The handlers here send from
native code, without the interpreter's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from metrion import _metrion
from metrion._metrion import generate_latest
from metrion._server import Path
from metrion.registry import Collector

Headers = list[tuple[str, str]]
Sender = Callable[[], None]
Handler = Callable[..., Sender]

# The number of ssl.PROTOCOL_TLS_CLIENT; that module is not needed otherwise.
_PROTOCOL_TLS_CLIENT = 16


class ClientTls(NamedTuple):
    """What a push over HTTPS with a client's certificate needs."""

    certfile: Path
    keyfile: Path
    cafile: Path | None
    insecure_skip_verify: bool


def _sender(
    url: str,
    method: str,
    timeout: float | None,
    headers: Sequence[Sequence[Any]],
    data: bytes,
    **options: Any,
) -> Sender:
    def send() -> None:
        texts = [(_text(name), _text(value)) for name, value in headers]
        _metrion.send_push(url, method, timeout, texts, data, **options)

    return send


def _text(part: str | bytes) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else str(part)


def default_handler(
    url: str, method: str, timeout: float | None, headers: Headers, data: bytes
) -> Sender:
    """Sends over HTTP or HTTPS, and follows no redirect."""
    return _sender(url, method, timeout, headers, data)


def passthrough_redirect_handler(
    url: str, method: str, timeout: float | None, headers: Headers, data: bytes
) -> Sender:
    """The same, and follows redirects with the same method, headers and data: only for gateways
    that you trust."""
    return _sender(url, method, timeout, headers, data, follow_redirects=True)


def basic_auth_handler(
    url: str,
    method: str,
    timeout: float | None,
    headers: Headers,
    data: bytes,
    username: str | None = None,
    password: str | None = None,
) -> Sender:
    """Sends with a name and a password, if both are given."""
    auth = None if username is None or password is None else (username, password)
    return _sender(url, method, timeout, headers, data, auth=auth)


def tls_auth_handler(
    url: str,
    method: str,
    timeout: float | None,
    headers: Headers,
    data: bytes,
    certfile: Path,
    keyfile: Path,
    cafile: Path | None = None,
    protocol: int = _PROTOCOL_TLS_CLIENT,
    insecure_skip_verify: bool = False,
) -> Sender:
    """Sends over HTTPS with a client's certificate, in PEM and without a password.

    `cafile` has the authorities that may sign the gateway's certificate, those of the operating
    system by default; `insecure_skip_verify` takes any certificate. `protocol` changes nothing: TLS
    1.2 and 1.3 are spoken.
    """
    tls = ClientTls(certfile, keyfile, cafile, insecure_skip_verify)
    return _sender(url, method, timeout, headers, data, tls=tls)


def push_to_gateway(
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Handler = default_handler,
    compression: str | None = None,
) -> None:
    """Replaces all metrics of a group in a Pushgateway (PUT).

    `gateway` is its address, `host:9091` or `https://host:9091`. The group is the job and
    `grouping_key`. `timeout` is in seconds; None waits for ever. `compression` is `gzip`, `snappy`
    or None. `handler(url=, method=, timeout=, headers=, data=)` returns a function that sends the
    request and raises what went wrong.

    Raises a `MetrionError`: with the codes `invalid_value`, `invalid_name` and `reserved_name` for
    wrong arguments and `unsupported` for another compression, before anything is sent. What the
    handlers of this module raise is `io` and derives from what those of prometheus_client raise:
    `metrion.exposition.PushRefused` is an `HTTPError` and has the `status` of an answer that is no
    success; `PushError` is a `URLError` for a gateway that is not reached, and `PushTimeout` a
    `TimeoutError`, too. A file of certificates that is not there is a `FileNotFoundError`.

    >>> from metrion import CollectorRegistry, Gauge, push_to_gateway
    >>> registry = CollectorRegistry()
    >>> Gauge("last_success_seconds", "End of the last run.", registry=registry).set(1.5e9)
    >>> def show(url, method, timeout, headers, data):
    ...     return lambda: print(method, url)
    >>> push_to_gateway("localhost:9091", "backup", registry, {"host": "db1"}, handler=show)
    PUT http://localhost:9091/metrics/job/backup/host/db1
    """
    page = generate_latest(registry)
    use_gateway("PUT", gateway, job, page, grouping_key, timeout, handler, compression)


def pushadd_to_gateway(
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Handler = default_handler,
    compression: str | None = None,
) -> None:
    """Replaces the metrics of these names in a group (POST); as `push_to_gateway` in all else.

    >>> from metrion import CollectorRegistry, pushadd_to_gateway
    >>> def show(url, method, timeout, headers, data):
    ...     return lambda: print(method, url)
    >>> pushadd_to_gateway("localhost:9091", "backup", CollectorRegistry(), handler=show)
    POST http://localhost:9091/metrics/job/backup
    """
    page = generate_latest(registry)
    use_gateway("POST", gateway, job, page, grouping_key, timeout, handler, compression)


def delete_from_gateway(
    gateway: str,
    job: str,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Handler = default_handler,
) -> None:
    """Deletes a group; as `push_to_gateway` in all else.

    >>> from metrion import delete_from_gateway
    >>> def show(url, method, timeout, headers, data):
    ...     return lambda: print(method, url)
    >>> delete_from_gateway("localhost:9091", "backup", handler=show)
    DELETE http://localhost:9091/metrics/job/backup
    """
    use_gateway("DELETE", gateway, job, b"", grouping_key, timeout, handler, None)


def use_gateway(
    method: str,
    gateway: str,
    job: str,
    page: bytes,
    grouping_key: Mapping[str, Any] | None,
    timeout: float | None,
    handler: Handler,
    compression: str | None,
) -> None:
    """Lets `handler` send a page to a gateway."""
    grouping = [(str(name), str(value)) for name, value in (grouping_key or {}).items()]
    url, headers, data = _metrion.push_request(method, gateway, job, grouping, compression, page)
    handler(url=url, method=method, timeout=timeout, headers=headers, data=data)()


def instance_ip_grouping_key() -> dict[str, Any]:
    """A grouping key with the address of this machine as the instance."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: it only chooses the address from which it would be.
        probe.connect(("localhost", 9))
        return {"instance": probe.getsockname()[0]}
