"""Numbers as text: `metrion.utils`."""

from metrion.utils import INF, MINUS_INF, NaN, floatToGoString, parse_version

__all__ = ("INF", "MINUS_INF", "NaN", "floatToGoString", "parse_version")
