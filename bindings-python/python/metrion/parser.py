"""The text format 0.0.4, read by the core's parser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from metrion._metrion import parse_families
from metrion.metrics_core import Metric

__all__ = ("text_fd_to_metric_families", "text_string_to_metric_families")


def text_string_to_metric_families(text: str) -> Iterator[Metric]:
    """The families of a page. Raises a `MetrionError` (`parse_error`) with the line and the column
    of a fault.

    >>> from metrion.parser import text_string_to_metric_families
    >>> page = "# TYPE up gauge\\nup 1\\n"
    >>> [(family.name, family.samples[0].value) for family in text_string_to_metric_families(page)]
    [('up', 1.0)]
    """
    yield from parse_families(text, "text")


def text_fd_to_metric_families(fd: TextIO) -> Iterator[Metric]:
    """The families of a page that a file has; as `text_string_to_metric_families` in all else.

    >>> from io import StringIO
    >>> from metrion.parser import text_fd_to_metric_families
    >>> [family.name for family in text_fd_to_metric_families(StringIO("up 1\\n"))]
    ['up']
    """
    yield from text_string_to_metric_families(fd.read())
