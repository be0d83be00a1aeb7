"""Whatever an application and its client do: a request is counted once, and nothing stays in
flight. A model says what has to be counted."""

import asyncio
from typing import Any

from fastapi_testing import by_values, scope
from hypothesis import given, settings
from hypothesis import strategies as st
from metrion import CollectorRegistry
from metrion.asgi import MetricsMiddleware
from metrion.wsgi import MetricsMiddleware as WsgiMiddleware
from test_wsgi_middleware import environ_of, respond

METHODS = ("GET", "HEAD", "POST", "BREW")
ENDS = (None, LookupError, OSError, asyncio.CancelledError, KeyboardInterrupt)


def expected(
    method: str, status: int | None, *, complete: bool, end: Any, gone: bool
) -> tuple[str, str, str]:
    if complete:
        outcome = str(status)
    elif gone or (end is not None and not issubclass(end, Exception)):
        outcome = str(status or 499)
    elif end is not None or status is None:
        outcome = "500"
    else:
        outcome = str(status)
    return (method if method in ("GET", "HEAD", "POST") else "OTHER", "unmatched", outcome)


@settings(max_examples=200, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    bodies=st.lists(st.binary(max_size=20), max_size=3),
    leaves=st.booleans(),
    status=st.none() | st.integers(200, 599),
    chunks=st.lists(st.binary(max_size=20), max_size=4),
    completes=st.booleans(),
    end=st.sampled_from(ENDS),
)
def test_asgi(
    method: str,
    bodies: list[bytes],
    leaves: bool,
    status: int | None,
    chunks: list[bytes],
    completes: bool,
    end: Any,
) -> None:
    incoming: list[Any] = [
        {"type": "http.request", "body": body, "more_body": True} for body in bodies
    ]
    if leaves:
        incoming.append({"type": "http.disconnect"})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(len(bodies) + leaves):
            await receive()
        if status is not None:
            await send({"type": "http.response.start", "status": status, "headers": []})
            for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if completes:
                await send({"type": "http.response.body"})
        if end is not None:
            raise end

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None: ...

    registry = CollectorRegistry()
    measured = MetricsMiddleware(app, registry=registry)
    # Not asyncio.run, which has its own way with KeyboardInterrupt.
    call = measured(scope("/", method), receive, send)
    try:
        call.send(None)
    except StopIteration:
        assert end is None
    except BaseException as error:
        assert type(error) is end

    # What is sent to nobody does not count.
    sent = status is not None and not leaves
    labels = expected(
        method,
        status if sent else None,
        complete=sent and completes,
        end=end,
        gone=leaves,
    )
    size = sum(map(len, chunks)) if sent and method != "HEAD" else 0
    assert by_values(registry, "http_requests_total") == {labels: 1}
    assert by_values(registry, "http_request_duration_seconds_count") == {labels: 1}
    assert by_values(registry, "http_request_size_bytes_sum") == {labels: len(b"".join(bodies))}
    assert by_values(registry, "http_response_size_bytes_sum") == {labels: size}
    assert by_values(registry, "http_requests_in_flight") == {labels[:2]: 0}


@settings(max_examples=200, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    status=st.none() | st.integers(200, 599),
    chunks=st.lists(st.binary(max_size=20), max_size=4),
    taken=st.integers(0, 6),
    end=st.sampled_from((None, LookupError, KeyboardInterrupt)),
)
def test_wsgi_streams(
    method: str, status: int | None, chunks: list[bytes], taken: int, end: Any
) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        if status is not None:
            start_response(f"{status} Text", [])
        yield from chunks
        if end is not None:
            raise end

    registry = CollectorRegistry()
    body: Any = WsgiMiddleware(app, registry=registry)(environ_of("/", method), respond)
    received = []
    ended, failed = False, False
    try:
        for _ in range(taken):
            received.append(next(body))
    except StopIteration:
        ended = True
    except BaseException as error:
        assert type(error) is end
        failed = True
    body.close()
    body.close()

    started = status if taken > 0 else None
    if failed:
        outcome = "500"
    elif ended:
        outcome = str(started or 500)
    else:
        outcome = str(started or 499)
    labels = (method if method != "BREW" else "OTHER", "unmatched", outcome)
    size = sum(map(len, received)) if method != "HEAD" else 0
    assert by_values(registry, "http_requests_total") == {labels: 1}
    assert by_values(registry, "http_response_size_bytes_sum") == {labels: size}
    assert by_values(registry, "http_requests_in_flight") == {labels[:2]: 0}
