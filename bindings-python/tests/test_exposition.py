"""Scrapes: the HTTP server, the ASGI application, and what independent parsers make of the text."""

import asyncio
import gzip
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrion import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    MetrionError,
    generate_latest,
    make_asgi_app,
    start_http_server,
)
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def server(registry: CollectorRegistry) -> Iterator[tuple[CollectorRegistry, int]]:
    Counter("c", "C.", registry=registry).inc()
    Gauge("g", "G.", registry=registry).set_function(lambda: 5)
    http_server, thread = start_http_server(0, "127.0.0.1", registry)
    yield registry, http_server.server_port
    http_server.shutdown()
    thread.join(10)
    assert not thread.is_alive()


def get(port: int, path: str, **headers: str) -> tuple[bytes, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read(), response.headers


def test_http_server(server: tuple[CollectorRegistry, int]) -> None:
    registry, port = server
    body, headers = get(port, "/metrics")
    assert body == generate_latest(registry)
    assert headers["content-type"] == CONTENT_TYPE_LATEST
    assert get(port, "/")[0] == body
    assert get(port, "/metrics?name[]=g")[0] == generate_latest(registry, names=["g"])
    compressed, headers = get(port, "/metrics", **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(compressed) == body


def test_an_occupied_port(server: tuple[CollectorRegistry, int]) -> None:
    registry, port = server
    with pytest.raises(OSError) as failure:
        start_http_server(port, "127.0.0.1", registry)
    assert isinstance(failure.value, MetrionError)
    assert failure.value.code == "address_in_use"
    assert str(port) in str(failure.value)


def test_the_port_is_free_after_shutdown(registry: CollectorRegistry) -> None:
    first, _ = start_http_server(0, "127.0.0.1", registry)
    first.shutdown()
    first.shutdown()
    second, _ = start_http_server(first.server_port, "127.0.0.1", registry)
    second.shutdown()


def ask(app: Any, method: str = "GET", query: bytes = b"", *headers: tuple[bytes, bytes]) -> Any:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "query_string": query, "headers": list(headers)}
    asyncio.run(app(scope, receive, send))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


def test_asgi_app(registry: CollectorRegistry) -> None:
    Counter("c", "C.", registry=registry).inc()
    Gauge("g", "G.", registry=registry)
    app = make_asgi_app(registry)
    status, headers, body = ask(app)
    assert (status, body) == (200, generate_latest(registry))
    assert headers[b"content-type"].decode() == CONTENT_TYPE_LATEST
    assert headers[b"content-length"] == str(len(body)).encode()
    assert ask(app, "HEAD")[1:] == (headers, b"")
    assert ask(app, "GET", b"name[]=g")[2] == generate_latest(registry, names=["g"])
    _, headers, compressed = ask(app, "GET", b"", (b"accept-encoding", b"gzip"))
    assert headers[b"content-encoding"] == b"gzip"
    assert gzip.decompress(compressed) == body


def test_asgi_app_sends_large_pages_in_parts(registry: CollectorRegistry) -> None:
    level = Gauge("level", "Level.", ["of"], registry=registry)
    for number in range(20_000):
        level.labels(str(number)).set(number)

    async def scrape() -> tuple[list[Any], int]:
        messages: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {"type": "http", "method": "GET", "query_string": b"", "headers": []}
        turns = 0
        sending = asyncio.ensure_future(make_asgi_app(registry)(scope, receive, send))
        while not sending.done():
            turns += len(messages) > 1
            await asyncio.sleep(0)
        await sending
        return messages, turns

    (start, *parts), turns = asyncio.run(scrape())
    body = b"".join(part["body"] for part in parts)
    assert body == generate_latest(registry)
    assert dict(start["headers"])[b"content-length"] == str(len(body)).encode()
    # So that other tasks of the event loop have their turns between any two.
    assert max(len(part["body"]) for part in parts) <= 64 * 1024 < len(body)
    assert turns >= len(parts) - 1
    assert [part.get("more_body", False) for part in parts] == [True] * (len(parts) - 1) + [False]


def test_scrapes_run_while_python_does(registry: CollectorRegistry) -> None:
    """The encoder does not hold the interpreter's lock: two scrapes with a Python function in them
    and a busy thread get on together."""
    Gauge("g", "G.", registry=registry).set_function(lambda: threading.active_count())
    server, _ = start_http_server(0, "127.0.0.1", registry)
    try:
        results: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: results.append(get(server.server_port, "/")[0]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(results) == 8
    finally:
        server.shutdown()


label_values = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.floats(allow_nan=False, width=64)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.tuples(label_values, label_values), numbers, max_size=8),
    st.lists(st.floats(-10, 10), max_size=20),
    # The parser strips lines, so no white space that could be at an end.
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), max_size=20),
)
def test_prometheus_clients_parser_reads_back_what_was_written(
    series: dict[tuple[str, str], float], observations: list[float], documentation: str
) -> None:
    registry = CollectorRegistry()
    gauge = Gauge("g", documentation, ["a", "b"], registry=registry)
    for values, number in series.items():
        gauge.labels(*values).set(number)
    histogram = Histogram("h", "H.", buckets=[-1, 0, 1], registry=registry)
    for value in observations:
        histogram.observe(value)

    families = {
        f.name: f for f in text_string_to_metric_families(generate_latest(registry).decode())
    }
    if series:
        read = {(s.labels["a"], s.labels["b"]): float(s.value) for s in families["g"].samples}
        assert read == series
        assert families["g"].documentation == documentation
    buckets = {s.labels["le"]: s.value for s in families["h"].samples if s.name == "h_bucket"}
    expected = {"-1": -1, "0": 0, "1": 1, "+Inf": float("inf")}
    assert buckets == {
        le: sum(value <= bound for value in observations) for le, bound in expected.items()
    }


def test_promtool_accepts_the_text(registry: CollectorRegistry) -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: apt-get install prometheus"
    counter = Counter("requests_total", 'Requests, "quoted" and \\ back.', ["a"], registry=registry)
    for value in ("", 'quote " backslash \\ line \n end', "é 🦀"):
        counter.labels(value).inc(1e15)
    Gauge("temperature_celsius", "Temperature.", registry=registry).set(-1e-300)
    Histogram("took_seconds", "Took.", ["a"], registry=registry).labels("x").observe(0.3)
    check = subprocess.run(
        [promtool, "check", "metrics"], input=generate_latest(registry), capture_output=True
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, b"", b"")


FORK = """
import os, sys
from metrion import CollectorRegistry, Counter, generate_latest, start_http_server
registry = CollectorRegistry()
counter = Counter("c", "C.", ["a"], registry=registry)
counter.labels("1").inc()
server, _ = start_http_server(0, "127.0.0.1", registry)
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        counter.labels("1").inc(10)
        counter.labels("2").inc()
        good = counter.labels("1").get() == 11 and b'a="2"' in generate_latest(registry)
        os._exit(0 if good else 1)
    assert os.waitpid(pid, 0)[1] == 0
assert counter.labels("1").get() == 1
assert b'a="2"' not in generate_latest(registry)
server.shutdown()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_after_fork_parent_and_child_go_separate_ways() -> None:
    run = subprocess.run([sys.executable, "-c", FORK], capture_output=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, b"")
