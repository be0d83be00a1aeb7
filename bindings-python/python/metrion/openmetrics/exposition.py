"""OpenMetrics 1.0, written by the core."""

from __future__ import annotations

from metrion import _metrion
from metrion.registry import Collector

__all__ = (
    "ALLOWUTF8",
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_LATEST_2_0",
    "DOTS",
    "ESCAPING_HEADER_TAG",
    "UNDERSCORES",
    "VALUES",
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
    """All metrics of a registry in OpenMetrics 1.0, whatever version is asked for.

    >>> from metrion import CollectorRegistry
    >>> from metrion.openmetrics.exposition import generate_latest
    >>> generate_latest(CollectorRegistry())
    b'# EOF\\n'
    """
    created = _metrion.uses_created_metrics()
    return _metrion.encode(registry, "openmetrics", escaping=escaping, created=created).body


def escape_metric_name(s: str, escaping: str = UNDERSCORES) -> str:
    """A metric name as a page has it: escaped, or with quotes where it needs them.

    >>> from metrion.openmetrics.exposition import escape_metric_name
    >>> escape_metric_name("http.requests"), escape_metric_name("http.requests", "dots")
    ('http_requests', 'http_dot_requests')
    """
    return _metrion.escape_metric_name(s, escaping)


def escape_label_name(s: str, escaping: str = UNDERSCORES) -> str:
    """A label name, by the same rules.

    >>> from metrion.openmetrics.exposition import escape_label_name
    >>> escape_label_name("status.code")
    'status_code'
    """
    return _metrion.escape_label_name(s, escaping)
