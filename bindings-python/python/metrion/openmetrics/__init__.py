"""OpenMetrics."""

from metrion.openmetrics import exposition, parser

__all__ = ("exposition", "parser")
