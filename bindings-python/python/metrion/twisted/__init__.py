"""Pages of metrics for Twisted."""

from metrion.twisted._exposition import MetricsResource

__all__ = ("MetricsResource",)
