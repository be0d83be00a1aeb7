"""`metrion.asgi`: any ASGI application, and real servers."""

import asyncio
import gzip
import threading
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import metrion.fastapi
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi_testing import client, ignore, in_flight, patient, requests, samples, scope
from metrion import CollectorRegistry, generate_latest
from metrion.asgi import MetricsMiddleware, request_header, response_header
from server_testing import hang_up, running_asgi, send_request, wait_until
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """An application without a framework."""
    assert scope["type"] == "http"
    await receive()
    headers = [(b"X-Cache", b"hit"), (b"x-cache", b"twice")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def routed() -> Starlette:
    return Starlette(routes=[Route("/users/{user}", lambda _: PlainTextResponse("ok"))])


async def test_an_application_without_a_framework(registry: CollectorRegistry) -> None:
    app = MetricsMiddleware(
        hello,
        registry=registry,
        endpoint="/metrics",
        labels={
            "plan": request_header("x-plan", allowed=["free"]),
            "path": lambda request, response: f"{request.method} {request.path}",
            "cache": response_header("X-CACHE"),
        },
    )
    async with client(app) as http:
        assert (await http.get("/any/path", headers={"X-Plan": "free"})).text == "hello"
        page = await http.get("/metrics")
        assert (await http.post("/metrics")).text == "hello"
        assert (await http.head("/metrics")).text == ""
    assert requests(registry) == {
        ("GET", "unmatched", "200", "free", "GET /any/path", "hit, twice"): 1,
        ("POST", "unmatched", "200", "", "POST /metrics", "hit, twice"): 1,
    }
    assert 'route="unmatched"' in page.text


async def test_a_function_tells_the_route_before_or_after(registry: CollectorRegistry) -> None:
    async def routes_late(scope: Any, receive: Any, send: Any) -> None:
        scope["template"] = "/late/{x}" if scope["path"] == "/late/1" else "/hidden"
        await hello(scope, receive, send)

    app = MetricsMiddleware(
        routes_late,
        registry=registry,
        route_of=lambda scope: "/early" if scope["path"] == "/early" else scope.get("template"),
        exclude=["/hidden"],
    )
    async with client(app) as http:
        for path in ("/early", "/late/1", "/other"):
            await http.get(path)
    assert requests(registry) == {("GET", "/early", "200"): 1, ("GET", "/late/{x}", "200"): 1}
    assert set(in_flight(registry).values()) == {0}


async def test_a_route_function_that_fails_is_no_route(registry: CollectorRegistry) -> None:
    app = MetricsMiddleware(hello, registry=registry, route_of=lambda scope: scope["nothing"])
    async with client(app) as http:
        assert (await http.get("/")).text == "hello"
    assert requests(registry) == {("GET", "unmatched", "200"): 1}


@pytest.mark.parametrize("wrap", ["inside", "outside", "far outside"])
async def test_the_routes_of_starlette_are_found(registry: CollectorRegistry, wrap: str) -> None:
    app: Any = FastAPI()
    app.mount("/sub/{name}", routed())
    router = APIRouter(prefix="/shops/{shop}")

    @router.get("/items/{item_id}")
    async def item(shop: str, item_id: int) -> int:
        return item_id

    app.include_router(router, prefix="/api")
    app.add_middleware(CORSMiddleware)
    if wrap == "inside":
        app.add_middleware(MetricsMiddleware, registry=registry, endpoint="/metrics")
        app.add_middleware(CORSMiddleware)
    elif wrap == "outside":
        app = MetricsMiddleware(app, registry=registry, endpoint="/metrics")
    else:
        app = MetricsMiddleware(CORSMiddleware(app), registry=registry, endpoint="/metrics")
    async with client(app) as http:
        for path in ("/sub/red/users/ann", "/api/shops/rome/items/1", "/metrics", "/nowhere"):
            await http.get(path)
    assert requests(registry) == {
        ("GET", "/sub/{name}/users/{user}", "200"): 1,
        ("GET", "/api/shops/{shop}/items/{item_id}", "200"): 1,
        ("GET", "unmatched", "404"): 1,
    }


async def test_applications_inside_mounts(registry: CollectorRegistry) -> None:
    async def dispatch(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry)
    app.mount("/plain", routed())
    app.mount("/wrapped", CORSMiddleware(routed()))
    app.mount("/foreign", hello)
    app.router.routes.append(
        Mount("/with", app=routed(), middleware=[Middleware(BaseHTTPMiddleware, dispatch)])
    )
    app.router.routes.append(Mount("/outer", routes=[Mount("/inner/{x}", app=routed())]))
    async with client(app) as http:
        for path in (
            "/plain/users/ann",
            "/wrapped/users/ann",
            "/with/users/ann",
            "/outer/inner/y/users/ann",
            "/foreign/deep/path",
        ):
            assert (await http.get(path)).status_code == 200
        assert (await http.get("/wrapped/nowhere")).status_code == 404
        assert (await http.post("/plain/users/ann")).status_code == 405
        assert (await http.options("/plain/users/ann")).status_code == 405
    assert requests(registry) == {
        ("GET", "/plain/users/{user}", "200"): 1,
        ("GET", "/wrapped/users/{user}", "200"): 1,
        ("GET", "/with/users/{user}", "200"): 1,
        ("GET", "/outer/inner/{x}/users/{user}", "200"): 1,
        ("GET", "/foreign/{path}", "200"): 1,
        ("GET", "unmatched", "404"): 1,
        ("POST", "/plain/users/{user}", "405"): 1,
        ("OPTIONS", "/plain/users/{user}", "405"): 1,
    }


async def test_middleware_that_refers_to_itself_ends_the_search(
    registry: CollectorRegistry,
) -> None:
    class Ring:
        def __init__(self) -> None:
            self.app = self

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await hello(scope, receive, send)

    async with client(MetricsMiddleware(Ring(), registry=registry)) as http:
        assert (await http.get("/")).text == "hello"
    assert requests(registry) == {("GET", "unmatched", "200"): 1}


async def test_a_file_that_is_gone_does_not_harm_the_response(registry: CollectorRegistry) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/no/such/file"})

    await MetricsMiddleware(app, registry=registry)(scope("/"), patient(), ignore)
    assert requests(registry) == {("GET", "unmatched", "200"): 1}


def test_a_real_server_and_clients_that_leave(registry: CollectorRegistry) -> None:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry)
    left = threading.Event()

    @app.post("/echo/{name}")
    async def echo(name: str, request: Request) -> PlainTextResponse:
        return PlainTextResponse((await request.body()) * 2)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0)

        return StreamingResponse(chunks())

    @app.post("/upload")
    async def upload(request: Request) -> str:
        try:
            await request.body()
        finally:
            left.set()
        return "whole"

    with running_asgi(app) as port:
        url = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{url}/echo/ann", data=b"12345", timeout=20) as answer:
            assert answer.read() == b"1234512345"

        streaming = send_request(port, "GET /stream HTTP/1.1\nHost: test")
        assert streaming.recv(4000)
        assert in_flight(registry)['http_requests_in_flight{method="GET",route="/stream"}'] == 1
        hang_up(streaming)
        head = "POST /upload HTTP/1.1\nHost: test\nContent-Length: 10"
        half = send_request(port, head, b"half")
        wait_until(lambda: len(in_flight(registry)) == 3, "the upload")
        hang_up(half)
        assert left.wait(20)
        wait_until(lambda: set(in_flight(registry).values()) == {0}, "all requests to end")

        scrape = urllib.request.Request(f"{url}/metrics", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(scrape, timeout=20) as answer:
            assert gzip.decompress(answer.read()) == generate_latest(registry)

    assert requests(registry) == {
        ("POST", "/echo/{name}", "200"): 1,
        ("GET", "/stream", "200"): 1,
        ("POST", "/upload", "499"): 1,
    }
    seen = samples(registry)
    labels = '{method="POST",route="/echo/{name}",status="200"}'
    assert seen["http_request_size_bytes_sum" + labels] == 5
    assert seen["http_response_size_bytes_sum" + labels] == 10
    assert seen['http_response_size_bytes_sum{method="GET",route="/stream",status="200"}'] >= 1000
