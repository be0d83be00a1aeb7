"""Takes orders over HTTP. gunicorn runs it in several processes and replaces them now and then."""

from collections.abc import Callable, Iterable
from typing import Any

from metrion import Counter, Gauge, Histogram, make_wsgi_app

orders = Counter("orders_total", "Orders, by the language of who took them.", ["taken_by"])
seconds = Histogram(
    "order_duration_seconds", "Time that an order took.", buckets=(0.0001, 0.001, 0.01, 0.1, 1)
)
in_flight = Gauge("orders_in_flight", "Orders that are being taken.", mode="up_down")

metrics = make_wsgi_app()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/metrics":
        page: Iterable[bytes] = metrics(environ, start_response)
        return page
    in_flight.inc()
    with seconds.time():
        orders.labels("python").inc()
    in_flight.dec()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"thank you\n"]
