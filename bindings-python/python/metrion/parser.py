"""The text format 0.0.4, read by the core's parser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from metrion._metrion import parse_families
from metrion.metrics_core import Metric


def text_string_to_metric_families(text: str) -> Iterator[Metric]:
    """The families of a page."""
    yield from parse_families(text, "text")


def text_fd_to_metric_families(fd: TextIO) -> Iterator[Metric]:
    """The families of a page that a file has."""
    yield from text_string_to_metric_families(fd.read())
