"""`metrion.fastapi`: how one request ends, by an answer or by an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import metrion.fastapi
import pytest
from fastapi import BackgroundTasks, FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from fastapi_testing import (
    Message,
    client,
    ignore,
    in_flight,
    patient,
    receiver,
    requests,
    samples,
    scope,
)
from metrion import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def app(registry: CollectorRegistry) -> FastAPI:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry)
    return app


async def test_an_exception_counts_as_500_and_propagates(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.get("/fail")
    async def fail() -> None:
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        await app(scope("/fail"), patient(), ignore)
    assert requests(registry) == {("GET", "/fail", "500"): 1}
    labels = '{method="GET",route="/fail",status="500"}'
    error_page = len("Internal Server Error")
    assert samples(registry)["http_response_size_bytes_sum" + labels] == error_page
    assert set(in_flight(registry).values()) == {0}


async def test_the_status_of_an_exception_handler_counts(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.exception_handler(LookupError)
    async def not_found(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("gone", status_code=410)

    @app.get("/fail")
    async def fail() -> None:
        raise LookupError

    async with client(app) as http:
        await http.get("/fail")
    assert requests(registry) == {("GET", "/fail", "410"): 1}


async def test_an_exception_in_the_middle_of_a_response_counts_as_500(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"1234"
        raise LookupError

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks())

    with pytest.raises(LookupError):
        await app(scope("/stream"), patient(), ignore)
    labels = '{method="GET",route="/stream",status="500"}'
    assert requests(registry) == {("GET", "/stream", "500"): 1}
    assert samples(registry)["http_response_size_bytes_sum" + labels] == 4


async def test_an_application_that_does_not_answer_counts_as_500(
    registry: CollectorRegistry,
) -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        pass

    app = Starlette(routes=[Mount("/silent", app=silent)])
    metrion.fastapi.instrument(app, registry=registry)
    await app(scope("/silent/x"), patient(), ignore)
    assert requests(registry) == {("GET", "/silent/{path}", "500"): 1}


async def test_a_stream_ends_with_its_last_chunk_and_counts_the_bytes_sent(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    first_chunk_sent, go_on = asyncio.Event(), asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        first_chunk_sent.set()
        await go_on.wait()
        yield b"x" * 500

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks())

    request = asyncio.create_task(app(scope("/stream"), patient(), ignore))
    await asyncio.wait_for(first_chunk_sent.wait(), 10)
    assert requests(registry) == {}
    assert set(in_flight(registry).values()) == {1}

    go_on.set()
    await asyncio.wait_for(request, 10)
    labels = '{method="GET",route="/stream",status="200"}'
    assert requests(registry) == {("GET", "/stream", "200"): 1}
    assert samples(registry)["http_response_size_bytes_sum" + labels] == 1500
    assert set(in_flight(registry).values()) == {0}


async def test_a_request_body_counts_in_all_its_chunks(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.post("/upload")
    async def upload(request: Request) -> int:
        return len(await request.body())

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"z" * 100

    async with client(app) as http:
        assert (await http.post("/upload", content=chunks())).text == "300"
    labels = '{method="POST",route="/upload",status="200"}'
    assert samples(registry)["http_request_size_bytes_sum" + labels] == 300


async def test_background_tasks_are_no_part_of_the_request(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    seen_by_task = []

    def task() -> None:
        seen_by_task.append((requests(registry), set(in_flight(registry).values())))
        raise LookupError

    @app.get("/later")
    async def later(background: BackgroundTasks) -> None:
        background.add_task(task)

    with pytest.raises(LookupError):
        await app(scope("/later"), patient(), ignore)
    assert seen_by_task == [({("GET", "/later", "200"): 1}, {0})]
    assert requests(registry) == {("GET", "/later", "200"): 1}


async def test_a_file_that_the_server_sends_itself_counts_with_its_size(
    app: FastAPI, registry: CollectorRegistry, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_bytes(b"x" * 321)
    app.mount("/static", StaticFiles(directory=tmp_path))
    able = {**scope("/static/page.html"), "extensions": {"http.response.pathsend": {}}}
    await app(able, patient(), ignore)
    labels = '{method="GET",route="/static/{path}",status="200"}'
    assert samples(registry)["http_response_size_bytes_sum" + labels] == 321


async def test_a_head_request_has_no_response_bytes(registry: CollectorRegistry) -> None:
    app = Starlette(routes=[Route("/page", lambda _: PlainTextResponse("x" * 50))])
    metrion.fastapi.instrument(app, registry=registry)
    async with client(app) as http:
        assert (await http.head("/page")).status_code == 200
    labels = '{method="HEAD",route="/page",status="200"}'
    assert requests(registry) == {("HEAD", "/page", "200"): 1}
    assert samples(registry)["http_response_size_bytes_sum" + labels] == 0


async def test_concurrent_requests_are_all_counted(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    arrived, everybody_is_here = [], asyncio.Event()

    @app.get("/meet/{guest}")
    async def meet(guest: int) -> int:
        arrived.append(guest)
        if len(arrived) == 50:
            everybody_is_here.set()
        await asyncio.wait_for(everybody_is_here.wait(), 10)
        return int(max(in_flight(registry).values()))

    async with client(app) as http:
        answers = await asyncio.gather(*(http.get(f"/meet/{guest}") for guest in range(50)))
    assert max(int(answer.text) for answer in answers) == 50
    assert requests(registry) == {("GET", "/meet/{guest}", "200"): 50}
    assert set(in_flight(registry).values()) == {0}


async def test_websockets_and_lifespan_pass_through(registry: CollectorRegistry) -> None:
    events = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        events.append("started")
        yield
        events.append("stopped")

    app = FastAPI(lifespan=lifespan)
    metrion.fastapi.instrument(app, registry=registry)

    @app.websocket("/ws")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())

    async def send(message: Message) -> None:
        events.append(message.get("text", message["type"]))

    start_and_stop = receiver({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    await app({**scope("/"), "type": "lifespan", "state": {}}, start_and_stop, send)
    hello = receiver({"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"})
    await app({**scope("/ws"), "type": "websocket", "subprotocols": []}, hello, send)

    assert events[:4] == [
        "started",
        "lifespan.startup.complete",
        "stopped",
        "lifespan.shutdown.complete",
    ]
    assert "hello" in events
    assert requests(registry) == {}
