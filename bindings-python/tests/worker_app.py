"""Applications of several worker processes, for tests: they count what they are asked.

`APP_METRICS` says how the workers have their metrics together: `metrion` with `METRION_SHARED`, or
`dropin` with prometheus_client's names and its folder. Every path is counted; `/metrics` is the page of
all workers, `/hang` answers never, `/quick` at once."""

import asyncio
import os
import threading
from typing import Any

IS_DROPIN = os.environ.get("APP_METRICS") == "dropin"
if IS_DROPIN:
    import metrion.dropin  # noqa: F401

import prometheus_client  # the drop-in where that is wanted
import prometheus_client.multiprocess
from metrion import Counter as OwnCounter
from metrion import Gauge as OwnGauge
from metrion import generate_latest as own_page

if IS_DROPIN:
    requests: Any = prometheus_client.Counter("requests", "Requests.", ["path"])
    in_flight: Any = prometheus_client.Gauge("in_flight", "In flight.", multiprocess_mode="livesum")
    hanging: Any = prometheus_client.Gauge(
        "hanging", "Hangs.", ["path"], multiprocess_mode="liveall"
    )
else:
    requests = OwnCounter("requests", "Requests.", ["path"])
    in_flight = OwnGauge("in_flight", "In flight.", mode="up_down")
    hanging = OwnGauge("hanging", "Hangs.", ["path"], mode="liveall")


def page() -> bytes:
    if not IS_DROPIN:
        return own_page()
    # As prometheus_client's documentation has it.
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.multiprocess.MultiProcessCollector(registry)
    return prometheus_client.generate_latest(registry)


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
