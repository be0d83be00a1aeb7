"""`metrion.fastapi`: requests whose client does not wait for the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import metrion.fastapi
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi_testing import Message, ignore, in_flight, patient, receiver, requests, samples, scope
from metrion import CollectorRegistry

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def app(registry: CollectorRegistry) -> FastAPI:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry)
    return app


async def test_a_client_that_leaves_before_the_response_counts_as_499(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.post("/upload")
    async def upload(request: Request) -> bytes:
        return await request.body()

    @app.post("/slow")
    async def slow(request: Request) -> str:
        await request.body()
        assert await request.is_disconnected()
        return "answered to nobody"

    half = {"type": "http.request", "body": b"half", "more_body": True}
    whole = {"type": "http.request", "body": b"whole", "more_body": False}
    # Whether ClientDisconnect gets as far as here is the framework's business.
    with suppress(Exception):
        await app(scope("/upload", "POST"), receiver(half), ignore)
    await app(scope("/slow", "POST"), receiver(whole), ignore)

    assert requests(registry) == {
        ("POST", "/upload", "499"): 1,
        ("POST", "/slow", "499"): 1,
    }
    labels = '{method="POST",route="/upload",status="499"}'
    assert samples(registry)["http_request_size_bytes_sum" + labels] == 4
    assert set(in_flight(registry).values()) == {0}


@pytest.mark.parametrize(("delivered", "status"), [(0, "499"), (1, "200"), (2, "200")])
async def test_a_send_that_fails_is_a_client_that_left(
    app: FastAPI, registry: CollectorRegistry, delivered: int, status: str
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 10

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks())

    sent: list[Message] = []

    async def send(message: Message) -> None:
        if len(sent) == delivered:
            raise OSError("connection lost")
        sent.append(message)

    with pytest.raises(Exception):  # noqa: B017  OSError, or what the framework makes of it.
        await app(scope("/stream"), patient(), send)
    assert requests(registry) == {("GET", "/stream", status): 1}
    labels = f'{{method="GET",route="/stream",status="{status}"}}'
    chunks_sent = max(0, delivered - 1)
    assert samples(registry)["http_response_size_bytes_sum" + labels] == 10 * chunks_sent
    assert set(in_flight(registry).values()) == {0}


@pytest.mark.parametrize(("streams", "status"), [(False, "499"), (True, "200")])
async def test_a_cancelled_request_is_a_client_that_left(
    app: FastAPI, registry: CollectorRegistry, streams: bool, status: str
) -> None:
    waiting = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        waiting.set()
        await asyncio.Event().wait()
        yield b""

    @app.get("/wait")
    async def wait() -> StreamingResponse:
        if not streams:
            await anext(never())
        return StreamingResponse(never())

    request = asyncio.create_task(app(scope("/wait"), patient(), ignore))
    await asyncio.wait_for(waiting.wait(), 10)
    assert set(in_flight(registry).values()) == {1}
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert requests(registry) == {("GET", "/wait", status): 1}
    assert set(in_flight(registry).values()) == {0}
