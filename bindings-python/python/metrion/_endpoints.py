"""Pages of metrics for servers that exist already.

Each takes a function that renders: it gets a request's query, `Accept` and `Accept-Encoding`, and
gives the headers and the body of the answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any

from metrion import _metrion
from metrion.registry import Collector

Headers = list[tuple[str, str]]
Render = Callable[[str, str, str], tuple[Headers, bytes]]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
WsgiApp = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]

_METHODS = "OPTIONS,GET,HEAD"

# Bytes that go to an ASGI server in one turn of the event loop: some ten microseconds of work.
_CHUNK = 64 * 1024


def rendering(registry: Collector) -> Render:
    """Renders the metrics of a registry, in the format that the request asks for."""
    return partial(_metrion.render, registry)


def wsgi_app(render: Render, disable_compression: bool) -> WsgiApp:
    """A WSGI application that serves metrics under every path but a browser's icon."""

    def metrics_app(
        environ: Mapping[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        status, headers, body = "200 OK", [("Allow", _METHODS)], b""
        if method not in ("GET", "HEAD", "OPTIONS"):
            status = "405 Method Not Allowed"
            body = f"# HTTP {status}: {method}; use OPTIONS or GET\n".encode()
        elif method != "OPTIONS" and environ.get("PATH_INFO") == "/favicon.ico":
            headers = []
        elif method != "OPTIONS":
            headers, body = render(
                environ.get("QUERY_STRING", ""),
                environ.get("HTTP_ACCEPT", ""),
                "" if disable_compression else environ.get("HTTP_ACCEPT_ENCODING", ""),
            )
        start_response(status, headers)
        # The answer to HEAD has the same headers and no body.
        return [] if method == "HEAD" else [body]

    return metrics_app


def asgi_app(
    render: Render, disable_compression: bool, is_quick: Callable[[], bool] = lambda: False
) -> AsgiApp:
    """An ASGI application that serves metrics under every path, to be mounted in another one. What
    is quick is rendered in the event loop."""

    async def metrics_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("type") != "http":
            raise AssertionError(f"metrics are served over HTTP, not over {scope.get('type')}")

        def header(wanted: bytes) -> str:
            found = (value for name, value in scope.get("headers", ()) if name.lower() == wanted)
            return b",".join(found).decode("latin-1")

        answer = partial(
            render,
            scope.get("query_string", b"").decode("latin-1"),
            header(b"accept"),
            "" if disable_compression else header(b"accept-encoding"),
        )
        if is_quick():
            headers, body = answer()
        else:
            # A large registry takes longer than other requests want to wait.
            headers, body = await _in_thread(answer)
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        # The answer to HEAD has the same headers and no body.
        await _send_body(b"" if scope.get("method") == "HEAD" else body, send)

    return metrics_app


async def _send_body(body: bytes, send: Send) -> None:
    for begin in range(0, len(body), _CHUNK) or (0,):
        end = begin + _CHUNK
        part = {"body": body[begin:end], "more_body": end < len(body)}
        await send({"type": "http.response.body", **part})
        if end < len(body):
            # Sending needs not wait for anything, so without this all of it would be one turn.
            await _next_turn()


async def _next_turn() -> None:
    from asyncio import sleep

    await sleep(0)


async def _in_thread(answer: Callable[[], tuple[Headers, bytes]]) -> tuple[Headers, bytes]:
    # Whoever awaits this has imported it long ago; `import metrion` alone does without.
    from asyncio import to_thread

    return await to_thread(answer)
