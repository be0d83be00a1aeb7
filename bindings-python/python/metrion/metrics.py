"""The metric classes."""

from metrion._metrion import (
    Counter,
    Enum,
    Gauge,
    Histogram,
    Info,
    MetricWrapperBase,
    Summary,
    disable_created_metrics,
    enable_created_metrics,
)
from metrion.utils import INF

__all__ = (
    "INF",
    "Counter",
    "Enum",
    "Gauge",
    "Histogram",
    "Info",
    "MetricWrapperBase",
    "Summary",
    "disable_created_metrics",
    "enable_created_metrics",
)
