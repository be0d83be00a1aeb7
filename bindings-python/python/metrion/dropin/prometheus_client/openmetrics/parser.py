"""OpenMetrics 1.0, read by the core's parser: `metrion.openmetrics.parser`."""

from metrion.openmetrics.parser import text_fd_to_metric_families, text_string_to_metric_families

__all__ = ("text_fd_to_metric_families", "text_string_to_metric_families")
