"""Fixtures for pytest. A `conftest.py` takes them with

pytest_plugins = ["metrion.testing.fixtures"]
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from metrion import CollectorRegistry
from metrion.testing import isolated

__all__ = ("isolated_registry", "metrion_registry")


@pytest.fixture
def metrion_registry() -> CollectorRegistry:
    """A registry of the test's own, with nothing in it."""
    return CollectorRegistry()


@pytest.fixture
def isolated_registry() -> Iterator[CollectorRegistry]:
    """`metrion.REGISTRY`, which is put back after the test to what it was before: see
    `metrion.testing.isolated` for what that means.

    `pytestmark = pytest.mark.usefixtures("isolated_registry")` does it for a whole module.
    """
    with isolated() as registry:
        yield registry
