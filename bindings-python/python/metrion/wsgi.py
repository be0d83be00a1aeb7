"""Metrics for any WSGI application: Flask, Django, or none of them.

    from metrion.wsgi import MetricsMiddleware

    application = MetricsMiddleware(application, endpoint="/metrics")

The families are those of `metrion.fastapi`. WSGI does not say which route a request takes, so a
function does: `metrion.flask.instrument` brings one along, and for Django it is
`metrion.django.route_of`. Without it all requests have the route `unmatched`.

A request ends when the application has returned its whole response (a list), as the server needs
nothing more of it. The response of an application that streams ends with its last chunk, or when
the server closes it before that: the client has then left. What an application does when a response
is closed is no part of the request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from metrion import REGISTRY, CollectorRegistry
from metrion._exchange import Exchange, HttpMetrics, HttpOptions, RouteOf
from metrion._http import DURATION_BUCKETS, SERVER_ERROR, SIZE_BUCKETS, UNMATCHED
from metrion._labels import Headers, LabelFunction, Response, request_header, response_header
from metrion._metrion import render

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = (
    "DURATION_BUCKETS",
    "SIZE_BUCKETS",
    "UNMATCHED",
    "HttpOptions",
    "LabelFunction",
    "MetricsMiddleware",
    "Request",
    "Response",
    "request_header",
    "response_header",
)

Environ = dict[str, Any]
Write = Callable[[bytes], object]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class StartResponse(Protocol):
    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = ..., /
    ) -> Write: ...


App = Callable[[Any, Any], Iterable[bytes]]

# Those that give bytes, or the number of bytes that they have put somewhere.
COUNTED_METHODS = frozenset(("read", "read1", "readall", "readinto", "readinto1", "readline"))

# True in the environ of a request whose response is a whole, though it is no list.
WHOLE_RESPONSE = "metrion.whole_response"


class Request:
    """What a label function sees of a request: its environ, method, path and headers."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = path_of(environ)
        self.headers: Headers = Headers(_headers(environ))


class MetricsMiddleware:
    """Measures every request on its way to `app`.

    - `registry`: where the families are. Applications may share one; equal requests then add up.
    - `endpoint`: the path at which the registry is served, or None for no such path.
    - `route_of`: a function that gives the template of an environ's route, `unmatched` if there is
      none, or None if that is not known yet: it is asked again when the request has ended. A
      router may thus write the route into the environ:
      `route_of=lambda environ: environ.get("myapp.route")`.
    - All further options are those of `HttpOptions`.

    Label functions get a `Request` and a `Response`. For example:

    >>> from wsgiref.util import setup_testing_defaults
    >>> def hello(environ, start_response):
    ...     start_response("200 OK", [])
    ...     return [b"hello"]
    >>> registry = CollectorRegistry()
    >>> app = MetricsMiddleware(
    ...     hello,
    ...     registry=registry,
    ...     route_of=lambda environ: "/hello/{name}",
    ...     labels={"plan": request_header("X-Plan", allowed=("free", "paid"))},
    ... )
    >>> environ = {"PATH_INFO": "/hello/ann", "HTTP_X_PLAN": "free"}
    >>> setup_testing_defaults(environ)
    >>> app(environ, lambda status, headers: None)
    [b'hello']
    >>> labels = {"method": "GET", "route": "/hello/{name}", "status": "200", "plan": "free"}
    >>> registry.get_sample_value("http_requests_total", labels)
    1.0

    Raises MetrionError when `registry` has the families with other labels or buckets.
    """

    def __init__(
        self,
        app: App,
        *,
        registry: CollectorRegistry = REGISTRY,
        endpoint: str | None = None,
        route_of: RouteOf = lambda environ: None,
        request_of: Callable[[Any], Any] = Request,
        **options: Unpack[HttpOptions],
    ) -> None:
        self.app = app
        self._registry = registry
        self._endpoint = endpoint
        self._metrics = HttpMetrics(registry, route_of, request_of, **options)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._endpoint is not None and self._is_scrape(environ):
            return scrape(self._registry, environ, start_response)
        exchange = _RequestExchange(environ, start_response)
        if not self._metrics.begin(exchange):
            return self.app(environ, start_response)
        if _may_have_body(environ):
            environ["wsgi.input"] = _Input(environ["wsgi.input"], exchange)
        try:
            chunks = self.app(environ, exchange.start_response)
            if isinstance(chunks, (list, tuple)):
                exchange.sent(sum(map(len, chunks)))
                exchange.end()
                return chunks
        except BaseException as error:
            exchange.end(error)
            raise
        if environ.get(WHOLE_RESPONSE):
            exchange.sent(exchange.announced_length())
            exchange.end()
            return chunks
        return _Body(chunks, exchange)

    def _is_scrape(self, environ: Environ) -> bool:
        return path_of(environ) == self._endpoint and environ["REQUEST_METHOD"] in ("GET", "HEAD")


