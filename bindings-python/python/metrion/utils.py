"""Numbers as text."""

from __future__ import annotations

from typing import SupportsFloat

from metrion._metrion import float_to_go_string

INF = float("inf")
MINUS_INF = float("-inf")
NaN = float("NaN")


def floatToGoString(d: SupportsFloat | str) -> str:
    """`1.0`, `0.25`, `1e+06`, `+Inf`: a number as pages have it."""
    return float_to_go_string(float(d))


def parse_version(version_str: str) -> tuple[int | str, ...]:
    """The parts of a version, numbers as numbers."""
    parts = version_str.split(".")
    return tuple(int(part) if part.isdigit() else part for part in parts)
