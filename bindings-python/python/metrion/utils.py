"""Numbers as text."""

from __future__ import annotations

from typing import SupportsFloat

from metrion._metrion import float_to_go_string

__all__ = ("INF", "MINUS_INF", "NaN", "floatToGoString", "parse_version")

INF = float("inf")
MINUS_INF = float("-inf")
NaN = float("NaN")


def floatToGoString(d: SupportsFloat | str) -> str:
    """A number as pages have it.

    >>> from metrion.utils import floatToGoString
    >>> floatToGoString(1), floatToGoString(1e6), floatToGoString(float("inf"))
    ('1.0', '1e+06', '+Inf')
    """
    return float_to_go_string(float(d))


def parse_version(version_str: str) -> tuple[int | str, ...]:
    """The parts of a version, numbers as numbers.

    >>> from metrion.utils import parse_version
    >>> parse_version("1.0.rc1")
    (1, 0, 'rc1')
    """
    parts = version_str.split(".")
    return tuple(int(part) if part.isdigit() else part for part in parts)