def scrape(
    registry: CollectorRegistry, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    """Answers a request with the metrics of `registry`."""
    headers, body = render(
        registry,
        environ.get("QUERY_STRING", ""),
        environ.get("HTTP_ACCEPT", ""),
        environ.get("HTTP_ACCEPT_ENCODING", ""),
    )
    start_response("200 OK", headers)
    # The answer to HEAD has the same headers and no body.
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def path_of(environ: Mapping[str, Any]) -> str:
    """The path inside the application, as text. WSGI has its bytes in the form of Latin-1."""
    raw: str = environ.get("PATH_INFO", "")
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


class _RequestExchange(Exchange):
    """One request and its response, as WSGI has them."""

    __slots__ = ("_start_response",)

    def __init__(self, environ: Environ, start_response: StartResponse) -> None:
        super().__init__(
            environ,
            environ["REQUEST_METHOD"],
            path_of(environ),
            environ.get("wsgi.url_scheme", "http"),
            environ.get("SERVER_PROTOCOL", "").removeprefix("HTTP/"),
        )
        self._start_response = start_response

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None, /
    ) -> Write:
        write = self._start_response(status, headers, *((exc_info,) if exc_info else ()))
        # A second call, which has an error, replaces the first.
        self.status = status[:3] if status[:3].isdecimal() else SERVER_ERROR
        self.response_headers = headers

        def measured_write(chunk: bytes) -> None:
            write(chunk)
            self.sent(len(chunk))

        return measured_write

    def sent(self, size: int) -> None:
        # The answer to HEAD has no body, whatever the application says.
        if self.method != "HEAD":
            self.sent_bytes += size

    def announced_length(self) -> int:
        length = Headers(self.response_headers).get("Content-Length", "")
        return int(length) if length.isdecimal() else 0


class _Body:
    """The chunks of a response that streams, counted as the server takes them."""

    def __init__(self, chunks: Iterable[bytes], exchange: _RequestExchange) -> None:
        self._chunks = chunks
        self._iterator: Iterator[bytes] | None = None
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._iterator is None:
                self._iterator = iter(self._chunks)
            chunk = next(self._iterator)
        except StopIteration:
            self._exchange.end()
            raise
        except BaseException as error:
            self._exchange.end(error)
            raise
        self._exchange.sent(len(chunk))
        return chunk

    def close(self) -> None:
        """The server calls it at the end, also when the application failed or the client left."""
        # Whoever closes a response before its end has nobody to send it to. This does nothing to
        # one that has ended.
        self._exchange.client_gone = True
        self._exchange.end()
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


class _Input:
    """The body of a request, counted as the application reads it."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def readlines(self, *hint: int) -> list[bytes]:
        lines: list[bytes] = self._stream.readlines(*hint)
        self._exchange.received_bytes += sum(map(len, lines))
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def __getattr__(self, name: str) -> Any:
        # Servers' streams have more or less of them, and frameworks look which.
        attribute = getattr(self._stream, name)
        return partial(self._count, attribute) if name in COUNTED_METHODS else attribute

    def _count(self, read: Callable[..., bytes | int | None], *arguments: Any) -> Any:
        try:
            data = read(*arguments)
        except OSError:
            self._exchange.client_gone = True
            raise
        if data:
            self._exchange.received_bytes += data if isinstance(data, int) else len(data)
        return data


def _may_have_body(environ: Environ) -> bool:
    length = environ.get("CONTENT_LENGTH", "")
    return length not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") and isinstance(value, str):
            yield name.removeprefix("HTTP_").replace("_", "-"), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield name.replace("_", "-"), value
