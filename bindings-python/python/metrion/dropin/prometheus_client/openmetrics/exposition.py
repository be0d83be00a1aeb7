"""OpenMetrics 1.0, written by the core."""

from __future__ import annotations

from metrion.openmetrics.exposition import (
    ALLOWUTF8,
    CONTENT_TYPE_LATEST,
    CONTENT_TYPE_LATEST_2_0,
    DOTS,
    ESCAPING_HEADER_TAG,
    UNDERSCORES,
    VALUES,
    escape_label_name,
    escape_metric_name,
)

from .._pages import page
from ..registry import Collector
from ..validation import _is_valid_legacy_labelname, _is_valid_legacy_metric_name

__all__ = (
    "ALLOWUTF8",
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_LATEST_2_0",
    "DOTS",
    "ESCAPING_HEADER_TAG",
    "UNDERSCORES",
    "VALUES",
    "_is_valid_legacy_labelname",
    "_is_valid_legacy_metric_name",
    "escape_label_name",
    "escape_metric_name",
    "generate_latest",
)


def generate_latest(
    registry: Collector, escaping: str = UNDERSCORES, version: str = "1.0.0"
) -> bytes:
    """All metrics of a registry in OpenMetrics 1.0, whatever version is asked for."""
    return page(registry, "openmetrics", escaping)
