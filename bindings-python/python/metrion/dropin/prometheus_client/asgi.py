"""Pages for ASGI servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from .exposition import _bake_output
from .registry import REGISTRY, Collector, CollectorRegistry

# Their page takes less time than going to another thread and back.
_FEW_SERIES = 500

App = Callable[
    [Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]


def make_asgi_app(registry: Collector = REGISTRY, disable_compression: bool = False) -> App:
    """An ASGI application that serves the metrics of a registry under every path."""

    async def prometheus_app(
        scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope.get("type") != "http":
            raise AssertionError(f"metrics are served over HTTP, not over {scope.get('type')}")

        def header(wanted: bytes) -> str:
            found = (value for name, value in scope.get("headers", ()) if name.lower() == wanted)
            return b",".join(found).decode("utf-8")

        bake = partial(
            _bake_output,
            registry,
            header(b"accept"),
            header(b"accept-encoding"),
            parse_qs(scope.get("query_string", b"").decode("utf-8")),
            disable_compression,
        )
        # A large registry takes longer than other requests want to wait.
        is_small = isinstance(registry, CollectorRegistry) and registry._series() <= _FEW_SERIES
        status, headers, output = bake() if is_small else await asyncio.to_thread(bake)
        request = await receive()
        if request.get("type") == "http.request":
            raw = [(name.encode(), value.encode()) for name, value in headers]
            start = {
                "type": "http.response.start",
                "status": int(status.split()[0]),
                "headers": raw,
            }
            await send(start)
            await send({"type": "http.response.body", "body": output})

    return prometheus_app
