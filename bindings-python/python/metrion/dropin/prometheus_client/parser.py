"""The text format 0.0.4, read by the core's parser: `metrion.parser`."""

from metrion.parser import text_fd_to_metric_families, text_string_to_metric_families

__all__ = ("text_fd_to_metric_families", "text_string_to_metric_families")
