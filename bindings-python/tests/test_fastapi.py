"""`metrion.fastapi`: what is measured, under which labels, and where it is served."""

import gc
import gzip
import weakref
from pathlib import Path

import httpx
import metrion.fastapi
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi_testing import client, in_flight, requests, samples
from metrion import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route
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


async def test_a_request_is_counted_by_method_template_and_status(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.post("/orders/{order_id}", status_code=201)
    async def create(order_id: int, request: Request) -> PlainTextResponse:
        await request.body()
        return PlainTextResponse("x" * 150, status_code=201)

    async with client(app) as http:
        for order_id in (1, 2):
            await http.post(f"/orders/{order_id}", content=b"y" * 20)

    seen = samples(registry)
    labels = '{method="POST",route="/orders/{order_id}",status="201"}'
    assert requests(registry) == {("POST", "/orders/{order_id}", "201"): 2}
    assert seen["http_request_duration_seconds_count" + labels] == 2
    assert 0 < seen["http_request_duration_seconds_sum" + labels] < 10
    assert seen["http_request_size_bytes_sum" + labels] == 40
    assert seen["http_response_size_bytes_sum" + labels] == 300
    assert in_flight(registry) == {
        'http_requests_in_flight{method="POST",route="/orders/{order_id}"}': 0
    }


async def test_duration_buckets_are_an_option(registry: CollectorRegistry) -> None:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry, buckets=(0.25, 8))
    async with client(app) as http:
        await http.get("/docs")
    bounds = {
        series.split('le="')[1].split('"')[0]
        for series in samples(registry)
        if series.startswith("http_request_duration_seconds_bucket")
    }
    assert bounds == {"0.25", "8", "+Inf"}


async def test_included_routers_mounts_and_sub_applications_have_full_templates(
    app: FastAPI, registry: CollectorRegistry, tmp_path: Path
) -> None:
    (tmp_path / "style.css").write_text("body {}")
    inner, outer = APIRouter(), APIRouter(prefix="/v1")

    @inner.get("/items/{item_id:int}")
    async def item(item_id: int) -> int:
        return item_id

    outer.include_router(inner, prefix="/shops/{shop}")
    outer.mount("/files", StaticFiles(directory=tmp_path))
    app.include_router(outer, prefix="/api")

    sub = FastAPI()
    sub.include_router(inner, prefix="/tenants/{tenant}")
    app.mount("/sub/{name}", sub)
    app.mount("/static", StaticFiles(directory=tmp_path))
    app.router.routes.append(
        Mount("/plain", routes=[Route("/{word}", lambda _: PlainTextResponse("ok"))])
    )

    async with client(app) as http:
        for path, status in (
            ("/api/v1/shops/paris/items/7", 200),
            ("/api/files/style.css", 200),
            ("/sub/red/tenants/acme/items/8", 200),
            ("/sub/red/nowhere", 404),
            ("/static/style.css", 200),
            ("/static/missing.css", 404),
            ("/plain/hello", 200),
        ):
            assert (await http.get(path)).status_code == status

    assert requests(registry) == {
        ("GET", "/api/v1/shops/{shop}/items/{item_id}", "200"): 1,
        ("GET", "/api/files/{path}", "200"): 1,
        ("GET", "/sub/{name}/tenants/{tenant}/items/{item_id}", "200"): 1,
        ("GET", "unmatched", "404"): 1,
        ("GET", "/static/{path}", "200"): 1,
        ("GET", "/static/{path}", "404"): 1,
        ("GET", "/plain/{word}", "200"): 1,
    }


async def test_a_starlette_application_with_hosts(registry: CollectorRegistry) -> None:
    api = Starlette(routes=[Route("/users/{user}", lambda _: PlainTextResponse("ok"))])
    app = Starlette(routes=[Host("test", app=api)])
    metrion.fastapi.instrument(app, registry=registry)
    async with client(app) as http:
        await http.get("/users/ann")
    assert requests(registry) == {("GET", "/users/{user}", "200"): 1}


