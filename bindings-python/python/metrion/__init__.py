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

__all__ = (
    "CONTENT_TYPE_LATEST",
    "REGISTRY",
    "CardinalityReport",
    "CollectorRegistry",
    "Counter",
    "Enum",
    "Exemplar",
    "FamilyCardinality",
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
    "RestrictedRegistry",
    "Summary",
    "SummaryValue",
    "__version__",
    "encode",
    "generate_latest",
    "make_asgi_app",
    "start_http_server",
)
