"""A handler of aiohttp."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from ..exposition import _bake_output
from ..registry import REGISTRY, Collector


def make_aiohttp_handler(
    registry: Collector = REGISTRY, disable_compression: bool = False
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that serves the metrics of a registry; aiohttp compresses."""

    async def prometheus_handler(request: web.Request) -> web.Response:
        params = {key: request.query.getall(key) for key in request.query}
        accept = ",".join(request.headers.getall(hdrs.ACCEPT, []))
        # Off the event loop: a large registry takes longer than other requests want to wait.
        status, headers, output = await asyncio.to_thread(
            _bake_output, registry, accept, "", params, True
        )
        response = web.Response(status=int(status.split()[0]), headers=headers, body=output)
        if not disable_compression:
            response.enable_compression()
        return response

    return prometheus_handler
