"""What the tests of `metrion.fastapi` share: a client, and the samples that it left behind."""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
from metrion import CollectorRegistry, generate_latest

Message = MutableMapping[str, Any]


def client(app: Any, **options: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, **options)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


def samples(registry: CollectorRegistry) -> dict[str, float]:
    """Every sample of the text format, by its series as written there."""
    lines = generate_latest(registry).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {series: float(value) for series, value in pairs}


def requests(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    """The value of http_requests_total by (method, route, status), and further labels."""
    return by_values(registry, "http_requests_total")


def by_values(registry: CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    """The samples of this name by the values of their labels."""
    return {
        tuple(re.findall(r'="((?:[^"\\]|\\.)*)"', series)): value
        for series, value in samples(registry).items()
        if series.startswith(name + "{")
    }


def in_flight(registry: CollectorRegistry) -> dict[str, float]:
    """The value of http_requests_in_flight by series."""
    name = "http_requests_in_flight"
    return {series: v for series, v in samples(registry).items() if series.startswith(name)}


def scope(path: str, method: str = "GET") -> Message:
    """An HTTP scope, for tests that play the server themselves."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


def receiver(*messages: Message) -> Callable[[], Awaitable[Message]]:
    """A `receive` whose client sends `messages` and then goes away."""
    left = list(messages)

    async def receive() -> Message:
        return left.pop(0) if left else {"type": "http.disconnect"}

    return receive


def patient() -> Callable[[], Awaitable[Message]]:
    """A `receive` whose client sends no body and then waits for the response."""
    left = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return left.pop()

    return receive


async def ignore(message: Message) -> None:
    """A `send` that always succeeds."""
