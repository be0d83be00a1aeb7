"""`metrion.wsgi`: WSGI applications without a framework, played servers and a real one."""

import io
import re
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest
from fastapi_testing import by_values, in_flight, requests, samples
from metrion import CollectorRegistry, MetrionError, generate_latest
from metrion.wsgi import MetricsMiddleware, request_header, response_header
from server_testing import hang_up, running_wsgi, send_request, wait_until

Environ = dict[str, Any]


def environ_of(path: str = "/", method: str = "GET", body: bytes = b"", **more: Any) -> Environ:
    environ: Environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "SERVER_PROTOCOL": "HTTP/1.1"}
    environ["SCRIPT_NAME"] = ""
    environ["wsgi.input"] = io.BytesIO(body)
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    environ.update(more)
    setup_testing_defaults(environ)
    return environ


def respond(status: str, headers: Any, exc_info: Any = None, /) -> Callable[[bytes], object]:
    return lambda chunk: None


def serve(app: Any, environ: Environ) -> bytes:
    """Plays a server that sends the whole response."""
    chunks = app(environ, respond)
    try:
        return b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def hello(environ: Environ, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("X-Cache", "hit")])
    return [b"hello"]


def test_a_request_is_counted(registry: CollectorRegistry) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        assert samples(registry)['http_requests_in_flight{method="POST",route="/a/{b}"}'] == 1
        size = len(environ["wsgi.input"].read())
        start_response("201 Created", [])
        return [b"x" * size, b"yz"]

    measured = MetricsMiddleware(app, registry=registry, route_of=lambda environ: "/a/{b}")
    assert serve(measured, environ_of("/a/1", "POST", b"12345")) == b"xxxxxyz"
    labels = '{method="POST",route="/a/{b}",status="201"}'
    seen = samples(registry)
    assert requests(registry) == {("POST", "/a/{b}", "201"): 1}
    assert seen["http_request_size_bytes_sum" + labels] == 5
    assert seen["http_response_size_bytes_sum" + labels] == 7
    assert seen["http_request_duration_seconds_count" + labels] == 1
    assert set(in_flight(registry).values()) == {0}


def test_labels_and_exclusion(registry: CollectorRegistry) -> None:
    measured = MetricsMiddleware(
        hello,
        registry=registry,
        labels={
            "service": "shop",
            "plan": request_header("x-plan", allowed=["free"], default="other"),
            "type": request_header("Content-Type", allowed=["text/plain"]),
            "path": lambda request, response: f"{request.method} {request.path}",
            "cache": response_header("X-CACHE"),
        },
        exclude=[re.compile("^/health")],
        exclude_methods=["OPTIONS"],
        group_status=True,
    )
    serve(measured, environ_of("/caf\u00c3\u00a9", HTTP_X_PLAN="free", CONTENT_TYPE="text/plain"))
    serve(measured, environ_of("/", "BREW"))
    serve(measured, environ_of("/healthz"))
    serve(measured, environ_of("/", "OPTIONS"))
    assert requests(registry) == {
        ("GET", "unmatched", "2xx", "shop", "free", "text/plain", "GET /café", "hit"): 1,
        ("OTHER", "unmatched", "2xx", "shop", "other", "", "BREW /", "hit"): 1,
    }


def test_a_stream_is_measured_until_its_end(registry: CollectorRegistry) -> None:
    closed = []

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        try:
            start_response("200 OK", [])
            yield b"1234"
            yield b"56"
        finally:
            closed.append(True)

    measured = MetricsMiddleware(app, registry=registry)
    chunks = iter(measured(environ_of(), respond))
    assert next(chunks) == b"1234"
    assert requests(registry) == {}
    assert list(in_flight(registry).values()) == [1]
    assert list(chunks) == [b"56"]
    chunks.close()  # type: ignore[attr-defined]
    assert closed == [True]
    assert requests(registry) == {("GET", "unmatched", "200"): 1}
    assert sum(by_values(registry, "http_response_size_bytes_sum").values()) == 6


