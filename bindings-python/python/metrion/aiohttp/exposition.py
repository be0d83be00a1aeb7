"""A handler of aiohttp."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO

from aiohttp import hdrs, web

from metrion._endpoints import Render, rendering
from metrion._metrion import REGISTRY
from metrion.registry import Collector

__all__ = ("make_aiohttp_handler",)

Handler = Callable[[web.Request], Awaitable[web.Response]]


def make_aiohttp_handler(
    registry: Collector = REGISTRY, disable_compression: bool = False
) -> Handler:
    """A handler that serves the metrics of a registry."""
    return aiohttp_handler(rendering(registry), disable_compression)


def aiohttp_handler(render: Render, disable_compression: bool) -> Handler:
    """The same of what `render` makes."""

    async def metrics_handler(request: web.Request) -> web.Response:
        accept, accept_encoding = (
            ",".join(request.headers.getall(name, ()))
            for name in (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING)
        )
        # Off the event loop: a large registry takes longer than other requests want to wait.
        headers, body = await asyncio.to_thread(
            render, request.query_string, accept, "" if disable_compression else accept_encoding
        )
        # Bytes would be sent in one turn of the event loop, a file is sent in parts.
        return web.Response(headers=headers, body=BytesIO(body))

    return metrics_handler
