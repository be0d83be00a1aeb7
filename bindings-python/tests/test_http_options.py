"""The options of HTTP metrics, which all middleware have in common."""

import logging
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import metrion.asgi
import metrion.fastapi
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi_testing import (
    by_values,
    client,
    ignore,
    in_flight,
    patient,
    receiver,
    requests,
    samples,
    scope,
)
from metrion import CollectorRegistry, MetrionError
from metrion.fastapi import Response, request_header, response_header
from starlette.responses import PlainTextResponse

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def instrumented(registry: CollectorRegistry, **options: Any) -> FastAPI:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry, **options)

    @app.api_route("/items/{item_id}", methods=["GET", "POST", "OPTIONS"])
    async def item(item_id: int, request: Request, status: int = 200) -> PlainTextResponse:
        request.state.tenant = "acme"
        return PlainTextResponse("ok", status_code=status, headers={"X-Cache": "hit"})

    @app.get("/internal/health")
    async def health() -> str:
        return "ok"

    return app


async def test_labels_are_texts_and_functions_of_request_and_response(
    registry: CollectorRegistry,
) -> None:
    def status_kind(request: Request, response: Response) -> object:
        return "bad" if response.status >= 400 else None

    labels = {
        "service": "shop",
        "tenant": lambda request, response: request.state.tenant,
        "id": lambda request, response: request.path_params["item_id"],
        "kind": status_kind,
        "cache": response_header("x-cache", allowed=["hit", "miss"], default="none"),
        "plan": request_header("X-Plan", allowed=["free", "paid"], default="other"),
    }
    async with client(instrumented(registry, labels=labels)) as http:
        await http.get("/items/1", headers={"x-plan": "paid"})
        await http.get("/items/1?status=404", headers={"x-plan": "made up"})

    everything = [
        name for name in samples(registry) if "_bucket" not in name and "_sum" not in name
    ]
    # Functions say nothing while the request is being handled.
    flying = 'http_requests_in_flight{method="GET",route="/items/{item_id}",service="shop"}'
    assert in_flight(registry) == {flying: 0}
    assert all('service="shop"' in series for series in everything)
    assert requests(registry) == {
        ("GET", "/items/{item_id}", "200", "shop", "acme", "1", "", "hit", "paid"): 1,
        ("GET", "/items/{item_id}", "404", "shop", "acme", "1", "bad", "hit", "other"): 1,
    }


