"""The page in other servers: WSGI, http.server, aiohttp, Twisted and Django."""

import asyncio
import gzip
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any
from wsgiref.util import setup_testing_defaults

import metrion
import pytest
from metrion import (
    CollectorRegistry,
    Counter,
    Gauge,
    MetricsHandler,
    generate_latest,
    make_asgi_app,
    make_wsgi_app,
)
from metrion.exposition import choose_encoder, gzip_accepted
from server_testing import SECONDS, running_wsgi

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.fixture
def filled(registry: CollectorRegistry) -> CollectorRegistry:
    Counter("c", "C.", registry=registry).inc()
    Gauge("g", "G.", registry=registry)
    return registry


def fetch(port: int, path: str = "/metrics", method: str = "GET", **headers: str) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers=headers, method=method
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return answer.read(), answer.headers


def check_page(port: int, registry: CollectorRegistry) -> None:
    """What every endpoint does."""
    body, headers = fetch(port)
    assert body == generate_latest(registry)
    assert headers["content-type"] == metrion.CONTENT_TYPE_LATEST
    assert fetch(port, "/metrics?name[]=g")[0] == generate_latest(registry, names=["g"])
    body, headers = fetch(port, Accept=f"text/plain;q=0.5, {OPENMETRICS}")
    assert body.endswith(b"# EOF\n")
    assert headers["content-type"] == OPENMETRICS
    body, headers = fetch(port, **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == generate_latest(registry)


def test_wsgi(filled: CollectorRegistry) -> None:
    with running_wsgi(make_wsgi_app(filled)) as port:
        check_page(port, filled)
        assert fetch(port, "/favicon.ico")[0] == b""
        assert fetch(port, method="OPTIONS")[1]["allow"] == "OPTIONS,GET,HEAD"
        body, headers = fetch(port, method="HEAD")
        assert (body, headers["content-length"]) == (b"", str(len(generate_latest(filled))))
        with pytest.raises(urllib.error.HTTPError) as failure:
            fetch(port, method="POST")
        assert failure.value.code == 405


def test_wsgi_without_compression(filled: CollectorRegistry) -> None:
    with running_wsgi(make_wsgi_app(filled, disable_compression=True)) as port:
        assert fetch(port, **{"Accept-Encoding": "gzip"})[0] == generate_latest(filled)


def test_wsgi_needs_no_more_than_the_standard_says(filled: CollectorRegistry) -> None:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    assert list(make_wsgi_app(filled)(environ, lambda *_: None)) == [generate_latest(filled)]


def test_asgi_without_compression(filled: CollectorRegistry) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("nothing to receive")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"accept-encoding", b"gzip")]}
    asyncio.run(make_asgi_app(filled, disable_compression=True)(scope, receive, send))  # type: ignore[arg-type]
    assert sent[1]["body"] == generate_latest(filled)
    with pytest.raises(AssertionError, match="websocket"):
        asyncio.run(make_asgi_app(filled)({"type": "websocket"}, receive, send))  # type: ignore[arg-type]


def test_metrics_handler(filled: CollectorRegistry) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), MetricsHandler.factory(filled))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        check_page(server.server_port, filled)
    finally:
        server.shutdown()
        thread.join(SECONDS)
        server.server_close()
    assert MetricsHandler.registry is metrion.REGISTRY
    assert metrion.exposition.MetricsHandler is MetricsHandler


@contextmanager
def running_aiohttp(handler: Any) -> Iterator[int]:
    from aiohttp import web

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[Any, int]:
        app = web.Application()
        app.router.add_get("/metrics", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, runner.addresses[0][1]

    runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result(SECONDS)
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
        loop.close()


def test_aiohttp(filled: CollectorRegistry) -> None:
    from metrion.aiohttp import make_aiohttp_handler

    with running_aiohttp(make_aiohttp_handler(filled)) as port:
        check_page(port, filled)
    with running_aiohttp(make_aiohttp_handler(filled, disable_compression=True)) as port:
        assert fetch(port, **{"Accept-Encoding": "gzip"})[0] == generate_latest(filled)


# A reactor runs once in a process.
TWISTED = """
import sys, threading, urllib.request
from metrion import CollectorRegistry, Counter, generate_latest
from metrion.twisted import MetricsResource
from twisted.internet import reactor
from twisted.web.server import Site
registry = CollectorRegistry()
Counter("c", "C.", registry=registry).inc()
port = reactor.listenTCP(0, Site(MetricsResource(registry)), interface="127.0.0.1").getHost().port
def ask():
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            if answer.read() == generate_latest(registry):
                print("the same")
    finally:
        reactor.callFromThread(reactor.stop)
threading.Thread(target=ask, daemon=True).start()
reactor.run()
"""


def test_twisted() -> None:
    run = subprocess.run([sys.executable, "-c", TWISTED], capture_output=True, timeout=60)
    assert (run.returncode, run.stdout) == (0, b"the same\n"), run.stderr


# Django is configured once in a process.
DJANGO = """
import django
from django.conf import settings
settings.configure(ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"])
django.setup()
from django.test import Client
from django.urls import path
import metrion
from metrion import CollectorRegistry, Counter, generate_latest
from metrion.django import PrometheusDjangoView
registry = CollectorRegistry()
Counter("c", "C.", registry=registry).inc()
Counter("d", "D.", registry=registry).inc()
urlpatterns = [
    path("own", PrometheusDjangoView.as_view(registry=registry)),
    path("default", PrometheusDjangoView.as_view()),
]
client = Client()
answer = client.get("/own")
assert answer.content == generate_latest(registry), answer.content
assert answer["Content-Type"] == metrion.CONTENT_TYPE_LATEST
assert client.get("/own?name[]=d").content == generate_latest(registry, names=["d"])
openmetrics = client.get("/own", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
assert openmetrics.content.endswith(b"# EOF\\n")
assert client.options("/own")["Allow"] == "OPTIONS,GET,HEAD"
assert b"python_info{" in client.get("/default").content
"""


def test_django() -> None:
    run = subprocess.run([sys.executable, "-c", DJANGO], capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()


def test_choose_encoder(filled: CollectorRegistry) -> None:
    encoder, content_type = choose_encoder(None)
    assert (encoder(filled), content_type) == (generate_latest(filled), metrion.CONTENT_TYPE_LATEST)
    encoder, content_type = choose_encoder(OPENMETRICS)
    assert content_type == OPENMETRICS
    assert encoder(filled).endswith(b"# EOF\n")


def test_gzip_accepted() -> None:
    assert gzip_accepted("deflate, GZIP;q=0.5")
    assert not gzip_accepted("zstd")
    assert not gzip_accepted(None)


def test_whatever_collects_is_served(filled: CollectorRegistry) -> None:
    class Own:
        def collect(self) -> Any:
            return filled.collect()

    assert generate_latest(Own()) == generate_latest(filled)
    assert generate_latest(Own(), names=["g"]) == generate_latest(filled, names=["g"])
    server, thread = metrion.start_http_server(0, "127.0.0.1", Own())
    try:
        check_page(server.server_port, filled)
    finally:
        server.shutdown()
        thread.join(SECONDS)
    with pytest.raises(TypeError, match="registry or a collector"):
        generate_latest(object())  # type: ignore[arg-type]