@pytest.mark.parametrize(("taken", "status"), [(0, "499"), (1, "200")])
def test_a_response_closed_before_its_end_is_a_client_that_left(
    registry: CollectorRegistry, taken: int, status: str
) -> None:
    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"1234"
        yield b"56"

    chunks: Any = MetricsMiddleware(app, registry=registry)(environ_of(), respond)
    for _ in range(taken):
        next(iter(chunks))
    chunks.close()
    assert requests(registry) == {("GET", "unmatched", status): 1}
    assert sum(by_values(registry, "http_response_size_bytes_sum").values()) == 4 * taken
    assert set(in_flight(registry).values()) == {0}


@pytest.mark.parametrize("fails_at", ["call", "first chunk", "second chunk"])
def test_an_application_that_fails_counts_as_500(
    registry: CollectorRegistry, fails_at: str
) -> None:
    def chunks(start_response: Any) -> Iterator[bytes]:
        if fails_at == "first chunk":
            raise LookupError
        start_response("200 OK", [])
        yield b"1234"
        raise LookupError

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if fails_at == "call":
            raise LookupError
        return chunks(start_response)

    with pytest.raises(LookupError):
        serve(MetricsMiddleware(app, registry=registry), environ_of())
    assert requests(registry) == {("GET", "unmatched", "500"): 1}
    assert set(in_flight(registry).values()) == {0}


def test_an_application_that_does_not_answer_counts_as_500(registry: CollectorRegistry) -> None:
    serve(MetricsMiddleware(lambda environ, start_response: [], registry=registry), environ_of())
    assert requests(registry) == {("GET", "unmatched", "500"): 1}


def test_a_second_status_replaces_the_first(registry: CollectorRegistry) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        try:
            raise LookupError
        except LookupError as error:
            start_response("503 Sorry", [], (LookupError, error, error.__traceback__))
        return [b"sorry"]

    serve(MetricsMiddleware(app, registry=registry), environ_of())
    assert requests(registry) == {("GET", "unmatched", "503"): 1}


def test_a_status_that_is_no_number(registry: CollectorRegistry) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("OK", [])
        return []

    labels = {"status_seen": lambda request, response: response.status}
    serve(MetricsMiddleware(app, registry=registry, labels=labels), environ_of())
    assert requests(registry) == {("GET", "unmatched", "500", "500"): 1}


def test_what_is_written_counts(registry: CollectorRegistry) -> None:
    written: list[bytes] = []

    def start(status: str, headers: Any, exc_info: Any = None, /) -> Callable[[bytes], object]:
        return written.append

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        write = start_response("200 OK", [])
        write(b"123")
        return [b"45"]

    assert b"".join(MetricsMiddleware(app, registry=registry)(environ_of(), start)) == b"45"
    assert written == [b"123"]
    assert sum(by_values(registry, "http_response_size_bytes_sum").values()) == 5


def test_every_way_of_reading_counts(registry: CollectorRegistry) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        stream = environ["wsgi.input"]
        assert stream.read(2) == b"12"
        assert stream.readline() == b"3\n"
        assert stream.readlines(1) == [b"45\n"]
        assert next(iter(stream)) == b"6\n"
        assert stream.readline() == b"7\n"
        assert stream.tell() == 11
        buffer = bytearray(2)
        assert stream.readinto(buffer) == 2
        assert stream.read1(1) == b"0"
        start_response("200 OK", [])
        return []

    serve(MetricsMiddleware(app, registry=registry), environ_of("/", "PUT", b"123\n45\n6\n7\n890"))
    assert sum(by_values(registry, "http_request_size_bytes_sum").values()) == 14


def test_a_body_that_cannot_be_read_is_a_client_that_left(registry: CollectorRegistry) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        return []

    environ = environ_of("/", "POST", b"1")
    environ["wsgi.input"] = Broken()
    with pytest.raises(ConnectionResetError):
        serve(MetricsMiddleware(app, registry=registry), environ)
    assert requests(registry) == {("POST", "unmatched", "499"): 1}


def test_a_whole_response_ends_when_it_is_returned(registry: CollectorRegistry) -> None:
    chunks: Any = MetricsMiddleware(hello, registry=registry)(environ_of(), respond)
    # Servers tell the length of a single chunk.
    assert len(chunks) == 1
    assert requests(registry) == {("GET", "unmatched", "200"): 1}
    assert sum(by_values(registry, "http_response_size_bytes_sum").values()) == 5


