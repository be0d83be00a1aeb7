"""Bridges to other systems."""

from metrion.bridge import graphite

__all__ = ("graphite",)