async def test_a_label_function_that_fails_costs_nothing_but_its_value(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(request: Request, response: Response) -> str:
        raise LookupError("on purpose")

    app = instrumented(registry, labels={"broken": fails, "surrogate": lambda *_: "\ud800"})
    with caplog.at_level(logging.ERROR, logger="metrion"):
        async with client(app) as http:
            for _ in range(3):
                assert (await http.get("/items/1")).status_code == 200
    assert set(in_flight(registry).values()) == {0}
    # Each kind of failure is told once.
    assert 1 <= len(caplog.records) <= 2
    assert "on purpose" in caplog.text


async def test_a_label_function_sees_how_a_request_without_an_answer_ended(
    registry: CollectorRegistry,
) -> None:
    seen: list[Response] = []

    def look(request: Request, response: Response) -> str:
        seen.append(response)
        return ""

    app = instrumented(registry, labels={"look": look})

    @app.get("/leave")
    async def leave(request: Request) -> str:
        assert await request.is_disconnected()
        return "to nobody"

    await app(scope("/leave"), receiver(), ignore)
    assert [(response.status, dict(response.headers)) for response in seen] == [(499, {})]


@pytest.mark.parametrize(
    "exclude",
    [
        ["/internal/health", "unmatched"],
        [re.compile("^/internal/"), re.compile(r"\.php$")],
        (re.compile("health|php"),),
    ],
)
async def test_routes_are_excluded_by_template_and_by_pattern(
    registry: CollectorRegistry, exclude: Any
) -> None:
    async with client(instrumented(registry, exclude=exclude)) as http:
        for path in ("/internal/health", "/wp-login.php", "/items/1", "/metrics"):
            await http.get(path)
    assert requests(registry) == {("GET", "/items/{item_id}", "200"): 1}
    assert len(in_flight(registry)) == 1


async def test_a_client_cannot_choose_a_path_that_is_excluded(registry: CollectorRegistry) -> None:
    app = FastAPI()
    metrion.fastapi.instrument(app, registry=registry, exclude=[re.compile("health")])

    @app.get("/orders/{name}")
    async def order(name: str) -> str:
        return name

    async with client(app) as http:
        await http.get("/orders/health")
    assert requests(registry) == {("GET", "/orders/{name}", "200"): 1}


async def test_methods_are_excluded(registry: CollectorRegistry) -> None:
    async with client(instrumented(registry, exclude_methods=["OPTIONS", "HEAD"])) as http:
        for method in ("GET", "OPTIONS", "HEAD"):
            await http.request(method, "/items/1")
    assert requests(registry) == {("GET", "/items/{item_id}", "200"): 1}


async def test_statuses_are_grouped(registry: CollectorRegistry) -> None:
    async with client(instrumented(registry, group_status=True)) as http:
        for status in (200, 201, 302, 404, 422, 503):
            await http.get("/items/1", params={"status": status})
    counts = {status: count for (_, _, status), count in requests(registry).items()}
    assert counts == {"2xx": 2, "3xx": 1, "4xx": 2, "5xx": 1}


async def test_a_status_may_be_an_enum(registry: CollectorRegistry) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": HTTPStatus.CREATED, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    middleware = metrion.asgi.MetricsMiddleware(app, registry=registry)
    await middleware(scope("/"), patient(), ignore)
    assert requests(registry) == {("GET", "unmatched", "201"): 1}


async def test_names_and_buckets_are_options(registry: CollectorRegistry) -> None:
    app = instrumented(registry, namespace="shop", buckets=(0.5, 8), size_buckets=(1, 3))
    async with client(app) as http:
        await http.get("/items/1")
    seen = samples(registry)
    assert all(series.startswith("shop_http_") for series in seen)
    labels = 'method="GET",route="/items/{item_id}",status="200"'
    sizes = {
        series.split('le="')[1].rstrip('"}'): value
        for series, value in seen.items()
        if series.startswith("shop_http_response_size_bytes_bucket")
    }
    assert sizes == {"1": 0, "3": 1, "+Inf": 1}
    assert f'shop_http_request_duration_seconds_bucket{{{labels},le="8"}}' in seen


async def test_series_may_be_limited(registry: CollectorRegistry) -> None:
    labels = {"chosen": lambda request, response: request.query_params["by"]}
    async with client(instrumented(registry, labels=labels, max_series=5)) as http:
        for number in range(50):
            await http.get(f"/items/1?by={number}")
    counted = [series for series in samples(registry) if series.startswith("http_requests_total")]
    assert len(counted) <= 6
    assert sum(samples(registry)[series] for series in counted) == 50


def test_options_that_make_no_sense(registry: CollectorRegistry) -> None:
    def instrument(**options: Any) -> None:
        metrion.fastapi.instrument(FastAPI(), registry=CollectorRegistry(), **options)

    for option in ({"exclude": "/health"}, {"exclude_methods": "GET"}, {"labels": {"a": 1}}):
        with pytest.raises(TypeError):
            instrument(**option)
    with pytest.raises(TypeError, match="unknown"):
        instrument(unknown=1)
    with pytest.raises(ValueError, match="group"):
        instrument(group_status=True, semantic_conventions=True)
    for name in ("method", "0", "__reserved"):
        with pytest.raises(MetrionError):
            instrument(labels={name: "x"})

    # Nothing is left half done.
    app = FastAPI()
    with pytest.raises(MetrionError):
        metrion.fastapi.instrument(app, registry=registry, buckets=(2, 1))
    before = len(app.router.routes)
    metrion.fastapi.instrument(app, registry=CollectorRegistry())
    assert len(app.router.routes) == before + 1


async def test_the_semantic_conventions(registry: CollectorRegistry) -> None:
    app = instrumented(registry, semantic_conventions=True, labels={"service": "shop"})

    @app.get("/fail")
    async def fail() -> None:
        raise LookupError

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"1234"
            raise re.error("on purpose")

        return StreamingResponse(chunks())

    @app.get("/leave")
    async def leave(request: Request) -> str:
        assert await request.is_disconnected()
        return "to nobody"

    async with client(app) as http:
        await http.get("/items/1")
        await http.get("/items/1?status=404")
        await http.get("/items/1?status=503")
        await http.get("/nowhere")
        await http.request("BREW", "/nowhere")
        await http.get("/fail")
    with pytest.raises(re.error):
        await app(scope("/stream"), patient(), ignore)
    await app(scope("/leave"), receiver(), ignore)

    item, plain, version = "/items/{item_id}", "http", "1.1"
    ended = by_values(registry, "http_server_request_duration_seconds_count")
    assert ended == {
        ("GET", plain, "", "200", item, version, "shop"): 1,
        ("GET", plain, "", "404", item, version, "shop"): 1,
        ("GET", plain, "503", "503", item, version, "shop"): 1,
        ("GET", plain, "", "404", "", version, "shop"): 1,
        ("_OTHER", plain, "", "404", "", version, "shop"): 1,
        ("GET", plain, "500", "500", "/fail", version, "shop"): 1,
        ("GET", plain, "re.error", "200", "/stream", version, "shop"): 1,
        ("GET", plain, "client_disconnected", "", "/leave", version, "shop"): 1,
    }
    for other in ("request", "response"):
        name = f"http_server_{other}_body_size_bytes_count"
        assert by_values(registry, name) == ended
    active = by_values(registry, "http_server_active_requests")
    assert active == {("GET", plain, "shop"): 0, ("_OTHER", plain, "shop"): 0}
    assert not [series for series in samples(registry) if series.startswith("http_request")]


async def test_the_names_and_buckets_of_the_semantic_conventions(
    registry: CollectorRegistry,
) -> None:
    async with client(instrumented(registry, semantic_conventions=True)) as http:
        await http.get("/items/1")
    name = "http_server_request_duration_seconds_bucket"
    series = [series for series in samples(registry) if series.startswith(name)]
    labels = [part.split("=")[0] for part in series[0][len(name) + 1 : -1].split(",")]
    assert labels == [
        "http_request_method",
        "url_scheme",
        "error_type",
        "http_response_status_code",
        "http_route",
        "network_protocol_version",
        "le",
    ]
    bounds = [line.split('le="')[1].rstrip('"}') for line in series]
    wanted = "0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf"
    assert bounds == wanted.split()


async def test_the_known_methods_of_the_semantic_conventions_can_be_set(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "PURGE, GET")
    async with client(instrumented(registry, semantic_conventions=True)) as http:
        for method in ("GET", "PURGE", "POST"):
            await http.request(method, "/items/1")
    active = by_values(registry, "http_server_active_requests")
    assert {method for method, _ in active} == {"GET", "PURGE", "_OTHER"}