async def test_a_root_path_is_no_part_of_the_template(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.get("/items/{item_id}")
    async def item(item_id: int) -> int:
        return item_id

    async with client(app, root_path="/behind/proxy") as http:
        assert (await http.get("/behind/proxy/items/1")).status_code == 200
        assert (await http.get("/behind/proxy/metrics")).status_code == 200
    assert requests(registry) == {("GET", "/items/{item_id}", "200"): 1}


async def test_what_a_client_chooses_does_not_become_a_label(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.get("/items")
    async def items() -> list[int]:
        return []

    async with client(app) as http:
        for number in range(20):
            assert (await http.get(f"/scan/{number}.php")).status_code == 404
            assert (await http.request(f"BREW{number}", "/items")).status_code == 405
        assert (await http.delete("/items")).status_code == 405
        assert (await http.get("/items/")).status_code == 307

    assert requests(registry) == {
        ("GET", "unmatched", "404"): 20,
        ("OTHER", "/items", "405"): 20,
        ("DELETE", "/items", "405"): 1,
        ("GET", "unmatched", "307"): 1,
    }


async def test_the_route_that_also_matches_the_method_wins(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    @app.get("/items/{item_id}")
    async def item(item_id: str) -> str:
        return item_id

    @app.post("/items/import")
    async def import_items() -> None: ...

    async with client(app) as http:
        await http.post("/items/import")
    assert requests(registry) == {("POST", "/items/import", "200"): 1}


async def test_the_endpoint_serves_the_registry_and_is_not_counted(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    async with client(app) as http:
        await http.get("/docs")
        answer = await http.get("/metrics", headers={"accept-encoding": "identity"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "content-encoding" not in answer.headers
    assert answer.content == generate_latest(registry)
    assert requests(registry) == {("GET", "/docs", "200"): 1}
    assert "/metrics" not in app.openapi()["paths"]


async def test_the_endpoint_compresses_for_those_who_accept_it(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    request = httpx.Request("GET", "http://test/metrics", headers={"accept-encoding": "gzip"})
    answer = await httpx.ASGITransport(app).handle_async_request(request)
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    body = b"".join([chunk async for chunk in answer.stream])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == generate_latest(registry)


async def test_the_endpoint_is_found_before_a_route_that_matches_everything(
    registry: CollectorRegistry,
) -> None:
    app = FastAPI()

    @app.get("/{everything:path}")
    async def everything(everything: str) -> str:
        return everything

    metrion.fastapi.instrument(app, registry=registry, endpoint="/internal/metrics")
    async with client(app) as http:
        assert (await http.get("/internal/metrics")).content == generate_latest(registry)
        await http.get("/some/path")
    assert requests(registry) == {("GET", "/{everything}", "200"): 1}


async def test_without_an_endpoint_there_is_none(registry: CollectorRegistry) -> None:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry, endpoint=None)
    async with client(app) as http:
        assert (await http.get("/metrics")).status_code == 404
    assert requests(registry) == {("GET", "unmatched", "404"): 1}


async def test_excluded_routes_are_not_measured(registry: CollectorRegistry) -> None:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry, exclude=["/health", "/items/{item_id}"])

    @app.get("/health")
    @app.get("/items/{item_id}")
    @app.get("/counted")
    async def answer() -> str:
        return "ok"

    async with client(app) as http:
        for path in ("/health", "/items/5", "/counted", "/metrics"):
            assert (await http.get(path)).status_code == 200
    assert requests(registry) == {("GET", "/counted", "200"): 1}
    assert set(in_flight(registry)) == {'http_requests_in_flight{method="GET",route="/counted"}'}


async def test_middleware_that_is_added_later_is_measured_too(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    app.add_middleware(GZipMiddleware, minimum_size=100)

    @app.get("/long")
    async def long() -> PlainTextResponse:
        return PlainTextResponse("x" * 100_000)

    async with client(app) as http:
        assert len((await http.get("/long")).content) == 100_000
    labels = '{method="GET",route="/long",status="200"}'
    assert 0 < samples(registry)["http_response_size_bytes_sum" + labels] < 1000


async def test_applications_may_share_a_registry(registry: CollectorRegistry) -> None:
    for _ in range(2):
        app = FastAPI()
        metrion.fastapi.instrument(app, registry=registry)
        async with client(app) as http:
            await http.get("/docs")
    assert requests(registry) == {("GET", "/docs", "200"): 2}

    with pytest.raises(ValueError, match="bounds"):
        metrion.fastapi.instrument(FastAPI(), registry=registry, buckets=(1, 2))


async def test_an_application_is_instrumented_once_and_before_it_starts(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    with pytest.raises(RuntimeError, match="instrumented already"):
        metrion.fastapi.instrument(app, registry=registry)

    started = FastAPI()
    async with client(started) as http:
        await http.get("/docs")
    with pytest.raises(RuntimeError, match="before it starts"):
        metrion.fastapi.instrument(started, registry=registry)


def test_an_application_can_be_freed(registry: CollectorRegistry) -> None:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry)
    freed = weakref.ref(app)
    del app
    gc.collect()
    assert freed() is None
