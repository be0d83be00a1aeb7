"""OpenMetrics 1.0, written by the core."""

from __future__ import annotations

from metrion._metrion import escape_label_name as _escape_label_name
from metrion._metrion import escape_metric_name as _escape_metric_name

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

CONTENT_TYPE_LATEST = "application/openmetrics-text; version=1.0.0; charset=utf-8"
CONTENT_TYPE_LATEST_2_0 = "application/openmetrics-text; version=2.0.0; charset=utf-8"
ESCAPING_HEADER_TAG = "escaping"

ALLOWUTF8 = "allow-utf-8"
UNDERSCORES = "underscores"
DOTS = "dots"
VALUES = "values"


def generate_latest(
    registry: Collector, escaping: str = UNDERSCORES, version: str = "1.0.0"
) -> bytes:
    """All metrics of a registry in OpenMetrics 1.0, whatever version is asked for."""
    return page(registry, "openmetrics", escaping)


def escape_metric_name(s: str, escaping: str = UNDERSCORES) -> str:
    """A metric name as a page has it: escaped, or with quotes where it needs them."""
    return _escape_metric_name(s, escaping)


def escape_label_name(s: str, escaping: str = UNDERSCORES) -> str:
    """A label name, by the same rules."""
    return _escape_label_name(s, escaping)
