"""A handler of aiohttp."""

# mypy: ignore-errors
# The framework may be missing where types are checked.

from __future__ import annotations

from metrion.aiohttp.exposition import Handler, aiohttp_handler

from ..exposition import rendering
from ..registry import REGISTRY, Collector


def make_aiohttp_handler(
    registry: Collector = REGISTRY, disable_compression: bool = False
) -> Handler:
    """A handler that serves the metrics of a registry."""
    return aiohttp_handler(rendering(registry), disable_compression)
