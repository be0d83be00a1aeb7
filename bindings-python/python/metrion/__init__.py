"""One fast metrics core for every service.

    from metrion import Counter, start_http_server

    requests = Counter("http_requests_total", "Requests by method.", ["method"])
    requests.labels("GET").inc()
    start_http_server(8000)

Names and habits are those of `prometheus_client`. Creating a metric twice with the same schema
gives the same metric; with another schema it is an error.
"""

from metrion._errors import MetrionError
from metrion._exposition import make_asgi_app, start_http_server
from metrion._metrion import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    Histogram,
    HttpServer,
    Info,
    Metric,
    RestrictedRegistry,
    Summary,
    __version__,
    encode,
    generate_latest,
)
from metrion._values import (
    CardinalityReport,
    Exemplar,
    FamilyCardinality,
    LabelCardinality,
    NativeHistogram,
    NativeHistogramOptions,
    Page,
    PlacedExemplar,
    SummaryValue,
)
from metrion.gc_collector import GC_COLLECTOR, GCCollector
from metrion.platform_collector import PLATFORM_COLLECTOR, PlatformCollector
from metrion.process_collector import PROCESS_COLLECTOR, ProcessCollector

__all__ = (
    "CONTENT_TYPE_LATEST",
    "GC_COLLECTOR",
    "PLATFORM_COLLECTOR",
    "PROCESS_COLLECTOR",
    "REGISTRY",
    "CardinalityReport",
    "CollectorRegistry",
    "Counter",
    "Enum",
    "Exemplar",
    "FamilyCardinality",
    "GCCollector",
    "Gauge",
    "Histogram",
    "HttpServer",
    "Info",
    "LabelCardinality",
    "Metric",
    "MetrionError",
    "NativeHistogram",
    "NativeHistogramOptions",
    "Page",
    "PlacedExemplar",
    "PlatformCollector",
    "ProcessCollector",
    "RestrictedRegistry",
    "Summary",
    "SummaryValue",
    "__version__",
    "encode",
    "generate_latest",
    "make_asgi_app",
    "start_http_server",
)
