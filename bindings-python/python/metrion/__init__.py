"""One fast metrics core for every service.

    from metrion import Counter, start_http_server

    requests = Counter("http_requests_total", "Requests by method.", ["method"])
    requests.labels("GET").inc()
    start_http_server(8000)

Names and habits are those of `prometheus_client`. Creating a metric twice with the same schema
gives the same metric; with another schema it is an error.
"""

from typing import TYPE_CHECKING, Any

# Modules that programs use by their full names after `import metrion` alone.
from metrion import exposition as exposition
from metrion import metrics as metrics
from metrion import metrics_core as metrics_core
from metrion import registry as registry
from metrion._errors import MetrionError
from metrion._gateway import (
    delete_from_gateway,
    instance_ip_grouping_key,
    push_to_gateway,
    pushadd_to_gateway,
)
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
    RestrictedRegistry,
    Summary,
    __version__,
    disable_created_metrics,
    enable_created_metrics,
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
from metrion.exposition import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CONTENT_TYPE_PLAIN_1_0_0,
    make_asgi_app,
    make_wsgi_app,
    start_http_server,
    start_wsgi_server,
    write_to_textfile,
)
from metrion.gc_collector import GC_COLLECTOR, GCCollector
from metrion.metrics_core import Metric
from metrion.platform_collector import PLATFORM_COLLECTOR, PlatformCollector
from metrion.process_collector import PROCESS_COLLECTOR, ProcessCollector

if TYPE_CHECKING:
    from metrion._handler import MetricsHandler

__all__ = (
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_PLAIN_0_0_4",
    "CONTENT_TYPE_PLAIN_1_0_0",
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
    "MetricsHandler",
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
    "delete_from_gateway",
    "disable_created_metrics",
    "enable_created_metrics",
    "encode",
    "generate_latest",
    "instance_ip_grouping_key",
    "make_asgi_app",
    "make_wsgi_app",
    "push_to_gateway",
    "pushadd_to_gateway",
    "start_http_server",
    "start_wsgi_server",
    "write_to_textfile",
)


def __getattr__(name: str) -> Any:
    # Only who uses it imports http.server.
    if name == "MetricsHandler":
        from metrion._handler import MetricsHandler

        return MetricsHandler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
