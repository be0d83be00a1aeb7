"""What is measured of WebSocket connections: by played servers, and by a real one."""

import asyncio
from typing import Any

import metrion.fastapi
import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi_testing import Message, by_values, ignore, receiver, requests, samples, scope
from metrion import CollectorRegistry
from metrion.asgi import MetricsMiddleware
from server_testing import running_asgi, wait_until
from starlette.applications import Starlette
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

pytestmark = pytest.mark.anyio

CONNECT = {"type": "websocket.connect"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def play(app: Any, *messages: Message, path: str = "/ws") -> Any:
    """Connects to `app`, sends messages and leaves."""
    ws = {**scope(path), "type": "websocket", "scheme": "ws", "subprotocols": []}
    del ws["method"]
    return app(ws, receiver(CONNECT, *messages), ignore)


def connections(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    """The value of websocket_connections_total by (route, code)."""
    return by_values(registry, "websocket_connections_total")


async def test_codes_and_messages(registry: CollectorRegistry) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        while message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
            await send({"type": "websocket.send", "text": message["text"]})
            message = await receive()

    measured = MetricsMiddleware(app, registry=registry, labels={"service": "chat"})
    text = {"type": "websocket.receive", "text": "hello"}
    for code in (1000, 1001, 4999, 3003, "text", None):
        await play(measured, text, text, {"type": "websocket.disconnect", "code": code})
    assert connections(registry) == {
        ("unmatched", "1000", "chat"): 1,
        ("unmatched", "1001", "chat"): 1,
        ("unmatched", "1005", "chat"): 1,
        ("unmatched", "other", "chat"): 3,
    }
    here = ("unmatched", "chat")
    assert by_values(registry, "websocket_messages_received_total") == {here: 12}
    assert by_values(registry, "websocket_messages_sent_total") == {here: 24}
    assert by_values(registry, "websocket_connections_open") == {here: 0}
    assert by_values(registry, "websocket_connection_duration_seconds_count") == connections(
        registry
    )


@pytest.mark.parametrize(
    ("sent", "error", "code"),
    [
        (["websocket.accept"], None, "1000"),
        (["websocket.accept"], LookupError, "1011"),
        (["websocket.accept"], asyncio.CancelledError, "1006"),
        (["websocket.accept", "websocket.close"], None, "4001"),
        (["websocket.accept", "websocket.close"], LookupError, "4001"),
        (["websocket.close"], None, "403"),
        (["websocket.http.response.start", "websocket.http.response.body"], None, "401"),
        ([], None, "500"),
        ([], LookupError, "500"),
        ([], asyncio.CancelledError, "1006"),
    ],
)
async def test_how_a_connection_ends(
    registry: CollectorRegistry, sent: list[str], error: type[BaseException] | None, code: str
) -> None:
    details: dict[str, Any] = {
        "websocket.close": {"code": 4001},
        "websocket.http.response.start": {"status": 401, "headers": []},
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for message in sent:
            await send({"type": message, **details.get(message, {})})
        if error is not None:
            raise error

    measured = MetricsMiddleware(app, registry=registry)
    if error is None:
        await play(measured)
    else:
        with pytest.raises(error):
            await play(measured)
    assert connections(registry) == {("unmatched", code): 1}
    assert by_values(registry, "websocket_connections_open") == {("unmatched",): 0}


async def test_routes_and_exclusion(registry: CollectorRegistry) -> None:
    async def accept(websocket: WebSocket) -> None:
        await websocket.accept()

    router = APIRouter()
    router.add_api_websocket_route("/rooms/{room}", accept)
    sub = Starlette()
    sub.router.add_websocket_route("/inner/{x}", accept)
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry, exclude=["/hidden"])
    app.include_router(router, prefix="/api")
    app.add_api_websocket_route("/hidden", accept)
    app.mount("/sub", sub)
    for path in ("/api/rooms/7", "/hidden", "/sub/inner/1", "/nowhere"):
        await play(app, path=path)
    assert connections(registry) == {
        ("/api/rooms/{room}", "1000"): 1,
        ("/sub/inner/{x}", "1000"): 1,
        ("unmatched", "403"): 1,
    }
    assert requests(registry) == {}


def test_a_real_server(registry: CollectorRegistry) -> None:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry)

    @app.websocket("/echo/{name}")
    async def echo(websocket: WebSocket, name: str) -> None:
        await websocket.accept()
        try:
            while (text := await websocket.receive_text()) != "end":
                await websocket.send_text(text)
            await websocket.close(4001)
        except WebSocketDisconnect:
            pass

    @app.websocket("/closed")
    async def closed(websocket: WebSocket) -> None:
        await websocket.close()

    @app.websocket("/fails")
    async def fails(websocket: WebSocket) -> None:
        await websocket.accept()
        raise LookupError("on purpose")

    def is_open() -> float:
        return by_values(registry, "websocket_connections_open")[("/echo/{name}",)]

    with running_asgi(app) as port:
        url = f"ws://127.0.0.1:{port}"
        with connect(f"{url}/echo/ann") as first, connect(f"{url}/echo/bob") as second:
            for socket in (first, second):
                socket.send("hello")
                assert socket.recv() == "hello"
            assert is_open() == 2
            second.send("end")
            with pytest.raises(ConnectionClosed):
                second.recv()
        with pytest.raises(InvalidStatus):
            connect(f"{url}/closed")
        with connect(f"{url}/fails") as socket, pytest.raises(ConnectionClosed):
            socket.recv()
        wait_until(lambda: sum(connections(registry).values()) == 4, "all connections to end")

    assert connections(registry) == {
        ("/echo/{name}", "1000"): 1,
        ("/echo/{name}", "4001"): 1,
        ("/closed", "403"): 1,
        ("/fails", "1011"): 1,
    }
    assert by_values(registry, "websocket_messages_received_total")[("/echo/{name}",)] == 3
    assert by_values(registry, "websocket_messages_sent_total")[("/echo/{name}",)] == 2
    assert is_open() == 0
    assert samples(registry)[
        'websocket_connection_duration_seconds_bucket{route="/fails",code="1011",le="86400"}'
    ]