def test_a_file_ends_when_it_was_sent(registry: CollectorRegistry) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return FileWrapper(io.BytesIO(b"x" * 20_000))

    measured = MetricsMiddleware(app, registry=registry)
    measured(environ_of(), respond)
    assert requests(registry) == {}
    assert len(serve(measured, environ_of())) == 20_000
    assert requests(registry) == {("GET", "unmatched", "200"): 1}


def test_head_has_no_response_bytes(registry: CollectorRegistry) -> None:
    serve(MetricsMiddleware(hello, registry=registry), environ_of("/", "HEAD"))
    assert by_values(registry, "http_response_size_bytes_sum") == {("HEAD", "unmatched", "200"): 0}


def test_the_endpoint_serves_the_registry(registry: CollectorRegistry) -> None:
    measured = MetricsMiddleware(hello, registry=registry, endpoint="/metrics")
    serve(measured, environ_of("/"))
    assert serve(measured, environ_of("/metrics")) == generate_latest(registry)
    assert serve(measured, environ_of("/metrics", "HEAD")) == b""
    assert serve(measured, environ_of("/metrics", "POST")) == b"hello"
    assert requests(registry) == {
        ("GET", "unmatched", "200"): 1,
        ("POST", "unmatched", "200"): 1,
    }


def test_the_semantic_conventions(registry: CollectorRegistry) -> None:
    measured = MetricsMiddleware(
        hello, registry=registry, semantic_conventions=True, route_of=lambda environ: "/a"
    )
    serve(measured, {**environ_of(), "wsgi.url_scheme": "https"})
    serve(measured, {**environ_of(), "SERVER_PROTOCOL": "HTTP/7.3", "wsgi.url_scheme": "gopher"})
    assert by_values(registry, "http_server_request_duration_seconds_count") == {
        ("GET", "https", "", "200", "/a", "1.1"): 1,
        ("GET", "", "", "200", "/a", ""): 1,
    }


def test_asgi_and_wsgi_share_families(registry: CollectorRegistry) -> None:
    from metrion import asgi

    asgi.MetricsMiddleware(lambda *_: None, registry=registry)  # type: ignore[arg-type]
    serve(MetricsMiddleware(hello, registry=registry), environ_of())
    assert requests(registry) == {("GET", "unmatched", "200"): 1}
    with pytest.raises(MetrionError):
        MetricsMiddleware(hello, registry=registry, labels={"more": "x"})


def test_the_middleware_keeps_to_the_standard(registry: CollectorRegistry) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"].read(3)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"hello"]

    # Judged from both sides: what the server sees, and what the application sees.
    inner = validator(app)
    measured = validator(MetricsMiddleware(inner, registry=registry))
    assert serve(measured, environ_of("/", "POST", b"123", QUERY_STRING="")) == b"hello"


def test_a_real_server_and_clients_that_leave(registry: CollectorRegistry) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/stream":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return endless()
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body * 2]

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    measured = MetricsMiddleware(
        app,
        registry=registry,
        endpoint="/metrics",
        route_of=lambda environ: environ["PATH_INFO"],
    )
    with running_wsgi(measured) as port:
        url = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{url}/echo", data=b"12345", timeout=20) as answer:
            assert answer.read() == b"1234512345"
            # The server knows that there is one chunk.
            assert answer.headers["Content-Length"] == "10"
        streaming = send_request(port, "GET /stream HTTP/1.1\nHost: test")
        assert streaming.recv(4000)
        assert by_values(registry, "http_requests_in_flight")[("GET", "/stream")] == 1
        hang_up(streaming)
        wait_until(lambda: set(in_flight(registry).values()) == {0}, "all requests to end")
        with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
            assert answer.read() == generate_latest(registry)
    assert requests(registry) == {("POST", "/echo", "200"): 1, ("GET", "/stream", "200"): 1}
    sizes = by_values(registry, "http_response_size_bytes_sum")
    assert sizes[("POST", "/echo", "200")] == 10
    assert sizes[("GET", "/stream", "200")] >= 1000
