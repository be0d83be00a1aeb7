"""Applications of several worker processes, for tests: they count what they are asked.

`APP_METRICS` says how the workers have their metrics together: `metrion` with `METRION_SHARED`,
`inherited` from the process that imports this before it forks, or `dropin` with prometheus_client's
names and its folder. Every path is counted; `/metrics` is the page of all workers, `/hang` answers
never, `/quick` at once."""

import asyncio
import importlib
import os
import threading
from typing import Any

METRICS = os.environ["APP_METRICS"]
IS_DROPIN = METRICS == "dropin"
client: Any
if IS_DROPIN:
    importlib.import_module("metrion.dropin")
    client = importlib.import_module("prometheus_client")
    registry = client.REGISTRY
    in_flight = client.Gauge("in_flight", "In flight.", multiprocess_mode="livesum")
else:
    client = importlib.import_module("metrion")
    is_inherited = METRICS == "inherited"
    registry = client.CollectorRegistry(fork="share") if is_inherited else client.REGISTRY
    in_flight = client.Gauge("in_flight", "In flight.", mode="up_down", registry=registry)
requests = client.Counter("requests", "Requests.", ["path"], registry=registry)
hanging = client.Gauge(
    "hanging", "Hangs.", ["path"], multiprocess_mode="liveall", registry=registry
)


def page() -> bytes:
    if not IS_DROPIN:
        return bytes(client.generate_latest(registry))
    # As prometheus_client's documentation has it.
    of_all = client.CollectorRegistry()
    importlib.import_module("prometheus_client.multiprocess").MultiProcessCollector(of_all)
    return bytes(client.generate_latest(of_all))


def count(path: str) -> None:
    requests.labels(path).inc()
    if path == "/hang":
        hanging.labels(path).set(1)


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    path = environ["PATH_INFO"]
    if path == "/metrics":
        body = page()
    else:
        with in_flight.track_inprogress():
            count(path)
            if path == "/hang":
                threading.Event().wait()
            body = b"ok"
    start_response("200 OK", [("Content-Length", str(len(body))), ("Connection", "close")])
    return [body]


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise AssertionError(scope["type"])
    if scope["path"] == "/metrics":
        body = page()
    else:
        with in_flight.track_inprogress():
            count(scope["path"])
            if scope["path"] == "/hang":
                await asyncio.Event().wait()
            body = b"ok"
    headers = [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
