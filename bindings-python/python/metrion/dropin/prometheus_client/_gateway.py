"""Pushing to a Pushgateway: Metrion's, with the pages of `prometheus_client` and the errors of
`urllib`, in which the number of a status is the `code`."""

from __future__ import annotations

import urllib.request  # noqa: F401 (programs that import no more than urllib have it from here)
from collections.abc import Callable, Mapping
from functools import wraps
from io import BytesIO
from typing import Any
from urllib.error import HTTPError

from metrion import _gateway as metrion_gateway
from metrion._gateway import Handler, Sender, instance_ip_grouping_key, use_gateway
from metrion._push_errors import PushRefused

from ._pages import generate_latest
from .registry import REGISTRY, Collector

__all__ = (
    "basic_auth_handler",
    "default_handler",
    "delete_from_gateway",
    "instance_ip_grouping_key",
    "passthrough_redirect_handler",
    "push_to_gateway",
    "pushadd_to_gateway",
    "tls_auth_handler",
)


def _with_errors_of_urllib(handler: Handler) -> Handler:
    @wraps(handler)
    def wrapped(*args: Any, **kwargs: Any) -> Sender:
        send = handler(*args, **kwargs)

        def sent() -> None:
            try:
                send()
            except PushRefused as error:
                body = BytesIO(error.body.encode())
                no_headers: Any = None
                reason = error.reason
                raise HTTPError(error.url, error.status, reason, no_headers, body) from error

        return sent

    return wrapped


default_handler = _with_errors_of_urllib(metrion_gateway.default_handler)
passthrough_redirect_handler = _with_errors_of_urllib(metrion_gateway.passthrough_redirect_handler)
basic_auth_handler = _with_errors_of_urllib(metrion_gateway.basic_auth_handler)
tls_auth_handler = _with_errors_of_urllib(metrion_gateway.tls_auth_handler)


def push_to_gateway(
    gateway: str,
    job: str,
    registry: Collector,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Callable[..., Sender] = default_handler,
    compression: str | None = None,
) -> None:
    """Replaces all metrics of a group in a Pushgateway (PUT); see `metrion.push_to_gateway`."""
    page = generate_latest(registry)
    use_gateway("PUT", gateway, job, page, grouping_key, timeout, handler, compression)


def pushadd_to_gateway(
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Callable[..., Sender] = default_handler,
    compression: str | None = None,
) -> None:
    """Replaces the metrics of these names in a group (POST); as `push_to_gateway` in all else."""
    page = generate_latest(registry or REGISTRY)
    use_gateway("POST", gateway, job, page, grouping_key, timeout, handler, compression)


def delete_from_gateway(
    gateway: str,
    job: str,
    grouping_key: Mapping[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Callable[..., Sender] = default_handler,
) -> None:
    """Deletes a group."""
    use_gateway("DELETE", gateway, job, b"", grouping_key, timeout, handler, None)
