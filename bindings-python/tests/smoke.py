"""Tries an installed package: metrics, a page, the HTTP server, the drop-in. It needs nothing else.

python smoke.py
"""

import sys
from importlib.metadata import version
from pathlib import Path
from urllib.request import urlopen

import metrion
from metrion import CollectorRegistry, Counter, Histogram, MetrionError, generate_latest

folder = Path(metrion.__file__).parent
assert version("metrion") == metrion.__version__
assert (folder / "py.typed").is_file() and (folder / "_metrion.pyi").is_file()

registry = CollectorRegistry()
requests = Counter("requests", "Requests.", ["method"], registry=registry)
requests.labels("GET").inc(2)
Histogram("took_seconds", "Took.", buckets=(1,), registry=registry).observe(0.5)
page = generate_latest(registry)
assert page.splitlines() == [
    b"# HELP requests_total Requests.",
    b"# TYPE requests_total counter",
    b'requests_total{method="GET"} 2',
    b"# HELP took_seconds Took.",
    b"# TYPE took_seconds histogram",
    b'took_seconds_bucket{le="1"} 1',
    b'took_seconds_bucket{le="+Inf"} 1',
    b"took_seconds_sum 0.5",
    b"took_seconds_count 1",
], page

try:
    requests.labels("GET").inc(-1)
except MetrionError as error:
    assert error.code == "invalid_value"
else:
    raise AssertionError("a counter went down")

server, _thread = metrion.start_http_server(0, "127.0.0.1", registry)
with urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=10) as response:
    assert response.read() == page
server.shutdown()

import metrion.dropin  # noqa: E402
import prometheus_client  # noqa: E402

assert Path(prometheus_client.__file__).is_relative_to(folder)
client = prometheus_client.Counter("jobs", "Jobs.", registry=None)
client.inc()
assert prometheus_client.generate_latest(client).splitlines()[2] == b"jobs_total 1.0"

print(f"metrion {metrion.__version__} works on Python {sys.version.split()[0]}")
